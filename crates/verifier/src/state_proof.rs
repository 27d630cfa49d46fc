//! Reads of the chain's state that a block header proves: the genesis facts and the result.

use std::collections::BTreeSet;

use codec::{Decode, DecodeAll};
use psephos_primitives::{
    limits::BALLOTS_PER_PAGE, tally::ElectionResult, AccountId, BallotRecord, ElectionId, Hash,
};
use sp_core::{ed25519, sr25519, storage::well_known_keys::CODE};
use sp_crypto_hashing::{blake2_256, twox_128};
use sp_trie::{read_trie_value, LayoutV1, MemoryDB, StorageProof};

use crate::{
    archive::{Genesis, Runtime},
    hashing::Blake2,
    validators::Organisation,
    Header,
};

/// What a read under a state root came to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateProofError {
    /// The nodes do not lead from the root to the key, or hold something else.
    #[error("{item}: the proof does not lead to it from the state root")]
    Incomplete {
        /// What was to be read.
        item: &'static str,
    },
    /// There is no such value in the state.
    #[error("{item}: the state holds no such value")]
    Absent {
        /// What was to be read.
        item: &'static str,
    },
    /// The value is not what it should be.
    #[error("{item}: the value does not decode")]
    Encoding {
        /// What was to be read.
        item: &'static str,
    },
    /// Two values of the state contradict each other.
    #[error("{item}: not those of the organisations' session keys")]
    Disagreement {
        /// What is not as the session keys say.
        item: &'static str,
    },
    /// Nobody could author or finalise a block.
    #[error("{item}: there are none")]
    Empty {
        /// What was to be read.
        item: &'static str,
    },
}

const GRANDPA: &str = "GRANDPA authorities";
const AURA: &str = "Aura authorities";
const CONSORTIUM: &str = "consortium members";
const SESSION: &str = "session keys";
const RUNTIME_CODE: &str = "runtime code";
const RESULT: &str = "election result";
const BALLOT: &str = "ballot record";

