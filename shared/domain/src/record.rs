//! One doctor as the GMC's answer has it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One doctor of a `GetDoctorsForDB` answer, as it stands there (docs/domain.md §4).
///
/// Every field may be absent (`None`: no element, or `xsi:nil`) or empty. The names in JSON are those that the
/// original's messages had (docs/domain.md §7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are the contract's, explained in docs/domain.md §4")]
pub struct GmcRecord<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub gmc_reference_number: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub doctor_first_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub doctor_last_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub submission_date: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub doctor_status: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub breach: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub date_added: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub under_notice: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub preliminary_investigation: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sanction: Option<Cow<'a, str>>,
}
