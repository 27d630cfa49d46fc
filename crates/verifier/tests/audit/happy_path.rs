//! Elections that nothing is wrong with.

use psephos_primitives::{
    observer::Decryption,
    tally::Outcome,
    wire::{Call, ElectionsCall, KeyCeremonyCall},
    DistrictId, Phase, RevotePolicy, Text, TrusteeIndex,
};
use psephos_verifier::{audit, Check, Fault, FaultKind, Options, Progress};

use crate::world::{
    self, check, counted,
    people::{north, south},
    Setup, World, ELECTION, NORTH, SOUTH,
};

/// Five voters, two districts, several contests; published by two of three trustees.
fn held() -> World {
    let mut world = World::issued(Setup::default(), 6);
    let ballots = vec![
        world.cast(0, 0, &north(1)),
        world.cast(1, 0, &south(2, [true, true])),
        world.cast(2, 0, &north(0)),
    ];
    world.good(ballots);
    let ballots = vec![
        world.cast(3, 0, &south(1, [false, true])),
        world.cast(4, 0, &north(1)),
    ];
    world.good(ballots);
    world.advance_to(world.manifest.voting.end + 1);
    let shares = vec![
        world.shares(1, NORTH),
        world.shares(3, NORTH),
        world.shares(3, SOUTH),
    ];
    world.good(shares);
    world.expect_result(&[
        (NORTH, counted(&[(1, &[2, 0, 0])]), 3),
        (SOUTH, counted(&[(1, &[1, 1]), (2, &[1, 2])]), 2),
    ]);
    let shares = vec![world.shares(2, SOUTH)];
    world.good(shares);
    world.good(vec![]);
    world
}

#[test]
fn an_election_from_end_to_end() {
    let world = held();
    let report = check(&world.archive());
    assert_eq!(report.findings, vec![]);
    assert_eq!(report.faults, vec![]);
    assert!(report.ok(), "{report}");
    assert_eq!(report.result, world.result);
    assert_eq!(report.phase, Some(Phase::Published));
    assert_eq!(report.ballots, 5);
    assert_eq!(report.genesis_hash, Some(world.builder.genesis_hash()));
    assert_eq!(report.last_block_hash, Some(world.builder.head.hash()));
    for check in Check::ALL {
        assert!(report.items(*check) > 0, "{check:?} had nothing to check");
    }
    assert_eq!(report.items(Check::Proofs), 5);
    assert_eq!(report.items(Check::Credentials), 10);
    assert_eq!(report.items(Check::Sums), 3 * 3 + 2 * 4);
    assert_eq!(report.items(Check::Shares), 2 * 3 + 2 * 4);
    assert_eq!(report.items(Check::Finality), 3);
    let records = world.blocks.len() as u64 + 2;
    assert_eq!(report.items(Check::Archive), records);
}

#[test]
fn the_report_reads_well_and_is_json() {
    let report = check(&held().archive());
    let text = report.to_string();
    assert!(text.starts_with("Election 1: Rehearsal\n"), "{text}");
    assert!(
        text.contains("district 10, 3 ballots: contest 1 [2, 0, 0]"),
        "{text}"
    );
    assert!(text.ends_with("\nAUDIT OK\n"), "{text}");
    let json = serde_json::to_value(&report).expect("a report is JSON");
    assert_eq!(json["election"], 1);
    assert_eq!(json["checks"][0]["id"], "PSE-AUD-1");
    assert_eq!(
        json["result"]["districts"][0]["outcome"]["counted"][0]["counts"][0],
        2
    );
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let world = held();
    assert_eq!(world.archive(), world.archive());
}

#[test]
fn the_expected_chain_and_election_pass() {
    let world = held();
    let options = Options {
        expected_genesis: Some(world.builder.genesis_hash()),
        election: Some(ELECTION),
        ..Options::default()
    };
    let mut blocks = 0;
    let report = audit(&world.archive()[..], &options, |progress| {
        blocks += 1;
        assert_eq!(progress.block, blocks);
    });
    assert!(report.ok(), "{report}");
    assert_eq!(blocks, world.chain.height());
}

