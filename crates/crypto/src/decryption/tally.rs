//! From shares to counts.

use alloc::vec::Vec;

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::VartimeMultiscalarMul};

use super::{discrete_log::discrete_logs, DecryptionShare};
use crate::{
    elgamal::Ciphertext,
    group::{decode_point, GroupError},
    key_ceremony::trustee_identifier,
    transcript::Context,
};

/// Why shares do not give counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TallyError {
    /// There are no shares.
    #[error("no shares")]
    NoShares,
    /// A trustee's shares are there twice.
    #[error("trustee {trustee} occurs twice")]
    DuplicateTrustee {
        /// The trustee.
        trustee: u32,
    },
    /// There must be one share for each sum.
    #[error("trustee {trustee}: {found} shares for {expected} sums")]
    ShareCount {
        /// The trustee.
        trustee: u32,
        /// How many sums there are.
        expected: u32,
        /// How many shares there are.
        found: u32,
    },
    /// A share does not decode.
    #[error("trustee {trustee}, position {position}: {error}")]
    Share {
        /// The trustee.
        trustee: u32,
        /// Which sum, from 0.
        position: u32,
        /// What is wrong with it.
        error: GroupError,
    },
    /// A sum does not decode.
    #[error("sum {position}: {error}")]
    Sum {
        /// Which sum, from 0.
        position: u32,
        /// What is wrong with it.
        error: GroupError,
    },
    /// A sum decrypts to none of the numbers it could be: a share is wrong, or there are too few.
    #[error("sum {position} does not decrypt to a number within the bound")]
    OutOfRange {
        /// Which sum, from 0.
        position: u32,
    },
}

/// Interpolates the shares of at least `t` trustees and finds each count, from 0 to `bound`
/// (PSE-DEC-4, PSE-DEC-5).
///
/// The shares must have been verified. The trustees are named by their index in `epoch`.
pub fn combine(
    context: &Context,
    epoch: u32,
    sums: &[Ciphertext],
    shares: &[(u32, &[DecryptionShare])],
    bound: u32,
) -> Result<Vec<u32>, TallyError> {
    check_structure(sums, shares)?;
    let identifiers: Vec<Scalar> = shares
        .iter()
        .map(|(trustee, _)| trustee_identifier(context, epoch, *trustee))
        .collect();
    let coefficients: Vec<Scalar> = (0..identifiers.len())
        .map(|j| lagrange_coefficient(&identifiers, j))
        .collect();
    let messages = (0u32..)
        .zip(sums)
        .map(|(position, sum)| {
            let points = shares
                .iter()
                .map(|(trustee, shares)| {
                    decode_point(&shares[position as usize].share).map_err(|error| {
                        TallyError::Share {
                            trustee: *trustee,
                            position,
                            error,
                        }
                    })
                })
                .collect::<Result<Vec<_>, _>>()?;
            let c = decode_point(&sum.c).map_err(|error| TallyError::Sum { position, error })?;
            Ok(c - RistrettoPoint::vartime_multiscalar_mul(&coefficients, &points))
        })
        .collect::<Result<Vec<_>, _>>()?;
    discrete_logs(&messages, bound).map_err(|position| TallyError::OutOfRange { position })
}

fn check_structure(
    sums: &[Ciphertext],
    shares: &[(u32, &[DecryptionShare])],
) -> Result<(), TallyError> {
    if shares.is_empty() {
        return Err(TallyError::NoShares);
    }
    for (position, (trustee, of_trustee)) in shares.iter().enumerate() {
        if shares[..position]
            .iter()
            .any(|(earlier, _)| earlier == trustee)
        {
            return Err(TallyError::DuplicateTrustee { trustee: *trustee });
        }
        if of_trustee.len() != sums.len() {
            return Err(TallyError::ShareCount {
                trustee: *trustee,
                expected: sums.len() as u32,
                found: of_trustee.len() as u32,
            });
        }
    }
    Ok(())
}

/// `λ_j = Π_{m≠j} i_m / (i_m − i_j)`: the weight of the j-th trustee's share in the value at 0.
fn lagrange_coefficient(identifiers: &[Scalar], j: usize) -> Scalar {
    let others = identifiers.iter().enumerate().filter(|(m, _)| *m != j);
    let (numerator, denominator) = others.fold(
        (Scalar::ONE, Scalar::ONE),
        |(numerator, denominator), (_, identifier)| {
            (
                numerator * identifier,
                denominator * (identifier - identifiers[j]),
            )
        },
    );
    numerator * denominator.invert()
}
