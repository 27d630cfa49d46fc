//! Whether a call that stands in a block also succeeded there.
//!
//! Only here are the runtime's metadata needed: they name the error.

use std::sync::Arc;

use subxt::{
    config::substrate::SubstrateConfig,
    error::DispatchError,
    events::{Event, Phase},
    metadata::ArcMetadata,
    utils::H256,
    OnlineClient,
};

use crate::{Error, Inclusion, Node, Result};

/// Length of a proposal's hash, the first field of the collective's `Executed`.
const HASH_LENGTH: usize = 32;

/// Fails with the runtime's reason if the call, or the proposal that it carried out, failed.
pub(crate) async fn check_outcome(node: &Node, inclusion: &Inclusion) -> Result<()> {
    let mut reason = String::new();
    for url in node.connection().urls() {
        match failure(url, inclusion).await {
            Ok(None) => return Ok(()),
            Ok(Some(reason)) => {
                return Err(Error::CallFailed {
                    block: inclusion.block,
                    reason,
                })
            }
            Err(error) => reason = error.to_string(),
        }
    }
    Err(Error::Unreachable {
        urls: node.connection().urls().join(", "),
        reason,
    })
}

async fn failure(
    url: &str,
    inclusion: &Inclusion,
) -> core::result::Result<Option<String>, Box<dyn std::error::Error + Send + Sync>> {
    let client = OnlineClient::<SubstrateConfig>::from_insecure_url(url).await?;
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

fn named_failure(
    event: &Event<'_, SubstrateConfig>,
    metadata: &ArcMetadata,
) -> core::result::Result<Option<String>, Box<dyn std::error::Error + Send + Sync>> {
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
