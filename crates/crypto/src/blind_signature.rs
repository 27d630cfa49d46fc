//! RSABSSA-SHA384-PSS-Randomized (RFC 9474).

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Bytes of the largest modulus: RSA 4096.
pub const MAX_MODULUS_BYTES: u32 = 512;

/// A registrar's public key: the modulus, big-endian, without leading zeros; the exponent is 65537.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct RsaPublicKey {
    /// 256 to 512 bytes.
    pub modulus: BoundedVec<u8, ConstU32<MAX_MODULUS_BYTES>>,
}

/// An unblinded signature and the random prefix of the message that was signed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct RandomizedSignature {
    /// `msg_prefix` of RFC 9474's PrepareRandomize.
    pub prefix: [u8; 32],
    /// As long as the modulus.
    pub signature: BoundedVec<u8, ConstU32<MAX_MODULUS_BYTES>>,
}
