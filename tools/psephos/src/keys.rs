//! Key files: an account's secret, encrypted with a passphrase (PSE-KEY-1).
//!
//! The file is JSON. Its clear part names the account, so that it can be shown without the
//! passphrase; opening it checks that the secret is that account's.

use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use anyhow::{anyhow, Context};
use psephos_client::Signer;
use psephos_primitives::AccountId;
use serde::{Deserialize, Serialize};
use sp_core::crypto::Ss58Codec;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    failure::{read_input_text, Failure, InputError, Result},
    files::create_private,
    passphrase::PassphraseSource,
    strict_json::parse,
};

/// What the first field of a key file says.
const FORMAT: &str = "psephos account key, version 1";
/// Largest work factor that is accepted when a key file is opened: 2^22 takes a minute and 4 GiB.
const MAX_WORK_FACTOR: u8 = 22;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: String,
    account: String,
    /// `age` with a scrypt passphrase, in hexadecimal.
    sealed: String,
}

/// What the sealed part holds.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Secrets {
    /// Secret URI of the account's sr25519 key.
    uri: String,
    /// An `age` X25519 identity, which the owner's other secrets are encrypted to.
    identity: String,
}

/// An opened key file: signs for its account, and seals what else its owner must keep.
pub struct Vault {
    signer: Signer,
    identity: age::x25519::Identity,
}

/// How much work a passphrase costs to try.
#[derive(Clone, Copy, Debug, Default)]
pub struct WorkFactor(pub Option<u8>);

impl Vault {
    /// Makes a fresh account key in a new file.
    pub fn generate(
        path: &Path,
        passphrase: &PassphraseSource,
        work: WorkFactor,
    ) -> Result<Self, Failure> {
        let (_, seed) = Signer::generate().map_err(|error| anyhow!(error))?;
        let uri = Zeroizing::new(format!("0x{}", *Zeroizing::new(hex::encode(*seed))));
        Self::import(path, uri, passphrase, work)
    }

    /// Puts an account key that exists already into a new file.
    pub fn import(
        path: &Path,
        uri: Zeroizing<String>,
        passphrase: &PassphraseSource,
        work: WorkFactor,
    ) -> Result<Self, Failure> {
        let signer = Signer::from_uri(&uri)
            .map_err(|error| InputError::new("secret URI", error.to_string()))?;
        if path.exists() {
            let message = "exists already; a key is never overwritten";
            return Err(InputError::new(path.display().to_string(), message).into());
        }
        let identity = age::x25519::Identity::generate();
        let secrets = Secrets {
            uri: uri.to_string(),
            identity: identity.to_string().expose_secret().to_owned(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&secrets).map_err(anyhow::Error::from)?);
        let sealed = seal_with_passphrase(&plain, passphrase.chosen(path)?, work)?;
        let file = KeyFile {
            format: FORMAT.into(),
            account: signer.account().to_ss58check(),
            sealed: hex::encode(sealed),
        };
        let json = serde_json::to_string_pretty(&file).map_err(anyhow::Error::from)?;
        create_private(path, format!("{json}\n").as_bytes())?;
        Ok(Self { signer, identity })
    }

    /// Opens a key file.
    pub fn open(path: &Path, passphrase: &PassphraseSource) -> Result<Self, InputError> {
        let origin = path.display().to_string();
        let about = |message: &str| InputError::new(&origin, message);
        let file = read(path)?;
        let sealed =
            hex::decode(&file.sealed).map_err(|_| about("its sealed part is not hexadecimal"))?;
        let mut identity = age::scrypt::Identity::new(passphrase.existing(path)?);
        identity.set_max_work_factor(MAX_WORK_FACTOR);
        let plain = age::decrypt(&identity, &sealed)
            .map(Zeroizing::new)
            .map_err(|_| about("does not open with this passphrase"))?;
        let secrets: Secrets =
            serde_json::from_slice(&plain).map_err(|_| about("does not hold an account key"))?;
        let signer =
            Signer::from_uri(&secrets.uri).map_err(|_| about("does not hold an account key"))?;
        if signer.account().to_ss58check() != file.account {
            return Err(about("holds another account's key than it says"));
        }
        let identity = secrets
            .identity
            .parse()
            .map_err(|_| about("does not hold an age identity"))?;
        Ok(Self { signer, identity })
    }

    /// Signs for the account.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Encrypts something that only this key file opens.
    pub fn seal(&self, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        age::encrypt(&self.identity.to_public(), plain).context("cannot encrypt")
    }

    /// Decrypts it again.
    pub fn unseal(&self, sealed: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        age::decrypt(&self.identity, sealed)
            .map(Zeroizing::new)
            .context("was encrypted to another key file, or is damaged")
    }
}

