//! Published attacks, numbered as in the threat model. Each test keeps the input that would
//! have succeeded against the system that it comes from, and the honest one that must still pass.

use super::{
    officials::{counts, stranger, Election, Plan, PICK_ONE},
    voters::{voter, Vote},
};
use crate::{mock::*, Error, RawOrigin, Results};
use codec::Decode;
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use pallet_elections::sample::{registrar, trustee};
use psephos_crypto::{
    ballot::{ciphertexts, ContestRule},
    elgamal::{add, Ciphertext},
};
use psephos_primitives::{
    limits::MAX_INVALID_SHARES, tally::DistrictShares, Ballot, BlockRange, DistrictId, Phase,
    Refusal, RevotePolicy,
};
use sp_runtime::DispatchError;

const DISTRICT: DistrictId = DistrictId(1);

fn submit_as(
    election: &Election,
    who: RuntimeOrigin,
    shares: DistrictShares,
) -> Result<(), DispatchError> {
    BallotRegister::submit_shares(who, election.id, DISTRICT, shares)
        .map(|_| ())
        .map_err(|error| error.error)
}

/// Moscow 2019: the contract's owner could store any result and whitelist any address.
#[test]
fn attack_3_nobody_writes_a_result_votes_without_a_credential_or_adds_ballots() {
    build_and_execute(|| {
        let election = Election::open(Plan {
            issued: vec![1],
            ..Plan::default()
        });
        let vote = election.vote(1, 1, &[&[0]]);
        // Without a credential, and with one that the account made itself the registrar of.
        let without = Vote {
            credential: Default::default(),
            ..vote.clone()
        };
        assert_eq!(without.cast(), Err(Refusal::CredentialQuorum));
        // Straight to the call, as root, as an official, as the voter.
        let Vote {
            election: id,
            district,
            credential,
            ballot,
            ..
        } = vote.clone();
        for origin in [
            RuntimeOrigin::root(),
            RuntimeOrigin::none(),
            RuntimeOrigin::signed(registrar(0)),
            RuntimeOrigin::signed(voter(1)),
        ] {
            let (credential, ballot) = (credential.clone(), ballot.clone());
            assert_noop!(
                BallotRegister::cast(origin, id, district, credential, ballot),
                DispatchError::BadOrigin
            );
        }
        assert_ok!(vote.cast());
        // A ballot beyond the register, though q registrars have signed for its account.
        assert_eq!(
            election.vote(1, 2, &[&[0]]).cast(),
            Err(Refusal::NoIssueLeft)
        );
        // No call has a result in it; whoever else sends shares is refused.
        election.close();
        for who in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
            assert_noop!(
                submit_as(&election, who, election.shares(1, 1)),
                DispatchError::BadOrigin
            );
        }
        for who in [stranger(), registrar(0), voter(1)] {
            assert_noop!(
                submit_as(&election, RuntimeOrigin::signed(who), election.shares(1, 1)),
                Error::<Test>::NotATrustee
            );
        }
        assert_eq!(counts(&election.tally(), 1), Some(vec![vec![1, 0, 0]]));
    });
}

/// Moscow 2021: malformed ballots could make the decoder panic or hold up closing.
#[test]
fn attack_7_malformed_input_never_enters_and_never_delays_the_result() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[1]]);
        let mut malformed = Vec::new();
        for byte in [0x00, 0x01, 0x7F, 0xFF] {
            let mut contest = vote.ballot.contests[0].clone();
            contest.selections[0].ciphertext.r.0 = [byte; 32];
            let mut contests = vote.ballot.contests.clone();
            contests[0] = contest;
            malformed.push(Vote {
                ballot: Ballot { contests },
                ..vote.clone()
            });
        }
        malformed.push(Vote {
            ballot: Ballot {
                contests: Default::default(),
            },
            ..vote.clone()
        });
        for vote in &malformed {
            assert!(matches!(
                vote.cast(),
                Err(Refusal::BallotEncoding | Refusal::BallotShape)
            ));
        }
        // A list that claims a gigabyte of contests does not decode.
        let claims = Ballot::decode(&mut &[0x02, 0x00, 0x00, 0xFF][..]);
        let exceeds = codec::Error::from("BoundedVec exceeds its limit");
        assert_eq!(
            claims,
            Err(exceeds.chain("Could not decode `Ballot::contests`"))
        );
        assert_ok!(vote.cast());
        election.close();
        let garbage = vec![election.shares(1, 1)[0]; 64].try_into().expect("room");
        assert_ok!(election.submit(1, 1, garbage));
        let mut identity = election.shares(1, 1);
        identity[0].commitment[0].0 = [0; 32];
        assert_ok!(election.submit(1, 1, identity));
        assert_eq!(election.share_record(1, 1).invalid, 2);
        assert_eq!(counts(&election.tally(), 1), Some(vec![vec![0, 1, 0]]));
    });
}

