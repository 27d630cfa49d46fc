//! What a ballot costs: bytes of new state, and bytes in the bodies of blocks.

use anyhow::{Context, Result};
use codec::Decode;
use psephos_client::{storage_value_key, Node};
use psephos_primitives::{
    wire::{BallotRegisterCall, Call, Extrinsic},
    ElectionId, Hash,
};
use serde_json::{json, Value};

/// The pallet whose state grows with ballots.
const PALLET: &str = "BallotRegister";
/// Bytes of a storage key's first half, which names the pallet.
const PREFIX_BYTES: usize = 16;
/// Keys that are asked for at a time.
const PAGE: usize = 500;

/// What an election's ballots cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Footprint {
    /// How many ballots there are.
    pub ballots: u32,
    /// By how many bytes the ballot register's state grew during voting, keys included.
    pub state: u64,
    /// How many bytes the extrinsics that cast them have in blocks.
    pub bodies: u64,
}

impl Footprint {
    /// Measures an election whose voting is over.
    pub async fn measure(node: &Node, election: ElectionId) -> Result<Self> {
        let api = node.elections().await?;
        let manifest = api
            .manifest(election)
            .await?
            .context("there is no such election")?;
        let ballots = api.ballot_count(election).await?;
        let before = node
            .block_hash(manifest.voting.start.saturating_sub(1))
            .await?;
        let after = node
            .block_hash(manifest.voting.end.saturating_sub(1))
            .await?;
        let state = state_bytes(node, after)
            .await?
            .saturating_sub(state_bytes(node, before).await?);
        let mut bodies = 0;
        for number in manifest.voting.start..manifest.voting.end {
            let block = node.block(node.block_hash(number).await?).await?;
            for extrinsic in &block.extrinsics {
                if casts(extrinsic)? {
                    bodies += u64::try_from(extrinsic.len())?;
                }
            }
        }
        Ok(Self {
            ballots,
            state,
            bodies,
        })
    }
}

impl core::fmt::Display for Footprint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            ballots,
            state,
            bodies,
        } = self;
        let each = |bytes: u64| bytes.checked_div(u64::from(*ballots)).unwrap_or(0);
        writeln!(f, "{ballots} ballots")?;
        writeln!(
            f,
            "new state of the ballot register: {state} bytes, {} a ballot",
            each(*state)
        )?;
        write!(
            f,
            "block bodies: {bodies} bytes, {} a ballot",
            each(*bodies)
        )
    }
}

fn casts(extrinsic: &[u8]) -> Result<bool> {
    let extrinsic = Extrinsic::decode(&mut &extrinsic[..]).context("cannot decode an extrinsic")?;
    Ok(matches!(
        extrinsic,
        Extrinsic::Signed {
            call: Call::BallotRegister(BallotRegisterCall::Cast { .. }),
            ..
        }
    ))
}

/// Bytes of all the ballot register's keys and values in the state after one block.
async fn state_bytes(node: &Node, at: Hash) -> Result<u64> {
    let prefix = storage_value_key(PALLET, "");
    let prefix = hexadecimal(
        prefix
            .get(..PREFIX_BYTES)
            .context("a storage key is too short")?,
    );
    let (mut total, mut last) = (0, Value::Null);
    loop {
        let page = [json!(prefix), json!(PAGE), last, json!(at)];
        let keys: Vec<String> = node
            .connection()
            .request("state_getKeysPaged", &page)
            .await?;
        let Some(key) = keys.last() else {
            return Ok(total);
        };
        last = json!(key);
        let changes: Vec<Value> = node
            .connection()
            .request("state_queryStorageAt", &[json!(keys), json!(at)])
            .await?;
        let entries = changes
            .first()
            .and_then(|set| set.get("changes"))
            .and_then(Value::as_array)
            .context("state_queryStorageAt answers something unexpected")?;
        for text in entries
            .iter()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
        {
            // Two digits a byte, after `0x`.
            total += u64::try_from(text.len().saturating_sub(2) / 2)?;
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shared_out_among_ballots() {
        let footprint = Footprint {
            ballots: 4,
            state: 800,
            bodies: 4001,
        };
        assert_eq!(
            footprint.to_string(),
            "4 ballots\nnew state of the ballot register: 800 bytes, 200 a ballot\n\
             block bodies: 4001 bytes, 1000 a ballot"
        );
        let none = Footprint::default().to_string();
        assert!(none.ends_with("0 bytes, 0 a ballot"), "{none}");
    }
}
