//! Headers, seals, state tries and justifications.

use std::collections::BTreeMap;

use codec::Encode;
use psephos_primitives::{
    limits::BALLOTS_PER_PAGE,
    tally::ElectionResult,
    validators::{ownership_statement, OwnershipProof, SessionKeys},
    wire::{signing_payload, Call, Extra, Extrinsic, Implicit, TimestampCall},
    AccountId, BallotRecord, ElectionId, Hash,
};
use psephos_verifier::{
    archive::{Block, Genesis, Runtime},
    state_proof::{ballot_page_key, genesis_keys, result_key},
    Header,
};
use sp_consensus_grandpa::{AuthorityId, Commit, GrandpaJustification, Precommit};
use sp_core::{ed25519, sr25519, Blake2Hasher, Pair};
use sp_runtime::{
    generic::{Digest, DigestItem, Era},
    traits::Header as _,
    MultiSignature,
};
use sp_trie::{LayoutV0, LayoutV1, MemoryDB, TrieConfiguration, TrieDBMutBuilder, TrieMut};

use super::{people::Official, ELECTION};

/// The runtime's code, longer than 32 bytes, so that the state holds its hash.
const CODE: [u8; 64] = [0xC0; 64];
/// `blake2_256` of [`CODE`].
pub const CODE_HASH: [u8; 32] = [
    0x4a, 0xea, 0xd4, 0xf0, 0x49, 0x67, 0xa9, 0x2c, 0xdf, 0x01, 0x29, 0x5e, 0x29, 0x92, 0xf5, 0x2c,
    0x80, 0x94, 0xda, 0x61, 0xa9, 0x32, 0x4d, 0xde, 0x32, 0x84, 0xaf, 0xc8, 0x98, 0x78, 0xa5, 0x81,
];
const FIRST_SLOT: u64 = 500_000_000;
const RUNTIME: Runtime = Runtime {
    spec_version: 100,
    transaction_version: 1,
};

/// What an organisation makes and finalises blocks with.
#[derive(Clone)]
pub struct Keys {
    pub aura: sr25519::Pair,
    pub grandpa: ed25519::Pair,
}

impl Keys {
    /// Those of a validator of this number; the first are those of block 0.
    pub fn new(index: usize) -> Self {
        Self {
            aura: sr25519::Pair::from_seed(&seed("aura", index)),
            grandpa: ed25519::Pair::from_seed(&seed("grandpa", index)),
        }
    }

    pub fn public(&self) -> SessionKeys {
        SessionKeys {
            aura: self.aura.public(),
            grandpa: self.grandpa.public(),
        }
    }

    pub fn proof(&self, organisation: &AccountId) -> OwnershipProof {
        let statement = ownership_statement(organisation);
        OwnershipProof {
            aura: self.aura.sign(&statement),
            grandpa: self.grandpa.sign(&statement),
        }
    }
}

/// Makes blocks.
#[derive(Clone)]
pub struct Builder {
    pub aura: Vec<sr25519::Pair>,
    pub grandpa: Vec<ed25519::Pair>,
    /// The number of the set that finalises.
    pub set: u64,
    /// What signatures cover.
    pub runtime: Runtime,
    /// What the next header says beside its slot.
    pub logs: Vec<DigestItem>,
    state: BTreeMap<Vec<u8>, Vec<u8>>,
    genesis: Header,
    pub head: Header,
    pub slot: u64,
    nonces: BTreeMap<AccountId, u32>,
    /// Motions that the consortium has numbered so far.
    pub motions: u32,
}

fn seed(name: &str, index: usize) -> [u8; 32] {
    psephos_primitives::hashing::blake2_256(&(name, index as u32).encode())
}

impl Builder {
    pub fn new(members: &[Official]) -> Self {
        let keys: Vec<_> = (0..members.len()).map(Keys::new).collect();
        let aura: Vec<_> = keys.iter().map(|own| own.aura.clone()).collect();
        let grandpa: Vec<_> = keys.iter().map(|own| own.grandpa).collect();
        let [grandpa_key, aura_key, members_key, code_key, session_key] = genesis_keys();
        let authorities: Vec<_> = grandpa.iter().map(|pair| (pair.public(), 1u64)).collect();
        let authors: Vec<_> = aura.iter().map(|pair| pair.public()).collect();
        let members: Vec<_> = members.iter().map(Official::account).collect();
        let organisations: Vec<_> = members.iter().zip(keys.iter().map(Keys::public)).collect();
        let session = organisations.encode();
        let state = BTreeMap::from([
            (grandpa_key, authorities.encode()),
            (aura_key, authors.encode()),
            (members_key, members.encode()),
            (code_key, CODE.to_vec()),
            (session_key, session),
        ]);
        let genesis = genesis_header(&state);
        Self {
            aura,
            grandpa,
            set: 0,
            runtime: RUNTIME,
            logs: Vec::new(),
            state,
            head: genesis.clone(),
            genesis,
            slot: FIRST_SLOT,
            nonces: BTreeMap::new(),
            motions: 0,
        }
    }

