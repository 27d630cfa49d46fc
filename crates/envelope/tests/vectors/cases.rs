//! The cases of `vectors/envelope.json`, from a fixed seed.

use psephos_envelope::{open, seal, EnvelopeContext, EnvelopeSize, Hop, Opened, RelayKey};
use psephos_primitives::{ElectionId, Hash};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

const SIZE: EnvelopeSize = EnvelopeSize::Small;
const ADDRESSES: [&str; 3] = [
    "https://one.example",
    "https://two.example:8443",
    "https://three.example/relay",
];

/// All cases.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub about: String,
    pub cases: Vec<Case>,
}

/// An envelope that one relay is given.
#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// Of the election that the relay serves: its chain and its number.
    pub genesis_hash: String,
    pub election: u32,
    /// The relay's X25519 secret key, in hexadecimal as all bytes here.
    pub secret_key: String,
    pub envelope: String,
    pub expect: Expect,
}

/// What the relay finds.
#[derive(Clone, Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expect {
    Forward {
        address: String,
        envelope: String,
    },
    Deliver {
        extrinsic: String,
    },
    /// The error, as Rust prints it.
    Error(String),
}

impl Case {
    /// What opening gives here and now.
    pub fn found(&self) -> Expect {
        let secret: [u8; 32] = hex::decode(&self.secret_key).unwrap().try_into().unwrap();
        let key = RelayKey::from_bytes(&secret).unwrap();
        let genesis: [u8; 32] = hex::decode(&self.genesis_hash).unwrap().try_into().unwrap();
        let context = EnvelopeContext {
            genesis_hash: genesis.into(),
            election: ElectionId(self.election),
        };
        match open(&key, &context, &hex::decode(&self.envelope).unwrap()) {
            Ok(Opened::Forward { address, envelope }) => Expect::Forward {
                address,
                envelope: hex::encode(envelope),
            },
            Ok(Opened::Deliver { extrinsic }) => Expect::Deliver {
                extrinsic: hex::encode(extrinsic),
            },
            Err(error) => Expect::Error(format!("{error:?}")),
        }
    }
}

fn context() -> EnvelopeContext {
    EnvelopeContext {
        genesis_hash: Hash::repeat_byte(0x11),
        election: ElectionId(3),
    }
}

fn case(name: &str, key: &RelayKey, envelope: &[u8]) -> Case {
    case_of(&context(), name, key, envelope)
}

fn case_of(context: &EnvelopeContext, name: &str, key: &RelayKey, envelope: &[u8]) -> Case {
    let mut case = Case {
        name: name.into(),
        genesis_hash: hex::encode(context.genesis_hash),
        election: context.election.get(),
        secret_key: hex::encode(key.to_bytes().as_slice()),
        envelope: hex::encode(envelope),
        expect: Expect::Error(String::new()),
    };
    case.expect = case.found();
    case
}

/// The file, made anew.
pub fn make() -> File {
    let mut rng = ChaCha20Rng::from_seed(*b"psephos envelopes, test vectors ");
    let keys: Vec<_> = ADDRESSES
        .iter()
        .map(|_| RelayKey::generate(&mut rng))
        .collect();
    let hop = |(key, address): (&RelayKey, &&'static str)| Hop {
        public_key: key.public_key(),
        address,
    };
    let path: Vec<_> = keys.iter().zip(&ADDRESSES).map(hop).collect();
    let extrinsic = b"not a ballot, but as good as one for this purpose";
    let first = seal(&context(), SIZE, &path, extrinsic, &mut rng).unwrap();
    let next = |key, envelope: &[u8]| match open(key, &context(), envelope).unwrap() {
        Opened::Forward { envelope, .. } => envelope,
        Opened::Deliver { .. } => panic!("the last of three relays only delivers"),
    };
    let second = next(&keys[0], &first);
    let third = next(&keys[1], &second);
    let flipped = |at: usize| {
        let mut changed = second.clone();
        changed[at] ^= 1;
        changed
    };
    let empty = seal(&context(), SIZE, &path[..1], b"", &mut rng).unwrap();
    let cases = vec![
        case("the first of three relays", &keys[0], &first),
        case("the second of three relays", &keys[1], &second),
        case("the last of three relays", &keys[2], &third),
        case(
            "a path of one relay, an extrinsic of no bytes",
            &keys[0],
            &empty,
        ),
        case("an envelope for another relay", &keys[2], &second),
        case("the encapsulated key is changed", &keys[1], &flipped(0)),
        case("the sealed route is changed", &keys[1], &flipped(100)),
        case(
            "a slot of a later relay is changed",
            &keys[1],
            &flipped(300),
        ),
        case(
            "the slot that the relay before appended is changed",
            &keys[1],
            &flipped(1_279),
        ),
        case("the body is changed", &keys[1], &flipped(SIZE.bytes() - 1)),
        case_of(
            &EnvelopeContext {
                election: ElectionId(4),
                ..context()
            },
            "an envelope of another election",
            &keys[1],
            &second,
        ),
        case_of(
            &EnvelopeContext {
                genesis_hash: Hash::repeat_byte(0x12),
                ..context()
            },
            "an envelope of another chain",
            &keys[1],
            &second,
        ),
        case("a byte is missing", &keys[1], &second[..SIZE.bytes() - 1]),
        case("no bytes", &keys[1], &[]),
    ];
    File {
        about:
            "Envelopes and what a relay finds in them (PSE-RLY-3 to PSE-RLY-5); written by `cargo \
                run --release -p psephos-envelope --example make-envelope-vectors`"
                .into(),
        cases,
    }
}
