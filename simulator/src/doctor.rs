//! One doctor: as the population stores the doctor, as others see the doctor, and what an edit sets.

use crate::texts::{Handle, Text};

/// One doctor as the answer shows the doctor, and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the answer's own, docs/domain.md §4")]
pub struct Doctor<'a> {
    /// Seven digits, leading zeros included.
    pub number: String,
    /// The designated body's code, if the doctor is connected to one.
    pub body: Option<&'a str>,
    pub first_name: Text<'a>,
    pub last_name: Text<'a>,
    pub submission_date: Text<'a>,
    pub status: Text<'a>,
    pub breach: Text<'a>,
    pub date_added: Text<'a>,
    pub under_notice: Text<'a>,
    pub investigation: Text<'a>,
    pub preliminary_investigation: Text<'a>,
    pub sanction: Text<'a>,
}

/// What an edit by hand sets; a field that is `None` stays as it is.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "the fields are those of Doctor")]
pub struct Edit<'a> {
    pub first_name: Option<Text<'a>>,
    pub last_name: Option<Text<'a>>,
    pub submission_date: Option<Text<'a>>,
    pub status: Option<Text<'a>>,
    pub breach: Option<Text<'a>>,
    pub date_added: Option<Text<'a>>,
    pub under_notice: Option<Text<'a>>,
    pub investigation: Option<Text<'a>>,
    pub preliminary_investigation: Option<Text<'a>>,
    pub sanction: Option<Text<'a>>,
}

/// A doctor as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) number: u32,
    /// The place of the body; the number of bodies for whom is connected to none.
    pub(crate) group: u16,
    pub(crate) first_name: Handle,
    pub(crate) last_name: Handle,
    pub(crate) submission_date: Handle,
    pub(crate) status: Handle,
    pub(crate) breach: Handle,
    pub(crate) date_added: Handle,
    pub(crate) under_notice: Handle,
    pub(crate) investigation: Handle,
    pub(crate) preliminary_investigation: Handle,
    pub(crate) sanction: Handle,
}
