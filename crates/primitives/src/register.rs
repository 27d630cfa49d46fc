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

/// A district, and the registrars who stand behind a voter's taking part there, as bits, registrar 0
/// lowest.
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
pub struct Support {
    /// The district.
    pub district: DistrictId,
    /// Who stands behind the voter there.
    pub registrars: u8,
}

/// What the register knows of one voter number. Registrars stand as bits, registrar 0 lowest.
///
/// Registrars who have named another district than this one are its dissents (PSE-REG-7), and kept
/// apart: there hardly ever are any.
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
    /// The registrars who stand behind the voter's taking part there.
    pub recorded_by: u8,
    /// Whether they are a quorum.
    pub participating: bool,
    /// The registrars who recorded that they issue a credential.
    pub issued_by: u8,
    /// Whether a quorum has recorded the issue.
    pub issued: bool,
    /// The block of the last change between participating and withdrawn.
    pub changed: BlockNumber,
}

impl VoterRecord {
    /// Who stands behind the voter in the record's district, as dissents say it of others.
    pub const fn support(&self) -> Support {
        Support {
            district: self.district,
            registrars: self.recorded_by,
        }
    }
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
