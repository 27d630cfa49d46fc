//! Valid manifests of any size, for tests and benchmarks.

use alloc::{format, vec::Vec};

use psephos_crypto::blind_signature::RsaPublicKey;
use psephos_primitives::{
    AccountId, BlockNumber, BlockRange, Contest, ContestId, District, DistrictId, Hash, Manifest,
    Registrar, RevotePolicy, Text, Trustee,
};
use sp_runtime::BoundedVec;

/// Bytes of an RSA-2048 modulus.
const MODULUS_BYTES: usize = 256;

/// The size of an election.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many districts; their ids are 1, 2, ….
    pub districts: u32,
    /// How many contests in each; their ids are 1, 2, ….
    pub contests: u32,
    /// How many options in each of them.
    pub options: u32,
    /// How many trustees.
    pub trustees: u8,
    /// How many of them decrypt.
    pub threshold: u8,
    /// How many registrars.
    pub registrars: u8,
    /// How many of them make a credential.
    pub quorum: u8,
}

impl Default for Shape {
    /// Two districts with one contest of three options; 3 of 5 trustees, 2 of 3 registrars.
    fn default() -> Self {
        Self {
            districts: 2,
            contests: 1,
            options: 3,
            trustees: 5,
            threshold: 3,
            registrars: 3,
            quorum: 2,
        }
    }
}

/// The account of the trustee with this index, from 1.
pub fn trustee(index: u8) -> AccountId {
    AccountId::new([0x40 | index; 32])
}

/// The account of the registrar with this index, from 0.
pub fn registrar(index: u8) -> AccountId {
    AccountId::new([0xC0 | index; 32])
}

/// A modulus that no other registrar or district has. Nobody knows its factors.
fn modulus(registrar: u8, district: u32) -> RsaPublicKey {
    let mut bytes = Vec::from([0xFF; MODULUS_BYTES]);
    bytes[1] = registrar;
    bytes[2..6].copy_from_slice(&district.to_be_bytes());
    RsaPublicKey {
        modulus: BoundedVec::truncate_from(bytes),
    }
}

fn name(text: &str) -> Text {
    Text::new(text).expect("names here are neither blank nor long, and have no control characters")
}

impl Shape {
    /// A manifest of this size. Registration ends in `opening`, where voting begins for ten blocks.
    pub fn manifest(&self, opening: BlockNumber, code_hash: Hash) -> Manifest {
        Manifest {
            title: name("Sample"),
            districts: BoundedVec::truncate_from(
                (1..=self.districts).map(|id| self.district(id)).collect(),
            ),
            trustees: BoundedVec::truncate_from((1..=self.trustees).map(sample_trustee).collect()),
            threshold: self.threshold,
            registrars: BoundedVec::truncate_from(
                (0..self.registrars)
                    .map(|index| self.registrar(index))
                    .collect(),
            ),
            quorum: self.quorum,
            registration: BlockRange {
                start: 1,
                end: opening,
            },
            voting: BlockRange {
                start: opening,
                end: opening.saturating_add(10),
            },
            ceremony_stage: 10,
            revote: RevotePolicy::Forbidden,
            minimum_ballots: 0,
            relay_delay: 0,
            code_hash,
        }
    }

    fn district(&self, id: u32) -> District {
        District {
            id: DistrictId(id),
            name: name(&format!("District {id}")),
            contests: BoundedVec::truncate_from(
                (1..=self.contests).map(|id| self.contest(id)).collect(),
            ),
        }
    }

    fn contest(&self, id: u32) -> Contest {
        let options = (1..=self.options).map(|option| name(&format!("Option {option}")));
        Contest {
            id: ContestId(id),
            title: name(&format!("Contest {id}")),
            options: BoundedVec::truncate_from(options.collect()),
            min_selections: 0,
            max_selections: 1,
            blank_allowed: false,
        }
    }

    fn registrar(&self, index: u8) -> Registrar {
        Registrar {
            name: name(&format!("Registrar {index}")),
            account: registrar(index),
            keys: BoundedVec::truncate_from(
                (1..=self.districts)
                    .map(|district| modulus(index, district))
                    .collect(),
            ),
        }
    }
}

fn sample_trustee(index: u8) -> Trustee {
    Trustee {
        name: name(&format!("Trustee {index}")),
        account: trustee(index),
    }
}
