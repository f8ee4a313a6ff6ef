//! The documents of the four search indexes (docs/domain.md §6).

mod json;

use std::fmt;

/// One of the four indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexName {
    /// `masterdoctorindex`: one document a doctor, written by several services.
    Master,
    /// `connectedindex`: copies of who is connected to a body.
    Connected,
    /// `disconnectedindex`: copies of who is not.
    Disconnected,
    /// `exceptionindex`: copies of who needs a look.
    Exception,
}

impl IndexName {
    /// All four, the master first.
    pub const ALL: [Self; 4] = [Self::Master, Self::Connected, Self::Disconnected, Self::Exception];
    /// The three that hold copies of master documents.
    pub const COPIES: [Self; 3] = [Self::Connected, Self::Disconnected, Self::Exception];

    /// The name in OpenSearch.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Master => "masterdoctorindex",
            Self::Connected => "connectedindex",
            Self::Disconnected => "disconnectedindex",
            Self::Exception => "exceptionindex",
        }
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! fields {
    ($($variant:ident $name:literal),+ $(,)?) => {
        /// A field of an index document. Codes, ids and statuses are keywords, dates `uuuu-MM-dd`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are the indexes', listed in docs/domain.md §6")]
        pub enum Field { $($variant),+ }

        impl Field {
            /// Every field, in the order of docs/domain.md §6.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the document.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The field of that name, if it is one of these.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }

        const FIELDS: usize = [$(Field::$variant),+].len();
    };
}

fields! {
    TcsPersonId "tcsPersonId",
    GmcReferenceNumber "gmcReferenceNumber",
    DoctorFirstName "doctorFirstName",
    DoctorLastName "doctorLastName",
    SubmissionDate "submissionDate",
    ProgrammeName "programmeName",
    MembershipType "membershipType",
    DesignatedBody "designatedBody",
    TcsDesignatedBody "tcsDesignatedBody",
    ProgrammeOwner "programmeOwner",
    CurriculumEndDate "curriculumEndDate",
    ConnectionStatus "connectionStatus",
    MembershipStartDate "membershipStartDate",
    MembershipEndDate "membershipEndDate",
    GmcStatus "gmcStatus",
    TisStatus "tisStatus",
    Admin "admin",
    LastUpdatedDate "lastUpdatedDate",
    UnderNotice "underNotice",
    ExistsInGmc "existsInGmc",
    ExceptionReason "exceptionReason",
    PlacementGrade "placementGrade",
    UpdatedBy "updatedBy",
    LastConnectionDateTime "lastConnectionDateTime",
}

impl Field {
    /// The fields of a copy: connectedindex, disconnectedindex and exceptionindex have these and no others.
    pub const OF_COPIES: [Self; 14] = [
        Self::TcsPersonId,
        Self::GmcReferenceNumber,
        Self::DoctorFirstName,
        Self::DoctorLastName,
        Self::SubmissionDate,
        Self::ProgrammeName,
        Self::MembershipType,
        Self::DesignatedBody,
        Self::TcsDesignatedBody,
        Self::ProgrammeOwner,
        Self::ConnectionStatus,
        Self::MembershipStartDate,
        Self::MembershipEndDate,
        Self::ExceptionReason,
    ];
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, a keyword, or a date as `uuuu-MM-dd`.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// Anything else that another service has put there: it is carried over to copies as it is. Never one of the above;
    /// [`Value::from_json`] sees to it.
    Json(Box<serde_json::Value>),
}

impl Value {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Bool(_) | Self::Json(_) => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The fields of one document that docs/domain.md §6 lists. A document may have others; writes are partial and keep
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexDoc {
    values: Box<[Option<Value>; FIELDS]>,
}

/// Fields to be set (`Some`) or emptied (`None`) in a document.
pub type Changes = Vec<(Field, Option<Value>)>;

impl IndexDoc {
    /// The value of `field`; `None` when it is absent or null.
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.values[field as usize].as_ref()
    }

    /// The text of `field`, where it is one.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.get(field).and_then(Value::as_text)
    }

    /// Sets or empties `field`.
    pub fn set(&mut self, field: Field, value: Option<Value>) {
        self.values[field as usize] = value;
    }

    /// The fields that have a value.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        Field::ALL.iter().filter_map(|field| self.get(*field).map(|value| (*field, value)))
    }

    /// Carries out `changes`.
    pub fn change(&mut self, changes: &Changes) {
        for (field, value) in changes {
            self.set(*field, value.clone());
        }
    }

    /// What must change here so that `fields` are as in `wanted`.
    pub fn changes_to(&self, wanted: &Self, fields: &[Field]) -> Changes {
        fields
            .iter()
            .filter(|field| self.get(**field) != wanted.get(**field))
            .map(|field| (*field, wanted.get(*field).cloned()))
            .collect()
    }
}
