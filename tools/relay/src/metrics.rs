//! Figures for Prometheus, refreshed once a minute (PSE-RLY-11).

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::{text::encode, EncodeLabelSet},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio::time::{sleep, Instant};

use crate::forward::Reason;

/// What became of a request or of an envelope.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// How passing on failed, and why.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EncodeLabelSet)]
struct Failure {
    outcome: &'static str,
    reason: Reason,
}

/// What a relay counts. No figure belongs to one voter, and none is fresh.
#[derive(Debug)]
pub struct Metrics {
    received: Family<Outcome, Counter>,
    passed: Family<Outcome, Counter>,
    setbacks: Family<Failure, Counter>,
    /// Those that no report has told of yet.
    unreported: Mutex<BTreeMap<Failure, u64>>,
    held: Gauge,
    registry: Registry,
    interval: Duration,
    shown: Mutex<Option<(Instant, String)>>,
}

impl Metrics {
    /// Figures that change once in this interval.
    pub fn new(interval: Duration) -> Self {
        let (received, passed, setbacks) =
            (Family::default(), Family::default(), Family::default());
        let held = Gauge::default();
        let mut registry = Registry::with_prefix("psephos_relay");
        let help = "Envelopes that came in, by what was answered";
        registry.register("received", help, Clone::clone(&received));
        let help = "Envelopes that were passed on, by where to";
        registry.register("passed", help, Clone::clone(&passed));
        let help = "Attempts to pass an envelope on that were put off or refused, by the reason";
        registry.register("setbacks", help, Clone::clone(&setbacks));
        registry.register("held", "Envelopes that are held", Clone::clone(&held));
        Self {
            received,
            passed,
            setbacks,
            unreported: Mutex::default(),
            held,
            registry,
            interval,
            shown: Mutex::default(),
        }
    }

    /// An envelope came in.
    pub fn received(&self, outcome: &'static str) {
        self.received.get_or_create(&Outcome { outcome }).inc();
    }

    /// An envelope was passed on.
    pub fn passed(&self, outcome: &'static str) {
        self.passed.get_or_create(&Outcome { outcome }).inc();
    }

    /// An envelope could not be passed on now, or never can.
    pub fn setback(&self, outcome: &'static str, reason: Reason) {
        let failure = Failure { outcome, reason };
        self.setbacks.get_or_create(&failure).inc();
        *locked(&self.unreported).entry(failure).or_default() += 1;
    }

    /// Says in the log once in an interval what kept envelopes from being passed on, for as long as
    /// the process runs. A line for each would tell when each went (PSE-RLY-11).
    pub async fn report(&self) {
        loop {
            sleep(self.interval).await;
            if let Some(setbacks) = self.unreported() {
                tracing::warn!(setbacks, "not every envelope could be passed on");
            }
        }
    }

    /// All setbacks since the last call in words.
    fn unreported(&self) -> Option<String> {
        let new = std::mem::take(&mut *locked(&self.unreported));
        let words = new
            .iter()
            .map(|(failure, times)| format!("{} {}: {times}", failure.outcome, failure.reason));
        (!new.is_empty()).then(|| words.collect::<Vec<_>>().join(", "))
    }

    /// The figures in the format of OpenMetrics, as old as the interval at most.
    pub fn text(&self, held: u64) -> Result<String, std::fmt::Error> {
        let mut shown = locked(&self.shown);
        let now = Instant::now();
        if let Some((at, text)) = shown.as_ref() {
            if now.saturating_duration_since(*at) < self.interval {
                return Ok(text.clone());
            }
        }
        self.held.set(i64::try_from(held).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        *shown = Some((now, text.clone()));
        Ok(text)
    }
}

/// What is counted stays true whoever panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn figures_stand_still_for_the_interval() {
        let metrics = Metrics::new(Duration::from_millis(200));
        metrics.received("accepted");
        let first = metrics.text(7).unwrap();
        let line = "psephos_relay_received_total{outcome=\"accepted\"} 1";
        assert!(first.contains(line), "{first}");
        assert!(first.contains("psephos_relay_held 7"), "{first}");
        metrics.received("accepted");
        assert_eq!(metrics.text(8).unwrap(), first);
        tokio::time::sleep(Duration::from_millis(250)).await;
        let later = metrics.text(8).unwrap();
        assert!(later.contains("{outcome=\"accepted\"} 2"), "{later}");
    }

    #[tokio::test]
    async fn setbacks_are_counted_by_reason_and_told_once_and_together() {
        let metrics = Metrics::new(Duration::ZERO);
        assert_eq!(metrics.unreported(), None);
        metrics.setback("put_off", "next_relay_unreachable".into());
        metrics.setback("put_off", "next_relay_unreachable".into());
        metrics.setback("refused", "AlreadyVoted".into());
        let text = metrics.text(0).unwrap();
        for line in [
            "psephos_relay_setbacks_total{outcome=\"put_off\",reason=\"next_relay_unreachable\"} 2",
            "psephos_relay_setbacks_total{outcome=\"refused\",reason=\"AlreadyVoted\"} 1",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let expected = "put_off next_relay_unreachable: 2, refused AlreadyVoted: 1";
        assert_eq!(metrics.unreported().as_deref(), Some(expected));
        assert_eq!(metrics.unreported(), None);
    }
}
