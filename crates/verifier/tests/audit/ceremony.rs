//! The key ceremony: which messages take effect, and who is excluded.

use psephos_crypto::key_ceremony::package_commitment;
use psephos_primitives::{
    ceremony::{self, Stage},
    wire::{Call, KeyCeremonyCall},
    Phase, TrusteeIndex,
};
use psephos_verifier::FaultKind;

use crate::world::{bounded, cancel, Setup, World, ELECTION};

/// A world in which the election was just created.
fn created() -> World {
    let mut world = World::new(Setup::default());
    world.create();
    world
}

/// A block with nothing but this.
fn send(world: &mut World, trustee: u8, message: KeyCeremonyCall) {
    let message = world.by_trustee(trustee, Call::KeyCeremony(message));
    world.good(vec![message]);
}

fn ceremony(world: &World) -> (u32, Stage) {
    world.chain.election(ELECTION).expect("created").ceremony()
}

/// attacks.md 13: whoever has not committed to it cannot reveal it.
#[test]
fn a_package_must_be_the_committed_one() {
    let mut world = created();
    let who = [1, 2, 3];
    world.register_keys(0, &who);
    world.make_packages(0, &who);
    for index in who {
        let package = world.package(index);
        let commitment = package_commitment(&world.context(), 0, index.into(), &package).into();
        let commit = |commitment| {
            Call::KeyCeremony(KeyCeremonyCall::Commit {
                election: ELECTION,
                epoch: 0,
                commitment,
            })
        };
        let first = world.by_trustee(index, commit(commitment));
        // Nobody changes its mind.
        let second = world.by_trustee(index, commit([9; 32].into()));
        world.good(vec![first, second]);
    }
    assert_eq!(ceremony(&world), (0, Stage::Revealing));
    let [first, mut second, third] = who.map(|index| world.package(index));
    let reveal = |package| {
        Call::KeyCeremony(KeyCeremonyCall::Reveal {
            election: ELECTION,
            epoch: 0,
            package,
        })
    };
    let good = [
        world.by_trustee(1, reveal(first.clone())),
        world.by_trustee(3, reveal(third)),
    ];
    world.good(good.into());
    let other = world.by_trustee(2, reveal(first));
    second.proof_response.0[0] ^= 1;
    let changed = world.by_trustee(2, reveal(second));
    world.good(vec![other, changed]);
    assert_eq!(ceremony(&world), (0, Stage::Revealing));
    // A package that proves its secret, but that nobody has seen the commitment of.
    let committed = world.package(2);
    world.make_packages(0, &who);
    let uncommitted = world.package(2);
    let uncommitted = world.by_trustee(2, reveal(uncommitted));
    world.good(vec![uncommitted]);
    assert_eq!(ceremony(&world), (0, Stage::Revealing));
    let committed = world.by_trustee(2, reveal(committed));
    world.good(vec![committed]);
    assert_eq!(ceremony(&world), (0, Stage::Dealing));
}

/// A package that was committed to, but whose proof of knowledge is wrong.
#[test]
fn a_package_must_prove_its_secret() {
    let mut world = created();
    let who = [1, 2, 3];
    world.register_keys(0, &who);
    world.make_packages(0, &who);
    let stolen = world.package(1);
    world.trustees[1].package = Some(stolen);
    for index in who {
        let package = world.package(index);
        let commitment = package_commitment(&world.context(), 0, index.into(), &package).into();
        let commit = KeyCeremonyCall::Commit {
            election: ELECTION,
            epoch: 0,
            commitment,
        };
        send(&mut world, index, commit);
    }
    for index in who {
        let package = world.package(index);
        let reveal = KeyCeremonyCall::Reveal {
            election: ELECTION,
            epoch: 0,
            package,
        };
        send(&mut world, index, reveal);
    }
    assert_eq!(ceremony(&world), (0, Stage::Revealing));
}

#[test]
fn a_key_of_low_order_is_not_registered() {
    let mut world = created();
    for encryption_key in [[0; 32], [0xff; 32]] {
        let register = KeyCeremonyCall::Register {
            election: ELECTION,
            epoch: 0,
            encryption_key,
        };
        send(&mut world, 1, register);
    }
    for index in [2, 3] {
        let register = KeyCeremonyCall::Register {
            election: ELECTION,
            epoch: 0,
            encryption_key: [9; 32],
        };
        send(&mut world, index, register);
    }
    assert_eq!(ceremony(&world), (0, Stage::Registering));
}

