//! Fresh keys of a validator, in the files that its node reads.

use std::path::Path;

use anyhow::anyhow;
use psephos_primitives::{
    validators::{ownership_statement, OwnershipProof, SessionKeys},
    AccountId,
};
use rand_core::{OsRng, RngCore};
use sp_core::{
    crypto::key_types::{AURA, GRANDPA},
    ed25519, sr25519, Pair,
};
use zeroize::Zeroizing;

use super::{KEYSTORE, NODE_KEY};
use crate::files::{create_private, create_private_directory};

/// Bytes of every seed here.
const SEED: usize = 32;
/// What a peer's identity begins with: a multihash that is no hash (0x00, 36 bytes) of the protocol
/// buffer of an Ed25519 public key (field 1: type 1; field 2: 32 bytes).
const PEER_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

type Seed = Zeroizing<[u8; SEED]>;

/// A validator's secrets, each from the operating system's randomness.
pub struct Secrets {
    author: Seed,
    voter: Seed,
    peer: Seed,
}

impl Secrets {
    /// Makes them.
    pub fn generate() -> anyhow::Result<Self> {
        Ok(Self {
            author: seed()?,
            voter: seed()?,
            peer: seed()?,
        })
    }

    /// Makes blocks.
    pub fn author(&self) -> sr25519::Public {
        sr25519::Pair::from_seed(&self.author).public()
    }

    /// Votes on final blocks.
    pub fn voter(&self) -> ed25519::Public {
        ed25519::Pair::from_seed(&self.voter).public()
    }

    /// Both as the chain knows them.
    pub fn session_keys(&self) -> SessionKeys {
        SessionKeys {
            aura: self.author(),
            grandpa: self.voter(),
        }
    }

    /// That the organisation with this account holds them (PSE-VAL-4).
    pub fn ownership(&self, organisation: &AccountId) -> OwnershipProof {
        let statement = ownership_statement(organisation);
        OwnershipProof {
            aura: sr25519::Pair::from_seed(&self.author).sign(&statement),
            grandpa: ed25519::Pair::from_seed(&self.voter).sign(&statement),
        }
    }

    /// The peer's identity, as multiaddresses end with it.
    pub fn peer(&self) -> String {
        let public = ed25519::Pair::from_seed(&self.peer).public();
        let identity = [&PEER_PREFIX[..], public.as_ref()].concat();
        bs58::encode(identity).into_string()
    }

    /// Writes keystore and network key into the node's base path.
    pub fn write(&self, base: &Path) -> anyhow::Result<()> {
        let keystore = base.join(KEYSTORE);
        create_private_directory(&keystore)?;
        let author: [u8; SEED] = self.author().0;
        let voter: [u8; SEED] = self.voter().0;
        for (kind, public, seed) in [(AURA, author, &self.author), (GRANDPA, voter, &self.voter)] {
            let name = format!("{}{}", hex::encode(kind.0), hex::encode(public));
            // The node reads a secret URI as JSON: a string.
            let uri = Zeroizing::new(format!("\"0x{}\"", *digits(seed)));
            create_private(&keystore.join(name), uri.as_bytes())?;
        }
        create_private(&base.join(NODE_KEY), digits(&self.peer).as_bytes())
    }
}

impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

fn seed() -> anyhow::Result<Seed> {
    let mut seed = Zeroizing::new([0; SEED]);
    OsRng
        .try_fill_bytes(seed.as_mut())
        .map_err(|error| anyhow!("the operating system gives no randomness: {error}"))?;
    Ok(seed)
}

fn digits(seed: &Seed) -> Zeroizing<String> {
    Zeroizing::new(hex::encode(**seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_identity_is_the_nodes() {
        let mut peer = Zeroizing::new([0; SEED]);
        peer[SEED - 1] = 1;
        let secrets = Secrets {
            author: Zeroizing::new([1; SEED]),
            voter: Zeroizing::new([2; SEED]),
            peer,
        };
        // What `psephos-node key inspect-node-key` says of the key 0x00…01.
        let expected = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
        assert_eq!(secrets.peer(), expected);
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
    }
}
