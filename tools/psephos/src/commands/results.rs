//! `psephos results`

use std::path::PathBuf;

use clap::Args;
use psephos_primitives::{ElectionId, Phase};

use crate::{
    failure::{Failure, Result},
    files::replace_public,
    results::Results,
    session::{manifest, Session},
    trustee::tally::wait_for_result,
    votes::{ballot_papers, read},
};

/// The published result, read from a finalised block.
#[derive(Args, Debug)]
pub struct ResultsCommand {
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    /// Write results.json there
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Compare with counting these votes; exit status 1 if there is a difference
    #[arg(long, value_name = "FILE")]
    votes: Option<PathBuf>,
    /// Wait until there is a result
    #[arg(long)]
    wait: bool,
}

impl ResultsCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        let node = session.node().await?;
        let election = ElectionId(self.election);
        let manifest = manifest(&node, election).await?;
        let votes = self
            .votes
            .map(|path| read(&path, &ballot_papers(&manifest.districts)))
            .transpose()?;
        let api = node.elections().await?;
        let result = match api.result(election).await? {
            Some(result) => result,
            None if self.wait => wait_for_result(&node, election).await?.0,
            None => {
                let phase = api.phase(election).await?.unwrap_or(Phase::Registration);
                let message = format!("election {election} has no result: {phase:?}");
                return Err(Failure::verdict(message));
            }
        };
        let hash = node.block_hash(result.block).await?;
        let results = Results::new(election, hash, &manifest, &result);
        if let Some(path) = &self.out {
            let json = serde_json::to_string_pretty(&results).map_err(anyhow::Error::from)?;
            replace_public(path, format!("{json}\n").as_bytes())?;
        }
        session.output.result(&results, || results.table(&manifest));
        if let Some(votes) = votes {
            let differences = results.differences(&manifest, &votes);
            if !differences.is_empty() {
                return Err(Failure::verdict(differences.join("\n")));
            }
            session.output.note(format!(
                "the result is what {} votes add up to",
                votes.len()
            ));
        }
        Ok(())
    }
}
