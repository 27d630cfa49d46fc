//! The state of a key ceremony as the chain shows it.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_crypto::{
    group::EncodedPoint,
    key_ceremony::{Package, MAX_TRUSTEES},
    sealing::SealedShare,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::identifiers::{BlockNumber, Hash, TrusteeIndex};

/// What the ceremony waits for. Each stage ends when every participant has done its part.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Each trustee registers a fresh key that shares can be sealed to.
    Registering,
    /// Each commits to its round-1 package, so that nobody chooses last.
    Committing,
    /// Each reveals the package.
    Revealing,
    /// Each deals a sealed share to every other participant.
    Dealing,
    /// Each confirms its shares, or complains.
    Confirming,
    /// The election key stands.
    Complete,
}

/// Why a trustee was excluded.
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
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Did nothing before the stage's deadline.
    Silent,
    /// Dealt a share that does not fit its commitments.
    BadShare,
    /// Complained about a share that was right, or without the key to it.
    FalseComplaint,
}

/// A sealed share and whom it is for.
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
pub struct AddressedShare {
    /// Whom it is sealed to.
    pub recipient: TrusteeIndex,
    /// The envelope.
    pub sealed: SealedShare,
}

/// The shares of one dealer for all other participants, by ascending recipient.
pub type Deal = BoundedVec<AddressedShare, ConstU32<MAX_TRUSTEES>>;

/// What one participant has done in the current epoch.
#[derive(
    Clone,
    PartialEq,
    Eq,
    Debug,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Contribution {
    /// The X25519 key that shares are sealed to.
    pub encryption_key: Option<[u8; 32]>,
    /// The hash of the round-1 package.
    pub commitment: Option<Hash>,
    /// The round-1 package.
    pub package: Option<Package>,
    /// The sealed shares.
    pub deal: Option<Deal>,
    /// Whether it confirmed that all shares dealt to it are right.
    pub confirmed: bool,
}

/// A trustee that the ceremony goes on without, and why.
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
    Serialize,
)]
pub struct Exclusion {
    /// Who.
    pub trustee: TrusteeIndex,
    /// Why.
    pub fault: Fault,
    /// In which epoch.
    pub epoch: u32,
}

/// Trustees' indices, ascending.
pub type Participants = BoundedVec<TrusteeIndex, ConstU32<MAX_TRUSTEES>>;

/// Where a ceremony stands.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CeremonyStatus {
    /// Counts restarts, from 0; it enters every proof of the ceremony.
    pub epoch: u32,
    /// What is being waited for.
    pub stage: Stage,
    /// After this block, whoever has not done their part can be excluded.
    pub deadline: BlockNumber,
    /// Who takes part, ascending.
    pub participants: Participants,
    /// Who no longer does.
    pub excluded: BoundedVec<Exclusion, ConstU32<MAX_TRUSTEES>>,
}

/// A participant and its public share `Y_j`.
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
pub struct VerificationShare {
    /// Whose.
    pub trustee: TrusteeIndex,
    /// `Y_j = x_j·G`
    pub share: EncodedPoint,
}

/// What a completed ceremony leaves.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ElectionKeys {
    /// The epoch that succeeded: trustees' identifiers depend on it.
    pub epoch: u32,
    /// `Y = ΣC_i0`, which ballots are encrypted to.
    pub election_key: EncodedPoint,
    /// Every participant's public share, by ascending trustee.
    pub verification_shares: BoundedVec<VerificationShare, ConstU32<MAX_TRUSTEES>>,
}

/// All that the chain knows about a ceremony.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Ceremony {
    /// Where it stands.
    pub status: CeremonyStatus,
    /// What each participant has done in the current epoch, in the order of `status.participants`.
    pub contributions: alloc::vec::Vec<(TrusteeIndex, Contribution)>,
    /// Set when it is complete.
    pub keys: Option<ElectionKeys>,
}
