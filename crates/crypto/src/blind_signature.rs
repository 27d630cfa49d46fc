//! Credentials: RSABSSA-SHA384-PSS-Randomized (RFC 9474).
//!
//! Here stands the verification, which is ordinary RSASSA-PSS. Blinding, signing and unblinding are
//! in [`issuing`].

use alloc::vec::Vec;

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use rsa::{
    pss::{Signature, VerifyingKey},
    signature::hazmat::PrehashVerifier,
    BigUint,
};
use scale_info::TypeInfo;
use sha2::{Digest, Sha384};

use crate::transcript::{message, Context};

#[cfg(feature = "secrets")]
pub mod issuing;
#[cfg(all(test, feature = "secrets"))]
mod tests;

/// Bytes of the smallest modulus: RSA 2048.
pub const MIN_MODULUS_BYTES: u32 = 256;
/// Bytes of the largest modulus: RSA 4096.
pub const MAX_MODULUS_BYTES: u32 = 512;

/// The public exponent of every registrar.
pub const PUBLIC_EXPONENT: u32 = 65537;

/// Bytes of the salt: as many as SHA-384 yields.
const SALT_BYTES: usize = 48;

/// A registrar's public key: the modulus, big-endian, without leading zeros; the exponent is 65537.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RsaPublicKey {
    /// 256 to 512 bytes.
    pub modulus: BoundedVec<u8, ConstU32<MAX_MODULUS_BYTES>>,
}

/// An unblinded signature and the random prefix of the message that was signed.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RandomizedSignature {
    /// `msg_prefix` of RFC 9474's PrepareRandomize.
    pub prefix: [u8; 32],
    /// As long as the modulus.
    pub signature: BoundedVec<u8, ConstU32<MAX_MODULUS_BYTES>>,
}

/// Why a registrar's key or a credential is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CredentialError {
    /// The modulus is shorter than 2048 bits or longer than 4096.
    #[error("a modulus of {found} bytes, not 256 to 512")]
    ModulusLength {
        /// Its bytes.
        found: u32,
    },
    /// The modulus begins with a zero bit: it is shorter than it looks.
    #[error("the highest bit of the modulus is not set")]
    ModulusTopBit,
    /// The modulus is even.
    #[error("the modulus is even")]
    EvenModulus,
    /// The signature is not as long as the modulus.
    #[error("a signature of {found} bytes under a modulus of {expected}")]
    SignatureLength {
        /// Bytes of the modulus.
        expected: u32,
        /// Bytes of the signature.
        found: u32,
    },
    /// The signature is not one of this message under this key.
    #[error("the signature is invalid")]
    InvalidSignature,
}

impl RsaPublicKey {
    /// Validates a registrar's key (PSE-CRD-1).
    pub fn validate(&self) -> Result<(), CredentialError> {
        let found = self.modulus.len() as u32;
        if !(MIN_MODULUS_BYTES..=MAX_MODULUS_BYTES).contains(&found) {
            return Err(CredentialError::ModulusLength { found });
        }
        if self.modulus.first().is_some_and(|byte| byte & 0x80 == 0) {
            return Err(CredentialError::ModulusTopBit);
        }
        if self.modulus.last().is_some_and(|byte| byte & 1 == 0) {
            return Err(CredentialError::EvenModulus);
        }
        Ok(())
    }
}

/// The message of a credential (PSE-CRD-2).
pub fn credential_message(context: &Context, district: u32, account: &[u8; 32]) -> Vec<u8> {
    context.message(message::CREDENTIAL, (district, account))
}

/// Verifies an unblinded signature (PSE-CRD-4).
pub fn verify(
    key: &RsaPublicKey,
    message: &[u8],
    signature: &RandomizedSignature,
) -> Result<(), CredentialError> {
    key.validate()?;
    let (expected, found) = (key.modulus.len() as u32, signature.signature.len() as u32);
    if expected != found {
        return Err(CredentialError::SignatureLength { expected, found });
    }
    let invalid = |_| CredentialError::InvalidSignature;
    let public_key = rsa::RsaPublicKey::new(
        BigUint::from_bytes_be(&key.modulus),
        BigUint::from(PUBLIC_EXPONENT),
    )
    .map_err(|_| CredentialError::ModulusLength { found: expected })?;
    let verifying_key = VerifyingKey::<Sha384>::new_with_salt_len(public_key, SALT_BYTES);
    let digest = Sha384::new_with_prefix(signature.prefix)
        .chain_update(message)
        .finalize();
    let signature = Signature::try_from(signature.signature.as_slice()).map_err(invalid)?;
    verifying_key
        .verify_prehash(&digest, &signature)
        .map_err(invalid)
}
