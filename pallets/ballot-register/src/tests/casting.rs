//! What a cast ballot leaves in the state.

use super::{
    officials::{counts, Election, Plan, PICK_ONE},
    voters::{voter, Vote},
};
use crate::{
    ballot_box::{FlatSums, DISCARDED_PER_BLOCK},
    mock::*,
    Error, Event, LatestCiphertexts, RawOrigin, Sums, WeightInfo,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, weights::Weight};
use frame_system::{EventRecord, Phase};
use psephos_crypto::elgamal::Ciphertext;
use psephos_primitives::{
    hashing::blake2_256, limits::BALLOTS_PER_PAGE, phase::CancelReason, register::DistrictCounts,
    AccountId, BallotRecord, DistrictId, ElectionId, Hash, RevotePolicy, Text,
};
use sp_runtime::DispatchError;

fn last_counts() -> Plan {
    Plan {
        revote: RevotePolicy::LastCounts,
        ..Plan::default()
    }
}

fn dispatch(vote: &Vote, origin: RuntimeOrigin) -> Result<(), DispatchError> {
    let Vote {
        election,
        district,
        credential,
        ballot,
        ..
    } = vote.clone();
    BallotRegister::cast(origin, election, district, credential, ballot)
}

#[test]
fn a_ballot_can_be_found_by_index_account_and_tracker() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let (first, second) = (election.vote(1, 1, &[&[0]]), election.vote(1, 2, &[&[1]]));
        assert_ok!(first.cast());
        run_to(election.manifest.voting.start + 2);
        assert_ok!(second.cast());

        assert_eq!(BallotRegister::ballot_count(election.id), 2);
        let found = BallotRegister::ballot_by_index(election.id, 1).expect("cast");
        let record = BallotRecord {
            account: voter(2),
            tracker: second.ballot.tracker(),
            district: DistrictId(1),
            block: election.manifest.voting.start + 2,
            supersedes: None,
        };
        assert_eq!((found.index, &found.record), (1, &record));
        let by_tracker = BallotRegister::ballot_by_tracker(election.id, record.tracker);
        assert_eq!(by_tracker.as_ref(), Some(&found));
        assert_eq!(
            BallotRegister::ballots_by_account(election.id, &voter(2)),
            vec![found]
        );
        assert_eq!(BallotRegister::ballot_nonce(election.id, &voter(2)), 1);

        assert_eq!(BallotRegister::ballot_by_index(election.id, 2), None);
        assert_eq!(
            BallotRegister::ballot_by_tracker(election.id, Hash::zero()),
            None
        );
        assert_eq!(
            BallotRegister::ballots_by_account(election.id, &voter(3)),
            vec![]
        );
        assert_eq!(BallotRegister::ballot_nonce(election.id, &voter(3)), 0);
        assert_eq!(BallotRegister::ballot_count(ElectionId(2)), 0);
    });
}

#[test]
fn the_event_has_election_tracker_and_account_for_topics() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        assert_ok!(vote.cast());
        let tracker = vote.ballot.tracker();
        let event = Event::BallotCast {
            election: election.id,
            district: DistrictId(1),
            index: 0,
            tracker,
            account: voter(1),
        };
        let expected = EventRecord {
            phase: Phase::Initialization,
            event: event.into(),
            topics: vec![
                pallet_elections::event_topic(election.id),
                tracker,
                Hash::repeat_byte(1),
            ],
        };
        assert_eq!(System::events().last(), Some(&expected));
    });
}

#[test]
fn counts_and_sums_by_district() {
    build_and_execute(|| {
        let two = psephos_crypto::ballot::ContestRule {
            id: 4,
            options: 2,
            ..PICK_ONE
        };
        let districts = vec![vec![PICK_ONE, two], vec![PICK_ONE]];
        let election = Election::open(Plan {
            districts,
            issued: vec![3, 2],
            ..Plan::default()
        });
        let zeros = vec![vec![Ciphertext::ZERO; 3], vec![Ciphertext::ZERO; 2]];
        assert_eq!(
            BallotRegister::sums(election.id, DistrictId(1)),
            Some(zeros)
        );
        let vote = election.vote(1, 1, &[&[0], &[1]]);
        assert_ok!(vote.cast());

        // The sums of one ballot are its ciphertexts.
        let cast: Vec<Vec<Ciphertext>> = vote
            .ballot
            .contests
            .iter()
            .map(|contest| {
                contest
                    .selections
                    .iter()
                    .map(|one| one.ciphertext)
                    .collect()
            })
            .collect();
        assert_eq!(BallotRegister::sums(election.id, DistrictId(1)), Some(cast));
        assert_eq!(BallotRegister::sums(election.id, DistrictId(3)), None);
        let count = |district, issued, cast| DistrictCounts {
            district: DistrictId(district),
            participating: issued,
            issued,
            cast,
        };
        assert_eq!(
            BallotRegister::counts(election.id),
            Some(vec![count(1, 3, 1), count(2, 2, 0)])
        );
        assert_eq!(BallotRegister::counts(ElectionId(2)), None);
    });
}

