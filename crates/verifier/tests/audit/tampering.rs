//! Archives that somebody has changed: whatever the byte, the audit fails, and names the place.

use psephos_primitives::ElectionId;
use psephos_verifier::{
    archive::{ArchiveError, Between, Expected, MAX_RECORD_BYTES},
    audit,
    finding::Finding,
    ArchiveReader, ArchiveWriter, Cause, Chain, Check, GenesisFacts, Options,
};
use std::{
    io::{self, Read},
    sync::OnceLock,
};

use crate::world::{check, counted, people::north, write, Setup, World, NORTH};

/// As small as an election can be: one ballot, two trustees. And where its parts stand.
struct Sample {
    world: World,
    archive: Vec<u8>,
    /// The block of the ballot, and of the last share; both stand first after the time.
    ballot: usize,
    share: usize,
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let mut world = World::issued(Setup::small(), 1);
        let ballot = world.cast(0, 0, &north(2));
        world.good(vec![ballot]);
        let ballot = world.blocks.len() - 1;
        world.advance_to(world.manifest.voting.end + 1);
        let share = world.shares(1, NORTH);
        world.good(vec![share]);
        world.expect_result(&[(NORTH, counted(&[(1, &[0, 1, 0])]), 1)]);
        let share = world.shares(2, NORTH);
        world.good(vec![share]);
        let share = world.blocks.len() - 1;
        let archive = world.archive();
        Sample {
            world,
            archive,
            ballot,
            share,
        }
    })
}

/// Findings of the block at `position`, with its extrinsic 1 changed at one byte.
fn with_changed_byte(chain: &Chain, position: usize, byte: usize) -> Vec<Finding> {
    let mut block = sample().world.blocks[position].clone();
    block.extrinsics[1][byte] ^= 1 << (byte % 8);
    chain
        .clone()
        .apply(&Between::default(), &block.header, &block.extrinsics)
        .findings
}

fn chain_before(position: usize) -> Chain {
    let world = &sample().world;
    let facts = GenesisFacts::prove(&world.genesis).expect("the proof is right");
    let mut chain = Chain::new(facts);
    for block in &world.blocks[..position] {
        let report = chain.apply(&Between::default(), &block.header, &block.extrinsics);
        assert_eq!(report.findings, vec![]);
    }
    chain
}

fn every_byte_is_covered(position: usize) {
    let chain = chain_before(position);
    let number = chain.height() + 1;
    for byte in 0..sample().world.blocks[position].extrinsics[1].len() {
        let findings = with_changed_byte(&chain, position, byte);
        let [root, extrinsic] = &findings[..] else {
            panic!("byte {byte}: {findings:?}")
        };
        assert_eq!(
            (root.check, root.block),
            (Check::Roots, Some(number)),
            "byte {byte}"
        );
        assert_eq!(extrinsic.block, Some(number), "byte {byte}");
        assert_eq!(extrinsic.extrinsic, Some(1), "byte {byte}");
        let by_extrinsic = [Check::Bodies, Check::Signatures].contains(&extrinsic.check);
        assert!(by_extrinsic, "byte {byte}: {extrinsic}");
    }
}

/// attacks.md 6: totals cannot be supplied by anybody: every byte of a ballot is covered.
#[test]
fn every_byte_of_a_ballot() {
    every_byte_is_covered(sample().ballot);
}

#[test]
fn every_byte_of_a_share() {
    every_byte_is_covered(sample().share);
}

/// Where the record with this number begins and ends, its length included.
fn record(archive: &[u8], number: usize) -> std::ops::Range<usize> {
    let mut start = 8;
    for _ in 0..number {
        start = end_of(archive, start);
    }
    start..end_of(archive, start)
}

fn end_of(archive: &[u8], start: usize) -> usize {
    let length: [u8; 4] = archive[start..start + 4].try_into().expect("four bytes");
    start + 4 + u32::from_le_bytes(length) as usize
}

