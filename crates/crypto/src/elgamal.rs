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
pub(crate) use encryption::{HalfPoint, HalfPoints};

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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use curve25519_dalek::scalar::Scalar;
    use proptest::prelude::*;

    use super::*;

    fn ciphertext(r: u64, c: u64) -> Ciphertext {
        let point = |scalar: u64| (&RistrettoPoint::mul_base(&Scalar::from(scalar))).into();
        Ciphertext {
            r: point(r),
            c: point(c),
        }
    }

    const NOT_A_POINT: EncodedPoint = EncodedPoint([0xff; 32]);

    #[test]
    fn keys_are_the_same_if_their_points_are() {
        let key = |c| ElectionKey::decode(&ciphertext(1, c).c).expect("is a point");
        assert_eq!(key(5), key(5));
        assert_ne!(key(5), key(6));
    }

    #[test]
    fn a_key_is_a_point_other_than_the_identity() {
        let encoded = ciphertext(1, 5).c;
        assert_eq!(
            ElectionKey::decode(&encoded).map(|key| *key.encoded()),
            Ok(encoded)
        );
        assert_eq!(
            ElectionKey::decode(&EncodedPoint::IDENTITY),
            Err(GroupError::Identity)
        );
        assert_eq!(
            ElectionKey::decode(&NOT_A_POINT),
            Err(GroupError::PointEncoding)
        );
    }

    #[test]
    fn errors_leave_the_sums_as_they_were() {
        let before = [ciphertext(1, 2), ciphertext(3, 4)];
        let mut sums = before;
        let mut attempt = |ballot: &[Ciphertext]| {
            let result = add(&mut sums, ballot.iter());
            (result, sums == before)
        };
        let good = ciphertext(5, 6);
        let count = |found| (Err(SumError::Count { expected: 2, found }), true);
        assert_eq!(attempt(&[]), count(0));
        assert_eq!(attempt(&[good]), count(1));
        assert_eq!(attempt(&[good; 3]), count(3));
        let error = GroupError::PointEncoding;
        for bad in [
            Ciphertext {
                r: NOT_A_POINT,
                ..good
            },
            Ciphertext {
                c: NOT_A_POINT,
                ..good
            },
        ] {
            assert_eq!(
                attempt(&[good, bad]),
                (Err(SumError::Ciphertext { position: 1, error }), true)
            );
        }
        assert_eq!(attempt(&[good, good]), (Ok(()), false));
        let mut sums = [
            good,
            Ciphertext {
                r: NOT_A_POINT,
                ..good
            },
        ];
        assert_eq!(
            add(&mut sums, [good, good].iter()),
            Err(SumError::Sum { position: 1, error })
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn subtracting_undoes_adding(first in any::<[u64; 4]>(), second in any::<[u64; 4]>()) {
            let ballot = |[a, b, c, d]: [u64; 4]| [ciphertext(a, b), ciphertext(c, d)];
            let mut sums = vec![Ciphertext::ZERO; 2];
            prop_assert_eq!(add(&mut sums, ballot(first).iter()), Ok(()));
            prop_assert_eq!(&sums, &ballot(first));
            prop_assert_eq!(add(&mut sums, ballot(second).iter()), Ok(()));
            prop_assert_eq!(subtract(&mut sums, ballot(first).iter()), Ok(()));
            prop_assert_eq!(&sums, &ballot(second));
            prop_assert_eq!(subtract(&mut sums, ballot(second).iter()), Ok(()));
            prop_assert_eq!(&sums, &[Ciphertext::ZERO; 2]);
        }
    }
}
