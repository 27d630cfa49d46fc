//! How often somebody may ask.

use std::{collections::HashMap, sync::Mutex, time::Instant};

use crate::limits::{Rate, REMEMBERED_RATES};

/// What one key has left.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    seen: Instant,
}

/// Token buckets, one for each key.
#[derive(Debug)]
pub struct Rates {
    rate: Rate,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Rates {
    /// Buckets with these terms.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Takes one from this key's bucket; otherwise says how many seconds to wait.
    pub fn take(&self, key: &str) -> Result<(), u64> {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: &str, now: Instant) -> Result<(), u64> {
        // A thread that panicked here has at worst left a bucket as it was.
        let mut buckets = self
            .buckets
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= REMEMBERED_RATES && !buckets.contains_key(key) {
            buckets.retain(|_, bucket| self.refilled(bucket, now) < self.rate.burst);
        }
        let full = Bucket {
            left: self.rate.burst,
            seen: now,
        };
        let bucket = buckets.entry(key.to_owned()).or_insert(full);
        bucket.left = self.refilled(bucket, now);
        bucket.seen = now;
        if bucket.left < 1.0 {
            let seconds = (1.0 - bucket.left) / self.rate.per_second;
            return Err(seconds.ceil() as u64);
        }
        bucket.left -= 1.0;
        Ok(())
    }

    fn refilled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.seen).as_secs_f64();
        (bucket.left + seconds * self.rate.per_second).min(self.rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_followed_by_waiting() {
        let rates = Rates::new(Rate {
            per_second: 0.5,
            burst: 2.0,
        });
        let now = Instant::now();
        let taken: Vec<_> = (0..3).map(|_| rates.take_at("a", now)).collect();
        assert_eq!(taken, [Ok(()), Ok(()), Err(2)]);
        assert_eq!(rates.take_at("b", now), Ok(()));
        let later = now + Duration::from_secs(2);
        assert_eq!(rates.take_at("a", later), Ok(()));
        assert_eq!(rates.take_at("a", later), Err(2));
    }
}
