//! Decryption of the sums: shares, their proofs, and the counts that they add up to.

mod discrete_log;
#[cfg(feature = "secrets")]
mod prove;
mod tally;
#[cfg(all(test, feature = "secrets"))]
mod tests;
mod verify;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
    group::{EncodedPoint, EncodedScalar},
    transcript::Context,
};

#[cfg(feature = "secrets")]
pub use prove::prove_shares;
pub use tally::{combine, TallyError};
pub use verify::{verify_shares, ShareError, ShareField};

/// A trustee's share of one sum, with its Chaum–Pedersen proof: 128 bytes.
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
)]
pub struct DecryptionShare {
    /// `D_j = x_j·R`
    pub share: EncodedPoint,
    /// `(A, B) = (w·G, w·R)`
    pub commitment: [EncodedPoint; 2],
    /// `z = w + c·x_j`
    pub response: EncodedScalar,
}

/// What all share proofs of one trustee in one district are about, except for the sums.
pub(crate) struct ShareStatement<'a> {
    pub context: &'a Context,
    pub epoch: u32,
    pub district: u32,
    pub trustee: u32,
    pub verification_share: &'a EncodedPoint,
}
