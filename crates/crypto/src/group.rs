//! Encodings of group elements and scalars of ristretto255 (RFC 9496).
//!
//! What travels is an *encoding*: 32 bytes that nobody has looked at yet.
//! Decoding is strict and happens once, where the value is used.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The 32-byte encoding of a group element, not yet decoded.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct EncodedPoint(pub [u8; 32]);

/// The 32-byte little-endian encoding of a public scalar (a challenge or a response), not yet decoded.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct EncodedScalar(pub [u8; 32]);