#[test]
fn headers_after_the_last_block_lead_to_the_justification() {
    let mut world = held();
    let (blocks, mut closing) = (world.blocks.clone(), world.closing());
    let descendants = [world.builder.block(vec![]), world.builder.block(vec![])];
    closing.descendants = descendants.map(|block| block.header).into();
    closing.justification = world.builder.justify(&[0, 1, 2]);
    let report = check(&world::write(&world.genesis, &blocks, &closing));
    assert!(report.ok(), "{report}");
}

/// attacks.md 16: a revote counts once, and in the place of the earlier ballot.
#[test]
fn of_several_ballots_the_last_counts() {
    let setup = Setup {
        revote: RevotePolicy::LastCounts,
        ..Setup::default()
    };
    let mut world = World::issued(setup, 3);
    let ballots = vec![world.cast(0, 0, &north(1)), world.cast(2, 0, &north(2))];
    world.good(ballots);
    // Two in one block: the second takes the place of the first.
    let ballots = vec![world.cast(0, 1, &north(2)), world.cast(0, 2, &north(3))];
    world.good(ballots);
    world.advance_to(world.manifest.voting.end + 1);
    let shares = vec![world.shares(1, NORTH)];
    world.good(shares);
    world.expect_result(&[
        (NORTH, counted(&[(1, &[0, 1, 1])]), 2),
        (SOUTH, counted(&[(1, &[0, 0]), (2, &[0, 0])]), 0),
    ]);
    let shares = vec![world.shares(2, NORTH)];
    world.good(shares);
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
    assert_eq!(report.ballots, 4);
}

/// attacks.md 20: so few ballots that a count would tell how somebody voted are never decrypted.
#[test]
fn a_district_with_too_few_ballots_is_withheld() {
    let mut world = World::issued(
        Setup {
            minimum_ballots: 2,
            ..Setup::default()
        },
        3,
    );
    let ballots = vec![
        world.cast(0, 0, &north(1)),
        world.cast(1, 0, &south(1, [false; 2])),
    ];
    world.good(ballots);
    let ballots = vec![world.cast(2, 0, &north(1))];
    world.good(ballots);
    expect_decryption(&world, [Decryption::Voting; 2]);
    world.advance_to(world.manifest.voting.end + 1);
    // What trustees' tools go by, whatever a node asks them for.
    expect_decryption(&world, [Decryption::Awaiting, Decryption::Withheld]);
    // The south waits for no shares: there are too few ballots.
    let shares = vec![world.shares(1, NORTH), world.shares(1, SOUTH)];
    world.good(shares);
    world.expect_result(&[
        (NORTH, counted(&[(1, &[2, 0, 0])]), 2),
        (SOUTH, Outcome::Withheld, 1),
    ]);
    let shares = vec![world.shares(3, NORTH)];
    world.good(shares);
    expect_decryption(&world, [Decryption::Counted, Decryption::Withheld]);
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
    assert_eq!(report.items(Check::Shares), 6);
}

/// What the blocks say of the sums of both districts.
fn expect_decryption(world: &World, expected: [Decryption; 2]) {
    let election = world.chain.election(ELECTION).expect("created");
    let decryption = |district| election.decryption(district).expect("exists");
    assert_eq!([NORTH, SOUTH].map(decryption), expected);
    assert_eq!(election.decryption(DistrictId(99)), None);
}

#[test]
fn progress_counts_ballots_and_the_view_knows_its_election() {
    let world = held();
    let mut steps = Vec::new();
    let observer = |progress: Progress| steps.push(progress.ballots);
    audit(&world.archive()[..], &Options::default(), observer);
    assert_eq!(steps.iter().max(), Some(&5));
    let view = world.chain.election(ELECTION).expect("was created");
    assert_eq!(view.manifest_hash(), world.manifest.hash());
    // Behind the time, the shares that completed it are alone in their block.
    assert_eq!(view.completed_by(), Some(1));
}

