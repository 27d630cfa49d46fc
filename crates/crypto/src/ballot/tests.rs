//! Batches, structure, challenged ballots, and any ballot that the rules allow.
#![allow(clippy::unwrap_used)]

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::{
    elgamal::ElectionKey,
    fixture::{context, selections, Election, ALICE, CONTESTS, DISTRICT},
    group::{decode_scalar, GroupError},
    transcript::{self, Context},
};

fn election() -> Election {
    Election::new(16, &[1, 2, 3], 2)
}

/// More or fewer contests, options or branches than the manifest says.
#[test]
fn another_structure_is_refused() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    let statement = election.statement(&ALICE);
    let mut fewer = ballot.clone();
    fewer.pop();
    assert_eq!(
        verify(&statement, &fewer),
        Err(BallotError::ContestCount {
            expected: 3,
            found: 2
        })
    );
    let mut fewer = ballot.clone();
    fewer[1].selections.pop();
    assert_eq!(
        verify(&statement, &fewer),
        Err(BallotError::OptionCount {
            contest: 4,
            expected: 3,
            found: 2
        })
    );
    let mut fewer = ballot.clone();
    fewer[1].sum_proof.pop();
    assert_eq!(
        verify(&statement, &fewer),
        Err(BallotError::SumBranchCount {
            contest: 4,
            expected: 3,
            found: 2
        })
    );
    let mut more = ballot.clone();
    more[2].sum_proof = ballot[0].sum_proof.clone();
    assert_eq!(
        verify(&statement, &more),
        Err(BallotError::SumBranchCount {
            contest: 9,
            expected: 0,
            found: 1
        })
    );
}

/// A batch refuses exactly the ballots that are refused alone, and names them.
#[test]
fn a_batch_names_the_culprits() {
    let mut election = election();
    let good = election.ballot(&ALICE);
    let mut not_a_point = good.clone();
    not_a_point[0].selections[0].ciphertext.r = EncodedPoint([0xff; 32]);
    let mut wrong = good.clone();
    wrong[2].selections[1].proof.responses[0] = wrong[2].selections[1].proof.responses[1];

    let statement = election.statement(&ALICE);
    let verdict = |ballots: &[&EncryptedContests]| {
        let mut batch = BatchVerifier::new(&election.key);
        for ballot in ballots {
            batch.add(&statement, ballot);
        }
        batch.verify()
    };
    assert_eq!(verdict(&[]), Ok(()));
    assert_eq!(verdict(&[&good, &good, &good]), Ok(()));
    let encoding = BallotError::Selection {
        contest: 1,
        option: 0,
        field: BallotField::R,
        error: GroupError::PointEncoding,
    };
    assert_eq!(
        verdict(&[&good, &not_a_point, &good, &wrong]),
        Err(vec![(1, encoding), (3, BallotError::InvalidProof)])
    );
}

/// Two wrong proofs whose errors would cancel out without weights.
#[test]
fn errors_that_cancel_out_are_refused_in_a_batch() {
    let mut election = election();
    let good = election.ballot(&ALICE);
    let shifted = |by: Scalar| {
        let mut ballot = good.clone();
        let response = &mut ballot[2].selections[0].proof.responses[0];
        *response = (&(decode_scalar(response).unwrap() + by)).into();
        ballot
    };
    let statement = election.statement(&ALICE);
    let mut batch = BatchVerifier::new(&election.key);
    batch.add(&statement, &shifted(Scalar::ONE));
    batch.add(&statement, &shifted(-Scalar::ONE));
    assert_eq!(
        batch.verify(),
        Err(vec![
            (0, BallotError::InvalidProof),
            (1, BallotError::InvalidProof)
        ])
    );
}

/// A ballot for another key than the batch's.
#[test]
fn a_batch_has_one_key() {
    let mut election = election();
    let mut other = Election::new(12, &[1, 2], 2);
    let (good, foreign) = (election.ballot(&ALICE), other.ballot(&ALICE));
    let mut batch = BatchVerifier::new(&election.key);
    batch.add(&election.statement(&ALICE), &good);
    batch.add(&other.statement(&ALICE), &foreign);
    assert_eq!(batch.verify(), Err(vec![(1, BallotError::InvalidProof)]));
}

