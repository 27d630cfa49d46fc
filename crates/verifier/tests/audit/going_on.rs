//! Audits on several threads, and audits that were stopped and went on: both come to what one
//! thread that was never stopped comes to (PSE-AUD-21, PSE-AUD-22).

use std::{num::NonZeroUsize, sync::OnceLock};

use psephos_primitives::{
    wire::{BallotRegisterCall, Call, Extra},
    RevotePolicy,
};
use psephos_verifier::{
    audit, resume, Cause, Check, Checkpoint, CheckpointError, Observer, Options, Progress, Report,
    Threads,
};
use sp_runtime::generic::Era;

use crate::world::{
    counted,
    people::{north, south},
    write, Setup, World, ELECTION, NORTH, SOUTH,
};

/// Ballots, revotes, and in between whatever must not be: in blocks of their own and among others.
struct Sample {
    world: World,
    archive: Vec<u8>,
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let setup = Setup {
            revote: RevotePolicy::LastCounts,
            ..Setup::default()
        };
        let mut world = World::issued(setup, 8);
        let ballots = [
            world.cast(0, 0, &north(1)),
            world.cast(1, 0, &south(2, [true, true])),
            invalid(&mut world, 2),
            world.cast(0, 1, &north(2)),
        ];
        world.block(ballots.into());
        let unsigned = badly_signed(&mut world, 4);
        let ballots = [
            unsigned,
            world.cast(4, 0, &north(3)),
            // Voter 2's invalid ballot counts as cast, and is superseded by this one.
            world.cast(2, 1, &north(1)),
            // Nothing is left of a ballot that was not admitted.
            world.cast(6, 5, &north(1)),
        ];
        world.block(ballots.into());
        world.good(vec![]);
        let ballots = vec![world.cast(6, 0, &north(0)), world.cast(0, 2, &north(1))];
        world.good(ballots);
        world.advance_to(world.manifest.voting.end + 1);
        finish(&mut world, &[2, 0, 1], 4, &[0, 1], &[1, 1], 1);
        let archive = world.archive();
        Sample { world, archive }
    })
}

/// Shares and result.
fn finish(
    world: &mut World,
    in_north: &[u32],
    voters_north: u32,
    first: &[u32],
    second: &[u32],
    voters_south: u32,
) {
    let shares = vec![
        world.shares(1, NORTH),
        world.shares(3, NORTH),
        world.shares(1, SOUTH),
    ];
    world.good(shares);
    world.expect_result(&[
        (NORTH, counted(&[(1, in_north)]), voters_north),
        (SOUTH, counted(&[(1, first), (2, second)]), voters_south),
    ]);
    let shares = vec![world.shares(3, SOUTH)];
    world.good(shares);
}

/// A ballot whose proof is that of nothing.
fn invalid(world: &mut World, voter: u64) -> Vec<u8> {
    let mut call = world.cast_call(voter, &north(1));
    let BallotRegisterCall::Cast { ballot, .. } = &mut call else {
        panic!("is a ballot")
    };
    let responses = &mut ballot.contests[0].selections[0].proof.responses;
    responses.swap(0, 1);
    world.send(voter, 0, call)
}

/// A ballot that was signed for another chain.
fn badly_signed(world: &mut World, voter: u64) -> Vec<u8> {
    let call = Call::BallotRegister(world.cast_call(voter, &north(1)));
    let extra = Extra {
        era: Era::Immortal,
        nonce: 0,
    };
    let mut implicit = world.builder.implicit();
    implicit.genesis_hash = [1; 32].into();
    let key = World::one_time_key(voter);
    world.builder.sign_for(&key, extra, &implicit, call)
}

fn options(threads: usize, window_bytes: u64) -> Options {
    Options {
        threads: Threads::new(NonZeroUsize::new(threads).expect("is none of them")),
        window_bytes: Some(window_bytes),
        ..Options::default()
    }
}

/// Keeps every checkpoint that is offered.
#[derive(Default)]
struct Keeper {
    checkpoints: Vec<Checkpoint>,
}

impl Observer for Keeper {
    fn progress(&mut self, _: Progress) {}

    fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.checkpoints.push(checkpoint);
    }
}

fn checkpoints(archive: &[u8]) -> Vec<Checkpoint> {
    let mut keeper = Keeper::default();
    resume(archive, &options(1, 1), None, &mut keeper).expect("nothing to go on from");
    keeper.checkpoints
}

/// The whole report, but for what was taken over.
fn fully(report: &Report) -> Report {
    Report {
        resumed: None,
        ..report.clone()
    }
}

#[test]
fn threads_and_windows_change_nothing() {
    let Sample { archive, .. } = sample();
    // One block after the other, by one thread.
    let expected = audit(&archive[..], &options(1, 1), |_| {});
    let found: Vec<_> = expected.findings.iter().map(|one| one.check).collect();
    assert_eq!(
        found,
        [Check::Proofs, Check::Signatures, Check::Admission],
        "{expected}"
    );
    for threads in [1, 2, 7] {
        for window in [1, 5_000, 20_000, u64::MAX] {
            let mut last = 0;
            let report = audit(&archive[..], &options(threads, window), |progress| {
                assert_eq!(progress.block, last + 1);
                last = progress.block;
            });
            assert_eq!(last, expected.last_block);
            assert_eq!(report, expected, "{threads} threads, {window} bytes");
        }
    }
    assert_eq!(audit(&archive[..], &Options::default(), |_| {}), expected);
}

