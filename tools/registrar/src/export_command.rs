//! `psephos-registrar export …`: to the standard output, from a finalised block.

use std::io::Write;

use clap::{Args, ValueEnum};
use psephos::{
    failure::{Failure, InputError},
    results::Results,
    session::manifest,
};
use psephos_client::Node;
use psephos_primitives::{ElectionId, Manifest};
use serde::Serialize;

use crate::{
    cli::DatabaseArguments,
    clock::{written, Clock},
    exports::{csv, electors, nist, protocol, turnout},
    sign_in::identity::birth_date as date,
    store::belonging::Belonging,
};

/// What is exported.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// Voters of the roll who take part: polling stations give them no paper ballot
    Electors,
    /// Participating, issued and cast in each district
    Turnout,
    /// The published result
    Result,
}

/// In which form.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// Rows under a header
    Csv,
    /// A list of objects
    Json,
    /// NIST's common data format for election results, version 2, as JSON
    Nist,
}

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct ExportArguments {
    /// What to export
    #[arg(value_enum)]
    what: What,
    /// In which form
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// WebSocket URL of a node; several stand in for each other
    #[arg(
        long = "url",
        value_name = "URL",
        default_value = "ws://127.0.0.1:9944"
    )]
    urls: Vec<String>,
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    /// The day of the election, which the NIST format asks for
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<String>,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl ExportArguments {
    /// Writes it to the standard output.
    pub async fn run(&self) -> Result<(), Failure> {
        if self.format == Format::Nist && (self.what != What::Result || self.date.is_none()) {
            let message = "nist is a format of results, and needs --date";
            return Err(InputError::new("--format", message).into());
        }
        let node = Node::open(&self.urls).await?;
        let manifest = manifest(&node, ElectionId(self.election)).await?;
        let text = match self.what {
            What::Electors => self.electors(&node, &manifest).await?,
            What::Turnout => self.turnout(&node, &manifest).await?,
            What::Result => self.result(&node, &manifest).await?,
        };
        let mut out = std::io::stdout();
        let written = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
        Ok(written.map_err(anyhow::Error::from)?)
    }

    async fn electors(&self, node: &Node, manifest: &Manifest) -> Result<String, Failure> {
        let genesis = node.facts().await?.genesis_hash;
        let store = self.database.open().await?;
        // The roll of another election has voters of this one, too, and would look like an answer.
        let belonging = Belonging::of(genesis, ElectionId(self.election), manifest);
        store.check_belongs(&belonging).await.map_err(|error| {
            if error.is_of_another() {
                InputError::new("--database", error.to_string()).into()
            } else {
                Failure::from(anyhow::Error::from(error))
            }
        })?;
        let elections = node.elections().await?;
        let mut rows = Vec::new();
        for voter in store.voters().await.map_err(anyhow::Error::from)? {
            let record = elections
                .voter(ElectionId(self.election), voter.number)
                .await?;
            rows.push((voter, record));
        }
        self.rows(&electors(&rows))
    }

    async fn turnout(&self, node: &Node, manifest: &Manifest) -> Result<String, Failure> {
        let counts = node
            .elections()
            .await?
            .counts(ElectionId(self.election))
            .await?;
        self.rows(&turnout(manifest, &counts.unwrap_or_default()))
    }

    async fn result(&self, node: &Node, manifest: &Manifest) -> Result<String, Failure> {
        let election = ElectionId(self.election);
        let result = node.elections().await?.result(election).await?;
        let result = result.ok_or_else(|| {
            Failure::verdict(format!("election {election} has no published result yet"))
        })?;
        let hash = node.block_hash(result.block).await?;
        let results = Results::new(election, hash, manifest, &result);
        match (self.format, &self.date) {
            (Format::Nist, Some(date)) => {
                let report =
                    nist::report(manifest, &results, date, &written(Clock::default().now()));
                Ok(serde_json::to_string_pretty(&report).map_err(anyhow::Error::from)?)
            }
            _ => self.rows(&protocol(manifest, &results)),
        }
    }

    fn rows<T: Serialize>(&self, rows: &[T]) -> Result<String, Failure> {
        Ok(match self.format {
            Format::Csv => csv(rows)?,
            Format::Json | Format::Nist => {
                serde_json::to_string_pretty(rows).map_err(anyhow::Error::from)?
            }
        })
    }
}
