//! Organisations that run validators: their session keys, and evidence against them (PSE-VAL).

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ed25519, sr25519};

use crate::identifiers::{AccountId, BlockNumber, Hash};

/// Blocks of a session (PSE-VAL-7).
pub const SESSION_BLOCKS: BlockNumber = 20;
/// Organisations at most: GRANDPA's messages grow with their square.
pub const MAX_ORGANISATIONS: u32 = 100;
/// Organisations that a dismissal has to leave: three tolerate no fault (PSE-VAL-3).
pub const MIN_ORGANISATIONS: u32 = 4;
/// Sets before the active one whose equivocations can still be reported (PSE-VAL-10).
pub const REPORTABLE_SETS: u64 = 16;
/// Rounds of one set that one organisation is reported for at most: more say nothing new, and the chain
/// keeps them.
pub const MAX_REPORTED_ROUNDS: u32 = 16;

/// What GRANDPA's messages of a prevote and of a precommit begin with.
const PREVOTE: u8 = 0;
const PRECOMMIT: u8 = 1;

/// What a validator seals blocks and votes on finality with (PSE-VAL-1).
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SessionKeys {
    /// Seals blocks.
    pub aura: sr25519::Public,
    /// Votes on finality.
    pub grandpa: ed25519::Public,
}

/// That whoever registers session keys holds them: each key's signature over
/// [`ownership_statement`] (PSE-VAL-4).
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct OwnershipProof {
    /// By the key that seals blocks.
    pub aura: sr25519::Signature,
    /// By the key that votes.
    pub grandpa: ed25519::Signature,
}

/// What both keys of an organisation sign (PSE-VAL-4).
pub fn ownership_statement(organisation: &AccountId) -> Vec<u8> {
    (*b"POP_", organisation).encode()
}

/// What a validator votes for.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Vote {
    /// A block's hash.
    pub hash: Hash,
    /// Its number.
    pub number: BlockNumber,
}

/// Two votes by one validator in one round.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct DoubleVote {
    /// The round of voting.
    pub round: u64,
    /// Who voted.
    pub authority: ed25519::Public,
    /// One vote, and the voter's signature.
    pub first: (Vote, ed25519::Signature),
    /// The other.
    pub second: (Vote, ed25519::Signature),
}

/// Evidence against a validator, encoded as GRANDPA's `Equivocation` (PSE-VAL-10).
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Equivocation {
    /// In the first half of a round.
    Prevote(DoubleVote),
    /// In the second.
    Precommit(DoubleVote),
}

impl Equivocation {
    /// The two votes, of either kind.
    pub fn votes(&self) -> &DoubleVote {
        match self {
            Self::Prevote(votes) | Self::Precommit(votes) => votes,
        }
    }

    /// Whether one validator signed two votes for different blocks, in the set with this number.
    pub fn proves(
        &self,
        set: u64,
        verify: impl Fn(&ed25519::Signature, &[u8], &ed25519::Public) -> bool,
    ) -> bool {
        let kind = match self {
            Self::Prevote(_) => PREVOTE,
            Self::Precommit(_) => PRECOMMIT,
        };
        let votes = self.votes();
        let signed = |(vote, signature): &(Vote, ed25519::Signature)| {
            let message = (kind, vote, votes.round, set).encode();
            verify(signature, &message, &votes.authority)
        };
        votes.first.0 != votes.second.0 && signed(&votes.first) && signed(&votes.second)
    }
}
