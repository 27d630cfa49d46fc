//! Ballots that pass whatever a relay can check: signed by their account, under a credential of the
//! one registrar of the tests' election. Their proofs are zeros, which only a node would tell.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex},
};

use codec::{Compact, Decode, Encode};
use psephos_client::{CastRules, ChainFacts, Signer};
use psephos_primitives::{
    wire::{BallotRegisterCall, Call, Extra},
    Ballot, BlockRange, Contest, Credential, District, DistrictId, ElectionId, Hash, Manifest,
    Registrar, RevotePolicy, Text,
};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{pem::PemObject, PrivateKeyDer},
    sign::SigningKey,
    SignatureScheme,
};
use sp_runtime::generic::Era;

use crate::node::genesis;

pub const ELECTION: u32 = 3;
pub const DISTRICT: u32 = 1;
/// What the tests' chain says is its runtime's code.
pub const CODE: &[u8] = b"code";

/// A key of nobody's, made for these tests. Credentials are ordinary RSASSA-PSS (PSE-CRD-4), so that
/// TLS's own signatures will do.
static REGISTRAR: LazyLock<Arc<dyn SigningKey>> = LazyLock::new(|| {
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("registrar.pem")).expect("is PEM");
    any_supported_type(&key).expect("is an RSA key")
});

/// What a ballot is made of, to be spoilt in one place.
#[derive(Clone)]
pub struct Cast {
    pub number: u32,
    pub election: u32,
    pub district: u32,
    pub era: Era,
    /// For each contest, how many options and how many branches of its sum proof.
    pub shape: Vec<(u32, u32)>,
    /// Whose signatures make the credential.
    pub registrars: Vec<u8>,
    /// For whom they are.
    pub holder: Option<[u8; 32]>,
    pub genesis: Hash,
}

impl Cast {
    /// Voter `number`'s good ballot.
    pub fn of(number: u32) -> Self {
        Self {
            number,
            election: ELECTION,
            district: DISTRICT,
            era: Era::Immortal,
            shape: vec![(2, 1)],
            registrars: vec![0],
            holder: None,
            genesis: genesis(),
        }
    }

    /// The extrinsic.
    pub fn encode(&self) -> Vec<u8> {
        let mut seed = [7; 32];
        seed[..4].copy_from_slice(&self.number.to_le_bytes());
        let signer = Signer::from_seed(&seed).expect("is a seed");
        let holder = self.holder.unwrap_or_else(|| *signer.account().as_ref());
        let call = Call::BallotRegister(BallotRegisterCall::Cast {
            election: ElectionId::from(self.election),
            district: DistrictId::from(self.district),
            credential: self.credential(&holder),
            ballot: self.ballot(),
        });
        let extra = Extra {
            era: self.era,
            nonce: 0,
        };
        let facts = ChainFacts {
            genesis_hash: self.genesis,
            ..facts()
        };
        signer.sign(call, extra, &facts.immortal()).encode()
    }

    fn credential(&self, holder: &[u8; 32]) -> Credential {
        const PREFIX: [u8; 32] = [5; 32];
        // As the specification has it (PSE-CRD-2), byte by byte.
        let message = (
            "psephos/v1/credential",
            genesis(),
            ELECTION,
            manifest().hash(),
            (self.district, holder),
        );
        let message = [&PREFIX[..], &message.encode()].concat();
        let signer = REGISTRAR.choose_scheme(&[SignatureScheme::RSA_PSS_SHA384]);
        let signature = signer.expect("RSA can").sign(&message).expect("signs");
        let signatures = self.registrars.iter();
        let signatures: Vec<_> = signatures.map(|name| (*name, PREFIX, &signature)).collect();
        decoded(&signatures.encode())
    }

    fn ballot(&self) -> Ballot {
        let contests = self.shape.iter().map(|(options, branches)| {
            let list = |length: u32, bytes: usize| {
                [Compact(length).encode(), vec![0; length as usize * bytes]].concat()
            };
            [list(*options, 64 + 224), list(*branches, 128)].concat()
        });
        let contests: Vec<_> = contests.collect();
        let length = Compact(contests.len() as u32).encode();
        decoded(&[length, contests.concat()].concat())
    }
}

/// Voter `n`'s ballot, the same whenever it is asked for: no signature is made twice.
pub fn ballot(n: u32) -> Vec<u8> {
    static MADE: Mutex<BTreeMap<u32, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("no test panics with the lock held");
    made.entry(n)
        .or_insert_with(|| Cast::of(n).encode())
        .clone()
}

/// What the tests' chain tells of itself.
pub fn facts() -> ChainFacts {
    ChainFacts {
        genesis_hash: genesis(),
        spec_version: 4,
        transaction_version: 2,
    }
}

/// What a relay of the tests' election takes.
pub fn rules() -> CastRules {
    CastRules::new(&manifest(), genesis(), ELECTION.into(), Some(facts()))
}

/// An election whose envelopes are of the smallest size.
pub fn manifest() -> Manifest {
    let text = |words: &str| Text::new(words).expect("is short");
    let contest = Contest {
        id: 1.into(),
        title: text("Shall it be?"),
        options: vec![text("yes"), text("no")].try_into().expect("are few"),
        min_selections: 1,
        max_selections: 1,
        blank_allowed: false,
    };
    let district = District {
        id: DISTRICT.into(),
        name: text("Everywhere"),
        contests: vec![contest].try_into().expect("are few"),
    };
    let registrar = Registrar {
        name: text("Registrar"),
        account: [8; 32].into(),
        keys: decoded(&vec![modulus()].encode()),
    };
    Manifest {
        title: text("Election"),
        districts: vec![district].try_into().expect("are few"),
        trustees: Default::default(),
        threshold: 2,
        registrars: vec![registrar].try_into().expect("are few"),
        quorum: 1,
        registration: BlockRange { start: 0, end: 1 },
        voting: BlockRange {
            start: 1,
            end: 10_000,
        },
        ceremony_stage: 1,
        revote: RevotePolicy::Forbidden,
        minimum_ballots: 1,
        relay_delay: 600,
        code_hash: psephos_primitives::hashing::blake2_256(CODE).into(),
    }
}

/// The registrar's: in a key as X.509 has it, it stands before the exponent.
fn modulus() -> Vec<u8> {
    const EXPONENT_BYTES: usize = 5;
    let key = REGISTRAR.public_key().expect("has a public part");
    let end = key.len() - EXPONENT_BYTES;
    key[end - 256..end].to_vec()
}

fn decoded<T: Decode>(mut bytes: &[u8]) -> T {
    T::decode(&mut bytes).expect("is well formed")
}
