//! What a trustee keeps between two steps, encrypted to its key file.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context};
use codec::{Decode, DecodeAll, Encode};
use psephos_crypto::key_ceremony::{trustee::TrusteeKey, Package};
use psephos_primitives::{ceremony::Deal, ElectionId, Hash};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    files::{create_private_directory, replace_private},
    keys::Vault,
};

/// A secret's bytes, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct Secret(pub Vec<u8>);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("<redacted>")
    }
}

/// What was made in one epoch of the ceremony. Each stage's secret replaces the one before.
#[derive(Clone, Default, Encode, Decode)]
pub struct Epoch {
    /// Which.
    pub number: u32,
    /// The X25519 key that shares are sealed to.
    pub sealing_key: Option<Secret>,
    /// The package to be revealed.
    pub package: Option<Package>,
    /// The polynomial, until it is dealt.
    pub round1: Option<Secret>,
    /// What was dealt: sealing is randomised, and the same must be sent again.
    pub deal: Option<Deal>,
    /// What is left of the polynomial after dealing.
    pub round2: Option<Secret>,
    /// The trustee's share of the election key.
    pub key: Option<Secret>,
}

impl core::fmt::Debug for Epoch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Epoch")
            .field("number", &self.number)
            .field("secrets", &"<redacted>")
            .finish_non_exhaustive()
    }
}

/// A trustee's state in one election, and the file it is kept in.
pub struct StateFile {
    path: PathBuf,
    current: Epoch,
    saved: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for StateFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StateFile")
            .field("path", &self.path)
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

impl StateFile {
    /// Opens the state of an election in this directory, or begins one.
    pub fn open(
        directory: &Path,
        genesis: Hash,
        election: ElectionId,
        vault: &Vault,
    ) -> anyhow::Result<Self> {
        create_private_directory(directory)?;
        let name = format!("trustee-{}-{election}.age", hex::encode(&genesis.0[..4]));
        let path = directory.join(name);
        let saved = match std::fs::read(&path) {
            Ok(sealed) => vault
                .unseal(&sealed)
                .with_context(|| path.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Zeroizing::default(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let current = if saved.is_empty() {
            Epoch::default()
        } else {
            Epoch::decode_all(&mut &saved[..])
                .with_context(|| format!("{} holds no trustee's state", path.display()))?
        };
        Ok(Self {
            path,
            current,
            saved,
        })
    }

    /// The state of this epoch; that of an earlier one is wiped, since its key is void.
    pub fn epoch(&mut self, number: u32) -> &mut Epoch {
        if self.current.number < number {
            self.current = Epoch {
                number,
                ..Epoch::default()
            };
        }
        &mut self.current
    }

    /// Puts it on the disk, if it has changed.
    pub fn save(&mut self, vault: &Vault) -> anyhow::Result<()> {
        let plain = Zeroizing::new(self.current.encode());
        if *plain != *self.saved {
            replace_private(&self.path, &vault.seal(&plain)?)?;
            self.saved = plain;
        }
        Ok(())
    }

    /// The trustee's share of the election key, when the ceremony is complete.
    pub fn key(&self) -> anyhow::Result<TrusteeKey> {
        let secret =
            self.current.key.as_ref().ok_or_else(|| {
                anyhow!("{} holds no share of the election key", self.path.display())
            })?;
        Ok(TrusteeKey::from_bytes(&secret.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::WorkFactor, passphrase::PassphraseSource};

    #[test]
    fn state_survives_and_an_old_epoch_does_not() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let word = directory.path().join("word");
        std::fs::write(&word, "correct horse").expect("writable");
        let source = PassphraseSource { file: Some(word) };
        let key = directory.path().join("key");
        let vault = Vault::generate(&key, &source, WorkFactor(Some(2))).expect("is new");
        let open = || {
            StateFile::open(
                directory.path(),
                Hash::repeat_byte(7),
                ElectionId(3),
                &vault,
            )
            .expect("opens")
        };
        let mut state = open();
        state.epoch(1).sealing_key = Some(Secret(vec![9; 32]));
        state.save(&vault).expect("saves");
        let mut again = open();
        assert_eq!(again.epoch(1).sealing_key, Some(Secret(vec![9; 32])));
        // A node that is behind does not make it forget.
        assert_eq!(again.epoch(0).sealing_key, Some(Secret(vec![9; 32])));
        assert_eq!(again.epoch(2).sealing_key, None);
        assert_eq!(
            open().key().map(|_| ()).map_err(|error| error.to_string()),
            Err(format!(
                "{} holds no share of the election key",
                again.path.display()
            ))
        );
        let shown = format!("{again:?}");
        assert!(shown.contains("secrets: \"<redacted>\""), "{shown}");
    }
}
