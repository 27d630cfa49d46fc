//! The blocks with which sets of validators ended, and their votes for them (PSE-VAL-9).

use psephos_primitives::{BlockNumber, Hash};

use crate::{
    node::{storage_map_key, storage_value_key},
    rpc_types::{Block, Header},
    Error, Node, Result,
};

/// A block that announces other validators, and the votes of those before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handover {
    /// Its header.
    pub header: Header,
    /// SCALE of `GrandpaJustification`, for exactly this block.
    pub justification: Vec<u8>,
}

impl Handover {
    /// Of a final block, which the node keeps a justification of because validators change with it.
    pub fn of(block: Block) -> Result<Self> {
        let number = block.number();
        let justification = block.justification.ok_or_else(|| {
            Error::Missing(format!(
                "justification of block {number}, which announces other validators: ask a node that \
                 was there, or took up all blocks since"
            ))
        })?;
        Ok(Self {
            header: block.header,
            justification,
        })
    }
}

impl Node {
    /// All handovers up to the block of this number, in order: `after` as many as are known already,
    /// and as the state after the block with the hash `at` names them.
    pub async fn handovers(
        &self,
        after: u64,
        last: BlockNumber,
        at: Hash,
    ) -> Result<Vec<Handover>> {
        let key = storage_value_key("Grandpa", "CurrentSetId");
        let sets: u64 = self.stored(&key, at).await?.unwrap_or_default();
        let mut handovers = Vec::new();
        for set in after.saturating_add(1)..=sets {
            let key = storage_map_key("ValidatorSet", "Handovers", &set);
            let number: BlockNumber = self
                .stored(&key, at)
                .await?
                .ok_or_else(|| Error::Missing(format!("block with which set {set} took over")))?;
            if number > last {
                break;
            }
            let hash = self.block_hash(number).await?;
            handovers.push(Handover::of(self.block(hash).await?)?);
        }
        Ok(handovers)
    }
}
