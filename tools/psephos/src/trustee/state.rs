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

/// What a state file begins with. One that holds a single epoch, and no name before it, is of an earlier
/// version: it begins with the epoch's number, which these bytes never are.
const FORMAT: &[u8] = b"psephos trustee state, version 2";

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
///
/// Epochs are kept until the trustee destroys the file: that a new one has begun is a node's word, and if
/// it is not true, only an earlier epoch holds the share of the election's key.
pub struct StateFile {
    path: PathBuf,
    epochs: Vec<Epoch>,
    saved: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for StateFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StateFile")
            .field("path", &self.path)
            .field("epochs", &self.epochs)
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
        let epochs = decode(&saved)
            .with_context(|| format!("{} holds no trustee's state", path.display()))?;
        Ok(Self {
            path,
            epochs,
            saved,
        })
    }

    /// The state of this epoch, which begins with nothing. Those of others stay.
    pub fn epoch(&mut self, number: u32) -> &mut Epoch {
        let kept = self.epochs.iter().position(|epoch| epoch.number == number);
        let position = kept.unwrap_or(self.epochs.len());
        if kept.is_none() {
            self.epochs.push(Epoch {
                number,
                ..Epoch::default()
            });
        }
        &mut self.epochs[position]
    }

    /// Puts it on the disk, if it has changed.
    pub fn save(&mut self, vault: &Vault) -> anyhow::Result<()> {
        let plain = encode(&self.epochs);
        if *plain != *self.saved {
            replace_private(&self.path, &vault.seal(&plain)?)?;
            self.saved = plain;
        }
        Ok(())
    }

    /// The trustee's share of the election key that this epoch has made.
    pub fn key(&self, epoch: u32) -> anyhow::Result<TrusteeKey> {
        let state = self.epochs.iter().find(|state| state.number == epoch);
        let secret = state.and_then(|state| state.key.as_ref()).ok_or_else(|| {
            let path = self.path.display();
            anyhow!("{path} holds no share of the election key that epoch {epoch} made")
        })?;
        Ok(TrusteeKey::from_bytes(&secret.0)?)
    }
}

fn encode(epochs: &[Epoch]) -> Zeroizing<Vec<u8>> {
    // At its full length from the start: to grow would leave copies behind that nobody wipes.
    let length = FORMAT.len() + epochs.encoded_size();
    let mut plain = Zeroizing::new(Vec::<u8>::with_capacity(length));
    plain.extend_from_slice(FORMAT);
    epochs.encode_to(&mut *plain);
    plain
}

fn decode(saved: &[u8]) -> Result<Vec<Epoch>, codec::Error> {
    if saved.is_empty() {
        return Ok(Vec::new());
    }
    match saved.strip_prefix(FORMAT) {
        Some(mut epochs) => Vec::decode_all(&mut epochs),
        None => Epoch::decode_all(&mut &saved[..]).map(|epoch| vec![epoch]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::WorkFactor, passphrase::PassphraseSource};
    use psephos_crypto::key_ceremony::trustee::TrusteeError;
    use tempfile::TempDir;

    /// A trustee's folder, and what opens the secrets in it.
    struct Desk {
        folder: TempDir,
        vault: Vault,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("temporary directory");
            let word = folder.path().join("word");
            std::fs::write(&word, "correct horse").expect("writable");
            let source = PassphraseSource { file: Some(word) };
            let key = folder.path().join("key");
            let vault = Vault::generate(&key, &source, WorkFactor(Some(2))).expect("is new");
            Self { folder, vault }
        }

        fn open(&self) -> StateFile {
            let genesis = Hash::repeat_byte(7);
            StateFile::open(self.folder.path(), genesis, ElectionId(3), &self.vault).expect("opens")
        }
    }

    fn secret(byte: u8) -> Option<Secret> {
        Some(Secret(vec![byte; 32]))
    }

    #[test]
    fn state_survives_and_so_does_that_of_another_epoch() {
        let desk = Desk::new();
        let mut state = desk.open();
        state.epoch(1).sealing_key = secret(9);
        state.save(&desk.vault).expect("saves");
        let mut again = desk.open();
        assert_eq!(again.epoch(1).sealing_key, secret(9));
        // A node that is behind does not make it forget, nor mix up what was made in which epoch.
        assert_eq!(again.epoch(0).sealing_key, None);
        assert_eq!(again.epoch(2).sealing_key, None);
        assert_eq!(again.epoch(1).sealing_key, secret(9));
        let shown = format!("{again:?}");
        assert!(shown.contains("secrets: \"<redacted>\""), "{shown}");
    }

    /// A node that says, after the ceremony, that it began again, costs nobody the share of the key.
    #[test]
    fn a_new_epoch_does_not_take_the_key_of_an_earlier_one() {
        let desk = Desk::new();
        let mut state = desk.open();
        state.epoch(0).key = secret(5);
        state.save(&desk.vault).expect("saves");
        let mut lied_to = desk.open();
        lied_to.epoch(1).sealing_key = secret(6);
        lied_to.epoch(7).sealing_key = secret(7);
        lied_to.save(&desk.vault).expect("saves");
        let mut again = desk.open();
        assert_eq!(again.epoch(0).key, secret(5));
        assert_eq!(again.epoch(1).sealing_key, secret(6));
        // The key is found, though it is none here; in another epoch there is none to be found.
        let why = |epoch| again.key(epoch).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(why(0), Err(TrusteeError::StoredSecret.to_string()));
        let path = again.path.display();
        let none = format!("{path} holds no share of the election key that epoch 1 made");
        assert_eq!(why(1), Err(none));
    }

    #[test]
    fn a_file_of_the_earlier_version_is_read() {
        let desk = Desk::new();
        let old = Epoch {
            number: 2,
            key: secret(4),
            ..Epoch::default()
        };
        let sealed = desk.vault.seal(&old.encode()).expect("seals");
        std::fs::write(desk.open().path, sealed).expect("writable");
        let mut state = desk.open();
        assert_eq!(state.epochs.len(), 1);
        assert_eq!(state.epoch(2).key, secret(4));
        state.epoch(3).sealing_key = secret(8);
        state.save(&desk.vault).expect("saves");
        let mut again = desk.open();
        assert_eq!(again.epoch(2).key, secret(4));
        assert_eq!(again.epoch(3).sealing_key, secret(8));
    }

    #[test]
    fn what_is_no_state_is_not_taken_for_an_empty_one() {
        let mut cut = encode(&[Epoch::default(), Epoch::default()]).to_vec();
        cut.pop();
        for bytes in [&cut[..], b"something else"] {
            let error = decode(bytes).expect_err("is no state");
            assert!(!error.to_string().is_empty());
        }
        assert!(decode(&[]).is_ok_and(|epochs| epochs.is_empty()));
    }
}
