//! The chain, replayed: an independent second implementation of its rules.
//!
//! Blocks go in, one after the other; out come findings that name block, extrinsic and party, and at
//! any time the state of every election as the blocks imply it. An official's call which the rules
//! make fail has no effect and is no finding; a ballot that breaks a rule always is one, since the
//! network must not let it into a block.

use std::collections::BTreeMap;

use psephos_primitives::{
    api::DistrictSums,
    ceremony::{Contribution, ElectionKeys, Stage},
    limits::BLOCK_MILLISECONDS,
    observer::Decryption,
    phase::CancelReason,
    register::DistrictCounts,
    tally::{ElectionResult, ShareStatus},
    AccountId, BlockNumber, DistrictId, ElectionId, Hash, Manifest, Phase, TrusteeIndex,
};

use crate::{
    archive::Between,
    arrivals::{AuthorReport, HourReport},
    consortium::Consortium,
    election::Election,
    finality::{self, FinalityError, Target},
    finding::{Cause, Check, Fault, Finding, Party},
    headers::{author, check_seal, replaces_code, slot, Head, HeaderError},
    report::{HandoverReport, UpgradeReport},
    state_proof::GenesisFacts,
    threads::Threads,
    upgrades::Code,
    validators::Validators,
    Header,
};

mod extrinsic;
mod preview;

use preview::Preview;
pub(crate) use preview::{Contents, Upcoming, Verified};

/// A chain up to the last block that was applied.
#[derive(Clone)]
pub struct Chain {
    facts: GenesisFacts,
    head: Head,
    /// By number, from 0 on: signatures of mortal extrinsics are over one of them.
    hashes: Vec<Hash>,
    /// By number, from 0 on: the result is proved under one of them.
    state_roots: Vec<Hash>,
    time: u64,
    /// How many messages each official's account has sent.
    nonces: BTreeMap<AccountId, u32>,
    consortium: Consortium,
    validators: Validators,
    code: Code,
    elections: Vec<Election>,
    counts: BTreeMap<Check, u64>,
}

/// What came of one block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockReport {
    /// What must not be.
    pub findings: Vec<Finding>,
    /// What trustees did wrong and the rules coped with.
    pub faults: Vec<Fault>,
    /// Ballots in the block.
    pub ballots: u64,
    /// What the block holds, whatever became of it.
    pub(crate) contents: Contents,
}

impl BlockReport {
    /// The first finding as an error, for callers who stop there.
    pub fn into_result(self) -> Result<Self, Finding> {
        match self.findings.first() {
            Some(finding) => Err(finding.clone()),
            None => Ok(self),
        }
    }
}

/// What is being looked at, for findings to name.
struct Place {
    number: BlockNumber,
    hash: Hash,
    /// The slot that the author claims, and whose it is.
    slot: u64,
    author: u32,
    /// The header says that the code was replaced, and nothing has explained it yet.
    replaces_code: bool,
    report: BlockReport,
}

impl Place {
    fn find(&mut self, check: Check, extrinsic: Option<u32>, party: Option<Party>, cause: Cause) {
        let (block, block_hash) = (Some(self.number), Some(self.hash));
        self.report.findings.push(Finding {
            check,
            block,
            block_hash,
            extrinsic,
            party,
            cause,
        });
    }
}

impl Chain {
    /// A chain that is at its genesis.
    pub fn new(facts: GenesisFacts) -> Self {
        Self {
            head: Head::genesis(&facts),
            hashes: vec![facts.header.hash()],
            state_roots: vec![facts.header.state_root],
            time: 0,
            nonces: BTreeMap::new(),
            consortium: Consortium::new(facts.organisations.iter().map(|(own, _)| own.clone())),
            validators: Validators::new(facts.organisations.clone()),
            code: Code::new(facts.code_hash, facts.runtime),
            elections: Vec::new(),
            counts: BTreeMap::new(),
            facts,
        }
    }

