//! The trustees' distributed key generation.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::group::{EncodedPoint, EncodedScalar};

/// Trustees of one election.
pub const MAX_TRUSTEES: u32 = 32;

/// What a trustee reveals in round 1: FROST KeyGen's round-1 package.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Package {
    /// `C_0 … C_{t-1}`, commitments to the coefficients of the trustee's polynomial.
    pub commitments: BoundedVec<EncodedPoint, ConstU32<MAX_TRUSTEES>>,
    /// `R` of the proof of knowledge of the constant coefficient.
    pub proof_commitment: EncodedPoint,
    /// Its response `μ`.
    pub proof_response: EncodedScalar,
}
