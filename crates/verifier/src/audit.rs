//! A whole archive, from block 0 to the published result.

use std::io::Read;

use psephos_primitives::{BlockNumber, ElectionId, Hash, Phase};

use crate::{
    archive::{ArchiveError, ArchiveReader, Closing, Genesis, Next},
    chain::{Chain, ElectionView},
    finality::{self, Target},
    finding::{Cause, Check, Finding},
    report::Report,
    state_proof::{self, GenesisFacts},
};

/// What the auditor knows from elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The published hash of block 0. Without it, the report only shows the archive's.
    pub expected_genesis: Option<Hash>,
    /// The election to audit; without it, the one that the archive was made for.
    pub election: Option<ElectionId>,
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

/// Checks a whole archive; goes on after a finding wherever that makes sense, so that the report
/// names the block and the extrinsic that is wrong and not only the sums that follow from it.
///
/// `progress` is called after each block.
pub fn audit(archive: impl Read, options: &Options, mut progress: impl FnMut(Progress)) -> Report {
    let mut audit = Audit {
        report: Report::new(),
    };
    audit.report.genesis_expected = options.expected_genesis.is_some();
    match ArchiveReader::new(archive) {
        Ok((reader, genesis)) => audit.run(reader, &genesis, options, &mut progress),
        Err(error) => audit.damaged(&error, 0),
    }
    audit.report
}

struct Audit {
    report: Report,
}

impl Audit {
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
        options: &Options,
        progress: &mut impl FnMut(Progress),
    ) {
        self.report.count(Check::Archive, 1);
        self.check_genesis(genesis, options);
        let facts = match GenesisFacts::prove(genesis) {
            Ok(facts) => facts,
            // Nobody is known to have sealed, finalised or decided anything: nothing can be checked.
            Err(error) => return self.find(Check::Genesis, error),
        };
        let mut chain = Chain::new(facts);
        loop {
            let record = reader.next_record();
            self.report.count(Check::Archive, u64::from(record.is_ok()));
            match record {
                Ok(Next::Block(block)) => {
                    let report = chain.apply(&block.header, &block.extrinsics);
                    self.report.ballots += report.ballots;
                    report
                        .findings
                        .into_iter()
                        .for_each(|finding| self.report.add(finding));
                    self.report.faults.extend(report.faults);
                    let (block, ballots) = (chain.height(), self.report.ballots);
                    progress(Progress {
                        block,
                        ballots,
                        bytes: reader.offset(),
                    });
                }
                Ok(Next::Closing(closing)) => {
                    self.close(&chain, &closing, options);
                    self.report.complete = true;
                    break;
                }
                Err(error) => {
                    self.damaged(&error, chain.height().saturating_add(1));
                    break;
                }
            }
        }
        self.summarise(&chain);
    }

    /// Block 0 is the one that the auditor expects (PSE-AUD-1).
    fn check_genesis(&mut self, genesis: &Genesis, options: &Options) {
        let found = genesis.header.hash();
        self.report.genesis_hash = Some(found);
        self.report
            .count(Check::Genesis, state_proof::genesis_keys().len() as u64);
        match options.expected_genesis {
            Some(expected) if expected != found => {
                self.find(Check::Genesis, Cause::GenesisHash { expected, found });
            }
            Some(_) | None => {}
        }
        if genesis.header.number != 0 {
            let found = genesis.header.number;
            self.find(Check::Genesis, Cause::GenesisNumber { found });
        }
    }

    fn close(&mut self, chain: &Chain, closing: &Closing, options: &Options) {
        self.check_finality(chain, closing);
        let election = options.election.unwrap_or(closing.election);
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

    /// The last block is final, and with it all others (PSE-AUD-5).
    fn check_finality(&mut self, chain: &Chain, closing: &Closing) {
        let block = Target {
            hash: chain.head(),
            number: chain.height(),
        };
        let authorities = &chain.facts().grandpa;
        match finality::check(
            block,
            &closing.descendants,
            &closing.justification,
            authorities,
        ) {
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
        self.report.last_block = chain.height();
        self.report.last_block_hash = Some(chain.head());
        let Some(election) = self.report.election.and_then(|id| chain.election(id)) else {
            return;
        };
        self.report.title = Some(election.manifest().title.as_str().to_owned());
        self.report.manifest_hash = Some(election.manifest_hash());
        self.report.phase = Some(election.phase());
        self.report.ballots = election.ballots();
        self.report.result = election.result().cloned();
        let counts = election.result().map_or(0, counts);
        self.report.count(Check::Result, counts);
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
    let published = chain
        .state_root(closing.proof_block)
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

/// How many numbers a result consists of.
fn counts(result: &psephos_primitives::tally::ElectionResult) -> u64 {
    use psephos_primitives::tally::Outcome;
    let of_district = |outcome: &Outcome| match outcome {
        Outcome::Counted(contests) => contests.iter().map(|c| c.counts.len() as u64).sum(),
        Outcome::Withheld => 0,
    };
    result
        .districts
        .iter()
        .map(|district| of_district(&district.outcome))
        .sum()
}
