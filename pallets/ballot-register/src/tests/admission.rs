//! Every reason to refuse a ballot, and the order of the checks.

use super::{
    officials::{Election, Plan, StoredKeys, PICK_ONE},
    voters::{voter, Vote},
};
use crate::{admission::BALLOT_PRIORITY, ballot_box::AccountEntry, mock::*, ByAccount};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use psephos_crypto::{
    elgamal::Ciphertext,
    group::{EncodedPoint, EncodedScalar},
};
use psephos_primitives::{
    limits::MAX_BALLOTS_PER_ACCOUNT, DistrictId, ElectionId, Refusal, RegistrarIndex, RevotePolicy,
    Text,
};
use sp_runtime::transaction_validity::TransactionLongevity;

fn last_counts() -> Plan {
    Plan {
        revote: RevotePolicy::LastCounts,
        ..Plan::default()
    }
}

/// Reading only: what refuses a ballot changes nothing.
fn assert_refused(vote: &Vote, refusal: Refusal) {
    assert_noop!(vote.cast(), refusal);
}

#[test]
fn a_right_ballot_is_ordered_by_its_nonce() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        let first = election.vote(1, 1, &[&[0]]);
        let valid = first.validity().expect("a right ballot");
        assert_eq!(valid.priority, BALLOT_PRIORITY);
        assert_eq!(valid.requires, Vec::<Vec<u8>>::new());
        assert_eq!(
            valid.provides,
            vec![(&b"ballot"[..], election.id, voter(1), 0u32).encode()]
        );
        assert_eq!(valid.longevity, TransactionLongevity::MAX);
        assert!(valid.propagate);
        assert_ok!(first.cast());
        // Those who have not voted yet go before those who vote again.
        let second = election.vote_again(1, 1, 1, &[&[1]]);
        assert_eq!(
            second.validity().expect("a right ballot").priority,
            BALLOT_PRIORITY - 1
        );
    });
}

#[test]
fn unknown_election() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        assert_refused(
            &Vote {
                election: ElectionId(2),
                ..vote.clone()
            },
            Refusal::UnknownElection,
        );
        assert_ok!(vote.cast());
    });
}

#[test]
fn not_voting_before_the_opening_and_from_the_closing_block_on() {
    build_and_execute(|| {
        let election = Election::prepare(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        run_to(election.manifest.voting.start - 1);
        assert_refused(&vote, Refusal::NotVoting);
        run_to(election.manifest.voting.start);
        // Open, but nothing is issued yet.
        assert_refused(&vote, Refusal::NoIssueLeft);
        super::officials::issue(election.id, DistrictId(1), 2);
        assert_ok!(election.vote(1, 2, &[&[0]]).cast());
        run_to(election.manifest.voting.end - 1);
        assert_eq!(vote.refusal(), None);
        run_to(election.manifest.voting.end);
        assert_refused(&vote, Refusal::NotVoting);
    });
}

#[test]
fn election_over_when_cancelled_or_published() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let reason = Text::new("fire in the data centre").expect("a reason");
        assert_ok!(Elections::cancel(
            RuntimeOrigin::root(),
            election.id,
            reason
        ));
        assert_refused(&vote, Refusal::ElectionOver);
    });
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        election.tally();
        assert_refused(&election.vote(1, 2, &[&[0]]), Refusal::ElectionOver);
    });
}

#[test]
fn unknown_district() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        assert_refused(
            &Vote {
                district: DistrictId(2),
                ..vote
            },
            Refusal::UnknownDistrict,
        );
    });
}

#[test]
fn too_long() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let terms = Elections::terms(election.id).expect("it exists");
        let station = Elections::district(election.id, DistrictId(1)).expect("it exists");
        let longest = crate::admission::longest_cast(&terms, &station);
        // It is exact: one signed byte for byte as long as can be is let in, one byte more is not.
        assert_eq!(
            longest - vote.credential.encoded_size() - vote.ballot.encoded_size(),
            121
        );
        let admit = |length| {
            BallotRegister::admit(
                &vote.account,
                0,
                vote.election,
                vote.district,
                &vote.credential,
                &vote.ballot,
                length,
            )
            .map(|_| ())
        };
        assert_eq!(admit(longest + 1), Err(Refusal::TooLong.into()));
        assert_eq!(admit(longest), Ok(()));
    });
}

