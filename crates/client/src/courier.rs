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

use psephos_primitives::{limits::BLOCK_MILLISECONDS, BlockNumber, Hash, Refusal};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout, Instant},
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
    /// What a block takes. A chain that grows twice as fast is one that a node catches up with.
    pub block: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            resubmit: seconds(20),
            retry: seconds(4),
            grace: 20,
            block: Duration::from_millis(BLOCK_MILLISECONDS),
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

/// An extrinsic on its way into a finalised block, without its bytes: the way may be long, and many
/// may be on it.
#[derive(Clone, Debug)]
pub struct Journey {
    extrinsic: Hash,
    /// The last block that it may stand in.
    expires: Option<BlockNumber>,
    /// The last block that had been looked through when it began.
    begun: BlockNumber,
    /// How long it is waited for before it is put into a pool again.
    pause: Duration,
    refused: Option<Standing>,
}

/// Since when pools have refused an extrinsic.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// The last finalised block at that time.
    block: BlockNumber,
    at: Instant,
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
        let mut journey = self.begin(encoded, expires);
        loop {
            self.submit(&mut journey, encoded).await?;
            if let Some(inclusion) = self.watch(&journey).await? {
                return Ok(inclusion);
            }
        }
    }

    /// A delivery in steps, for those who keep the bytes elsewhere in between: [`Self::submit`] and
    /// [`Self::watch`] in turn, until one of them ends it.
    pub fn begin(&self, encoded: &[u8], expires: Option<BlockNumber>) -> Journey {
        Journey {
            extrinsic: extrinsic_hash(encoded),
            expires,
            begun: self.scanned(),
            pause: self.patience.resubmit,
            refused: None,
        }
    }

    /// Puts the extrinsic into a pool, unless it stands in a finalised block. A refusal that may be
    /// for a passing reason ends the journey only when it is given again after the grace.
    pub async fn submit(&self, journey: &mut Journey, encoded: &[u8]) -> Result<()> {
        // Looked for first: after a restart of ours it may have arrived long ago.
        if self.inclusion(&journey.extrinsic).is_some() {
            return Ok(());
        }
        let scanned = self.scanned();
        match self.submit_to_next(encoded).await {
            Ok(_) => {
                journey.refused = None;
                journey.pause = self.patience.resubmit;
                Ok(())
            }
            Err(error) if may_be_included(&error) => {
                journey.pause = self.patience.retry;
                match journey.refused {
                    Some(refused) if self.grace_is_over(refused, scanned) => Err(error),
                    Some(refused) if !self.catches_up(refused, scanned) => Ok(()),
                    _ => {
                        let block = self.seen.borrow().finalised;
                        let at = Instant::now();
                        journey.refused = Some(Standing { block, at });
                        Ok(())
                    }
                }
            }
            Err(Error::Rpc { code, message, .. }) => {
                tracing::debug!(code, message, "the pool does not take it now");
                journey.pause = self.patience.retry;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for a finalised block with the extrinsic; `None` when it is to be submitted again.
    pub async fn watch(&self, journey: &Journey) -> Result<Option<Inclusion>> {
        if let Ok(inclusion) = timeout(journey.pause, self.wait_for(&journey.extrinsic)).await {
            return inclusion.map(Some);
        }
        let scanned = self.scanned();
        // Looked for after the number: whatever stands in a block up to it is known by now.
        let inclusion = self.inclusion(&journey.extrinsic);
        if inclusion.is_none() && journey.expires.is_some_and(|last| scanned > last) {
            return Err(Error::Expired {
                blocks: scanned.saturating_sub(journey.begun),
            });
        }
        Ok(inclusion)
    }

    /// Whether every block that might have brought the extrinsic had been looked through when it was
    /// submitted once more, as this number says.
    fn grace_is_over(&self, refused: Standing, scanned: BlockNumber) -> bool {
        scanned > refused.block.saturating_add(self.patience.grace)
            && !self.catches_up(refused, scanned)
    }

    /// Whether the node has come to this block faster than blocks are made. It refused by the state
    /// of a block long past, in which voting may not have begun, and may still do so.
    fn catches_up(&self, refused: Standing, scanned: BlockNumber) -> bool {
        let blocks = scanned.saturating_sub(refused.block);
        let grown = self.patience.block.saturating_mul(blocks) / 2;
        blocks > self.patience.grace && refused.at.elapsed() < grown
    }

    /// The nodes in turn: each does its part of the checking.
    async fn submit_to_next(&self, encoded: &[u8]) -> Result<Hash> {
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
                // A node that is behind judges by a state that is.
                | Refusal::NotNow
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
        assert_eq!(waited, [4, 7, 8, 9, 11, 19, 20, 22, 24, 30]);
    }
}