    /// Changes a value of block 0's state; to be called before anything else.
    pub fn with_state(mut self, key: &[u8], value: Vec<u8>) -> Self {
        self.state.insert(key.to_vec(), value);
        self.genesis = genesis_header(&self.state);
        self.head = self.genesis.clone();
        self
    }

    pub fn genesis(&self) -> Genesis {
        let keys = genesis_keys();
        Genesis {
            header: self.genesis.clone(),
            spec_version: RUNTIME.spec_version,
            transaction_version: RUNTIME.transaction_version,
            proof: prove(&self.state, &keys),
        }
    }

    pub fn genesis_hash(&self) -> Hash {
        self.genesis.hash()
    }

    /// The state from the next block on holds this result.
    pub fn publish(&mut self, result: &ElectionResult) {
        self.state.insert(result_key(ELECTION), result.encode());
    }

    /// The state from the next block on holds this page of an election's ballots.
    pub fn record(&mut self, election: ElectionId, page: u32, records: &[BallotRecord]) {
        let key = ballot_page_key(election, page * BALLOTS_PER_PAGE);
        self.state.insert(key, records.encode());
    }

    pub fn ballot_proof(&self, election: ElectionId, index: u32) -> Vec<Vec<u8>> {
        prove(&self.state, &[ballot_page_key(election, index)])
    }

    pub fn result_proof(&self) -> Vec<Vec<u8>> {
        prove(&self.state, &[result_key(ELECTION)])
    }

    pub fn time(&self) -> u64 {
        (self.slot + 1) * 3_000 + 17
    }

    /// The next block: its time, then these extrinsics.
    pub fn block(&mut self, extrinsics: Vec<Vec<u8>>) -> Block {
        let now = self.time();
        let time = Extrinsic::Unsigned(Call::Timestamp(TimestampCall::Set { now })).encode();
        self.block_of([vec![time], extrinsics].concat())
    }

    /// The next block, with exactly these extrinsics.
    pub fn block_of(&mut self, extrinsics: Vec<Vec<u8>>) -> Block {
        self.slot += 1;
        let header = self.seal(self.unsealed(&extrinsics));
        self.logs.clear();
        self.head = header.clone();
        Block { header, extrinsics }
    }

    /// The next header, without its seal.
    pub fn unsealed(&self, extrinsics: &[Vec<u8>]) -> Header {
        let slot = DigestItem::PreRuntime(*b"aura", self.slot.encode());
        Header::new(
            self.head.number + 1,
            LayoutV0::<Blake2Hasher>::ordered_trie_root(extrinsics),
            trie(&self.state).1,
            self.head.hash(),
            Digest {
                logs: [vec![slot], self.logs.clone()].concat(),
            },
        )
    }

    /// Seals a header by the authority whose slot it is.
    pub fn seal(&self, mut header: Header) -> Header {
        let author = &self.aura[self.slot as usize % self.aura.len()];
        let seal = author.sign(header.hash().as_bytes()).encode();
        header.digest.push(DigestItem::Seal(*b"aura", seal));
        header
    }

    pub fn implicit(&self) -> Implicit {
        Implicit {
            spec_version: self.runtime.spec_version,
            transaction_version: self.runtime.transaction_version,
            genesis_hash: self.genesis_hash(),
            mortality_hash: self.genesis_hash(),
        }
    }

    /// An official's next message.
    pub fn official(&mut self, official: &Official, call: Call) -> Vec<u8> {
        let next = self.nonces.entry(official.account()).or_default();
        let nonce = *next;
        *next += 1;
        self.sign(&official.pair, nonce, call)
    }

    pub fn sign(&self, pair: &sr25519::Pair, nonce: u32, call: Call) -> Vec<u8> {
        self.sign_for(
            pair,
            Extra {
                era: Era::Immortal,
                nonce,
            },
            &self.implicit(),
            call,
        )
    }

