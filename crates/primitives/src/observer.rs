//! What an observer asks first: settings, states and counts, each in one answer (PSE-API-2).

use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::Serialize;

use crate::{
    ceremony::ElectionKeys,
    identifiers::{BlockNumber, DistrictId, Hash, TrusteeIndex},
    manifest::{BlockRange, District, RevotePolicy},
    phase::{CancelReason, Phase},
};

/// What ballots are encrypted to, and what their proofs are bound to. The group is ristretto255, the
/// encryption exponential ElGamal, for every election.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct EncryptionSettings {
    /// The hash of block 0.
    pub genesis_hash: Hash,
    /// The hash of the manifest.
    pub manifest_hash: Hash,
    /// How many trustees there are.
    pub trustees: u8,
    /// How many of them it takes to decrypt.
    pub threshold: u8,
    /// The election's key and the trustees' public shares; none before the key ceremony has ended.
    pub keys: Option<ElectionKeys>,
}

/// What is voted on, and by which rules.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct BallotConfiguration {
    /// Whether voters may cast again.
    pub revote: RevotePolicy,
    /// A district with fewer ballots, though not none, is never decrypted.
    pub minimum_ballots: u32,
    /// Districts, contests and options, in the order of the manifest.
    pub districts: Vec<District>,
}

/// Where an election stands after a block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct VotingState {
    /// The block.
    pub block: BlockNumber,
    /// Where the election stands.
    pub phase: Phase,
    /// Why it was cancelled, if it was.
    pub cancelled: Option<CancelReason>,
    /// Blocks in which voters may apply and withdraw.
    pub registration: BlockRange,
    /// Blocks in which ballots are accepted.
    pub voting: BlockRange,
    /// The block in which the clock ends this phase; none where none does.
    pub next_phase: Option<BlockNumber>,
}

/// What became of a district's sums so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decryption {
    /// Voting has not ended.
    Voting,
    /// Shares are awaited.
    Awaiting,
    /// The counts stand, or nobody voted.
    Counted,
    /// There were too few ballots to decrypt.
    Withheld,
    /// Valid shares led to no believable counts.
    Failed,
}

/// How far the decryption of one district is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct DistrictDecryption {
    /// The district.
    pub district: DistrictId,
    /// Ballots that count there.
    pub ballots: u32,
    /// What became of their sums.
    pub decryption: Decryption,
    /// Trustees whose shares were valid.
    pub shares: u32,
}

/// What one trustee has done for the decryption.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct TrusteeDecryption {
    /// The trustee.
    pub trustee: TrusteeIndex,
    /// Districts that valid shares came for.
    pub accepted: u32,
    /// How often shares came that did not verify.
    pub invalid: u32,
}

/// How far the decryption is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct DecryptionStatistics {
    /// How many trustees' shares each district takes.
    pub threshold: u8,
    /// Every district, in the order of the manifest.
    pub districts: Vec<DistrictDecryption>,
    /// Every trustee who holds a share of the key; none before voting has ended.
    pub trustees: Vec<TrusteeDecryption>,
}

/// Ballots on the chain that are in no published count.
///
/// None of them is malformed: what does not verify is refused before it reaches a block, so the chain
/// cannot count it, and nobody can. These are valid ballots that do not show in the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo, Serialize)]
pub struct InvalidBallots {
    /// Superseded by a later ballot of the same account.
    pub superseded: u32,
    /// Cast in districts with too few ballots to decrypt; 0 until voting has ended.
    pub withheld: u32,
}
