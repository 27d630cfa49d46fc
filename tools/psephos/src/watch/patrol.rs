//! Reads nodes, and hands what they say to whoever judges it.

use std::{collections::HashSet, time::Duration};

use codec::Encode;
use psephos_client::{self as client, Block, ChainFacts, FinalisedBlocks, Header, Node};
use psephos_primitives::{Hash, Phase};
use psephos_verifier::{
    headers::{announced_voters, replaces_code},
    receipt::{Handover, ProvenHeader},
};
use sp_core::{storage::well_known_keys::CODE, Bytes};
use subxt_rpcs::client::{RpcClient, RpcParams};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    authors::Authors,
    ballots::{too_many, Ballots},
    evidence::{count_keys, genesis_keys, Authorities, Evidence, Finding, FORMAT},
    finality::{Finality, Lag},
};
use crate::{
    failure::{InputError, Result},
    receipts::handovers,
};

/// Between two looks at a node: a third of a block.
const PAUSE: Duration = Duration::from_secs(1);
/// After a node did not answer.
const RETRY: Duration = Duration::from_secs(5);
/// A node that takes longer does not answer.
const ANSWER: Duration = Duration::from_secs(30);
/// Headers that are read back from a node's best block, when it took up several at once.
const MAX_BACK: usize = 256;
/// What nodes have said and nobody has judged yet, at most.
const MAX_UNJUDGED: usize = 1024;

/// What a node says.
#[derive(Clone, Debug)]
pub enum Sighting {
    /// It has this block, on whatever branch.
    Header(Header),
    /// It has this justification.
    Justification(Vec<u8>),
    /// Its heads.
    Heads {
        /// The best block.
        best: Header,
        /// The last finalised block.
        finalised: Header,
    },
    /// Its pool.
    Pool(Vec<Vec<u8>>, u32),
    /// Its next finalised block.
    Final(Block),
    /// Its state shows this.
    State(Finding),
    /// It does not answer.
    Silent(String),
}

/// What one node says, and which.
pub type Said = (usize, Sighting);

/// What is believed about the chain before anything is watched.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Genesis hash and versions.
    pub facts: ChainFacts,
    /// Block 0, with the proof of the authorities.
    pub genesis: ProvenHeader,
    /// Who authors and who finalises: those of block 0, and all who took over since.
    sets: Vec<Authorities>,
    /// How they did.
    handovers: Vec<Handover>,
}

impl Ground {
    /// Reads it, and checks the proof. A genesis hash that is given must be the node's.
    pub async fn read(node: &Node, expected: Option<Hash>) -> Result<Self> {
        let facts = node.facts().await?;
        if let Some(expected) = expected.filter(|expected| *expected != facts.genesis_hash) {
            let found = facts.genesis_hash;
            let message = format!("the nodes serve the chain {found:?}, not {expected:?}");
            return Err(InputError::new("--genesis", message).into());
        }
        let header = node.header(facts.genesis_hash).await?;
        let genesis = proven(node, header, &genesis_keys()).await?;
        let authorities = Authorities::prove(&genesis).ok_or_else(|| {
            anyhow::anyhow!(
                "the node does not prove the state of block 0: it must keep all states \
                 (--state-pruning archive)"
            )
        })?;
        let mut ground = Self {
            facts,
            genesis,
            sets: vec![authorities],
            handovers: Vec::new(),
        };
        let last = node.finalised_header().await?;
        for handover in handovers(node, 0, last.number, last.hash()).await? {
            ground.follow(handover)?;
        }
        Ok(ground)
    }

    /// Those who author and finalise now.
    pub fn authorities(&self) -> &Authorities {
        // There is always that of block 0.
        &self.sets[self.sets.len() - 1]
    }

    /// Others take over: those before have to have signed that.
    pub fn follow(&mut self, handover: Handover) -> Result<()> {
        let next = self
            .authorities()
            .next(&handover)
            .map_err(|error| anyhow::anyhow!("the validators do not hand over: {error}"))?;
        self.sets.push(next);
        self.handovers.push(handover);
        Ok(())
    }

