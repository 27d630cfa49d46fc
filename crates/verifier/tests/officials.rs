//! Officials' messages: who may send what, and that the rest has no effect.

mod world;

use psephos_crypto::key_ceremony::package_commitment;
use psephos_primitives::{
    ceremony::{self, Stage},
    register::Participation,
    wire::{
        BallotRegisterCall, Call, ConsortiumCall, ElectionsCall, KeyCeremonyCall, VoterRegisterCall,
    },
    ElectionId, Phase, Refusal, Text, TrusteeIndex, VoterNumber,
};
use psephos_verifier::{Cause, Check, FaultKind};
use world::{
    bounded,
    people::{north, Official},
    Setup, World, ELECTION, NORTH, SOUTH,
};

fn refused(refusal: Refusal) -> (Check, Cause) {
    (Check::Officials, Cause::Refused(refusal))
}

fn cancel() -> Call {
    let reason = Text::new("test").expect("is a text");
    Call::Elections(ElectionsCall::Cancel {
        election: ELECTION,
        reason,
    })
}

fn participate(voter: u64) -> Call {
    let voters = bounded(vec![Participation {
        voter: VoterNumber(voter),
        district: NORTH,
    }]);
    Call::VoterRegister(VoterRegisterCall::Participate {
        election: ELECTION,
        voters,
    })
}

/// A world in which the election was just created.
fn created() -> World {
    let mut world = World::new(Setup::default());
    world.create();
    world
}

#[test]
fn only_officials_get_into_a_block() {
    let mut world = created();
    let nobody = Official::new("nobody", 0);
    let vote = ConsortiumCall::Vote {
        proposal: [0; 32].into(),
        index: 0,
        approve: true,
    };
    let silence = KeyCeremonyCall::ReportSilence { election: ELECTION };
    let shares = BallotRegisterCall::SubmitShares {
        election: ELECTION,
        district: NORTH,
        shares: bounded(vec![]),
    };
    for call in [
        Call::Consortium(vote),
        Call::KeyCeremony(silence),
        Call::BallotRegister(shares),
        participate(0),
    ] {
        let extrinsic = world.builder.sign(&nobody.pair, 0, call);
        assert_eq!(world.bad(extrinsic), refused(Refusal::NotYourCall));
    }
    let unknown = KeyCeremonyCall::ReportSilence {
        election: ElectionId(2),
    };
    let trustee = world.trustees[0].official.clone();
    let extrinsic = world
        .builder
        .sign(&trustee.pair, 0, Call::KeyCeremony(unknown));
    assert_eq!(world.bad(extrinsic), refused(Refusal::UnknownElection));
}

/// attacks.md 3: no account, whatever its office, creates or cancels an election alone.
#[test]
fn nobody_creates_or_cancels_alone() {
    let mut world = created();
    let member = world.members[1].clone();
    let directly = world.builder.sign(&member.pair, 1, cancel());
    assert_eq!(world.bad(directly), refused(Refusal::NotAdmitted));
    let length_bound = 1_000;
    let alone = ConsortiumCall::Propose {
        threshold: 1,
        proposal: Box::new(cancel()),
        length_bound,
    };
    let alone = world.by_member(1, alone);
    world.good(vec![alone]);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Registration
    );
}

#[test]
fn motions_are_about_elections() {
    let mut world = created();
    let member = world.members[1].clone();
    let proposal = Box::new(participate(0));
    let motion = ConsortiumCall::Propose {
        threshold: 2,
        proposal,
        length_bound: 1_000,
    };
    let motion = world
        .builder
        .sign(&member.pair, 1, Call::Consortium(motion));
    assert_eq!(world.bad(motion), refused(Refusal::NotAdmitted));
}

#[test]
fn an_official_message_counts_once() {
    let mut world = created();
    let registrar = world.registrars[0].clone();
    let message = world.builder.official(&registrar, participate(0));
    world.good(vec![message.clone()]);
    let replayed = (
        Check::Officials,
        Cause::Nonce {
            expected: 1,
            found: 0,
        },
    );
    assert_eq!(world.bad(message), replayed);
    let ahead = world.builder.sign(&registrar.pair, 5, participate(1));
    assert_eq!(
        world.bad(ahead),
        (
            Check::Officials,
            Cause::Nonce {
                expected: 1,
                found: 5
            }
        )
    );
}

