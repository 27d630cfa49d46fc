//! Published attacks on ballots: each takes what would have succeeded, and is refused.
#![allow(clippy::unwrap_used)]

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::{
    elgamal::ElectionKey,
    fixture::{Election, ALICE, BOB},
    group::{decode_point, decode_scalar, GroupError},
    transcript::{self, Context},
};

fn election() -> Election {
    Election::new(10, &[1, 2, 3], 2)
}

/// An encoding of no group element, of the identity, and of a point of low order of the curve.
const BAD_POINTS: [([u8; 32], GroupError); 3] = [
    ([0xff; 32], GroupError::PointEncoding),
    ([0; 32], GroupError::Identity),
    (LOW_ORDER, GroupError::PointEncoding),
];

/// `s = -1`, which would decode to a point of order 4 (RFC 9496, appendix A.2, last).
const LOW_ORDER: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xec;
    bytes[31] = 0x7f;
    bytes
};

/// ℓ itself: zero, but not canonically.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Attack 2: the identity, non-canonical encodings and points of low order, in every field.
#[test]
fn bad_points_are_refused_in_every_field() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    assert_eq!(verify(&election.statement(&ALICE), &ballot), Ok(()));

    type Field = fn(&mut EncryptedContests) -> &mut EncodedPoint;
    let selection_fields: [(Field, BallotField); 6] = [
        (|b| &mut b[1].selections[2].ciphertext.r, BallotField::R),
        (|b| &mut b[1].selections[2].ciphertext.c, BallotField::C),
        (
            |b| &mut b[1].selections[2].proof.commitments[0][0],
            BallotField::Commitment,
        ),
        (
            |b| &mut b[1].selections[2].proof.commitments[0][1],
            BallotField::Commitment,
        ),
        (
            |b| &mut b[1].selections[2].proof.commitments[1][0],
            BallotField::Commitment,
        ),
        (
            |b| &mut b[1].selections[2].proof.commitments[1][1],
            BallotField::Commitment,
        ),
    ];
    let sum_fields: [Field; 2] = [
        |b| &mut b[1].sum_proof[2].commitment[0],
        |b| &mut b[1].sum_proof[2].commitment[1],
    ];
    for (bytes, error) in BAD_POINTS {
        for (field_of, field) in selection_fields {
            let mut tampered = ballot.clone();
            *field_of(&mut tampered) = EncodedPoint(bytes);
            assert_eq!(
                verify(&election.statement(&ALICE), &tampered),
                Err(BallotError::Selection {
                    contest: 4,
                    option: 2,
                    field,
                    error
                })
            );
        }
        for field_of in sum_fields {
            let mut tampered = ballot.clone();
            *field_of(&mut tampered) = EncodedPoint(bytes);
            assert_eq!(
                verify(&election.statement(&ALICE), &tampered),
                Err(BallotError::Sum {
                    contest: 4,
                    branch: 2,
                    field: BallotField::Commitment,
                    error
                })
            );
        }
    }
}

/// Attack 2, for scalars: only one encoding of each is accepted.
#[test]
fn scalars_that_are_not_canonical_are_refused() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    let error = GroupError::ScalarEncoding;

    type Field = fn(&mut EncryptedContests) -> &mut EncodedScalar;
    let selection_fields: [(Field, BallotField); 3] = [
        (
            |b| &mut b[0].selections[1].proof.challenge,
            BallotField::Challenge,
        ),
        (
            |b| &mut b[0].selections[1].proof.responses[0],
            BallotField::Response,
        ),
        (
            |b| &mut b[0].selections[1].proof.responses[1],
            BallotField::Response,
        ),
    ];
    for (field_of, field) in selection_fields {
        let mut tampered = ballot.clone();
        *field_of(&mut tampered) = EncodedScalar(ORDER);
        assert_eq!(
            verify(&election.statement(&ALICE), &tampered),
            Err(BallotError::Selection {
                contest: 1,
                option: 1,
                field,
                error
            })
        );
    }
    let sum_fields: [(Field, BallotField); 2] = [
        (|b| &mut b[0].sum_proof[0].challenge, BallotField::Challenge),
        (|b| &mut b[0].sum_proof[0].response, BallotField::Response),
    ];
    for (field_of, field) in sum_fields {
        let mut tampered = ballot.clone();
        *field_of(&mut tampered) = EncodedScalar(ORDER);
        assert_eq!(
            verify(&election.statement(&ALICE), &tampered),
            Err(BallotError::Sum {
                contest: 1,
                branch: 0,
                field,
                error
            })
        );
    }
}

