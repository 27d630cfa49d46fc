//! Votes for two blocks in one round, two final blocks of one height, and a finality lag (PSE-WAT-4,
//! PSE-WAT-5).
//!
//! Validators tell their votes to each other alone; what an outsider sees of them is the
//! justifications that nodes hand out. An equivocation whose second vote is in none of them is not
//! seen here.

use std::collections::{BTreeMap, VecDeque};

use codec::{DecodeAll, Encode};
use psephos_primitives::{BlockNumber, Hash};
use psephos_verifier::{
    finality::{self, AuthoritySet, Justification, Precommit},
    Header,
};
use sp_core::Bytes;

use super::evidence::Finding;

/// Rounds and heights that are remembered; a round takes about as long as a block.
const MAX_ROUNDS: usize = 4096;

/// Sets of authorities whose votes are looked at: nodes are behind each other by minutes at most.
const MAX_SETS: usize = 4;

/// Remembers votes and final blocks.
#[derive(Debug)]
pub struct Finality {
    /// The newest last.
    sets: VecDeque<AuthoritySet>,
    /// By set, round and authority, the first vote seen: each set counts its rounds anew.
    votes: BTreeMap<(u64, u64, [u8; 32]), Precommit>,
    /// By height, the first final block seen.
    finalised: BTreeMap<BlockNumber, (Hash, Vec<u8>)>,
}

impl Finality {
    /// With these authorities.
    pub fn new(set: AuthoritySet) -> Self {
        Self {
            sets: VecDeque::from([set]),
            votes: BTreeMap::new(),
            finalised: BTreeMap::new(),
        }
    }

    /// Others take over.
    pub fn follow(&mut self, set: AuthoritySet) {
        self.sets.push_back(set);
        while self.sets.len() > MAX_SETS {
            self.sets.pop_front();
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
        let voters = self.sets.iter().map(|set| set.voters.len()).max();
        let kept = MAX_ROUNDS.saturating_mul(voters.unwrap_or_default().max(1));
        while self.votes.len() > kept {
            self.votes.pop_first();
        }
        while self.finalised.len() > MAX_ROUNDS {
            self.finalised.pop_first();
        }
        findings
    }

    fn vote(&mut self, round: u64, vote: &Precommit) -> Option<Finding> {
        let has = |set: &&AuthoritySet| {
            let mut voters = set.voters.iter();
            voters.any(|(voter, _)| *voter == vote.authority) && vote.is_signed(round, set.number)
        };
        let set = self.sets.iter().rev().find(has)?.number;
        let first = self
            .votes
            .entry((set, round, vote.authority.0))
            .or_insert_with(|| vote.clone());
        (first.target != vote.target).then(|| Finding::TwoVotes {
            round,
            votes: [Bytes(first.encode()), Bytes(vote.encode())],
        })
    }

    fn final_block(&mut self, justification: &Justification, bytes: &[u8]) -> Option<Finding> {
        let target = justification.target;
        let mut sets = self.sets.iter().rev();
        sets.find(|set| finality::check(target, &[], bytes, set).is_ok())?;
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
