//! `psephos org …`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::{
    consortium::upgrade::Code,
    failure::{read_input_text, InputError, Result},
    files::replace_public,
    keys::WorkFactor,
    organisation::{
        self,
        card::Card,
        chain::{specification, Identity},
    },
    session::Session,
};

/// Where a chain's nodes are.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// At the organisations
    Live,
    /// All on one machine or in one network
    Local,
}

/// An organisation that runs a validator.
#[derive(Subcommand, Debug)]
pub enum OrgCommand {
    /// Make an organisation's keys and its node's configuration in a new folder
    ///
    /// Prints the public card, which the other organisations need; nothing secret is printed.
    Init {
        /// The new folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// What it is called
        #[arg(long)]
        name: String,
        /// Where others reach its node, if it is to be a boot node: /dns/node.example/tcp/30333
        #[arg(long, value_name = "MULTIADDRESS")]
        address: Option<String>,
        /// scrypt work factor as a power of two; lower than the default only in tests
        #[arg(long, value_name = "LOG2", value_parser = clap::value_parser!(u8).range(1..=22))]
        work_factor: Option<u8>,
    },
    /// Write the specification of a chain that these organisations begin together
    ///
    /// The result is not raw yet: psephos-node build-spec --raw --chain FILE.
    Chain {
        /// A specification by `psephos-node build-spec --chain local`, whose runtime the chain gets without --code
        #[arg(long, value_name = "FILE")]
        template: PathBuf,
        /// The runtime that the chain gets in place of the template's: psephos.wasm of scripts/runtime
        #[arg(long, value_name = "FILE")]
        code: Option<PathBuf>,
        /// An organisation's card; repeated, in the order that all agree on
        #[arg(long, value_name = "FILE", required = true)]
        card: Vec<PathBuf>,
        /// What the chain is called
        #[arg(long)]
        name: String,
        /// What programs call it
        #[arg(long)]
        id: String,
        /// Where its nodes are
        #[arg(long, value_enum, default_value = "live")]
        kind: Kind,
        /// The new specification
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

impl OrgCommand {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::Init {
                folder,
                name,
                address,
                work_factor,
            } => {
                let work = WorkFactor(work_factor);
                let card = organisation::found(&folder, &name, address, &session.passphrase, work)?;
                let json = serde_json::to_string_pretty(&card).map_err(anyhow::Error::from)?;
                session.output.note(format!(
                    "{} is made. Send its {} to the other organisations; keep the rest to yourself.",
                    folder.display(),
                    organisation::CARD
                ));
                session.output.result(&card, || json);
                Ok(())
            }
            Self::Chain {
                template,
                code,
                card,
                name,
                id,
                kind,
                out,
            } => {
                check_id(&id)?;
                let origin = template.display().to_string();
                let text = read_input_text(&template)?;
                let template = serde_json::from_str(&text)
                    .map_err(|error| InputError::new(&origin, format!("is no JSON: {error}")))?;
                let cards = card
                    .iter()
                    .map(|path| Card::read(path))
                    .collect::<Result<Vec<_>, _>>()?;
                let kind = match kind {
                    Kind::Live => "Live",
                    Kind::Local => "Local",
                };
                let identity = Identity { name, id, kind };
                let code = code.map(|path| Code::read(&path)).transpose()?;
                let chain = specification(&origin, template, &identity, &cards, code.as_ref())?;
                let json = serde_json::to_string_pretty(&chain).map_err(anyhow::Error::from)?;
                replace_public(&out, format!("{json}\n").as_bytes())?;
                let value = serde_json::json!({ "organisations": cards.len(), "chain": out });
                session.output.result(&value, || {
                    format!("{} organisations, {}", cards.len(), out.display())
                });
                Ok(())
            }
        }
    }
}

/// An identity becomes a folder's name and a part of protocols' names.
fn check_id(id: &str) -> Result<(), InputError> {
    let harmless = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !id.is_empty() && id.chars().all(harmless) {
        return Ok(());
    }
    let message = format!("{id:?} is none: small letters, digits and underscores");
    Err(InputError::new("--id", message))
}