/// Moscow 2021: results were delayed.
#[test]
fn attack_8_late_ballots_and_absent_trustees_change_nothing() {
    build_and_execute(|| {
        let plan = Plan {
            trustees: 5,
            threshold: 3,
            ..Plan::default()
        };
        let election = Election::open(plan);
        let (vote, late) = (election.vote(1, 1, &[&[1]]), election.vote(1, 2, &[&[0]]));
        let last_block = election.manifest.voting.end - 1;
        run_to(last_block);
        assert_ok!(vote.cast());
        let frozen = BallotRegister::sums(election.id, DISTRICT);
        election.close();
        assert_eq!(late.cast(), Err(Refusal::NotVoting));
        assert_eq!(BallotRegister::sums(election.id, DISTRICT), frozen);
        // No call moves the closing block.
        let voting = Elections::terms(election.id).expect("it exists").voting;
        assert_eq!(
            voting,
            BlockRange {
                start: voting.start,
                end: last_block + 1
            }
        );
        // Trustees 1 and 4 never show up.
        for trustee in [5, 2, 3] {
            assert_eq!(BallotRegister::result(election.id), None);
            assert_ok!(election.submit(trustee, 1, election.shares(trustee, 1)));
        }
        let result = BallotRegister::result(election.id).expect("published");
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 1, 0]]));
        assert_eq!(late.cast(), Err(Refusal::ElectionOver));
    });
}

/// Helios, siv: someone else's ballot, cast again.
#[test]
fn attack_10_copied_ballots_are_refused() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let issued = vec![3, 3];
        let election = Election::open(Plan {
            districts,
            issued,
            ..Plan::default()
        });
        let victim = election.vote(1, 1, &[&[1]]);
        let mallory = election.vote(1, 2, &[&[0]]);
        let with = |ballot: &Ballot| Vote {
            ballot: ballot.clone(),
            ..mallory.clone()
        };

        // Exact, before the victim's own is in and after.
        assert_eq!(with(&victim.ballot).cast(), Err(Refusal::BallotProof));
        assert_ok!(victim.cast());
        assert_eq!(with(&victim.ballot).cast(), Err(Refusal::DuplicateTracker));

        // Re-randomised: an encryption of 0 is added to each ciphertext.
        let zero = *ciphertexts(&mallory.ballot.contests)
            .nth(2)
            .expect("three options");
        let mut rerandomised = victim.ballot.clone();
        for selection in rerandomised.contests[0].selections.iter_mut() {
            let sum = core::slice::from_mut(&mut selection.ciphertext);
            add(sum, [zero].iter()).expect("they decode");
        }
        assert_eq!(with(&rerandomised).cast(), Err(Refusal::BallotProof));

        // Permuted.
        let mut permuted = victim.ballot.clone();
        permuted.contests[0].selections.as_mut().swap(0, 2);
        assert_eq!(with(&permuted).cast(), Err(Refusal::BallotProof));

        // The victim's ciphertexts under proofs of one's own.
        let mut transplanted = mallory.ballot.clone();
        let pairs = transplanted.contests[0].selections.iter_mut();
        for (mine, theirs) in pairs.zip(&victim.ballot.contests[0].selections) {
            mine.ciphertext = theirs.ciphertext;
        }
        assert_eq!(with(&transplanted).cast(), Err(Refusal::BallotProof));

        // In another district, where the account has a credential.
        let elsewhere = Vote {
            ballot: victim.ballot.clone(),
            ..election.vote(2, 2, &[&[0]])
        };
        assert_eq!(
            Vote {
                ballot: mallory.ballot.clone(),
                ..elsewhere
            }
            .cast(),
            Err(Refusal::BallotProof)
        );
        assert_ok!(mallory.cast());
    });
}

