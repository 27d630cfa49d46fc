//! What is derived from secrets: voter numbers, hashes of the roll's entries, tokens, codes.

use std::path::Path;

use anyhow::anyhow;
use hmac::{Hmac, Mac};
use psephos::{
    failure::{read_input_text, InputError},
    files::create_private,
};
use psephos_primitives::VoterNumber;
use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::limits::CODE_DIGITS;

/// Bytes of a secret and of a token.
const BYTES: usize = 32;

/// The secret that the registrars of one election share: with it, each derives the same voter number
/// from the same roll, and nobody else can tell whose number it is.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RollSecret([u8; BYTES]);

impl core::fmt::Debug for RollSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RollSecret(<redacted>)")
    }
}

/// A hash of something on the roll that can be recomputed with the secret only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyedHash(pub String);

impl RollSecret {
    /// Draws one and writes it to a new private file.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let mut secret = Self([0; BYTES]);
        OsRng
            .try_fill_bytes(&mut secret.0)
            .map_err(|error| anyhow!("the operating system gives no randomness: {error}"))?;
        let text = Zeroizing::new(format!("{}\n", *Zeroizing::new(hex::encode(secret.0))));
        create_private(path, text.as_bytes())?;
        Ok(secret)
    }

    /// Reads it.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let text = Zeroizing::new(read_input_text(path)?);
        let mut secret = Self([0; BYTES]);
        hex::decode_to_slice(text.trim(), &mut secret.0).map_err(|_| {
            let message = "is no roll secret: 64 hexadecimal digits are expected";
            InputError::new(path.display().to_string(), message)
        })?;
        Ok(secret)
    }

    /// A secret with these bytes, for tests.
    pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA256 of the parts, each with its length, under a label.
    fn derive(&self, label: &str, parts: &[&str]) -> [u8; BYTES] {
        // A block of SHA-256: HMAC fills keys up with zeros itself.
        let mut block = Zeroizing::new([0; 64]);
        block[..BYTES].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as Mac>::new((&*block).into());
        for part in [label].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    fn hash(&self, label: &str, parts: &[&str]) -> KeyedHash {
        KeyedHash(hex::encode(self.derive(label, parts)))
    }

    /// The voter's number in this election (PSE-RGS-2).
    pub fn voter_number(&self, identity: &str) -> VoterNumber {
        let [a, b, c, d, e, f, g, h, ..] = self.derive("voter number", &[identity]);
        VoterNumber(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// What an identity number is found by (PSE-RGS-1).
    pub fn identity(&self, identity: &str) -> KeyedHash {
        self.hash("identity", &[identity])
    }

    /// What a date of birth is compared with; it is bound to its identity, or a few thousand dates
    /// would have a few thousand hashes.
    pub fn birth_date(&self, identity: &str, birth_date: &str) -> KeyedHash {
        self.hash("birth date", &[identity, birth_date])
    }

    /// What a one-time code is compared with: six digits need a key.
    pub fn code(&self, voter: VoterNumber, code: &str) -> KeyedHash {
        self.hash("one-time code", &[&voter.to_string(), code])
    }

    /// Tells whether a database was filled under this secret.
    pub fn fingerprint(&self) -> String {
        self.hash("fingerprint", &[]).0
    }
}

/// A fresh token: 32 bytes of the operating system's in hexadecimal.
pub fn token() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    OsRng
        .try_fill_bytes(bytes.as_mut())
        .map_err(|error| anyhow!("the operating system gives no randomness: {error}"))?;
    Ok(Zeroizing::new(hex::encode(*bytes)))
}

/// What is stored of a token; it is random, so no key is needed.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A fresh one-time code, every one as likely as any other.
pub fn code() -> anyhow::Result<Zeroizing<String>> {
    const CODES: u32 = 10u32.pow(CODE_DIGITS as u32);
    // Numbers from here on would make small codes likelier.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let mut bytes = [0; 4];
        OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| anyhow!("the operating system gives no randomness: {error}"))?;
        let number = u32::from_le_bytes(bytes);
        if number < FAIR {
            return Ok(Zeroizing::new(format!("{:0CODE_DIGITS$}", number % CODES)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrars_with_one_secret_agree_and_others_do_not() {
        let (ours, theirs) = (
            RollSecret::from_bytes([1; 32]),
            RollSecret::from_bytes([2; 32]),
        );
        let again = RollSecret::from_bytes([1; 32]);
        assert_eq!(ours.voter_number("4510 1"), again.voter_number("4510 1"));
        assert_ne!(ours.voter_number("4510 1"), theirs.voter_number("4510 1"));
        assert_ne!(ours.voter_number("4510 1"), ours.voter_number("4510 2"));
        assert_ne!(ours.fingerprint(), theirs.fingerprint());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let secret = RollSecret::from_bytes([1; 32]);
        assert_ne!(secret.birth_date("12", "3"), secret.birth_date("1", "23"));
        assert_ne!(secret.identity("1").0, secret.fingerprint());
    }

    #[test]
    fn a_secret_is_read_back_and_never_shown() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("roll.secret");
        let made = RollSecret::create(&path).expect("is new");
        let read = RollSecret::read(&path).expect("is one");
        assert_eq!(made.fingerprint(), read.fingerprint());
        assert_eq!(format!("{made:?}"), "RollSecret(<redacted>)");
        std::fs::write(&path, "abc").expect("writable");
        let error = RollSecret::read(&path)
            .map(|_| ())
            .map_err(|error| error.message);
        let message = "is no roll secret: 64 hexadecimal digits are expected";
        assert_eq!(error, Err(message.into()));
    }

    #[test]
    fn codes_and_tokens_have_their_form() {
        let code = code().expect("there is randomness");
        assert!(code.len() == CODE_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(token().expect("there is randomness").len(), 64);
    }
}
