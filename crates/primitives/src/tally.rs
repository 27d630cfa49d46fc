//! Shares and results.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_crypto::decryption::DecryptionShare;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    identifiers::{BlockNumber, ContestId, DistrictId, TrusteeIndex},
    limits::{MAX_CONTESTS, MAX_DISTRICTS, MAX_OPTIONS},
};

/// A trustee's shares for one district: one for each option, contest after contest, in the manifest's order.
pub type DistrictShares = BoundedVec<DecryptionShare, ConstU32<{ MAX_CONTESTS * MAX_OPTIONS }>>;

/// How often each option of a contest was selected, in the manifest's order.
#[derive(
    Clone,
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
pub struct ContestResult {
    /// The contest.
    pub contest: ContestId,
    /// One number for each option.
    pub counts: BoundedVec<u32, ConstU32<MAX_OPTIONS>>,
}

/// What became of a district's sums.
#[derive(
    Clone,
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
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Decrypted.
    Counted(BoundedVec<ContestResult, ConstU32<MAX_CONTESTS>>),
    /// Fewer ballots than the manifest's minimum: never decrypted, so that nobody's vote shows.
    Withheld,
}

/// The result of one district.
#[derive(
    Clone,
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
pub struct DistrictResult {
    /// The district.
    pub district: DistrictId,
    /// Ballots that count: one for each account that cast.
    pub ballots: u32,
    /// The counts, unless they are withheld.
    pub outcome: Outcome,
}

/// What the runtime published, in the block of the last share that was needed.
#[derive(
    Clone,
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
pub struct ElectionResult {
    /// The block it was published in.
    pub block: BlockNumber,
    /// In the manifest's order.
    pub districts: BoundedVec<DistrictResult, ConstU32<MAX_DISTRICTS>>,
}

/// Where one trustee's shares for one district stand.
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
pub struct ShareStatus {
    /// Whose.
    pub trustee: TrusteeIndex,
    /// Of which district.
    pub district: DistrictId,
    /// The block in which valid shares came.
    pub accepted: Option<BlockNumber>,
    /// How often shares came that did not verify.
    pub invalid: u32,
}