fn storage_value(pallet: &str, item: &str) -> Vec<u8> {
    [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

/// The state keys that an archive's genesis proves (PSE-ARC-2).
pub fn genesis_keys() -> [Vec<u8>; 5] {
    [
        grandpa_key(),
        storage_value("Aura", "Authorities"),
        storage_value("Consortium", "Members"),
        CODE.to_vec(),
        storage_value("Session", "QueuedKeys"),
    ]
}

/// The state key of the authorities that finalise blocks (PSE-RCP-2).
pub fn grandpa_key() -> Vec<u8> {
    storage_value("Grandpa", "Authorities")
}

/// The state key of the page with an election's ballot of this index (PSE-BAL-7).
pub fn ballot_page_key(election: ElectionId, index: u32) -> Vec<u8> {
    let mut key = storage_value("BallotRegister", "BallotPages");
    key.extend(election.get().to_le_bytes());
    key.extend((index / BALLOTS_PER_PAGE).to_le_bytes());
    key
}

/// The state key of an election's result (PSE-ARC-4).
pub fn result_key(election: ElectionId) -> Vec<u8> {
    let mut key = storage_value("BallotRegister", "Results");
    key.extend(election.get().to_le_bytes());
    key
}

/// What an audit takes from block 0, and nowhere else (PSE-AUD-1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenesisFacts {
    /// The header of block 0.
    pub header: Header,
    /// What every signature covers, beside the hash of that header.
    pub runtime: Runtime,
    /// The consortium's members, with the keys by which they make and finalise blocks.
    pub organisations: Vec<Organisation>,
    /// `blake2_256` of the runtime's code.
    pub code_hash: Hash,
}

impl GenesisFacts {
    /// Takes the facts from the state that the header of block 0 commits to (PSE-AUD-1).
    pub fn prove(genesis: &Genesis) -> Result<Self, StateProofError> {
        let state = ProvenState::new(genesis.header.state_root, &genesis.proof);
        let [grandpa, aura, consortium, code, session] = genesis_keys();
        let grandpa: Vec<(ed25519::Public, u64)> = state.list(&grandpa, GRANDPA)?;
        let aura: Vec<sr25519::Public> = state.list(&aura, AURA)?;
        let consortium: Vec<AccountId> = state.list(&consortium, CONSORTIUM)?;
        let organisations: Vec<Organisation> = state.list(&session, SESSION)?;
        let accounts = |all: &[AccountId]| all.iter().cloned().collect::<BTreeSet<_>>();
        let members: Vec<_> = organisations.iter().map(|(own, _)| own.clone()).collect();
        let all = organisations.iter();
        let agree = [
            (
                GRANDPA,
                grandpa
                    .into_iter()
                    .eq(all.clone().map(|(_, keys)| (keys.grandpa, 1))),
            ),
            (AURA, aura.into_iter().eq(all.map(|(_, keys)| keys.aura))),
            (
                CONSORTIUM,
                accounts(&consortium) == accounts(&members) && consortium.len() == members.len(),
            ),
        ];
        if let Some((item, _)) = agree.into_iter().find(|(_, agree)| !agree) {
            return Err(StateProofError::Disagreement { item });
        }
        Ok(Self {
            header: genesis.header.clone(),
            runtime: Runtime {
                spec_version: genesis.spec_version,
                transaction_version: genesis.transaction_version,
            },
            organisations,
            code_hash: blake2_256(&state.value(&code, RUNTIME_CODE)?).into(),
        })
    }
}

/// The election's result in the state with this root; none if the state provably holds none (PSE-AUD-18).
pub fn result(
    state_root: Hash,
    proof: &[Vec<u8>],
    election: ElectionId,
) -> Result<Option<ElectionResult>, StateProofError> {
    ProvenState::new(state_root, proof)
        .read(&result_key(election), RESULT)?
        .map(|bytes| {
            ElectionResult::decode_all(&mut &bytes[..])
                .map_err(|_| StateProofError::Encoding { item: RESULT })
        })
        .transpose()
}

/// Who finalises blocks, and with what weight, in the state with this root (PSE-RCP-2).
pub fn grandpa_authorities(
    state_root: Hash,
    proof: &[Vec<u8>],
) -> Result<Vec<(ed25519::Public, u64)>, StateProofError> {
    ProvenState::new(state_root, proof).list(&grandpa_key(), GRANDPA)
}

/// The record of an election's ballot of this index in the state with this root (PSE-RCP-4).
pub fn ballot(
    state_root: Hash,
    proof: &[Vec<u8>],
    election: ElectionId,
    index: u32,
) -> Result<BallotRecord, StateProofError> {
    let page: Vec<BallotRecord> =
        ProvenState::new(state_root, proof).list(&ballot_page_key(election, index), BALLOT)?;
    page.into_iter()
        .nth((index % BALLOTS_PER_PAGE) as usize)
        .ok_or(StateProofError::Absent { item: BALLOT })
}

/// As much of a state as the nodes at hand show. The trie's second layout reads the first, too.
struct ProvenState {
    root: Hash,
    nodes: MemoryDB<Blake2>,
}

impl ProvenState {
    fn new(root: Hash, proof: &[Vec<u8>]) -> Self {
        let nodes = StorageProof::new(proof.iter().cloned()).into_memory_db();
        Self { root, nodes }
    }

    fn read(&self, key: &[u8], item: &'static str) -> Result<Option<Vec<u8>>, StateProofError> {
        read_trie_value::<LayoutV1<Blake2>, _>(&self.nodes, &self.root, key, None, None)
            .map_err(|_| StateProofError::Incomplete { item })
    }

    fn value(&self, key: &[u8], item: &'static str) -> Result<Vec<u8>, StateProofError> {
        self.read(key, item)?
            .ok_or(StateProofError::Absent { item })
    }

    fn list<T: Decode>(&self, key: &[u8], item: &'static str) -> Result<Vec<T>, StateProofError> {
        let bytes = self.value(key, item)?;
        let list = Vec::<T>::decode_all(&mut &bytes[..])
            .map_err(|_| StateProofError::Encoding { item })?;
        if list.is_empty() {
            return Err(StateProofError::Empty { item });
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITIES: &str = "5e0621c4869aa60c02be9adcc98a0d1d";
    const BALLOT_REGISTER: &str = "55ae01faff47516505bb420ce45dbf05";

    /// The hashes are those that `xxhashAsHex(name, 128)` of `@polkadot/util-crypto` gives: whatever the
    /// code reads, tests that write a state by the same code would find it there.
    #[test]
    fn keys_are_the_chains() {
        let genesis = [
            format!("5f9cc45b7a00c5899361e1c6099678dc{AUTHORITIES}"),
            format!("57f8dc2f5ab09467896f47300f042438{AUTHORITIES}"),
            "5bb421b7c3d48cbf791b03e020c9ea0dba7fb8745735dc3be2a2c61a72c39e78".into(),
            // ":code"
            "3a636f6465".into(),
            "cec5070d609dd3497f72bde07fc96ba0e0cdd062e6eaf24295ad4ccfc41d4609".into(),
        ];
        assert_eq!(genesis_keys().map(hex::encode), genesis);
        let page = |election, index| hex::encode(ballot_page_key(ElectionId(election), index));
        let pages = format!("{BALLOT_REGISTER}1c5015767226a4d3cbe87f54a491299f");
        for (index, number) in [(0, "00000000"), (63, "00000000"), (64, "01000000")] {
            assert_eq!(page(0x0102, index), format!("{pages}02010000{number}"));
        }
        assert_eq!(page(7, 64 * 0x0304), format!("{pages}0700000004030000"));
        let results = format!("{BALLOT_REGISTER}02350fb844c5a76569658628bd44c53e07000000");
        assert_eq!(hex::encode(result_key(ElectionId(7))), results);
    }
}
