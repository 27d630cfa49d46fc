//! Issuing from end to end, and what is refused.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{
    issuing::{blind, BlindedMessage, BlindingSecret, IssuingError, RegistrarKey},
    *,
};
use crate::fixture::{context, ALICE, BOB, DISTRICT};

/// Made once: keys take their time.
static REGISTRAR: LazyLock<RegistrarKey> =
    LazyLock::new(|| RegistrarKey::generate(2048, &mut rng(50)).unwrap());

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn issue(message: &[u8], seed: u64) -> RandomizedSignature {
    let key = REGISTRAR.public_key();
    let (secret, blinded) = blind(&key, message, &mut rng(seed)).unwrap();
    let signed = REGISTRAR.blind_sign(&blinded).unwrap();
    secret.finalize(&key, message, &signed).unwrap()
}

#[test]
fn a_credential_is_good_for_what_was_blinded() {
    let key = REGISTRAR.public_key();
    assert_eq!(key.validate(), Ok(()));
    let message = credential_message(&context(), DISTRICT, &ALICE);
    let credential = issue(&message, 51);
    assert_eq!(verify(&key, &message, &credential), Ok(()));
    // Another prefix and another salt each time.
    assert_ne!(issue(&message, 52), credential);
}

/// Attacks 10, 11 and 19: another account, district, election, chain or manifest.
#[test]
fn every_field_of_the_message_is_bound() {
    let key = REGISTRAR.public_key();
    let message = credential_message(&context(), DISTRICT, &ALICE);
    let credential = issue(&message, 53);
    assert_eq!(verify(&key, &message, &credential), Ok(()));
    for message in [
        credential_message(&context(), DISTRICT, &BOB),
        credential_message(&context(), DISTRICT + 1, &ALICE),
        credential_message(
            &Context {
                election: 4,
                ..context()
            },
            DISTRICT,
            &ALICE,
        ),
        credential_message(
            &Context {
                genesis_hash: [0; 32],
                ..context()
            },
            DISTRICT,
            &ALICE,
        ),
        credential_message(
            &Context {
                manifest_hash: [0; 32],
                ..context()
            },
            DISTRICT,
            &ALICE,
        ),
    ] {
        assert_eq!(
            verify(&key, &message, &credential),
            Err(CredentialError::InvalidSignature)
        );
    }
}

#[test]
fn tampered_credentials_are_refused() {
    let key = REGISTRAR.public_key();
    let message = credential_message(&context(), DISTRICT, &ALICE);
    let credential = issue(&message, 54);
    let invalid = Err(CredentialError::InvalidSignature);
    let mut tampered = credential.clone();
    tampered.prefix[0] ^= 1;
    assert_eq!(verify(&key, &message, &tampered), invalid);
    let mut tampered = credential.clone();
    tampered.signature[255] ^= 1;
    assert_eq!(verify(&key, &message, &tampered), invalid);
    // The modulus itself, and what is above it, is not a residue.
    let mut tampered = credential.clone();
    tampered.signature = key.modulus.clone();
    assert_eq!(verify(&key, &message, &tampered), invalid);
    let mut tampered = credential.clone();
    tampered.signature.iter_mut().for_each(|byte| *byte = 0xff);
    assert_eq!(verify(&key, &message, &tampered), invalid);
    for length in [0, 255, 257] {
        let mut tampered = credential.clone();
        let mut bytes = tampered.signature.into_inner();
        bytes.resize(length, 0);
        tampered.signature = bytes.try_into().unwrap();
        assert_eq!(
            verify(&key, &message, &tampered),
            Err(CredentialError::SignatureLength {
                expected: 256,
                found: length as u32
            })
        );
    }
    let other = RegistrarKey::generate(2048, &mut rng(55))
        .unwrap()
        .public_key();
    assert_eq!(verify(&other, &message, &credential), invalid);
}

