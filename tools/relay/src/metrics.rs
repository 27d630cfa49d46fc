//! Figures for Prometheus, refreshed once a minute (PSE-RLY-11).

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::{text::encode, EncodeLabelSet},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio::time::Instant;

/// What became of a request or of an envelope.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What a relay counts. No figure belongs to one voter, and none is fresh.
#[derive(Debug)]
pub struct Metrics {
    received: Family<Outcome, Counter>,
    passed: Family<Outcome, Counter>,
    held: Gauge,
    registry: Registry,
    interval: Duration,
    shown: Mutex<Option<(Instant, String)>>,
}

impl Metrics {
    /// Figures that change once in this interval.
    pub fn new(interval: Duration) -> Self {
        let (received, passed) = (Family::default(), Family::default());
        let held = Gauge::default();
        let mut registry = Registry::with_prefix("psephos_relay");
        let help = "Envelopes that came in, by what was answered";
        registry.register("received", help, Clone::clone(&received));
        let help = "Attempts to pass an envelope on, by how they ended";
        registry.register("passed", help, Clone::clone(&passed));
        registry.register("held", "Envelopes that are held", Clone::clone(&held));
        Self {
            received,
            passed,
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

    /// An envelope was passed on, or could not be.
    pub fn passed(&self, outcome: &'static str) {
        self.passed.get_or_create(&Outcome { outcome }).inc();
    }

    /// The figures in the format of OpenMetrics, as old as the interval at most.
    pub fn text(&self, held: u64) -> Result<String, std::fmt::Error> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
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
}
