use frame_support::{assert_noop, assert_ok};
use frame_system::{EventRecord, Phase as BlockPhase};
use pallet_elections::event_topic;
use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_BALLOTS_PER_DISTRICT},
    phase::CancelReason,
    register::VoterRecord,
    DistrictId, RegistrarIndex, VoterNumber,
};

use crate::{mock::*, voter_topic, Counts, DistrictCounts, Error, Event};

fn participating(district: DistrictId) -> u32 {
    VoterRegister::counts(ELECTION, district).participating
}

#[test]
fn a_voter_takes_part_once_a_quorum_says_so() {
    build_and_execute(|| {
        assert_eq!(VoterRegister::voter(ELECTION, ALICE), None);
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        let pending = VoterRecord {
            district: EAST,
            recorded_by: 0b001,
            participating: false,
            issued_by: 0,
            issued: false,
            changed: 0,
        };
        assert_eq!(VoterRegister::voter(ELECTION, ALICE), Some(pending));
        assert_eq!(participating(EAST), 0);

        go_to(START + 5);
        assert_ok!(participate(2, ELECTION, &[(ALICE, EAST)]));
        let taking_part = VoterRecord {
            recorded_by: 0b101,
            participating: true,
            changed: START + 5,
            ..pending
        };
        assert_eq!(VoterRegister::voter(ELECTION, ALICE), Some(taking_part));
        assert_eq!(participating(EAST), 1);

        // The third only adds its support.
        go_to(START + 6);
        assert_ok!(participate(1, ELECTION, &[(ALICE, EAST)]));
        let supported_by_all = VoterRecord {
            recorded_by: 0b111,
            ..taking_part
        };
        assert_eq!(
            VoterRegister::voter(ELECTION, ALICE),
            Some(supported_by_all)
        );
        assert_eq!(participating(EAST), 1);
        assert_eq!(participating(WEST), 0);
        // Another election's register is another register.
        assert_eq!(VoterRegister::voter(SINGLE, ALICE), None);
    });
}

#[test]
fn a_voter_finds_what_happened_by_topic() {
    build_and_execute(|| {
        assert_ok!(participate(0, SINGLE, &[(ALICE, EAST), (BOB, WEST)]));
        let record = |topic, event: Event<Test>| EventRecord {
            phase: BlockPhase::Initialization,
            event: event.into(),
            topics: vec![topic],
        };
        let joined = |voter, district| {
            let event = Event::Participating {
                election: SINGLE,
                voter,
                district,
            };
            record(voter_topic(SINGLE, voter), event)
        };
        let recorded = Event::ParticipationRecorded {
            election: SINGLE,
            registrar: RegistrarIndex(0),
            voters: 2,
        };
        let expected = [
            joined(ALICE, EAST),
            joined(BOB, WEST),
            record(event_topic(SINGLE), recorded),
        ];
        assert_eq!(System::events(), expected);
        assert_ne!(voter_topic(SINGLE, ALICE), voter_topic(ELECTION, ALICE));
        assert_ne!(voter_topic(SINGLE, ALICE), voter_topic(SINGLE, BOB));
        let preimage = b"psephos/voter\x02\0\0\0\xCE\x11\x0A\0\0\0\0\0";
        assert_eq!(
            voter_topic(SINGLE, ALICE).0,
            psephos_primitives::hashing::blake2_256(preimage)
        );
    });
}

#[test]
fn a_list_is_recorded_whole_or_not_at_all() {
    build_and_execute(|| {
        let carol = VoterNumber(3);
        assert_noop!(
            participate(
                0,
                SINGLE,
                &[(ALICE, EAST), (BOB, DistrictId(3)), (carol, WEST)]
            ),
            Error::<Test>::UnknownDistrict
        );
        assert_noop!(
            participate(0, SINGLE, &[(ALICE, EAST), (ALICE, EAST)]),
            Error::<Test>::AlreadyRecorded
        );
        assert_noop!(participate(0, SINGLE, &[]), Error::<Test>::NoVoters);
    });
}

#[test]
fn one_registrar_is_one_registrar() {
    build_and_execute(|| {
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_noop!(
            participate(0, ELECTION, &[(ALICE, EAST)]),
            Error::<Test>::AlreadyRecorded
        );
        // Not in another district either.
        assert_noop!(
            participate(0, ELECTION, &[(ALICE, WEST)]),
            Error::<Test>::AlreadyRecorded
        );
        assert_eq!(participating(EAST), 0);
    });
}

#[test]
fn participation_changes_inside_the_registration_range_only() {
    build_and_execute(|| {
        go_to(START - 1);
        assert_noop!(
            participate(0, SINGLE, &[(ALICE, EAST)]),
            Error::<Test>::NotRegistering
        );
        go_to(END - 1);
        assert_ok!(participate(0, SINGLE, &[(ALICE, EAST)]));
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        go_to(END);
        assert_noop!(
            participate(0, SINGLE, &[(BOB, EAST)]),
            Error::<Test>::NotRegistering
        );
        assert_noop!(withdraw(0, SINGLE, ALICE), Error::<Test>::NotRegistering);
        assert_noop!(withdraw(0, ELECTION, ALICE), Error::<Test>::NotRegistering);
    });
}

