//! A whole archive, from block 0 to the published result.

use std::io::Read;

use psephos_primitives::{BlockNumber, ElectionId, Hash, Phase};

use crate::{
    archive::{self, ArchiveError, ArchiveReader, Between, Closing, Genesis, Next},
    chain::{Chain, ElectionView, Upcoming, Verified},
    checkpoint::{self, Checkpoint, CheckpointError},
    coverage,
    finding::{Cause, Check, Finding},
    report::{Report, Resumed},
    state_proof::{self, GenesisFacts},
    threads::Threads,
    upgrades::check_known,
};

/// Bytes of blocks that are looked at together for each thread: at two kilobytes a ballot, some
/// batches for each.
const WINDOW_BYTES_PER_THREAD: u64 = 2 << 20;
/// … and at most, however many threads there are: it is held in memory.
const MAX_WINDOW_BYTES: u64 = 16 << 20;
/// Blocks that are looked at together at most: empty ones have few bytes.
const MAX_WINDOW_BLOCKS: usize = 1_024;
/// … and extrinsics, after the block that reaches it, which in a hostile file have few, too (PSE-AUD-20).
const MAX_WINDOW_EXTRINSICS: usize = 1 << 16;

/// What the auditor knows from elsewhere, and how the work is done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The published hash of block 0. Without it, the report only shows the archive's.
    pub expected_genesis: Option<Hash>,
    /// The election to audit; without it, the one that the archive was made for.
    pub election: Option<ElectionId>,
    /// How many threads do the work.
    pub threads: Threads,
    /// Bytes of blocks that are looked at together; without it, as many as keep the threads busy.
    /// With more of them, checkpoints come more rarely, and more is held in memory.
    pub window_bytes: Option<u64>,
}

/// How far an audit has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The last block that was checked.
    pub block: BlockNumber,
    /// Ballots so far.
    pub ballots: u64,
    /// Bytes of the archive so far.
    pub bytes: u64,
}

/// Whom an audit tells how it goes.
pub trait Observer {
    /// After each block.
    fn progress(&mut self, progress: Progress);

    /// Every few thousand ballots: from here on an audit that was stopped can go on.
    fn checkpoint(&mut self, checkpoint: Checkpoint);
}

impl<F: FnMut(Progress)> Observer for F {
    fn progress(&mut self, progress: Progress) {
        self(progress);
    }

    fn checkpoint(&mut self, _: Checkpoint) {}
}

/// Checks a whole archive; goes on after a finding wherever that makes sense, so that the report
/// names the block and the extrinsic that is wrong and not only the sums that follow from it.
///
/// `progress` is called after each block.
pub fn audit(archive: impl Read, options: &Options, mut progress: impl FnMut(Progress)) -> Report {
    let mut audit = Audit::new(options, None);
    audit.open(archive, &mut progress);
    audit.report
}

/// The same, for an auditor whose computer may be switched off meanwhile: goes on from a checkpoint
/// that an earlier run has handed out. The archive is read from its beginning all the same.
pub fn resume(
    archive: impl Read,
    options: &Options,
    from: Option<&Checkpoint>,
    observer: &mut impl Observer,
) -> Result<Report, CheckpointError> {
    let mut audit = Audit::new(options, from);
    audit.open(archive, observer);
    if audit.reached_checkpoint() {
        Ok(audit.report)
    } else {
        // What was taken over belongs to something else: there is nothing to report.
        Err(CheckpointError::OtherArchive)
    }
}

struct Audit<'a> {
    options: &'a Options,
    report: Report,
    read: coverage::Read,
    /// Where an earlier run has come to.
    from: Option<&'a Checkpoint>,
    /// Whether the archive's beginning was found to be the one that the earlier run has read.
    same_archive: bool,
    /// Blocks in which something was found.
    again: Vec<BlockNumber>,
}

/// Blocks that are looked at together, and what came after them.
struct Window {
    blocks: Vec<WindowBlock>,
    next: AfterWindow,
}

