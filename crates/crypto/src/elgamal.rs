//! Exponential ElGamal: the election key, ciphertexts and their running sums.

use alloc::vec::Vec;
use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use curve25519_dalek::ristretto::RistrettoPoint;
use scale_info::TypeInfo;

use crate::group::{decode_nonidentity, decode_point, EncodedPoint, GroupError};

#[cfg(feature = "secrets")]
mod encryption;

#[cfg(feature = "secrets")]
pub use encryption::encrypt;
#[cfg(feature = "secrets")]
pub(crate) use encryption::HalfPoints;

/// `(R, C) = (r·G, r·Y + v·G)`: 64 bytes.
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
pub struct Ciphertext {
    /// `R = r·G`
    pub r: EncodedPoint,
    /// `C = r·Y + v·G`
    pub c: EncodedPoint,
}

impl Ciphertext {
    /// The sum of no ciphertexts at all.
    pub const ZERO: Self = Self {
        r: EncodedPoint::IDENTITY,
        c: EncodedPoint::IDENTITY,
    };
}

/// The election's public key `Y`: decoded, and not the identity (PSE-GRP-3).
#[derive(Clone)]
pub struct ElectionKey {
    encoded: EncodedPoint,
    point: RistrettoPoint,
    #[cfg(feature = "secrets")]
    table: encryption::KeyTable,
}

impl ElectionKey {
    /// Decodes and validates a key.
    pub fn decode(encoded: &EncodedPoint) -> Result<Self, GroupError> {
        Ok(Self {
            encoded: *encoded,
            point: decode_nonidentity(encoded)?,
            #[cfg(feature = "secrets")]
            table: encryption::KeyTable::default(),
        })
    }

    /// The encoding that it was decoded from.
    pub fn encoded(&self) -> &EncodedPoint {
        &self.encoded
    }

    pub(crate) fn point(&self) -> &RistrettoPoint {
        &self.point
    }
}

impl PartialEq for ElectionKey {
    fn eq(&self, other: &Self) -> bool {
        self.encoded == other.encoded
    }
}

impl Eq for ElectionKey {}

impl fmt::Debug for ElectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ElectionKey").field(&self.encoded).finish()
    }
}

/// Why ciphertexts cannot be added to running sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SumError {
    /// There must be one ciphertext for each sum.
    #[error("{found} ciphertexts for {expected} sums")]
    Count {
        /// How many sums there are.
        expected: u32,
        /// How many ciphertexts there are (counted up to one more than expected).
        found: u32,
    },
    /// The running sum itself does not decode.
    #[error("sum {position}: {error}")]
    Sum {
        /// Which sum, from 0.
        position: u32,
        /// What is wrong with it.
        error: GroupError,
    },
    /// A ciphertext does not decode.
    #[error("ciphertext {position}: {error}")]
    Ciphertext {
        /// Which ciphertext, from 0.
        position: u32,
        /// What is wrong with it.
        error: GroupError,
    },
}

/// Adds a ballot's ciphertexts to the running sums, position by position (PSE-DEC-1).
///
/// On an error the sums are as they were.
pub fn add<'a>(
    sums: &mut [Ciphertext],
    ballot: impl Iterator<Item = &'a Ciphertext>,
) -> Result<(), SumError> {
    update(sums, ballot, |sum, ciphertext| sum + ciphertext)
}

/// Takes a ballot's ciphertexts out of the running sums again: a later ballot replaces it (PSE-DEC-1).
///
/// On an error the sums are as they were.
pub fn subtract<'a>(
    sums: &mut [Ciphertext],
    ballot: impl Iterator<Item = &'a Ciphertext>,
) -> Result<(), SumError> {
    update(sums, ballot, |sum, ciphertext| sum - ciphertext)
}

fn update<'a>(
    sums: &mut [Ciphertext],
    mut ballot: impl Iterator<Item = &'a Ciphertext>,
    combine: impl Fn(RistrettoPoint, RistrettoPoint) -> RistrettoPoint,
) -> Result<(), SumError> {
    let expected = sums.len() as u32;
    let mut updated = Vec::with_capacity(sums.len());
    for (position, sum) in (0u32..).zip(sums.iter()) {
        let Some(ciphertext) = ballot.next() else {
            return Err(SumError::Count {
                expected,
                found: position,
            });
        };
        let sum_point =
            |encoded| decode_point(encoded).map_err(|error| SumError::Sum { position, error });
        let ciphertext_point = |encoded| {
            decode_point(encoded).map_err(|error| SumError::Ciphertext { position, error })
        };
        let r = combine(sum_point(&sum.r)?, ciphertext_point(&ciphertext.r)?);
        let c = combine(sum_point(&sum.c)?, ciphertext_point(&ciphertext.c)?);
        updated.push(Ciphertext {
            r: (&r).into(),
            c: (&c).into(),
        });
    }
    if ballot.next().is_some() {
        return Err(SumError::Count {
            expected,
            found: expected.saturating_add(1),
        });
    }
    sums.copy_from_slice(&updated);
    Ok(())
}
