//! Shares, counts, and attacks on them.
#![allow(clippy::unwrap_used)]

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};

use super::*;
use crate::{
    ballot::ciphertexts,
    elgamal::{add, encrypt, subtract, Ciphertext},
    fixture::{Election, ALICE, DISTRICT, EPOCH},
    group::{decode_point, decode_scalar, GroupError},
    key_ceremony::trustee::TrusteeKey,
};

const COUNTS: [u32; 4] = [0, 1, 7, 40];

struct Closed {
    election: Election,
    sums: Vec<Ciphertext>,
}

impl Closed {
    /// Four sums under a key that any two of three trustees can decrypt with.
    fn new(seed: u64) -> Self {
        let mut election = Election::new(seed, &[1, 2, 3], 2);
        let sums =
            COUNTS.map(|count| encrypt(&election.key, count, &Scalar::random(&mut election.rng)));
        Self {
            election,
            sums: sums.to_vec(),
        }
    }

    fn shares(&mut self, trustee: usize) -> Vec<DecryptionShare> {
        let Election {
            context,
            trustees,
            rng,
            ..
        } = &mut self.election;
        prove_shares(context, DISTRICT, &trustees[trustee], &self.sums, rng).unwrap()
    }

    fn verify(&self, trustee: usize, shares: &[DecryptionShare]) -> Result<(), ShareError> {
        let key = &self.election.trustees[trustee];
        let (context, share) = (&self.election.context, key.verification_share());
        verify_shares(
            context,
            EPOCH,
            DISTRICT,
            key.trustee(),
            &share,
            &self.sums,
            shares,
        )
    }

    fn combine(
        &self,
        shares: &[(u32, &[DecryptionShare])],
        bound: u32,
    ) -> Result<Vec<u32>, TallyError> {
        combine(&self.election.context, EPOCH, &self.sums, shares, bound)
    }
}

#[test]
fn any_threshold_of_trustees_decrypts() {
    let mut closed = Closed::new(40);
    let shares: Vec<_> = (0..3).map(|trustee| closed.shares(trustee)).collect();
    for (trustee, shares) in shares.iter().enumerate() {
        assert_eq!(closed.verify(trustee, shares), Ok(()));
    }
    let named = |trustee: usize| (trustee as u32 + 1, shares[trustee].as_slice());
    for chosen in [vec![0, 1], vec![0, 2], vec![2, 1], vec![0, 1, 2]] {
        let chosen: Vec<_> = chosen.into_iter().map(named).collect();
        assert_eq!(closed.combine(&chosen, 40), Ok(COUNTS.to_vec()));
    }
    assert_eq!(
        closed.combine(&[named(0)], 40),
        Err(TallyError::OutOfRange { position: 0 })
    );
}

/// Attack 13: one bad share is named, and stops nobody.
#[test]
fn good_shares_win_over_bad_ones() {
    let mut closed = Closed::new(41);
    let shares: Vec<_> = (0..3).map(|trustee| closed.shares(trustee)).collect();
    let mut bad = shares[1].clone();
    bad[2].share = bad[1].share;
    assert_eq!(
        closed.verify(1, &bad),
        Err(ShareError::InvalidProof { position: 2 })
    );
    assert_eq!(
        closed.combine(&[(1, &shares[0]), (2, &bad)], 40),
        Err(TallyError::OutOfRange { position: 2 })
    );
    assert_eq!(
        closed.combine(&[(1, &shares[0]), (3, &shares[2])], 40),
        Ok(COUNTS.to_vec())
    );
}

/// Attack 14: the trustee chooses share or ciphertext after the challenge. All equations would hold if
/// the challenge did not depend on the share and on the whole ciphertext.
#[test]
fn adaptive_proofs_are_refused() {
    let mut closed = Closed::new(42);
    let mut known = closed.election.rng.clone();
    let honest = closed.shares(0);
    // The nonces are the first things drawn: whoever makes the proof knows its own challenge.
    let nonce = Scalar::random(&mut known);
    let secret = secret_of(&closed.election.trustees[0]);
    let response = decode_scalar(&honest[0].response).unwrap();
    let challenge = (response - nonce) * secret.invert();
    let [r, d, b] = [closed.sums[0].r, honest[0].share, honest[0].commitment[1]]
        .map(|encoded| decode_point(&encoded).unwrap());
    assert_eq!(r * response, b + d * challenge);

    let shift = RistrettoPoint::mul_base(&Scalar::from(5u8));
    let mut other_share = honest.clone();
    let (other_b, other_d) = (b + shift, d - shift * challenge.invert());
    assert_eq!(r * response, other_b + other_d * challenge);
    other_share[0].commitment[1] = (&other_b).into();
    other_share[0].share = (&other_d).into();
    assert_eq!(
        closed.verify(0, &other_share),
        Err(ShareError::InvalidProof { position: 0 })
    );

    let mut other_sum = honest.clone();
    let other_r = r + shift;
    let other_d = (other_r * response - b) * challenge.invert();
    other_sum[0].share = (&other_d).into();
    let original = closed.sums.clone();
    closed.sums[0].r = (&other_r).into();
    assert_eq!(
        closed.verify(0, &other_sum),
        Err(ShareError::InvalidProof { position: 0 })
    );

    // C is bound although no equation has it.
    closed.sums = original.clone();
    closed.sums[0].c = original[1].c;
    assert_eq!(
        closed.verify(0, &honest),
        Err(ShareError::InvalidProof { position: 0 })
    );
    closed.sums = original;
    assert_eq!(closed.verify(0, &honest), Ok(()));
}