/// The challenged ballot opens to what was selected, and to nothing else.
#[test]
fn a_challenged_ballot_is_checked() {
    let election = election();
    let mut rng = ChaCha20Rng::seed_from_u64(13);
    let (ballot, randomness) = prove(&election.statement(&ALICE), &selections(), &mut rng).unwrap();
    assert_eq!(format!("{randomness:?}"), "BallotRandomness(<redacted>)");
    let revealed = randomness.reveal();
    let check = |selections: &[Vec<bool>], randomness: &[Vec<EncodedScalar>]| {
        check_challenge(&election.key, &CONTESTS, &ballot, selections, randomness)
    };
    assert_eq!(check(&selections(), &revealed), Ok(()));
    let mut lied = selections();
    lied[0] = vec![true, false, false];
    assert_eq!(
        check(&lied, &revealed),
        Err(SelectionError::Ciphertext {
            contest: 1,
            option: 0
        })
    );
    let mut wrong = revealed.clone();
    wrong[2][1] = EncodedScalar([1; 32]);
    assert_eq!(
        check(&selections(), &wrong),
        Err(SelectionError::Ciphertext {
            contest: 9,
            option: 1
        })
    );
    assert_eq!(
        check(&selections(), &revealed[..2]),
        Err(SelectionError::ContestCount {
            expected: 3,
            found: 2
        })
    );
}

/// The prover refuses what no proof could be made for.
#[test]
fn selections_that_are_not_allowed_are_refused() {
    let election = election();
    let statement = election.statement(&ALICE);
    let mut rng = ChaCha20Rng::seed_from_u64(14);
    let mut attempt = |change: fn(&mut Vec<Vec<bool>>)| {
        let mut selections = selections();
        change(&mut selections);
        prove(&statement, &selections, &mut rng).map(|_| ())
    };
    assert_eq!(attempt(|_| ()), Ok(()));
    assert_eq!(attempt(|s| s[1] = vec![false; 3]), Ok(()));
    assert_eq!(
        attempt(|s| s[0] = vec![true, true, false]),
        Err(SelectionError::Sum {
            contest: 1,
            found: 2
        })
    );
    assert_eq!(
        attempt(|s| s[0] = vec![false; 3]),
        Err(SelectionError::Sum {
            contest: 1,
            found: 0
        })
    );
    assert_eq!(
        attempt(|s| s[1] = vec![true; 3]),
        Err(SelectionError::Sum {
            contest: 4,
            found: 3
        })
    );
    assert_eq!(
        attempt(|s| s[2] = vec![true; 3]),
        Err(SelectionError::OptionCount {
            contest: 9,
            expected: 2,
            found: 3
        })
    );
    assert_eq!(
        attempt(|s| s.truncate(1)),
        Err(SelectionError::ContestCount {
            expected: 3,
            found: 1
        })
    );
}

/// Attack 15: the weights depend on every scalar of the proofs, or responses could be fitted to them.
#[test]
fn the_fingerprint_depends_on_every_scalar() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    let statement = election.statement(&ALICE);
    let transcript = transcript::ballot(&statement, ciphertexts(&ballot));
    let fingerprint = |change: fn(&mut EncryptedContests)| {
        let mut ballot = ballot.clone();
        change(&mut ballot);
        transcript::ballot_fingerprint(&transcript, &ballot)
    };
    let changes: [fn(&mut EncryptedContests); 6] = [
        |_| (),
        |b| b[0].selections[0].proof.challenge.0[0] ^= 1,
        |b| b[0].selections[0].proof.responses[0].0[0] ^= 1,
        |b| b[0].selections[0].proof.responses[1].0[0] ^= 1,
        |b| b[1].sum_proof[0].challenge.0[0] ^= 1,
        |b| b[1].sum_proof[0].response.0[0] ^= 1,
    ];
    let mut fingerprints = changes.map(fingerprint).to_vec();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), changes.len());
}

