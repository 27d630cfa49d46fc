//! Credentials: what voters, registrars and the chain take from each other.

use std::sync::LazyLock;

use psephos_crypto::{
    blind_signature::{
        credential_message,
        issuing::{blind, BlindedMessage, BlindingSecret, RegistrarKey},
        verify, RandomizedSignature, RsaPublicKey,
    },
    transcript::Context,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::{
    vectors::{case, File},
    wire::canonical,
    Verdict,
};

/// What the vectors' registrar has signed.
struct Honest {
    message: Vec<u8>,
    key: RsaPublicKey,
    bytes: Vec<u8>,
}

static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    let case = case(File::Credential, "a credential");
    let signature = signature(&case.array("prefix"), case.bytes("signature"));
    Honest {
        message: credential_message(
            &case.context(),
            case.number("district"),
            &case.array("account"),
        ),
        key: key(case.bytes("modulus")),
        bytes: codec::Encode::encode(&signature),
    }
});

/// A registrar's key of these bytes.
pub fn key(modulus: Vec<u8>) -> RsaPublicKey {
    RsaPublicKey {
        modulus: modulus.try_into().expect("at most 512 bytes"),
    }
}

/// A signature of these bytes.
pub fn signature(prefix: &[u8; 32], signature: Vec<u8>) -> RandomizedSignature {
    RandomizedSignature {
        prefix: *prefix,
        signature: signature.try_into().expect("at most 512 bytes"),
    }
}

/// Signatures: under the honest key, only the honest one. What follows it is another key, under which
/// the same signature is worth nothing.
pub fn credential(bytes: &[u8]) -> Verdict {
    let honest = &*HONEST;
    let (signature, other) = bytes.split_at(bytes.len().min(honest.bytes.len()));
    if let (Some(key), Some(signature)) = (
        canonical::<RsaPublicKey>(other),
        canonical::<RandomizedSignature>(signature),
    ) {
        let verified = verify(&key, &honest.message, &signature);
        assert_eq!(
            verified.is_ok(),
            key == honest.key && bytes.starts_with(&honest.bytes)
        );
        return Verdict::of(&verified);
    }
    let Some(signature) = canonical::<RandomizedSignature>(bytes) else {
        return Verdict::Refused;
    };
    let verified = verify(&honest.key, &honest.message, &signature);
    assert_eq!(verified.is_ok(), bytes == honest.bytes);
    Verdict::of(&verified)
}

/// A registrar and one voter's request, from one seed. Made once: RSA keys take long.
struct Desk {
    key: RegistrarKey,
    public: RsaPublicKey,
    message: Vec<u8>,
    blinding: Vec<u8>,
    blinded: BlindedMessage,
}

static DESK: LazyLock<Desk> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(9474);
    let key = RegistrarKey::generate(2048, &mut rng).expect("2048 bits are allowed");
    let public = key.public_key();
    let context = Context {
        genesis_hash: [0x11; 32],
        election: 3,
        manifest_hash: [0x33; 32],
    };
    let message = credential_message(&context, 7, &[0xa1; 32]);
    let (secret, blinded) = blind(&public, &message, &mut rng).expect("the key is right");
    Desk {
        blinding: secret.to_bytes().to_vec(),
        key,
        public,
        message,
        blinded,
    }
});

/// What the desk's voter sends to the registrar.
pub fn honest_request() -> Vec<u8> {
    DESK.blinded.0.clone()
}

/// What the desk's registrar answers.
pub fn honest_answer() -> Vec<u8> {
    let answer = DESK.key.blind_sign(&DESK.blinded);
    answer.expect("the request is honest")
}

/// Requests: signed if and only if they are numbers below the modulus, and as long.
pub fn blind_message(bytes: &[u8]) -> Verdict {
    let modulus = &DESK.public.modulus[..];
    let signed = DESK.key.blind_sign(&BlindedMessage(bytes.to_vec()));
    match &signed {
        Ok(signature) => {
            assert!(bytes.len() == modulus.len() && bytes < modulus);
            assert_eq!(signature.len(), modulus.len());
        }
        Err(_) => assert!(bytes.len() != modulus.len() || bytes >= modulus || is_small(bytes)),
    }
    Verdict::of(&signed)
}

/// Zero and one sign themselves; a library may refuse them.
fn is_small(bytes: &[u8]) -> bool {
    bytes
        .split_last()
        .is_none_or(|(last, rest)| *last < 2 && rest.iter().all(|byte| *byte == 0))
}

/// Answers: what comes of unblinding one is a signature that verifies.
pub fn blind_signature(bytes: &[u8]) -> Verdict {
    let desk = &*DESK;
    let secret = BlindingSecret::from_bytes(&desk.blinding).expect("was made here");
    let unblinded = secret.finalize(&desk.public, &desk.message, bytes);
    if let Ok(signature) = &unblinded {
        assert_eq!(verify(&desk.public, &desk.message, signature), Ok(()));
        assert_eq!(bytes, honest_answer());
    }
    Verdict::of(&unblinded)
}