#[test]
fn records_go_on_to_the_next_page() {
    build_and_execute(|| {
        let voters = BALLOTS_PER_PAGE + 2;
        let election = Election::open(Plan {
            issued: vec![voters],
            ..Plan::default()
        });
        for number in 1..=voters as u8 {
            assert_ok!(election.vote(1, number, &[&[2]]).cast());
        }
        for index in 0..voters {
            let found = BallotRegister::ballot_by_index(election.id, index).expect("cast");
            assert_eq!(found.record.account, voter(index as u8 + 1));
        }
        assert_eq!(crate::BallotPages::<Test>::get(election.id, 1).len(), 2);
    });
}

/// Where revoting is forbidden, 200 bytes of new state a ballot, keys included (PSE-BAL-7).
#[test]
fn a_ballot_takes_at_most_200_bytes_of_state() {
    build_and_execute(|| {
        let voters = 2 * BALLOTS_PER_PAGE;
        let election = Election::open(Plan {
            issued: vec![voters + 1],
            ..Plan::default()
        });
        // What a district pays once is not the ballots'.
        assert_ok!(election.vote(1, 255, &[&[0]]).cast());
        let before = state_bytes();
        for number in 1..=voters as u8 {
            assert_ok!(election.vote(1, number, &[&[0]]).cast());
        }
        let each = (state_bytes() - before) as f64 / f64::from(voters);
        println!("state per ballot: {each:.1} bytes, keys included");
        assert!(each <= 200.0, "{each} bytes");
        let body = election.vote(1, 200, &[&[0]]).length();
        println!("body per 1-of-3 ballot, two registrars' signatures included: {body} bytes");
    });
}

/// Keys and values of everything that this pallet stores.
fn state_bytes() -> usize {
    let prefix = psephos_primitives::hashing::twox_128(b"BallotRegister").to_vec();
    let mut total = 0;
    let mut key = prefix.clone();
    while let Some(next) = sp_io::storage::next_key(&key).filter(|key| key.starts_with(&prefix)) {
        total += next.len() + sp_io::storage::get(&next).map_or(0, |value| value.len());
        key = next;
    }
    total
}

#[test]
fn of_several_ballots_the_last_counts() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        let first = election.vote(1, 1, &[&[0]]);
        assert_ok!(first.cast());
        assert_ok!(election.vote(1, 2, &[&[0]]).cast());
        assert_ok!(election.vote_again(1, 1, 1, &[&[1]]).cast());
        assert_ok!(election.vote_again(1, 1, 2, &[&[2]]).cast());
        // An older ballot over the newer one.
        assert_eq!(first.cast(), Err(psephos_primitives::Refusal::OldBallot));

        let mine = BallotRegister::ballots_by_account(election.id, &voter(1));
        let chain: Vec<_> = mine
            .iter()
            .map(|one| (one.index, one.record.supersedes))
            .collect();
        assert_eq!(chain, vec![(3, Some(2)), (2, Some(0)), (0, None)]);
        assert_eq!(BallotRegister::ballot_nonce(election.id, &voter(1)), 3);
        assert_eq!(BallotRegister::ballot_count(election.id), 4);

        let result = election.tally();
        assert_eq!(result.districts[0].ballots, 2);
        assert_eq!(counts(&result, 1), Some(vec![vec![1, 0, 1]]));
    });
}

#[test]
fn ciphertexts_are_kept_for_a_revote_and_go_when_voting_has_ended() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        for number in 1..=3 {
            assert_ok!(election.vote(1, number, &[&[0]]).cast());
        }
        let kept = || LatestCiphertexts::<Test>::iter_prefix_values(election.id).count();
        assert_eq!(kept(), 3);
        // In blocks of their own, or all of them are in the overlay and go at once.
        System::set_block_number(election.manifest.voting.end - 1);
        election.close();
        // A full block has no time for it.
        assert_eq!(
            BallotRegister::discard_ciphertexts(Weight::zero()),
            Weight::zero()
        );
        assert_eq!(kept(), 3);
        assert!(BallotRegister::discard_ciphertexts(Weights::get().max_block).ref_time() > 0);
        assert_eq!(kept(), 0);
        assert_eq!(crate::Discarding::<Test>::iter_keys().count(), 0);
        election.tally();
    });
}

