//! Blinding, signing and unblinding (RFC 9474), by the `blind-rsa-signatures` crate.
//!
//! The voter: [`blind`], send the [`BlindedMessage`], [`BlindingSecret::finalize`] what comes back.
//! The registrar: [`RegistrarKey::blind_sign`].

use blind_rsa_signatures::{
    reexports::rsa::{self, BoxedUint},
    BlindMessage, BlindSignature, BlindingResult, Error, KeyPairSha384PSSRandomized,
    MessageRandomizer, PublicKeySha384PSSRandomized, Secret, SecretKeySha384PSSRandomized,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{
    CredentialError, RandomizedSignature, RsaPublicKey, MAX_MODULUS_BYTES, MIN_MODULUS_BYTES,
    PUBLIC_EXPONENT,
};
use crate::randomness::Modern;

/// Bytes of the random prefix of a message (PSE-CRD-3).
const PREFIX_BYTES: usize = 32;

/// Why a step of issuing fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IssuingError {
    /// RSA keys have 2048 to 4096 bits, in whole bytes.
    #[error("RSA keys have 2048 to 4096 bits, not {bits}")]
    KeySize {
        /// How many were asked for.
        bits: u32,
    },
    /// The stored private key does not decode, or does not have the exponent 65537.
    #[error("the stored private key is invalid")]
    StoredKey,
    /// The stored blinding is shorter than any that was made here, or longer.
    #[error("a stored blinding has a prefix of 32 bytes and 256 to 512 more, not {found} bytes")]
    StoredBlinding {
        /// Its bytes.
        found: usize,
    },
    /// The registrar's public key is invalid.
    #[error("the registrar's public key: {0}")]
    PublicKey(CredentialError),
    /// The message cannot be blinded under this key: the key is not a product of large primes.
    #[error("the message cannot be blinded under this key")]
    Blinding,
    /// The voter has sent something that is not below the modulus or not as long.
    #[error("the blinded message does not fit the key")]
    BlindedMessage,
    /// The registrar has returned something that does not unblind to a valid signature.
    #[error("the registrar's signature is invalid")]
    BlindSignature,
}

/// A registrar's private key for one district.
pub struct RegistrarKey(SecretKeySha384PSSRandomized);

redacted!(RegistrarKey, BlindingSecret);

impl RegistrarKey {
    /// Makes a key (PSE-CRD-1).
    pub fn generate(bits: u32, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, IssuingError> {
        if !(2048..=4096).contains(&bits) || !bits.is_multiple_of(8) {
            return Err(IssuingError::KeySize { bits });
        }
        KeyPairSha384PSSRandomized::generate(&mut Modern(rng), bits as usize)
            .map(|pair| Self(pair.sk))
            .map_err(|_| IssuingError::KeySize { bits })
    }

    /// The key that the manifest names.
    pub fn public_key(&self) -> RsaPublicKey {
        let modulus = self.0.components().n();
        let significant = modulus
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect::<Vec<_>>();
        RsaPublicKey {
            modulus: significant
                .try_into()
                .expect("at most 4096 bits, checked when made"),
        }
    }

    /// PKCS #8, for encrypted storage.
    pub fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, IssuingError> {
        self.0
            .to_der()
            .map(Zeroizing::new)
            .map_err(|_| IssuingError::StoredKey)
    }

    /// From encrypted storage.
    pub fn from_der(der: &[u8]) -> Result<Self, IssuingError> {
        let stored = |_: Error| IssuingError::StoredKey;
        let key = SecretKeySha384PSSRandomized::from_der(der).map_err(stored)?;
        let exponent = key.components().e();
        let significant: Vec<u8> = exponent.into_iter().skip_while(|byte| *byte == 0).collect();
        if significant != [1, 0, 1] {
            return Err(IssuingError::StoredKey);
        }
        let key = Self(key);
        key.public_key()
            .validate()
            .map_err(|_| IssuingError::StoredKey)?;
        Ok(key)
    }

    /// Signs what it cannot read (PSE-CRD-3). The caller has recorded the issuing before.
    pub fn blind_sign(&self, blinded: &BlindedMessage) -> Result<Vec<u8>, IssuingError> {
        self.0
            .blind_sign(&blinded.0)
            .map(|signature| signature.0)
            .map_err(|_| IssuingError::BlindedMessage)
    }
}

/// What the voter sends to the registrar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlindedMessage(pub Vec<u8>);

/// What the voter needs to unblind the answer; it would link the credential to the voter.
pub struct BlindingSecret {
    unblinder: Zeroizing<Vec<u8>>,
    prefix: [u8; 32],
}

/// Blinds a message for one registrar (PSE-CRD-3).
pub fn blind(
    key: &RsaPublicKey,
    message: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(BlindingSecret, BlindedMessage), IssuingError> {
    let result = public_key(key)?
        .blind(&mut Modern(rng), message)
        .map_err(|_| IssuingError::Blinding)?;
    let unblinder = Zeroizing::new(result.secret.0);
    let prefix = result.msg_randomizer.ok_or(IssuingError::Blinding)?.0;
    Ok((
        BlindingSecret { unblinder, prefix },
        BlindedMessage(result.blind_message.0),
    ))
}

impl BlindingSecret {
    /// For encrypted storage: a registrar signs one message for one voter, so whoever loses this
    /// loses the vote.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(PREFIX_BYTES + self.unblinder.len()));
        bytes.extend_from_slice(&self.prefix);
        bytes.extend_from_slice(&self.unblinder);
        bytes
    }

    /// From encrypted storage.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IssuingError> {
        let found = bytes.len();
        let lengths = MIN_MODULUS_BYTES as usize..=MAX_MODULUS_BYTES as usize;
        bytes
            .split_first_chunk::<PREFIX_BYTES>()
            .filter(|(_, unblinder)| lengths.contains(&unblinder.len()))
            .map(|(prefix, unblinder)| Self {
                unblinder: Zeroizing::new(unblinder.to_vec()),
                prefix: *prefix,
            })
            .ok_or(IssuingError::StoredBlinding { found })
    }

    /// Unblinds the registrar's answer and verifies it (PSE-CRD-3).
    pub fn finalize(
        self,
        key: &RsaPublicKey,
        message: &[u8],
        blind_signature: &[u8],
    ) -> Result<RandomizedSignature, IssuingError> {
        let mut blinding = BlindingResult {
            blind_message: BlindMessage(Vec::new()),
            secret: Secret(self.unblinder.to_vec()),
            msg_randomizer: Some(MessageRandomizer(self.prefix)),
        };
        let signature = public_key(key)?.finalize(
            &BlindSignature(blind_signature.to_vec()),
            &blinding,
            message,
        );
        zeroize::Zeroize::zeroize(&mut blinding.secret.0);
        let signature = signature.map_err(|_| IssuingError::BlindSignature)?;
        Ok(RandomizedSignature {
            prefix: self.prefix,
            signature: signature
                .0
                .try_into()
                .map_err(|_| IssuingError::BlindSignature)?,
        })
    }
}

fn public_key(key: &RsaPublicKey) -> Result<PublicKeySha384PSSRandomized, IssuingError> {
    key.validate().map_err(IssuingError::PublicKey)?;
    let length = key.modulus.len() as u32;
    let invalid = || IssuingError::PublicKey(CredentialError::ModulusLength { found: length });
    let modulus = BoxedUint::from_be_slice(&key.modulus, length * 8).map_err(|_| invalid())?;
    rsa::RsaPublicKey::new(modulus, BoxedUint::from(PUBLIC_EXPONENT))
        .map(PublicKeySha384PSSRandomized::new)
        .map_err(|_| invalid())
}
