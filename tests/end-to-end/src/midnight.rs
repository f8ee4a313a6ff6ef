//! What a night writes has the day in London in it: whoever compares two nights must not do so over midnight.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Waits, if it is so near to midnight in London that what takes `so_long` would go on over it.
pub async fn not_over_midnight(so_long: Duration) {
    if is_over_midnight(Timestamp::now(), so_long) {
        tell();
    }
    while is_over_midnight(Timestamp::now(), so_long) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn is_over_midnight(now: Timestamp, so_long: Duration) -> bool {
    let then = SignedDuration::try_from(so_long).ok().and_then(|span| now.checked_add(span).ok());
    let day = |moment: Timestamp| moment.in_tz("Europe/London").ok().map(|then| then.date());
    day(now) != then.and_then(day)
}

#[expect(clippy::print_stderr, reason = "else it looks like a standstill")]
fn tell() {
    eprintln!("it is nearly midnight in London: this begins tomorrow");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_that_of_london() {
        let hour = Duration::from_hours(1);

        assert!(is_over_midnight("2026-07-01T22:30:00Z".parse().unwrap(), hour));
        assert!(!is_over_midnight("2026-07-01T23:30:00Z".parse().unwrap(), hour));
        assert!(is_over_midnight("2026-12-01T23:30:00Z".parse().unwrap(), hour));
    }
}