/// The same, between two elections of one chain with the same keys of registrars.
#[test]
fn attack_10_ballots_of_another_election_are_refused() {
    build_and_execute(|| {
        let first = Election::open(Plan::default());
        let vote = first.vote(1, 1, &[&[1]]);
        assert_ok!(vote.cast());
        first.close();
        let second = Election::open(Plan {
            opening: 60,
            ..Plan::default()
        });
        let own = second.vote(1, 1, &[&[0]]);
        let moved = Vote {
            election: second.id,
            ..vote.clone()
        };
        assert_eq!(moved.cast(), Err(Refusal::CredentialInvalid));
        let readmitted = Vote {
            credential: own.credential.clone(),
            ..moved
        };
        assert_eq!(readmitted.cast(), Err(Refusal::BallotProof));
        assert_ok!(own.cast());
    });
}

/// Belenios: one bad share stalled the tally.
#[test]
fn attack_13_good_shares_win_over_any_number_of_bad_ones() {
    build_and_execute(|| {
        let plan = Plan {
            trustees: 5,
            threshold: 3,
            ..Plan::default()
        };
        let election = Election::open(plan);
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        assert_ok!(election.vote(1, 2, &[&[1]]).cast());
        election.close();
        // Two trustees flood with each other's shares, before, between and after.
        for (bad, of) in [(4, 5), (5, 4)] {
            for _ in 0..MAX_INVALID_SHARES {
                assert_ok!(election.submit(bad, 1, election.shares(of, 1)));
            }
            assert_eq!(
                election
                    .submit(bad, 1, election.shares(of, 1))
                    .map_err(|error| error.error),
                Err(Error::<Test>::TooManyInvalidShares.into())
            );
        }
        for good in [1, 2, 3] {
            assert_eq!(BallotRegister::result(election.id), None);
            assert_ok!(election.submit(good, 1, election.shares(good, 1)));
        }
        let result = BallotRegister::result(election.id).expect("published");
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 2, 0]]));
        for (trustee, invalid) in [(1, 0), (4, MAX_INVALID_SHARES), (5, MAX_INVALID_SHARES)] {
            assert_eq!(election.share_record(trustee, 1).invalid, invalid);
        }
    });
}

/// Swiss Post 2019: a decryption proof that did not bind what it was about.
#[test]
fn attack_14_a_share_is_bound_to_its_sum_its_trustee_and_its_district() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let issued = vec![2, 2];
        let election = Election::open(Plan {
            districts,
            issued,
            ..Plan::default()
        });
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        assert_ok!(election.vote(2, 2, &[&[0]]).cast());
        election.close();
        let own = election.shares(1, 1);
        let mut of_another_option = own.clone();
        of_another_option.as_mut().swap(0, 1);
        let mut without_proof = own.clone();
        without_proof[0].share = election.shares(2, 1)[0].share;
        let mut adapted = own.clone();
        adapted[0].commitment = election.shares(1, 1)[0].commitment;
        let forged = [
            of_another_option,
            election.shares(2, 1),
            election.shares(1, 2),
        ];
        for shares in forged {
            assert_ok!(election.submit(1, 1, shares));
        }
        assert_eq!(election.share_record(1, 1).invalid, 3);
        for shares in [without_proof, adapted] {
            assert_ok!(election.submit(3, 1, shares));
        }
        assert_eq!(election.share_record(3, 1).invalid, 2);
        assert_eq!(election.share_record(3, 1).accepted, None);
        assert_ok!(election.submit(3, 1, election.shares(3, 1)));
        assert_ok!(election.submit(2, 1, election.shares(2, 1)));
        assert!(!election.is_pending(1));
    });
}

/// Clash: two voters were shown one receipt.
#[test]
fn attack_17_two_accounts_never_share_a_tracker() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let (one, other) = (election.vote(1, 1, &[&[1]]), election.vote(1, 2, &[&[1]]));
        assert_ne!(one.ballot.tracker(), other.ballot.tracker());
        assert_ok!(one.cast());
        // What a clashing device would do: cast the first voter's ballot for the second.
        let clash = Vote {
            ballot: one.ballot.clone(),
            ..other.clone()
        };
        assert_eq!(clash.cast(), Err(Refusal::DuplicateTracker));
        assert_ok!(other.cast());
        for vote in [one, other] {
            let found = BallotRegister::ballot_by_tracker(election.id, vote.ballot.tracker());
            assert_eq!(found.expect("cast").record.account, vote.account);
        }
    });
}

