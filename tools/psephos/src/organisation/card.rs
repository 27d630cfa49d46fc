//! An organisation's public card: what it gives to the others, and nothing that it keeps.

use std::path::Path;

use codec::{DecodeAll, Encode};
use psephos_primitives::{
    validators::{OwnershipProof, SessionKeys},
    AccountId,
};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::Ss58Codec, ed25519, sr25519};

use super::{ownership, secrets::Secrets};
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
    /// That the organisation holds the last two (PSE-VAL-4): two signatures, in hexadecimal. A chain
    /// that it begins with others needs none; one that it joins later does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
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
            ownership: Some(format!(
                "0x{}",
                hex::encode(secrets.ownership(account).encode())
            )),
            peer: secrets.peer(),
            address,
        }
    }

    /// Reads and checks a card.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let origin = path.display().to_string();
        let card: Self = parse(&origin, &read_input_text(path)?, &[])?;
        card.session_keys(&origin)?;
        if card.ownership.is_some() {
            card.ownership(&origin)?;
        }
        Ok(card)
    }

    /// The account; errors are about `origin`.
    pub fn account(&self, origin: &str) -> Result<AccountId, InputError> {
        AccountId::from_ss58check(&self.account)
            .map_err(|_| no_key(origin, "account", &self.account))
    }

    /// Its session keys; errors are about `origin`.
    pub fn session_keys(&self, origin: &str) -> Result<SessionKeys, InputError> {
        self.account(origin)?;
        Ok(SessionKeys {
            aura: sr25519::Public::from_ss58check(&self.aura)
                .map_err(|_| no_key(origin, "aura", &self.aura))?,
            grandpa: ed25519::Public::from_ss58check(&self.grandpa)
                .map_err(|_| no_key(origin, "grandpa", &self.grandpa))?,
        })
    }

    /// That it holds them, checked; errors are about `origin`.
    pub fn ownership(&self, origin: &str) -> Result<OwnershipProof, InputError> {
        let about = |message: &str| InputError::at(origin, "$.ownership", message);
        let text = self
            .ownership
            .as_ref()
            .ok_or_else(|| about("is missing: make the card by a newer `psephos org init`"))?;
        let proof = hex::decode(text.strip_prefix("0x").unwrap_or(text))
            .ok()
            .and_then(|bytes| OwnershipProof::decode_all(&mut &bytes[..]).ok())
            .ok_or_else(|| about("is not 128 bytes in hexadecimal"))?;
        if ownership::holds(&self.account(origin)?, &self.session_keys(origin)?, &proof) {
            Ok(proof)
        } else {
            Err(about(
                "is not by the keys of this card, or for another account",
            ))
        }
    }

    /// The address of its node as the boot nodes of a chain have it.
    pub fn boot_node(&self) -> Option<String> {
        let address = self.address.as_ref()?;
        Some(format!("{address}/p2p/{}", self.peer))
    }
}

fn no_key(origin: &str, field: &str, text: &str) -> InputError {
    let message = format!("{text:?} is no public key (SS58)");
    InputError::at(origin, format!("$.{field}"), message)
}
