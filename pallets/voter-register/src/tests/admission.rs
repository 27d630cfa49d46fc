//! What the pool lets in, and whom the calls let through.

use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::Hooks};
use frame_system::RawOrigin;
use pallet_elections::sample::{registrar, trustee};
use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_VOTERS_PER_CALL},
    phase::CancelReason,
    register::Participation,
    DistrictId, ElectionId, Refusal, VoterNumber,
};
use sp_runtime::{BoundedVec, DispatchError};

use crate::{mock::*, Call, Error};

fn participate_call(election: ElectionId, voters: &[(VoterNumber, DistrictId)]) -> Call<Test> {
    let voters = voters.iter().map(|(voter, district)| Participation {
        voter: *voter,
        district: *district,
    });
    let voters = BoundedVec::truncate_from(voters.collect());
    Call::participate { election, voters }
}

fn withdraw_call(election: ElectionId, voter: VoterNumber) -> Call<Test> {
    Call::withdraw { election, voter }
}

fn issue_call(election: ElectionId, voters: &[VoterNumber]) -> Call<Test> {
    let voters = BoundedVec::truncate_from(voters.to_vec());
    Call::issue { election, voters }
}

fn calls(election: ElectionId) -> [Call<Test>; 3] {
    [
        participate_call(election, &[(BOB, WEST)]),
        withdraw_call(election, ALICE),
        issue_call(election, &[ALICE]),
    ]
}

/// What the pool says to a registrar.
fn admitted(by: u8, call: &Call<Test>) -> Result<(), Refusal> {
    VoterRegister::admits(call, &registrar(by))
}

const NOT_NOW: Result<(), Refusal> = Err(Refusal::NotNow);

#[test]
fn the_pool_admits_registrars_of_elections_that_are_not_over() {
    build_and_execute(|| {
        for call in calls(ELECTION) {
            // The third election has five registrars, this one three.
            for who in [registrar(3), trustee(1)] {
                assert_eq!(
                    VoterRegister::admits(&call, &who),
                    Err(Refusal::NotYourCall)
                );
            }
        }
        for call in calls(ElectionId(4)) {
            assert_eq!(admitted(0, &call), Err(Refusal::UnknownElection));
        }
        assert_ok!(Elections::cancel_because(
            ELECTION,
            CancelReason::CeremonyIncomplete
        ));
        for call in calls(ELECTION) {
            assert_eq!(admitted(0, &call), Err(Refusal::ElectionOver));
        }
    });
}

#[test]
fn participation_is_admitted_while_it_can_be_recorded() {
    build_and_execute(|| {
        let both = participate_call(ELECTION, &[(ALICE, EAST), (BOB, WEST)]);
        for (block, expected) in [
            (START - 1, NOT_NOW),
            (START, Ok(())),
            (END - 1, Ok(())),
            (END, NOT_NOW),
            (OPENING, NOT_NOW),
        ] {
            System::set_block_number(block);
            assert_eq!(admitted(0, &both), expected, "block {block}");
        }
        System::set_block_number(START);
        for nonsense in [
            participate_call(ELECTION, &[]),
            participate_call(ELECTION, &[(ALICE, EAST), (BOB, DistrictId(3))]),
            participate_call(ELECTION, &[(ALICE, EAST), (ALICE, EAST)]),
        ] {
            assert_eq!(admitted(0, &nonsense), NOT_NOW);
        }
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_eq!(admitted(0, &both), NOT_NOW);
        assert_eq!(admitted(1, &both), Ok(()));
    });
}

#[test]
fn a_withdrawal_is_admitted_from_who_stands_behind_the_voter() {
    build_and_execute(|| {
        let withdrawal = withdraw_call(ELECTION, ALICE);
        assert_eq!(admitted(0, &withdrawal), NOT_NOW);
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        assert_eq!(admitted(0, &withdrawal), Ok(()));
        assert_eq!(admitted(1, &withdrawal), NOT_NOW);
        assert_ok!(participate(1, ELECTION, &[(ALICE, EAST)]));
        assert_eq!(admitted(0, &withdrawal), NOT_NOW, "a change within a day");
        System::set_block_number(START + CHANGE_INTERVAL);
        assert_eq!(admitted(0, &withdrawal), Ok(()));
        System::set_block_number(END);
        assert_eq!(admitted(0, &withdrawal), NOT_NOW);
    });
}