#[test]
fn already_voted_where_revoting_is_forbidden() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        assert_ok!(vote.cast());
        assert_refused(&vote, Refusal::AlreadyVoted);
        for nonce in [0, 1, 2] {
            assert_refused(
                &election.vote_again(1, 1, nonce, &[&[1]]),
                Refusal::AlreadyVoted,
            );
        }
    });
}

#[test]
fn an_account_with_another_ones_hash_cannot_vote() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        let vote = election.vote(1, 2, &[&[0]]);
        // Nobody can find such an account; this is what the state would look like.
        ByAccount::<Test>::insert(
            election.id,
            voter(2),
            AccountEntry {
                latest: 0,
                casts: 1,
            },
        );
        assert_refused(&vote, Refusal::AlreadyVoted);
        assert_eq!(BallotRegister::ballot_nonce(election.id, &voter(2)), 0);
        assert_eq!(
            BallotRegister::ballots_by_account(election.id, &voter(2)),
            vec![]
        );
        ByAccount::<Test>::remove(election.id, voter(2));
        assert_ok!(vote.cast());
    });
}

#[test]
fn old_ballots_and_nonces_ahead() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        assert_refused(&election.vote_again(1, 1, 1, &[&[0]]), Refusal::NonceAhead);
        let first = election.vote(1, 1, &[&[0]]);
        assert_ok!(first.cast());
        assert_ok!(election.vote_again(1, 1, 1, &[&[1]]).cast());
        assert_refused(&first, Refusal::OldBallot);
        assert_refused(&election.vote_again(1, 1, 1, &[&[2]]), Refusal::OldBallot);
        assert_refused(&election.vote_again(1, 1, 3, &[&[2]]), Refusal::NonceAhead);
        assert_ok!(election.vote_again(1, 1, 2, &[&[2]]).cast());
    });
}

#[test]
fn too_many_ballots_of_one_account() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        for nonce in 0..MAX_BALLOTS_PER_ACCOUNT {
            assert_ok!(election.vote_again(1, 1, nonce, &[&[0]]).cast());
        }
        let mine = BallotRegister::ballots_by_account(election.id, &voter(1));
        assert_eq!(mine.len() as u32, MAX_BALLOTS_PER_ACCOUNT);
        let one_more = election.vote_again(1, 1, MAX_BALLOTS_PER_ACCOUNT, &[&[0]]);
        assert_refused(&one_more, Refusal::TooManyBallots);
    });
}

#[test]
fn other_district() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let election = Election::open(Plan {
            districts,
            issued: vec![2, 2],
            ..last_counts()
        });
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        assert_refused(
            &election.vote_again(2, 1, 1, &[&[0]]),
            Refusal::OtherDistrict,
        );
        assert_ok!(election.vote_again(1, 1, 1, &[&[0]]).cast());
    });
}

#[test]
fn no_issue_left_binds_first_ballots_only() {
    build_and_execute(|| {
        let election = Election::open(Plan {
            issued: vec![2],
            ..last_counts()
        });
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        assert_ok!(election.vote(1, 2, &[&[0]]).cast());
        assert_refused(&election.vote(1, 3, &[&[0]]), Refusal::NoIssueLeft);
        assert_ok!(election.vote_again(1, 2, 1, &[&[1]]).cast());
    });
}

#[test]
fn duplicate_tracker() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        assert_ok!(vote.cast());
        let copy = Vote {
            ballot: vote.ballot,
            ..election.vote(1, 2, &[&[0]])
        };
        assert_refused(&copy, Refusal::DuplicateTracker);
    });
}

#[test]
fn credential_quorum() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let with = |credential| Vote {
            credential,
            ..vote.clone()
        };
        for registrars in [&[][..], &[0], &[2]] {
            let credential = election.credential_of(registrars, 1, &vote.account);
            assert_refused(&with(credential), Refusal::CredentialQuorum);
        }
        // One too many makes the ballot too long; cut short, it is still one too many.
        let mut credential = election.credential_of(&[0, 1, 2], 1, &vote.account);
        assert_refused(&with(credential.clone()), Refusal::TooLong);
        credential[2].signature.signature.truncate(0);
        credential[1].signature.signature.truncate(100);
        assert_refused(&with(credential), Refusal::CredentialQuorum);
        let credential = election.credential_of(&[1, 2], 1, &vote.account);
        assert_ok!(Vote { credential, ..vote }.cast());
    });
}