#[test]
fn nothing_changes_in_a_cancelled_election() {
    build_and_execute(|| {
        assert_ok!(participate(0, SINGLE, &[(ALICE, EAST)]));
        assert_ok!(Elections::cancel_because(
            SINGLE,
            CancelReason::TooFewTrustees
        ));
        assert_noop!(
            participate(0, SINGLE, &[(BOB, EAST)]),
            Error::<Test>::NotRegistering
        );
        assert_noop!(withdraw(0, SINGLE, ALICE), Error::<Test>::NotRegistering);
        assert_noop!(issue(0, SINGLE, &[ALICE]), Error::<Test>::NotVoting);
    });
}

#[test]
fn a_voter_withdraws_and_returns_once_a_day() {
    build_and_execute(|| {
        assert_ok!(participate(0, SINGLE, &[(ALICE, EAST)]));
        go_to(START + CHANGE_INTERVAL - 1);
        assert_noop!(
            withdraw(0, SINGLE, ALICE),
            Error::<Test>::ChangedTooRecently
        );

        go_to(START + CHANGE_INTERVAL);
        System::reset_events();
        assert_ok!(withdraw(0, SINGLE, ALICE));
        let (election, voter, district) = (SINGLE, ALICE, EAST);
        System::assert_has_event(
            Event::WithdrawalRecorded {
                election,
                registrar: RegistrarIndex(0),
                voter,
            }
            .into(),
        );
        System::assert_last_event(
            Event::Withdrawn {
                election,
                voter,
                district,
            }
            .into(),
        );
        let withdrawn = VoterRegister::voter(SINGLE, ALICE).expect("the change stays on record");
        assert!(!withdrawn.participating);
        assert_eq!(
            (withdrawn.recorded_by, withdrawn.changed),
            (0, START + CHANGE_INTERVAL)
        );
        assert_eq!(VoterRegister::counts(SINGLE, EAST), Counts::default());

        go_to(START + 2 * CHANGE_INTERVAL - 1);
        assert_noop!(
            participate(0, SINGLE, &[(ALICE, EAST)]),
            Error::<Test>::ChangedTooRecently
        );
        // Who has moved returns in another district.
        go_to(START + 2 * CHANGE_INTERVAL);
        assert_ok!(participate(0, SINGLE, &[(ALICE, WEST)]));
        assert_eq!(VoterRegister::counts(SINGLE, EAST).participating, 0);
        assert_eq!(VoterRegister::counts(SINGLE, WEST).participating, 1);
    });
}

#[test]
fn one_registrar_cannot_remove_a_voter_whom_a_quorum_stands_behind() {
    build_and_execute(|| {
        for registrar in 0..3 {
            assert_ok!(participate(registrar, ELECTION, &[(ALICE, EAST)]));
        }
        assert_ok!(withdraw(2, ELECTION, ALICE));
        assert_eq!(participating(EAST), 1);
        go_to(START + CHANGE_INTERVAL);
        assert_ok!(withdraw(1, ELECTION, ALICE));
        assert_eq!(participating(EAST), 0);
    });
}

#[test]
fn a_record_that_never_counted_is_forgotten() {
    build_and_execute(|| {
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_ok!(withdraw(0, ELECTION, ALICE));
        assert_eq!(VoterRegister::voter(ELECTION, ALICE), None);
        // A mistake can be put right without waiting for a day.
        assert_ok!(participate(0, ELECTION, &[(ALICE, WEST)]));
        assert_ok!(participate(1, ELECTION, &[(ALICE, WEST)]));
        assert_eq!(participating(WEST), 1);
    });
}

#[test]
fn only_who_stands_behind_a_voter_can_withdraw_that() {
    build_and_execute(|| {
        assert_noop!(withdraw(0, ELECTION, ALICE), Error::<Test>::UnknownVoter);
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_noop!(withdraw(1, ELECTION, ALICE), Error::<Test>::NotRecorded);
    });
}

#[test]
fn a_district_takes_as_many_voters_as_a_tally_can_count() {
    build_and_execute(|| {
        let full = Counts {
            participating: MAX_BALLOTS_PER_DISTRICT,
            issued: 0,
        };
        DistrictCounts::<Test>::insert(SINGLE, EAST, full);
        assert_noop!(
            participate(0, SINGLE, &[(ALICE, EAST)]),
            Error::<Test>::DistrictFull
        );
        assert_ok!(participate(0, SINGLE, &[(ALICE, WEST)]));
        DistrictCounts::<Test>::remove(SINGLE, EAST);
    });
}