/// Attacks 10 and 17: an exact copy of another's ballot, hence of another's tracker.
#[test]
fn an_exact_copy_under_another_account_is_refused() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    assert_eq!(verify(&election.statement(&ALICE), &ballot), Ok(()));
    assert_eq!(
        verify(&election.statement(&BOB), &ballot),
        Err(BallotError::SumChallenge { contest: 1 })
    );
}

/// Attack 10: the same vote in other ciphertexts, with the responses adapted. Every equation would
/// hold if the challenges did not depend on the ciphertexts.
#[test]
fn a_rerandomised_copy_is_refused() {
    let election = election();
    let rule = ContestRule {
        id: 5,
        options: 2,
        min: 0,
        max: 2,
        blank: false,
    };
    let contests = [rule];
    let mut rng = election.rng.clone();
    let statement = BallotStatement {
        contests: &contests,
        ..election.statement(&ALICE)
    };
    let (original, _) = prove(&statement, &[vec![true, false]], &mut rng).unwrap();
    assert_eq!(verify(&statement, &original), Ok(()));

    let delta = Scalar::random(&mut rng);
    let transcript = transcript::ballot(&statement, ciphertexts(&original));
    let mut copy = original.clone();
    for (option, selection) in (0u32..).zip(copy[0].selections.iter_mut()) {
        let proof = &mut selection.proof;
        let total = transcript::selection_challenge(&transcript, 5, option, &proof.commitments);
        let first = decode_scalar(&proof.challenge).unwrap();
        let r = decode_point(&selection.ciphertext.r).unwrap() + RistrettoPoint::mul_base(&delta);
        let c = decode_point(&selection.ciphertext.c).unwrap() + election.key.point() * delta;
        selection.ciphertext = Ciphertext {
            r: (&r).into(),
            c: (&c).into(),
        };
        for (branch, challenge) in [first, total - first].into_iter().enumerate() {
            let response = decode_scalar(&proof.responses[branch]).unwrap() + challenge * delta;
            let [a, b] = proof.commitments[branch].map(|point| decode_point(&point).unwrap());
            let k = RistrettoPoint::mul_base(&Scalar::from(branch as u8));
            assert_eq!(a + r * challenge, RistrettoPoint::mul_base(&response));
            assert_eq!(b + (c - k) * challenge, election.key.point() * response);
            proof.responses[branch] = (&response).into();
        }
    }
    assert_eq!(verify(&statement, &copy), Err(BallotError::InvalidProof));
}

/// Attack 10: another's ciphertexts and proofs in another order, within a contest and across contests.
#[test]
fn a_permuted_copy_is_refused() {
    let election = election();
    let contests = [
        ContestRule {
            id: 5,
            options: 2,
            min: 0,
            max: 2,
            blank: false,
        },
        ContestRule {
            id: 6,
            options: 2,
            min: 0,
            max: 2,
            blank: false,
        },
    ];
    let mut rng = election.rng.clone();
    let statement = BallotStatement {
        contests: &contests,
        ..election.statement(&ALICE)
    };
    let votes = [vec![true, false], vec![false, true]];
    let (original, _) = prove(&statement, &votes, &mut rng).unwrap();
    assert_eq!(verify(&statement, &original), Ok(()));

    let mut options_swapped = original.clone();
    options_swapped[0].selections.as_mut().swap(0, 1);
    assert_eq!(
        verify(&statement, &options_swapped),
        Err(BallotError::InvalidProof)
    );

    let mut contests_swapped = original.clone();
    contests_swapped.as_mut().swap(0, 1);
    assert_eq!(
        verify(&statement, &contests_swapped),
        Err(BallotError::InvalidProof)
    );
}