/// Attack 1: no key below 2048 bits, however it is dressed up.
#[test]
fn weak_keys_are_refused() {
    let good = REGISTRAR.public_key();
    let with = |change: fn(&mut Vec<u8>)| {
        let mut modulus = good.modulus.clone().into_inner();
        change(&mut modulus);
        RsaPublicKey {
            modulus: modulus.try_into().unwrap(),
        }
        .validate()
    };
    assert_eq!(with(|_| ()), Ok(()));
    let length = |found| Err(CredentialError::ModulusLength { found });
    assert_eq!(with(|modulus| modulus.truncate(255)), length(255));
    assert_eq!(with(Vec::clear), length(0));
    assert_eq!(
        with(|modulus| modulus.insert(0, 0)),
        Err(CredentialError::ModulusTopBit)
    );
    assert_eq!(
        with(|modulus| modulus[0] &= 0x7f),
        Err(CredentialError::ModulusTopBit)
    );
    assert_eq!(
        with(|modulus| modulus[255] &= 0xfe),
        Err(CredentialError::EvenModulus)
    );
    for bits in [1024, 2047, 2049, 4104] {
        assert_eq!(
            RegistrarKey::generate(bits, &mut rng(56)).map(|_| ()),
            Err(IssuingError::KeySize { bits })
        );
    }
}

#[test]
fn a_registrar_that_signs_something_else_is_noticed() {
    let key = REGISTRAR.public_key();
    let (secret, blinded) = blind(&key, b"message", &mut rng(57)).unwrap();
    let (_, other) = blind(&key, b"message", &mut rng(58)).unwrap();
    assert_ne!(blinded, other);
    let signed = REGISTRAR.blind_sign(&other).unwrap();
    assert_eq!(
        secret.finalize(&key, b"message", &signed),
        Err(IssuingError::BlindSignature)
    );
}

#[test]
fn a_registrar_refuses_what_does_not_fit_its_key() {
    let refused = |bytes: Vec<u8>| {
        assert_eq!(
            REGISTRAR.blind_sign(&BlindedMessage(bytes)),
            Err(IssuingError::BlindedMessage)
        );
    };
    refused(vec![]);
    refused(vec![1; 255]);
    refused(vec![0xff; 256]);
    refused(REGISTRAR.public_key().modulus.into_inner());
}

#[test]
fn secrets_survive_storage_and_print_nothing() {
    let der = REGISTRAR.to_der().unwrap();
    let restored = RegistrarKey::from_der(&der).unwrap();
    assert_eq!(restored.public_key(), REGISTRAR.public_key());
    assert_eq!(format!("{restored:?}"), "RegistrarKey(<redacted>)");
    let (secret, _) = blind(&restored.public_key(), b"message", &mut rng(59)).unwrap();
    assert_eq!(format!("{secret:?}"), "BlindingSecret(<redacted>)");
    assert_eq!(
        RegistrarKey::from_der(&der[1..]).map(|_| ()),
        Err(IssuingError::StoredKey)
    );
}

#[test]
fn a_blinding_outlives_a_reload() {
    let key = REGISTRAR.public_key();
    let (secret, blinded) = blind(&key, b"message", &mut rng(60)).unwrap();
    let stored = secret.to_bytes();
    drop(secret);
    let signed = REGISTRAR.blind_sign(&blinded).unwrap();
    let finalize = |stored: &[u8]| {
        BlindingSecret::from_bytes(stored)
            .and_then(|secret| secret.finalize(&key, b"message", &signed))
    };
    let signature = finalize(&stored).unwrap();
    assert_eq!(verify(&key, b"message", &signature), Ok(()));

    let mut tampered = stored.to_vec();
    tampered[100] ^= 1;
    assert_eq!(finalize(&tampered), Err(IssuingError::BlindSignature));
    for found in [0, 31, 32 + 255, 32 + 513] {
        assert_eq!(
            finalize(&vec![1; found]),
            Err(IssuingError::StoredBlinding { found })
        );
    }
}
