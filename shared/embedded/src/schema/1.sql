-- Tables whose key is a GMC number hold it as an integer (7000001), which takes three bytes; a view with the
-- collection's or the index's own name shows it as seven digits. Dates are 'YYYY-MM-DD', moments milliseconds since
-- 1970, which the views show as text. What the sync does not know is in `rest`, as JSON.
--
-- Their rows lie in the order in which they were added, with a small index on the number beside them, and not in the
-- order of the numbers: the doctors of a body come together, so a chunk of 500 changes some 20 pages and not 450.

-- doctorsForDB. The code comes first because visible_in, hidden and count_by_code read every row and this column of it.
-- It has no index: keeping one costs more in a night, in which every code changes twice, than the scans.
CREATE TABLE doctors (
  gmc INTEGER NOT NULL UNIQUE,
  designatedBodyCode TEXT,
  doctorStatus TEXT,
  underNotice TEXT,
  gmcLastUpdatedDateTime INTEGER,
  gmcSyncRun INTEGER,
  existsInGmc INTEGER,
  doctorFirstName TEXT,
  doctorLastName TEXT,
  submissionDate TEXT,
  dateAdded TEXT,
  lastUpdatedDate TEXT,
  sanction TEXT,
  rest TEXT
) STRICT;

CREATE VIEW doctorsForDB AS
SELECT printf('%07d', gmc) AS _id, doctorFirstName, doctorLastName, submissionDate, dateAdded, lastUpdatedDate,
  underNotice, sanction, doctorStatus, designatedBodyCode,
  CASE existsInGmc WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS existsInGmc,
  strftime('%Y-%m-%dT%H:%M:%fZ', gmcLastUpdatedDateTime / 1000.0, 'unixepoch') AS gmcLastUpdatedDateTime,
  gmcSyncRun, rest
FROM doctors;

