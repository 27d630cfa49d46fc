//! Ballots that a node has accepted and the chain leaves out (PSE-WAT-6); more ballots than issued
//! credentials (PSE-WAT-7).

use std::collections::{BTreeMap, HashMap, HashSet};

use codec::DecodeAll;
use psephos_client::{extrinsic_hash, Block};
use psephos_primitives::{
    register::DistrictCounts,
    wire::{BallotRegisterCall, Call, Extrinsic},
    AccountId, BlockNumber, DistrictId, ElectionId, Hash,
};
use sp_core::Bytes;

use super::evidence::{FinalBlock, Finding};

/// Ballots that are watched at a time: as many as a pool holds.
const MAX_WATCHED: usize = 8192;
/// Bytes of a block's extrinsics that evidence keeps: four times those of a block with 50 ballots.
/// A ballot that full blocks have no room for is not censored.
const MAX_BODY_BYTES: usize = 1 << 20;

/// A ballot in a pool.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Waiting {
    bytes: Vec<u8>,
    voter: Voter,
    seen: BlockNumber,
}

/// Whose ballot it is: an account's nth in an election.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voter {
    /// The election.
    pub election: ElectionId,
    /// The one-time account.
    pub account: AccountId,
    /// Ballots that it had cast before.
    pub nonce: u32,
}

/// A ballot that is left out. Whether another of the same account has taken its place must still be
/// looked up.
#[derive(Clone, PartialEq, Debug)]
pub struct Missing {
    /// Whose.
    pub voter: Voter,
    /// What is reported.
    pub finding: Finding,
}

/// Watches pools and finalised blocks.
#[derive(Debug)]
pub struct Ballots {
    /// So many finalised blocks may pass without a ballot.
    patience: BlockNumber,
    versions: (u32, u32),
    waiting: HashMap<Hash, Waiting>,
    /// Reported, or in a block: nodes may still have them in their pools.
    done: HashSet<Hash>,
    /// The last finalised blocks, `patience` of them.
    blocks: BTreeMap<BlockNumber, FinalBlock>,
}

impl Ballots {
    /// With this patience, counted in finalised blocks.
    pub fn new(patience: BlockNumber, versions: (u32, u32)) -> Self {
        Self {
            patience: patience.max(1),
            versions,
            waiting: HashMap::new(),
            done: HashSet::new(),
            blocks: BTreeMap::new(),
        }
    }

    /// Another runtime runs: signatures cover its versions from here on.
    pub fn follow(&mut self, versions: (u32, u32)) {
        self.versions = versions;
    }

    /// Looks at what a node has in its pool, when block `finalised` was the last that is final.
    pub fn pool(&mut self, extrinsics: Vec<Vec<u8>>, finalised: BlockNumber) {
        for bytes in extrinsics {
            let hash = extrinsic_hash(&bytes);
            let known = self.waiting.contains_key(&hash) || self.done.contains(&hash);
            if known || self.waiting.len() >= MAX_WATCHED {
                continue;
            }
            if let Some(voter) = voter(&bytes) {
                let seen = finalised;
                self.waiting.insert(hash, Waiting { bytes, voter, seen });
            }
        }
    }

    /// Looks at the next finalised block, of whatever node: which ballots have waited too long?
    pub fn block(&mut self, block: &Block) -> Vec<Missing> {
        if self.blocks.contains_key(&block.number()) {
            return Vec::new();
        }
        for bytes in &block.extrinsics {
            let hash = extrinsic_hash(bytes);
            if self.waiting.remove(&hash).is_some() {
                self.done.insert(hash);
            }
        }
        let number = block.number();
        self.blocks.insert(number, keep(block));
        while self.blocks.len() > self.patience as usize {
            self.blocks.pop_first();
        }
        let patience = self.patience;
        let late = |waiting: &Waiting| waiting.seen.saturating_add(patience) <= number;
        let (missing, waiting) = core::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, waiting)| late(waiting));
        self.waiting = waiting;
        let missing: HashMap<Hash, Waiting> = missing;
        self.forget();
        missing
            .into_iter()
            .map(|(hash, waiting)| self.missing(hash, waiting))
            .collect()
    }

    fn missing(&mut self, hash: Hash, waiting: Waiting) -> Missing {
        self.done.insert(hash);
        // A ballot seen before the watch had blocks counts from the first block that it has.
        let first = self.blocks.keys().next().copied().unwrap_or_default();
        let seen = waiting.seen.max(first.saturating_sub(1));
        let blocks = self.blocks.range(seen.saturating_add(1)..);
        Missing {
            voter: waiting.voter,
            finding: Finding::LeftOut {
                extrinsic: Bytes(waiting.bytes),
                versions: self.versions,
                seen,
                blocks: blocks.map(|(_, block)| block.clone()).collect(),
            },
        }
    }

    fn forget(&mut self) {
        if self.done.len() > MAX_WATCHED {
            self.done.clear();
        }
    }
}

fn keep(block: &Block) -> FinalBlock {
    let bytes: usize = block.extrinsics.iter().map(Vec::len).sum();
    let extrinsics =
        (bytes <= MAX_BODY_BYTES).then(|| block.extrinsics.iter().cloned().map(Bytes).collect());
    FinalBlock {
        header: block.header.clone(),
        extrinsics,
    }
}

/// Whose ballot an extrinsic is, if it is one.
fn voter(bytes: &[u8]) -> Option<Voter> {
    let Ok(Extrinsic::Signed {
        signer,
        extra,
        call: Call::BallotRegister(BallotRegisterCall::Cast { election, .. }),
        ..
    }) = Extrinsic::decode_all(&mut &bytes[..])
    else {
        return None;
    };
    Some(Voter {
        election,
        account: signer,
        nonce: extra.nonce,
    })
}

/// The districts with more ballots than issued credentials.
pub fn too_many(counts: &[DistrictCounts]) -> impl Iterator<Item = DistrictId> + '_ {
    counts
        .iter()
        .filter(|counts| counts.cast > counts.issued)
        .map(|counts| counts.district)
}