#[test]
fn an_issue_is_admitted_for_voters_who_wait_for_it() {
    build_and_execute(|| {
        for registrar in [0, 1] {
            assert_ok!(participate(
                registrar,
                ELECTION,
                &[(ALICE, EAST), (BOB, WEST)]
            ));
        }
        let both = issue_call(ELECTION, &[ALICE, BOB]);
        assert_eq!(admitted(0, &both), NOT_NOW);
        go_to(OPENING);
        assert_eq!(admitted(0, &both), Ok(()));
        for nonsense in [
            issue_call(ELECTION, &[]),
            issue_call(ELECTION, &[ALICE, ALICE]),
            issue_call(ELECTION, &[ALICE, VoterNumber(1)]),
        ] {
            assert_eq!(admitted(0, &nonsense), NOT_NOW);
        }
        assert_ok!(issue(0, ELECTION, &[ALICE]));
        assert_eq!(admitted(0, &both), NOT_NOW, "issued by this registrar");
        assert_ok!(issue(1, ELECTION, &[ALICE]));
        assert_eq!(admitted(2, &both), NOT_NOW, "issued by enough");
        assert_eq!(admitted(2, &issue_call(ELECTION, &[BOB])), Ok(()));
    });
}

/// The longest lists, again and again, that can no longer be recorded: no ballot would find room.
#[test]
fn attack_22_no_registrar_fills_blocks_with_lists_that_fail() {
    build_and_execute(|| {
        let voters: Vec<_> = (0..u64::from(MAX_VOTERS_PER_CALL))
            .map(|number| (VoterNumber(number), EAST))
            .collect();
        assert_ok!(participate(0, SINGLE, &voters));
        let numbers: Vec<_> = voters.iter().map(|(voter, _)| *voter).collect();
        go_to(OPENING);
        assert_eq!(admitted(0, &participate_call(SINGLE, &voters)), NOT_NOW);
        assert_eq!(admitted(0, &issue_call(SINGLE, &numbers)), Ok(()));
        // One voter of the list is enough for it to fail as a whole.
        assert_ok!(issue(0, SINGLE, &numbers[255..]));
        assert_eq!(admitted(0, &issue_call(SINGLE, &numbers)), NOT_NOW);
    });
}

#[test]
fn only_registrars_of_the_election_record() {
    build_and_execute(|| {
        let root: RuntimeOrigin = RawOrigin::Root.into();
        let official: RuntimeOrigin = RawOrigin::Signed(trustee(1)).into();
        assert_noop!(
            VoterRegister::withdraw(root.clone(), ELECTION, ALICE),
            DispatchError::BadOrigin
        );
        assert_noop!(
            VoterRegister::participate(root.clone(), ELECTION, BoundedVec::default()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            VoterRegister::issue(root, ELECTION, BoundedVec::default()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            VoterRegister::withdraw(official, ELECTION, ALICE),
            Error::<Test>::NotARegistrar
        );
        assert_noop!(
            participate(3, ELECTION, &[(ALICE, EAST)]),
            Error::<Test>::NotARegistrar
        );
        assert_noop!(issue(3, ELECTION, &[ALICE]), Error::<Test>::NotARegistrar);
        for unknown in [ElectionId(0), ElectionId(4)] {
            assert_noop!(withdraw(0, unknown, ALICE), Error::<Test>::UnknownElection);
            assert_noop!(
                participate(0, unknown, &[(ALICE, EAST)]),
                Error::<Test>::UnknownElection
            );
            assert_noop!(issue(0, unknown, &[ALICE]), Error::<Test>::UnknownElection);
        }
    });
}

#[test]
fn a_calls_weight_follows_its_voters() {
    let issue = |count: u32| {
        let voters = (0..count)
            .map(|number| VoterNumber(number.into()))
            .collect();
        let voters = BoundedVec::truncate_from(voters);
        Call::<Test>::issue {
            election: ELECTION,
            voters,
        }
        .get_dispatch_info()
        .call_weight
    };
    let each = issue(2) - issue(1);
    assert_eq!(
        issue(MAX_VOTERS_PER_CALL),
        issue(0) + each * u64::from(MAX_VOTERS_PER_CALL)
    );
}

#[test]
fn the_configuration_fits() {
    VoterRegister::integrity_test();
}
