//! `psephos key …`

use std::{io::Read, path::PathBuf};

use clap::Subcommand;
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    failure::{InputError, Result},
    keys::{self, Vault, WorkFactor},
    session::{address, Session},
};

/// Account keys.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Make a fresh sr25519 account key in a new encrypted file
    Generate {
        /// The new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// scrypt work factor as a power of two; lower than the default only in tests
        #[arg(long, value_name = "LOG2", value_parser = clap::value_parser!(u8).range(1..=22))]
        work_factor: Option<u8>,
    },
    /// Put an existing secret URI (mnemonic, 0x-seed or //path) into a new encrypted file
    Import {
        /// The new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Environment variable that holds the secret; without it, it is read from the standard input
        #[arg(long, value_name = "VARIABLE")]
        env: Option<String>,
        /// scrypt work factor as a power of two; lower than the default only in tests
        #[arg(long, value_name = "LOG2", value_parser = clap::value_parser!(u8).range(1..=22))]
        work_factor: Option<u8>,
    },
    /// Show the account of a key file; takes no passphrase
    Show {
        /// The key file
        file: PathBuf,
    },
}

impl KeyCommand {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<()> {
        let account = match self {
            Self::Generate { out, work_factor } => {
                let work = WorkFactor(work_factor);
                let vault = Vault::generate(&out, &session.passphrase, work)?;
                vault.signer().account().clone()
            }
            Self::Import {
                out,
                env,
                work_factor,
            } => {
                let work = WorkFactor(work_factor);
                let vault =
                    Vault::import(&out, secret(env.as_deref())?, &session.passphrase, work)?;
                vault.signer().account().clone()
            }
            Self::Show { file } => keys::account(&file)?,
        };
        let bytes: &[u8] = account.as_ref();
        let public = format!("0x{}", hex::encode(bytes));
        let value = json!({ "account": address(&account), "public_key": public });
        session
            .output
            .result(&value, || format!("{}\n{public}", address(&account)));
        Ok(())
    }
}

fn secret(variable: Option<&str>) -> Result<Zeroizing<String>, InputError> {
    let text = match variable {
        Some(variable) => {
            std::env::var(variable).map_err(|error| InputError::new(variable, error.to_string()))?
        }
        None => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| InputError::new("standard input", error.to_string()))?;
            text
        }
    };
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim().to_owned()))
}