#[test]
fn manifests_against_the_rules_create_nothing() {
    let mut world = World::new(Setup::default());
    let good = world.manifest.clone();
    world.manifest.code_hash = [1; 32].into();
    world.create();
    world.manifest = good.clone();
    world.manifest.threshold = 9;
    world.create();
    world.manifest = good;
    world.manifest.registration.end = 2;
    world.create();
    assert_eq!(world.chain.elections(), 0);
    assert_eq!(world.chain.counts()[&Check::Manifests], 3);
}

#[test]
fn so_many_elections_open_in_one_block_and_no_more() {
    let mut world = World::new(Setup {
        members: 1,
        ..Setup::default()
    });
    for _ in 0..5 {
        world.create();
    }
    assert_eq!(world.chain.elections(), 4);
    world.decide(cancel());
    world.create();
    assert_eq!(world.chain.elections(), 5);
}

fn counts(world: &World) -> (u32, u32) {
    let counts = world
        .chain
        .election(ELECTION)
        .expect("created")
        .counts(NORTH)
        .expect("exists");
    (counts.participating, counts.issued)
}

#[test]
fn voters_take_part_by_a_quorum() {
    let mut world = created();
    let by_first = world.by_registrar(0, register_call(participate(0)));
    let again = world.by_registrar(0, register_call(participate(0)));
    world.good(vec![by_first, again]);
    assert_eq!(counts(&world), (0, 0));
    // One of two voters is recorded for another district: the whole call has no effect.
    let voters = bounded(vec![
        Participation {
            voter: VoterNumber(1),
            district: NORTH,
        },
        Participation {
            voter: VoterNumber(0),
            district: SOUTH,
        },
    ]);
    let mixed = VoterRegisterCall::Participate {
        election: ELECTION,
        voters,
    };
    let mixed = world.by_registrar(1, mixed);
    world.good(vec![mixed]);
    let by_second = world.by_registrar(1, register_call(participate(0)));
    let also_first = world.by_registrar(0, register_call(participate(1)));
    world.good(vec![by_second, also_first]);
    assert_eq!(counts(&world), (1, 0));
    // One change a day.
    let withdraw = VoterRegisterCall::Withdraw {
        election: ELECTION,
        voter: VoterNumber(0),
    };
    let withdraw = world.by_registrar(1, withdraw);
    world.good(vec![withdraw]);
    assert_eq!(counts(&world), (1, 0));
}

fn register_call(call: Call) -> VoterRegisterCall {
    match call {
        Call::VoterRegister(call) => call,
        _ => panic!("is a registrar's"),
    }
}

#[test]
fn nobody_registers_after_the_end_of_registration() {
    let mut world = created();
    world.advance_to(world.manifest.registration.end - 1);
    let on_time: Vec<_> = (0..2)
        .map(|r| world.by_registrar(r, register_call(participate(0))))
        .collect();
    world.good(on_time);
    let late: Vec<_> = (0..2)
        .map(|r| world.by_registrar(r, register_call(participate(1))))
        .collect();
    world.good(late);
    assert_eq!(counts(&world), (1, 0));
}

/// attacks.md 3: nobody adds issued ballots beyond the register.
#[test]
fn credentials_are_issued_to_those_who_take_part_and_once() {
    let mut world = created();
    world.register(1);
    world.hold_ceremony();
    let issue = |voters: Vec<u64>| VoterRegisterCall::Issue {
        election: ELECTION,
        voters: bounded(voters.into_iter().map(VoterNumber).collect()),
    };
    world.by_quorum(&issue(vec![0]));
    assert_eq!(counts(&world), (1, 0));
    world.advance_to(world.manifest.voting.start);
    assert_eq!(counts(&world), (1, 0));
    // Voter 7 does not take part; twice in one call is once too often.
    world.by_quorum(&issue(vec![0, 7]));
    world.by_quorum(&issue(vec![0, 0]));
    assert_eq!(counts(&world), (1, 0));
    world.by_quorum(&issue(vec![0]));
    assert_eq!(counts(&world), (1, 1));
}

