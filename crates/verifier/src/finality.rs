//! GRANDPA's finality, checked from its definition: no client library, one page.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Decode, DecodeAll, Encode};
use psephos_primitives::{BlockNumber, Hash};
use sp_core::{ed25519, Pair};

use crate::{headers::announced_voters, Header};

/// Index of a precommit among GRANDPA's messages.
const PRECOMMIT: u8 = 1;

/// Those who finalise blocks for the time being.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthoritySet {
    /// 0 for that of block 0, and one more with each handover.
    pub number: u64,
    /// Their keys and weights.
    pub voters: Vec<(ed25519::Public, u64)>,
}

/// A block by hash and number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Target {
    /// Its hash.
    pub hash: Hash,
    /// Its number.
    pub number: BlockNumber,
}

impl Target {
    /// The block with this header.
    pub fn of(header: &Header) -> Self {
        Self {
            hash: header.hash(),
            number: header.number,
        }
    }
}

/// An authority's vote for a block and all before it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Precommit {
    /// What it votes for.
    pub target: Target,
    /// The authority's signature.
    pub signature: ed25519::Signature,
    /// The authority.
    pub authority: ed25519::Public,
}

/// What a node stores with a finalised block, encoded as GRANDPA's `GrandpaJustification`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Justification {
    /// The round of voting.
    pub round: u64,
    /// What was finalised.
    pub target: Target,
    /// The votes for it, or for its descendants.
    pub precommits: Vec<Precommit>,
    /// The headers that lead from voted descendants back to the target.
    pub ancestries: Vec<Header>,
}

/// Why a justification proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FinalityError {
    /// Does not decode.
    #[error("the justification does not decode: {0}")]
    Encoding(String),
    /// Headers after the last block that do not follow it.
    #[error("header {number} does not follow the last block")]
    Descendant {
        /// The number that it should have.
        number: BlockNumber,
    },
    /// A header after the last block, and not the last of them, with which the set ends.
    #[error(
        "block {number} announces other authorities, and blocks that follow it are not theirs"
    )]
    Change {
        /// Its number.
        number: BlockNumber,
    },
    /// For another block than the one that it should be for.
    #[error("the justification is for {found:?}, not for {expected:?}")]
    Target {
        /// The last block, or the last header after it.
        expected: Target,
        /// What it is for.
        found: Target,
    },
    /// A vote by nobody.
    #[error("0x{} is no authority", hex::encode(.authority))]
    UnknownAuthority {
        /// Who voted.
        authority: ed25519::Public,
    },
    /// A vote whose signature does not verify.
    #[error("the vote of authority 0x{} is not signed by it", hex::encode(.authority))]
    Signature {
        /// Who should have signed.
        authority: ed25519::Public,
    },
    /// A vote for another branch.
    #[error("the vote of authority 0x{} is not for the block", hex::encode(.authority))]
    OtherBranch {
        /// Who voted.
        authority: ed25519::Public,
    },
    /// Too few votes.
    #[error("votes of weight {found}, of {total}, are not more than two thirds")]
    Weight {
        /// What voted.
        found: u128,
        /// All there is.
        total: u128,
    },
}

/// Checks that the block is final, by a justification for it or for the last of the headers that
/// follow it; says how many authorities voted (PSE-AUD-5). The set is the one that finalises that
/// block, or those that follow it.
pub fn check(
    block: Target,
    descendants: &[Header],
    justification: &[u8],
    set: &AuthoritySet,
) -> Result<u64, FinalityError> {
    let mut target = block;
    let mut ends = None;
    for header in descendants {
        // The votes of whoever takes over there are not for this set to give.
        if let Some(number) = ends {
            return Err(FinalityError::Change { number });
        }
        let number = target.number.saturating_add(1);
        if header.parent_hash != target.hash || header.number != number {
            return Err(FinalityError::Descendant { number });
        }
        target = Target {
            hash: header.hash(),
            number,
        };
        ends = announced_voters(header).map(|_| number);
    }
    Justification::decode_all(&mut &justification[..])
        .map_err(|error| FinalityError::Encoding(error.to_string()))?
        .check(target, set)
}

impl Justification {
    fn check(&self, target: Target, set: &AuthoritySet) -> Result<u64, FinalityError> {
        if self.target != target {
            return Err(FinalityError::Target {
                expected: target,
                found: self.target,
            });
        }
        let parents: BTreeMap<Hash, Hash> = self
            .ancestries
            .iter()
            .map(|header| (header.hash(), header.parent_hash))
            .collect();
        let mut voters = BTreeSet::new();
        let mut weight = 0;
        for precommit in &self.precommits {
            let authority = precommit.authority;
            let (_, own) = set
                .voters
                .iter()
                .find(|(known, _)| *known == authority)
                .ok_or(FinalityError::UnknownAuthority { authority })?;
            if !precommit.is_signed(self.round, set.number) {
                return Err(FinalityError::Signature { authority });
            }
            if !leads_to(precommit.target.hash, target.hash, &parents) {
                return Err(FinalityError::OtherBranch { authority });
            }
            // Whoever votes twice counts once.
            if voters.insert(authority) {
                weight += u128::from(*own);
            }
        }
        let total = set
            .voters
            .iter()
            .map(|(_, weight)| u128::from(*weight))
            .sum::<u128>();
        if weight * 3 <= total * 2 {
            return Err(FinalityError::Weight {
                found: weight,
                total,
            });
        }
        Ok(voters.len() as u64)
    }
}

impl Precommit {
    /// Whether the authority has signed it in this round, in the set with this number.
    pub fn is_signed(&self, round: u64, set: u64) -> bool {
        let message = (PRECOMMIT, self.target, round, set).encode();
        ed25519::Pair::verify(&self.signature, message, &self.authority)
    }
}

/// Whether the headers at hand lead from a block back to the target. No hash can be its own
/// ancestor, so the walk ends.
fn leads_to(from: Hash, target: Hash, parents: &BTreeMap<Hash, Hash>) -> bool {
    let mut ancestors = core::iter::successors(Some(from), |hash| parents.get(hash).copied());
    ancestors.any(|hash| hash == target)
}
