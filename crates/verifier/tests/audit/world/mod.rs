//! A chain without a node: headers, seals, state tries and justifications made by hand, and people
//! with real keys who hold an election on it. Everything follows from one seed.

#![allow(dead_code, reason = "the example uses a part of it")]

pub mod chain;
pub mod organisations;
pub mod people;

use codec::Encode;
use psephos_primitives::{
    tally::{ContestResult, DistrictResult, ElectionResult, Outcome},
    wire::{Call, ConsortiumCall, ElectionsCall},
    BlockRange, Contest, ContestId, District, DistrictId, ElectionId, Manifest, Registrar,
    RevotePolicy, Text, Trustee,
};
use psephos_verifier::{
    archive::{self, ArchiveWriter, Between, Genesis},
    audit, BlockReport, Cause, Chain, Check, GenesisFacts, Options, Report,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sp_runtime::{BoundedVec, Weight};

use chain::{Builder, CODE_HASH};
use people::{registrar_keys, Official, TrusteeTool};

/// The election of every world.
pub const ELECTION: ElectionId = ElectionId(1);
/// One contest of three options, at most one of them.
pub const NORTH: DistrictId = DistrictId(10);
/// Two contests: exactly one of two options; any of two.
pub const SOUTH: DistrictId = DistrictId(20);

/// What differs from world to world.
#[derive(Clone, Copy)]
pub struct Setup {
    pub members: usize,
    pub trustees: u8,
    pub threshold: u8,
    pub registrars: usize,
    pub quorum: u8,
    pub districts: usize,
    pub revote: RevotePolicy,
    pub minimum_ballots: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            members: 3,
            trustees: 3,
            threshold: 2,
            registrars: 2,
            quorum: 2,
            districts: 2,
            revote: RevotePolicy::Forbidden,
            minimum_ballots: 0,
        }
    }
}

impl Setup {
    /// As small as an election can be.
    pub fn small() -> Self {
        Self {
            trustees: 2,
            registrars: 1,
            quorum: 1,
            districts: 1,
            ..Self::default()
        }
    }
}

/// A chain with people on it.
pub struct World {
    pub rng: ChaCha20Rng,
    pub setup: Setup,
    pub builder: Builder,
    /// The verifier's view, block by block.
    pub chain: Chain,
    /// What it said about each block.
    pub reports: Vec<BlockReport>,
    pub members: Vec<Official>,
    pub registrars: Vec<Official>,
    pub trustees: Vec<TrusteeTool>,
    pub manifest: Manifest,
    pub blocks: Vec<archive::Block>,
    /// What stands before each of them.
    pub before: Vec<Between>,
    /// What stands behind the last one.
    pub between: Between,
    pub genesis: Genesis,
    pub result: Option<ElectionResult>,
}

fn text(text: &str) -> Text {
    Text::new(text).expect("is a text")
}

fn contest(id: u32, options: &[&str], min: u8, max: u8) -> Contest {
    let options = options
        .iter()
        .map(|option| text(option))
        .collect::<Vec<_>>();
    Contest {
        id: ContestId(id),
        title: text("Contest"),
        options: options.try_into().expect("few"),
        min_selections: min,
        max_selections: max,
        blank_allowed: false,
    }
}

pub fn bounded<T, const N: u32>(items: Vec<T>) -> BoundedVec<T, sp_runtime::traits::ConstU32<N>> {
    BoundedVec::try_from(items)
        .map_err(|_| "too many")
        .expect("few")
}

