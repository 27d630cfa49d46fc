//! `psephos rehearse`

use std::path::PathBuf;

use clap::Args;
use psephos_primitives::ElectionId;

use crate::{
    failure::{InputError, Result},
    registrar::RegistrarDesk,
    rehearsal::{booth::Desk, Rehearsal},
    session::{manifest, Session},
    votes::{ballot_papers, read},
};

/// Play all voters of a votes.csv: each has its own one-time key and its own credential.
///
/// Ballots go to all nodes given with --url in turn. A rehearsal that was killed goes on where it
/// was, if it is started again with the same --state.
#[derive(Args, Debug)]
pub struct Rehearse {
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    /// What the voters choose
    #[arg(long, value_name = "FILE")]
    votes: PathBuf,
    /// A registrar's directory; repeat for a quorum
    #[arg(long, value_name = "DIR", required = true)]
    registrar: Vec<PathBuf>,
    /// Where plan and journal are kept
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Ballots on their way at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 512)]
    parallel: usize,
}

impl Rehearse {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        let desks = self
            .registrar
            .iter()
            .map(|directory| RegistrarDesk::open(directory, &session.passphrase))
            .collect::<Result<Vec<_>>>()?;
        let nodes = session.nodes().await?;
        let node = nodes
            .first()
            .ok_or_else(|| InputError::new("--url", "none is given"))?;
        let election = ElectionId(self.election);
        let manifest = manifest(node, election).await?;
        let votes = read(&self.votes, &ballot_papers(&manifest.districts))?;
        let genesis = node.facts().await?.genesis_hash;
        let mut quorum = Vec::with_capacity(desks.len());
        for desk in desks {
            let index = desk.index_in(&manifest)?;
            let ledger = desk.ledger(genesis, election)?;
            quorum.push(Desk {
                index,
                desk,
                ledger,
            });
        }
        quorum.sort_by_key(|desk| desk.index);
        let needed = usize::from(manifest.quorum);
        if quorum.len() < needed {
            let message = format!("{} registrars, but the quorum is {needed}", quorum.len());
            return Err(InputError::new("--registrar", message).into());
        }
        quorum.truncate(needed);
        let rehearsal = Rehearsal {
            nodes,
            election,
            manifest,
            votes,
            desks: quorum,
            state: self.state,
            parallel: self.parallel,
            output: session.output,
        };
        let done = rehearsal.run().await?;
        session.output.result(&done, || {
            format!(
                "{} ballots are final; {} sent in {:.1} s, {:.1} a second, blocks {} to {}",
                done.ballots,
                done.sent,
                done.seconds,
                done.ballots_per_second,
                done.first_block.unwrap_or_default(),
                done.last_block.unwrap_or_default(),
            )
        });
        Ok(())
    }
}
