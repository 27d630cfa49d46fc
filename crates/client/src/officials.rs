//! What officials do on the chain: signed, delivered, final, and successful.

use std::sync::Arc;

use codec::Encode;
use psephos_primitives::{
    wire::{Call, Extra},
    AccountId,
};
use sp_runtime::generic::Era;

use crate::{dispatch::Outcomes, ChainFacts, Courier, Inclusion, Node, Result, Signer};

/// Blocks that an official's extrinsic stays valid for: a forgotten one cannot turn up much later.
const LIFETIME: u64 = 256;

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
        self.send(&letter).await
    }

    /// Does several things, one after the other but without waiting for finality in between.
    pub async fn perform_all(&self, calls: Vec<Call>) -> Result<Vec<Inclusion>> {
        let first = self.node.next_nonce(self.account()).await?;
        let mut letters = Vec::with_capacity(calls.len());
        for (call, nonce) in calls.into_iter().zip(first..) {
            letters.push(self.write(call, nonce).await?);
        }
        futures::future::try_join_all(letters.iter().map(|letter| self.send(letter))).await
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

    async fn send(&self, letter: &Letter) -> Result<Inclusion> {
        let inclusion = self
            .courier
            .deliver(&letter.encoded, Some(letter.expires))
            .await?;
        self.outcomes.check(&inclusion).await?;
        Ok(inclusion)
    }
}