/// A block, and what stands before it.
struct WindowBlock {
    between: Between,
    block: archive::Block,
    verified: Verified,
    /// Bytes of the archive up to its end.
    bytes: u64,
}

enum AfterWindow {
    Blocks,
    Closing(Between, Closing),
    Damaged(ArchiveError),
}

impl<'a> Audit<'a> {
    fn new(options: &'a Options, from: Option<&'a Checkpoint>) -> Self {
        let mut report = Report::new();
        report.genesis_expected = options.expected_genesis.is_some();
        report.resumed = from.map(|from| Resumed {
            block: from.block,
            again: from.again.len() as u64,
        });
        Self {
            options,
            report,
            read: coverage::Read::default(),
            from,
            same_archive: false,
            again: Vec::new(),
        }
    }

    fn reached_checkpoint(&self) -> bool {
        self.from.is_none() || self.same_archive
    }

    fn open(&mut self, archive: impl Read, observer: &mut impl Observer) {
        match ArchiveReader::new(archive) {
            Ok((reader, genesis)) => self.run(reader, &genesis, observer),
            Err(error) => self.damaged(&error, 0),
        }
    }

    fn find(&mut self, check: Check, cause: impl Into<Cause>) {
        self.report.add(Finding::general(check, cause.into()));
    }

    fn damaged(&mut self, error: &ArchiveError, block: BlockNumber) {
        let cause = Cause::Archive(error.to_string());
        let block = Some(block);
        self.report.add(Finding {
            block,
            ..Finding::general(Check::Archive, cause)
        });
    }

    fn run(
        &mut self,
        mut reader: ArchiveReader<impl Read>,
        genesis: &Genesis,
        observer: &mut impl Observer,
    ) {
        self.report.count(Check::Archive, 1);
        self.check_genesis(genesis);
        let facts = match GenesisFacts::prove(genesis) {
            Ok(facts) => facts,
            // Nobody is known to have sealed, finalised or decided anything: nothing can be checked.
            Err(error) => return self.find(Check::Genesis, error),
        };
        let mut chain = Chain::new(facts);
        loop {
            let window = self.read_window(&mut reader, chain.height());
            self.apply(&mut chain, &window.blocks, observer);
            match window.next {
                AfterWindow::Blocks => self.offer_checkpoint(&reader, &chain, observer),
                AfterWindow::Closing(between, closing) => {
                    self.report.count(Check::Archive, 1);
                    let findings = chain.follow(&between);
                    findings
                        .into_iter()
                        .for_each(|finding| self.report.add(finding));
                    self.close(&chain, &closing);
                    self.report.complete = true;
                    break;
                }
                AfterWindow::Damaged(error) => {
                    self.damaged(&error, chain.height().saturating_add(1));
                    break;
                }
            }
        }
        self.summarise(&chain);
    }

    /// As many blocks as are looked at together.
    fn read_window(
        &mut self,
        reader: &mut ArchiveReader<impl Read>,
        height: BlockNumber,
    ) -> Window {
        let threads = self.options.threads.get() as u64;
        let most = self
            .options
            .window_bytes
            .unwrap_or_else(|| threads.saturating_mul(WINDOW_BYTES_PER_THREAD))
            .min(MAX_WINDOW_BYTES);
        let (begin, mut number) = (reader.offset(), height);
        let (mut blocks, mut between) = (Vec::new(), Between::default());
        let mut extrinsics = 0usize;
        let next = loop {
            // What stands behind a block belongs to the next one, which the reader makes follow.
            let full = reader.offset() - begin >= most
                || blocks.len() >= MAX_WINDOW_BLOCKS
                || extrinsics >= MAX_WINDOW_EXTRINSICS;
            if full && between == Between::default() {
                break AfterWindow::Blocks;
            }
            match reader.next_record() {
                Ok(Next::Handover(justification)) => {
                    self.report.count(Check::Archive, 1);
                    self.read.handovers += 1;
                    between.handover = Some(justification);
                }
                Ok(Next::Runtime(runtime)) => {
                    self.report.count(Check::Archive, 1);
                    self.read.runtimes += 1;
                    between.runtime = Some(runtime);
                }
                Ok(Next::Block(block)) => {
                    number = number.saturating_add(1);
                    self.report.count(Check::Archive, 1);
                    self.read.blocks += 1;
                    self.compare_with_checkpoint(reader, number);
                    extrinsics = extrinsics.saturating_add(block.extrinsics.len());
                    blocks.push(WindowBlock {
                        between: core::mem::take(&mut between),
                        block,
                        verified: self.verified(number),
                        bytes: reader.offset(),
                    });
                }
                Ok(Next::Closing(closing)) => break AfterWindow::Closing(between, closing),
                Err(error) => break AfterWindow::Damaged(error),
            }
        };
        Window { blocks, next }
    }

