//! The encrypted ballot and its proofs.
//!
//! [`BallotStatement`] and [`EncryptedContests`] go in, a verdict comes out: [`verify`] for one
//! ballot, [`BatchVerifier`] for many.

#[cfg(all(test, feature = "secrets"))]
mod attacks;
#[cfg(feature = "secrets")]
mod challenge;
#[cfg(feature = "secrets")]
mod prove;
mod rule;
#[cfg(all(test, feature = "secrets"))]
mod tests;
mod verify;

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
    elgamal::Ciphertext,
    group::{EncodedPoint, EncodedScalar},
};

#[cfg(feature = "secrets")]
pub use challenge::{check_challenge, commitment, recompute};
#[cfg(feature = "secrets")]
pub use prove::{prove, BallotRandomness, SelectionError};
pub use rule::{BallotStatement, ContestRule};
pub use verify::{ciphertexts, verify, BallotError, BallotField, BatchVerifier};

/// Options of one contest: a ballot with more is refused before any curve operation.
pub const MAX_OPTIONS: u32 = 64;
/// Contests of one district.
pub const MAX_CONTESTS: u32 = 16;

/// Cramer–Damgård–Schoenmakers OR proof that a ciphertext holds 0 or 1: 224 bytes.
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
pub struct SelectionProof {
    /// `(A_b, B_b)` for b = 0 and b = 1.
    pub commitments: [[EncodedPoint; 2]; 2],
    /// The challenge of branch 0; that of branch 1 is the rest of the transcript's.
    pub challenge: EncodedScalar,
    /// `z_0` and `z_1`.
    pub responses: [EncodedScalar; 2],
}

/// One branch of a sum proof: the claim that the selections add up to one certain number.
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
pub struct SumBranch {
    /// `(A_k, B_k)`
    pub commitment: [EncodedPoint; 2],
    /// The challenge `c_k`; all branches' add up to the transcript's.
    pub challenge: EncodedScalar,
    /// The response `z_k`.
    pub response: EncodedScalar,
}

/// One option of a contest: its ciphertext and the proof that it holds 0 or 1.
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
pub struct EncryptedSelection {
    /// The ciphertext.
    pub ciphertext: Ciphertext,
    /// Its proof.
    pub proof: SelectionProof,
}

/// A branch for every allowed sum, in ascending order; empty where every sum is allowed.
pub type SumProof = BoundedVec<SumBranch, ConstU32<{ MAX_OPTIONS + 1 }>>;

/// All options of one contest and the proof that their sum is allowed.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct EncryptedContest {
    /// In the order of the manifest.
    pub selections: BoundedVec<EncryptedSelection, ConstU32<MAX_OPTIONS>>,
    /// That the selections add up to an allowed number.
    pub sum_proof: SumProof,
}

/// A ballot's contests, in the order of the manifest.
pub type EncryptedContests = BoundedVec<EncryptedContest, ConstU32<MAX_CONTESTS>>;