/// Attacks 10, 11 and 19: every field of the statement is bound by every proof, and nothing but the
/// statement that was proved is accepted.
#[test]
fn every_field_of_the_statement_is_bound() {
    let election = election();
    // No sum proof: only the selection proofs can tell.
    let contests = [ContestRule {
        id: 5,
        options: 2,
        min: 0,
        max: 2,
        blank: false,
    }];
    let mut rng = election.rng.clone();
    let other_key = Election::new(11, &[1, 2], 2).key;
    let statement = BallotStatement {
        contests: &contests,
        ..election.statement(&ALICE)
    };
    let (ballot, _) = prove(&statement, &[vec![true, false]], &mut rng).unwrap();
    assert_eq!(verify(&statement, &ballot), Ok(()));

    let contexts = [
        Context {
            genesis_hash: [0x12; 32],
            ..election.context
        },
        Context {
            election: 4,
            ..election.context
        },
        Context {
            manifest_hash: [0x34; 32],
            ..election.context
        },
    ];
    for context in &contexts {
        let other = BallotStatement {
            context,
            ..statement
        };
        assert_eq!(verify(&other, &ballot), Err(BallotError::InvalidProof));
    }
    let others = [
        BallotStatement {
            key: &other_key,
            ..statement
        },
        BallotStatement {
            district: 8,
            ..statement
        },
        BallotStatement {
            account: &BOB,
            ..statement
        },
        BallotStatement {
            contests: &[ContestRule {
                id: 6,
                ..contests[0]
            }],
            ..statement
        },
        BallotStatement {
            contests: &[ContestRule {
                blank: true,
                ..contests[0]
            }],
            ..statement
        },
    ];
    for other in &others {
        assert_eq!(verify(other, &ballot), Err(BallotError::InvalidProof));
    }
}

/// Attack 11 for the sum proofs: they are bound to the same statement.
#[test]
fn the_sum_proof_is_bound_to_the_whole_ballot() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    let other = election.ballot(&ALICE);
    let statement = election.statement(&ALICE);
    assert_eq!(verify(&statement, &other), Ok(()));
    let mut tampered = ballot.clone();
    // Another contest's ciphertext is part of the statement of this contest's sum proof.
    tampered[2].selections[0] = other[2].selections[0];
    assert_eq!(
        verify(&statement, &tampered),
        Err(BallotError::SumChallenge { contest: 1 })
    );
    let mut tampered = ballot;
    tampered[1].sum_proof = other[1].sum_proof.clone();
    assert_eq!(
        verify(&statement, &tampered),
        Err(BallotError::SumChallenge { contest: 4 })
    );
}

/// Attack 12: the roles of the generators, and of the halves of a ciphertext, cannot be exchanged.
#[test]
fn swapped_generators_are_refused() {
    let election = election();
    let contests = [ContestRule {
        id: 5,
        options: 1,
        min: 0,
        max: 1,
        blank: false,
    }];
    let mut rng = election.rng.clone();
    // Whoever knew the key's logarithm could make G the key and Y the generator: 1/x undoes x.
    let secret = Scalar::random(&mut rng);
    let key = ElectionKey::decode(&(&RistrettoPoint::mul_base(&secret)).into()).unwrap();
    let statement = BallotStatement {
        key: &key,
        contests: &contests,
        ..election.statement(&ALICE)
    };
    let (ballot, _) = prove(&statement, &[vec![false]], &mut rng).unwrap();
    assert_eq!(verify(&statement, &ballot), Ok(()));
    let mut swapped = ballot.clone();
    let selection = &mut swapped[0].selections[0];
    let Ciphertext { r, c } = selection.ciphertext;
    selection.ciphertext = Ciphertext { r: c, c: r };
    for [a, b] in &mut selection.proof.commitments {
        core::mem::swap(a, b);
    }
    assert_eq!(verify(&statement, &swapped), Err(BallotError::InvalidProof));
}

/// A vote of 2, or of −1, is what the selection proofs are there to refuse: no branch is true of it.
#[test]
fn a_vote_that_is_neither_0_nor_1_has_no_proof() {
    let election = election();
    let contests = [ContestRule {
        id: 5,
        options: 1,
        min: 0,
        max: 1,
        blank: false,
    }];
    let mut rng = election.rng.clone();
    let statement = BallotStatement {
        contests: &contests,
        ..election.statement(&ALICE)
    };
    let (mut ballot, randomness) = prove(&statement, &[vec![true]], &mut rng).unwrap();
    assert_eq!(verify(&statement, &ballot), Ok(()));
    let r = decode_scalar(&randomness.reveal()[0][0]).unwrap();
    ballot[0].selections[0].ciphertext = crate::elgamal::encrypt(&election.key, 2, &r);
    assert_eq!(verify(&statement, &ballot), Err(BallotError::InvalidProof));
}

