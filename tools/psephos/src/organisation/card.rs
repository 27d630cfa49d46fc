//! An organisation's public card: what it gives to the others, and nothing that it keeps.

use std::path::Path;

use psephos_primitives::AccountId;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::Ss58Codec, ed25519, sr25519};

use super::secrets::Secrets;
use crate::{
    failure::{read_input_text, InputError},
    strict_json::parse,
};

/// The public parts of an organisation's keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What it is called.
    pub name: String,
    /// Its voice in the consortium, as an SS58 address.
    pub account: String,
    /// Its key for making blocks, as an SS58 address.
    pub aura: String,
    /// Its key for finality, as an SS58 address.
    pub grandpa: String,
    /// Its node's identity.
    pub peer: String,
    /// Where others reach its node, without `/p2p/…`; none if it is no boot node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Card {
    /// Of these secrets.
    pub fn new(
        name: &str,
        account: &AccountId,
        secrets: &Secrets,
        address: Option<String>,
    ) -> Self {
        Self {
            name: name.into(),
            account: account.to_ss58check(),
            aura: secrets.author().to_ss58check(),
            grandpa: secrets.voter().to_ss58check(),
            peer: secrets.peer(),
            address,
        }
    }

    /// Reads and checks a card.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let origin = path.display().to_string();
        let card: Self = parse(&origin, &read_input_text(path)?, &[])?;
        let wrong = |field: &str, text: &str| {
            let message = format!("{text:?} is no public key (SS58)");
            InputError::at(&origin, format!("$.{field}"), message)
        };
        AccountId::from_ss58check(&card.account).map_err(|_| wrong("account", &card.account))?;
        sr25519::Public::from_ss58check(&card.aura).map_err(|_| wrong("aura", &card.aura))?;
        ed25519::Public::from_ss58check(&card.grandpa)
            .map_err(|_| wrong("grandpa", &card.grandpa))?;
        Ok(card)
    }

    /// The address of its node as the boot nodes of a chain have it.
    pub fn boot_node(&self) -> Option<String> {
        let address = self.address.as_ref()?;
        Some(format!("{address}/p2p/{}", self.peer))
    }
}
