//! What stands where in an election at one moment, as one node tells it (PSE-OBS-1).

use codec::DecodeAll;
use psephos_client::{storage_value_key, Node};
use psephos_primitives::{
    api::IndexedBallot, limits::BLOCK_MILLISECONDS, register::DistrictCounts, BlockNumber,
    ElectionId, Hash, Manifest, Phase,
};
use psephos_verifier::{
    finality::{AuthoritySet, Justification},
    state_proof::grandpa_key,
};
use serde::Serialize;
use sp_core::sr25519;
use tokio::{sync::watch, task::JoinHandle};

use crate::{failure::Result, watch::headers};

/// How many of the latest ballots are shown.
pub const LATEST: u32 = 8;

/// The validators, as block 0 or any later one names them.
#[derive(Clone, Debug)]
pub struct Validators {
    /// Who authors blocks, in the order of slots.
    pub authors: Vec<sr25519::Public>,
    /// Who finalises blocks.
    pub set: AuthoritySet,
}

impl Validators {
    /// Those of the state after one block.
    pub async fn read(node: &Node, at: Hash) -> Result<Self> {
        let authors = node.stored(&headers::authors_key(), at).await?;
        let voters = node.stored(&grandpa_key(), at).await?;
        Ok(Self {
            authors: authors.unwrap_or_default(),
            set: AuthoritySet {
                number: set_number(node, at).await?,
                voters: voters.unwrap_or_default(),
            },
        })
    }
}

/// The number of the authority set after one block: another one, and others make blocks.
async fn set_number(node: &Node, at: Hash) -> Result<u64> {
    let key = storage_value_key("Grandpa", "CurrentSetId");
    Ok(node.stored(&key, at).await?.unwrap_or_default())
}

/// What one validator did lately.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ValidatorNow {
    /// Its place among the authorities.
    pub index: u32,
    /// Blocks that it authored among those seen.
    pub authored: u32,
    /// The last of them.
    pub last_block: Option<BlockNumber>,
    /// Whether it signed the last justification.
    pub signed: Option<bool>,
}

/// One moment of an election.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Picture {
    /// Which election.
    pub election: ElectionId,
    /// What it is called.
    pub title: String,
    /// The best block's number.
    pub best: BlockNumber,
    /// The last finalised block's number: everything below is of its state.
    pub finalised: BlockNumber,
    /// Where the election stands.
    pub phase: Phase,
    /// The block that the next phase begins with, where that is known.
    pub next_phase: Option<BlockNumber>,
    /// Seconds until then.
    pub seconds_to_next: Option<u64>,
    /// In the manifest's order.
    pub districts: Vec<DistrictNow>,
    /// Ballots accepted, superseded ones included.
    pub ballots: u32,
    /// The latest ballots, newest first.
    pub latest: Vec<IndexedBallot>,
    /// The validators, in the order of slots.
    pub validators: Vec<ValidatorNow>,
}

/// One district's numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DistrictNow {
    /// What it is called.
    pub name: String,
    /// Registered, issued and cast.
    #[serde(flatten)]
    pub counts: DistrictCounts,
}

/// When the phase after this one begins.
pub const fn next_phase(phase: Phase, manifest: &Manifest) -> Option<BlockNumber> {
    match phase {
        Phase::Registration => Some(manifest.voting.start),
        Phase::Voting => Some(manifest.voting.end),
        Phase::Tallying | Phase::Published | Phase::Cancelled => None,
    }
}

/// Looks at an election again and again.
#[derive(Debug)]
pub struct Observer {
    node: Node,
    election: ElectionId,
    manifest: Manifest,
    validators: Vec<ValidatorNow>,
    /// The number of their set.
    set: u64,
    /// The last block whose author was counted.
    counted: Option<BlockNumber>,
    signers: Signers,
}

/// A block's header is looked at this far back, when the observer starts or was away.
const MAX_CATCH_UP: u32 = 64;

impl Observer {
    /// Begins to observe.
    pub async fn start(node: Node, election: ElectionId, manifest: Manifest) -> Result<Self> {
        let at = node.finalised_hash().await?;
        let known = Validators::read(&node, at).await?;
        Ok(Self {
            validators: idle(&known),
            set: known.set.number,
            signers: Signers::follow(node.clone(), known.set),
            node,
            election,
            manifest,
            counted: None,
        })
    }

