use frame_support::{assert_noop, assert_ok, traits::Hooks};
use frame_system::RawOrigin;
use psephos_primitives::{phase::CancelReason, ElectionId, Hash, Phase, Text};

use crate::{mock::*, schedule::Ending, Closings, Error, Event, OpenElections, Openings};

fn cancel(election: ElectionId) -> sp_runtime::DispatchResult {
    Elections::cancel(
        RawOrigin::Root.into(),
        election,
        Text::new("war").expect("a text"),
    )
}

fn by_consortium() -> CancelReason {
    CancelReason::Consortium(Text::new("war").expect("a text"))
}

#[test]
fn the_phase_follows_from_the_block_alone() {
    build_and_execute(|| {
        assert_ok!(create(manifest()));
        Ready::set(vec![FIRST]);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Registration));
        run_to(OPENING - 1);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Registration));
        run_to(OPENING);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Voting));
        System::assert_last_event(Event::Opened { election: FIRST }.into());
        run_to(CLOSING - 1);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Voting));
        run_to(CLOSING);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Tallying));
        System::assert_last_event(Event::Closed { election: FIRST }.into());
        run_to(CLOSING + 100);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Tallying));
        assert!(!Elections::is_over(FIRST));
        assert_ok!(Elections::publish(FIRST));
        assert_eq!(Elections::phase(FIRST), Some(Phase::Published));
        System::assert_last_event(Event::Published { election: FIRST }.into());
        assert_eq!(Elections::ending(FIRST), Some(Ending::Published));
        assert_eq!(
            Elections::summary(FIRST).and_then(|summary| summary.cancelled),
            None
        );
        assert_eq!(Elections::phase(ElectionId(2)), None);
    });
}

#[test]
fn the_closing_hook_runs_once_when_voting_closes() {
    build_and_execute(|| {
        assert_ok!(create(manifest()));
        Ready::set(vec![FIRST]);
        Notes::take();
        run_to(CLOSING - 1);
        assert_eq!(Notes::get(), []);
        System::set_block_number(CLOSING);
        let weight = Elections::on_initialize(CLOSING);
        assert_eq!(Notes::get(), [Note::Closing(FIRST)]);
        assert!(
            weight.ref_time() > 1_000_000_000,
            "the hook's cost is in it: {weight:?}"
        );
        run_to(CLOSING + 1);
        assert_eq!(Notes::get(), [Note::Closing(FIRST)]);
    });
}

#[test]
fn an_election_without_a_key_is_cancelled_by_itself() {
    build_and_execute(|| {
        assert_ok!(create(manifest()));
        assert_ok!(create(manifest()));
        Ready::set(vec![ElectionId(2)]);
        Notes::take();
        run_to(OPENING);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Cancelled));
        assert_eq!(Elections::phase(ElectionId(2)), Some(Phase::Voting));
        let reason = CancelReason::CeremonyIncomplete;
        System::assert_has_event(
            Event::Cancelled {
                election: FIRST,
                reason,
            }
            .into(),
        );
        run_to(CLOSING);
        let notes = [Note::Cancelled(FIRST), Note::Closing(ElectionId(2))];
        assert_eq!(Notes::get(), notes);
    });
}

#[test]
fn an_election_is_open_until_it_ends() {
    build_and_execute(|| {
        for _ in 0..3 {
            assert_ok!(create(manifest()));
        }
        Ready::set(vec![FIRST, ElectionId(2)]);
        run_to(OPENING - 1);
        assert!(!Elections::any_is_open());
        run_to(OPENING);
        // The third had no key: it never opened.
        assert_eq!(OpenElections::<Test>::get(), 2);
        assert_ok!(cancel(FIRST));
        run_to(CLOSING);
        assert!(Elections::any_is_open());
        assert_ok!(Elections::publish(ElectionId(2)));
        assert!(!Elections::any_is_open());
    });
}