fn fails_with_changed(bytes: impl Iterator<Item = usize>) {
    for byte in bytes {
        let mut archive = sample().archive.clone();
        archive[byte] ^= 1 << (byte % 8);
        let report = check(&archive);
        assert!(!report.ok(), "byte {byte} of {}:\n{report}", archive.len());
        assert!(report.total_findings > 0, "byte {byte}");
    }
}

#[test]
fn every_byte_of_the_result_and_its_proofs() {
    let closing = record(&sample().archive, sample().world.blocks.len() + 1);
    assert_eq!(closing.end, sample().archive.len());
    fails_with_changed(closing);
}

#[test]
fn bytes_all_over_the_file() {
    fails_with_changed((0..sample().archive.len()).step_by(211));
}

#[test]
fn a_changed_ballot_is_named_by_a_whole_audit() {
    let Sample {
        archive, ballot, ..
    } = sample();
    let block = record(archive, ballot + 1);
    // The last byte of the block's record is the last byte of the ballot.
    let mut changed = archive.clone();
    changed[block.end - 1] ^= 1;
    let report = check(&changed);
    assert!(!report.ok());
    let number = *ballot as u32 + 1;
    let named = report
        .findings
        .iter()
        .find(|finding| finding.extrinsic.is_some());
    let named = named.expect("an extrinsic is named");
    assert_eq!((named.block, named.extrinsic), (Some(number), Some(1)));
    assert_eq!(
        (named.check, &named.cause),
        (Check::Signatures, &Cause::Signature)
    );
    let text = report.to_string();
    assert!(text.contains(&format!("block {number} (0x")), "{text}");
    assert!(text.ends_with("AUDIT FAILED\n"), "{text}");
}

#[test]
fn a_left_out_block_ballot_or_share() {
    let Sample {
        world,
        ballot,
        share,
        ..
    } = sample();
    let closing = world.closing();
    for position in [0, *ballot, *share] {
        let mut blocks = world.blocks.clone();
        blocks.remove(position);
        let report = check(&write(&world.genesis, &blocks, &closing));
        assert!(report.findings.iter().any(|f| f.check == Check::Headers) || position == *share);
        assert!(!report.ok());
        let mut blocks = world.blocks.clone();
        blocks[position].extrinsics.pop();
        let report = check(&write(&world.genesis, &blocks, &closing));
        let [first, ..] = &report.findings[..] else {
            panic!("nothing found")
        };
        assert_eq!(
            (first.check, first.block),
            (Check::Roots, Some(position as u32 + 1))
        );
    }
}

/// No prefix of an archive is one, and none makes the verifier panic.
#[test]
fn every_cut() {
    let archive = &sample().archive;
    for end in (0..archive.len()).step_by(211) {
        let report = check(&archive[..end]);
        assert!(!report.ok(), "{end}");
        assert!(!report.complete, "{end}");
        assert_eq!(report.total_findings, report.findings.len() as u64);
        let last = report.findings.last().expect("something is found");
        assert_eq!(last.check, Check::Archive, "{end}");
        let Cause::Archive(reason) = &last.cause else {
            panic!("{last}")
        };
        assert!(reason.contains("ends here") || end < 8, "{reason}");
    }
}