impl World {
    pub fn new(setup: Setup) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(2019);
        let members: Vec<_> = (0..setup.members)
            .map(|i| Official::new("member", i))
            .collect();
        let registrars: Vec<_> = (0..setup.registrars)
            .map(|i| Official::new("registrar", i))
            .collect();
        let trustees: Vec<_> = (1..=setup.trustees).map(TrusteeTool::new).collect();
        let manifest = manifest(&setup, &registrars, &trustees);
        let builder = Builder::new(&members);
        let genesis = builder.genesis();
        let facts = GenesisFacts::prove(&genesis).expect("the genesis proof is right");
        Self {
            rng,
            setup,
            builder,
            chain: Chain::new(facts),
            reports: Vec::new(),
            members,
            registrars,
            trustees,
            manifest,
            blocks: Vec::new(),
            before: Vec::new(),
            between: Between::default(),
            genesis,
            result: None,
        }
    }

    /// The next block, with these extrinsics after its time; what the verifier says about it.
    pub fn block(&mut self, extrinsics: Vec<Vec<u8>>) -> BlockReport {
        let block = self.builder.block(extrinsics);
        self.apply(block)
    }

    pub fn apply(&mut self, block: archive::Block) -> BlockReport {
        let between = core::mem::take(&mut self.between);
        let report = self.chain.apply(&between, &block.header, &block.extrinsics);
        self.before.push(between);
        self.blocks.push(block);
        self.reports.push(report.clone());
        report
    }

    /// A block that nothing is wrong with.
    pub fn good(&mut self, extrinsics: Vec<Vec<u8>>) {
        let report = self.block(extrinsics);
        assert_eq!(report.findings, vec![]);
    }

    /// A block of one bad extrinsic; says which check it fails, and why.
    pub fn bad(&mut self, extrinsic: Vec<u8>) -> (Check, Cause) {
        let report = self.block(vec![extrinsic]);
        let [finding] = &report.findings[..] else {
            panic!("exactly one finding: {:?}", report.findings)
        };
        assert_eq!(finding.block, Some(self.chain.height()));
        assert_eq!(finding.block_hash, Some(self.chain.head()));
        assert_eq!(finding.extrinsic, Some(1));
        (finding.check, finding.cause.clone())
    }

    /// Empty blocks up to, and not including, number `block`.
    pub fn advance_to(&mut self, block: u32) {
        while self.chain.height() + 1 < block {
            self.good(vec![]);
        }
    }

    pub fn context(&self) -> psephos_crypto::transcript::Context {
        self.manifest.context(self.builder.genesis_hash(), ELECTION)
    }

    /// The consortium creates the election.
    pub fn create(&mut self) {
        let create = Call::Elections(ElectionsCall::Create {
            manifest: Box::new(self.manifest.clone()),
        });
        self.decide(create);
    }

    /// The consortium decides, by all its members.
    pub fn decide(&mut self, call: Call) {
        let calls = self.decision(call);
        self.good(calls);
    }

    /// All that it takes to decide.
    pub fn decision(&mut self, call: Call) -> Vec<Vec<u8>> {
        let length_bound = call.encoded_size() as u32;
        let hash = psephos_primitives::hashing::blake2_256(&call.encode()).into();
        let threshold = self.members.len() as u32;
        let propose = ConsortiumCall::Propose {
            threshold,
            proposal: Box::new(call),
            length_bound,
        };
        let mut calls = vec![self.by_member(0, propose)];
        let index = self.builder.motions;
        self.builder.motions += 1;
        for member in 0..self.members.len() {
            let vote = ConsortiumCall::Vote {
                proposal: hash,
                index,
                approve: true,
            };
            calls.push(self.by_member(member, vote));
        }
        let close = ConsortiumCall::Close {
            proposal_hash: hash,
            index,
            proposal_weight_bound: Weight::MAX,
            length_bound,
        };
        calls.push(self.by_member(0, close));
        calls
    }

    pub fn by_member(&mut self, member: usize, call: ConsortiumCall) -> Vec<u8> {
        let official = self.members[member].clone();
        self.builder.official(&official, Call::Consortium(call))
    }

    /// Everything up to the first block of voting: created, registered, ceremony held.
    pub fn until_voting(setup: Setup, voters: u64) -> Self {
        let mut world = Self::new(setup);
        world.create();
        world.register(voters);
        world.hold_ceremony();
        world.advance_to(world.manifest.voting.start);
        world
    }

    /// … and credentials recorded as issued.
    pub fn issued(setup: Setup, voters: u64) -> Self {
        let mut world = Self::until_voting(setup, voters);
        world.issue(voters);
        world
    }

    /// Publishes what the voters chose: the state from the next block on holds it.
    pub fn expect_result(&mut self, ballots: &[(DistrictId, Outcome, u32)]) {
        let districts = ballots
            .iter()
            .map(|(district, outcome, ballots)| DistrictResult {
                district: *district,
                ballots: *ballots,
                outcome: outcome.clone(),
            })
            .collect();
        let block = self.chain.height() + 1;
        let result = ElectionResult {
            block,
            districts: bounded(districts),
        };
        self.builder.publish(&result);
        self.result = Some(result);
    }

    /// The closing record for the chain as it stands.
    pub fn closing(&self) -> archive::Closing {
        archive::Closing {
            election: ELECTION,
            descendants: vec![],
            justification: self.builder.justify_all(),
            proof_block: self.chain.height(),
            proof: self.builder.result_proof(),
            result: self.result.clone(),
        }
    }

    /// The end of an election of both districts in which nobody has voted: the closing block publishes.
    pub fn close_without_a_ballot(&mut self) {
        self.advance_to(self.manifest.voting.end);
        self.expect_result(&[
            (NORTH, counted(&[(1, &[0, 0, 0])]), 0),
            (SOUTH, counted(&[(1, &[0, 0]), (2, &[0, 0])]), 0),
        ]);
        self.good(vec![]);
    }

    /// The whole archive.
    pub fn archive(&self) -> Vec<u8> {
        self.archive_with(&self.closing())
    }

    pub fn archive_with(&self, closing: &archive::Closing) -> Vec<u8> {
        let blocks = self.before.iter().cloned().zip(&self.blocks);
        write_all(&self.genesis, blocks, &self.between, closing)
    }
}

