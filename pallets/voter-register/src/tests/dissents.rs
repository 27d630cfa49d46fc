use frame_support::{assert_noop, assert_ok};
use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_BALLOTS_PER_DISTRICT},
    register::Support,
    DistrictId, ElectionId, VoterNumber,
};

use crate::{mock::*, Counts, DistrictCounts, Error};

fn dissents(election: ElectionId) -> Vec<(DistrictId, u8)> {
    VoterRegister::dissents(election, ALICE)
        .into_iter()
        .map(
            |Support {
                 district,
                 registrars,
             }| (district, registrars),
        )
        .collect()
}

fn record(election: ElectionId) -> (DistrictId, u8, bool) {
    let record = VoterRegister::voter(election, ALICE).expect("there is a record");
    (record.district, record.recorded_by, record.participating)
}

#[test]
fn a_registrar_who_names_a_wrong_district_first_keeps_nobody_out() {
    build_and_execute(|| {
        assert_ok!(participate(2, ELECTION, &[(ALICE, WEST), (BOB, WEST)]));
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST), (BOB, EAST)]));
        assert_eq!(record(ELECTION), (WEST, 0b100, false));
        assert_eq!(dissents(ELECTION), [(EAST, 0b001)]);

        assert_ok!(participate(1, ELECTION, &[(ALICE, EAST), (BOB, EAST)]));
        assert_eq!(record(ELECTION), (EAST, 0b011, true));
        assert_eq!(dissents(ELECTION), [(WEST, 0b100)]);
        let joined = Counts {
            participating: 2,
            issued: 0,
        };
        assert_eq!(VoterRegister::counts(ELECTION, EAST), joined);
        assert_eq!(VoterRegister::counts(ELECTION, WEST), Counts::default());
    });
}

#[test]
fn a_registrar_names_one_district_and_takes_that_back() {
    build_and_execute(|| {
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_ok!(participate(2, ELECTION, &[(ALICE, WEST)]));
        for district in [EAST, WEST] {
            assert_noop!(
                participate(2, ELECTION, &[(ALICE, district)]),
                Error::<Test>::AlreadyRecorded
            );
        }
        assert_noop!(withdraw(1, ELECTION, ALICE), Error::<Test>::NotRecorded);
        assert_ok!(withdraw(2, ELECTION, ALICE));
        assert_eq!(record(ELECTION), (EAST, 0b001, false));
        assert_eq!(dissents(ELECTION), []);
        assert_ok!(participate(2, ELECTION, &[(ALICE, EAST)]));
        assert_eq!(record(ELECTION), (EAST, 0b101, true));
    });
}

#[test]
fn a_dissent_takes_the_place_of_a_record_that_nobody_stands_behind() {
    build_and_execute(|| {
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_ok!(participate(1, ELECTION, &[(ALICE, WEST)]));
        assert_ok!(withdraw(0, ELECTION, ALICE));
        assert_eq!(record(ELECTION), (WEST, 0b010, false));
        assert_eq!(dissents(ELECTION), []);
        assert_ok!(withdraw(1, ELECTION, ALICE));
        assert_eq!(VoterRegister::voter(ELECTION, ALICE), None);
    });
}

/// Registrars 0 and 1 of five are a quorum in the east, 2 and 3 in the west.
fn two_quorums() {
    for (registrar, district) in [(0, EAST), (2, WEST), (1, EAST), (3, WEST)] {
        assert_ok!(participate(registrar, MINORITY, &[(ALICE, district)]));
    }
    assert_eq!(record(MINORITY), (EAST, 0b00011, true));
    assert_eq!(dissents(MINORITY), [(WEST, 0b01100)]);
}

#[test]
fn who_takes_part_keeps_their_district_and_changes_once_a_day() {
    build_and_execute(|| {
        two_quorums();
        go_to(START + CHANGE_INTERVAL);
        assert_ok!(withdraw(0, MINORITY, ALICE));
        assert_eq!(record(MINORITY), (EAST, 0b00010, false));
        assert_eq!(dissents(MINORITY), [(WEST, 0b01100)]);
        assert_noop!(
            participate(4, MINORITY, &[(ALICE, WEST)]),
            Error::<Test>::ChangedTooRecently
        );
        go_to(START + 2 * CHANGE_INTERVAL);
        assert_ok!(participate(4, MINORITY, &[(ALICE, WEST)]));
        assert_eq!(record(MINORITY), (WEST, 0b11100, true));
        assert_eq!(dissents(MINORITY), [(EAST, 0b00010)]);
        let counted = |district| VoterRegister::counts(MINORITY, district).participating;
        assert_eq!((counted(EAST), counted(WEST)), (0, 1));
    });
}

/// A withdrawal that leaves the field to another quorum is a joining, too.
#[test]
fn a_full_district_is_full_however_one_joins() {
    build_and_execute(|| {
        two_quorums();
        go_to(START + CHANGE_INTERVAL);
        assert_ok!(withdraw(0, MINORITY, ALICE));
        go_to(START + 2 * CHANGE_INTERVAL);
        let full = Counts {
            participating: MAX_BALLOTS_PER_DISTRICT,
            issued: 0,
        };
        DistrictCounts::<Test>::insert(MINORITY, WEST, full);
        assert_noop!(withdraw(1, MINORITY, ALICE), Error::<Test>::DistrictFull);
        assert_noop!(
            participate(4, MINORITY, &[(VoterNumber(9), EAST), (ALICE, WEST)]),
            Error::<Test>::DistrictFull
        );
        DistrictCounts::<Test>::remove(MINORITY, WEST);
        assert_ok!(withdraw(1, MINORITY, ALICE));
        assert_eq!(record(MINORITY), (WEST, 0b01100, true));
        assert_eq!(dissents(MINORITY), []);
    });
}
