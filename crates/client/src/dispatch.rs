//! Whether a call that stands in a block also succeeded there.
//!
//! Only here are the runtime's metadata needed: they name the error.

use std::time::Duration;

use psephos_primitives::Hash;
use subxt::{
    config::substrate::SubstrateConfig, error::DispatchError, events::Phase, metadata::ArcMetadata,
    utils::H256, OnlineClient,
};
use tokio::{sync::Mutex, time::timeout};

use crate::{Error, Inclusion, Node, Result};

/// Length of a proposal's hash, the first field of the collective's `Executed` and `Disapproved`.
const HASH_LENGTH: usize = 32;
/// A node that takes longer to tell is left for the next one.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is read here, for errors to name.
const EVENTS: &str = "System.Events";

type AnyError = Box<dyn std::error::Error + Send + Sync>;
type Client = OnlineClient<SubstrateConfig>;

/// Looks up what became of calls.
pub(crate) struct Outcomes {
    urls: Vec<String>,
    /// Kept, since it knows the metadata.
    client: Mutex<Option<Client>>,
}

impl Outcomes {
    /// As this node, and those that stand in for it, tell.
    pub fn new(node: &Node) -> Self {
        Self {
            urls: node.connection().urls().to_vec(),
            client: Mutex::default(),
        }
    }

    /// Fails with the runtime's reason if the call, or the proposal that it carried out, failed.
    pub async fn check(&self, inclusion: &Inclusion) -> Result<()> {
        let Traces { events, metadata } = self.traces(inclusion).await?;
        let Some(error) = events.iter().find_map(Deposited::error) else {
            return Ok(());
        };
        let error = DispatchError::decode_from(error.to_vec(), metadata)
            .map_err(|error| Error::malformed(EVENTS, error))?;
        Err(Error::CallFailed {
            block: inclusion.block,
            reason: error.to_string(),
        })
    }

    /// Whether this call, which closed the proposal, carried it out or rejected it.
    async fn carried_out(&self, inclusion: &Inclusion, proposal: &Hash) -> Result<bool> {
        let Traces { events, .. } = self.traces(inclusion).await?;
        events
            .iter()
            .find_map(|event| event.decision(proposal))
            .ok_or_else(|| {
                let block = inclusion.block;
                Error::Missing(format!("decision on {proposal:?} in block {block}"))
            })
    }

    async fn traces(&self, inclusion: &Inclusion) -> Result<Traces> {
        let mut reason = String::new();
        // One turn more than nodes: the client that is kept may have lost its node.
        for attempt in 0..=self.urls.len() {
            match timeout(PATIENCE, self.read(attempt, inclusion)).await {
                Ok(Ok(traces)) => return Ok(traces),
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => reason = format!("no answer within {PATIENCE:?}"),
            }
            *self.client.lock().await = None;
        }
        Err(Error::Unreachable {
            urls: self.urls.join(", "),
            reason,
        })
    }

    async fn read(
        &self,
        attempt: usize,
        inclusion: &Inclusion,
    ) -> core::result::Result<Traces, AnyError> {
        let client = self.client(attempt).await?;
        let at_block = client.at_block(H256(inclusion.hash.0)).await?;
        let metadata = at_block.metadata();
        let all = at_block.events().fetch().await?;
        let mut events = Vec::new();
        for event in all.iter() {
            let event = event?;
            if event.phase() == Phase::ApplyExtrinsic(inclusion.position) {
                events.push(Deposited {
                    pallet: event.pallet_name().to_owned(),
                    name: event.event_name().to_owned(),
                    fields: event.field_bytes().to_vec(),
                });
            }
        }
        Ok(Traces { events, metadata })
    }

    async fn client(&self, attempt: usize) -> core::result::Result<Client, AnyError> {
        let mut kept = self.client.lock().await;
        if let Some(client) = &*kept {
            return Ok(client.clone());
        }
        let url = &self.urls[attempt % self.urls.len()];
        let client = Client::from_insecure_url(url).await?;
        *kept = Some(client.clone());
        Ok(client)
    }
}

impl core::fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Outcomes")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

impl Node {
    /// Whether the call that stands here, and closed the consortium's proposal of this hash, carried it
    /// out; if not, it rejected it. To close succeeds either way.
    pub async fn carried_out(&self, inclusion: &Inclusion, proposal: &Hash) -> Result<bool> {
        Outcomes::new(self).carried_out(inclusion, proposal).await
    }
}

/// What a call left behind, and what explains it.
struct Traces {
    events: Vec<Deposited>,
    metadata: ArcMetadata,
}

/// An event of one call.
struct Deposited {
    pallet: String,
    name: String,
    /// SCALE of its fields, one after the other.
    fields: Vec<u8>,
}

impl Deposited {
    /// The dispatch error that it tells of, SCALE-encoded.
    fn error(&self) -> Option<&[u8]> {
        match (self.pallet.as_str(), self.name.as_str()) {
            ("System", "ExtrinsicFailed") => Some(&self.fields[..]),
            ("Consortium", "Executed" | "MemberExecuted") => match self.fields.get(HASH_LENGTH..) {
                Some([1, error @ ..]) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this proposal was carried out or rejected, if the event is about that.
    fn decision(&self, proposal: &Hash) -> Option<bool> {
        if self.pallet != "Consortium" || self.fields.get(..HASH_LENGTH) != Some(&proposal.0[..]) {
            return None;
        }
        match self.name.as_str() {
            "Executed" => Some(true),
            "Disapproved" => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROPOSAL: Hash = Hash::repeat_byte(7);

    fn consortium(name: &str, proposal: Hash, result: &[u8]) -> Deposited {
        Deposited {
            pallet: "Consortium".into(),
            name: name.into(),
            fields: [&proposal.0[..], result].concat(),
        }
    }

    #[test]
    fn only_what_was_executed_was_carried_out() {
        let decision =
            |name, proposal, result: &[u8]| consortium(name, proposal, result).decision(&PROPOSAL);
        assert_eq!(decision("Executed", PROPOSAL, &[0]), Some(true));
        assert_eq!(decision("Disapproved", PROPOSAL, &[]), Some(false));
        assert_eq!(decision("Closed", PROPOSAL, &[0; 8]), None);
        assert_eq!(decision("Executed", Hash::repeat_byte(8), &[0]), None);
        let mut elsewhere = consortium("Executed", PROPOSAL, &[0]);
        elsewhere.pallet = "Other".into();
        assert_eq!(elsewhere.decision(&PROPOSAL), None);
    }

    #[test]
    fn what_failed_within_a_proposal_is_found() {
        let failed = consortium("Executed", PROPOSAL, &[1, 3, 4]);
        assert_eq!(failed.error(), Some(&[3, 4][..]));
        assert_eq!(consortium("Executed", PROPOSAL, &[0]).error(), None);
        assert_eq!(consortium("Disapproved", PROPOSAL, &[]).error(), None);
        let failed = Deposited {
            pallet: "System".into(),
            name: "ExtrinsicFailed".into(),
            fields: vec![5],
        };
        assert_eq!(failed.error(), Some(&[5][..]));
    }
}