#[test]
fn damage_is_named_by_record_and_place() {
    let archive = sample().archive.clone();
    let open = |bytes: &[u8]| {
        let (mut reader, _) = ArchiveReader::new(bytes)?;
        loop {
            if let psephos_verifier::archive::Next::Closing(_) = reader.next_record()? {
                return Ok::<_, ArchiveError>(());
            }
        }
    };
    let reason = |bytes: &[u8]| match open(bytes) {
        Ok(()) => panic!("the archive is damaged"),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        reason(b"PSEPHOS\x03"),
        "this is no archive of Psephos, version 2: it begins with 0x50534550484f5303"
    );
    assert_eq!(
        reason(b"PSEPHOS\x01"),
        "this is an archive of version 1, and this program reads version 2"
    );
    let mut longer = archive.clone();
    longer.push(0);
    let records = sample().world.blocks.len() + 2;
    let end = archive.len();
    let expected = format!("record {records} at byte {end} is out of order: expected End");
    assert_eq!(reason(&longer), expected);
    let mut huge = archive.clone();
    huge[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let expected = format!(
        "record 0 at byte 8: {} bytes, at most {MAX_RECORD_BYTES} are allowed",
        u32::MAX
    );
    assert_eq!(reason(&huge), expected);
    // As long as a record can be, and cut off.
    huge[8..12].copy_from_slice(&MAX_RECORD_BYTES.to_le_bytes());
    let expected = "record 0 at byte 8: the file ends here";
    assert!(reason(&huge).starts_with(expected), "{}", reason(&huge));
    // The genesis a second time.
    let genesis = record(&archive, 0);
    let twice = [&archive[..genesis.end], &archive[genesis.clone()]].concat();
    let expected = format!(
        "record 1 at byte {} is out of order: expected BlockOrClosing",
        genesis.end
    );
    assert_eq!(reason(&twice), expected);
    // A block first.
    let second = record(&archive, 1);
    let block_first = [&archive[..8], &archive[second]].concat();
    assert_eq!(
        reason(&block_first),
        "record 0 at byte 8 is out of order: expected Genesis"
    );
    // Not the encoding of a record.
    let mut unknown = archive;
    unknown[12] = 9;
    assert!(reason(&unknown).starts_with("record 0 at byte 8: Could not decode `Record`"));
}

#[test]
fn a_closed_reader_has_nothing_more() {
    let (mut reader, _) = ArchiveReader::new(&sample().archive[..]).expect("is an archive");
    while let Ok(psephos_verifier::archive::Next::Block(_)) = reader.next_record() {}
    let Err(ArchiveError::Order {
        expected: Expected::End,
        ..
    }) = reader.next_record()
    else {
        panic!("the archive is at its end")
    };
}

/// Hands out bytes one by one, each after an interruption; behind them, an error.
struct Halting<'a> {
    bytes: &'a [u8],
    interrupted: bool,
}

impl Read for Halting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        match self.bytes {
            _ if self.interrupted => Err(io::ErrorKind::Interrupted.into()),
            [] => Err(io::ErrorKind::PermissionDenied.into()),
            bytes => {
                let read = (&bytes[..1]).read(buffer)?;
                self.bytes = &bytes[read..];
                Ok(read)
            }
        }
    }
}

