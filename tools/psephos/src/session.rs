//! What most commands begin with: nodes, a courier, an election.

use psephos_client::{Connection, Courier, Node, Office};
use psephos_primitives::{AccountId, ElectionId, Hash, Manifest};
use sp_core::crypto::Ss58Codec;

use crate::{
    failure::{Failure, InputError, Result},
    keys::Vault,
    output::Output,
    passphrase::PassphraseSource,
    voter::Election,
};

/// What stands before the command on the command line.
#[derive(Clone, Debug)]
pub struct Session {
    /// The nodes, the preferred one first.
    pub urls: Vec<String>,
    /// How results are shown.
    pub output: Output,
    /// Where passphrases come from.
    pub passphrase: PassphraseSource,
}

impl Session {
    /// A node; others of the list stand in for it.
    pub async fn node(&self) -> Result<Node> {
        Node::open(&self.urls).await.map_err(about_urls)
    }

    /// As many nodes as there are URLs, each with the others as stand-ins.
    pub async fn nodes(&self) -> Result<Vec<Node>> {
        let mut nodes = Vec::with_capacity(self.urls.len());
        for position in 0..self.urls.len() {
            let connection = Connection::open_from(&self.urls, position).await;
            nodes.push(Node::new(connection.map_err(about_urls)?));
        }
        Ok(nodes)
    }

    /// Acts on the chain for the account of this key file.
    pub async fn office(&self, vault: &Vault) -> Result<Office> {
        let node = self.node().await?;
        let courier = Courier::start_now(vec![node.clone()]).await?;
        Ok(Office::new(node, courier, vault.signer().clone()))
    }
}

/// A URL that is none was given wrongly; a node that does not answer is no fault of the caller's.
fn about_urls(error: psephos_client::Error) -> Failure {
    match error {
        psephos_client::Error::Url { .. } => InputError::new("--url", error.to_string()).into(),
        error => error.into(),
    }
}

/// The manifest of an election as it stands in a finalised block.
pub async fn manifest(node: &Node, id: ElectionId) -> Result<Manifest> {
    let manifest = node.elections().await?.manifest(id).await?;
    manifest.ok_or_else(|| {
        let message = format!("there is no election {id} in the last finalised block");
        InputError::new("--election", message).into()
    })
}

/// An election with its key, if it has one already, as it stands in a finalised block.
pub async fn election(node: &Node, id: ElectionId) -> Result<Election> {
    let manifest = manifest(node, id).await?;
    let facts = node.facts().await?;
    let ceremony = node.elections().await?.ceremony(id).await?;
    let keys = ceremony.and_then(|ceremony| ceremony.keys);
    Election::new(id, manifest, facts, keys.as_ref())
        .map_err(|error| Failure::Operation(error.into()))
}

/// An account as people write it.
pub fn address(account: &AccountId) -> String {
    account.to_ss58check()
}

/// An account as people write it, read again.
pub fn parse_account(text: &str) -> Result<AccountId, String> {
    AccountId::from_ss58check(text).map_err(|error| format!("is no account (SS58): {error}"))
}

/// A hash as people write it: 64 hexadecimal digits, with or without 0x in front.
pub fn parse_hash(text: &str) -> Result<Hash, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode(digits)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(Hash::from)
        .ok_or_else(|| "a hash has 64 hexadecimal digits".into())
}
