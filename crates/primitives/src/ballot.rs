//! The ballot, its codec and the credential that admits it.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_crypto::{ballot::EncryptedContests, blind_signature::RandomizedSignature};
use scale_info::TypeInfo;
use serde::Serialize;
use sp_crypto_hashing::blake2_256;
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    identifiers::{AccountId, BlockNumber, DistrictId, Hash, RegistrarIndex},
    limits::MAX_REGISTRARS,
};

/// An encrypted ballot with its proofs (PSE-BAL-1).
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ballot {
    /// One for each contest of the district, in the manifest's order.
    pub contests: EncryptedContests,
}

impl Ballot {
    /// `blake2_256(SCALE(ballot))` (PSE-BAL-2). Two accounts never share one: the proofs within
    /// are bound to the account.
    pub fn tracker(&self) -> Hash {
        blake2_256(&self.encode()).into()
    }
}

/// One registrar's signature under a voter's one-time account.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RegistrarSignature {
    /// Who signed.
    pub registrar: RegistrarIndex,
    /// What they signed with the district's key.
    pub signature: RandomizedSignature,
}

/// A quorum of registrars' signatures, by ascending registrar (PSE-CRD-4).
pub type Credential = BoundedVec<RegistrarSignature, ConstU32<MAX_REGISTRARS>>;

/// What the register keeps of an accepted ballot.
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
pub struct BallotRecord {
    /// The one-time account that cast it.
    pub account: AccountId,
    /// `blake2_256(SCALE(ballot))`
    pub tracker: Hash,
    /// Where it counts.
    pub district: DistrictId,
    /// The block that holds the ballot itself.
    pub block: BlockNumber,
    /// The index of the same account's earlier ballot, which this one took the place of.
    pub supersedes: Option<u32>,
}
