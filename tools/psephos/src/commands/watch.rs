//! `psephos watch`

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Args, Subcommand};
use psephos_client::Node;
use psephos_primitives::{hashing::blake2_256, Hash};
use serde_json::json;
use tokio::time::{timeout_at, Duration, Instant};

use crate::{
    failure::{read_input_text, Failure, InputError, Result},
    files::replace_public,
    session::{parse_hash, Session},
    watch::{
        evidence::{Evidence, EvidenceError},
        patrol::{follow, Ground, Judge, Limits, Sighting},
    },
};

/// Digits of a file name's hash: enough to tell findings apart.
const NAME_DIGITS: usize = 16;

/// Watch nodes for what must not happen, and keep evidence of it.
///
/// Give --url for each node: more nodes see more. Runs until it is ended, or for --for seconds; then
/// exit status 1 if anything was found.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Watch {
    #[command(subcommand)]
    check: Option<WatchCommand>,
    #[command(flatten)]
    patrol: Patrol,
}

#[derive(Subcommand, Debug)]
enum WatchCommand {
    /// Check evidence offline, from nothing but the genesis hash
    Check(Check),
}

#[derive(Args, Debug)]
struct Patrol {
    /// Folder for evidence, one file for each finding
    #[arg(long, value_name = "DIR", default_value = "evidence")]
    evidence: PathBuf,
    /// Refuse nodes of another chain
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    genesis: Option<Hash>,
    /// Blocks that finality may be behind
    #[arg(long, value_name = "BLOCKS", default_value_t = 20)]
    lag: u32,
    /// Final blocks that may pass without a ballot that a node has in its pool
    #[arg(long, value_name = "BLOCKS", default_value_t = 20)]
    patience: u32,
    /// End after so long
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
}

/// Exit status 1 if the evidence does not prove what it says.
#[derive(Args, Debug)]
struct Check {
    /// The evidence
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The hash of block 0: the only thing that is believed
    #[arg(long = "genesis", value_name = "HASH", value_parser = parse_hash)]
    genesis_hash: Hash,
}

impl Watch {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.check {
            Some(WatchCommand::Check(check)) => check.run(session),
            None => self.patrol.run(session).await,
        }
    }
}

impl Check {
    fn run(self, session: &Session) -> Result<()> {
        let origin = self.file.display().to_string();
        let text = read_input_text(&self.file)?;
        let evidence: Evidence = serde_json::from_str(&text)
            .map_err(|error| InputError::new(&origin, format!("is no evidence: {error}")))?;
        let proved = evidence
            .check(self.genesis_hash)
            .map_err(|error| Failure::verdict(format!("{origin} proves nothing: {error}")))?;
        session
            .output
            .result(&proved, || format!("PROVED: {}", proved.words));
        Ok(())
    }
}

impl Patrol {
    async fn run(self, session: &Session) -> Result<()> {
        let mut nodes = Vec::with_capacity(session.urls.len());
        for url in &session.urls {
            // Each alone: one that stands in for another would hide what that one says.
            nodes.push(Node::open(std::slice::from_ref(url)).await?);
        }
        let first = nodes
            .first()
            .ok_or_else(|| InputError::new("--url", "none is given"))?;
        let ground = Ground::read(first, self.genesis).await?;
        for (node, url) in nodes.iter().zip(&session.urls) {
            let found = node.block_hash(0).await?;
            if found != ground.facts.genesis_hash {
                let message = format!("{url} serves another chain: {found:?}");
                return Err(InputError::new("--url", message).into());
            }
        }
        std::fs::create_dir_all(&self.evidence)
            .map_err(|error| InputError::new("--evidence", error.to_string()))?;
        session.output.note(format!(
            "watching {} nodes of the chain {:?}",
            nodes.len(),
            ground.facts.genesis_hash
        ));
        self.watch(session, ground, nodes).await
    }

    async fn watch(&self, session: &Session, ground: Ground, nodes: Vec<Node>) -> Result<()> {
        let limits = Limits {
            lag: self.lag,
            patience: self.patience,
        };
        let mut said = follow(&nodes);
        let mut judge = Judge::new(ground, nodes, limits);
        let end = self
            .seconds
            .map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let mut found = 0u32;
        loop {
            let next = match end {
                Some(end) => timeout_at(end, said.recv()).await.unwrap_or(None),
                None => said.recv().await,
            };
            let Some((index, sighting)) = next else {
                break;
            };
            let url = session.urls.get(index).cloned().unwrap_or_default();
            if let Sighting::Silent(reason) = &sighting {
                session
                    .output
                    .note(format!("{url} does not answer: {reason}"));
            }
            let findings = judge.judge((index, sighting)).await;
            if let Some(trouble) = judge.take_trouble() {
                session.output.note(format!("{url}: {trouble}"));
            }
            for finding in findings {
                found += 1;
                let ground = judge.ground();
                let evidence = ground.evidence(finding, vec![url.clone()], now());
                self.report(session, ground, &evidence)?;
            }
        }
        if found > 0 {
            return Err(Failure::verdict(format!("{found} findings")));
        }
        let value = json!({ "findings": found });
        session.output.result(&value, || "nothing was found".into());
        Ok(())
    }

    fn report(&self, session: &Session, ground: &Ground, evidence: &Evidence) -> Result<()> {
        let path = write(&self.evidence, evidence)?;
        let proved = evidence.check(ground.facts.genesis_hash);
        let words = match &proved {
            Ok(proved) => proved.words.clone(),
            // Its kind is said already.
            Err(EvidenceError::Refuted { reason, .. }) => reason.clone(),
            Err(error) => error.to_string(),
        };
        let kind = evidence.finding.kind();
        let value = json!({
            "finding": kind,
            "words": words,
            "proved": proved.is_ok(),
            "node": evidence.nodes,
            "evidence": path,
        });
        session.output.result(&value, || {
            format!("FOUND {kind}: {words} (evidence: {})", path.display())
        });
        Ok(())
    }
}

fn write(folder: &Path, evidence: &Evidence) -> Result<PathBuf> {
    let json = serde_json::to_string(evidence).map_err(anyhow::Error::from)?;
    let digits = hex::encode(blake2_256(json.as_bytes()));
    let digits = digits.get(..NAME_DIGITS).unwrap_or_default();
    let path = folder.join(format!("{}-{digits}.json", evidence.finding.kind()));
    replace_public(&path, format!("{json}\n").as_bytes())?;
    Ok(path)
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