#[test]
fn credential_order() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        for registrars in [[1, 0], [0, 0]] {
            let credential = election.credential_of(&registrars, 1, &vote.account);
            assert_refused(
                &Vote {
                    credential,
                    ..vote.clone()
                },
                Refusal::CredentialOrder,
            );
        }
    });
}

#[test]
fn unknown_registrar() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let mut vote = election.vote(1, 1, &[&[0]]);
        vote.credential[1].registrar = RegistrarIndex(3);
        assert_refused(&vote, Refusal::UnknownRegistrar);
    });
}

#[test]
fn credential_invalid() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let plan = Plan {
            districts,
            issued: vec![2, 2],
            ..Plan::default()
        };
        let election = Election::open(plan);
        let vote = election.vote(1, 1, &[&[0]]);
        let with = |change: &dyn Fn(&mut Vote)| {
            let mut vote = vote.clone();
            change(&mut vote);
            vote
        };
        let invalid = [
            // Another voter's.
            with(&|vote| vote.credential = election.credential_of(&[0, 1], 1, &voter(2))),
            // Another district's.
            with(&|vote| vote.credential = election.credential_of(&[0, 1], 2, &voter(1))),
            // Another registrar's than it says.
            with(&|vote| vote.credential[1].registrar = RegistrarIndex(2)),
            // Changed in its prefix, its signature, its length.
            with(&|vote| vote.credential[0].signature.prefix[0] ^= 1),
            with(&|vote| vote.credential[1].signature.signature[255] ^= 1),
            with(&|vote| vote.credential[1].signature.signature.truncate(255)),
            with(&|vote| vote.credential[1].signature.signature.truncate(0)),
        ];
        for vote in &invalid {
            assert_refused(vote, Refusal::CredentialInvalid);
        }
        assert_ok!(vote.cast());
    });
}

#[test]
fn ballot_shape() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let with = |change: &dyn Fn(&mut Vote)| {
            let mut vote = vote.clone();
            change(&mut vote);
            vote
        };
        let misshapen = [
            with(&|vote| vote.ballot.contests.truncate(0)),
            with(&|vote| vote.ballot.contests[0].selections.truncate(2)),
            with(&|vote| vote.ballot.contests[0].selections.truncate(0)),
            with(&|vote| vote.ballot.contests[0].sum_proof.truncate(0)),
        ];
        for vote in &misshapen {
            assert_refused(vote, Refusal::BallotShape);
        }
        // A contest, an option, a branch too many: the ballot is longer than one can be.
        let too_long = [
            with(&|vote| {
                let contest = vote.ballot.contests[0].clone();
                vote.ballot.contests.try_push(contest).expect("room");
            }),
            with(&|vote| {
                let selection = vote.ballot.contests[0].selections[0];
                vote.ballot.contests[0]
                    .selections
                    .try_push(selection)
                    .expect("room");
            }),
            with(&|vote| {
                let branch = vote.ballot.contests[0].sum_proof[0];
                vote.ballot.contests[0]
                    .sum_proof
                    .try_push(branch)
                    .expect("room");
            }),
        ];
        for vote in &too_long {
            assert_refused(vote, Refusal::TooLong);
        }
    });
}

#[test]
fn ballot_encoding() {
    const NO_POINT: EncodedPoint = EncodedPoint([0xFF; 32]);
    const NO_SCALAR: EncodedScalar = EncodedScalar([0xFF; 32]);
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let with = |change: &dyn Fn(&mut psephos_crypto::ballot::EncryptedContest)| {
            let mut vote = vote.clone();
            change(&mut vote.ballot.contests[0]);
            vote
        };
        let misencoded = [
            with(&|contest| contest.selections[1].ciphertext.r = NO_POINT),
            with(&|contest| contest.selections[1].ciphertext.c = EncodedPoint::IDENTITY),
            with(&|contest| contest.selections[1].ciphertext = Ciphertext::ZERO),
            with(&|contest| contest.selections[1].proof.commitments[1][0] = NO_POINT),
            with(&|contest| contest.selections[1].proof.challenge = NO_SCALAR),
            with(&|contest| contest.selections[1].proof.responses[1] = NO_SCALAR),
            with(&|contest| contest.sum_proof[0].commitment[1] = EncodedPoint::IDENTITY),
            with(&|contest| contest.sum_proof[0].challenge = NO_SCALAR),
        ];
        for vote in &misencoded {
            assert_refused(vote, Refusal::BallotEncoding);
        }
    });
}