    /// Applies the next block: checks it against every rule and steps on, whatever the outcome, so
    /// that later blocks can be judged, too. The extrinsics stand as in the block's body, each with
    /// its length in front; `between` is what stands behind the block before.
    pub fn apply(
        &mut self,
        between: &Between,
        header: &Header,
        extrinsics: &[Vec<u8>],
    ) -> BlockReport {
        let block = Upcoming {
            between,
            header,
            extrinsics,
            verified: Verified::Now,
        };
        let mut reports = self.apply_all(&[block], Threads::ONE);
        reports.pop().unwrap_or_default()
    }

    /// Applies the next blocks, as if one after the other: on several threads, and with the ballots
    /// of all of them verified together. One report for each.
    pub(crate) fn apply_all(
        &mut self,
        blocks: &[Upcoming<'_>],
        threads: Threads,
    ) -> Vec<BlockReport> {
        let first = self.height().saturating_add(1);
        let previews = self.preview(blocks, threads);
        let mut reports = Vec::with_capacity(blocks.len());
        for (block, preview) in blocks.iter().zip(previews) {
            if self.needs_sums() {
                self.verify_ballots(first, &mut reports, threads);
            }
            reports.push(self.apply_block(block, preview));
        }
        self.verify_ballots(first, &mut reports, threads);
        reports
    }

    /// Checks what stands behind the last block: before the next one is applied, or at the end
    /// (PSE-AUD-5, PSE-AUD-23).
    pub(crate) fn follow(&mut self, between: &Between) -> Vec<Finding> {
        let results = [
            (Check::Finality, self.validators.hand_over(between)),
            (Check::Code, self.code.follow(between)),
        ];
        let mut findings = Vec::new();
        for (check, result) in results {
            match result {
                Ok(items) => self.count(check, items),
                Err(cause) => findings.push(Finding {
                    block: Some(self.head.number),
                    block_hash: Some(self.head.hash),
                    ..Finding::general(check, cause)
                }),
            }
        }
        findings
    }

    /// Applies a block but for its ballots' proofs, which wait for [`Self::verify_ballots`].
    fn apply_block(&mut self, block: &Upcoming<'_>, preview: Preview) -> BlockReport {
        let Upcoming {
            header, extrinsics, ..
        } = *block;
        let findings = self.follow(block.between);
        let authors = self.validators.authors().clone();
        let seal = match authors == preview.authors {
            true => preview.seal,
            // A header before has announced others than it had to.
            false => check_seal(header, &authors, block.verified),
        };
        let errors = self.head.advance(header, preview.hash, seal);
        let (number, hash) = (self.head.number, self.head.hash);
        let mut place = Place {
            number,
            hash,
            slot: slot(header).unwrap_or_default(),
            author: author(header, &authors).unwrap_or_default(),
            replaces_code: replaces_code(header),
            report: BlockReport {
                findings,
                contents: preview.contents,
                ..BlockReport::default()
            },
        };
        for (check, error) in errors {
            let party = match &error {
                HeaderError::Seal { author } => Some(Party::Author(*author)),
                _ => None,
            };
            place.find(check, None, party, error.into());
        }
        if let Err(error) = preview.root {
            place.find(Check::Roots, None, None, error.into());
        }
        self.count(Check::Headers, 1);
        self.count(Check::Authors, 1);
        self.count(Check::Roots, 1);
        let (this, frozen) = (Target { hash, number }, self.is_frozen());
        if let Err(cause) = self.validators.begin_block(this, header, frozen) {
            place.find(Check::Headers, None, None, cause);
        }
        if place.replaces_code {
            self.code.announce();
        }
        let code_hash = self.code.hash;
        self.elections
            .iter_mut()
            .for_each(|election| election.begin_block(number, code_hash));
        if extrinsics.is_empty() {
            place.find(Check::Bodies, None, None, Cause::NoTime);
        }
        for (index, extrinsic) in (0u32..).zip(preview.extrinsics) {
            self.count(Check::Bodies, 1);
            self.apply_extrinsic(&mut place, index, block.verified, extrinsic);
        }
        if place.replaces_code {
            place.find(Check::Code, None, None, Cause::UnexplainedCode);
        }
        self.hashes.push(hash);
        self.state_roots.push(header.state_root);
        place.report
    }

    /// Whether an election is open: then neither validators nor code change (PSE-VAL-6).
    fn is_frozen(&self) -> bool {
        self.elections.iter().any(Election::is_open)
    }

    /// Whether the next block can hold shares, which are of the sums of all ballots before.
    fn needs_sums(&self) -> bool {
        let next = self.head.number.saturating_add(1);
        self.elections
            .iter()
            .any(|election| election.ballots.are_waiting() && election.phase(next) != Phase::Voting)
    }

    /// Verifies the proofs of waiting ballots together (PSE-AUD-15). They stand in the blocks from
    /// `first` on, whose reports these are.
    fn verify_ballots(
        &mut self,
        first: BlockNumber,
        reports: &mut [BlockReport],
        threads: Threads,
    ) {
        for position in 0..self.elections.len() {
            for judged in self.elections[position].verify_ballots(threads) {
                self.count(Check::Proofs, 1);
                self.count(Check::Sums, judged.ciphertexts);
                let block = judged.block;
                let place = block
                    .checked_sub(first)
                    .and_then(|at| usize::try_from(at).ok());
                let Some(report) = place.and_then(|at| reports.get_mut(at)) else {
                    continue;
                };
                report.ballots += 1;
                let Some(objection) = judged.objection else {
                    continue;
                };
                report.findings.push(Finding {
                    check: objection.check,
                    block: Some(block),
                    block_hash: usize::try_from(block)
                        .ok()
                        .and_then(|block| self.hashes.get(block).copied()),
                    extrinsic: Some(judged.extrinsic),
                    party: objection.party,
                    cause: objection.cause,
                });
            }
        }
    }

    /// The block's time: in its slot, and not too soon after the last (PSE-AUD-6).
    fn apply_time(&mut self, slot: u64, milliseconds: u64) -> Result<(), Cause> {
        let earliest = match self.time {
            0 => 0,
            last => last.saturating_add(BLOCK_MILLISECONDS / 2),
        };
        self.time = milliseconds;
        if milliseconds < earliest || milliseconds / BLOCK_MILLISECONDS != slot {
            return Err(Cause::Time { milliseconds, slot });
        }
        Ok(())
    }

    fn count(&mut self, check: Check, items: u64) {
        *self.counts.entry(check).or_default() += items;
    }

    fn election_mut(&mut self, election: ElectionId) -> Option<&mut Election> {
        let position = usize::try_from(election.get()).ok()?.checked_sub(1)?;
        self.elections.get_mut(position)
    }

    /// The number of the last block.
    pub const fn height(&self) -> BlockNumber {
        self.head.number
    }

    /// The hash of the last block.
    pub const fn head(&self) -> Hash {
        self.head.hash
    }

    /// The hash of block 0.
    pub fn genesis_hash(&self) -> Hash {
        self.hashes[0]
    }

    /// Checks that the last block is final, and with it all others, by a justification for it or for
    /// the last of the headers that follow it; says how many authorities voted (PSE-AUD-5).
    pub fn check_finality(
        &self,
        descendants: &[Header],
        justification: &[u8],
    ) -> Result<u64, FinalityError> {
        let last = Target {
            hash: self.head(),
            number: self.height(),
        };
        let set = self
            .validators
            .finalising(last.number, !descendants.is_empty());
        finality::check(last, descendants, justification, set)
    }

    /// What was taken from block 0.
    pub const fn facts(&self) -> &GenesisFacts {
        &self.facts
    }

    /// The hash of a block that was applied.
    pub fn hash(&self, block: BlockNumber) -> Option<Hash> {
        self.hashes.get(usize::try_from(block).ok()?).copied()
    }

    /// The state root of a block that was applied.
    pub fn state_root(&self, block: BlockNumber) -> Option<Hash> {
        self.state_roots.get(usize::try_from(block).ok()?).copied()
    }

    /// The validators who took over from others, in order.
    pub fn handovers(&self) -> &[HandoverReport] {
        self.validators.handovers()
    }

    /// The codes that replaced others, in order.
    pub fn upgrades(&self) -> &[UpgradeReport] {
        self.code.upgrades()
    }

    /// How many items went through each check so far.
    pub const fn counts(&self) -> &BTreeMap<Check, u64> {
        &self.counts
    }

    /// How many elections the chain has created; they are numbered from 1.
    pub fn elections(&self) -> u32 {
        self.elections.len() as u32
    }

    /// An election, as of the last block.
    pub fn election(&self, election: ElectionId) -> Option<ElectionView<'_>> {
        let position = usize::try_from(election.get()).ok()?.checked_sub(1)?;
        let election = self.elections.get(position)?;
        Some(ElectionView {
            election,
            now: self.head.number,
        })
    }
}

