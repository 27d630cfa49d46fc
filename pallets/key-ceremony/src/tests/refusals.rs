//! What is refused, each with its own error and without a trace in the state.

use curve25519_dalek::ristretto::CompressedRistretto;
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use pallet_elections::sample;
use psephos_crypto::{group::EncodedPoint, key_ceremony::Package};
use psephos_primitives::{ceremony::Stage, phase::CancelReason, ElectionId, TrusteeIndex};
use sp_runtime::DispatchError;

use super::trustees::*;
use crate::{mock::*, Contributions, Error};

const IDENTITY: EncodedPoint = EncodedPoint([0; 32]);

#[test]
fn who_is_no_participant() {
    build_and_execute(|| {
        let key = participants(FIRST)[0].sealing_key.public_key();
        let register =
            |origin: RuntimeOrigin, election| KeyCeremony::register(origin, election, 0, key);
        let trustee = RawOrigin::Signed(sample::trustee(1));
        let registrar = RawOrigin::Signed(sample::registrar(1));
        assert_noop!(
            register(RawOrigin::Root.into(), FIRST),
            DispatchError::BadOrigin
        );
        assert_noop!(
            register(registrar.clone().into(), FIRST),
            Error::<Test>::NotATrustee
        );
        assert_noop!(
            register(trustee.into(), ElectionId(3)),
            Error::<Test>::UnknownElection
        );
        assert_noop!(
            KeyCeremony::report_silence(registrar.into(), FIRST),
            Error::<Test>::NotATrustee
        );
    });
}

#[test]
fn who_was_excluded() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        let liar = &trustees[4];
        assert_ok!(liar.complain(TrusteeIndex(1), *liar.sealing_key.to_bytes()));
        assert_noop!(
            liar.register(liar.sealing_key.public_key()),
            Error::<Test>::Excluded
        );
        assert_noop!(liar.report_silence(), Error::<Test>::Excluded);
    });
}

#[test]
fn what_is_meant_for_another_epoch() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        assert_ok!(trustees[4].complain(TrusteeIndex(1), *trustees[4].sealing_key.to_bytes()));
        // An old registration, whose key a complaint may have disclosed.
        let old = &trustees[0];
        assert_noop!(
            old.register(old.sealing_key.public_key()),
            Error::<Test>::OtherEpoch
        );
        let ahead = Trustee::new(FIRST, 2, TrusteeIndex(1), 4);
        assert_noop!(
            ahead.register(ahead.sealing_key.public_key()),
            Error::<Test>::OtherEpoch
        );
    });
}

#[test]
fn what_another_stage_waits_for() {
    build_and_execute(|| {
        let mut trustees = honest_until(FIRST, Stage::Registering);
        let trustee = &trustees[0];
        assert_noop!(
            trustee.commit(trustee.commitment()),
            Error::<Test>::OtherStage
        );
        assert_noop!(
            trustee.reveal(trustee.package.clone()),
            Error::<Test>::OtherStage
        );
        assert_noop!(trustee.deal(Default::default()), Error::<Test>::OtherStage);
        assert_noop!(trustee.confirm(IDENTITY), Error::<Test>::OtherStage);
        assert_noop!(
            trustee.complain(TrusteeIndex(2), [0; 32]),
            Error::<Test>::OtherStage
        );
        go_on(FIRST, &mut trustees, Stage::Committing);
        let trustee = &trustees[0];
        assert_noop!(
            trustee.register(trustee.sealing_key.public_key()),
            Error::<Test>::OtherStage
        );
        go_on(FIRST, &mut trustees, Stage::Complete);
        run_to(OPENING - 1);
        assert_noop!(trustees[0].report_silence(), Error::<Test>::OtherStage);
        assert_noop!(trustees[0].confirm(IDENTITY), Error::<Test>::OtherStage);
    });
}

