//! Brings extrinsics into a finalised block, whatever happens to nodes and connections.
//!
//! An extrinsic counts as delivered when it stands in a finalised block, and not before (PSE-FIN-1).
//! Until then it is put into a pool again from time to time: a node that restarts has forgotten its
//! pool.

use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};

use psephos_primitives::{BlockNumber, Hash, Refusal};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    finality::{FinalisedBlock, FinalisedBlocks},
    node::extrinsic_hash,
    Error, Node, Result,
};

/// How long a courier waits for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// After so long without being in a finalised block an extrinsic is put into a pool again.
    pub resubmit: Duration,
    /// The same where the pool was full or otherwise not ready.
    pub retry: Duration,
    /// So many finalised blocks may still bring an extrinsic that the pool refuses: it may be refused
    /// just because it stands in a block that is not final yet.
    pub grace: BlockNumber,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            resubmit: seconds(20),
            retry: seconds(4),
            grace: 20,
        }
    }
}

/// Pause of the follower when no node answers.
const PAUSE: Duration = Duration::from_secs(1);

/// Where an extrinsic stands in the finalised chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Inclusion {
    /// The block's number.
    pub block: BlockNumber,
    /// The block's hash.
    pub hash: Hash,
    /// The extrinsic's place in the block.
    pub position: u32,
}

/// What the follower has seen.
#[derive(Default)]
struct Seen {
    extrinsics: HashMap<Hash, Inclusion>,
    /// The last finalised block that was looked through.
    scanned: BlockNumber,
    /// The last finalised block: the follower may still be on its way there.
    finalised: BlockNumber,
}

/// Delivers extrinsics and knows where they stand. Clones share the follower; it ends with the last.
#[derive(Clone)]
pub struct Courier {
    nodes: Arc<Vec<Node>>,
    turn: Arc<AtomicUsize>,
    patience: Patience,
    seen: watch::Receiver<Seen>,
    _follower: Arc<Follower>,
}

struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Courier {
    /// Submits to these nodes in turn, and follows the finalised chain from block `from` on.
    ///
    /// Extrinsics that stand in earlier blocks are not found.
    pub fn start(nodes: Vec<Node>, from: BlockNumber) -> Result<Self> {
        let follower = nodes.first().cloned().ok_or(Error::CourierGone)?;
        let before = from.saturating_sub(1);
        let begin = Seen {
            scanned: before,
            finalised: before,
            ..Seen::default()
        };
        let (sender, seen) = watch::channel(begin);
        let blocks = FinalisedBlocks::from(follower, from);
        let task = tokio::spawn(follow(blocks, sender));
        Ok(Self {
            nodes: Arc::new(nodes),
            turn: Arc::default(),
            patience: Patience::default(),
            seen,
            _follower: Arc::new(Follower(task)),
        })
    }

    /// Follows the chain from the last finalised block on.
    pub async fn start_now(nodes: Vec<Node>) -> Result<Self> {
        let node = nodes.first().ok_or(Error::CourierGone)?;
        let from = node.finalised_header().await?.number;
        Self::start(nodes, from)
    }

    /// With other waiting times.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The last finalised block that the follower has looked through.
    pub fn scanned(&self) -> BlockNumber {
        self.seen.borrow().scanned
    }

    /// Waits until all blocks before and including this one are final.
    pub async fn wait_for_finalised(&self, number: BlockNumber) -> Result<()> {
        let mut updates = self.seen.clone();
        while self.scanned() < number {
            updates.changed().await.map_err(|_| Error::CourierGone)?;
        }
        Ok(())
    }

    /// Where the extrinsic with this hash stands, if it was seen.
    pub fn inclusion(&self, extrinsic: &Hash) -> Option<Inclusion> {
        self.seen.borrow().extrinsics.get(extrinsic).copied()
    }

    /// Brings an extrinsic into a finalised block. `expires` is the last block that it may stand in.
    pub async fn deliver(&self, encoded: &[u8], expires: Option<BlockNumber>) -> Result<Inclusion> {
        let hash = extrinsic_hash(encoded);
        let begun = self.scanned();
        let mut refused: Option<(Error, BlockNumber)> = None;
        loop {
            // Looked for first: after a restart of ours it may have arrived long ago.
            if let Some(inclusion) = self.inclusion(&hash) {
                return Ok(inclusion);
            }
            let mut patience = self.patience.resubmit;
            match self.submit(encoded).await {
                Ok(_) => refused = None,
                Err(error) if may_be_included(&error) => {
                    let head = self.seen.borrow().finalised;
                    let since = refused.take().map_or(head, |(_, since)| since);
                    refused = Some((error, since));
                    patience = self.patience.retry;
                }
                Err(Error::Rpc { code, message, .. }) => {
                    tracing::debug!(code, message, "the pool does not take it now");
                    patience = self.patience.retry;
                }
                Err(error) => return Err(error),
            }
            if let Ok(inclusion) = timeout(patience, self.wait_for(&hash)).await {
                return inclusion;
            }
            let scanned = self.scanned();
            if let Some((error, since)) = refused.take() {
                if scanned > since.saturating_add(self.patience.grace) {
                    return Err(error);
                }
                refused = Some((error, since));
            }
            if expires.is_some_and(|last| scanned > last) && self.inclusion(&hash).is_none() {
                return Err(Error::Expired {
                    blocks: scanned.saturating_sub(begun),
                });
            }
        }
    }

    /// The nodes in turn: each does its part of the checking.
    async fn submit(&self, encoded: &[u8]) -> Result<Hash> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        match self.nodes.get(turn % self.nodes.len().max(1)) {
            Some(node) => node.submit(encoded).await,
            None => Err(Error::CourierGone),
        }
    }

    async fn wait_for(&self, hash: &Hash) -> Result<Inclusion> {
        let mut updates = self.seen.clone();
        loop {
            updates.mark_unchanged();
            if let Some(inclusion) = self.inclusion(hash) {
                return Ok(inclusion);
            }
            updates.changed().await.map_err(|_| Error::CourierGone)?;
        }
    }
}

impl core::fmt::Debug for Courier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Courier")
            .field("scanned", &self.scanned())
            .finish_non_exhaustive()
    }
}

async fn follow(mut blocks: FinalisedBlocks, seen: watch::Sender<Seen>) {
    loop {
        match blocks.next().await {
            Ok(block) => seen.send_modify(|seen| seen.record(&block)),
            Err(error) => {
                tracing::warn!(%error, "cannot follow the chain");
                sleep(PAUSE).await;
            }
        }
    }
}

impl Seen {
    fn record(&mut self, FinalisedBlock { block, finalised }: &FinalisedBlock) {
        for (extrinsic, position) in block.extrinsics.iter().zip(0u32..) {
            let inclusion = Inclusion {
                block: block.number(),
                hash: block.hash,
                position,
            };
            self.extrinsics.insert(extrinsic_hash(extrinsic), inclusion);
        }
        self.scanned = block.number();
        self.finalised = *finalised;
    }
}

/// Whether the pool may refuse an extrinsic for this reason *because* it is in a block already.
const fn may_be_included(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => matches!(
            refusal,
            Refusal::AlreadyVoted
                | Refusal::OldBallot
                | Refusal::DuplicateTracker
                | Refusal::NoIssueLeft
                | Refusal::NotVoting
                | Refusal::ShareAlreadyAccepted
                | Refusal::NotTallying
                | Refusal::ElectionOver
                | Refusal::NonceAhead
        ),
        // Stale nonces among them; and a bad signature is told apart by waiting in vain.
        Error::Invalid(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_ballot_is_not_waited_for() {
        let waited: Vec<_> = Refusal::ALL
            .iter()
            .filter(|refusal| may_be_included(&Error::Refused(**refusal)))
            .map(|refusal| refusal.code())
            .collect();
        assert_eq!(waited, [4, 7, 8, 9, 11, 19, 20, 22, 24]);
    }
}