/// Helios: an administrator tallied a single ballot.
#[test]
fn attack_20_the_chain_takes_no_shares_of_too_few_ballots() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let plan = Plan {
            districts,
            issued: vec![2, 2],
            minimum_ballots: 2,
            ..Plan::default()
        };
        let election = Election::open(plan);
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        assert_ok!(election.vote(2, 2, &[&[1]]).cast());
        assert_ok!(election.vote(2, 3, &[&[1]]).cast());
        // Not while voting is open, when a sum may be that of one ballot.
        assert_noop!(
            election
                .submit(1, 2, election.shares(1, 2))
                .map_err(|error| error.error),
            Error::<Test>::NotTallying
        );
        election.close();
        assert_noop!(
            election
                .submit(1, 1, election.shares(1, 1))
                .map_err(|error| error.error),
            Error::<Test>::NotTallying
        );
        let result = election.tally();
        assert_eq!(counts(&result, 1), None);
        assert_eq!(counts(&result, 2), Some(vec![vec![0, 2, 0]]));
    });
}

/// Provotum: double-vote checks were left for later, weights were flat.
#[test]
fn attack_21_double_casting_counts_once_and_weights_follow_the_ballot() {
    for revote in [RevotePolicy::Forbidden, RevotePolicy::LastCounts] {
        build_and_execute(|| {
            let election = Election::open(Plan {
                revote,
                ..Plan::default()
            });
            let vote = election.vote(1, 1, &[&[1]]);
            assert_ok!(vote.cast());
            let again = match revote {
                RevotePolicy::Forbidden => Refusal::AlreadyVoted,
                RevotePolicy::LastCounts => Refusal::OldBallot,
            };
            assert_eq!(vote.cast(), Err(again));
            assert_ok!(election.vote(1, 2, &[&[1]]).cast());
            let result = election.tally();
            assert_eq!(result.districts[0].ballots, 2);
            assert_eq!(counts(&result, 1), Some(vec![vec![0, 2, 0]]));
        });
    }
    build_and_execute(|| {
        let rule = |options| ContestRule {
            id: 1,
            options,
            min: 0,
            max: 1,
            blank: false,
        };
        let districts = vec![vec![rule(2)], vec![rule(20)]];
        let election = Election::open(Plan {
            districts,
            issued: vec![1, 1],
            ..Plan::default()
        });
        let weight = |vote: Vote| {
            let Vote {
                election,
                district,
                credential,
                ballot,
                ..
            } = vote;
            let call = crate::Call::<Test>::cast {
                election,
                district,
                credential,
                ballot,
            };
            call.get_dispatch_info().call_weight.ref_time()
        };
        let (small, large) = (election.vote(1, 1, &[&[]]), election.vote(2, 2, &[&[]]));
        // Ten times the options are paid for, and so is each registrar's signature.
        let (small, large, unsigned) = (
            weight(small.clone()),
            weight(large),
            weight(Vote {
                credential: Default::default(),
                ..small
            }),
        );
        assert_eq!(large - small, 18 * 360_000_000);
        assert_eq!(small - unsigned, 2 * 1_200_000_000);
    });
}

/// What decides a phase is the block alone: nothing an official sends ends voting early.
#[test]
fn attack_8_trustees_cannot_begin_the_tally() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        for from in 1..=3 {
            assert_noop!(
                submit_as(
                    &election,
                    RuntimeOrigin::signed(trustee(from)),
                    election.shares(from, 1)
                ),
                Error::<Test>::NotTallying
            );
        }
        assert_eq!(Elections::phase(election.id), Some(Phase::Voting));
        assert_eq!(Results::<Test>::get(election.id), None);
        let origin = RuntimeOrigin::from(RawOrigin::Voter(voter(1)));
        assert_noop!(
            submit_as(&election, origin, election.shares(1, 1)),
            DispatchError::BadOrigin
        );
        assert_ne!(
            BallotRegister::sums(election.id, DISTRICT),
            Some(vec![vec![Ciphertext::ZERO; 3]])
        );
    });
}