    /// The handovers up to those whom a finding is about: the last ones about whom it is proved.
    fn handovers_up_to(&self, finding: &Finding) -> &[Handover] {
        let genesis = self.facts.genesis_hash;
        let proved = |authorities: &Authorities| finding.check(genesis, authorities).is_ok();
        let count = self.sets.iter().rposition(proved);
        let count = count.unwrap_or(self.handovers.len());
        self.handovers.get(..count).unwrap_or_default()
    }

    /// Evidence of a finding.
    pub fn evidence(&self, finding: Finding, nodes: Vec<String>, found: u64) -> Evidence {
        Evidence {
            format: FORMAT.into(),
            genesis: self.genesis.clone(),
            handovers: self.handovers_up_to(&finding).to_vec(),
            nodes,
            found,
            finding,
        }
    }
}

async fn proven(node: &Node, header: Header, keys: &[Vec<u8>]) -> Result<ProvenHeader> {
    let proof = node.read_proof(keys, header.hash()).await?.nodes;
    let proof = proof.into_iter().map(Bytes).collect();
    Ok(ProvenHeader { header, proof })
}

/// Follows nodes, each in tasks of its own. Ends when nobody listens.
pub fn follow(nodes: &[Node]) -> mpsc::Receiver<Said> {
    let (sender, receiver) = mpsc::channel(MAX_UNJUDGED);
    for (index, node) in nodes.iter().enumerate() {
        let beat = Beat {
            index,
            node: node.clone(),
            sender: sender.clone(),
        };
        tokio::spawn(beat.clone().heads());
        tokio::spawn(beat.clone().branches());
        tokio::spawn(beat.justifications());
    }
    receiver
}

/// The way to one node.
#[derive(Clone)]
struct Beat {
    index: usize,
    node: Node,
    sender: mpsc::Sender<Said>,
}

/// Nobody listens any more.
struct Deaf;

impl Beat {
    async fn say(&self, sighting: Sighting) -> Result<(), Deaf> {
        let said = self.sender.send((self.index, sighting)).await;
        said.map_err(|_| Deaf)
    }

    /// Heads, pool, finalised blocks, state.
    async fn heads(self) {
        let mut walk = Walk::default();
        loop {
            match self.look(&mut walk).await {
                Ok(Ok(())) => sleep(PAUSE).await,
                Ok(Err(Deaf)) => return,
                Err(failure) => {
                    let silent = Sighting::Silent(failure.to_string());
                    if self.say(silent).await.is_err() {
                        return;
                    }
                    sleep(RETRY).await;
                }
            }
        }
    }

    async fn look(&self, walk: &mut Walk) -> Result<Result<(), Deaf>> {
        let finalised = self.node.finalised_header().await?;
        let best = self.node.best_header().await?;
        for header in walk.new_headers(&self.node, &best).await? {
            if self.say(Sighting::Header(header)).await.is_err() {
                return Ok(Err(Deaf));
            }
        }
        let pool: Vec<Bytes> = self
            .node
            .connection()
            .request("author_pendingExtrinsics", &[])
            .await?;
        let pool = pool.into_iter().map(|bytes| bytes.0).collect();
        let number = finalised.number;
        let mut sightings = vec![
            Sighting::Pool(pool, number),
            Sighting::Heads {
                best,
                finalised: finalised.clone(),
            },
        ];
        let blocks = walk
            .blocks
            .get_or_insert_with(|| FinalisedBlocks::from(self.node.clone(), number.max(1)));
        while let Some(block) = blocks.try_next().await? {
            sightings.push(Sighting::Final(block.block));
        }
        if walk.judged != Some(number) {
            let findings = judge_state(&self.node, finalised).await?;
            sightings.extend(findings.into_iter().map(Sighting::State));
            walk.judged = Some(number);
        }
        for sighting in sightings {
            if self.say(sighting).await.is_err() {
                return Ok(Err(Deaf));
            }
        }
        Ok(Ok(()))
    }