    /// At the place that the earlier run has come to, the bytes so far must be those that it read.
    fn compare_with_checkpoint(&mut self, reader: &ArchiveReader<impl Read>, number: BlockNumber) {
        self.same_archive |= self.from.is_some_and(|from| {
            (from.offset, from.block, from.digest) == (reader.offset(), number, reader.digest())
        });
    }

    fn verified(&self, number: BlockNumber) -> Verified {
        match self.from {
            Some(from) if number <= from.block && from.again.binary_search(&number).is_err() => {
                Verified::Before
            }
            Some(_) | None => Verified::Now,
        }
    }

    fn apply(&mut self, chain: &mut Chain, blocks: &[WindowBlock], observer: &mut impl Observer) {
        let upcoming: Vec<_> = blocks
            .iter()
            .map(|own| Upcoming {
                between: &own.between,
                header: &own.block.header,
                extrinsics: &own.block.extrinsics,
                verified: own.verified,
            })
            .collect();
        let mut number = chain.height();
        let reports = chain.apply_all(&upcoming, self.options.threads);
        for (report, own) in reports.into_iter().zip(blocks) {
            number = number.saturating_add(1);
            if !report.findings.is_empty() {
                self.again.push(number);
            }
            self.read.contents += report.contents;
            self.report.ballots += report.ballots;
            report
                .findings
                .into_iter()
                .for_each(|finding| self.report.add(finding));
            self.report.faults.extend(report.faults);
            observer.progress(Progress {
                block: number,
                ballots: self.report.ballots,
                bytes: own.bytes,
            });
        }
    }

    fn offer_checkpoint(
        &self,
        reader: &ArchiveReader<impl Read>,
        chain: &Chain,
        observer: &mut impl Observer,
    ) {
        // Before the place that was reached already there is nothing new, and nothing certain.
        if self.reached_checkpoint() && self.again.len() <= checkpoint::MAX_AGAIN {
            observer.checkpoint(Checkpoint::new(
                reader.offset(),
                chain.height(),
                reader.digest(),
                self.again.clone(),
            ));
        }
    }

    /// Block 0 is the one that the auditor expects (PSE-AUD-1), and the rules that began with it are
    /// known (PSE-AUD-23).
    fn check_genesis(&mut self, genesis: &Genesis) {
        let found = genesis.header.hash();
        self.report.genesis_hash = Some(found);
        self.report
            .count(Check::Genesis, state_proof::genesis_keys().len() as u64);
        match self.options.expected_genesis {
            Some(expected) if expected != found => {
                self.find(Check::Genesis, Cause::GenesisHash { expected, found });
            }
            Some(_) | None => {}
        }
        if genesis.header.number != 0 {
            let found = genesis.header.number;
            self.find(Check::Genesis, Cause::GenesisNumber { found });
        }
        self.report.count(Check::Code, 1);
        if let Err(cause) = check_known(genesis.spec_version) {
            self.find(Check::Code, cause);
        }
    }