#[test]
fn ballot_proof() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let other = election.vote(1, 1, &[&[0]]);
        let with = |change: &dyn Fn(&mut psephos_crypto::ballot::EncryptedContest)| {
            let mut vote = vote.clone();
            change(&mut vote.ballot.contests[0]);
            vote
        };
        let of_other = &other.ballot.contests[0];
        let unproved = [
            with(&|contest| contest.selections[0] = of_other.selections[0]),
            with(&|contest| contest.selections[0].proof = of_other.selections[0].proof),
            with(&|contest| contest.sum_proof = of_other.sum_proof.clone()),
            with(&|contest| contest.selections.as_mut().swap(0, 1)),
        ];
        for vote in &unproved {
            assert_refused(vote, Refusal::BallotProof);
        }
        assert_ok!(vote.cast());
    });
}

#[test]
fn not_ready_without_a_key() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        let stored = StoredKeys::of(election.id);
        let keys = stored.get();
        stored.remove();
        assert_refused(&vote, Refusal::NotReady);
        stored.put(&keys);
        assert_ok!(vote.cast());
    });
}

/// A vote in which everything is wrong is refused for the cheapest reason; put right, for the next.
#[test]
fn checks_come_in_the_protocols_order() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let plan = Plan {
            districts,
            issued: vec![1, 2],
            ..last_counts()
        };
        let election = Election::prepare(plan.clone());
        let right = election.vote(1, 1, &[&[0]]);
        let stolen = election.ballot(1, &voter(9), &[&[0]]);

        let mut vote = right.clone();
        vote.nonce = 7;
        vote.district = DistrictId(3);
        vote.ballot = stolen.clone();
        vote.ballot.contests[0].selections[0].ciphertext = Ciphertext::ZERO;
        let branch = vote.ballot.contests[0].sum_proof[0];
        for _ in 0..10 {
            vote.ballot.contests[0]
                .sum_proof
                .try_push(branch)
                .expect("room");
        }
        vote.credential = Default::default();
        let mut steps = vec![(vote.clone(), Refusal::NotVoting)];
        steps.push((vote.clone(), Refusal::UnknownDistrict));
        vote.district = DistrictId(1);
        steps.push((vote.clone(), Refusal::TooLong));
        vote.ballot.contests[0].sum_proof.truncate(0);
        steps.push((vote.clone(), Refusal::NonceAhead));
        vote.nonce = 0;
        steps.push((vote.clone(), Refusal::NoIssueLeft));
        steps.push((vote.clone(), Refusal::CredentialQuorum));
        vote.credential = election.credential_of(&[1, 0], 2, &voter(1));
        vote.credential[0].registrar = RegistrarIndex(8);
        steps.push((vote.clone(), Refusal::CredentialOrder));
        vote.credential.as_mut().swap(0, 1);
        steps.push((vote.clone(), Refusal::UnknownRegistrar));
        vote.credential[1].registrar = RegistrarIndex(1);
        steps.push((vote.clone(), Refusal::CredentialInvalid));
        vote.credential = right.credential.clone();
        steps.push((vote.clone(), Refusal::BallotShape));
        vote.ballot.contests[0].sum_proof = stolen.contests[0].sum_proof.clone();
        steps.push((vote.clone(), Refusal::BallotEncoding));
        vote.ballot = stolen;
        steps.push((vote.clone(), Refusal::BallotProof));

        let (before_opening, rest) = steps.split_first().expect("steps");
        assert_refused(&before_opening.0, before_opening.1);
        run_to(election.manifest.voting.start);
        for (vote, refusal) in rest {
            if *refusal == Refusal::CredentialQuorum {
                super::officials::issue(election.id, DistrictId(1), 1);
            }
            assert_refused(vote, *refusal);
        }
        vote.ballot = right.ballot;
        assert_ok!(vote.cast());
    });
}

#[test]
fn ballots_have_no_other_way_in() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let Vote {
            account,
            election,
            district,
            credential,
            ballot,
            ..
        } = election.vote(1, 1, &[&[0]]);
        let call = crate::Call::<Test>::cast {
            election,
            district,
            credential,
            ballot,
        };
        assert_eq!(
            BallotRegister::admits(&call, &account),
            Err(Refusal::NotAdmitted)
        );
    });
}
