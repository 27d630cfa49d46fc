//! The time, which tests can move on.

use std::sync::{
    atomic::{AtomicI64, Ordering},
    Arc,
};

use time::{format_description::well_known::Rfc3339, OffsetDateTime};

/// The system's clock, and how far it was moved on. Clones share that.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        OffsetDateTime::now_utc().unix_timestamp() + self.ahead.load(Ordering::Relaxed)
    }

    /// Moves it on.
    pub fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// A time as the interface writes it (RFC 3339, UTC).
pub fn written(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_full() {
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(1_790_000_000), "2026-09-21T14:13:20Z");
    }

    #[test]
    fn a_clock_is_moved_on_for_all_its_clones() {
        let clock = Clock::default();
        let before = clock.now();
        clock.clone().advance(900);
        assert!(clock.now() >= before + 900);
    }
}