    /// Others may have taken over with this block: then what is known of those before is over.
    async fn follow_validators(&mut self, number: BlockNumber, at: Hash) -> Result<()> {
        if set_number(&self.node, at).await? == self.set {
            return Ok(());
        }
        let known = Validators::read(&self.node, at).await?;
        self.validators = idle(&known);
        self.set = known.set.number;
        self.signers = Signers::follow(self.node.clone(), known.set);
        self.counted = Some(number);
        Ok(())
    }

    /// What stands where now.
    pub async fn look(&mut self) -> Result<Picture> {
        let header = self.node.finalised_header().await?;
        let best = self.node.best_header().await?.number;
        let (number, at) = (header.number, header.hash());
        self.follow_validators(number, at).await?;
        self.count_authors(header).await?;
        let api = self.node.elections_at(at);
        let phase = api
            .phase(self.election)
            .await?
            .unwrap_or(Phase::Registration);
        let counts = api.counts(self.election).await?.unwrap_or_default();
        let ballots = api.ballot_count(self.election).await?;
        let mut latest = Vec::new();
        for index in (0..ballots).rev().take(LATEST as usize) {
            latest.extend(api.ballot_by_index(self.election, index).await?);
        }
        let next_phase = next_phase(phase, &self.manifest);
        let districts = self.manifest.districts.iter().zip(counts);
        Ok(Picture {
            election: self.election,
            title: self.manifest.title.as_str().into(),
            best,
            finalised: number,
            phase,
            next_phase,
            seconds_to_next: next_phase
                .map(|block| u64::from(block.saturating_sub(number)) * BLOCK_MILLISECONDS / 1000),
            districts: districts
                .map(|(district, counts)| DistrictNow {
                    name: district.name.as_str().into(),
                    counts,
                })
                .collect(),
            ballots,
            latest,
            validators: self.validators_now(),
        })
    }

    async fn count_authors(&mut self, newest: psephos_client::Header) -> Result<()> {
        let from = self
            .counted
            .unwrap_or(newest.number.saturating_sub(MAX_CATCH_UP));
        let mut header = newest;
        self.counted = Some(header.number);
        for _ in 0..MAX_CATCH_UP {
            if header.number <= from || header.number == 0 {
                break;
            }
            let count = self.validators.len() as u64;
            let slot = headers::slot(&header).and_then(|slot| slot.checked_rem(count));
            if let Some(author) = slot.and_then(|place| self.validators.get_mut(place as usize)) {
                author.authored += 1;
                author.last_block = author.last_block.max(Some(header.number));
            }
            header = self.node.header(header.parent_hash).await?;
        }
        Ok(())
    }

    fn validators_now(&self) -> Vec<ValidatorNow> {
        let signed = self.signers.latest();
        let mut validators = self.validators.clone();
        for (place, validator) in validators.iter_mut().enumerate() {
            validator.signed = signed
                .as_ref()
                .and_then(|signed| signed.get(place).copied());
        }
        validators
    }
}

/// Of whom nothing was seen yet.
fn idle(known: &Validators) -> Vec<ValidatorNow> {
    let indices = 0..known.authors.len() as u32;
    let validators = indices.map(|index| ValidatorNow {
        index,
        ..ValidatorNow::default()
    });
    validators.collect()
}

/// Listens for justifications: who signed the last one.
#[derive(Debug)]
struct Signers {
    latest: watch::Receiver<Option<Vec<bool>>>,
    task: JoinHandle<()>,
}

impl Signers {
    fn follow(node: Node, set: AuthoritySet) -> Self {
        let (sender, latest) = watch::channel(None);
        let task = tokio::spawn(async move {
            while let Ok(proof) = node.next_justification().await {
                let bytes = proof.justification;
                let Ok(justification) = Justification::decode_all(&mut &bytes[..]) else {
                    continue;
                };
                let voters = set.voters.iter().map(|(voter, _)| voter);
                let signed = voters.map(|voter| {
                    let mut votes = justification.precommits.iter();
                    votes.any(|vote| vote.authority == *voter)
                });
                let signed = signed.collect();
                if sender.send(Some(signed)).is_err() {
                    break;
                }
            }
        });
        Self { latest, task }
    }

    fn latest(&self) -> Option<Vec<bool>> {
        self.latest.borrow().clone()
    }
}

impl Drop for Signers {
    fn drop(&mut self) {
        self.task.abort();
    }
}
