//! Shares sealed to their recipients (HPKE, RFC 9180), and the judgement of complaints.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use curve25519_dalek::{montgomery::MontgomeryPoint, scalar::Scalar};
use hpke::{
    aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem, OpModeR,
    Serializable,
};
use scale_info::TypeInfo;
use zeroize::Zeroizing;

use crate::{
    group::EncodedScalar,
    key_ceremony::{share_fits, Package},
    transcript::{message, Context},
};

#[cfg(feature = "secrets")]
mod keys;
#[cfg(all(test, feature = "secrets"))]
mod tests;

#[cfg(feature = "secrets")]
pub use keys::{open, seal, SealingKey};

/// A secret share, sealed with HPKE base mode, X25519-HKDF-SHA256, ChaCha20-Poly1305: 80 bytes.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct SealedShare {
    /// HPKE's `enc`.
    pub encapsulated_key: [u8; 32],
    /// The 32-byte share and the 16-byte tag.
    pub ciphertext: [u8; 48],
}

/// What a sealed share is bound to: it opens for nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Chain, election and manifest.
    pub context: &'a Context,
    /// The epoch of the ceremony.
    pub epoch: u32,
    /// Who deals the share.
    pub dealer: u32,
    /// Whom it is for.
    pub recipient: u32,
    /// The package that the dealer revealed.
    pub dealer_package: &'a Package,
}

impl Envelope<'_> {
    /// HPKE's `info`.
    fn info(&self) -> Vec<u8> {
        self.context
            .message(message::SHARE, (self.epoch, self.dealer, self.recipient))
    }

    /// HPKE's `aad`.
    fn associated_data(&self) -> Vec<u8> {
        self.dealer_package.encode()
    }

    /// Whether a share is what the dealer has committed to give the recipient (PSE-DKG-7).
    fn fits(&self, share: &EncodedScalar) -> bool {
        share_fits(
            self.context,
            self.epoch,
            self.recipient,
            share,
            self.dealer_package,
        )
    }
}

/// Why a key or a sealed share is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealingError {
    /// Not the canonical encoding of an X25519 public key.
    #[error("not the canonical encoding of an X25519 public key")]
    PublicKeyEncoding,
    /// A point of low order: everybody would know what is shared with it.
    #[error("the X25519 public key has a low order")]
    LowOrderPublicKey,
    /// The envelope was made for another key, dealer, recipient, epoch or election, or was changed.
    #[error("the sealed share does not open")]
    DoesNotOpen,
    /// The envelope opens, but the share is not what the dealer has committed to.
    #[error("the sealed share is not what the dealer has committed to")]
    WrongShare,
}

/// Who is to blame for a complaint.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Verdict {
    /// The envelope did not open, or the share in it is not what the dealer had committed to.
    DealerAtFault,
    /// The disclosed key is not the registered one, or the share in the envelope is right.
    ComplainerAtFault,
}

/// Validates the X25519 key that a trustee registers (PSE-DKG-5).
pub fn validate_public_key(key: &[u8; 32]) -> Result<(), SealingError> {
    if !is_canonical_field_element(key) {
        return Err(SealingError::PublicKeyEncoding);
    }
    let times_cofactor = MontgomeryPoint(*key) * Scalar::from(8u8);
    if times_cofactor.0 == [0; 32] {
        return Err(SealingError::LowOrderPublicKey);
    }
    Ok(())
}

/// Whether the little-endian integer is below 2^255 − 19.
///
/// HPKE hashes the public key's bytes, and the recipient recomputes them: under another encoding of
/// the same point nothing would ever open.
fn is_canonical_field_element(bytes: &[u8; 32]) -> bool {
    let p = {
        let mut p = [0xff; 32];
        p[0] = 0xed;
        p[31] = 0x7f;
        p
    };
    bytes.iter().rev().lt(p.iter().rev())
}

/// Judges a complaint, for which a trustee discloses the private key that it registered for this one
/// epoch (PSE-DKG-8).
pub fn judge_complaint(
    envelope: &Envelope<'_>,
    disclosed_private_key: &[u8; 32],
    registered_public_key: &[u8; 32],
    sealed: &SealedShare,
) -> Verdict {
    let Ok(private_key) = PrivateKey::from_bytes(disclosed_private_key) else {
        return Verdict::ComplainerAtFault;
    };
    let public_key = X25519HkdfSha256::sk_to_pk(&private_key).to_bytes();
    if public_key.as_slice() != registered_public_key {
        return Verdict::ComplainerAtFault;
    }
    match open_checked(envelope, &private_key, sealed) {
        Ok(_) => Verdict::ComplainerAtFault,
        Err(_) => Verdict::DealerAtFault,
    }
}

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;

/// Opens an envelope and checks the share in it: the recipient and the judge do the same.
fn open_checked(
    envelope: &Envelope<'_>,
    private_key: &PrivateKey,
    sealed: &SealedShare,
) -> Result<Zeroizing<[u8; 32]>, SealingError> {
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.encapsulated_key)
        .map_err(|_| SealingError::DoesNotOpen)?;
    let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        private_key,
        &encapsulated,
        &envelope.info(),
        &sealed.ciphertext,
        &envelope.associated_data(),
    )
    .map(Zeroizing::new)
    .map_err(|_| SealingError::DoesNotOpen)?;
    let mut share = Zeroizing::new([0; 32]);
    if opened.len() != share.len() {
        return Err(SealingError::DoesNotOpen);
    }
    share.copy_from_slice(&opened);
    if !envelope.fits(&EncodedScalar(*share)) {
        return Err(SealingError::WrongShare);
    }
    Ok(share)
}
