//! What a node's metrics tell of elections: the figures that are public in final blocks, for those who
//! watch a validator's graphs.

use std::sync::Arc;

use futures::StreamExt;
use psephos_primitives::{
    api::{ElectionApi, ElectionSummary},
    ElectionId, Hash, Phase,
};
use sc_client_api::BlockchainEvents;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use substrate_prometheus_endpoint::{register, GaugeVec, Opts, PrometheusError, Registry, U64};

use crate::components::Client;

/// The figures of every election that was running when the node started, or began since.
#[derive(Clone)]
pub struct ElectionMetrics {
    phase: GaugeVec<U64>,
    participating: GaugeVec<U64>,
    issued: GaugeVec<U64>,
    cast: GaugeVec<U64>,
    key: GaugeVec<U64>,
    shares: GaugeVec<U64>,
}

impl ElectionMetrics {
    /// Makes the figures known to whoever asks the node for its metrics.
    pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            register(GaugeVec::new(Opts::new(name, help), labels)?, registry)
        };
        let by_district = ["election", "district"];
        Ok(Self {
            phase: gauge(
                "psephos_election_phase",
                "0 registration, 1 voting, 2 tallying, 3 published, 4 cancelled",
                &["election"],
            )?,
            participating: gauge(
                "psephos_election_participating",
                "Voter numbers that take part",
                &by_district,
            )?,
            issued: gauge(
                "psephos_election_issued",
                "Voter numbers that a credential was issued to",
                &by_district,
            )?,
            cast: gauge(
                "psephos_election_cast",
                "Accounts that have cast a ballot",
                &by_district,
            )?,
            key: gauge(
                "psephos_election_key",
                "1 once the trustees' key ceremony has ended",
                &["election"],
            )?,
            shares: gauge(
                "psephos_election_shares",
                "Districts that a trustee sent valid shares for, and messages with shares that did not verify",
                &["election", "trustee", "outcome"],
            )?,
        })
    }

    /// Follows the final blocks until the node ends.
    pub async fn follow(self, client: Arc<Client>) {
        let mut finality = client.finality_notification_stream();
        let mut first = ElectionId(1);
        let mut head = client.info().finalized_hash;
        loop {
            // What cannot be read now can be with the next block: figures are not worth a node's end.
            if let Ok(next) = self.read(&client, head, first) {
                first = next;
            }
            match finality.next().await {
                Some(notification) => head = notification.hash,
                None => return,
            }
        }
    }

    /// Reads all elections from `first` on; comes back with the first that is not over.
    fn read(&self, client: &Client, at: Hash, first: ElectionId) -> Result<ElectionId, ApiError> {
        let mut from = first;
        let mut open = None;
        loop {
            let page = client.runtime_api().elections(at, from)?;
            let Some(last) = page.last() else {
                return Ok(open.unwrap_or(from));
            };
            let next = ElectionId(last.election.0.saturating_add(1));
            for summary in &page {
                self.show(client, at, summary)?;
                if !matches!(summary.phase, Phase::Published | Phase::Cancelled) {
                    open.get_or_insert(summary.election);
                }
            }
            from = next;
        }
    }

    fn show(&self, client: &Client, at: Hash, summary: &ElectionSummary) -> Result<(), ApiError> {
        let api = client.runtime_api();
        let id = summary.election;
        let election = id.0.to_string();
        let phase = match summary.phase {
            Phase::Registration => 0,
            Phase::Voting => 1,
            Phase::Tallying => 2,
            Phase::Published => 3,
            Phase::Cancelled => 4,
        };
        self.phase.with_label_values(&[&election]).set(phase);
        for counts in api.counts(at, id)?.unwrap_or_default() {
            let district = counts.district.0.to_string();
            let labels = [election.as_str(), district.as_str()];
            self.participating
                .with_label_values(&labels)
                .set(counts.participating.into());
            self.issued
                .with_label_values(&labels)
                .set(counts.issued.into());
            self.cast.with_label_values(&labels).set(counts.cast.into());
        }
        let settings = api.encryption_settings(at, id)?;
        let has_key = settings.is_some_and(|settings| settings.keys.is_some());
        self.key.with_label_values(&[&election]).set(has_key.into());
        let statistics = api.decryption_statistics(at, id)?;
        for trustee in statistics.into_iter().flat_map(|all| all.trustees) {
            let name = trustee.trustee.0.to_string();
            let outcomes = [("accepted", trustee.accepted), ("invalid", trustee.invalid)];
            for (outcome, count) in outcomes {
                self.shares
                    .with_label_values(&[&election, &name, outcome])
                    .set(count.into());
            }
        }
        Ok(())
    }
}
