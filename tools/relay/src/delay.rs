//! How long an envelope is held (PSE-RLY-8).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::RngCore;

/// An exponentially distributed time: whatever has passed already says nothing about what is left,
/// so that the order of arrival does not tell the order of departure.
pub fn draw(mean: Duration, rng: &mut impl RngCore) -> Duration {
    // 53 bits in (0, 1]: the logarithm is finite, and a time is 37 times the mean at most.
    let uniform = ((rng.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64;
    mean.mul_f64(-uniform.ln())
}

/// Milliseconds since 1970: times on disk have to survive a restart.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    milliseconds(since.unwrap_or_default())
}

/// A time in whole milliseconds.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn delays_are_exponentially_distributed() {
        const DRAWS: usize = 200_000;
        let mean = Duration::from_secs(300);
        let delays: Vec<f64> = (0..DRAWS)
            .map(|_| draw(mean, &mut OsRng).as_secs_f64())
            .collect();
        let average = delays.iter().sum::<f64>() / DRAWS as f64;
        // Five standard deviations of the average, which is 300 / √200,000.
        assert!((average - 300.0).abs() < 3.4, "the mean is {average}");
        for (limit, share) in [(30.0, 0.0952), (208.0, 0.5001), (900.0, 0.9502)] {
            let below = delays.iter().filter(|delay| **delay < limit).count() as f64;
            let found = below / DRAWS as f64;
            assert!((found - share).abs() < 0.006, "{found} are below {limit}");
        }
    }

    #[test]
    fn without_a_mean_nothing_is_held() {
        assert_eq!(draw(Duration::ZERO, &mut OsRng), Duration::ZERO);
    }
}