    /// Every block that the node takes up, those of branches that lose among them.
    async fn branches(self) {
        while !self.sender.is_closed() {
            for url in self.node.connection().urls() {
                let Ok(Ok(client)) = timeout(ANSWER, RpcClient::from_insecure_url(url)).await
                else {
                    continue;
                };
                let subscription = client.subscribe::<Header>(
                    "chain_subscribeAllHeads",
                    RpcParams::new(),
                    "chain_unsubscribeAllHeads",
                );
                let Ok(mut headers) = subscription.await else {
                    continue;
                };
                while let Some(Ok(header)) = headers.next().await {
                    if self.say(Sighting::Header(header)).await.is_err() {
                        return;
                    }
                }
            }
            sleep(RETRY).await;
        }
    }

    async fn justifications(self) {
        while !self.sender.is_closed() {
            match self.node.next_justification().await {
                Ok(proof) => {
                    let sighting = Sighting::Justification(proof.justification);
                    if self.say(sighting).await.is_err() {
                        return;
                    }
                }
                Err(_) => sleep(RETRY).await,
            }
        }
    }
}

/// How far a node has been looked at.
#[derive(Default)]
struct Walk {
    known: HashSet<Hash>,
    blocks: Option<FinalisedBlocks>,
    judged: Option<u32>,
}

impl Walk {
    async fn new_headers(&mut self, node: &Node, best: &Header) -> Result<Vec<Header>> {
        if self.known.len() > MAX_BACK * 2 {
            self.known.clear();
        }
        // At the beginning the past is not looked at.
        let first = self.known.is_empty();
        let mut header = best.clone();
        let mut found = Vec::new();
        while self.known.insert(header.hash()) && found.len() < MAX_BACK {
            found.push(header.clone());
            if first || header.number == 0 {
                break;
            }
            header = node.header(header.parent_hash).await?;
        }
        Ok(found)
    }
}

/// What a block's state shows that must not be: more ballots than issued credentials, or other code
/// than a manifest's.
async fn judge_state(node: &Node, header: Header) -> Result<Vec<Finding>> {
    let at = header.hash();
    let api = node.elections_at(at);
    let key = format!("0x{}", hex::encode(CODE)).into();
    let params = [key, format!("{at:?}").into()];
    // The node's own hash of the code: the code itself is a megabyte, and hardly ever changes.
    let code: Hash = node
        .connection()
        .request("state_getStorageHash", &params)
        .await?;
    let mut findings = Vec::new();
    for summary in api.running().await? {
        let election = summary.election;
        let counts = api.counts(election).await?.unwrap_or_default();
        for district in too_many(&counts) {
            let keys = count_keys(election, district);
            let block = Box::new(proven(node, header.clone(), &keys).await?);
            findings.push(Finding::TooManyBallots {
                election,
                district,
                block,
            });
        }
        let Some(manifest) = api.manifest(election).await? else {
            continue;
        };
        // One that has not opened may have been meant for a code before: it will not open.
        let votes = summary.phase != Phase::Registration;
        if votes && manifest.code_hash != code {
            let block = Box::new(proven(node, header.clone(), &[CODE.to_vec()]).await?);
            let manifest = Bytes(manifest.encode());
            findings.push(Finding::WrongCode {
                election,
                manifest,
                block,
            });
        }
    }
    Ok(findings)
}

/// Limits above which something is a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Blocks that finality may be behind.
    pub lag: u32,
    /// Finalised blocks that may pass without a ballot that a node has in its pool.
    pub patience: u32,
}

/// Judges what nodes say.
pub struct Judge {
    ground: Ground,
    nodes: Vec<Node>,
    authors: Authors,
    finality: Finality,
    ballots: Ballots,
    lags: Vec<Lag>,
    reported: HashSet<Vec<u8>>,
    /// Why those who take over, or the code's versions, could not be learnt.
    trouble: Option<String>,
}

