//! The chain, replayed: an independent second implementation of its rules.
//!
//! Blocks go in, one after the other; out come findings that name block, extrinsic and party, and at
//! any time the state of every election as the blocks imply it. An official's call which the rules
//! make fail has no effect and is no finding; a ballot that breaks a rule always is one, since the
//! network must not let it into a block.

use std::collections::BTreeMap;

use psephos_primitives::{
    api::DistrictSums,
    ceremony::{ElectionKeys, Stage},
    limits::BLOCK_MILLISECONDS,
    phase::CancelReason,
    register::DistrictCounts,
    tally::{ElectionResult, ShareStatus},
    wire::Implicit,
    AccountId, BlockNumber, DistrictId, ElectionId, Hash, Manifest, Phase, TrusteeIndex,
};
use sp_runtime::generic::Era;

use crate::{
    consortium::Consortium,
    election::Election,
    finding::{Cause, Check, Fault, Finding, Party},
    headers::{check_extrinsics_root, slot, Head, HeaderError},
    state_proof::GenesisFacts,
    Header,
};

mod extrinsic;

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
            consortium: Consortium::new(facts.consortium.iter().cloned()),
            elections: Vec::new(),
            counts: BTreeMap::new(),
            facts,
        }
    }

    /// Applies the next block: checks it against every rule and steps on, whatever the outcome, so
    /// that later blocks can be judged, too. The extrinsics stand as in the block's body, each with
    /// its length in front.
    pub fn apply(&mut self, header: &Header, extrinsics: &[Vec<u8>]) -> BlockReport {
        let errors = self.head.advance(header, &self.facts.aura);
        let (number, hash) = (self.head.number, self.head.hash);
        let mut place = Place {
            number,
            hash,
            report: BlockReport::default(),
        };
        for (check, error) in errors {
            let party = match &error {
                HeaderError::Seal { author } => Some(Party::Author(*author)),
                _ => None,
            };
            place.find(check, None, party, error.into());
        }
        if let Err(error) = check_extrinsics_root(header, extrinsics) {
            place.find(Check::Roots, None, None, error.into());
        }
        self.count(Check::Headers, 1);
        self.count(Check::Authors, 1);
        self.count(Check::Roots, 1);
        self.elections
            .iter_mut()
            .for_each(|election| election.begin_block(number));
        self.apply_body(&mut place, slot(header).unwrap_or_default(), extrinsics);
        self.verify_ballots(&mut place);
        self.hashes.push(hash);
        self.state_roots.push(header.state_root);
        place.report
    }

    fn apply_body(&mut self, place: &mut Place, slot: u64, extrinsics: &[Vec<u8>]) {
        if extrinsics.is_empty() {
            place.find(Check::Bodies, None, None, Cause::NoTime);
        }
        for (index, bytes) in (0u32..).zip(extrinsics) {
            self.count(Check::Bodies, 1);
            self.apply_extrinsic(place, slot, index, bytes);
        }
    }

    /// Verifies the proofs of the block's ballots together (PSE-AUD-15).
    fn verify_ballots(&mut self, place: &mut Place) {
        for position in 0..self.elections.len() {
            let (ballots, ciphertexts, objections) = self.elections[position].end_block();
            self.count(Check::Proofs, ballots);
            self.count(Check::Sums, ciphertexts);
            place.report.ballots += ballots;
            for (extrinsic, objection) in objections {
                place.find(
                    objection.check,
                    Some(extrinsic),
                    objection.party,
                    objection.cause,
                );
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

    /// What an extrinsic's signature covers beside itself; the era must have begun.
    fn implicit(&self, era: Era) -> Result<Implicit, Cause> {
        // An era that is over begins anew with another hash, and the signature does not verify.
        let birth = usize::try_from(era.birth(self.head.number.into())).ok();
        let mortality_hash = birth
            .and_then(|birth| self.hashes.get(birth))
            .ok_or(Cause::Era)?;
        Ok(Implicit {
            spec_version: self.facts.spec_version,
            transaction_version: self.facts.transaction_version,
            genesis_hash: self.hashes[0],
            mortality_hash: *mortality_hash,
        })
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
    /// Its number.
    pub const fn id(&self) -> ElectionId {
        self.election.id
    }

    /// The block it was created in.
    pub const fn created(&self) -> BlockNumber {
        self.election.created
    }

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