/// Every response, and the challenge of a selection, is held by an equation.
#[test]
fn every_scalar_of_a_proof_matters() {
    let mut election = election();
    let ballot = election.ballot(&ALICE);
    let statement = election.statement(&ALICE);
    type Field = fn(&mut EncryptedContests) -> &mut EncodedScalar;
    let fields: [(Field, BallotError); 6] = [
        (
            |b| &mut b[0].selections[0].proof.challenge,
            BallotError::InvalidProof,
        ),
        (
            |b| &mut b[0].selections[0].proof.responses[0],
            BallotError::InvalidProof,
        ),
        (
            |b| &mut b[0].selections[0].proof.responses[1],
            BallotError::InvalidProof,
        ),
        (
            |b| &mut b[1].sum_proof[0].response,
            BallotError::InvalidProof,
        ),
        (
            |b| &mut b[1].sum_proof[2].response,
            BallotError::InvalidProof,
        ),
        (
            |b| &mut b[1].sum_proof[1].challenge,
            BallotError::SumChallenge { contest: 4 },
        ),
    ];
    for (field_of, error) in fields {
        let mut tampered = ballot.clone();
        let field = field_of(&mut tampered);
        *field = (&(decode_scalar(field).unwrap() + Scalar::ONE)).into();
        assert_eq!(verify(&statement, &tampered), Err(error));
    }
}

/// A sum proof whose challenges still add up is held by its equations.
#[test]
fn challenges_moved_between_branches_are_refused() {
    let mut election = election();
    let mut ballot = election.ballot(&ALICE);
    let branches = &mut ballot[1].sum_proof;
    for (branch, moved) in [(0, Scalar::ONE), (1, -Scalar::ONE)] {
        let challenge = decode_scalar(&branches[branch].challenge).unwrap();
        branches[branch].challenge = (&(challenge + moved)).into();
    }
    assert_eq!(
        verify(&election.statement(&ALICE), &ballot),
        Err(BallotError::InvalidProof)
    );
}

/// Attack 15: each of the two equations of a branch is needed. The ciphertext's halves have different
/// randomness; a response can satisfy either equation, never both.
#[test]
fn each_equation_of_a_branch_is_needed() {
    let election = election();
    let mut rng = ChaCha20Rng::seed_from_u64(15);
    let contests = [ContestRule {
        id: 5,
        options: 1,
        min: 0,
        max: 1,
        blank: false,
    }];
    let statement = BallotStatement {
        contests: &contests,
        ..election.statement(&ALICE)
    };
    let [in_r, in_c] = [(), ()].map(|()| Scalar::random(&mut rng));
    let mut verdict = |r: Scalar, c: Scalar, known: Scalar| {
        let one = by_hand(&statement, r, c, known, &mut rng);
        let contest = EncryptedContest {
            selections: vec![one].try_into().unwrap(),
            sum_proof: SumProof::default(),
        };
        verify(&statement, &vec![contest].try_into().unwrap())
    };
    assert_eq!(verdict(in_r, in_r, in_r), Ok(()));
    assert_eq!(verdict(in_r, in_c, in_r), Err(BallotError::InvalidProof));
    assert_eq!(verdict(in_r, in_c, in_c), Err(BallotError::InvalidProof));
}

/// `(in_r·G, in_c·Y + G)` and a proof by somebody who answers as if the randomness were `known`.
fn by_hand(
    statement: &BallotStatement<'_>,
    in_r: Scalar,
    in_c: Scalar,
    known: Scalar,
    rng: &mut ChaCha20Rng,
) -> EncryptedSelection {
    let (g, y) = (
        RistrettoPoint::mul_base(&Scalar::ONE),
        *statement.key.point(),
    );
    let (r, c) = (g * in_r, y * in_c + g);
    let ciphertext = Ciphertext {
        r: (&r).into(),
        c: (&c).into(),
    };
    let [challenge, response, nonce] = [(), (), ()].map(|()| Scalar::random(rng));
    let simulated = [g * response - r * challenge, y * response - c * challenge];
    let commitments =
        [simulated, [g * nonce, y * nonce]].map(|pair| pair.map(|point| (&point).into()));
    let transcript = transcript::ballot(statement, core::iter::once(&ciphertext));
    let total = transcript::selection_challenge(&transcript, 5, 0, &commitments);
    let answer = nonce + (total - challenge) * known;
    let proof = SelectionProof {
        commitments,
        challenge: (&challenge).into(),
        responses: [(&response).into(), (&answer).into()],
    };
    EncryptedSelection { ciphertext, proof }
}