impl Judge {
    /// Of these nodes.
    pub fn new(ground: Ground, nodes: Vec<Node>, limits: Limits) -> Self {
        let versions = (ground.facts.spec_version, ground.facts.transaction_version);
        Self {
            authors: Authors::new(ground.authorities()),
            finality: Finality::new(ground.authorities().set.clone()),
            ballots: Ballots::new(limits.patience, versions),
            lags: nodes.iter().map(|_| Lag::new(limits.lag)).collect(),
            reported: HashSet::new(),
            trouble: None,
            nodes,
            ground,
        }
    }

    /// What keeps it from seeing everything, once.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// What is believed about the chain, and has been proved meanwhile.
    pub const fn ground(&self) -> &Ground {
        &self.ground
    }

    /// What is found in it, each finding once.
    pub async fn judge(&mut self, (index, sighting): Said) -> Vec<Finding> {
        let mut findings: Vec<Finding> = match sighting {
            Sighting::Header(header) => self.authors.look(&header).into_iter().collect(),
            Sighting::Justification(bytes) => self.finality.look(&bytes),
            Sighting::Heads { best, finalised } => {
                let lag = self.lags.get_mut(index);
                lag.and_then(|lag| lag.look(&best, &finalised))
                    .into_iter()
                    .collect()
            }
            Sighting::Pool(extrinsics, finalised) => {
                self.ballots.pool(extrinsics, finalised);
                Vec::new()
            }
            Sighting::Final(block) => {
                if let Err(failure) = self.follow(index, &block).await {
                    let number = block.number();
                    self.trouble = Some(format!("block {number}: {failure}"));
                }
                self.left_out(index, &block).await
            }
            Sighting::State(finding) => vec![finding],
            Sighting::Silent(_) => Vec::new(),
        };
        findings.retain(|finding| self.reported.insert(identity(finding)));
        findings
    }

    /// Other validators, or another code, from a final block on.
    async fn follow(&mut self, index: usize, block: &Block) -> Result<()> {
        let Some(node) = self.nodes.get(index) else {
            return Ok(());
        };
        let new = block.number() > self.ground.authorities().since;
        if new && announced_voters(&block.header).is_some() {
            let client::Handover {
                header,
                justification,
            } = client::Handover::of(block.clone())?;
            let justification = Bytes(justification);
            self.ground.follow(Handover {
                header,
                justification,
            })?;
            self.finality.follow(self.ground.authorities().set.clone());
        }
        if replaces_code(&block.header) {
            let versions = node.versions(Some(block.hash)).await?;
            self.ballots.follow((versions.spec, versions.transaction));
        }
        Ok(())
    }

    /// A ballot whose place another of the same account has taken is not censored.
    async fn left_out(&mut self, index: usize, block: &Block) -> Vec<Finding> {
        let mut findings = Vec::new();
        for missing in self.ballots.block(block) {
            let voter = &missing.voter;
            let cast = match self.nodes.get(index) {
                Some(node) => {
                    let api = node.elections_at(block.hash);
                    api.ballot_nonce(voter.election, &voter.account).await.ok()
                }
                None => None,
            };
            if cast.is_none_or(|cast| cast <= voter.nonce) {
                findings.push(missing.finding);
            }
        }
        findings
    }
}

/// What a finding is about: the same again is not reported, even if it shows in other blocks.
fn identity(finding: &Finding) -> Vec<u8> {
    let kind = finding.kind();
    match finding {
        Finding::TwoBlocks { headers } => (kind, headers[0].hash(), headers[1].hash()).encode(),
        Finding::TwoVotes { round, votes } => (kind, round, &votes[0].0, &votes[1].0).encode(),
        Finding::TwoFinalised { justifications } => {
            let targets = justifications
                .each_ref()
                .map(|bytes| super::evidence::target(&bytes.0).ok());
            (kind, targets).encode()
        }
        Finding::FinalityLag { finalised, .. } => (kind, finalised.hash()).encode(),
        Finding::LeftOut { extrinsic, .. } => (kind, &extrinsic.0).encode(),
        Finding::TooManyBallots {
            election, district, ..
        } => (kind, election, district).encode(),
        Finding::WrongCode { election, .. } => (kind, election).encode(),
    }
}
