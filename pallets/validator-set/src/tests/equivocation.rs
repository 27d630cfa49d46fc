use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use psephos_primitives::{
    validators::{DoubleVote, Equivocation, Vote, MAX_REPORTED_ROUNDS, REPORTABLE_SETS},
    Hash, Refusal,
};
use sp_consensus_grandpa::{check_equivocation_proof, EquivocationProof};
use sp_core::Pair;
use sp_runtime::{DispatchError, DispatchResult};

use crate::{mock::*, Call, Error, Event, Reports};

/// What the first byte of a message says.
const PREVOTE: u8 = 0;
const PRECOMMIT: u8 = 1;

fn vote(byte: u8) -> Vote {
    Vote {
        hash: Hash::repeat_byte(byte),
        number: 7,
    }
}

/// Two votes of the organisation, as it signs them.
fn votes(organisation: u8, kind: u8, set: u64, round: u64, for_blocks: [u8; 2]) -> DoubleVote {
    let pair = voter(organisation);
    let sign = |byte| {
        let vote = vote(byte);
        (vote, pair.sign(&(kind, vote, round, set).encode()))
    };
    DoubleVote {
        round,
        authority: pair.public(),
        first: sign(for_blocks[0]),
        second: sign(for_blocks[1]),
    }
}

fn evidence(set: u64, round: u64) -> Equivocation {
    Equivocation::Precommit(votes(2, PRECOMMIT, set, round, [1, 2]))
}

/// By nobody in particular.
fn report(set: u64, evidence: Equivocation) -> DispatchResult {
    ValidatorSet::report_equivocation(RawOrigin::None.into(), set, Box::new(evidence))
}

/// Another set begins.
fn hand_over() {
    let next = Grandpa::current_set_id() + 1;
    let seed = if next % 2 == 1 { 40 } else { 4 };
    assert_ok!(rotate(4, seed));
    while Grandpa::current_set_id() < next {
        run_to(System::block_number() + 1);
    }
}

#[test]
fn whoever_votes_for_two_blocks_is_named() {
    build_and_execute(|| {
        assert_ok!(report(0, evidence(0, 3)));
        let organisation = account(2);
        let named = Event::Equivocated {
            organisation: organisation.clone(),
            set: 0,
            round: 3,
        };
        System::assert_last_event(named.into());
        assert_eq!(Reports::<Test>::get(0, &organisation).into_inner(), [3]);
        let prevotes = votes(3, PREVOTE, 0, 3, [1, 2]);
        assert_ok!(report(0, Equivocation::Prevote(prevotes)));
        // Nobody is punished.
        assert_eq!(ValidatorSet::organisations().len(), 4);
    });
}

#[test]
fn evidence_is_grandpas_own() {
    for evidence in [
        evidence(5, 3),
        Equivocation::Prevote(votes(2, PREVOTE, 5, 3, [1, 2])),
    ] {
        let bytes = (5u64, &evidence).encode();
        let theirs = EquivocationProof::<Hash, u32>::decode(&mut &bytes[..]).expect("the same");
        assert_eq!(theirs.encode(), bytes);
        assert!(check_equivocation_proof(theirs));
        assert!(evidence.proves(5, sp_io::crypto::ed25519_verify));
    }
}

#[test]
fn an_old_set_can_be_reported_for_a_while() {
    build_and_execute(|| {
        hand_over();
        assert_ok!(report(0, evidence(0, 1)));
        assert_ok!(report(1, evidence(1, 1)));
        for _ in 1..REPORTABLE_SETS {
            hand_over();
        }
        assert_ok!(report(0, evidence(0, 2)));
        hand_over();
        assert_noop!(report(0, evidence(0, 3)), Error::<Test>::UnknownSet);
        // What was reported of it is forgotten with it.
        assert_eq!(Reports::<Test>::iter_prefix(0).count(), 0);
        assert_eq!(Reports::<Test>::iter_prefix(1).count(), 1);
    });
}

#[test]
fn whoever_is_dismissed_can_still_be_reported() {
    with_organisations(5, || {
        assert_ok!(dismiss(2));
        assert_ok!(report(0, evidence(0, 1)));
    });
}

