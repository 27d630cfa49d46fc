//! Honest values to compare with: the vectors of the project.

use codec::DecodeAll;
use psephos_crypto::{group::EncodedPoint, transcript::Context};
use serde_json::Value;

/// The vectors that targets use.
#[derive(Clone, Copy, Debug)]
pub enum File {
    /// `vectors/ballot.json`
    Ballot,
    /// `vectors/credential.json`
    Credential,
    /// `vectors/decryption.json`
    Decryption,
    /// `vectors/envelope.json`
    Envelope,
    /// `vectors/key-ceremony.json`
    KeyCeremony,
    /// `vectors/sealing.json`
    Sealing,
}

/// A case of a vector file.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    value: Value,
}

/// The cases of a file, in their order.
pub fn cases(file: File) -> Vec<Case> {
    let text = match file {
        File::Ballot => include_str!("../../vectors/ballot.json"),
        File::Credential => include_str!("../../vectors/credential.json"),
        File::Decryption => include_str!("../../vectors/decryption.json"),
        File::Envelope => include_str!("../../vectors/envelope.json"),
        File::KeyCeremony => include_str!("../../vectors/key-ceremony.json"),
        File::Sealing => include_str!("../../vectors/sealing.json"),
    };
    let file: Value = serde_json::from_str(text).expect("vectors are JSON");
    let cases = file["cases"].as_array().expect("vectors have cases");
    let case = |case: &Value| Case {
        name: case["name"].as_str().unwrap_or_default().into(),
        // Envelopes' have no part of their own for what goes in.
        value: case.get("input").unwrap_or(case).clone(),
    };
    cases.iter().map(case).collect()
}

/// A case by its name.
pub fn case(file: File, name: &str) -> Case {
    let mut cases = cases(file).into_iter();
    cases
        .find(|case| case.name == name)
        .unwrap_or_else(|| panic!("{file:?} has no case \"{name}\""))
}

impl Case {
    /// A field, whatever it holds.
    pub fn field(&self, name: &str) -> &Value {
        &self.value[name]
    }

    /// Whether there is such a field.
    pub fn has(&self, name: &str) -> bool {
        self.value.get(name).is_some()
    }

    /// A field of hexadecimal digits.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let digits = self.value[name].as_str().expect("is a text");
        hex::decode(digits).expect("is hexadecimal")
    }

    /// A field of a certain length.
    pub fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().expect("has its length")
    }

    /// A field of the codec.
    pub fn scale<T: DecodeAll>(&self, name: &str) -> T {
        T::decode_all(&mut &self.bytes(name)[..]).expect("decodes")
    }

    /// A number.
    pub fn number(&self, name: &str) -> u32 {
        let number = self.value[name].as_u64().and_then(|n| n.try_into().ok());
        number.expect("is a number")
    }

    /// A group element.
    pub fn point(&self, name: &str) -> EncodedPoint {
        EncodedPoint(self.array(name))
    }

    /// Chain, election and manifest.
    pub fn context(&self) -> Context {
        let context = Self {
            name: self.name.clone(),
            value: self.value["context"].clone(),
        };
        Context {
            genesis_hash: context.array("genesis_hash"),
            election: context.number("election"),
            manifest_hash: context.array("manifest_hash"),
        }
    }
}
