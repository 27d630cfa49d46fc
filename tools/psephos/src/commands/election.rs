//! `psephos election …`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use psephos_client::Node;
use psephos_primitives::{
    api::ElectionSummary,
    wire::{Call, ElectionsCall},
    BlockNumber, ElectionId, Hash, Manifest,
};
use serde_json::json;

use crate::{
    cards::{RegistrarCard, TrusteeCard},
    commands::consortium::summary,
    consortium::{propose, Outcome},
    definition::{Definition, RegistrarTerms},
    failure::{InputError, Result},
    keys::Vault,
    manifest::{assemble, Terms},
    schedule::{quick, Quick, CEREMONY_STAGE, QUICK_CEREMONY_STAGE},
    session::{manifest as read_manifest, Session},
    votes::{ballot_papers, read},
};

/// Define, create and inspect elections.
#[derive(Subcommand, Debug)]
pub enum ElectionCommand {
    /// Check an election.json, and a votes.csv against it; sends nothing
    Check {
        /// The file
        file: PathBuf,
        /// Votes for a rehearsal
        #[arg(long, value_name = "FILE")]
        votes: Option<PathBuf>,
    },
    /// Propose an election to the consortium
    Create(Box<Create>),
    /// All elections of the chain
    List,
    /// Everything about one election, as of the last finalised block
    Show {
        /// Its number
        election: u32,
    },
}

/// Propose an election to the consortium.
#[derive(Args, Debug)]
pub struct Create {
    /// What is being decided
    #[arg(long, value_name = "FILE")]
    election: PathBuf,
    /// A trustee's public card (repeat for each; the first becomes trustee 1)
    #[arg(long, value_name = "CARD", required = true)]
    trustee: Vec<PathBuf>,
    /// A registrar's public card (repeat for each; the first becomes registrar 0)
    #[arg(long, value_name = "CARD", required = true)]
    registrar: Vec<PathBuf>,
    /// Key file of a consortium's member; with several, the others approve at once
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// A short schedule that begins now, where election.json has none
    #[arg(long)]
    quick: bool,
    /// With --quick: how many voters the schedule must have time for
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "quick")]
    expect_voters: u32,
    /// With --quick: blocks for registration and key ceremony
    #[arg(long, value_name = "BLOCKS", requires = "quick")]
    registration_blocks: Option<BlockNumber>,
    /// With --quick: blocks for voting
    #[arg(long, value_name = "BLOCKS", requires = "quick")]
    voting_blocks: Option<BlockNumber>,
    /// Blocks that a stage of the key ceremony may last before silent trustees can be excluded
    #[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..))]
    ceremony_stage: Option<BlockNumber>,
    /// A district with fewer ballots than this, though not none, is never decrypted
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    minimum_ballots: u32,
    /// Mean delay at each relay, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    relay_delay: u32,
    /// Allow blank votes also in contests with min_selections above 0
    #[arg(long)]
    allow_blank: bool,
}

impl ElectionCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::Check { file, votes } => {
                let definition = Definition::read(&file)?;
                let papers = ballot_papers(&definition.districts);
                let votes = votes
                    .map(|path| read(&path, &papers))
                    .transpose()?
                    .map(|v| v.len());
                session.output.note(quorum_note(definition.registrars));
                let value = json!({ "definition": definition, "votes": votes });
                session.output.result(&value, || {
                    let votes = votes
                        .map(|votes| format!(", {votes} votes"))
                        .unwrap_or_default();
                    let districts = definition.districts.len();
                    format!("{}: right, {districts} districts{votes}", definition.title)
                });
                Ok(())
            }
            Self::Create(create) => create.run(session).await,
            Self::List => list(session).await,
            Self::Show { election } => show(session, ElectionId(election)).await,
        }
    }
}

/// What the quorum of registrars is good for, for those who choose it.
fn quorum_note(registrars: RegistrarTerms) -> String {
    let RegistrarTerms { count, quorum } = registrars;
    let withstands = registrars.withstands();
    format!(
        "note: with a quorum of {quorum} of {count} registrars, {withstands} of them, if dishonest, cannot make a \
         second credential with one voter, but {} could; several voters together need fewer (threat model)",
        withstands + 1
    )
}

impl Create {
    async fn run(self, session: &Session) -> Result<()> {
        let definition = Definition::read(&self.election)?;
        let ids: Vec<_> = definition
            .districts
            .iter()
            .map(|district| district.id)
            .collect();
        let trustees = self
            .trustee
            .iter()
            .map(|path| TrusteeCard::read(path))
            .collect::<Result<Vec<_>, _>>()?;
        let registrars = self
            .registrar
            .iter()
            .map(|path| RegistrarCard::read(path, &ids))
            .collect::<Result<Vec<_>, _>>()?;
        if definition.schedule.is_none() && !self.quick {
            let message = "there is no schedule: add one, or use --quick for a rehearsal";
            let origin = self.election.display().to_string();
            return Err(InputError::at(origin, "$.schedule", message).into());
        }
        let vaults = self
            .key
            .iter()
            .map(|key| Vault::open(key, &session.passphrase))
            .collect::<Result<Vec<_>, _>>()?;
        let node = session.node().await?;
        let now = node.best_header().await?.number;
        let terms = Quick {
            voters: self.expect_voters,
            registration_blocks: self.registration_blocks,
            voting_blocks: self.voting_blocks,
        };
        let schedule = definition
            .schedule
            .unwrap_or_else(|| quick(now, &definition, terms));
        let stage = if self.quick {
            QUICK_CEREMONY_STAGE
        } else {
            CEREMONY_STAGE
        };
        let terms = Terms {
            schedule,
            ceremony_stage: self.ceremony_stage.unwrap_or(stage),
            minimum_ballots: self.minimum_ballots,
            relay_delay: self.relay_delay,
            allow_blank: self.allow_blank,
            code_hash: node.code_hash(node.finalised_hash().await?).await?,
        };
        let origin = self.election.display().to_string();
        let manifest = assemble(&origin, definition, trustees, registrars, terms)?;
        propose_and_approve(session, &vaults, manifest).await
    }
}

