-- What a night over three made-up doctors left in a file of the first schema, as sqlite3's .dump prints it, and the two
-- numbers of the file's header. Such files must open for ever: this one stays as it is, whatever the schema becomes.
PRAGMA application_id = 0x676d6353;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO doctors VALUES(2363297,'1-1RUZUSF','NOT_STARTED','NO',1796070848163,1,1,'Isla','Ó Súilleabháin','2029-02-15','2017-03-27','2026-11-30','No','{"_class":"uk.nhs.hee.tis.revalidation.entity.DoctorsForDB"}');
INSERT INTO doctors VALUES(4121096,'1-1RUZUSF','NOT_STARTED','NO',1796070848163,1,1,'Jack','Wood','2031-09-27','2023-10-15','2026-11-30','No','{"_class":"uk.nhs.hee.tis.revalidation.entity.DoctorsForDB"}');
INSERT INTO doctors VALUES(8242192,'1-1RUZUSF','NOT_STARTED','NO',1796070848163,1,1,'Marie-Claire','Joshi','2031-08-24','2018-07-21','2026-11-30','No','{"_class":"uk.nhs.hee.tis.revalidation.entity.DoctorsForDB"}');
CREATE TABLE recommendations (
  id TEXT PRIMARY KEY,
  gmc INTEGER NOT NULL,
  outcome TEXT,
  actualSubmissionDate TEXT,
  rest TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE connections (
  gmc INTEGER NOT NULL,
  id TEXT NOT NULL,
  newDesignatedBodyCode TEXT,
  previousDesignatedBodyCode TEXT,
  updatedBy TEXT NOT NULL,
  requestTime INTEGER NOT NULL
) STRICT;
INSERT INTO connections VALUES(2363297,'5059cbf6-0278-5645-b3c2-c658f65ee658','1-1RUZUSF',NULL,'Updated by GMC',1796070848163);
INSERT INTO connections VALUES(4121096,'9c5819ee-bc20-57f5-be4e-57c5b256934b','1-1RUZUSF',NULL,'Updated by GMC',1796070848163);
INSERT INTO connections VALUES(8242192,'ef55f833-9926-5a45-a285-03a52d234915','1-1RUZUSF',NULL,'Updated by GMC',1796070848163);
CREATE TABLE gmcSyncLock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;
INSERT INTO gmcSyncLock VALUES(1,2,'{"version":2,"number":1,"holder":null}');
CREATE TABLE gmcSyncRuns (
  number INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  key TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  isOpen INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;
INSERT INTO gmcSyncRuns VALUES(1,6,'add75a8d-1635-4844-ba63-45d10a3097df','succeeded',1,1796070848083,'{"number":1,"version":6,"key":"add75a8d-1635-4844-ba63-45d10a3097df","trigger":"commandLine","state":"SUCCEEDED","settings":{"bodies":["1-1RUZUSF"],"isWhole":true,"hides":true,"isDry":false,"safeguard":{"maxDisconnectedPercent":20,"maxDisconnectedMin":50,"accept":{},"acceptEmpty":false}},"moments":{"opened":1796070848083,"giveUp":1796073548083,"deadline":1796074448083,"expires":1796076248083,"hiding":1796070848119,"running":1796070848138,"sweeping":1796070848315,"swept":1796070848411,"closed":1796070848439},"hidden":0,"decision":{"bodies":[{"code":"1-1RUZUSF","state":"DONE","fetch":"f21db812-8d79-4bca-b3d1-96823a3a1211","loss":{"left":0,"unusable":0,"isEmpty":false}}],"fetches":[{"code":"1-1RUZUSF","fetch":"f21db812-8d79-4bca-b3d1-96823a3a1211","askedAt":1796070848163}]},"swept":{"at":1796070848324,"written":0,"setByHand":0,"unsettled":0,"namedBySeveral":0},"looks":{"id":"8a7a7ccd-7880-4d38-bb07-f567ea1d6002","count":1}}');
CREATE TABLE gmcSyncBodies (
  run INTEGER NOT NULL,
  code TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (run, code)
) STRICT;
INSERT INTO gmcSyncBodies VALUES(1,'1-1RUZUSF',3,'done','{"run":1,"code":"1-1RUZUSF","version":3,"state":"DONE","roll":"afa56da3-2606-4947-8e3f-3cc156d8b2e3","rollSize":0,"answer":{"fetch":"f21db812-8d79-4bca-b3d1-96823a3a1211","askedAt":1796070848163},"gmcRequestId":"20261130203408","settledAt":1796070848279,"counts":{"returned":3,"new":3,"changed":0,"unchanged":0,"statusChanged":0,"joined":0,"movedIn":0,"movedOut":0,"left":0,"restored":0,"setByHand":0,"rejected":0,"rejectedByReason":{},"missingFields":{},"unreadableFields":{}}}');
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
INSERT INTO gmcSyncAnswers VALUES(1,'1-1RUZUSF','f21db812-8d79-4bca-b3d1-96823a3a1211',0,1,1796070848163,1,'{"returned":3,"new":3,"changed":0,"unchanged":0,"statusChanged":0,"setByHand":0,"unknown":["2363297","4121096","8242192"]}','["2363297","4121096","8242192"]');
CREATE TABLE gmcSyncLooks (
  run INTEGER NOT NULL,
  look TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (run, look, position)
) STRICT, WITHOUT ROWID;
INSERT INTO gmcSyncLooks VALUES(1,'8a7a7ccd-7880-4d38-bb07-f567ea1d6002',0);
CREATE TABLE indexSequence (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seqNo INTEGER NOT NULL
) STRICT;
INSERT INTO indexSequence VALUES(1,6);
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
INSERT INTO masterDocuments VALUES(2363297,'',1,NULL,'Isla','Ó Súilleabháin','2029-02-15',NULL,NULL,'1-1RUZUSF',NULL,NULL,NULL,'Yes',NULL,NULL,NULL,NULL,NULL,'2026-11-30','NO',1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO masterDocuments VALUES(4121096,'',2,NULL,'Jack','Wood','2031-09-27',NULL,NULL,'1-1RUZUSF',NULL,NULL,NULL,'Yes',NULL,NULL,NULL,NULL,NULL,'2026-11-30','NO',1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO masterDocuments VALUES(8242192,'',3,NULL,'Marie-Claire','Joshi','2031-08-24',NULL,NULL,'1-1RUZUSF',NULL,NULL,NULL,'Yes',NULL,NULL,NULL,NULL,NULL,'2026-11-30','NO',1,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO connectedDocuments VALUES(2363297,'',4,NULL,'Isla','Ó Súilleabháin','2029-02-15',NULL,NULL,'1-1RUZUSF',NULL,NULL,NULL,'Yes',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO connectedDocuments VALUES(4121096,'',5,NULL,'Jack','Wood','2031-09-27',NULL,NULL,'1-1RUZUSF',NULL,NULL,NULL,'Yes',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO connectedDocuments VALUES(8242192,'',6,NULL,'Marie-Claire','Joshi','2031-08-24',NULL,NULL,'1-1RUZUSF',NULL,NULL,NULL,'Yes',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
CREATE VIEW doctorsForDB AS
SELECT printf('%07d', gmc) AS _id, doctorFirstName, doctorLastName, submissionDate, dateAdded, lastUpdatedDate,
  underNotice, sanction, doctorStatus, designatedBodyCode,
  CASE existsInGmc WHEN 1 THEN 'true' WHEN 0 THEN 'false' END AS existsInGmc,
  strftime('%Y-%m-%dT%H:%M:%fZ', gmcLastUpdatedDateTime / 1000.0, 'unixepoch') AS gmcLastUpdatedDateTime,
  gmcSyncRun, rest
FROM doctors;
CREATE INDEX recommendations_latest ON recommendations (gmc, actualSubmissionDate, outcome);
CREATE VIEW recommendation AS
SELECT id AS _id, printf('%07d', gmc) AS gmcNumber, outcome, actualSubmissionDate, rest FROM recommendations;
CREATE INDEX connections_by_doctor ON connections (gmc);
CREATE VIEW connectionLogs AS
SELECT id AS _id, printf('%07d', gmc) AS gmcId, newDesignatedBodyCode, previousDesignatedBodyCode, updatedBy,
  strftime('%Y-%m-%dT%H:%M:%fZ', requestTime / 1000.0, 'unixepoch') AS requestTime
FROM connections;
CREATE INDEX gmcSyncRuns_open ON gmcSyncRuns (number) WHERE isOpen;
CREATE INDEX gmcSyncAnswers_moments ON gmcSyncAnswers (run, askedAt);
CREATE INDEX gmcSyncAnswers_applied ON gmcSyncAnswers (run, code, fetch) WHERE applied;
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
COMMIT;
