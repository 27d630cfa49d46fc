//! Identifiers. Each is its own type, so that a district cannot stand where a contest is meant.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A 32-byte account: the public key of the sr25519 key that signs for it.
pub type AccountId = sp_core::crypto::AccountId32;
/// A block's number.
pub type BlockNumber = u32;
/// A BLAKE2b-256 hash.
pub type Hash = sp_core::H256;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode,
            DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> Self {
                Self(number)
            }
        }
    };
}

identifier!(
    /// An election's number on this chain, counted from 1.
    ElectionId(u32)
);
identifier!(
    /// A district's number, unique within its election.
    DistrictId(u32)
);
identifier!(
    /// A contest's number, unique within its district.
    ContestId(u32)
);
identifier!(
    /// A trustee's place in the manifest, counted from 1: 0 is no x coordinate of a share.
    TrusteeIndex(u8)
);
identifier!(
    /// A registrar's place in the manifest, counted from 0.
    RegistrarIndex(u8)
);

impl RegistrarIndex {
    /// The registrar's bit in a [`VoterRecord`](crate::register::VoterRecord): none where the register has no
    /// room for so many.
    pub const fn bit(self) -> u8 {
        match 1u8.checked_shl(self.0 as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}

identifier!(
    /// The number a voter has in one election's register: random, and all that the chain knows of them.
    VoterNumber(u64)
);
