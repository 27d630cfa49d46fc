//! What dealers and recipients do: keys, sealing and opening.

use hpke::{
    aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem, OpModeS,
    Serializable,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{open_checked, validate_public_key, Envelope, PrivateKey, SealedShare, SealingError};
use crate::{key_ceremony::trustee::SecretShare, randomness::Modern};

/// The key that a trustee receives its shares with: a fresh one for each epoch of a ceremony, since a
/// complaint discloses it.
pub struct SealingKey(PrivateKey);

redacted!(SealingKey);

impl SealingKey {
    /// Makes a key.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let (private_key, _) = X25519HkdfSha256::gen_keypair_with_rng(&mut Modern(rng));
        Self(private_key)
    }

    /// What the trustee registers.
    pub fn public_key(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into()
    }

    /// The private key: for encrypted storage, or to be disclosed in a complaint.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// From encrypted storage.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(PrivateKey::from_bytes(bytes).expect("every 32 bytes are an X25519 private key"))
    }
}

/// Seals a share to its recipient (PSE-DKG-5).
pub fn seal(
    envelope: &Envelope<'_>,
    recipient_key: &[u8; 32],
    share: &SecretShare,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<SealedShare, SealingError> {
    validate_public_key(recipient_key)?;
    let recipient_key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(recipient_key)
        .map_err(|_| SealingError::PublicKeyEncoding)?;
    let (encapsulated_key, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient_key,
            &envelope.info(),
            share.as_bytes(),
            &envelope.associated_data(),
            &mut Modern(rng),
        )
        .map_err(|_| SealingError::LowOrderPublicKey)?;
    let ciphertext = ciphertext.as_slice().try_into();
    Ok(SealedShare {
        encapsulated_key: encapsulated_key.to_bytes().into(),
        ciphertext: ciphertext.expect("32 bytes of share and 16 of tag are 48"),
    })
}

/// Opens a sealed share and checks it against the dealer's commitments (PSE-DKG-7).
///
/// An error is the ground for a complaint.
pub fn open(
    envelope: &Envelope<'_>,
    key: &SealingKey,
    sealed: &SealedShare,
) -> Result<SecretShare, SealingError> {
    open_checked(envelope, &key.0, sealed).map(|share| SecretShare::from_bytes(*share))
}