#[test]
fn a_deal_has_every_other_recipient_once() {
    let mut world = created();
    world.until_dealing(0, &[1, 2, 3]);
    let empty = KeyCeremonyCall::Deal {
        election: ELECTION,
        epoch: 0,
        shares: bounded(vec![]),
    };
    for index in [1, 2, 3] {
        send(&mut world, index, empty.clone());
    }
    assert_eq!(ceremony(&world), (0, Stage::Dealing));
}

#[test]
fn a_confirmation_is_of_the_election_key() {
    let mut world = created();
    world.until_dealing(0, &[1, 2, 3]);
    world.deal(0, &[1, 2, 3], None);
    let election_key = psephos_crypto::group::EncodedPoint([2; 32]);
    for index in [1, 2, 3] {
        let confirm = KeyCeremonyCall::Confirm {
            election: ELECTION,
            epoch: 0,
            election_key,
        };
        send(&mut world, index, confirm);
    }
    assert_eq!(ceremony(&world), (0, Stage::Confirming));
}

/// A complaint about a right share costs its sender its seat.
#[test]
fn a_false_complaint_excludes_who_complains() {
    let mut world = created();
    world.until_dealing(0, &[1, 2, 3]);
    world.deal(0, &[1, 2, 3], None);
    let disclosed_key = *world.trustees[2]
        .sealing
        .as_ref()
        .expect("registered")
        .to_bytes();
    let complaint = KeyCeremonyCall::Complain {
        election: ELECTION,
        epoch: 0,
        dealer: TrusteeIndex(1),
        disclosed_key,
    };
    send(&mut world, 3, complaint);
    let faults = world
        .reports
        .last()
        .expect("there are blocks")
        .faults
        .clone();
    let excluded = FaultKind::Excluded {
        fault: ceremony::Fault::FalseComplaint,
        epoch: 0,
    };
    assert_eq!(
        (faults[0].trustee, &faults[0].kind),
        (TrusteeIndex(3), &excluded)
    );
    assert_eq!(ceremony(&world), (1, Stage::Registering));
    // Messages for the epoch that is over have no effect.
    let old = KeyCeremonyCall::Register {
        election: ELECTION,
        epoch: 0,
        encryption_key: [9; 32],
    };
    for index in [1, 2] {
        send(&mut world, index, old.clone());
    }
    assert_eq!(ceremony(&world), (1, Stage::Registering));
}

#[test]
fn the_silent_are_excluded_after_the_deadline_and_not_before() {
    let mut world = created();
    let deadline = world.chain.height() + world.manifest.ceremony_stage;
    world.register_keys(0, &[1, 3]);
    let report = Call::KeyCeremony(KeyCeremonyCall::ReportSilence { election: ELECTION });
    world.advance_to(deadline);
    let early = world.by_trustee(1, report.clone());
    world.good(vec![early]);
    assert_eq!(ceremony(&world), (0, Stage::Registering));
    let due = world.by_trustee(1, report.clone());
    world.good(vec![due]);
    assert_eq!(ceremony(&world), (1, Stage::Registering));
    let faults = world
        .reports
        .last()
        .expect("there are blocks")
        .faults
        .clone();
    let excluded = FaultKind::Excluded {
        fault: ceremony::Fault::Silent,
        epoch: 0,
    };
    assert_eq!(
        (faults[0].trustee, &faults[0].kind),
        (TrusteeIndex(2), &excluded)
    );
    // Nobody does anything any more: the threshold is out of reach.
    world.advance_to(world.chain.height() + world.manifest.ceremony_stage + 2);
    let by_excluded = world.by_trustee(2, report.clone());
    world.good(vec![by_excluded]);
    let view = world.chain.election(ELECTION).expect("created");
    assert_eq!(view.phase(), Phase::Registration);
    let due = world.by_trustee(3, report);
    world.good(vec![due]);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Cancelled
    );
}