async fn propose_and_approve(
    session: &Session,
    vaults: &[Vault],
    manifest: Manifest,
) -> Result<()> {
    let manifest_hash = manifest.hash();
    let value = summary(&manifest);
    session.output.note(format!(
        "proposing {:?}, manifest {manifest_hash:?}",
        manifest.title.as_str()
    ));
    let mut offices = Vec::with_capacity(vaults.len());
    for vault in vaults {
        offices.push(session.office(vault).await?);
    }
    let call = Call::Elections(ElectionsCall::Create {
        manifest: Box::new(manifest),
    });
    let motion = propose(&offices, call).await?;
    let node = offices.first().context("no key was given")?.node();
    let election = match motion.outcome {
        Outcome::Rejected => return Err(motion.failure()),
        Outcome::Open => None,
        Outcome::CarriedOut => {
            let found = find(node, manifest_hash).await?;
            Some(
                found
                    .context("the proposal was carried out, but the chain has no such election")?,
            )
        }
        // The elections tell what came of it.
        Outcome::Gone => {
            let found = find(node, manifest_hash).await?;
            Some(found.ok_or_else(|| motion.failure())?)
        }
    };
    let proposal = election.is_none().then_some(motion.hash);
    let value = json!({ "election": election, "proposal": proposal, "manifest": value });
    session.output.result(&value, || match election {
        Some(election) => format!("election {election} is created; manifest {manifest_hash:?}"),
        None => {
            let hash = motion.hash;
            format!("proposed: {hash:?}; the other members must approve it")
        }
    });
    Ok(())
}

/// The youngest election with this manifest.
async fn find(node: &Node, manifest_hash: Hash) -> Result<Option<ElectionId>> {
    let all = all(node).await?;
    let found = all
        .iter()
        .rev()
        .find(|summary| summary.manifest_hash == manifest_hash);
    Ok(found.map(|summary| summary.election))
}

async fn all(node: &Node) -> Result<Vec<ElectionSummary>> {
    let api = node.elections().await?;
    let mut all: Vec<ElectionSummary> = Vec::new();
    loop {
        let from = all
            .last()
            .map_or(1, |last| last.election.get().saturating_add(1));
        let page = api.elections(ElectionId(from)).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

async fn list(session: &Session) -> Result<()> {
    let node = session.node().await?;
    let mut elections = Vec::new();
    for summary in all(&node).await? {
        let manifest = read_manifest(&node, summary.election).await?;
        elections.push((summary, manifest.title));
    }
    let value: Vec<_> = elections
        .iter()
        .map(|(summary, title)| {
            json!({
                "election": summary.election,
                "title": title,
                "phase": summary.phase,
                "cancelled": summary.cancelled,
                "created": summary.created,
                "manifest_hash": summary.manifest_hash,
            })
        })
        .collect();
    session.output.result(&value, || {
        let lines = elections.iter().map(|(summary, title)| {
            format!(
                "{:>4}  {:<12}  {title}",
                summary.election,
                format!("{:?}", summary.phase)
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

async fn show(session: &Session, id: ElectionId) -> Result<()> {
    let node = session.node().await?;
    let manifest = read_manifest(&node, id).await?;
    let header = node.finalised_header().await?;
    let api = node.elections_at(header.hash());
    let about = api.summary(id).await?.context("the election has gone")?;
    let ceremony = api.ceremony(id).await?;
    let status = ceremony.as_ref().map(|ceremony| {
        json!({
            "epoch": ceremony.status.epoch,
            "stage": ceremony.status.stage,
            "deadline": ceremony.status.deadline,
            "participants": ceremony.status.participants.to_vec(),
            "excluded": ceremony.status.excluded.to_vec(),
            "election_key": ceremony.keys.as_ref()
                .map(|keys| format!("0x{}", hex::encode(keys.election_key.0))),
        })
    });
    let counts = api.counts(id).await?.unwrap_or_default();
    let shares = api.shares(id).await?.unwrap_or_default();
    let value = json!({
        "election": id,
        "block": header.number,
        "phase": about.phase,
        "cancelled": about.cancelled,
        "created": about.created,
        "manifest": summary(&manifest),
        "ceremony": status,
        "counts": counts,
        "ballots": api.ballot_count(id).await?,
        "shares": shares,
        "result": api.result(id).await?,
    });
    session.output.result(&value, || {
        serde_json::to_string_pretty(&value).unwrap_or_default()
    });
    Ok(())
}
