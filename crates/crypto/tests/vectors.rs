//! Runs `vectors/*.json`: the two standards' own vectors, and ours, which `make-vectors` writes.
#![allow(clippy::unwrap_used)]

#[path = "vectors/format.rs"]
mod format;

use format::{
    Ballot, Credential, Decryption, File, Group, Hex, KeyCeremony, Run, Sealing, Tracker,
};
use psephos_crypto::{
    blind_signature::{self, CredentialError, RandomizedSignature, RsaPublicKey},
    group::{decode_point, EncodedPoint, GroupError},
};
use serde::{de::DeserializeOwned, Deserialize};

fn read<T: DeserializeOwned>(name: &str) -> T {
    // Asked for when the test runs: it may have been built in another checkout with the same target folder.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let path = format!("{package}/../../vectors/{name}.json");
    let text = std::fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Runs a file that has at least one case that is accepted and one that is refused.
fn run<C: Run + DeserializeOwned>(name: &str) {
    let file: File<C> = read(name);
    assert!(!file.cases.is_empty(), "{}", file.about);
    for case in &file.cases {
        assert_eq!(case.input.run(), case.expect, "{name}: {}", case.name);
    }
}

#[test]
fn group() {
    run::<Group>("group");
}

#[test]
fn ballot() {
    run::<Ballot>("ballot");
}

#[test]
fn tracker() {
    run::<Tracker>("tracker");
}

#[test]
fn key_ceremony() {
    run::<KeyCeremony>("key-ceremony");
}

#[test]
fn sealing() {
    run::<Sealing>("sealing");
}

#[test]
fn decryption() {
    run::<Decryption>("decryption");
}

#[test]
fn credential() {
    run::<Credential>("credential");
}

#[derive(Deserialize)]
struct Rfc9496 {
    multiples_of_the_generator: Vec<Hex>,
    invalid_encodings: Vec<InvalidEncoding>,
}

#[derive(Deserialize)]
struct InvalidEncoding {
    reason: String,
    encoding: Hex,
}

fn encoded(hex: &Hex) -> EncodedPoint {
    EncodedPoint(hex.0.as_slice().try_into().unwrap())
}

#[test]
fn rfc9496() {
    let vectors: Rfc9496 = read("rfc9496");
    let generator = decode_point(&encoded(&vectors.multiples_of_the_generator[1])).unwrap();
    let mut multiple = decode_point(&EncodedPoint::IDENTITY).unwrap();
    assert_eq!(vectors.multiples_of_the_generator.len(), 16);
    for encoding in vectors.multiples_of_the_generator.iter().map(encoded) {
        assert_eq!(EncodedPoint::from(&multiple), encoding);
        assert_eq!(decode_point(&encoding), Ok(multiple));
        multiple += generator;
    }
    assert_eq!(vectors.invalid_encodings.len(), 29);
    for InvalidEncoding { reason, encoding } in &vectors.invalid_encodings {
        assert_eq!(
            decode_point(&encoded(encoding)),
            Err(GroupError::PointEncoding),
            "{reason}"
        );
    }
}

#[derive(Deserialize)]
struct Rfc9474 {
    n: Hex,
    msg: Hex,
    msg_prefix: Hex,
    sig: Hex,
    /// The same key's signature of the variant with an empty salt.
    sig_of_zero_salt_variant: Hex,
    msg_prefix_of_zero_salt_variant: Hex,
}

#[test]
fn rfc9474() {
    let vector: Rfc9474 = read("rfc9474");
    let key = RsaPublicKey {
        modulus: vector.n.0.try_into().unwrap(),
    };
    let signature = |prefix: &Hex, signature: &Hex| RandomizedSignature {
        prefix: prefix.0.as_slice().try_into().unwrap(),
        signature: signature.0.clone().try_into().unwrap(),
    };
    let verify =
        |signature: &RandomizedSignature| blind_signature::verify(&key, &vector.msg.0, signature);
    assert_eq!(key.validate(), Ok(()));
    assert_eq!(verify(&signature(&vector.msg_prefix, &vector.sig)), Ok(()));
    let zero_salt = signature(
        &vector.msg_prefix_of_zero_salt_variant,
        &vector.sig_of_zero_salt_variant,
    );
    assert_eq!(verify(&zero_salt), Err(CredentialError::InvalidSignature));
}