/// What is cancelled excludes nobody any more.
#[test]
fn nothing_happens_after_cancelling() {
    let mut world = created();
    world.register_keys(0, &[1, 3]);
    world.decide(cancel());
    world.advance_to(world.chain.height() + world.manifest.ceremony_stage + 2);
    let report = Call::KeyCeremony(KeyCeremonyCall::ReportSilence { election: ELECTION });
    let report = world.by_trustee(1, report);
    world.good(vec![report]);
    assert_eq!(
        world.reports.last().expect("there are blocks").faults,
        vec![]
    );
    assert_eq!(ceremony(&world), (0, Stage::Registering));
}

#[test]
fn a_message_before_its_stage_has_no_effect() {
    let mut world = created();
    let early = KeyCeremonyCall::Commit {
        election: ELECTION,
        epoch: 0,
        commitment: [9; 32].into(),
    };
    send(&mut world, 1, early);
    world.hold_ceremony();
    assert_eq!(ceremony(&world), (0, Stage::Complete));
}

#[test]
fn whoever_has_confirmed_cannot_complain() {
    let mut world = created();
    let who = [1, 2, 3];
    world.until_dealing(0, &who);
    let envelopes = world.deal(0, &who, None);
    let disclosed_key = *world.trustees[0]
        .sealing
        .as_ref()
        .expect("registered")
        .to_bytes();
    world.finish(0, &who, &envelopes);
    let confirm = world.confirmation(0, 1);
    let complain = Call::KeyCeremony(KeyCeremonyCall::Complain {
        election: ELECTION,
        epoch: 0,
        dealer: TrusteeIndex(2),
        disclosed_key,
    });
    let calls = vec![
        world.by_trustee(1, Call::KeyCeremony(confirm)),
        world.by_trustee(1, complain),
    ];
    world.good(calls);
    assert_eq!(ceremony(&world), (0, Stage::Confirming));
}

#[test]
fn a_complete_ceremony_stays_complete() {
    let mut world = created();
    world.hold_ceremony();
    world.advance_to(world.chain.height() + world.manifest.ceremony_stage + 2);
    let report = Call::KeyCeremony(KeyCeremonyCall::ReportSilence { election: ELECTION });
    let report = world.by_trustee(1, report);
    world.good(vec![report]);
    assert_eq!(ceremony(&world), (0, Stage::Complete));
}

/// What trustees' tools compare their node's word with before they deal.
#[test]
fn contributions_are_those_in_the_blocks() {
    let mut world = created();
    let who = [1, 2, 3];
    world.until_dealing(0, &who);
    let view = world.chain.election(ELECTION).expect("created");
    let contributions: Vec<_> = view.ceremony_contributions().collect();
    let participants: Vec<_> = contributions.iter().map(|(trustee, _)| *trustee).collect();
    assert_eq!(participants, who.map(TrusteeIndex));
    for ((_, own), index) in contributions.into_iter().zip(who) {
        let sealing = world.trustees[usize::from(index) - 1].sealing.as_ref();
        let package = world.package(index);
        let commitment = package_commitment(&world.context(), 0, index.into(), &package);
        let expected = ceremony::Contribution {
            encryption_key: sealing.map(|key| key.public_key()),
            commitment: Some(commitment.into()),
            package: Some(package),
            deal: None,
            confirmed: false,
        };
        assert_eq!(*own, expected);
    }
}

#[test]
fn a_new_epoch_has_no_contributions_of_the_last_one() {
    let mut world = created();
    world.register_keys(0, &[1, 3]);
    world.advance_to(world.chain.height() + world.manifest.ceremony_stage + 1);
    let report = Call::KeyCeremony(KeyCeremonyCall::ReportSilence { election: ELECTION });
    let report = world.by_trustee(1, report);
    world.good(vec![report]);
    let view = world.chain.election(ELECTION).expect("created");
    assert_eq!(view.ceremony(), (1, Stage::Registering));
    let nothing = ceremony::Contribution::default();
    let contributions: Vec<_> = view.ceremony_contributions().collect();
    assert_eq!(
        contributions,
        [(TrusteeIndex(1), &nothing), (TrusteeIndex(3), &nothing)]
    );
}
