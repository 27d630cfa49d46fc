use frame_support::{assert_noop, assert_ok};
use frame_system::{EventRecord, Phase as BlockPhase};
use pallet_elections::event_topic;
use psephos_primitives::{ElectionId, RegistrarIndex, VoterNumber};

use crate::{mock::*, voter_topic, Error, Event};

/// Voting is open; Alice takes part in the east and Bob in the west, in every election.
fn voting(test: impl FnOnce()) {
    build_and_execute(|| {
        for election in [ELECTION, SINGLE, MINORITY] {
            assert_ok!(participate(0, election, &[(ALICE, EAST), (BOB, WEST)]));
            assert_ok!(participate(1, election, &[(ALICE, EAST), (BOB, WEST)]));
        }
        go_to(OPENING);
        System::reset_events();
        test();
    });
}

fn issued(election: ElectionId) -> (u32, u32) {
    (
        VoterRegister::issued(election, EAST),
        VoterRegister::issued(election, WEST),
    )
}

#[test]
fn a_quorum_issues() {
    voting(|| {
        assert_ok!(issue(0, ELECTION, &[ALICE, BOB]));
        assert_eq!(issued(ELECTION), (0, 0));
        System::reset_events();
        assert_ok!(issue(2, ELECTION, &[ALICE]));
        assert_eq!(issued(ELECTION), (1, 0));
        let record = VoterRegister::voter(ELECTION, ALICE).expect("she takes part");
        assert_eq!((record.issued_by, record.issued), (0b101, true));
        let record = VoterRegister::voter(ELECTION, BOB).expect("he takes part");
        assert_eq!((record.issued_by, record.issued), (0b001, false));

        let (election, voter, district) = (ELECTION, ALICE, EAST);
        let expected: [(_, Event<Test>); 2] = [
            (
                voter_topic(election, voter),
                Event::Issued {
                    election,
                    voter,
                    district,
                },
            ),
            (
                event_topic(election),
                Event::IssueRecorded {
                    election,
                    registrar: RegistrarIndex(2),
                    voters: 1,
                },
            ),
        ];
        let expected = expected.map(|(topic, event)| EventRecord {
            phase: BlockPhase::Initialization,
            event: event.into(),
            topics: vec![topic],
        });
        assert_eq!(System::events(), expected);
    });
}

#[test]
fn nobody_issues_before_voting_or_after() {
    build_and_execute(|| {
        assert_ok!(participate(0, SINGLE, &[(ALICE, EAST)]));
        assert_noop!(issue(0, SINGLE, &[ALICE]), Error::<Test>::NotVoting);
        go_to(OPENING - 1);
        assert_noop!(issue(0, SINGLE, &[ALICE]), Error::<Test>::NotVoting);
        go_to(OPENING);
        let closing = OPENING + 10;
        System::set_block_number(closing - 1);
        assert_ok!(issue(0, SINGLE, &[ALICE]));
        go_to(closing);
        assert_noop!(issue(1, SINGLE, &[ALICE]), Error::<Test>::NotVoting);
    });
}

#[test]
fn only_who_takes_part_is_issued_to() {
    build_and_execute(|| {
        assert_ok!(participate(0, ELECTION, &[(ALICE, EAST)]));
        go_to(OPENING);
        assert_noop!(
            issue(0, ELECTION, &[ALICE]),
            Error::<Test>::NotParticipating
        );
        assert_noop!(issue(0, ELECTION, &[BOB]), Error::<Test>::UnknownVoter);
        assert_noop!(issue(0, ELECTION, &[]), Error::<Test>::NoVoters);
    });
}

#[test]
fn a_list_is_issued_whole_or_not_at_all() {
    voting(|| {
        assert_noop!(
            issue(0, ELECTION, &[ALICE, VoterNumber(1)]),
            Error::<Test>::UnknownVoter
        );
        assert_noop!(
            issue(0, ELECTION, &[ALICE, BOB, ALICE]),
            Error::<Test>::AlreadyIssued
        );
    });
}

#[test]
fn a_registrar_issues_once_to_a_voter() {
    voting(|| {
        assert_ok!(issue(0, ELECTION, &[ALICE]));
        assert_noop!(issue(0, ELECTION, &[ALICE]), Error::<Test>::AlreadyIssued);
        assert_eq!(issued(ELECTION), (0, 0));
    });
}

#[test]
fn any_registrar_may_step_in_until_a_quorum_has_issued() {
    voting(|| {
        assert_ok!(issue(4, MINORITY, &[ALICE]));
        assert_ok!(issue(2, MINORITY, &[ALICE]));
        assert_eq!(issued(MINORITY), (1, 0));
    });
}

/// Nothing binds what a voter has different registrars sign: Alice could have an account of hers signed by
/// the first two and a third account by the last, Bob his own by the first and the last and the third
/// by the second. Of six signatures, a quorum of two would make three credentials for two voters.
#[test]
fn two_voters_who_share_signatures_have_two_credentials() {
    voting(|| {
        let wanted = [
            (0, ALICE),
            (1, ALICE),
            (2, ALICE),
            (0, BOB),
            (2, BOB),
            (1, BOB),
        ];
        let recorded = wanted
            .into_iter()
            .filter(|(registrar, voter)| issue(*registrar, ELECTION, &[*voter]).is_ok())
            .count();
        assert_eq!(recorded, 2 * 2, "a quorum for each of them");
        assert_eq!(issued(ELECTION), (1, 1));
        for (registrar, voter) in [(2, ALICE), (1, BOB)] {
            assert_noop!(
                issue(registrar, ELECTION, &[voter]),
                Error::<Test>::IssuedByEnough
            );
        }
    });
}

#[test]
fn two_credentials_for_one_voter_are_never_issued() {
    voting(|| {
        assert_ok!(issue(0, SINGLE, &[ALICE]));
        assert_noop!(issue(1, SINGLE, &[ALICE]), Error::<Test>::IssuedByEnough);
        for registrar in 0..2 {
            assert_ok!(issue(registrar, MINORITY, &[ALICE]));
        }
        for registrar in 2..5 {
            assert_noop!(
                issue(registrar, MINORITY, &[ALICE]),
                Error::<Test>::IssuedByEnough
            );
        }
        assert_eq!(issued(MINORITY), (1, 0));
    });
}
