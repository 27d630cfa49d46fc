//! `psephos trustee …`

use std::path::PathBuf;

use clap::Subcommand;
use psephos_primitives::{ElectionId, Text};
use serde_json::json;

use crate::{
    cards::TrusteeCard,
    failure::{InputError, Result},
    files::{create_private_directory, replace_public},
    keys::{self, Vault, WorkFactor},
    session::{address, manifest, Session},
    trustee::{state::StateFile, TrusteeRun},
};

/// A trustee's work.
#[derive(Subcommand, Debug)]
pub enum TrusteeCommand {
    /// Make a trustee's account (DIR/account.key) and public card (DIR/trustee.json)
    Init {
        /// Person or organisation
        #[arg(long)]
        name: String,
        /// The new directory
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// scrypt work factor as a power of two; lower than the default only in tests
        #[arg(long, value_name = "LOG2", value_parser = clap::value_parser!(u8).range(1..=22))]
        work_factor: Option<u8>,
    },
    /// Do every step when it is due, until the result is published; may be killed and run again
    Run {
        /// The trustee's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Where the trustee's state is kept, encrypted
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// The election's number
        #[arg(long, value_name = "NUMBER")]
        election: u32,
    },
    /// What the chain has of a trustee; takes no passphrase
    Status {
        /// The trustee's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The election's number
        #[arg(long, value_name = "NUMBER")]
        election: u32,
    },
}

impl TrusteeCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::Init {
                name,
                out,
                work_factor,
            } => init(session, name, &out, work_factor),
            Self::Run {
                key,
                state,
                election,
            } => {
                let vault = Vault::open(&key, &session.passphrase)?;
                let office = session.office(&vault).await?;
                let election = ElectionId(election);
                let genesis = office.node().facts().await?.genesis_hash;
                let state = StateFile::open(&state, genesis, election, &vault)?;
                let output = session.output;
                let mut run = TrusteeRun {
                    office,
                    vault: &vault,
                    state,
                    election,
                    output,
                };
                run.to_the_end().await?;
                session
                    .output
                    .result(&json!({ "election": election, "published": true }), || {
                        format!("election {election}: done")
                    });
                Ok(())
            }
            Self::Status { key, election } => status(session, &key, ElectionId(election)).await,
        }
    }
}

fn init(
    session: &Session,
    name: String,
    out: &std::path::Path,
    work_factor: Option<u8>,
) -> Result<()> {
    Text::new(&name).map_err(|error| InputError::new("--name", error.to_string()))?;
    create_private_directory(out)?;
    let path = out.join("account.key");
    let vault = Vault::generate(&path, &session.passphrase, WorkFactor(work_factor))?;
    let card = TrusteeCard {
        name,
        account: address(vault.signer().account()),
    };
    let json = serde_json::to_string_pretty(&card).map_err(anyhow::Error::from)?;
    replace_public(&out.join("trustee.json"), format!("{json}\n").as_bytes())?;
    session.output.result(&card, || card.account.clone());
    Ok(())
}

async fn status(session: &Session, key: &std::path::Path, election: ElectionId) -> Result<()> {
    let account = keys::account(key)?;
    let node = session.node().await?;
    let manifest = manifest(&node, election).await?;
    let index = manifest.trustee_index(&account).ok_or_else(|| {
        let message = format!("{} is no trustee of election {election}", address(&account));
        InputError::new("--key", message)
    })?;
    let api = node.elections().await?;
    let phase = api.phase(election).await?;
    let ceremony = api.ceremony(election).await?;
    let done = ceremony.as_ref().and_then(|ceremony| {
        let own = ceremony
            .contributions
            .iter()
            .find(|(trustee, _)| *trustee == index);
        own.map(|(_, contribution)| {
            json!({
                "registered": contribution.encryption_key.is_some(),
                "committed": contribution.commitment.is_some(),
                "revealed": contribution.package.is_some(),
                "dealt": contribution.deal.is_some(),
                "confirmed": contribution.confirmed,
            })
        })
    });
    let status = ceremony.map(|ceremony| ceremony.status);
    let shares = api.shares(election).await?.unwrap_or_default();
    let value = json!({
        "election": election,
        "trustee": index,
        "phase": phase,
        "epoch": status.as_ref().map(|status| status.epoch),
        "stage": status.as_ref().map(|status| status.stage),
        "excluded": status.as_ref().is_some_and(|status| {
            status.excluded.iter().any(|exclusion| exclusion.trustee == index)
        }),
        "ceremony": done,
        "shares": shares.iter().filter(|share| share.trustee == index).collect::<Vec<_>>(),
    });
    session.output.result(&value, || {
        serde_json::to_string_pretty(&value).unwrap_or_default()
    });
    Ok(())
}