CREATE TABLE recommendations (
  id TEXT PRIMARY KEY,
  gmc INTEGER NOT NULL,
  outcome TEXT,
  actualSubmissionDate TEXT,
  rest TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX recommendations_latest ON recommendations (gmc, actualSubmissionDate, outcome);

CREATE VIEW recommendation AS
SELECT id AS _id, printf('%07d', gmc) AS gmcNumber, outcome, actualSubmissionDate, rest FROM recommendations;

-- connectionLogs. An id is looked for among the doctor's entries: an index on the ids would be larger than the rest.
CREATE TABLE connections (
  gmc INTEGER NOT NULL,
  id TEXT NOT NULL,
  newDesignatedBodyCode TEXT,
  previousDesignatedBodyCode TEXT,
  updatedBy TEXT NOT NULL,
  requestTime INTEGER NOT NULL
) STRICT;

CREATE INDEX connections_by_doctor ON connections (gmc);

CREATE VIEW connectionLogs AS
SELECT id AS _id, printf('%07d', gmc) AS gmcId, newDesignatedBodyCode, previousDesignatedBodyCode, updatedBy,
  strftime('%Y-%m-%dT%H:%M:%fZ', requestTime / 1000.0, 'unixepoch') AS requestTime
FROM connections;

-- The ledger. `document` is the whole document as JSON; `version` is the one that counts.
CREATE TABLE gmcSyncLock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

CREATE TABLE gmcSyncRuns (
  number INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  key TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  isOpen INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

CREATE INDEX gmcSyncRuns_open ON gmcSyncRuns (number) WHERE isOpen;

CREATE TABLE gmcSyncBodies (
  run INTEGER NOT NULL,
  code TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (run, code)
) STRICT;

CREATE TABLE gmcSyncRolls (
  run INTEGER NOT NULL,
  code TEXT NOT NULL,
  roll TEXT NOT NULL,
  piece INTEGER NOT NULL,
  numbers TEXT NOT NULL,
  PRIMARY KEY (run, code, roll, piece)
) STRICT;

CREATE TABLE gmcSyncAnswers (
  run INTEGER NOT NULL,
  code TEXT NOT NULL,
  fetch TEXT NOT NULL,
  position INTEGER NOT NULL,
  "of" INTEGER NOT NULL,
  askedAt INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  findings TEXT NOT NULL,
  numbers TEXT NOT NULL,
  PRIMARY KEY (run, code, fetch, position)
) STRICT;

-- Both are asked for with every chunk, so neither may touch the rows, which are large.
CREATE INDEX gmcSyncAnswers_moments ON gmcSyncAnswers (run, askedAt);
CREATE INDEX gmcSyncAnswers_applied ON gmcSyncAnswers (run, code, fetch) WHERE applied;

CREATE TABLE gmcSyncLooks (
  run INTEGER NOT NULL,
  look TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (run, look, position)
) STRICT, WITHOUT ROWID;

-- The indexes. seqNo comes from one counter, so that a document made anew never has a version that was seen before.
CREATE TABLE indexSequence (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seqNo INTEGER NOT NULL
) STRICT;

INSERT INTO indexSequence VALUES (1, 0);

-- ANY keeps what is written as it is: text, a whole number, or as a blob the JSON of anything else. The id '' stands for
-- the GMC number; the index on ids is for the generated ones of older documents.

CREATE TABLE masterDocuments (
  gmc INTEGER NOT NULL,
  id TEXT NOT NULL,
  seqNo INTEGER NOT NULL,
  tcsPersonId ANY, doctorFirstName ANY, doctorLastName ANY, submissionDate ANY, programmeName ANY,
  membershipType ANY, designatedBody ANY, tcsDesignatedBody ANY, programmeOwner ANY, curriculumEndDate ANY,
  connectionStatus ANY, membershipStartDate ANY, membershipEndDate ANY, gmcStatus ANY, tisStatus ANY, admin ANY,
  lastUpdatedDate ANY, underNotice ANY, existsInGmc ANY, exceptionReason ANY, placementGrade ANY, updatedBy ANY,
  lastConnectionDateTime ANY,
  rest TEXT,
  UNIQUE (gmc, id)
) STRICT;

CREATE UNIQUE INDEX masterDocuments_generated ON masterDocuments (id) WHERE id <> '';

CREATE VIEW masterdoctorindex AS
SELECT iif(id = '', printf('%07d', gmc), id) AS _id, seqNo AS _seq_no, printf('%07d', gmc) AS gmcReferenceNumber,
  tcsPersonId, doctorFirstName, doctorLastName, submissionDate, programmeName, membershipType, designatedBody,
  tcsDesignatedBody, programmeOwner, curriculumEndDate, connectionStatus, membershipStartDate, membershipEndDate,
  gmcStatus, tisStatus, admin, lastUpdatedDate, underNotice,
  CASE existsInGmc WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS existsInGmc,
  exceptionReason, placementGrade, updatedBy, lastConnectionDateTime,
  rest
FROM masterDocuments;

CREATE TABLE connectedDocuments (
  gmc INTEGER NOT NULL,
  id TEXT NOT NULL,
  seqNo INTEGER NOT NULL,
  tcsPersonId ANY, doctorFirstName ANY, doctorLastName ANY, submissionDate ANY, programmeName ANY,
  membershipType ANY, designatedBody ANY, tcsDesignatedBody ANY, programmeOwner ANY, curriculumEndDate ANY,
  connectionStatus ANY, membershipStartDate ANY, membershipEndDate ANY, gmcStatus ANY, tisStatus ANY, admin ANY,
  lastUpdatedDate ANY, underNotice ANY, existsInGmc ANY, exceptionReason ANY, placementGrade ANY, updatedBy ANY,
  lastConnectionDateTime ANY,
  rest TEXT,
  UNIQUE (gmc, id)
) STRICT;

CREATE UNIQUE INDEX connectedDocuments_generated ON connectedDocuments (id) WHERE id <> '';

CREATE VIEW connectedindex AS
SELECT iif(id = '', printf('%07d', gmc), id) AS _id, seqNo AS _seq_no, printf('%07d', gmc) AS gmcReferenceNumber,
  tcsPersonId, doctorFirstName, doctorLastName, submissionDate, programmeName, membershipType, designatedBody,
  tcsDesignatedBody, programmeOwner, curriculumEndDate, connectionStatus, membershipStartDate, membershipEndDate,
  gmcStatus, tisStatus, admin, lastUpdatedDate, underNotice,
  CASE existsInGmc WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS existsInGmc,
  exceptionReason, placementGrade, updatedBy, lastConnectionDateTime,
  rest
FROM connectedDocuments;

CREATE TABLE disconnectedDocuments (
  gmc INTEGER NOT NULL,
  id TEXT NOT NULL,
  seqNo INTEGER NOT NULL,
  tcsPersonId ANY, doctorFirstName ANY, doctorLastName ANY, submissionDate ANY, programmeName ANY,
  membershipType ANY, designatedBody ANY, tcsDesignatedBody ANY, programmeOwner ANY, curriculumEndDate ANY,
  connectionStatus ANY, membershipStartDate ANY, membershipEndDate ANY, gmcStatus ANY, tisStatus ANY, admin ANY,
  lastUpdatedDate ANY, underNotice ANY, existsInGmc ANY, exceptionReason ANY, placementGrade ANY, updatedBy ANY,
  lastConnectionDateTime ANY,
  rest TEXT,
  UNIQUE (gmc, id)
) STRICT;

CREATE UNIQUE INDEX disconnectedDocuments_generated ON disconnectedDocuments (id) WHERE id <> '';

CREATE VIEW disconnectedindex AS
SELECT iif(id = '', printf('%07d', gmc), id) AS _id, seqNo AS _seq_no, printf('%07d', gmc) AS gmcReferenceNumber,
  tcsPersonId, doctorFirstName, doctorLastName, submissionDate, programmeName, membershipType, designatedBody,
  tcsDesignatedBody, programmeOwner, curriculumEndDate, connectionStatus, membershipStartDate, membershipEndDate,
  gmcStatus, tisStatus, admin, lastUpdatedDate, underNotice,
  CASE existsInGmc WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS existsInGmc,
  exceptionReason, placementGrade, updatedBy, lastConnectionDateTime,
  rest
FROM disconnectedDocuments;

CREATE TABLE exceptionDocuments (
  gmc INTEGER NOT NULL,
  id TEXT NOT NULL,
  seqNo INTEGER NOT NULL,
  tcsPersonId ANY, doctorFirstName ANY, doctorLastName ANY, submissionDate ANY, programmeName ANY,
  membershipType ANY, designatedBody ANY, tcsDesignatedBody ANY, programmeOwner ANY, curriculumEndDate ANY,
  connectionStatus ANY, membershipStartDate ANY, membershipEndDate ANY, gmcStatus ANY, tisStatus ANY, admin ANY,
  lastUpdatedDate ANY, underNotice ANY, existsInGmc ANY, exceptionReason ANY, placementGrade ANY, updatedBy ANY,
  lastConnectionDateTime ANY,
  rest TEXT,
  UNIQUE (gmc, id)
) STRICT;

CREATE UNIQUE INDEX exceptionDocuments_generated ON exceptionDocuments (id) WHERE id <> '';

CREATE VIEW exceptionindex AS
SELECT iif(id = '', printf('%07d', gmc), id) AS _id, seqNo AS _seq_no, printf('%07d', gmc) AS gmcReferenceNumber,
  tcsPersonId, doctorFirstName, doctorLastName, submissionDate, programmeName, membershipType, designatedBody,
  tcsDesignatedBody, programmeOwner, curriculumEndDate, connectionStatus, membershipStartDate, membershipEndDate,
  gmcStatus, tisStatus, admin, lastUpdatedDate, underNotice,
  CASE existsInGmc WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS existsInGmc,
  exceptionReason, placementGrade, updatedBy, lastConnectionDateTime,
  rest
FROM exceptionDocuments;
