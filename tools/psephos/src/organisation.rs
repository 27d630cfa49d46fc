//! An organisation that runs a validator: its keys, its node's configuration, and the chain that several
//! of them begin together (PSE-ORG-1 …).
//!
//! * [`secrets`]: fresh keys, in the files that a node reads;
//! * [`card`]: the public parts, which the organisations exchange;
//! * [`ownership`]: whether session keys are held by who says so;
//! * [`configuration`]: how its node is started;
//! * [`chain`]: the specification of a chain whose first block has the organisations' keys.

pub mod card;
pub mod chain;
pub mod configuration;
pub mod ownership;
pub mod secrets;

use std::path::{Path, PathBuf};

use crate::{
    failure::{InputError, Result},
    files::{create_private_directory, replace_public},
    keys::{Vault, WorkFactor},
    organisation::{
        card::Card,
        configuration::{node_conf, start_script},
        secrets::Secrets,
    },
    passphrase::PassphraseSource,
};

/// The public card.
pub const CARD: &str = "organisation.json";
/// The consortium's account, encrypted.
pub const ACCOUNT: &str = "account.key";
/// The node's base path, with its keystore and its network key.
pub const NODE: &str = "node";
/// Session keys, beneath the base path.
pub const KEYSTORE: &str = "keystore";
/// The network key, beneath the base path.
pub const NODE_KEY: &str = "node.key";
/// Options for the systemd unit.
pub const NODE_CONF: &str = "node.conf";
/// A command that starts the node.
pub const START: &str = "start";

/// Makes an organisation's folder, all of it or nothing.
pub fn found(
    folder: &Path,
    name: &str,
    address: Option<String>,
    passphrase: &PassphraseSource,
    work: WorkFactor,
) -> Result<Card> {
    configuration::check_name(name)?;
    let draft = draft_of(folder)?;
    create_private_directory(&draft)?;
    let made = fill(&draft, name, address, passphrase, work);
    let moved = made.and_then(|card| {
        std::fs::rename(&draft, folder).map_err(anyhow::Error::from)?;
        Ok(card)
    });
    if moved.is_err() {
        // What it holds was shown to nobody. If it cannot be removed, the next run says so.
        let _ = std::fs::remove_dir_all(&draft);
    }
    moved
}

/// Where the folder is put together before it gets its name.
fn draft_of(folder: &Path) -> Result<PathBuf, InputError> {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let draft = folder.with_file_name(name);
    for path in [folder, &draft] {
        if path.exists() {
            let message = "exists already; keys are never overwritten";
            return Err(InputError::new(path.display().to_string(), message));
        }
    }
    Ok(draft)
}

fn fill(
    folder: &Path,
    name: &str,
    address: Option<String>,
    passphrase: &PassphraseSource,
    work: WorkFactor,
) -> Result<Card> {
    let vault = Vault::generate(&folder.join(ACCOUNT), passphrase, work)?;
    let secrets = Secrets::generate()?;
    secrets.write(&folder.join(NODE))?;
    let card = Card::new(name, vault.signer().account(), &secrets, address);
    let json = serde_json::to_string_pretty(&card).map_err(anyhow::Error::from)?;
    replace_public(&folder.join(CARD), format!("{json}\n").as_bytes())?;
    replace_public(&folder.join(NODE_CONF), node_conf(name).as_bytes())?;
    configuration::write_executable(&folder.join(START), &start_script(name))?;
    Ok(card)
}

#[cfg(test)]
mod tests;