    fn close(&mut self, chain: &Chain, closing: &Closing) {
        self.check_finality(chain, closing);
        let election = self.options.election.unwrap_or(closing.election);
        self.report.election = Some(election);
        if election != closing.election {
            let cause = Cause::OtherElection {
                expected: election,
                found: closing.election,
            };
            return self.find(Check::Result, cause);
        }
        self.check_result(chain, closing);
    }

    fn check_finality(&mut self, chain: &Chain, closing: &Closing) {
        match chain.check_finality(&closing.descendants, &closing.justification) {
            Ok(votes) => self.report.count(Check::Finality, votes),
            Err(error) => self.find(Check::Finality, error),
        }
    }

    /// What the ballots give, what the state holds and what the archive claims are the same
    /// (PSE-AUD-18).
    fn check_result(&mut self, chain: &Chain, closing: &Closing) {
        let Some(election) = chain.election(closing.election) else {
            return self.find(Check::Result, Cause::NoElection(closing.election));
        };
        let causes = result_causes(chain, election, closing);
        // Where the result came about, for whoever wants to look; the last block if none did.
        let block = election
            .result()
            .map_or(chain.height(), |result| result.block);
        for cause in causes {
            self.report.add(Finding {
                block: Some(block),
                block_hash: chain.hash(block),
                extrinsic: election.completed_by(),
                ..Finding::general(Check::Result, cause)
            });
        }
    }

    fn summarise(&mut self, chain: &Chain) {
        for (check, items) in chain.counts() {
            self.report.count(*check, *items);
        }
        self.report.handovers = chain.handovers().to_vec();
        self.report.upgrades = chain.upgrades().to_vec();
        self.report.last_block = chain.height();
        self.report.last_block_hash = Some(chain.head());
        let Some(election) = self.report.election.and_then(|id| chain.election(id)) else {
            return;
        };
        self.report.title = Some(election.manifest().title.as_str().to_owned());
        self.report.manifest_hash = Some(election.manifest_hash());
        self.report.phase = Some(election.phase());
        self.report.ballots = election.ballots();
        self.report.ballots_by_hour = election.ballots_by_hour();
        self.report.ballots_by_author = election.ballots_by_author();
        self.report.result = election.result().cloned();
        let counts = election.result().map_or(0, coverage::counts);
        self.report.count(Check::Result, counts);
        if self.report.ok() {
            self.check_coverage(election);
        }
    }

    /// Nothing was found; but only if everything was looked at is the archive in order (PSE-AUD-19).
    fn check_coverage(&mut self, election: ElectionView<'_>) {
        let items = |check| self.report.items(check);
        let (totals, causes) = coverage::compare(&self.read, items, &election.into());
        self.report.count(Check::Coverage, totals);
        causes
            .into_iter()
            .for_each(|cause| self.find(Check::Coverage, cause));
    }
}

/// Everything that is wrong about the result in the closing record.
fn result_causes(chain: &Chain, election: ElectionView<'_>, closing: &Closing) -> Vec<Cause> {
    let mut causes = Vec::new();
    match election.phase() {
        Phase::Published | Phase::Cancelled => {}
        Phase::Registration | Phase::Voting | Phase::Tallying => causes.push(Cause::Unfinished),
    }
    let recomputed = election.result();
    if closing.result.as_ref() != recomputed {
        causes.push(Cause::ClaimedResult);
    }
    // An earlier state could hold what a later one does not.
    let published = match closing.proof_block == chain.height() {
        true => chain.state_root(closing.proof_block),
        false => None,
    };
    let published = published
        .ok_or(Cause::ProofBlock(closing.proof_block))
        .and_then(|state_root| {
            state_proof::result(state_root, &closing.proof, closing.election).map_err(Cause::from)
        });
    match published {
        Ok(published) if published.as_ref() == recomputed => {}
        Ok(_) => causes.push(Cause::PublishedResult),
        Err(cause) => causes.push(cause),
    }
    causes
}
