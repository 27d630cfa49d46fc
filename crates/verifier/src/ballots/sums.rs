//! Many ballots added up at once: adding each to the running sums would encode and decode these
//! anew for every ballot.

use psephos_crypto::{
    elgamal::{self, Ciphertext, SumError},
    group::{decode_point, EncodedPoint},
};
use psephos_primitives::DistrictId;

use crate::finding::Cause;

/// What a valid ballot does to its district's sums.
pub(super) struct Change {
    /// The ballot's place among those that are verified together.
    pub position: usize,
    pub district: DistrictId,
    /// Added.
    pub own: Vec<Ciphertext>,
    /// Taken out: the ballot of the same account that this one supersedes.
    pub earlier: Option<Vec<Ciphertext>>,
}

/// What changes come to together, position by position.
pub(super) fn total(positions: usize, changes: &[&Change]) -> Result<Vec<Ciphertext>, SumError> {
    (0..positions)
        .map(|position| {
            Ok(Ciphertext {
                r: total_of(position, changes, |ciphertext| &ciphertext.r)?,
                c: total_of(position, changes, |ciphertext| &ciphertext.c)?,
            })
        })
        .collect()
}

/// One half of one position.
fn total_of(
    position: usize,
    changes: &[&Change],
    half: impl Fn(&Ciphertext) -> &EncodedPoint,
) -> Result<EncodedPoint, SumError> {
    let failed = |error| SumError::Ciphertext {
        position: position as u32,
        error,
    };
    let point = |ciphertexts: &[Ciphertext]| {
        let ciphertext = ciphertexts.get(position).ok_or(SumError::Count {
            expected: position as u32 + 1,
            found: ciphertexts.len() as u32,
        })?;
        decode_point(half(ciphertext)).map_err(failed)
    };
    let mut total = decode_point(&EncodedPoint::IDENTITY).map_err(failed)?;
    for change in changes {
        total += point(&change.own)?;
        if let Some(earlier) = &change.earlier {
            total -= point(earlier)?;
        }
    }
    Ok((&total).into())
}

/// Carries out one change after the other; comes back with those that cannot be.
pub(super) fn add_each(sums: &mut [Ciphertext], changes: &[&Change]) -> Vec<(usize, Cause)> {
    let mut failed = Vec::new();
    for change in changes {
        let taken_out = match &change.earlier {
            Some(earlier) => elgamal::subtract(sums, earlier.iter()),
            None => Ok(()),
        };
        if let Err(error) = taken_out.and_then(|()| elgamal::add(sums, change.own.iter())) {
            failed.push((change.position, Cause::Sum(error)));
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_crypto::group::GroupError;

    /// The generator of ristretto255 (RFC 9496), and what is no point.
    const G: EncodedPoint = EncodedPoint([
        0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51,
        0x5f, 0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d,
        0x2d, 0x76,
    ]);
    const NO_POINT: EncodedPoint = EncodedPoint([0xff; 32]);

    fn times(factor: u32) -> Ciphertext {
        let one = Ciphertext { r: G, c: G };
        let mut sums = [Ciphertext::ZERO];
        (0..factor).for_each(|_| elgamal::add(&mut sums, [one].iter()).expect("is a point"));
        sums[0]
    }

    fn change(position: usize, own: &[Ciphertext], earlier: Option<&[Ciphertext]>) -> Change {
        Change {
            position,
            district: DistrictId(1),
            own: own.to_vec(),
            earlier: earlier.map(<[Ciphertext]>::to_vec),
        }
    }

    #[test]
    fn a_total_is_what_one_after_the_other_gives() {
        let changes = [
            change(0, &[times(1), times(5)], None),
            change(1, &[times(2), times(7)], Some(&[times(1), times(5)])),
            change(2, &[times(4), times(1)], None),
        ];
        let changes: Vec<&Change> = changes.iter().collect();
        let mut sums = [Ciphertext::ZERO; 2];
        assert_eq!(add_each(&mut sums, &changes), []);
        assert_eq!(sums, [times(6), times(8)]);
        assert_eq!(total(2, &changes), Ok(sums.to_vec()));
    }

    #[test]
    fn what_does_not_decode_is_named_and_the_rest_added() {
        let error = SumError::Ciphertext {
            position: 0,
            error: GroupError::PointEncoding,
        };
        for bad in [
            Ciphertext {
                r: NO_POINT,
                ..times(1)
            },
            Ciphertext {
                c: NO_POINT,
                ..times(1)
            },
        ] {
            let changes = [change(3, &[bad], None), change(4, &[times(2)], None)];
            let changes: Vec<&Change> = changes.iter().collect();
            assert_eq!(total(1, &changes), Err(error));
            let mut sums = [Ciphertext::ZERO];
            assert_eq!(add_each(&mut sums, &changes), [(3, Cause::Sum(error))]);
            assert_eq!(sums, [times(2)]);
        }
        let short = change(0, &[], None);
        let error = SumError::Count {
            expected: 1,
            found: 0,
        };
        assert_eq!(total(1, &[&short]), Err(error));
    }
}
