//! Encodings of group elements and scalars of ristretto255 (RFC 9496).
//!
//! What travels is an *encoding*: 32 bytes that nobody has looked at yet.
//! Decoding is strict and happens once, where the value is used (PSE-GRP-2 … PSE-GRP-4).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
};
use scale_info::TypeInfo;

/// The 32-byte encoding of a group element, not yet decoded.
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
)]
pub struct EncodedPoint(pub [u8; 32]);

impl EncodedPoint {
    /// The encoding of the identity: valid for a sum, refused for everything else.
    pub const IDENTITY: Self = Self([0; 32]);
}

impl From<&RistrettoPoint> for EncodedPoint {
    fn from(point: &RistrettoPoint) -> Self {
        Self(point.compress().to_bytes())
    }
}

/// The 32-byte little-endian encoding of a public scalar (a challenge or a response), not yet decoded.
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
)]
pub struct EncodedScalar(pub [u8; 32]);

impl From<&Scalar> for EncodedScalar {
    fn from(scalar: &Scalar) -> Self {
        Self(scalar.to_bytes())
    }
}

/// Why 32 bytes are not the value they claim to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GroupError {
    /// Not the canonical encoding of any group element.
    #[error("not the canonical encoding of a ristretto255 element")]
    PointEncoding,
    /// The identity, where it would make a key, a commitment or a ciphertext void.
    #[error("the identity element is not allowed here")]
    Identity,
    /// Not a canonical scalar: its integer is ℓ or more.
    #[error("not a canonical scalar")]
    ScalarEncoding,
}

/// Decodes a group element; the identity is one (PSE-GRP-2).
pub fn decode_point(encoded: &EncodedPoint) -> Result<RistrettoPoint, GroupError> {
    CompressedRistretto(encoded.0)
        .decompress()
        .ok_or(GroupError::PointEncoding)
}

/// Decodes a group element that must not be the identity (PSE-GRP-3).
pub fn decode_nonidentity(encoded: &EncodedPoint) -> Result<RistrettoPoint, GroupError> {
    // The identity has one canonical encoding, so looking at the bytes is enough.
    if *encoded == EncodedPoint::IDENTITY {
        return Err(GroupError::Identity);
    }
    decode_point(encoded)
}

/// Decodes a scalar in its canonical form only (PSE-GRP-4).
pub fn decode_scalar(encoded: &EncodedScalar) -> Result<Scalar, GroupError> {
    Option::from(Scalar::from_canonical_bytes(encoded.0)).ok_or(GroupError::ScalarEncoding)
}