fn secret_of(key: &TrusteeKey) -> Scalar {
    let bytes = key.to_bytes();
    decode_scalar(&EncodedScalar(
        bytes[bytes.len() - 32..].try_into().unwrap(),
    ))
    .unwrap()
}

/// Attacks 10 and 11: shares are good for one election, epoch, district, trustee and position.
#[test]
fn every_field_of_the_statement_is_bound() {
    let mut closed = Closed::new(43);
    let shares = closed.shares(0);
    assert_eq!(closed.verify(0, &shares), Ok(()));
    let refused = Err(ShareError::InvalidProof { position: 0 });
    let Closed { election, sums } = &closed;
    let context = election.context;
    let own = election.trustees[0].verification_share();
    for other in [
        Context {
            genesis_hash: [0x12; 32],
            ..context
        },
        Context {
            election: 4,
            ..context
        },
        Context {
            manifest_hash: [0x34; 32],
            ..context
        },
    ] {
        let verdict = verify_shares(&other, EPOCH, DISTRICT, 1, &own, sums, &shares);
        assert_eq!(verdict, refused);
    }
    let others = election.trustees[1].verification_share();
    for (epoch, district, trustee, verification_share) in [
        (EPOCH + 1, DISTRICT, 1, own),
        (EPOCH, DISTRICT + 1, 1, own),
        (EPOCH, DISTRICT, 2, own),
        (EPOCH, DISTRICT, 1, others),
    ] {
        let verdict = verify_shares(
            &context,
            epoch,
            district,
            trustee,
            &verification_share,
            sums,
            &shares,
        );
        assert_eq!(verdict, refused);
    }
    let (mut swapped_sums, mut swapped_shares) = (sums.clone(), shares.clone());
    swapped_sums.swap(1, 2);
    swapped_shares.swap(1, 2);
    assert_eq!(
        verify_shares(
            &context,
            EPOCH,
            DISTRICT,
            1,
            &own,
            &swapped_sums,
            &swapped_shares
        ),
        Err(ShareError::InvalidProof { position: 1 })
    );
}

/// Attack 2: strict decoding, field by field.
#[test]
fn bad_encodings_are_refused() {
    let mut closed = Closed::new(44);
    let shares = closed.shares(2);
    let verdict = |change: fn(&mut DecryptionShare)| {
        let mut shares = shares.clone();
        change(&mut shares[3]);
        closed.verify(2, &shares)
    };
    let encoding = |field, error| {
        Err(ShareError::Encoding {
            position: 3,
            field,
            error,
        })
    };
    let not_a_point = EncodedPoint([0xff; 32]);
    let (share, commitment) = (ShareField::Share, ShareField::Commitment);
    assert_eq!(verdict(|_| ()), Ok(()));
    assert_eq!(
        verdict(|s| s.share = EncodedPoint([0xff; 32])),
        encoding(share, GroupError::PointEncoding)
    );
    assert_eq!(
        verdict(|s| s.commitment[0] = EncodedPoint::IDENTITY),
        encoding(commitment, GroupError::Identity)
    );
    assert_eq!(
        verdict(|s| s.commitment[1] = EncodedPoint([0xff; 32])),
        encoding(commitment, GroupError::PointEncoding)
    );
    assert_eq!(
        verdict(|s| s.response = EncodedScalar([0xff; 32])),
        encoding(ShareField::Response, GroupError::ScalarEncoding)
    );
    let invalid = Err(ShareError::InvalidProof { position: 3 });
    assert_eq!(verdict(|s| s.share = EncodedPoint::IDENTITY), invalid);
    assert_eq!(
        verdict(|s| s.commitment[1] = EncodedPoint::IDENTITY),
        invalid
    );
    assert_eq!(
        closed.verify(2, &shares[..3]),
        Err(ShareError::Count {
            expected: 4,
            found: 3
        })
    );
    let context = &closed.election.context;
    let verify = |verification_share, sums: &[Ciphertext]| {
        verify_shares(
            context,
            EPOCH,
            DISTRICT,
            3,
            verification_share,
            sums,
            &shares,
        )
    };
    assert_eq!(
        verify(&EncodedPoint::IDENTITY, &closed.sums),
        Err(ShareError::VerificationShare(GroupError::Identity))
    );
    let own = closed.election.trustees[2].verification_share();
    let mut sums = closed.sums.clone();
    sums[3].c = not_a_point;
    assert_eq!(
        verify(&own, &sums),
        encoding(ShareField::SumC, GroupError::PointEncoding)
    );
    sums[3].r = not_a_point;
    sums[3].c = EncodedPoint::IDENTITY;
    assert_eq!(
        verify(&own, &sums),
        encoding(ShareField::SumR, GroupError::PointEncoding)
    );
}