/// Any rule and any selection that it allows; any other has no ballot.
fn rule_and_selection() -> impl Strategy<Value = (ContestRule, Vec<bool>)> {
    (1u8..12, any::<bool>())
        .prop_flat_map(|(options, blank)| (Just(options), Just(blank), 0..=options))
        .prop_flat_map(|(options, blank, max)| (Just((options, blank, max)), 0..=max))
        .prop_flat_map(|((options, blank, max), min)| {
            let rule = ContestRule {
                id: 3,
                options,
                min,
                max,
                blank,
            };
            (
                Just(rule),
                prop::collection::vec(any::<bool>(), usize::from(options)),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_allowed_is_proved_and_verified((rule, selection) in rule_and_selection(), seed in any::<u64>()) {
        let key = ElectionKey::decode(&(&RistrettoPoint::mul_base(&Scalar::from(7u8))).into()).unwrap();
        let context = context();
        let contests = [rule];
        let statement = BallotStatement {
            context: &context,
            key: &key,
            district: 1,
            account: &ALICE,
            contests: &contests,
        };
        let sum = selection.iter().filter(|selected| **selected).count() as u8;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        match prove(&statement, &[selection], &mut rng) {
            Ok((ballot, _)) => {
                prop_assert!(rule.allows(sum));
                prop_assert_eq!(verify(&statement, &ballot), Ok(()));
            }
            Err(error) => {
                prop_assert!(!rule.allows(sum));
                prop_assert_eq!(error, SelectionError::Sum { contest: 3, found: u32::from(sum) });
            }
        }
    }
}

#[test]
fn a_commitment_is_to_the_ciphertexts_key_district_and_context() {
    let election = Election::new(21, &[1, 2, 3], 2);
    let statement = election.statement(&ALICE);
    let (ballot, randomness) = prove(
        &statement,
        &selections(),
        &mut ChaCha20Rng::seed_from_u64(22),
    )
    .unwrap();
    let key = &election.key;
    let shown = commitment(&election.context, key, DISTRICT, ciphertexts(&ballot));

    let revealed = randomness.reveal();
    let again = |selections: &[Vec<bool>]| {
        let recomputed = recompute(key, &CONTESTS, selections, &revealed).unwrap();
        commitment(
            &election.context,
            key,
            DISTRICT,
            recomputed.iter().flatten(),
        )
    };
    assert_eq!(again(&selections()), shown);
    let mut other = selections();
    other[0] = vec![true, false, false];
    assert_ne!(again(&other), shown);

    let context = Context {
        election: 4,
        ..election.context
    };
    assert_ne!(
        commitment(&context, key, DISTRICT, ciphertexts(&ballot)),
        shown
    );
    assert_ne!(
        commitment(&election.context, key, 8, ciphertexts(&ballot)),
        shown
    );
    let other_key = Election::new(23, &[1, 2], 2).key;
    assert_ne!(
        commitment(
            &election.context,
            &other_key,
            DISTRICT,
            ciphertexts(&ballot)
        ),
        shown
    );
}

#[test]
fn randomness_that_does_not_fit_recomputes_nothing() {
    let election = Election::new(24, &[1, 2, 3], 2);
    let (_, randomness) = prove(
        &election.statement(&ALICE),
        &selections(),
        &mut ChaCha20Rng::seed_from_u64(25),
    )
    .unwrap();
    let randomness = randomness.reveal();
    let refused = |randomness: &[Vec<EncodedScalar>]| {
        recompute(&election.key, &CONTESTS, &selections(), randomness).unwrap_err()
    };
    assert_eq!(
        refused(&randomness[..2]),
        SelectionError::ContestCount {
            expected: 3,
            found: 2
        }
    );
    let mut short = randomness.clone();
    short[1].pop();
    assert_eq!(
        refused(&short),
        SelectionError::OptionCount {
            contest: 4,
            expected: 3,
            found: 2
        }
    );
    let mut no_scalar = randomness;
    no_scalar[2][1] = EncodedScalar([0xff; 32]);
    assert_eq!(
        refused(&no_scalar),
        SelectionError::Ciphertext {
            contest: 9,
            option: 1
        }
    );
}
