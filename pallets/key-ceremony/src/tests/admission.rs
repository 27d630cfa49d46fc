//! What the pool lets in.

use frame_support::assert_ok;
use pallet_elections::sample;
use psephos_crypto::group::EncodedPoint;
use psephos_primitives::{
    ceremony::Stage, phase::CancelReason, ElectionId, Hash, Refusal, TrusteeIndex,
};

use super::trustees::*;
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

#[test]
fn participants_alone() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        for call in calls(FIRST) {
            assert_eq!(KeyCeremony::admits(&call, &sample::trustee(5)), Ok(()));
            let nobody = [sample::registrar(0), sample::trustee(6)];
            for who in nobody {
                assert_eq!(KeyCeremony::admits(&call, &who), Err(Refusal::NotYourCall));
            }
        }
        assert_ok!(trustees[4].complain(TrusteeIndex(1), *trustees[4].sealing_key.to_bytes()));
        for call in calls(FIRST) {
            let excluded = KeyCeremony::admits(&call, &sample::trustee(5));
            assert_eq!(excluded, Err(Refusal::NotYourCall));
        }
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