#[test]
fn ballots_are_shown_by_hour_and_author() {
    let Sample { archive, .. } = sample();
    let report = audit(&archive[..], &Options::default(), |_| {});
    let by_hour: u64 = report.ballots_by_hour.iter().map(|one| one.ballots).sum();
    let by_author: u64 = report.ballots_by_author.iter().map(|one| one.ballots).sum();
    assert_eq!((by_hour, by_author), (report.ballots, report.ballots));
    // Slots from 500,000,001 on, each of three seconds: all in one hour.
    let [hour] = &report.ballots_by_hour[..] else {
        panic!("{report}")
    };
    assert_eq!(hour.hour.to_string(), "2017-07-14T02:00:00Z");
    // Three blocks with ballots, one after another but for an empty one.
    let blocks: u64 = report.ballots_by_author.iter().map(|one| one.blocks).sum();
    assert_eq!(blocks, 3);
    let text = report.to_string();
    assert!(text.contains("2017-07-14T02:00:00Z         8 █"), "{text}");
}

#[test]
fn an_audit_goes_on_from_every_checkpoint() {
    let Sample { archive, world } = sample();
    let expected = audit(&archive[..], &Options::default(), |_| {});
    let checkpoints = checkpoints(archive);
    assert_eq!(checkpoints.len(), world.blocks.len());
    for checkpoint in &checkpoints {
        for options in [options(1, 1), options(2, 20_000)] {
            let mut keeper = Keeper::default();
            let report = resume(&archive[..], &options, Some(checkpoint), &mut keeper)
                .expect("it is the same archive");
            assert_eq!(fully(&report), expected);
            let resumed = report.resumed.clone().expect("it was resumed");
            assert_eq!(resumed.block, checkpoint.block());
            assert!(
                report.to_string().contains("\nResumed: "),
                "the report says so"
            );
            // What it hands out next is as good as what it would have handed out without a stop.
            let further = keeper.checkpoints.iter();
            assert!(further
                .clone()
                .all(|one| one.block() > checkpoint.block() || one == checkpoint));
        }
    }
    assert_eq!(expected.resumed, None);
}

#[test]
fn another_archive_or_a_changed_one_is_no_archive_to_go_on_with() {
    let Sample { archive, world } = sample();
    let checkpoints = checkpoints(archive);
    let checkpoint = &checkpoints[checkpoints.len() / 2];
    let go_on = |archive: &[u8]| {
        resume(archive, &options(2, 5_000), Some(checkpoint), &mut |_| {}).map(|report| report.ok())
    };
    let other = Err(CheckpointError::OtherArchive);
    // Every byte that the earlier run has read, some of them here.
    let end = ends(archive)[checkpoint.block() as usize];
    for place in (0..end).step_by(997).chain([0, 7, 8, end - 1]) {
        let mut changed = archive.clone();
        changed[place] ^= 1;
        assert_eq!(go_on(&changed), other, "byte {place}");
    }
    // Cut off before the place, or made of fewer blocks.
    assert_eq!(go_on(&archive[..end - 1]), other);
    assert_eq!(go_on(&[]), other);
    let few = &world.blocks[..checkpoint.block() as usize - 1];
    assert_eq!(go_on(&write(&world.genesis, few, &world.closing())), other);
    // What comes after is checked as ever.
    let mut changed = archive.clone();
    changed[end + 500] ^= 1;
    assert_eq!(go_on(&changed), Ok(false));
}

/// Where each record ends.
fn ends(archive: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut place = 8;
    while place < archive.len() {
        let length = archive[place..place + 4].try_into().expect("four bytes");
        place += 4 + u32::from_le_bytes(length) as usize;
        ends.push(place);
    }
    ends
}

/// What an earlier run says is all that is taken over: blocks in which it found something are
/// verified once more, and rules, sums and counts are checked for all blocks.
#[test]
fn nothing_but_signatures_and_proofs_is_taken_over() {
    let Sample { archive, .. } = sample();
    let expected = audit(&archive[..], &Options::default(), |_| {});
    let last = checkpoints(archive).pop().expect("there are some");
    let report = resume(&archive[..], &Options::default(), Some(&last), &mut |_| {});
    let report = report.expect("it is the same archive");
    assert_eq!(report.findings, expected.findings);
    assert_eq!(report.checks, expected.checks);
    assert_eq!(report.result, expected.result);
    assert_eq!(report.resumed.map(|resumed| resumed.again), Some(2));
    assert!(expected
        .findings
        .iter()
        .any(|finding| matches!(finding.cause, Cause::Ballot(_))));
    assert_eq!(expected.election, Some(ELECTION));
}
