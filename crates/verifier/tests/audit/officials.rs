//! Officials' messages: who may send what, and that the rest has no effect.

use psephos_primitives::{
    register::Participation,
    wire::{BallotRegisterCall, Call, ConsortiumCall, KeyCeremonyCall, VoterRegisterCall},
    BlockRange, DistrictId, ElectionId, Phase, Refusal, TrusteeIndex, VoterNumber,
};
use psephos_verifier::{Cause, Check};

use crate::world::{
    bounded, cancel,
    people::{north, Official},
    Setup, World, ELECTION, NORTH, SOUTH,
};

fn refused(refusal: Refusal) -> (Check, Cause) {
    (Check::Officials, Cause::Refused(refusal))
}

fn participate(voter: u64) -> Call {
    Call::VoterRegister(participate_in(&[(voter, NORTH)]))
}

fn participate_in(voters: &[(u64, DistrictId)]) -> VoterRegisterCall {
    let voters = voters.iter().map(|(voter, district)| Participation {
        voter: VoterNumber(*voter),
        district: *district,
    });
    VoterRegisterCall::Participate {
        election: ELECTION,
        voters: bounded(voters.collect()),
    }
}

fn withdraw(voter: u64) -> VoterRegisterCall {
    VoterRegisterCall::Withdraw {
        election: ELECTION,
        voter: VoterNumber(voter),
    }
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
    // Registration has to end after the block that creates the election.
    world.manifest.registration.end = world.chain.height() + 1;
    world.create();
    assert_eq!(world.chain.elections(), 0);
    world.manifest.registration.end = world.chain.height() + 2;
    world.create();
    assert_eq!(world.chain.elections(), 1);
    assert_eq!(world.chain.counts()[&Check::Manifests], 5);
}

/// Five elections that share one block of their schedule, and what becomes of the fifth.
fn five_elections(differ: fn(&mut BlockRange, u32)) {
    let mut world = World::new(Setup::default());
    for number in 0..5 {
        differ(&mut world.manifest.voting, number);
        world.create();
    }
    assert_eq!(world.chain.elections(), 4);
    // A cancelled one makes room.
    world.decide(cancel());
    world.create();
    assert_eq!(world.chain.elections(), 5);
}

#[test]
fn so_many_elections_open_in_one_block_and_no_more() {
    five_elections(|voting, number| voting.end = 40 + number);
}

#[test]
fn so_many_elections_close_in_one_block_and_no_more() {
    five_elections(|voting, number| voting.start = 30 + number);
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
    // One of two voters is in a district that is not: the whole call has no effect.
    let mixed = participate_in(&[(1, NORTH), (0, DistrictId(30))]);
    let mixed = world.by_registrar(1, mixed);
    world.good(vec![mixed]);
    let by_second = world.by_registrar(1, register_call(participate(0)));
    let also_first = world.by_registrar(0, register_call(participate(1)));
    world.good(vec![by_second, also_first]);
    assert_eq!(counts(&world), (1, 0));
    // One change a day.
    let withdraw = world.by_registrar(1, withdraw(0));
    world.good(vec![withdraw]);
    assert_eq!(counts(&world), (1, 0));
}

/// PSE-REG-7: whoever names a district first does not bind the others.
#[test]
fn registrars_may_differ_about_a_district() {
    let mut world = created();
    let by_both = [
        (1, participate_in(&[(0, SOUTH)])),
        (0, participate_in(&[(0, NORTH)])),
        (1, withdraw(0)),
    ];
    let by_both = by_both.map(|(index, call)| world.by_registrar(index, call));
    world.good(by_both.into());
    assert_eq!(counts(&world), (0, 0));
    let agreed = world.by_registrar(1, participate_in(&[(0, NORTH)]));
    world.good(vec![agreed]);
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
    let first = world.shares(1, NORTH);
    world.good(vec![first]);
    let accepted = Some(world.chain.height());
    // Valid shares a second time: the first stand.
    let again = world.shares(1, NORTH);
    world.good(vec![again]);
    let view = world.chain.election(ELECTION).expect("created");
    assert_eq!(view.phase(), Phase::Tallying);
    let status = view.share_status(TrusteeIndex(1), NORTH);
    let status = status.expect("is tallying");
    assert_eq!((status.accepted, status.invalid), (accepted, 0));
    let second = world.shares(3, NORTH);
    world.good(vec![second]);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Published
    );
}

/// Voting is over, in one district, with one ballot.
fn one_ballot_to_tally() -> World {
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
    world
}

/// attacks.md 14: a share's proof binds the sum and the trustee.
#[test]
fn shares_of_another_trustee_or_sum_do_not_count() {
    let mut world = one_ballot_to_tally();
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

/// The consortium can give an election up that cannot be tallied; then nothing is decrypted.
#[test]
fn no_shares_after_cancelling() {
    let mut world = one_ballot_to_tally();
    world.decide(cancel());
    let shares = vec![world.shares(1, NORTH), world.shares(2, NORTH)];
    world.good(shares);
    let view = world.chain.election(ELECTION).expect("created");
    assert_eq!(view.phase(), Phase::Cancelled);
    assert_eq!(view.result(), None);
}