/// To be carried out by the consortium: nothing more comes of the election.
pub fn cancel() -> Call {
    let (election, reason) = (ELECTION, text("test"));
    Call::Elections(ElectionsCall::Cancel { election, reason })
}

/// An archive of these records, with nothing between blocks.
pub fn write(genesis: &Genesis, blocks: &[archive::Block], closing: &archive::Closing) -> Vec<u8> {
    let blocks = blocks.iter().map(|block| (Between::default(), block));
    write_all(genesis, blocks, &Between::default(), closing)
}

/// An archive of these records, each block with what stands before it.
pub fn write_all<'a>(
    genesis: &Genesis,
    blocks: impl Iterator<Item = (Between, &'a archive::Block)>,
    last: &Between,
    closing: &archive::Closing,
) -> Vec<u8> {
    let mut writer =
        ArchiveWriter::new(Vec::new(), genesis.clone()).expect("memory can be written");
    for (between, block) in blocks {
        writer.between(between).expect("memory can be written");
        writer.block(block.clone()).expect("memory can be written");
    }
    writer.between(last.clone()).expect("memory can be written");
    writer
        .close(closing.clone())
        .expect("memory can be written")
}

/// An audit with nothing known from elsewhere.
pub fn check(archive: &[u8]) -> Report {
    audit(archive, &Options::default(), |_| {})
}

/// Counts of the contests of one district.
pub fn counted(contests: &[(u32, &[u32])]) -> Outcome {
    let contests = contests.iter().map(|(id, counts)| ContestResult {
        contest: ContestId(*id),
        counts: bounded(counts.to_vec()),
    });
    Outcome::Counted(bounded(contests.collect()))
}

fn manifest(setup: &Setup, registrars: &[Official], trustees: &[TrusteeTool]) -> Manifest {
    let districts = vec![
        District {
            id: NORTH,
            name: text("North"),
            contests: bounded(vec![contest(1, &["A", "B", "C"], 0, 1)]),
        },
        District {
            id: SOUTH,
            name: text("South"),
            contests: bounded(vec![
                contest(1, &["Да", "Нет"], 1, 1),
                contest(2, &["X", "Y"], 0, 2),
            ]),
        },
    ];
    let registrars = registrars
        .iter()
        .enumerate()
        .map(|(index, official)| Registrar {
            name: text("Registrar"),
            account: official.account(),
            keys: bounded(
                (0..setup.districts)
                    .map(|d| registrar_keys()[index][d].public_key())
                    .collect(),
            ),
        });
    let trustees = trustees.iter().map(|trustee| Trustee {
        name: text("Trustee"),
        account: trustee.official.account(),
    });
    Manifest {
        title: text("Rehearsal"),
        districts: bounded(districts.into_iter().take(setup.districts).collect()),
        trustees: bounded(trustees.collect()),
        threshold: setup.threshold,
        registrars: bounded(registrars.collect()),
        quorum: setup.quorum,
        registration: BlockRange { start: 1, end: 12 },
        voting: BlockRange { start: 30, end: 40 },
        ceremony_stage: 3,
        revote: setup.revote,
        minimum_ballots: setup.minimum_ballots,
        relay_delay: 0,
        code_hash: CODE_HASH.into(),
    }
}