/// The sums of no ballots: an identity for R gives an identity for the share, and counts of 0.
#[test]
fn empty_sums_decrypt_to_nothing() {
    let mut closed = Closed::new(45);
    closed.sums = vec![Ciphertext::ZERO; 3];
    let (one, two) = (closed.shares(0), closed.shares(1));
    assert_eq!(one[0].share, EncodedPoint::IDENTITY);
    assert_eq!(closed.verify(0, &one), Ok(()));
    assert_eq!(closed.combine(&[(1, &one), (2, &two)], 0), Ok(vec![0; 3]));
}

#[test]
fn shares_that_do_not_fit_are_refused() {
    let mut closed = Closed::new(46);
    let (one, two) = (closed.shares(0), closed.shares(1));
    assert_eq!(closed.combine(&[], 40), Err(TallyError::NoShares));
    assert_eq!(
        closed.combine(&[(1, &one), (1, &one)], 40),
        Err(TallyError::DuplicateTrustee { trustee: 1 })
    );
    assert_eq!(
        closed.combine(&[(1, &one), (2, &two[1..])], 40),
        Err(TallyError::ShareCount {
            trustee: 2,
            expected: 4,
            found: 3
        })
    );
    let mut bad = two.clone();
    bad[1].share = EncodedPoint([0xff; 32]);
    assert_eq!(
        closed.combine(&[(1, &one), (2, &bad)], 40),
        Err(TallyError::Share {
            trustee: 2,
            position: 1,
            error: GroupError::PointEncoding
        })
    );
    assert_eq!(
        closed.combine(&[(1, &one), (2, &two)], 39),
        Err(TallyError::OutOfRange { position: 3 })
    );
    closed.sums[2].c = EncodedPoint([0xff; 32]);
    assert_eq!(
        closed.combine(&[(1, &one), (2, &two)], 40),
        Err(TallyError::Sum {
            position: 2,
            error: GroupError::PointEncoding
        })
    );
}

/// Ballots in, counts out; and a ballot that was replaced does not count.
#[test]
fn running_sums_count_the_last_ballot() {
    let mut election = Election::new(47, &[1, 2, 3], 2);
    let ballots = [
        election.ballot(&ALICE),
        election.ballot(&ALICE),
        election.ballot(&ALICE),
    ];
    let mut sums = vec![Ciphertext::ZERO; 8];
    for ballot in &ballots {
        add(&mut sums, ciphertexts(ballot)).unwrap();
    }
    subtract(&mut sums, ciphertexts(&ballots[1])).unwrap();
    let mut closed = Closed { election, sums };
    let (one, three) = (closed.shares(0), closed.shares(2));
    assert_eq!(
        closed.combine(&[(1, &one), (3, &three)], 2),
        Ok(vec![0, 2, 0, 2, 0, 2, 2, 0])
    );
}

/// Attack 15: each of the two equations is needed. The share is not the trustee's secret times `R`; a
/// response can satisfy either equation, never both.
#[test]
fn each_equation_of_a_share_is_needed() {
    let closed = Closed::new(49);
    let key = &closed.election.trustees[0];
    let secret = secret_of(key);
    let other = secret + Scalar::ONE;
    let r = decode_point(&closed.sums[0].r).unwrap();
    let verdict = |in_share: Scalar, known: Scalar| {
        let verification_share = key.verification_share();
        let statement = ShareStatement {
            context: &closed.election.context,
            epoch: EPOCH,
            district: DISTRICT,
            trustee: 1,
            verification_share: &verification_share,
        };
        let nonce = Scalar::from(77u8);
        let share = (&(r * in_share)).into();
        let commitment = [
            (&RistrettoPoint::mul_base(&nonce)).into(),
            (&(r * nonce)).into(),
        ];
        let challenge = crate::transcript::share_challenge(
            &crate::transcript::shares(&statement),
            0,
            &closed.sums[0],
            &share,
            &commitment,
        );
        let response = (&(nonce + challenge * known)).into();
        verify_shares(
            statement.context,
            EPOCH,
            DISTRICT,
            1,
            &verification_share,
            &closed.sums[..1],
            &[DecryptionShare {
                share,
                commitment,
                response,
            }],
        )
    };
    assert_eq!(verdict(secret, secret), Ok(()));
    assert_eq!(
        verdict(other, secret),
        Err(ShareError::InvalidProof { position: 0 })
    );
    assert_eq!(
        verdict(other, other),
        Err(ShareError::InvalidProof { position: 0 })
    );
}