#[test]
fn what_was_done_already() {
    build_and_execute(|| {
        let mut trustees = participants(FIRST);
        let stages = [Stage::Registering, Stage::Committing, Stage::Revealing];
        for stage in stages {
            assert_ok!(trustees[0].act(stage));
            assert_noop!(trustees[0].act(stage), Error::<Test>::AlreadyDone);
            let next = stages
                .into_iter()
                .find(|other| *other > stage)
                .unwrap_or(Stage::Dealing);
            for trustee in &mut trustees[1..] {
                assert_ok!(trustee.act(stage));
            }
            assert_eq!(super::trustees::stage(FIRST), next);
        }
        let deal = trustees[0].make_deal();
        assert_ok!(trustees[0].deal(deal.clone()));
        assert_noop!(trustees[0].deal(deal), Error::<Test>::AlreadyDone);
        for trustee in &mut trustees[1..] {
            assert_ok!(trustee.act(Stage::Dealing));
        }
        assert_ok!(trustees[0].act(Stage::Confirming));
        assert_noop!(
            trustees[0].act(Stage::Confirming),
            Error::<Test>::AlreadyDone
        );
        // Whoever has confirmed its shares cannot complain of one.
        let disclosed = *trustees[0].sealing_key.to_bytes();
        assert_noop!(
            trustees[0].complain(TrusteeIndex(2), disclosed),
            Error::<Test>::AlreadyDone
        );
    });
}

#[test]
fn everything_once_voting_should_have_opened_or_the_election_is_cancelled() {
    build_and_execute(|| {
        let mut first = honest_until(FIRST, Stage::Confirming);
        let second = participants(SECOND);
        assert_ok!(Elections::cancel_because(
            SECOND,
            CancelReason::TooFewTrustees
        ));
        assert_noop!(
            second[0].register(second[0].sealing_key.public_key()),
            Error::<Test>::TooLate
        );
        assert_noop!(second[0].report_silence(), Error::<Test>::TooLate);
        run_to(OPENING);
        assert_noop!(first[0].act(Stage::Confirming), Error::<Test>::TooLate);
        assert_noop!(first[0].report_silence(), Error::<Test>::TooLate);
        let disclosed = *first[0].sealing_key.to_bytes();
        assert_noop!(
            first[0].complain(TrusteeIndex(2), disclosed),
            Error::<Test>::TooLate
        );
    });
}

#[test]
fn keys_that_would_keep_nothing_secret() {
    build_and_execute(|| {
        let trustee = &participants(FIRST)[0];
        // Points of order 1, 2 and 4, and p, which is another encoding of 0.
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        let mut minus_one = p;
        minus_one[0] = 0xec;
        let mut one = [0; 32];
        one[0] = 1;
        for key in [[0; 32], one, minus_one, p, [0xff; 32]] {
            assert_noop!(trustee.register(key), Error::<Test>::EncryptionKey);
        }
    });
}

#[test]
fn rushing() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Revealing);
        for trustee in &trustees[..4] {
            assert_ok!(trustee.reveal(trustee.package.clone()));
        }
        // The last has seen all others, and would choose another polynomial: a valid one.
        let chosen = Trustee::new(FIRST, 0, TrusteeIndex(5), 4);
        let other = {
            let mut package = chosen.package.clone();
            package.commitments[1] = trustees[0].package.commitments[1];
            package
        };
        assert_noop!(trustees[4].reveal(other), Error::<Test>::OtherPackage);
        assert_noop!(
            trustees[4].reveal(trustees[0].package.clone()),
            Error::<Test>::OtherPackage
        );
        assert_ok!(trustees[4].reveal(trustees[4].package.clone()));
    });
}

/// Trustee 1 commits to this package as if it were its own, and reveals it.
fn commit_and_reveal(package: Package, error: Error<Test>) {
    let mut trustees = honest_until(FIRST, Stage::Committing);
    let commitment = trustees[0].commitment_to(&package);
    assert_ok!(trustees[0].commit(commitment));
    for trustee in &mut trustees[1..] {
        assert_ok!(trustee.act(Stage::Committing));
    }
    assert_noop!(trustees[0].reveal(package), error);
}

#[test]
fn packages_from_elsewhere() {
    // Of another election, of another epoch, and of another trustee: each is valid there.
    let elsewhere: [fn() -> Trustee; 3] = [
        || Trustee::new(SECOND, 0, TrusteeIndex(1), 5),
        || Trustee::new(FIRST, 1, TrusteeIndex(1), 5),
        || Trustee::new(FIRST, 0, TrusteeIndex(2), 5),
    ];
    for trustee in elsewhere {
        build_and_execute(|| {
            commit_and_reveal(trustee().package, Error::<Test>::ProofOfKnowledge);
        });
    }
}

/// What is done to a package, and how it is refused then.
type Spoilt = (fn(&mut Package), Error<Test>);