impl core::fmt::Debug for Vault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Vault")
            .field("account", self.signer.account())
            .field("secrets", &"<redacted>")
            .finish()
    }
}

/// The account of a key file, which takes no passphrase to see.
pub fn account(path: &Path) -> Result<AccountId, InputError> {
    let file = read(path)?;
    AccountId::from_ss58check(&file.account).map_err(|error| {
        InputError::at(
            path.display().to_string(),
            "$.account",
            format!("is no account: {error}"),
        )
    })
}

fn read(path: &Path) -> Result<KeyFile, InputError> {
    let origin = path.display().to_string();
    let file: KeyFile = parse(&origin, &read_input_text(path)?, &[])?;
    if file.format != FORMAT {
        let message = format!("{:?} is not {FORMAT:?}", file.format);
        return Err(InputError::at(origin, "$.format", message));
    }
    Ok(file)
}

fn seal_with_passphrase(
    plain: &[u8],
    passphrase: SecretString,
    work: WorkFactor,
) -> anyhow::Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(passphrase);
    if let WorkFactor(Some(log_n)) = work {
        recipient.set_work_factor(log_n);
    }
    age::encrypt(&recipient, plain).context("cannot encrypt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, os::unix::fs::PermissionsExt};

    const FAST: WorkFactor = WorkFactor(Some(2));

    fn passphrase(words: &str) -> (tempfile::NamedTempFile, PassphraseSource) {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        writeln!(file, "{words}").expect("writable");
        let source = PassphraseSource {
            file: Some(file.path().into()),
        };
        (file, source)
    }

    fn imported(directory: &Path) -> std::path::PathBuf {
        let path = directory.join("alice.key");
        let (_file, source) = passphrase("correct horse");
        let uri = Zeroizing::new("//Alice".to_owned());
        Vault::import(&path, uri, &source, FAST).expect("imports");
        path
    }

    #[test]
    fn a_key_opens_with_its_passphrase_only() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = imported(directory.path());
        let (_right, right) = passphrase("correct horse");
        let (_wrong, wrong) = passphrase("battery staple");
        let vault = Vault::open(&path, &right).expect("opens");
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        assert_eq!(vault.signer().account().to_ss58check(), alice);
        assert_eq!(
            account(&path).map(|account| account.to_ss58check()),
            Ok(alice.into())
        );
        let error = Vault::open(&path, &wrong).map(|_| ());
        let message = "does not open with this passphrase";
        assert_eq!(
            error,
            Err(InputError::new(path.display().to_string(), message))
        );
    }

    #[test]
    fn a_key_file_is_private_shows_no_secret_and_is_never_overwritten() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = imported(directory.path());
        let mode = std::fs::metadata(&path)
            .expect("exists")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let (_right, right) = passphrase("correct horse");
        let again = Vault::generate(&path, &right, FAST)
            .map(|_| ())
            .map_err(|e| e.to_string());
        let message = format!(
            "{}: exists already; a key is never overwritten",
            path.display()
        );
        assert_eq!(again, Err(message));
        let vault = Vault::open(&path, &right).expect("still opens");
        assert!(format!("{vault:?}").ends_with("secrets: \"<redacted>\" }"));
    }

    #[test]
    fn another_accounts_secret_is_noticed() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = imported(directory.path());
        let bob = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let text = std::fs::read_to_string(&path)
            .expect("exists")
            .replace(alice, bob);
        std::fs::write(&path, text).expect("writable");
        let (_right, right) = passphrase("correct horse");
        let error = Vault::open(&path, &right)
            .map(|_| ())
            .map_err(|error| error.message);
        assert_eq!(
            error,
            Err("holds another account's key than it says".into())
        );
    }

    #[test]
    fn what_a_vault_sealed_opens_in_it_alone() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let (_file, source) = passphrase("correct horse");
        let open = |name: &str| Vault::generate(&directory.path().join(name), &source, FAST);
        let (ours, theirs) = (open("1").expect("is new"), open("2").expect("is new"));
        let sealed = ours.seal(b"share").expect("seals");
        assert_eq!(ours.unseal(&sealed).expect("opens").as_slice(), b"share");
        let error = theirs
            .unseal(&sealed)
            .map(|_| ())
            .map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("was encrypted to another key file, or is damaged".into())
        );
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("x");
        let origin = path.display().to_string();
        std::fs::write(&path, r#"{"format":"x","account":"y","sealed":""}"#).expect("writable");
        let error = account(&path).map_err(|error| error.to_string());
        let message = format!("{origin}: $.format: \"x\" is not {FORMAT:?}");
        assert_eq!(error, Err(message));
    }
}
