//! Votes for two blocks in one round, two final blocks of one height, and a finality lag (PSE-WAT-4,
//! PSE-WAT-5).
//!
//! Validators tell their votes to each other alone; what an outsider sees of them is the
//! justifications that nodes hand out. An equivocation whose second vote is in none of them is not
//! seen here.

use std::collections::BTreeMap;

use codec::{DecodeAll, Encode};
use psephos_primitives::{BlockNumber, Hash};
use psephos_verifier::{
    finality::{self, Justification, Precommit},
    Header,
};
use sp_core::{ed25519, Bytes, Pair};

use super::evidence::Finding;

/// Rounds and heights that are remembered; a round takes about as long as a block.
const MAX_ROUNDS: usize = 4096;

/// Remembers votes and final blocks.
#[derive(Debug)]
pub struct Finality {
    voters: Vec<(ed25519::Public, u64)>,
    /// By round and authority, the first vote seen.
    votes: BTreeMap<(u64, [u8; 32]), Precommit>,
    /// By height, the first final block seen.
    finalised: BTreeMap<BlockNumber, (Hash, Vec<u8>)>,
}

impl Finality {
    /// With these authorities.
    pub const fn new(voters: Vec<(ed25519::Public, u64)>) -> Self {
        Self {
            voters,
            votes: BTreeMap::new(),
            finalised: BTreeMap::new(),
        }
    }

    /// Looks at a justification, from whatever node.
    pub fn look(&mut self, bytes: &[u8]) -> Vec<Finding> {
        let Ok(justification) = Justification::decode_all(&mut &bytes[..]) else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        for vote in &justification.precommits {
            findings.extend(self.vote(justification.round, vote));
        }
        findings.extend(self.final_block(&justification, bytes));
        let kept = MAX_ROUNDS.saturating_mul(self.voters.len().max(1));
        while self.votes.len() > kept {
            self.votes.pop_first();
        }
        while self.finalised.len() > MAX_ROUNDS {
            self.finalised.pop_first();
        }
        findings
    }

    fn vote(&mut self, round: u64, vote: &Precommit) -> Option<Finding> {
        let known = self
            .voters
            .iter()
            .any(|(voter, _)| *voter == vote.authority);
        let message = (1u8, vote.target, round, 0u64).encode();
        if !known || !ed25519::Pair::verify(&vote.signature, message, &vote.authority) {
            return None;
        }
        let first = self
            .votes
            .entry((round, vote.authority.0))
            .or_insert_with(|| vote.clone());
        (first.target != vote.target).then(|| Finding::TwoVotes {
            round,
            votes: [Bytes(first.encode()), Bytes(vote.encode())],
        })
    }

    fn final_block(&mut self, justification: &Justification, bytes: &[u8]) -> Option<Finding> {
        let target = justification.target;
        finality::check(target, &[], bytes, &self.voters).ok()?;
        let (hash, first) = self
            .finalised
            .entry(target.number)
            .or_insert_with(|| (target.hash, bytes.to_vec()));
        (*hash != target.hash).then(|| Finding::TwoFinalised {
            justifications: [Bytes(first.clone()), Bytes(bytes.to_vec())],
        })
    }
}

/// How far finality is behind, at one node.
#[derive(Debug)]
pub struct Lag {
    /// More blocks than this are a finding.
    most: BlockNumber,
    behind: bool,
}

impl Lag {
    /// With this limit.
    pub const fn new(most: BlockNumber) -> Self {
        Self {
            most,
            behind: false,
        }
    }

    /// Looks at a node's heads. Each time that it falls behind is reported once.
    pub fn look(&mut self, best: &Header, finalised: &Header) -> Option<Finding> {
        let was = self.behind;
        self.behind = best.number.saturating_sub(finalised.number) > self.most;
        (self.behind && !was).then(|| Finding::FinalityLag {
            best: Box::new(best.clone()),
            finalised: Box::new(finalised.clone()),
        })
    }
}
