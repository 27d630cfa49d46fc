//! What stands in which digest, held against bytes written by hand (PSE-VAL-7, PSE-VAL-8).

use codec::Encode;
use frame_support::assert_ok;
use psephos_primitives::{
    validators::{OwnershipProof, SessionKeys, REPORTABLE_SETS, SESSION_BLOCKS},
    BlockNumber,
};
use sp_core::Pair;
use sp_runtime::DigestItem;

use crate::{mock::*, Event, Handovers, Sets};

/// What announces a set with the keys made from these numbers.
fn aura_item(seeds: &[u8]) -> DigestItem {
    let list: Vec<_> = seeds.iter().map(|seed| keys(*seed).aura).collect();
    DigestItem::Consensus(*b"aura", (1u8, list).encode())
}

fn grandpa_item(seeds: &[u8]) -> DigestItem {
    let list: Vec<_> = seeds
        .iter()
        .map(|seed| (keys(*seed).grandpa, 1u64))
        .collect();
    DigestItem::Consensus(*b"FRNK", (1u8, list, 0u32).encode())
}

fn announcement(block: BlockNumber, seeds: &[u8]) -> [(BlockNumber, DigestItem); 2] {
    [(block, aura_item(seeds)), (block, grandpa_item(seeds))]
}

#[test]
fn a_set_that_does_not_change_is_not_announced() {
    build_and_execute(|| {
        assert_eq!(run_to(200), []);
        assert_eq!(Session::current_index(), 200 / SESSION_BLOCKS);
        assert_eq!(Grandpa::current_set_id(), 0);
    });
}

#[test]
fn a_change_is_announced_at_the_second_sessions_end() {
    build_and_execute(|| {
        assert_ok!(admit(5));
        assert_eq!(run_to(40), []);
        System::assert_has_event(Event::HandedOver { set: 1 }.into());
        assert_eq!(run_to(100), announcement(40, &[1, 2, 3, 4, 5]));
        assert_eq!(Grandpa::current_set_id(), 1);
        assert_eq!(Handovers::<Test>::get(1), Some(40));
    });
}

#[test]
fn what_is_decided_in_the_block_of_a_sessions_end_waits_for_the_next() {
    build_and_execute(|| {
        run_to(19);
        assert_ok!(admit(5));
        run_to(20);
        assert_ok!(admit(6));
        let announced = [
            announcement(40, &[1, 2, 3, 4, 5]),
            announcement(60, &[1, 2, 3, 4, 5, 6]),
        ];
        assert_eq!(run_to(100), announced.concat());
    });
}

#[test]
fn coming_and_going_within_a_session_changes_nothing() {
    build_and_execute(|| {
        assert_ok!(admit(5));
        assert_ok!(dismiss(5));
        assert_eq!(run_to(100), []);
    });
}

#[test]
fn an_order_that_changes_is_announced() {
    with_organisations(5, || {
        assert_ok!(dismiss(2));
        assert_ok!(admit(2));
        assert_eq!(run_to(100), announcement(40, &[1, 3, 4, 5, 2]));
    });
}

#[test]
fn a_key_that_is_taken_back_in_the_next_session_is_announced_twice() {
    build_and_execute(|| {
        run_to(2);
        assert_ok!(rotate(2, 20));
        run_to(22);
        assert_ok!(rotate(2, 2));
        let announced = [
            announcement(40, &[1, 20, 3, 4]),
            announcement(60, &[1, 2, 3, 4]),
        ];
        assert_eq!(run_to(100), announced.concat());
    });
}

#[test]
fn one_key_that_changes_is_announced_by_grandpa_alone_unless_it_seals_blocks() {
    build_and_execute(|| {
        let rotate = |keys, proof| {
            let origin = frame_system::RawOrigin::Signed(account(2)).into();
            ValidatorSet::rotate(origin, keys, proof)
        };
        let (old, new) = (keys(2), keys(20));
        let (by_old, by_new) = (proof(2, 2), proof(2, 20));
        assert_ok!(rotate(
            SessionKeys {
                aura: old.aura,
                grandpa: new.grandpa
            },
            OwnershipProof {
                aura: by_old.aura,
                grandpa: by_new.grandpa
            },
        ));
        run_to(21);
        assert_ok!(rotate(
            SessionKeys {
                aura: new.aura,
                grandpa: new.grandpa
            },
            OwnershipProof {
                aura: by_new.aura,
                grandpa: by_new.grandpa
            },
        ));
        let voters = grandpa_item(&[1, 20, 3, 4]);
        let announced = [
            (40, voters.clone()),
            (60, aura_item(&[1, 20, 3, 4])),
            // GRANDPA's list is the same, and its set another.
            (60, voters),
        ];
        assert_eq!(run_to(100), announced);
        assert_eq!(Grandpa::current_set_id(), 2);
    });
}

#[test]
fn an_organisation_in_anothers_place_with_its_keys_is_announced_by_grandpa_alone() {
    with_organisations(5, || {
        assert_ok!(dismiss(5));
        let origin = frame_system::RawOrigin::Root.into();
        assert_ok!(ValidatorSet::admit(
            origin,
            account(6),
            keys(5),
            proof(6, 5)
        ));
        assert_eq!(run_to(100), [(40, grandpa_item(&[1, 2, 3, 4, 5]))]);
    });
}

#[test]
fn no_session_ends_while_an_election_is_open() {
    build_and_execute(|| {
        let election = create_election(31);
        assert_ok!(admit(5));
        // Queued in block 20; the election opens in 31, so nothing happens in 40.
        assert_eq!(run_to(79), []);
        assert_eq!(Session::current_index(), 1);
        cancel_election(election);
        assert_eq!(run_to(100), announcement(80, &[1, 2, 3, 4, 5]));
    });
}

#[test]
fn the_session_ends_before_an_election_opens_in_the_same_block() {
    build_and_execute(|| {
        create_election(40);
        assert_ok!(admit(5));
        assert_eq!(run_to(100), announcement(40, &[1, 2, 3, 4, 5]));
        assert!(ValidatorSet::is_frozen());
    });
}

#[test]
fn the_last_sets_are_kept_and_no_others() {
    build_and_execute(|| {
        let last = REPORTABLE_SETS + 3;
        for set in 0..last {
            let seed = if set % 2 == 0 { 20 } else { 2 };
            assert_ok!(rotate(2, seed));
            run_to(System::block_number() + SESSION_BLOCKS);
        }
        run_to(System::block_number() + SESSION_BLOCKS);
        assert_eq!(Grandpa::current_set_id(), last);
        assert_eq!(
            Sets::<Test>::iter_keys().count() as u64,
            REPORTABLE_SETS + 1
        );
        assert!(!Sets::<Test>::contains_key(2));
        assert!(Sets::<Test>::contains_key(3));
        assert_eq!(Handovers::<Test>::iter_keys().count() as u64, last);
        assert_eq!(voter(2).public(), keys(2).grandpa);
    });
}
