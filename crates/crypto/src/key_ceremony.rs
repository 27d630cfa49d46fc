//! The trustees' distributed key generation: FROST KeyGen over ristretto255, no dealer.
//!
//! Here stands what everybody checks. What a trustee does with its secrets is in [`trustee`].

use alloc::vec::Vec;

use blake2::{digest::consts::U32, Blake2b};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{Identity, IsIdentity, VartimeMultiscalarMul},
};
use scale_info::TypeInfo;
use sha2::{Digest, Sha512};

use crate::{
    group::{decode_nonidentity, decode_scalar, EncodedPoint, EncodedScalar, GroupError},
    transcript::{message, Context},
};

#[cfg(all(test, feature = "secrets"))]
mod tests;
#[cfg(feature = "secrets")]
pub mod trustee;

/// Trustees of one election.
pub const MAX_TRUSTEES: u32 = 32;

/// The lowest threshold: one trustee alone must never hold the key. FROST KeyGen requires it, too.
pub const MIN_THRESHOLD: u32 = 2;

/// FROST's ciphersuite, which begins every message that it hashes (RFC 9591, section 6.2).
const FROST_CONTEXT: &[u8] = b"FROST-RISTRETTO255-SHA512-v1";

/// What a trustee reveals in round 1: FROST KeyGen's round-1 package.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Package {
    /// `C_0 … C_{t-1}`, commitments to the coefficients of the trustee's polynomial.
    pub commitments: BoundedVec<EncodedPoint, ConstU32<MAX_TRUSTEES>>,
    /// `R` of the proof of knowledge of the constant coefficient.
    pub proof_commitment: EncodedPoint,
    /// Its response `μ`.
    pub proof_response: EncodedScalar,
}

/// A field of a [`Package`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackageField {
    /// A commitment, from 0.
    Commitment(u32),
    /// `R` of the proof of knowledge.
    ProofCommitment,
    /// `μ` of the proof of knowledge.
    ProofResponse,
}

/// Why a message of the key ceremony is refused, and whose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CeremonyError {
    /// Nobody takes part.
    #[error("no packages")]
    NoPackages,
    /// A trustee's package is there twice.
    #[error("trustee {trustee} occurs twice")]
    DuplicateTrustee {
        /// The trustee.
        trustee: u32,
    },
    /// There must be as many commitments as the threshold.
    #[error("trustee {trustee}: {found} commitments instead of {expected}")]
    CommitmentCount {
        /// The trustee.
        trustee: u32,
        /// The threshold.
        expected: u32,
        /// How many there are.
        found: u32,
    },
    /// A field does not decode, or is the identity.
    #[error("trustee {trustee}, {field:?}: {error}")]
    Encoding {
        /// The trustee.
        trustee: u32,
        /// The field.
        field: PackageField,
        /// What is wrong with it.
        error: GroupError,
    },
    /// The trustee has not proved that it knows its secret, for this election, epoch and seat.
    #[error("trustee {trustee}: the proof of knowledge is invalid")]
    ProofOfKnowledge {
        /// The trustee.
        trustee: u32,
    },
    /// The contributions cancel out.
    #[error("the election key would be the identity")]
    IdentityKey,
    /// The contributions cancel out at this trustee's identifier.
    #[error("trustee {trustee}: the verification share would be the identity")]
    IdentityVerificationShare {
        /// The trustee.
        trustee: u32,
    },
}

/// What the ceremony's packages add up to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CombinedKeys {
    /// `Y`
    pub election_key: EncodedPoint,
    /// `Y_j` of each participant, in the order of their packages.
    pub verification_shares: Vec<(u32, EncodedPoint)>,
}

/// The trustee's FROST identifier in an epoch of the ceremony (PSE-DKG-2).
///
/// FROST's proof of knowledge hashes the prover's identifier; deriving that from the context is
/// what binds the proof to chain, election, manifest and epoch.
pub fn trustee_identifier(context: &Context, epoch: u32, trustee: u32) -> Scalar {
    frost_hash(b"id", &[&identifier_preimage(context, epoch, trustee)])
}

/// What FROST's `HID` derives the identifier from.
pub(crate) fn identifier_preimage(context: &Context, epoch: u32, trustee: u32) -> Vec<u8> {
    context.message(message::TRUSTEE, (epoch, trustee))
}

/// The hash that a trustee commits to before anybody reveals (PSE-DKG-3).
pub fn package_commitment(
    context: &Context,
    epoch: u32,
    trustee: u32,
    package: &Package,
) -> [u8; 32] {
    Blake2b::<U32>::digest(context.message(message::PACKAGE, (epoch, trustee, package))).into()
}

