//! `psephos receipt`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use psephos_primitives::{AccountId, ElectionId, Hash};
use psephos_verifier::{receipt::Included, Receipt};
use serde_json::json;
use sp_core::crypto::Ss58Codec;

use crate::{
    failure::Result,
    files::replace_public,
    receipts::{collect, find, verify_file, Expected, Which},
    session::{address, parse_hash, Session},
};

/// Proofs that a ballot is recorded.
#[derive(Subcommand, Debug)]
pub enum ReceiptCommand {
    /// Collect a ballot's receipt from a node
    Get(Get),
    /// Verify a receipt offline, from nothing but the genesis hash
    Verify(Verify),
}

/// Collect the receipt of a ballot that stands in a finalised block; it is verified before it is
/// written.
#[derive(Args, Debug)]
pub struct Get {
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    #[command(flatten)]
    ballot: BallotName,
    /// Write the receipt there; without it, it goes to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which ballot.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct BallotName {
    /// The ballot's tracker
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    tracker: Option<Hash>,
    /// The one-time account that cast it; of several ballots the last
    #[arg(long, value_name = "ADDRESS", value_parser = parse_account)]
    account: Option<AccountId>,
    /// Its place in the register, counted from 0
    #[arg(long, value_name = "NUMBER")]
    index: Option<u32>,
}

impl BallotName {
    fn which(self) -> Which {
        match (self.tracker, self.account) {
            (Some(tracker), _) => Which::Tracker(tracker),
            (None, Some(account)) => Which::Account(account),
            (None, None) => Which::Index(self.index.unwrap_or_default()),
        }
    }
}

/// Exit status 1 if the receipt proves nothing, 2 if the file is no receipt.
#[derive(Args, Debug)]
pub struct Verify {
    /// The receipt
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The hash of block 0: the only thing that is believed
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    genesis: Hash,
    /// The election that the ballot should be of
    #[arg(long, value_name = "NUMBER")]
    election: Option<u32>,
    /// The tracker that it should have
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    tracker: Option<Hash>,
}

impl ReceiptCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::Get(get) => get.run(session).await,
            Self::Verify(verify) => verify.run(session),
        }
    }
}

impl Get {
    async fn run(self, session: &Session) -> Result<()> {
        let node = session.node().await?;
        let election = ElectionId(self.election);
        let ballot = find(&node, election, &self.ballot.which()).await?;
        let (receipt, included) = collect(&node, election, &ballot).await?;
        match &self.out {
            Some(path) => {
                write(path, &receipt)?;
                session.output.result(&included, || words(&included));
            }
            None => {
                let json = || serde_json::to_string(&receipt).unwrap_or_default();
                session.output.result(&receipt, json);
                session.output.note(words(&included));
            }
        }
        Ok(())
    }
}

impl Verify {
    fn run(self, session: &Session) -> Result<()> {
        let expected = Expected {
            genesis: self.genesis,
            election: self.election.map(ElectionId),
            tracker: self.tracker,
        };
        let included = verify_file(&self.file, &expected)?;
        let value = json!({ "verdict": "included", "included": included });
        session.output.result(&value, || words(&included));
        Ok(())
    }
}

fn write(path: &Path, receipt: &Receipt) -> Result<()> {
    let json = serde_json::to_string(receipt).map_err(anyhow::Error::from)?;
    Ok(replace_public(path, format!("{json}\n").as_bytes())?)
}

fn words(included: &Included) -> String {
    format!(
        "ballot {:?} of election {} is recorded: cast by {} in block {}; {} validators have signed",
        included.tracker,
        included.election,
        address(&included.account),
        included.block,
        included.voters,
    )
}

fn parse_account(text: &str) -> Result<AccountId, String> {
    AccountId::from_ss58check(text).map_err(|_| "an account is written in SS58, as 5F…".into())
}