#[test]
fn packages_that_are_malformed() {
    let spoilt: [Spoilt; 6] = [
        (|p| p.commitments.truncate(2), Error::PackageSize),
        (|p| p.commitments.clear(), Error::PackageSize),
        (
            |p| p.commitments.force_push(p.commitments[0]),
            Error::PackageSize,
        ),
        (|p| p.commitments[2] = IDENTITY, Error::PackageEncoding),
        (|p| p.commitments[0].0 = [0xff; 32], Error::PackageEncoding),
        (|p| p.proof_response.0 = [0xff; 32], Error::PackageEncoding),
    ];
    for (spoil, error) in spoilt {
        build_and_execute(|| {
            let mut package = participants(FIRST)[0].package.clone();
            spoil(&mut package);
            commit_and_reveal(package, error);
        });
    }
}

#[test]
fn packages_that_add_up_to_nothing() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Revealing);
        for trustee in &trustees[..4] {
            assert_ok!(trustee.reveal(trustee.package.clone()));
        }
        // Nobody can bring this about who has to prove knowledge of a secret that was committed to
        // before: so the state is forged, with a first trustee whose commitment cancels the others'.
        let own = KeyCeremony::contribution(FIRST, TrusteeIndex(1));
        let others = trustees[1..]
            .iter()
            .map(|trustee| point(&trustee.package.commitments[0]));
        let sum: curve25519_dalek::RistrettoPoint = others.sum();
        Contributions::<Test>::mutate(FIRST, TrusteeIndex(1), |forged| {
            if let Some(package) = &mut forged.package {
                package.commitments[0] = EncodedPoint((-sum).compress().0);
            }
        });
        let last = trustees[4].package.clone();
        assert_noop!(trustees[4].reveal(last.clone()), Error::<Test>::UnusableKey);
        Contributions::<Test>::insert(FIRST, TrusteeIndex(1), own);
        assert_ok!(trustees[4].reveal(last));
    });
}

fn point(encoded: &EncodedPoint) -> curve25519_dalek::RistrettoPoint {
    CompressedRistretto(encoded.0)
        .decompress()
        .expect("it was verified")
}

#[test]
fn shares_for_others_than_all_others() {
    build_and_execute(|| {
        let mut trustees = honest_until(FIRST, Stage::Dealing);
        let deal = trustees[0].make_deal();
        let refused = |spoil: &dyn Fn(&mut psephos_primitives::ceremony::Deal)| {
            let mut spoilt = deal.clone();
            spoil(&mut spoilt);
            assert_noop!(trustees[0].deal(spoilt), Error::<Test>::Recipients);
        };
        refused(&|deal| deal.truncate(3));
        refused(&|deal| deal.clear());
        refused(&|deal| deal.sort_by_key(|share| core::cmp::Reverse(share.recipient)));
        refused(&|deal| deal[1] = deal[0]);
        refused(&|deal| deal[3].recipient = TrusteeIndex(6));
        refused(&|deal| deal[0].recipient = TrusteeIndex(1));
        refused(&|deal| deal.try_push(deal[3]).expect("there is room"));
    });
}

#[test]
fn confirming_another_key() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        assert_noop!(
            trustees[0].confirm(IDENTITY),
            Error::<Test>::OtherElectionKey
        );
        let other = trustees[0].package.commitments[0];
        assert_noop!(trustees[0].confirm(other), Error::<Test>::OtherElectionKey);
    });
}

#[test]
fn complaining_of_who_dealt_nothing() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        let disclosed = *trustees[0].sealing_key.to_bytes();
        for dealer in [0, 1, 6, 255].map(TrusteeIndex) {
            assert_noop!(
                trustees[0].complain(dealer, disclosed),
                Error::<Test>::UnknownDealer
            );
        }
    });
}

#[test]
fn reporting_silence_too_early() {
    build_and_execute(|| {
        let trustees = participants(FIRST);
        assert_noop!(
            trustees[0].report_silence(),
            Error::<Test>::DeadlineNotPassed
        );
        run_to(1 + manifest().ceremony_stage);
        assert_noop!(
            trustees[0].report_silence(),
            Error::<Test>::DeadlineNotPassed
        );
        assert_ok!(trustees[0].register(trustees[0].sealing_key.public_key()));
        assert_ok!(trustees[1].register(trustees[1].sealing_key.public_key()));
        assert_ok!(trustees[2].register(trustees[2].sealing_key.public_key()));
        run_to(2 + manifest().ceremony_stage);
        assert_ok!(trustees[0].report_silence());
    });
}