#[test]
fn organisations_report_even_while_an_election_is_open() {
    build_and_execute(|| {
        open_election();
        let call = Call::<Test>::report_equivocation {
            set: 0,
            evidence: Box::new(evidence(0, 1)),
        };
        assert_eq!(ValidatorSet::admits(&call, &account(1)), Ok(()));
        assert_ok!(report(0, evidence(0, 1)));
        let again = ValidatorSet::admits(&call, &account(1));
        assert_eq!(again, Err(Refusal::NotNow));
    });
}

#[test]
fn members_may_sign_their_reports() {
    build_and_execute(|| {
        let by_a_member = |round| {
            let (origin, evidence) = (RawOrigin::Signed(account(1)), evidence(0, round));
            ValidatorSet::report_equivocation(origin.into(), 0, Box::new(evidence))
        };
        assert_ok!(by_a_member(1));
        assert_noop!(report(0, evidence(0, 1)), Error::<Test>::AlreadyReported);
        assert_ok!(report(0, evidence(0, 2)));
        assert_noop!(by_a_member(2), Error::<Test>::AlreadyReported);
    });
}

#[test]
fn a_stranger_signs_no_report() {
    build_and_execute(|| {
        let call = Call::<Test>::report_equivocation {
            set: 0,
            evidence: Box::new(evidence(0, 1)),
        };
        let refused = ValidatorSet::admits(&call, &account(9));
        assert_eq!(refused, Err(Refusal::NotYourCall));
        for (origin, error) in [
            (
                RawOrigin::Signed(account(9)),
                Error::<Test>::NotAnOrganisation.into(),
            ),
            (RawOrigin::Root, DispatchError::BadOrigin),
        ] {
            assert_noop!(
                ValidatorSet::report_equivocation(origin.into(), 0, Box::new(evidence(0, 1))),
                error
            );
        }
    });
}

#[test]
fn a_set_to_come_is_unknown() {
    build_and_execute(|| {
        assert_noop!(report(1, evidence(1, 1)), Error::<Test>::UnknownSet);
    });
}

#[test]
fn a_key_that_is_not_in_the_set_says_nothing() {
    build_and_execute(|| {
        let stranger = votes(9, PRECOMMIT, 0, 1, [1, 2]);
        assert_noop!(
            report(0, Equivocation::Precommit(stranger)),
            Error::<Test>::NotInSet
        );
    });
}

#[test]
fn what_is_no_evidence_is_refused() {
    let changed = |change: fn(&mut DoubleVote)| {
        let mut votes = votes(2, PRECOMMIT, 0, 1, [1, 2]);
        change(&mut votes);
        Equivocation::Precommit(votes)
    };
    let wrong = [
        // The same block twice; the other kind; another set; another round; another's signatures.
        Equivocation::Precommit(votes(2, PRECOMMIT, 0, 1, [1, 1])),
        Equivocation::Prevote(votes(2, PRECOMMIT, 0, 1, [1, 2])),
        Equivocation::Precommit(votes(2, PRECOMMIT, 1, 1, [1, 2])),
        changed(|votes| votes.round += 1),
        changed(|votes| votes.authority = keys(3).grandpa),
        changed(|votes| votes.first.1 .0[0] ^= 1),
        changed(|votes| votes.second.1 .0[0] ^= 1),
        changed(|votes| votes.first.0.number += 1),
        changed(|votes| votes.second.0.hash = Hash::zero()),
    ];
    build_and_execute(|| {
        for evidence in wrong {
            let call = Call::<Test>::report_equivocation {
                set: 0,
                evidence: Box::new(evidence.clone()),
            };
            let refused = ValidatorSet::admits(&call, &account(1));
            assert_eq!(refused, Err(Refusal::NotNow));
            assert_noop!(report(0, evidence), Error::<Test>::NoEquivocation);
        }
    });
}

#[test]
fn a_round_is_reported_once_and_sixteen_at_most() {
    build_and_execute(|| {
        for round in 0..u64::from(MAX_REPORTED_ROUNDS) {
            assert_ok!(report(0, evidence(0, round)));
        }
        assert_noop!(report(0, evidence(0, 3)), Error::<Test>::AlreadyReported);
        assert_noop!(report(0, evidence(0, 99)), Error::<Test>::ReportedEnough);
        // Another organisation has its own.
        let other = votes(3, PRECOMMIT, 0, 3, [1, 2]);
        assert_ok!(report(0, Equivocation::Precommit(other)));
    });
}