#[test]
fn interruptions_are_waited_out_and_other_errors_are_named() {
    let archive = &sample().archive;
    let second = record(archive, 1);
    let input = Halting {
        bytes: &archive[..second.start + 2],
        interrupted: false,
    };
    let (mut reader, _) = ArchiveReader::new(input).expect("the beginning is there");
    let Err(ArchiveError::Io {
        record: 1, source, ..
    }) = reader.next_record()
    else {
        panic!("nobody may read on")
    };
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn a_writer_refuses_records_that_no_reader_takes() {
    let world = &sample().world;
    let mut writer = ArchiveWriter::new(Vec::new(), world.genesis.clone()).expect("is small");
    let mut block = world.blocks[0].clone();
    block.extrinsics.push(vec![0; MAX_RECORD_BYTES as usize]);
    let begin = record(&sample().archive, 1).start as u64;
    let Err(ArchiveError::TooLong {
        record: 1, offset, ..
    }) = writer.block(block)
    else {
        panic!("the record is too long")
    };
    assert_eq!(offset, begin);
}

fn first_cause(options: &Options, archive: &[u8]) -> (Check, Cause) {
    let report = audit(archive, options, |_| {});
    let first = report.findings.first().expect("something is found");
    (first.check, first.cause.clone())
}

#[test]
fn another_chain_or_election_than_expected() {
    let Sample { world, archive, .. } = sample();
    let expected = [7; 32].into();
    let options = Options {
        expected_genesis: Some(expected),
        ..Options::default()
    };
    let found = world.builder.genesis_hash();
    assert_eq!(
        first_cause(&options, archive),
        (Check::Genesis, Cause::GenesisHash { expected, found })
    );
    let expected = ElectionId(2);
    let options = Options {
        election: Some(expected),
        ..Options::default()
    };
    let cause = Cause::OtherElection {
        expected,
        found: ElectionId(1),
    };
    assert_eq!(first_cause(&options, archive), (Check::Result, cause));
}

/// attacks.md 3: results that somebody made up.
#[test]
fn results_that_the_ballots_do_not_give() {
    let Sample { world, .. } = sample();
    let audit_with = |change: &dyn Fn(&mut psephos_verifier::archive::Closing)| {
        let mut closing = world.closing();
        change(&mut closing);
        first_cause(&Options::default(), &world.archive_with(&closing))
    };
    let found = audit_with(&|closing| closing.result = None);
    assert_eq!(found, (Check::Result, Cause::ClaimedResult));
    let found = audit_with(&|closing| {
        let result = closing.result.as_mut().expect("is published");
        result.districts[0].ballots = 2;
    });
    assert_eq!(found, (Check::Result, Cause::ClaimedResult));
    // A block that is not there, and one that is: before the election ended its state held no result.
    for block in [1_000, 1] {
        let found = audit_with(&|closing| closing.proof_block = block);
        assert_eq!(found, (Check::Result, Cause::ProofBlock(block)));
    }
    let found = audit_with(&|closing| closing.election = ElectionId(3));
    assert_eq!(found, (Check::Result, Cause::NoElection(ElectionId(3))));
    let found = audit_with(&|closing| closing.proof.clear());
    let (Check::Result, Cause::StateProof(error)) = found else {
        panic!("{found:?}")
    };
    assert_eq!(
        error.to_string(),
        "election result: the proof does not lead to it from the state root"
    );
}

/// Whoever reads of a false result is told which shares gave the right one.
#[test]
fn a_false_result_is_located() {
    let Sample { world, share, .. } = sample();
    let mut closing = world.closing();
    closing.result = None;
    let report = check(&world.archive_with(&closing));
    let [finding] = &report.findings[..] else {
        panic!("{:?}", report.findings)
    };
    let block = &world.blocks[*share].header;
    assert_eq!(finding.block, Some(block.number));
    assert_eq!(finding.block_hash, Some(block.hash()));
    assert_eq!(finding.extrinsic, Some(1));
}

/// The state of the chain itself holds another result than its blocks give.
#[test]
fn a_result_that_validators_made_up() {
    let mut world = World::issued(Setup::small(), 1);
    let ballot = world.cast(0, 0, &north(2));
    world.good(vec![ballot]);
    world.advance_to(world.manifest.voting.end + 1);
    world.expect_result(&[(NORTH, counted(&[(1, &[1, 0, 0])]), 1)]);
    let shares = vec![world.shares(1, NORTH), world.shares(2, NORTH)];
    world.good(shares);
    let report = check(&world.archive());
    let causes: Vec<_> = report
        .findings
        .iter()
        .map(|f| (f.check, f.cause.clone()))
        .collect();
    let expected = [Cause::ClaimedResult, Cause::PublishedResult];
    assert_eq!(causes, expected.map(|cause| (Check::Result, cause)));
}

#[test]
fn an_election_that_is_not_over() {
    let mut world = World::issued(Setup::small(), 1);
    let ballot = world.cast(0, 0, &north(2));
    world.good(vec![ballot]);
    let archive = world.archive();
    assert_eq!(
        first_cause(&Options::default(), &archive),
        (Check::Result, Cause::Unfinished)
    );
}
