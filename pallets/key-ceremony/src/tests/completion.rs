use frame_support::{assert_ok, dispatch::GetDispatchInfo, traits::Hooks};
use frame_system::{EventRecord, Phase as BlockPhase};
use pallet_elections::{event_topic, ReadyToOpen};
use psephos_primitives::{
    ceremony::{Stage, VerificationShare},
    ElectionId, Phase, TrusteeIndex,
};

use super::trustees::*;
use crate::{mock::*, weights, Call, Event, WeightInfo};

#[test]
fn a_ceremony_begins_with_its_election() {
    build_and_execute(|| {
        let status = KeyCeremony::status(FIRST).expect("it exists");
        assert_eq!((status.epoch, status.stage), (0, Stage::Registering));
        assert_eq!(status.deadline, 1 + manifest().ceremony_stage);
        assert_eq!(
            status.participants.into_inner(),
            (1..=5).map(TrusteeIndex).collect::<Vec<_>>()
        );
        assert_eq!(status.excluded.into_inner(), []);
        assert_eq!(KeyCeremony::keys(FIRST), None);
        assert!(!KeyCeremony::ready(FIRST));
        assert_eq!(KeyCeremony::ceremony(ElectionId(3)), None);
    });
}

#[test]
fn five_trustees_make_a_key_that_no_dealer_knows() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Complete);
        let keys = KeyCeremony::keys(FIRST).expect("the ceremony is complete");
        assert_eq!(keys.epoch, 0);
        assert_eq!(keys.verification_shares.len(), 5);
        for (trustee, on_chain) in trustees.iter().zip(&keys.verification_shares) {
            let own = trustee.finish();
            assert_eq!(own.election_key(), &keys.election_key);
            let share = own.verification_share();
            assert_eq!(
                *on_chain,
                VerificationShare {
                    trustee: trustee.index(),
                    share
                }
            );
        }
        let ceremony = KeyCeremony::ceremony(FIRST).expect("it exists");
        assert_eq!(ceremony.keys, Some(keys));
        assert_eq!(ceremony.contributions.len(), 5);
        // The other election's ceremony has not moved.
        assert_eq!(stage(SECOND), Stage::Registering);
    });
}

#[test]
fn voting_opens_with_a_key_and_only_with_one() {
    build_and_execute(|| {
        honest_until(FIRST, Stage::Complete);
        honest_until(SECOND, Stage::Confirming);
        run_to(OPENING);
        assert_eq!(Elections::phase(FIRST), Some(Phase::Voting));
        assert_eq!(Elections::phase(SECOND), Some(Phase::Cancelled));
    });
}

#[test]
fn a_stage_ends_with_the_last_contribution_and_is_announced() {
    build_and_execute(|| {
        let mut trustees = participants(FIRST);
        run_to(5);
        for trustee in &mut trustees[..4] {
            assert_ok!(trustee.act(Stage::Registering));
            assert_eq!(stage(FIRST), Stage::Registering);
        }
        System::reset_events();
        assert_ok!(trustees[4].act(Stage::Registering));
        let record = |event: Event<Test>| EventRecord {
            phase: BlockPhase::Initialization,
            event: event.into(),
            topics: vec![event_topic(FIRST)],
        };
        let deadline = 5 + manifest().ceremony_stage;
        let expected = [
            record(Event::Contributed {
                election: FIRST,
                epoch: 0,
                stage: Stage::Registering,
                trustee: TrusteeIndex(5),
            }),
            record(Event::StageBegan {
                election: FIRST,
                epoch: 0,
                stage: Stage::Committing,
                deadline,
            }),
        ];
        assert_eq!(System::events(), expected);
        assert_eq!(
            KeyCeremony::status(FIRST).map(|status| status.deadline),
            Some(deadline)
        );
    });
}

#[test]
fn completion_is_announced() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Complete);
        let election_key = *trustees[0].finish().election_key();
        System::assert_last_event(
            Event::Completed {
                election: FIRST,
                epoch: 0,
                election_key,
            }
            .into(),
        );
    });
}

#[test]
fn the_last_package_pays_for_the_keys() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Revealing);
        let bare = weights::reveal::<Test>(&trustees[0].package);
        for trustee in &trustees {
            let package = trustee.package.clone();
            let call = Call::<Test>::reveal {
                election: FIRST,
                epoch: 0,
                package: package.clone(),
            };
            let declared = call.get_dispatch_info().call_weight;
            assert_eq!(
                declared,
                bare + <Test as crate::Config>::WeightInfo::derive_keys(32, 3)
            );
            let paid = KeyCeremony::reveal(trustee.origin(), FIRST, 0, package);
            let paid = paid.expect("the package is right").actual_weight;
            let last = trustee.index() == TrusteeIndex(5);
            assert_eq!(paid, (!last).then_some(bare));
        }
    });
}

#[test]
fn the_smallest_ceremony_works() {
    build_and_execute(|| {
        let shape = pallet_elections::sample::Shape {
            trustees: 2,
            threshold: 2,
            ..Default::default()
        };
        create(shape.manifest(OPENING, CodeHash::get()));
        let trustees = honest_until(ElectionId(3), Stage::Complete);
        assert_eq!(trustees.len(), 2);
    });
}

#[test]
fn the_configuration_fits() {
    KeyCeremony::integrity_test();
}