#[test]
fn a_recorded_issue_counts_once() {
    let mut world = World::issued(Setup::default(), 1);
    assert_eq!(counts(&world), (1, 1));
    world.issue(1);
    assert_eq!(counts(&world), (1, 1));
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
    let committed = world.package(2);
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
        let commit = world.by_trustee(index, Call::KeyCeremony(commit));
        world.good(vec![commit]);
    }
    for index in who {
        let package = world.package(index);
        let reveal = KeyCeremonyCall::Reveal {
            election: ELECTION,
            epoch: 0,
            package,
        };
        let reveal = world.by_trustee(index, Call::KeyCeremony(reveal));
        world.good(vec![reveal]);
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
        let register = world.by_trustee(1, Call::KeyCeremony(register));
        world.good(vec![register]);
    }
    for index in [2, 3] {
        let register = KeyCeremonyCall::Register {
            election: ELECTION,
            epoch: 0,
            encryption_key: [9; 32],
        };
        let register = world.by_trustee(index, Call::KeyCeremony(register));
        world.good(vec![register]);
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
        let deal = world.by_trustee(index, Call::KeyCeremony(empty.clone()));
        world.good(vec![deal]);
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
        let confirm = world.by_trustee(index, Call::KeyCeremony(confirm));
        world.good(vec![confirm]);
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
    let complaint = world.by_trustee(3, Call::KeyCeremony(complaint));
    world.good(vec![complaint]);
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
        let register = world.by_trustee(index, Call::KeyCeremony(old.clone()));
        world.good(vec![register]);
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
    assert_eq!(ceremony(&world), (1, Stage::Registering));
    let due = world.by_trustee(3, report);
    world.good(vec![due]);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Cancelled
    );
}

/// attacks.md 20: before the closing block there is nothing to decrypt; then each trustee is heard
/// once, and an excluded or silent one is not missed.
#[test]
fn shares_come_after_the_closing_block() {
    let mut world = World::issued(
        Setup {
            districts: 1,
            ..Setup::default()
        },
        1,
    );
    let ballot = world.cast(0, 0, &north(2));
    world.good(vec![ballot]);
    let early: Vec<_> = [1, 2, 3].map(|index| world.shares(index, NORTH)).into();
    world.good(early);
    world.advance_to(world.manifest.voting.end + 1);
    let view = world.chain.election(ELECTION).expect("created");
    assert_eq!(view.phase(), Phase::Tallying);
    let first = [world.shares(1, NORTH), world.shares(1, NORTH)];
    world.good(first.into());
    let view = world.chain.election(ELECTION).expect("created");
    assert_eq!(view.phase(), Phase::Tallying);
    let status = view
        .share_status(TrusteeIndex(1), NORTH)
        .expect("is tallying");
    assert_eq!(
        (status.accepted, status.invalid),
        (Some(world.chain.height()), 0)
    );
    let second = world.shares(3, NORTH);
    world.good(vec![second]);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Published
    );
}

/// attacks.md 14: a share's proof binds the sum and the trustee.
#[test]
fn shares_of_another_trustee_or_sum_do_not_count() {
    let mut world = World::issued(
        Setup {
            districts: 1,
            ..Setup::default()
        },
        1,
    );
    let ballot = world.cast(0, 0, &north(2));
    world.good(vec![ballot]);
    world.advance_to(world.manifest.voting.end + 1);
    let of_first = world.make_shares(1, NORTH);
    let mut swapped = world.make_shares(2, NORTH);
    swapped.as_mut().swap(0, 1);
    let mut short = world.make_shares(2, NORTH);
    short.pop();
    let bad = [
        world.submit(2, NORTH, of_first),
        world.submit(2, NORTH, swapped),
        world.submit(2, NORTH, short),
    ];
    world.good(bad.into());
    assert_eq!(
        world.reports.last().expect("there are blocks").faults.len(),
        3
    );
    // After three invalid ones nobody looks at a fourth, not even at a valid one.
    let shares = [world.shares(2, NORTH), world.shares(1, NORTH)];
    world.good(shares.into());
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Tallying
    );
}
