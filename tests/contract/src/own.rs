//! Names that no other check of this process uses.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::SystemTime;

use domain::{BodyCode, GmcNumber, RunNumber};
use uuid::Uuid;

/// How many numbers there are; a process whose checks use more begins again.
const NUMBERS: u32 = 9_000_000;

/// GMC numbers, ascending.
pub fn numbers(count: usize) -> Vec<GmcNumber> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = u32::try_from(count).unwrap_or(NUMBERS);
    let first = NEXT.fetch_add(count, Ordering::Relaxed);
    (first..first + count).filter_map(|value| GmcNumber::from_value(1_000_000 + value % NUMBERS)).collect()
}

/// One GMC number.
pub fn number() -> GmcNumber {
    match numbers(1).first() {
        Some(number) => *number,
        None => unreachable!("a number was asked for"),
    }
}

/// A designated body that nobody else has doctors in.
pub fn body() -> BodyCode {
    let id = Uuid::new_v4().simple().to_string().to_uppercase();
    match BodyCode::parse(&format!("1-{id}")) {
        Ok(code) => code,
        Err(error) => unreachable!("{error}"),
    }
}

/// Numbers of runs, ascending, greater than those of any process before.
pub fn runs(count: i64) -> Vec<RunNumber> {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let start = i64::try_from(now.as_secs()).unwrap_or(0) * 1_000_000;
    let _ = NEXT.compare_exchange(0, start, Ordering::Relaxed, Ordering::Relaxed);
    let first = NEXT.fetch_add(count, Ordering::Relaxed);
    (first..first + count).map(RunNumber).collect()
}

/// The number of one run.
pub fn run() -> RunNumber {
    match runs(1).first() {
        Some(run) => *run,
        None => unreachable!("a run was asked for"),
    }
}
