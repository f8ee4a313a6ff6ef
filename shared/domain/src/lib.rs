//! The rules of the nightly sync: pure, without I/O, async or a clock.

pub mod apply;
pub mod body;
pub mod date;
pub mod doctor;
pub mod gmc_number;
pub mod hiding;
pub mod index;
pub mod moment;
pub mod planted;
pub mod record;
pub mod region;
pub mod roll_call;
pub mod routing;
pub mod run;
pub mod schedule;
pub mod status;
pub mod stored;
pub mod text;
pub mod under_notice;

pub use body::BodyCode;
pub use doctor::{GmcDoctor, GmcField, Rejection, Said};
pub use gmc_number::GmcNumber;
pub use hiding::Hiding;
pub use moment::Moment;
pub use record::GmcRecord;
pub use region::region;
pub use run::{BodyState, RunNumber, RunState};
pub use stored::{DoctorPatch, DoctorWrite, Seen, StoredDoctor};
pub use under_notice::UnderNotice;
