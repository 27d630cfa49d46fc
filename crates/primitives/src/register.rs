//! The voter register as the chain shows it: numbers, never names.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

use crate::identifiers::{BlockNumber, DistrictId, VoterNumber};

/// A voter number and the district it belongs to.
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
pub struct Participation {
    /// The voter's number.
    pub voter: VoterNumber,
    /// The voter's district.
    pub district: DistrictId,
}

/// What the register knows of one voter number. Registrars stand as bits, registrar 0 lowest.
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
pub struct VoterRecord {
    /// Where the voter votes.
    pub district: DistrictId,
    /// The registrars who recorded the voter's participation.
    pub recorded_by: u8,
    /// Whether a quorum has recorded it and it was not withdrawn.
    pub participating: bool,
    /// The registrars who recorded that they issue a credential.
    pub issued_by: u8,
    /// Whether a quorum has recorded the issue.
    pub issued: bool,
    /// The block of the last change between participating and withdrawn.
    pub changed: BlockNumber,
}

/// The counts of one district.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct DistrictCounts {
    /// The district.
    pub district: DistrictId,
    /// Voter numbers that take part.
    pub participating: u32,
    /// Voter numbers that a credential was issued to.
    pub issued: u32,
    /// Accounts that have cast a ballot.
    pub cast: u32,
}
