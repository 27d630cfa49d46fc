//! Exponential ElGamal.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::group::EncodedPoint;

/// `(R, C) = (r·G, r·Y + v·G)`: 64 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ciphertext {
    /// `R = r·G`
    pub r: EncodedPoint,
    /// `C = r·Y + v·G`
    pub c: EncodedPoint,
}
