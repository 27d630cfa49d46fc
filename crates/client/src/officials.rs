//! What officials do on the chain: signed, delivered, final, and successful.

use std::{pin::pin, sync::Arc, time::Duration};

use codec::Encode;
use futures::future::{select, try_join_all, Either};
use psephos_primitives::{
    limits::BLOCK_MILLISECONDS,
    wire::{Call, Extra},
    AccountId, Refusal,
};
use sp_runtime::generic::Era;
use tokio::time::sleep;

use crate::{dispatch::Outcomes, ChainFacts, Courier, Error, Inclusion, Node, Result, Signer};

/// Blocks that an official's extrinsic stays valid for: a forgotten one cannot turn up much later.
const LIFETIME: u64 = 256;
/// Between two looks whether what is on its way can still be carried out: after each there is another
/// block.
const LOOK: Duration = Duration::from_millis(BLOCK_MILLISECONDS);

/// An official's account, and the chain that it acts on.
#[derive(Clone, Debug)]
pub struct Office {
    node: Node,
    courier: Courier,
    signer: Signer,
    outcomes: Arc<Outcomes>,
}

/// A signed extrinsic and the last block it may stand in.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Letter {
    encoded: Vec<u8>,
    expires: u32,
}

impl Office {
    /// Acts through this node and courier.
    pub fn new(node: Node, courier: Courier, signer: Signer) -> Self {
        let outcomes = Arc::new(Outcomes::new(&node));
        Self {
            node,
            courier,
            signer,
            outcomes,
        }
    }

    /// The official's account.
    pub const fn account(&self) -> &AccountId {
        self.signer.account()
    }

    /// The node that is asked.
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Does one thing; returns when it stands in a finalised block and has succeeded.
    pub async fn perform(&self, call: Call) -> Result<Inclusion> {
        let nonce = self.node.next_nonce(self.account()).await?;
        let letter = self.write(call, nonce).await?;
        self.send(&letter, LOOK).await
    }

    /// Does several things, one after the other but without waiting for finality in between.
    pub async fn perform_all(&self, calls: Vec<Call>) -> Result<Vec<Inclusion>> {
        let first = self.node.next_nonce(self.account()).await?;
        let mut letters = Vec::with_capacity(calls.len());
        for (call, nonce) in calls.into_iter().zip(first..) {
            letters.push(self.write(call, nonce).await?);
        }
        // However many there are, one of them is looked at for each block.
        let look = LOOK.saturating_mul(u32::try_from(letters.len()).unwrap_or(u32::MAX));
        try_join_all(letters.iter().map(|letter| self.send(letter, look))).await
    }

    async fn write(&self, call: Call, nonce: u32) -> Result<Letter> {
        let facts: ChainFacts = self.node.facts().await?;
        let current = u64::from(self.node.finalised_header().await?.number);
        let era = Era::mortal(LIFETIME, current);
        let number = |block: u64| u32::try_from(block).unwrap_or(u32::MAX);
        let born = self.node.block_hash(number(era.birth(current))).await?;
        let extrinsic = self
            .signer
            .sign(call, Extra { era, nonce }, &facts.mortal(born));
        Ok(Letter {
            encoded: extrinsic.encode(),
            expires: number(era.death(current)),
        })
    }

    async fn send(&self, letter: &Letter, look: Duration) -> Result<Inclusion> {
        let expires = Some(letter.expires);
        let delivered = pin!(self.courier.deliver(&letter.encoded, expires));
        let overtaken = pin!(self.overtaken(letter, look));
        let inclusion = match select(delivered, overtaken).await {
            Either::Left((delivered, _)) => delivered?,
            Either::Right((refusal, _)) => return Err(Error::Refused(refusal)),
        };
        self.outcomes.check(&inclusion).await?;
        Ok(inclusion)
    }

    /// Waits until the letter can no longer be carried out: another official's message may have come
    /// first. A block's author leaves it out then, and no pool says so of itself.
    ///
    /// A letter that stands in a block is told by its nonce, and does not count as overtaken. The
    /// answer counts when it is given twice, a block apart: one node may be behind another.
    async fn overtaken(&self, letter: &Letter, look: Duration) -> Refusal {
        let mut before = false;
        loop {
            sleep(look).await;
            let answer = self.node.validity(&letter.encoded).await;
            let now = matches!(answer, Err(Error::Refused(Refusal::NotNow)));
            if before && now {
                return Refusal::NotNow;
            }
            before = now;
        }
    }
}
