//! What the pool lets in.

use frame_support::{assert_ok, traits::UnfilteredDispatchable};
use pallet_elections::sample;
use psephos_crypto::group::EncodedPoint;
use psephos_primitives::{
    ceremony::Stage, phase::CancelReason, ElectionId, Hash, Refusal, TrusteeIndex,
};

use super::{hostile::message, trustees::*};
use crate::{mock::*, Call};

fn calls(election: ElectionId) -> [Call<Test>; 7] {
    let epoch = 0;
    let package = Trustee::new(FIRST, 0, TrusteeIndex(1), 5).package;
    let disclosed_key = [0; 32];
    let dealer = TrusteeIndex(2);
    [
        Call::register {
            election,
            epoch,
            encryption_key: [0; 32],
        },
        Call::commit {
            election,
            epoch,
            commitment: Hash::zero(),
        },
        Call::reveal {
            election,
            epoch,
            package,
        },
        Call::deal {
            election,
            epoch,
            shares: Default::default(),
        },
        Call::confirm {
            election,
            epoch,
            election_key: EncodedPoint([0; 32]),
        },
        Call::complain {
            election,
            epoch,
            dealer,
            disclosed_key,
        },
        Call::report_silence { election },
    ]
}

/// What the pool says to trustee 5.
fn admitted(call: &Call<Test>) -> Result<(), Refusal> {
    KeyCeremony::admits(call, &sample::trustee(5))
}

const NOT_NOW: Result<(), Refusal> = Err(Refusal::NotNow);

#[test]
fn participants_alone() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        for call in calls(FIRST) {
            let nobody = [sample::registrar(0), sample::trustee(6)];
            for who in nobody {
                assert_eq!(KeyCeremony::admits(&call, &who), Err(Refusal::NotYourCall));
            }
        }
        assert_ok!(trustees[4].complain(TrusteeIndex(1), *trustees[4].sealing_key.to_bytes()));
        for call in calls(FIRST) {
            assert_eq!(admitted(&call), Err(Refusal::NotYourCall), "excluded");
        }
    });
}

/// Each message in its stage and epoch, once; nothing that would fail (attack 22).
#[test]
fn messages_that_the_stage_waits_for() {
    let stages = [
        Stage::Registering,
        Stage::Committing,
        Stage::Revealing,
        Stage::Dealing,
        Stage::Confirming,
    ];
    for stage in stages {
        build_and_execute(|| {
            let mut trustees = honest_until(FIRST, stage);
            let last = trustees.last_mut().expect("there are five");
            let right = message(last, stage);
            assert_eq!(admitted(&right), Ok(()), "{stage:?}");
            assert_eq!(admitted(&in_epoch(&right, 1)), NOT_NOW, "{stage:?}");
            let is_another = |call: &Call<Test>| !same_call(call, &right);
            for other in calls(FIRST).iter().filter(|call| is_another(call)) {
                // The sixth is a complaint, the confirmation's other side.
                let complaint = matches!(other, Call::complain { .. });
                let expected = if complaint && stage == Stage::Confirming {
                    Ok(())
                } else {
                    NOT_NOW
                };
                assert_eq!(admitted(other), expected, "{stage:?}: {other:?}");
            }
            assert_ok!(right.clone().dispatch_bypass_filter(last.origin()));
            assert_eq!(admitted(&right), NOT_NOW, "{stage:?} was done");
            // Voting should have opened: no election key can come about any more.
            System::set_block_number(OPENING);
            for call in calls(FIRST) {
                assert_eq!(admitted(&call), NOT_NOW, "{stage:?}: {call:?}");
            }
            System::set_block_number(1);
        });
    }
}

fn same_call(one: &Call<Test>, other: &Call<Test>) -> bool {
    core::mem::discriminant(one) == core::mem::discriminant(other)
}

/// The same message, for another epoch.
fn in_epoch(call: &Call<Test>, of: u32) -> Call<Test> {
    let mut call = call.clone();
    match &mut call {
        Call::register { epoch, .. }
        | Call::commit { epoch, .. }
        | Call::reveal { epoch, .. }
        | Call::deal { epoch, .. }
        | Call::confirm { epoch, .. }
        | Call::complain { epoch, .. } => *epoch = of,
        Call::report_silence { .. } | Call::__Ignore(..) => {}
    }
    call
}

#[test]
fn wrong_contents_are_found_before_they_enter() {
    build_and_execute(|| {
        let [register, ..] = calls(FIRST);
        assert_eq!(admitted(&register), NOT_NOW, "a key of low order");
    });
    build_and_execute(|| {
        honest_until(FIRST, Stage::Revealing);
        // The package that trustee 1 has committed to.
        let [_, _, reveal, ..] = calls(FIRST);
        assert_eq!(admitted(&reveal), NOT_NOW, "another trustee's package");
    });
    build_and_execute(|| {
        honest_until(FIRST, Stage::Confirming);
        let confirm = Call::confirm {
            election: FIRST,
            epoch: 0,
            election_key: EncodedPoint([0; 32]),
        };
        assert_eq!(admitted(&confirm), NOT_NOW, "another election key");
        let own = Call::complain {
            election: FIRST,
            epoch: 0,
            dealer: TrusteeIndex(5),
            disclosed_key: [0; 32],
        };
        assert_eq!(admitted(&own), NOT_NOW, "nobody deals to themselves");
    });
}

#[test]
fn reports_of_silence_after_the_deadline() {
    build_and_execute(|| {
        let report = Call::report_silence { election: FIRST };
        let deadline = KeyCeremony::status(FIRST).expect("it exists").deadline;
        run_to(deadline);
        assert_eq!(admitted(&report), NOT_NOW);
        run_to(deadline + 1);
        assert_eq!(admitted(&report), Ok(()));
    });
    build_and_execute(|| {
        honest_until(FIRST, Stage::Complete);
        run_to(OPENING - 1);
        let report = Call::report_silence { election: FIRST };
        assert_eq!(admitted(&report), NOT_NOW, "nobody is waited for");
    });
}

#[test]
fn for_elections_that_are_not_over() {
    build_and_execute(|| {
        for call in calls(ElectionId(3)) {
            let unknown = KeyCeremony::admits(&call, &sample::trustee(1));
            assert_eq!(unknown, Err(Refusal::UnknownElection));
        }
        assert_ok!(Elections::cancel_because(
            FIRST,
            CancelReason::TooFewTrustees
        ));
        for call in calls(FIRST) {
            let over = KeyCeremony::admits(&call, &sample::trustee(1));
            assert_eq!(over, Err(Refusal::ElectionOver));
        }
    });
}
