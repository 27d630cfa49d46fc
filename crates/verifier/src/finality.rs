//! GRANDPA's finality, checked from its definition: no client library, one page.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Decode, DecodeAll, Encode};
use psephos_primitives::{BlockNumber, Hash};
use sp_core::{ed25519, Pair};

use crate::Header;

/// The authority set's number: that of the genesis set, since the authorities are fixed.
const SET_ID: u64 = 0;
/// Index of a precommit among GRANDPA's messages.
const PRECOMMIT: u8 = 1;

/// A block by hash and number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Target {
    /// Its hash.
    pub hash: Hash,
    /// Its number.
    pub number: BlockNumber,
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
/// follow it; says how many authorities voted (PSE-AUD-5).
pub fn check(
    block: Target,
    descendants: &[Header],
    justification: &[u8],
    authorities: &[(ed25519::Public, u64)],
) -> Result<u64, FinalityError> {
    let mut target = block;
    for header in descendants {
        let number = target.number.saturating_add(1);
        if header.parent_hash != target.hash || header.number != number {
            return Err(FinalityError::Descendant { number });
        }
        target = Target {
            hash: header.hash(),
            number,
        };
    }
    Justification::decode_all(&mut &justification[..])
        .map_err(|error| FinalityError::Encoding(error.to_string()))?
        .check(target, authorities)
}

impl Justification {
    fn check(
        &self,
        target: Target,
        authorities: &[(ed25519::Public, u64)],
    ) -> Result<u64, FinalityError> {
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
            let (_, own) = authorities
                .iter()
                .find(|(known, _)| *known == authority)
                .ok_or(FinalityError::UnknownAuthority { authority })?;
            if !self.is_signed(precommit) {
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
        let total = authorities
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

    fn is_signed(&self, precommit: &Precommit) -> bool {
        let message = (PRECOMMIT, precommit.target, self.round, SET_ID).encode();
        ed25519::Pair::verify(&precommit.signature, message, &precommit.authority)
    }
}

/// Whether the headers at hand lead from a block back to the target. No hash can be its own
/// ancestor, so the walk ends.
fn leads_to(from: Hash, target: Hash, parents: &BTreeMap<Hash, Hash>) -> bool {
    let mut ancestors = core::iter::successors(Some(from), |hash| parents.get(hash).copied());
    ancestors.any(|hash| hash == target)
}