    pub fn sign_for(
        &self,
        pair: &sr25519::Pair,
        extra: Extra,
        implicit: &Implicit,
        call: Call,
    ) -> Vec<u8> {
        let signature = pair.sign(&signing_payload(&call, &extra, implicit));
        Extrinsic::Signed {
            signer: AccountId::new(pair.public().0),
            signature: MultiSignature::Sr25519(signature),
            extra,
            call,
        }
        .encode()
    }

    /// GRANDPA's justification of the last block by all authorities.
    pub fn justify_all(&self) -> Vec<u8> {
        let all: Vec<_> = (0..self.grandpa.len()).collect();
        self.justify(&all)
    }

    /// The next header announces that these take over; Aura's list only if it differs. What the old
    /// ones sign is up to [`Self::take_over`].
    pub fn announce(&mut self, next: &[Keys]) {
        let authors: Vec<_> = next.iter().map(|own| own.aura.public()).collect();
        let voters: Vec<_> = next
            .iter()
            .map(|own| (own.grandpa.public(), 1u64))
            .collect();
        let before: Vec<_> = self.aura.iter().map(|own| own.public()).collect();
        if authors != before {
            let log = DigestItem::Consensus(*b"aura", (1u8, authors).encode());
            self.logs.push(log);
        }
        let log = DigestItem::Consensus(*b"FRNK", (1u8, voters, 0u32).encode());
        self.logs.push(log);
    }

    /// These make and finalise all blocks from here on.
    pub fn take_over(&mut self, next: &[Keys]) {
        self.aura = next.iter().map(|own| own.aura.clone()).collect();
        self.grandpa = next.iter().map(|own| own.grandpa).collect();
        self.set += 1;
    }

    /// GRANDPA's justification of the last block by these authorities, made with GRANDPA's own types.
    pub fn justify(&self, voters: &[usize]) -> Vec<u8> {
        self.justification(voters).encode()
    }

    pub fn justification(&self, voters: &[usize]) -> GrandpaJustification<Header> {
        let (target_hash, target_number) = (self.head.hash(), self.head.number);
        let round = 7;
        let precommit = Precommit::<Header> {
            target_hash,
            target_number,
        };
        let message = sp_consensus_grandpa::Message::<Header>::Precommit(precommit.clone());
        let payload = sp_consensus_grandpa::localized_payload(round, self.set, &message);
        let mut commit = Commit::<Header> {
            target_hash,
            target_number,
            precommits: Vec::new(),
        };
        commit.precommits.extend(voters.iter().map(|voter| {
            let pair = &self.grandpa[*voter];
            codec::DecodeAll::decode_all(
                &mut &(
                    &precommit,
                    pair.sign(&payload),
                    AuthorityId::from(pair.public()),
                )
                    .encode()[..],
            )
            .expect("a signed precommit is its parts")
        }));
        GrandpaJustification {
            round,
            commit,
            votes_ancestries: vec![],
        }
    }
}

type State = BTreeMap<Vec<u8>, Vec<u8>>;

fn genesis_header(state: &State) -> Header {
    let no_extrinsics = LayoutV0::<Blake2Hasher>::ordered_trie_root(Vec::<Vec<u8>>::new());
    let root = trie(state).1;
    Header::new(0, no_extrinsics, root, Hash::zero(), Digest::default())
}

fn trie(state: &State) -> (MemoryDB<Blake2Hasher>, Hash) {
    let (mut db, mut root) = (MemoryDB::default(), Hash::default());
    let mut trie = TrieDBMutBuilder::<LayoutV1<Blake2Hasher>>::new(&mut db, &mut root).build();
    for (key, value) in state {
        trie.insert(key, value).expect("memory can be written");
    }
    drop(trie);
    (db, root)
}

/// The nodes that prove these keys.
fn prove(state: &State, keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let (db, root) = trie(state);
    let mut recorder = sp_trie::Recorder::<LayoutV1<Blake2Hasher>>::new();
    for key in keys {
        sp_trie::read_trie_value::<LayoutV1<Blake2Hasher>, _>(
            &db,
            &root,
            key,
            Some(&mut recorder),
            None,
        )
        .expect("the trie is whole");
    }
    let nodes = recorder.drain().into_iter().map(|record| record.data);
    sp_trie::StorageProof::new(nodes)
        .into_iter_nodes()
        .collect()
}