/// Verifies a revealed package: its size, its encodings and its proof of knowledge (PSE-DKG-4).
pub fn verify_package(
    context: &Context,
    epoch: u32,
    trustee: u32,
    threshold: u32,
    package: &Package,
) -> Result<(), CeremonyError> {
    check_commitment_count(trustee, threshold, package)?;
    let commitments = decode_commitments(trustee, package)?;
    let named = |field| {
        move |error| CeremonyError::Encoding {
            trustee,
            field,
            error,
        }
    };
    let r = decode_nonidentity(&package.proof_commitment)
        .map_err(named(PackageField::ProofCommitment))?;
    let mu = decode_scalar(&package.proof_response).map_err(named(PackageField::ProofResponse))?;
    let challenge = frost_hash(
        b"dkg",
        &[
            trustee_identifier(context, epoch, trustee).as_bytes(),
            &package.commitments[0].0,
            &package.proof_commitment.0,
        ],
    );
    // R = μ·G − c·C_0
    let expected =
        RistrettoPoint::vartime_double_scalar_mul_basepoint(&-challenge, &commitments[0], &mu);
    if r != expected {
        return Err(CeremonyError::ProofOfKnowledge { trustee });
    }
    Ok(())
}

/// Adds up the participants' packages to the election key and the verification shares (PSE-DKG-6).
///
/// The packages must have been verified.
pub fn combine(
    context: &Context,
    epoch: u32,
    packages: &[(u32, &Package)],
) -> Result<CombinedKeys, CeremonyError> {
    let (_, first) = packages.first().ok_or(CeremonyError::NoPackages)?;
    let threshold = first.commitments.len();
    let mut sums = alloc::vec![RistrettoPoint::identity(); threshold];
    for (position, (trustee, package)) in packages.iter().enumerate() {
        if packages[..position]
            .iter()
            .any(|(earlier, _)| earlier == trustee)
        {
            return Err(CeremonyError::DuplicateTrustee { trustee: *trustee });
        }
        check_commitment_count(*trustee, threshold as u32, package)?;
        for (sum, commitment) in sums.iter_mut().zip(decode_commitments(*trustee, package)?) {
            *sum += commitment;
        }
    }
    let key = sums.first().copied().unwrap_or_default();
    if key.is_identity() {
        return Err(CeremonyError::IdentityKey);
    }
    let verification_shares = packages
        .iter()
        .map(|(trustee, _)| {
            let share = evaluate(&sums, trustee_identifier(context, epoch, *trustee));
            if share.is_identity() {
                return Err(CeremonyError::IdentityVerificationShare { trustee: *trustee });
            }
            Ok((*trustee, EncodedPoint::from(&share)))
        })
        .collect::<Result<_, _>>()?;
    Ok(CombinedKeys {
        election_key: (&key).into(),
        verification_shares,
    })
}

/// Whether this scalar is what the dealer's polynomial has at the recipient's identifier (PSE-DKG-7).
pub(crate) fn share_fits(
    context: &Context,
    epoch: u32,
    recipient: u32,
    share: &EncodedScalar,
    dealer: &Package,
) -> bool {
    let Ok(share) = decode_scalar(share) else {
        return false;
    };
    let Ok(commitments) = decode_commitments(recipient, dealer) else {
        return false;
    };
    RistrettoPoint::mul_base(&share)
        == evaluate(&commitments, trustee_identifier(context, epoch, recipient))
}

/// `Σ_k x^k·C_k`
fn evaluate(commitments: &[RistrettoPoint], x: Scalar) -> RistrettoPoint {
    let powers = core::iter::successors(Some(Scalar::ONE), |power| Some(power * x));
    let powers: Vec<Scalar> = powers.take(commitments.len()).collect();
    RistrettoPoint::vartime_multiscalar_mul(&powers, commitments)
}

fn check_commitment_count(
    trustee: u32,
    expected: u32,
    package: &Package,
) -> Result<(), CeremonyError> {
    let found = package.commitments.len() as u32;
    if found != expected || found == 0 {
        return Err(CeremonyError::CommitmentCount {
            trustee,
            expected,
            found,
        });
    }
    Ok(())
}

/// No commitment may be the identity: FROST's own encoding has none, so an honest trustee could not
/// go on with a package that has one.
fn decode_commitments(
    trustee: u32,
    package: &Package,
) -> Result<Vec<RistrettoPoint>, CeremonyError> {
    (0u32..)
        .zip(&package.commitments)
        .map(|(position, commitment)| {
            decode_nonidentity(commitment).map_err(|error| CeremonyError::Encoding {
                trustee,
                field: PackageField::Commitment(position),
                error,
            })
        })
        .collect()
}

/// FROST's `H*` to scalars: SHA-512 of context, purpose and message, reduced.
fn frost_hash(purpose: &[u8], parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new_with_prefix(FROST_CONTEXT);
    hash.update(purpose);
    for part in parts {
        hash.update(part);
    }
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}
