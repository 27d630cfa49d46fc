//! Every finalised block, once and in order.

use std::time::Duration;

use psephos_primitives::{BlockNumber, Hash};
use tokio::time::sleep;

use crate::{rpc_types::Block, Node, Result};

/// Between two looks at the chain. Looking, rather than being told, survives every loss of a
/// connection without special cases, and a block takes six times as long.
const POLL: Duration = Duration::from_millis(500);

/// A finalised block and how far finality had come when it was read.
#[derive(Clone, Debug)]
pub struct FinalisedBlock {
    /// The block.
    pub block: Block,
    /// The last finalised block's number at that time.
    pub finalised: BlockNumber,
}

/// Yields every finalised block from a given number on, once and in order, whatever happens to
/// connections and nodes in the meantime.
#[derive(Debug)]
pub struct FinalisedBlocks {
    node: Node,
    next: BlockNumber,
    /// The block yielded last: the next one's parent.
    last: Option<Hash>,
    /// How far finality had come at the last look.
    finalised: Option<(BlockNumber, Hash)>,
}

impl FinalisedBlocks {
    /// From block `from` on.
    pub const fn from(node: Node, from: BlockNumber) -> Self {
        Self {
            node,
            next: from,
            last: None,
            finalised: None,
        }
    }

    /// The next finalised block; waits for it.
    pub async fn next(&mut self) -> Result<FinalisedBlock> {
        loop {
            match self.try_next().await? {
                Some(block) => return Ok(block),
                None => sleep(POLL).await,
            }
        }
    }

    /// The next finalised block, if it is finalised and at hand already.
    pub async fn try_next(&mut self) -> Result<Option<FinalisedBlock>> {
        if self
            .finalised
            .is_none_or(|(finalised, _)| finalised < self.next)
        {
            self.look().await?;
        }
        let Some((finalised, hash)) = self.finalised.filter(|(number, _)| *number >= self.next)
        else {
            return Ok(None);
        };
        let Some(block) = self.read(finalised, hash).await? else {
            return Ok(None);
        };
        self.next = self.next.saturating_add(1);
        self.last = Some(block.hash);
        Ok(Some(FinalisedBlock { block, finalised }))
    }

    async fn look(&mut self) -> Result<()> {
        let header = self.node.finalised_header().await?;
        // A node that stands in for another may be behind it; finality itself never goes back.
        if self
            .finalised
            .is_none_or(|(known, _)| known < header.number)
        {
            self.finalised = Some((header.number, header.hash()));
        }
        Ok(())
    }

    /// `None` when the node at hand does not have the block yet, or a block that is not final.
    async fn read(&self, finalised: BlockNumber, finalised_hash: Hash) -> Result<Option<Block>> {
        let hash = if self.next == finalised {
            Some(finalised_hash)
        } else {
            self.node.find_block_hash(self.next).await?
        };
        let Some(hash) = hash else {
            return Ok(None);
        };
        let block = self.node.find_block(hash).await?;
        let Some(block) = block else {
            return Ok(None);
        };
        // A node that is behind may still have another block at this height.
        let continues = match self.last {
            Some(last) => block.header.parent_hash == last,
            None => self.node.finalised_header().await?.number >= self.next,
        };
        Ok(continues.then_some(block))
    }
}