#[test]
fn cancelling_before_it_opens_closes_no_other() {
    build_and_execute(|| {
        let mut later = manifest();
        later.voting.start += 1;
        assert_ok!(create(manifest()));
        assert_ok!(create(later));
        Ready::set(vec![FIRST]);
        run_to(OPENING);
        assert_ok!(cancel(ElectionId(2)));
        assert!(Elections::any_is_open());
    });
}

#[test]
fn an_election_does_not_open_under_another_code() {
    build_and_execute(|| {
        assert_ok!(create(manifest()));
        Ready::set(vec![FIRST]);
        CodeHash::set(Hash::repeat_byte(0xC1));
        assert_ok!(create(manifest()));
        Notes::take();
        run_to(OPENING);
        let cancelled = |reason| Some(Ending::Cancelled(reason));
        let first = Elections::ending(FIRST);
        assert_eq!(first, cancelled(CancelReason::CodeChanged));
        let second = Elections::ending(ElectionId(2));
        assert_eq!(second, cancelled(CancelReason::CeremonyIncomplete));
        assert!(!Elections::any_is_open());
        assert!(!Closings::<Test>::contains_key(CLOSING));
        let notes = [FIRST, ElectionId(2)].map(Note::Cancelled);
        assert_eq!(Notes::get(), notes);
    });
}

#[test]
fn a_cancelled_election_leaves_the_agenda() {
    build_and_execute(|| {
        assert_ok!(create(manifest()));
        assert_ok!(create(manifest()));
        Ready::set(vec![FIRST, ElectionId(2)]);
        Notes::take();
        assert_ok!(cancel(FIRST));
        assert_eq!(Notes::get(), [Note::Cancelled(FIRST)]);
        let reason = by_consortium();
        System::assert_last_event(
            Event::Cancelled {
                election: FIRST,
                reason: reason.clone(),
            }
            .into(),
        );
        assert_eq!(Openings::<Test>::get(OPENING).into_inner(), [ElectionId(2)]);
        assert_ok!(cancel(ElectionId(2)));
        assert!(!Openings::<Test>::contains_key(OPENING));
        assert!(!Closings::<Test>::contains_key(CLOSING));
        let summary = Elections::summary(FIRST).expect("it exists");
        assert_eq!(summary.phase, Phase::Cancelled);
        assert_eq!(summary.cancelled, Some(reason));
        run_to(CLOSING);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Cancelled));
    });
}

#[test]
fn the_consortium_can_cancel_until_there_is_a_result() {
    for block in [1, OPENING, CLOSING] {
        build_and_execute(|| {
            assert_ok!(create(manifest()));
            Ready::set(vec![FIRST]);
            run_to(block);
            assert_ok!(cancel(FIRST));
            assert_eq!(
                Elections::ending(FIRST),
                Some(Ending::Cancelled(by_consortium()))
            );
            assert_noop!(cancel(FIRST), Error::<Test>::ElectionOver);
        });
    }
    build_and_execute(|| {
        assert_ok!(create(manifest()));
        Ready::set(vec![FIRST]);
        run_to(CLOSING);
        assert_ok!(Elections::publish(FIRST));
        assert_noop!(cancel(FIRST), Error::<Test>::ElectionOver);
    });
}

#[test]
fn nothing_is_published_before_closing_twice_or_after_cancelling() {
    build_and_execute(|| {
        assert_noop!(Elections::publish(FIRST), Error::<Test>::UnknownElection);
        assert_noop!(cancel(FIRST), Error::<Test>::UnknownElection);
        assert_ok!(create(manifest()));
        assert_ok!(create(manifest()));
        Ready::set(vec![FIRST, ElectionId(2)]);
        assert_noop!(Elections::publish(FIRST), Error::<Test>::NotTallying);
        run_to(CLOSING - 1);
        assert_noop!(Elections::publish(FIRST), Error::<Test>::NotTallying);
        run_to(CLOSING);
        assert_ok!(Elections::publish(FIRST));
        assert_noop!(Elections::publish(FIRST), Error::<Test>::NotTallying);
        assert_ok!(cancel(ElectionId(2)));
        assert_noop!(
            Elections::publish(ElectionId(2)),
            Error::<Test>::NotTallying
        );
    });
}