/// An election that nobody votes in is published by the closing block.
#[test]
fn without_a_ballot_the_closing_block_publishes() {
    let mut world = World::until_voting(Setup::default(), 1);
    world.close_without_a_ballot();
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
}

/// attacks.md 13: any number of bad shares stops nobody, and each is named.
#[test]
fn bad_shares_are_their_trustees_fault() {
    let mut world = World::issued(
        Setup {
            districts: 1,
            ..Setup::default()
        },
        1,
    );
    let ballot = world.cast(0, 0, &north(3));
    world.good(vec![ballot]);
    world.advance_to(world.manifest.voting.end + 1);
    let mut bad = world.make_shares(1, NORTH);
    bad[1].response = bad[0].response;
    let shares = vec![world.submit(1, NORTH, bad), world.shares(2, NORTH)];
    world.good(shares);
    world.expect_result(&[(NORTH, counted(&[(1, &[0, 0, 1])]), 1)]);
    let shares = vec![world.shares(3, NORTH)];
    world.good(shares);
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
    let [Fault {
        trustee: TrusteeIndex(1),
        extrinsic: 1,
        kind,
        ..
    }] = &report.faults[..]
    else {
        panic!("one fault: {:?}", report.faults)
    };
    let FaultKind::InvalidShares {
        district: NORTH,
        reason,
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!(reason, "position 1: the proof of the share is invalid");
    assert!(report
        .to_string()
        .contains("trustee 1 submitted invalid shares of district 10"));
}

#[test]
fn a_cancelled_election_has_no_result() {
    let mut world = World::new(Setup::default());
    world.create();
    let reason = Text::new("the wrong question").expect("is a text");
    world.decide(Call::Elections(ElectionsCall::Cancel {
        election: ELECTION,
        reason,
    }));
    // Nor does its closing block publish one.
    world.advance_to(world.manifest.voting.end + 2);
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
    assert_eq!(report.phase, Some(Phase::Cancelled));
    assert_eq!(report.result, None);
}

#[test]
fn what_is_over_cannot_be_cancelled() {
    let mut world = held();
    let reason = Text::new("too late").expect("is a text");
    world.decide(Call::Elections(ElectionsCall::Cancel {
        election: ELECTION,
        reason,
    }));
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
    assert_eq!(report.phase, Some(Phase::Published));
}

#[test]
fn without_a_key_the_election_is_cancelled_when_voting_should_open() {
    let mut world = World::new(Setup::default());
    world.create();
    world.advance_to(world.manifest.voting.start);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Registration
    );
    world.good(vec![]);
    assert_eq!(
        world.chain.election(ELECTION).expect("created").phase(),
        Phase::Cancelled
    );
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
}

/// A cheating dealer is excluded and the others go on without it.
#[test]
fn a_ceremony_that_begins_again_succeeds() {
    use psephos_primitives::ceremony;
    let mut world = World::new(Setup::default());
    world.create();
    world.until_dealing(0, &[1, 2, 3]);
    world.deal(0, &[1, 2, 3], Some(2));
    let disclosed_key = *world.trustees[0]
        .sealing
        .as_ref()
        .expect("registered")
        .to_bytes();
    let complaint = KeyCeremonyCall::Complain {
        election: ELECTION,
        epoch: 0,
        dealer: TrusteeIndex(2),
        disclosed_key,
    };
    let complaint = world.by_trustee(1, Call::KeyCeremony(complaint));
    world.good(vec![complaint]);
    let excluded = FaultKind::Excluded {
        fault: ceremony::Fault::BadShare,
        epoch: 0,
    };
    let faults = &world.reports.last().expect("there are blocks").faults;
    assert_eq!(
        faults
            .iter()
            .map(|f| (f.trustee, &f.kind))
            .collect::<Vec<_>>(),
        vec![(TrusteeIndex(2), &excluded)]
    );
    world.hold_ceremony_of(1, &[1, 3]);
    let election = world.chain.election(ELECTION).expect("created");
    let keys = election.keys().expect("complete");
    assert_eq!((keys.epoch, keys.verification_shares.len()), (1, 2));
    assert_eq!(keys.election_key, world.election_key());
}