#[test]
fn ciphertexts_of_a_cancelled_election_go_in_bounded_steps() {
    let mut chain = chain();
    let kept = |election: &Election| {
        LatestCiphertexts::<Test>::iter_prefix_values(election.id).count() as u32
    };
    let election = chain.execute_with(|| {
        let election = Election::open(last_counts());
        for number in 1..=3 {
            assert_ok!(election.vote(1, number, &[&[0]]).cast());
        }
        let reason = CancelReason::Consortium(Text::new("flood").expect("a text"));
        assert_ok!(Elections::cancel_because(election.id, reason));
        // As many more as take a second block.
        let some = FlatSums::truncate_from(vec![Ciphertext::ZERO; 3]);
        for other in 0..DISCARDED_PER_BLOCK {
            let account = AccountId::new(blake2_256(&other.to_le_bytes()));
            LatestCiphertexts::<Test>::insert(election.id, account, some.clone());
        }
        BallotRegister::check_invariants().expect("they are on their way out");
        election
    });
    let whole = Weights::get().max_block;
    for left in [3, 0] {
        // In a block of its own, or what is in the overlay goes at once.
        chain.commit_all().expect("no transaction is open");
        chain.execute_with(|| {
            assert!(crate::Discarding::<Test>::contains_key(election.id));
            let weight = BallotRegister::discard_ciphertexts(whole);
            assert_eq!(kept(&election), left);
            let step = <Test as crate::Config>::WeightInfo::discard(DISCARDED_PER_BLOCK);
            assert!(weight.all_lte(step) && step.all_lte(whole.saturating_div(4)));
        });
    }
    chain.execute_with(|| {
        assert!(!crate::Discarding::<Test>::contains_key(election.id));
        BallotRegister::check_invariants().expect("the invariants hold");
        // Nothing is left over from a corrupt state either.
        let some = FlatSums::truncate_from(vec![Ciphertext::ZERO; 3]);
        LatestCiphertexts::<Test>::insert(election.id, voter(1), some);
        assert_eq!(
            BallotRegister::check_invariants(),
            Err("ciphertexts are kept that nothing will discard".into())
        );
    });
}

#[test]
fn cancelling_discards_nothing_where_nothing_is_kept() {
    let reason = || CancelReason::Consortium(Text::new("flood").expect("a text"));
    for plan in [Plan::default(), last_counts()] {
        build_and_execute(|| {
            let election = Election::open(plan);
            assert_ok!(Elections::cancel_because(election.id, reason()));
            assert_eq!(crate::Discarding::<Test>::iter_keys().count(), 0);
        });
    }
    // The closing block has settled it.
    build_and_execute(|| {
        let election = Election::open(last_counts());
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        election.close();
        BallotRegister::discard_ciphertexts(Weights::get().max_block);
        assert_ok!(Elections::cancel_because(election.id, reason()));
        assert_eq!(crate::Discarding::<Test>::iter_keys().count(), 0);
    });
}

#[test]
fn nothing_is_kept_where_revoting_is_forbidden() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        assert_eq!(
            LatestCiphertexts::<Test>::iter_prefix_values(election.id).count(),
            0
        );
    });
}

#[test]
fn only_what_was_admitted_is_cast() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        let vote = election.vote(1, 1, &[&[0]]);
        for origin in [
            RuntimeOrigin::root(),
            RuntimeOrigin::none(),
            RuntimeOrigin::signed(voter(1)),
            RuntimeOrigin::signed(pallet_elections::sample::trustee(1)),
        ] {
            assert_noop!(dispatch(&vote, origin), DispatchError::BadOrigin);
        }
        assert_ok!(vote.cast());
    });
}

/// None of these can be reached by anything that is sent: the state must have been corrupted.
#[test]
fn a_corrupt_state_is_said_to_be_so() {
    build_and_execute(|| {
        let election = Election::open(last_counts());
        let origin = || RuntimeOrigin::from(RawOrigin::Voter(voter(1)));
        let vote = election.vote(1, 1, &[&[0]]);

        let elsewhere = Vote {
            election: ElectionId(2),
            ..vote.clone()
        };
        assert_noop!(
            dispatch(&elsewhere, origin()),
            Error::<Test>::UnknownElection
        );
        let nowhere = Vote {
            district: DistrictId(2),
            ..vote.clone()
        };
        assert_noop!(dispatch(&nowhere, origin()), Error::<Test>::UnknownDistrict);

        assert_ok!(vote.cast());
        let again = election.vote_again(1, 1, 1, &[&[1]]);
        let kept = LatestCiphertexts::<Test>::take(election.id, voter(1)).expect("kept");
        assert_noop!(dispatch(&again, origin()), Error::<Test>::InconsistentState);
        LatestCiphertexts::<Test>::insert(election.id, voter(1), kept);
        let sums = Sums::<Test>::get(election.id, DistrictId(1)).expect("one ballot");
        let mut short = sums.clone();
        short.truncate(2);
        Sums::<Test>::insert(election.id, DistrictId(1), short);
        assert_noop!(dispatch(&again, origin()), Error::<Test>::InconsistentState);
        Sums::<Test>::insert(election.id, DistrictId(1), sums);
        assert_ok!(again.cast());
        assert_eq!(again.ballot.encode().len(), vote.ballot.encode().len());
    });
}