/// An election as the blocks imply it: for trustees' tools, which refuse to decrypt what they have
/// not recomputed, and for audits.
#[derive(Clone, Copy)]
pub struct ElectionView<'a> {
    election: &'a Election,
    now: BlockNumber,
}

impl<'a> ElectionView<'a> {
    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.election.phase(self.now)
    }

    /// Why it was cancelled, if it was.
    pub const fn cancelled(&self) -> Option<&'a CancelReason> {
        self.election.cancelled.as_ref()
    }

    /// All that was fixed before the first vote.
    pub const fn manifest(&self) -> &'a Manifest {
        &self.election.manifest
    }

    /// `blake2_256(SCALE(manifest))`
    pub const fn manifest_hash(&self) -> Hash {
        self.election.manifest_hash
    }

    /// The epoch of the key ceremony, and what it waits for.
    pub const fn ceremony(&self) -> (u32, Stage) {
        (
            self.election.ceremony.epoch(),
            self.election.ceremony.stage(),
        )
    }

    /// What each participant has done in this epoch of the key ceremony, by ascending trustee: for
    /// trustees' tools, which deal shares to no key that a node alone has named (PSE-DKG-10).
    pub fn ceremony_contributions(
        &self,
    ) -> impl Iterator<Item = (TrusteeIndex, &'a Contribution)> + 'a {
        self.election.ceremony.contributions()
    }

    /// What the key ceremony came to.
    pub const fn keys(&self) -> Option<&'a ElectionKeys> {
        self.election.ceremony.keys()
    }

    /// Ballots that were accepted, superseded ones included.
    pub const fn ballots(&self) -> u64 {
        self.election.ballots.cast()
    }

    /// Participating, issued and cast in a district.
    pub fn counts(&self, district: DistrictId) -> Option<DistrictCounts> {
        let cast = self.election.ballots.accounts(district)?;
        let counts = self.election.register.counts(district)?;
        Some(DistrictCounts { cast, ..counts })
    }

    /// When its ballots came, by the hour.
    pub fn ballots_by_hour(&self) -> Vec<HourReport> {
        self.election.arrivals.by_hour()
    }

    /// Into whose blocks its ballots came.
    pub fn ballots_by_author(&self) -> Vec<AuthorReport> {
        self.election.arrivals.by_author()
    }

    /// The sums of a district, contest by contest, recomputed from the ballots.
    pub fn sums(&self, district: DistrictId) -> Option<DistrictSums> {
        let mut sums = self.election.ballots.sums(district)?.iter().copied();
        let contests = self.election.ballots.rules(district)?.iter();
        Some(
            contests
                .map(|rule| sums.by_ref().take(rule.options.into()).collect())
                .collect(),
        )
    }

    /// What became of a district's sums: whoever holds a share of the key decrypts them only while they
    /// are [awaiting](Decryption::Awaiting) it, and the phase is [`Phase::Tallying`].
    pub fn decryption(&self, district: DistrictId) -> Option<Decryption> {
        match &self.election.tally {
            Some(tally) => tally.decryption(district),
            None => self
                .election
                .manifest
                .district(district)
                .map(|_| Decryption::Voting),
        }
    }

    /// Where one trustee's shares for one district stand; none before the closing block.
    pub fn share_status(&self, trustee: TrusteeIndex, district: DistrictId) -> Option<ShareStatus> {
        self.election
            .tally
            .as_ref()
            .map(|tally| tally.status(trustee, district))
    }

    /// The result that ballots and shares give.
    pub const fn result(&self) -> Option<&'a ElectionResult> {
        self.election.result.as_ref()
    }

    /// The extrinsic, in the result's block, whose shares completed the result; none if the closing
    /// block did by itself.
    pub const fn completed_by(&self) -> Option<u32> {
        self.election.completed_by
    }
}
