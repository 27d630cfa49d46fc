//! Decryption shares of the sums.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::group::{EncodedPoint, EncodedScalar};

/// A trustee's share of one sum, with its Chaum–Pedersen proof: 128 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct DecryptionShare {
    /// `D_j = x_j·R`
    pub share: EncodedPoint,
    /// `(A, B) = (w·G, w·R)`
    pub commitment: [EncodedPoint; 2],
    /// `z = w + c·x_j`
    pub response: EncodedScalar,
}
