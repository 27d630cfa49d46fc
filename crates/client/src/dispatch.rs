//! Whether a call that stands in a block also succeeded there.
//!
//! Only here are the runtime's metadata needed: they name the error.

use std::{sync::Arc, time::Duration};

use subxt::{
    config::substrate::SubstrateConfig,
    error::DispatchError,
    events::{Event, Phase},
    metadata::ArcMetadata,
    utils::H256,
    OnlineClient,
};
use tokio::{sync::Mutex, time::timeout};

use crate::{Error, Inclusion, Node, Result};

/// Length of a proposal's hash, the first field of the collective's `Executed`.
const HASH_LENGTH: usize = 32;
/// A node that takes longer to tell is left for the next one.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let mut reason = String::new();
        // One turn more than nodes: the client that is kept may have lost its node.
        for attempt in 0..=self.urls.len() {
            match timeout(PATIENCE, self.failure(attempt, inclusion)).await {
                Ok(Ok(None)) => return Ok(()),
                Ok(Ok(Some(reason))) => {
                    return Err(Error::CallFailed {
                        block: inclusion.block,
                        reason,
                    })
                }
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

    async fn failure(
        &self,
        attempt: usize,
        inclusion: &Inclusion,
    ) -> core::result::Result<Option<String>, AnyError> {
        let client = self.client(attempt).await?;
        let at_block = client.at_block(H256(inclusion.hash.0)).await?;
        let metadata = at_block.metadata();
        let events = at_block.events().fetch().await?;
        for event in events.iter() {
            let event = event?;
            if event.phase() == Phase::ApplyExtrinsic(inclusion.position) {
                if let Some(reason) = named_failure(&event, &metadata)? {
                    return Ok(Some(reason));
                }
            }
        }
        Ok(None)
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

fn named_failure(
    event: &Event<'_, SubstrateConfig>,
    metadata: &ArcMetadata,
) -> core::result::Result<Option<String>, AnyError> {
    let error_bytes = match (event.pallet_name(), event.event_name()) {
        ("System", "ExtrinsicFailed") => event.field_bytes(),
        ("Consortium", "Executed" | "MemberExecuted") => {
            match event.field_bytes().get(HASH_LENGTH..) {
                Some([1, error @ ..]) => error,
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    let error = DispatchError::decode_from(error_bytes.to_vec(), Arc::clone(metadata))?;
    Ok(Some(error.to_string()))
}
