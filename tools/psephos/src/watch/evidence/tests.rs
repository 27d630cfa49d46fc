//! Each finding, made up by authorities that are known here: found, kept, read again and proved; and
//! what proves nothing.

use std::collections::BTreeMap;

use codec::Encode;
use psephos_client::{Block, Signer};
use psephos_primitives::{wire::Extra, Ballot, Credential};
use sp_core::ed25519;
use sp_runtime::{
    generic::{Digest, DigestItem, Era},
    traits::Header as _,
};
use sp_trie::{MemoryDB, TrieDBMutBuilder, TrieMut};

use super::*;
use crate::{
    consortium::organisations::read_evidence,
    testing,
    watch::{
        authors::Authors,
        ballots::{too_many, Ballots},
        finality::{Finality, Lag},
    },
};

mod handovers;

type State = BTreeMap<Vec<u8>, Vec<u8>>;

const FIRST_SLOT: u64 = 600;
const VERSIONS: (u32, u32) = (100, 1);

/// A chain of three validators.
struct Chain {
    authors: Vec<sr25519::Pair>,
    voters: Vec<ed25519::Pair>,
    genesis: ProvenHeader,
    handovers: Vec<Handover>,
}

fn trie(state: &State) -> (MemoryDB<BlakeTwo256>, Hash) {
    let (mut database, mut root) = (MemoryDB::default(), Hash::default());
    let mut trie = TrieDBMutBuilder::<LayoutV1<BlakeTwo256>>::new(&mut database, &mut root).build();
    for (key, value) in state {
        trie.insert(key, value).expect("memory can be written");
    }
    drop(trie);
    (database, root)
}

fn prove(state: &State, keys: &[Vec<u8>]) -> Vec<Bytes> {
    let (database, root) = trie(state);
    let mut recorder = sp_trie::Recorder::<LayoutV1<BlakeTwo256>>::new();
    for key in keys {
        let read = read_trie_value::<LayoutV1<BlakeTwo256>, _>(
            &database,
            &root,
            key,
            Some(&mut recorder),
            None,
        );
        read.expect("the trie is whole");
    }
    let nodes = recorder.drain().into_iter().map(|record| record.data);
    StorageProof::new(nodes)
        .into_iter_nodes()
        .map(Bytes)
        .collect()
}

impl Chain {
    fn new() -> Self {
        let authors: Vec<_> = (1..4).map(|i| sr25519::Pair::from_seed(&[i; 32])).collect();
        let voters: Vec<_> = (1..4).map(|i| ed25519::Pair::from_seed(&[i; 32])).collect();
        let publics: Vec<_> = authors.iter().map(|pair| pair.public()).collect();
        let weights: Vec<_> = voters.iter().map(|pair| (pair.public(), 1u64)).collect();
        let state = BTreeMap::from([
            (authors_key(), publics.encode()),
            (grandpa_key(), weights.encode()),
        ]);
        let header = Header::new(
            0,
            Hash::zero(),
            trie(&state).1,
            Hash::zero(),
            Digest::default(),
        );
        Self {
            authors,
            voters,
            genesis: ProvenHeader {
                header,
                proof: prove(&state, &genesis_keys()),
            },
            handovers: Vec::new(),
        }
    }

    /// The same chain after its validators have handed over to as many others, from this number on,
    /// with this block; and that block.
    fn hand_over(&self, first: u8, slot: u64, parent: &Header) -> (Self, Header) {
        let seeds = first..first + self.authors.len() as u8;
        let authors: Vec<_> = seeds
            .clone()
            .map(|i| sr25519::Pair::from_seed(&[i; 32]))
            .collect();
        let voters: Vec<_> = seeds.map(|i| ed25519::Pair::from_seed(&[i; 32])).collect();
        let publics: Vec<_> = authors.iter().map(|pair| pair.public()).collect();
        let weights: Vec<_> = voters.iter().map(|pair| (pair.public(), 1u64)).collect();
        let logs = vec![
            DigestItem::Consensus(*b"aura", (1u8, publics).encode()),
            DigestItem::Consensus(*b"FRNK", (1u8, weights, 0u32).encode()),
        ];
        let header = self
            .block_that_says(logs, slot, parent, &[], &State::new())
            .header;
        let handover = Handover {
            header: header.clone(),
            justification: Bytes(self.justification(9, &header, &[0, 1, 2])),
        };
        let chain = Self {
            authors,
            voters,
            genesis: self.genesis.clone(),
            handovers: [&self.handovers[..], &[handover]].concat(),
        };
        (chain, header)
    }

    fn hash(&self) -> Hash {
        self.genesis.header.hash()
    }

    fn authorities(&self) -> Authorities {
        let first = Authorities::prove(&self.genesis).expect("block 0 proves them");
        self.handovers.iter().fold(first, |before, handover| {
            before.next(handover).expect("they have handed over")
        })
    }

    /// A block of this slot with this body and state, sealed.
    fn block(&self, slot: u64, parent: &Header, body: &[Vec<u8>], state: &State) -> Block {
        self.block_that_says(Vec::new(), slot, parent, body, state)
    }

    fn block_that_says(
        &self,
        logs: Vec<DigestItem>,
        slot: u64,
        parent: &Header,
        body: &[Vec<u8>],
        state: &State,
    ) -> Block {
        let root = BlakeTwo256::ordered_trie_root(body.to_vec(), StateVersion::V0);
        let slot_item = DigestItem::PreRuntime(*b"aura", slot.encode());
        let logs = [vec![slot_item], logs].concat();
        let mut header = Header::new(
            parent.number + 1,
            root,
            trie(state).1,
            parent.hash(),
            Digest { logs },
        );
        let author = &self.authors[(slot % 3) as usize];
        let seal = author.sign(header.hash().as_bytes()).encode();
        header.digest.push(DigestItem::Seal(*b"aura", seal));
        Block {
            hash: header.hash(),
            header,
            extrinsics: body.to_vec(),
            justification: None,
        }
    }

    fn empty(&self, slot: u64, parent: &Header) -> Block {
        self.block(slot, parent, &[], &State::new())
    }

    fn vote(&self, voter: usize, round: u64, target: Target) -> Precommit {
        let pair = &self.voters[voter];
        Precommit {
            target,
            signature: pair.sign(&(1u8, target, round, self.handovers.len() as u64).encode()),
            authority: pair.public(),
        }
    }

    fn justification(&self, round: u64, header: &Header, voters: &[usize]) -> Vec<u8> {
        let target = Target {
            hash: header.hash(),
            number: header.number,
        };
        let votes: Vec<_> = voters
            .iter()
            .map(|voter| self.vote(*voter, round, target))
            .collect();
        (round, target, votes, Vec::<Header>::new()).encode()
    }

    /// What becomes of a finding when it is written, read and checked.
    fn evidence(&self, finding: &Finding) -> Evidence {
        Evidence {
            format: FORMAT.into(),
            genesis: self.genesis.clone(),
            handovers: self.handovers.clone(),
            nodes: vec!["ws://127.0.0.1:9944".into()],
            found: 1,
            finding: finding.clone(),
        }
    }

    fn check(&self, finding: &Finding) -> Result<String, EvidenceError> {
        let evidence = self.evidence(finding);
        let text = serde_json::to_string(&evidence).expect("evidence is JSON");
        let read: Evidence = serde_json::from_str(&text).expect("evidence is JSON");
        assert_eq!(read, evidence);
        read.check(self.hash()).map(|proved| proved.words)
    }

    fn refuted(&self, finding: &Finding) -> String {
        match self.check(finding) {
            Err(EvidenceError::Refuted { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn two_blocks_in_one_slot_are_found_and_proved() {
    let chain = Chain::new();
    let genesis = &chain.genesis.header;
    let first = chain.empty(FIRST_SLOT, genesis).header;
    let state = State::from([(vec![1], vec![2])]);
    let second = chain.block(FIRST_SLOT, genesis, &[], &state).header;
    let next = chain.empty(FIRST_SLOT + 1, &first).header;
    let mut authors = Authors::new(&chain.authorities());
    for lawful in [&first, &next, &first] {
        assert_eq!(authors.look(lawful), None);
    }
    let finding = authors.look(&second).expect("is found");
    assert_eq!(authors.look(&second), None, "is reported once");
    let words = chain.check(&finding).expect("is proved");
    let expected = format!(
        "author 0 sealed two blocks in slot 600: {:?} and {:?}",
        first.hash(),
        second.hash()
    );
    assert_eq!(words, expected);

    let made_up = |headers| Finding::TwoBlocks {
        headers: Box::new(headers),
    };
    let same = made_up([first.clone(), first.clone()]);
    assert_eq!(chain.refuted(&same), "both headers are the same");
    let later = made_up([first.clone(), next]);
    assert_eq!(chain.refuted(&later), "the headers are of different slots");
    let mut forged = second;
    forged.state_root = Hash::zero();
    assert_eq!(authors.look(&forged), None, "nobody has sealed it");
    assert_eq!(
        chain.refuted(&made_up([first, forged])),
        "header 1 is not sealed by the authority whose slot it is"
    );
}

#[test]
fn two_votes_in_one_round_are_found_and_proved() {
    let chain = Chain::new();
    let genesis = &chain.genesis.header;
    let one = chain.empty(FIRST_SLOT, genesis).header;
    let other = chain.empty(FIRST_SLOT + 1, genesis).header;
    let mut finality = Finality::new(chain.authorities().set);
    // Another round, and other voters in the same round, are lawful.
    for lawful in [
        chain.justification(7, &one, &[0]),
        chain.justification(8, &other, &[0]),
        chain.justification(7, &other, &[1]),
    ] {
        assert_eq!(finality.look(&lawful), []);
    }
    let found = finality.look(&chain.justification(7, &other, &[0]));
    let [finding] = &found[..] else {
        panic!("{found:?}");
    };
    let words = chain.check(finding).expect("is proved");
    assert!(words.contains("voted in round 7 for block 1"), "{words}");

    // A member can bring it to the chain as it is.
    let folder = tempfile::tempdir().expect("temporary directory");
    let path = folder.path().join("evidence.json");
    let read = |finding: &Finding| {
        let text = serde_json::to_string(&chain.evidence(finding)).expect("is JSON");
        std::fs::write(&path, text).expect("writable");
        read_evidence(&path).map_err(|error| error.message)
    };
    let evidence = read(finding).expect("proves it");
    assert_eq!((evidence.set, evidence.votes.votes().round), (0, 7));
    let another = Finding::FinalityLag {
        best: Box::new(one.clone()),
        finalised: Box::new(other.clone()),
    };
    assert_eq!(
        read(&another).map(|_| ()),
        Err("shows something else than two votes by one validator".into())
    );

    let Finding::TwoVotes { votes, .. } = finding.clone() else {
        panic!("{finding:?}");
    };
    let another_round = Finding::TwoVotes {
        round: 8,
        votes: votes.clone(),
    };
    assert_eq!(
        chain.refuted(&another_round),
        "a vote is not signed by its authority in this round"
    );
    let twice = Finding::TwoVotes {
        round: 7,
        votes: [votes[0].clone(), votes[0].clone()],
    };
    assert_eq!(chain.refuted(&twice), "both votes are for the same block");
}

#[test]
fn two_final_blocks_of_one_height_are_found_and_proved() {
    let chain = Chain::new();
    let genesis = &chain.genesis.header;
    let one = chain.empty(FIRST_SLOT, genesis).header;
    let other = chain.empty(FIRST_SLOT + 1, genesis).header;
    let mut finality = Finality::new(chain.authorities().set);
    assert_eq!(finality.look(&chain.justification(1, &one, &[0, 1, 2])), []);
    assert_eq!(
        finality.look(&chain.justification(2, &other, &[0, 1])),
        [],
        "a minority finalises nothing"
    );
    let found = finality.look(&chain.justification(3, &other, &[0, 1, 2]));
    let [finding] = &found[..] else {
        panic!("{found:?}");
    };
    let words = chain.check(finding).expect("is proved");
    assert!(words.starts_with("the authorities have finalised two blocks 1"));
    let minority = Finding::TwoFinalised {
        justifications: [
            Bytes(chain.justification(1, &one, &[0, 1, 2])),
            Bytes(chain.justification(2, &other, &[0, 1])),
        ],
    };
    assert_eq!(
        chain.refuted(&minority),
        "votes of weight 2, of 3, are not more than two thirds"
    );
}

#[test]
fn a_finality_lag_is_reported_once_each_time_and_is_no_proof() {
    let chain = Chain::new();
    let finalised = chain.empty(FIRST_SLOT, &chain.genesis.header).header;
    let best = |number| {
        let mut best = finalised.clone();
        best.number = number;
        best
    };
    let mut lag = Lag::new(5);
    assert_eq!(lag.look(&best(6), &finalised), None);
    let finding = lag.look(&best(7), &finalised).expect("is found");
    assert_eq!(lag.look(&best(8), &finalised), None);
    assert_eq!(lag.look(&best(2), &finalised), None);
    assert!(lag.look(&best(7), &finalised).is_some());
    assert!(chain
        .refuted(&finding)
        .contains("finality was 6 blocks behind"));
}

/// A ballot of this account; what is in it does not matter here.
fn ballot(chain: &Chain, signer: &Signer) -> Vec<u8> {
    let call = Call::BallotRegister(BallotRegisterCall::Cast {
        election: ElectionId(1),
        district: DistrictId(1),
        credential: Credential::default(),
        ballot: Ballot {
            contests: Default::default(),
        },
    });
    let facts = ChainFacts {
        genesis_hash: chain.hash(),
        spec_version: VERSIONS.0,
        transaction_version: VERSIONS.1,
    };
    let extra = Extra {
        era: Era::Immortal,
        nonce: 0,
    };
    signer.sign(call, extra, &facts.immortal()).encode()
}

/// A finalised chain of as many blocks, which leaves this ballot out or not.
fn blocks(chain: &Chain, count: u64, with: Option<&Vec<u8>>) -> Vec<Block> {
    let mut parent = chain.genesis.header.clone();
    (0..count)
        .map(|step| {
            let body = [vec![step as u8]]
                .into_iter()
                .chain(with.filter(|_| step == 2).cloned())
                .collect::<Vec<_>>();
            let block = chain.block(FIRST_SLOT + step, &parent, &body, &State::new());
            parent = block.header.clone();
            block
        })
        .collect()
}

#[test]
fn a_ballot_that_is_left_out_is_found_and_proved() {
    let chain = Chain::new();
    let signer = Signer::from_seed(&[5; 32]).expect("is a seed");
    let left_out = ballot(&chain, &signer);
    let mut ballots = Ballots::new(3, VERSIONS);
    ballots.pool(vec![left_out.clone(), vec![1, 2, 3]], 1);
    let found: Vec<_> = blocks(&chain, 5, None)
        .iter()
        .flat_map(|block| {
            ballots.pool(vec![left_out.clone()], block.number());
            ballots.block(block)
        })
        .collect();
    let [missing] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(&missing.voter.account, signer.account());
    let words = chain.check(&missing.finding).expect("is proved");
    assert!(
        words.contains("is in none of 3 blocks from 2 on"),
        "{words}"
    );

    let included = blocks(&chain, 5, Some(&left_out));
    let mut ballots = Ballots::new(3, VERSIONS);
    ballots.pool(vec![left_out.clone()], 1);
    assert!(included.iter().all(|block| ballots.block(block).is_empty()));
}

#[test]
fn evidence_against_a_lawful_chain_is_refuted() {
    let chain = Chain::new();
    let signer = Signer::from_seed(&[5; 32]).expect("is a seed");
    let left_out = ballot(&chain, &signer);
    let claim = |extrinsic: &[u8], blocks: &[Block], hide: bool| Finding::LeftOut {
        extrinsic: Bytes(extrinsic.to_vec()),
        versions: VERSIONS,
        seen: 0,
        blocks: blocks
            .iter()
            .map(|block| FinalBlock {
                header: block.header.clone(),
                extrinsics: Some(
                    block
                        .extrinsics
                        .iter()
                        .filter(|bytes| !hide || **bytes != left_out)
                        .cloned()
                        .map(Bytes)
                        .collect(),
                ),
            })
            .collect(),
    };
    let with = blocks(&chain, 3, Some(&left_out));
    let refuted =
        |extrinsic: &[u8], blocks: &[Block], hide| chain.refuted(&claim(extrinsic, blocks, hide));
    assert_eq!(refuted(&left_out, &with, false), "block 3 holds the ballot");
    assert_eq!(
        refuted(&left_out, &with, true),
        "the extrinsics are not those of block 3"
    );
    assert_eq!(
        refuted(&left_out, &with[1..], true),
        "block 1 does not follow"
    );
    assert_eq!(refuted(&left_out, &[], true), "it names no block");
    // A byte of the signature: before it come the length, the version and the account.
    let mut forged = left_out.clone();
    forged[2 + 1 + 33 + 1 + 10] ^= 1;
    assert_eq!(
        refuted(&forged, &with, true),
        "the ballot is not signed by its account"
    );
}

fn counts(election: ElectionId, district: DistrictId, issued: u32, cast: u32) -> State {
    let [issued_key, cast_key] = count_keys(election, district);
    State::from([
        (issued_key, (50u32, issued).encode()),
        (cast_key, cast.encode()),
    ])
}

#[test]
fn more_ballots_than_issued_are_found_and_proved() {
    let chain = Chain::new();
    let (election, district) = (ElectionId(1), DistrictId(7));
    let finding = |issued, cast| {
        let state = counts(election, district, issued, cast);
        let header = chain
            .block(FIRST_SLOT, &chain.genesis.header, &[], &state)
            .header;
        let proof = prove(&state, &count_keys(election, district));
        Finding::TooManyBallots {
            election,
            district,
            block: Box::new(ProvenHeader { header, proof }),
        }
    };
    let words = chain.check(&finding(2, 3)).expect("is proved");
    assert_eq!(
        words,
        "after block 1, district 7 of election 1 has 3 ballots, and 2 credentials were issued"
    );
    assert_eq!(
        chain.refuted(&finding(3, 3)),
        "3 ballots, 3 issued: that is right"
    );
    let counts = |issued, cast| psephos_primitives::register::DistrictCounts {
        district,
        participating: 9,
        issued,
        cast,
    };
    let all = [counts(3, 3), counts(2, 3)];
    assert_eq!(too_many(&all).collect::<Vec<_>>(), [district]);
}

#[test]
fn other_code_than_the_manifests_is_proved() {
    let chain = Chain::new();
    let code = vec![0xC0; 64];
    let state = State::from([(CODE.to_vec(), code.clone())]);
    let header = chain
        .block(FIRST_SLOT, &chain.genesis.header, &[], &state)
        .header;
    let block = ProvenHeader {
        header,
        proof: prove(&state, &[CODE.to_vec()]),
    };
    let finding = |code_hash| Finding::WrongCode {
        election: ElectionId(1),
        manifest: Bytes(
            Manifest {
                code_hash,
                ..testing::manifest()
            }
            .encode(),
        ),
        block: Box::new(block.clone()),
    };
    let words = chain.check(&finding(Hash::zero())).expect("is proved");
    assert!(
        words.starts_with("after block 1, the runtime's code is"),
        "{words}"
    );
    assert_eq!(
        chain.refuted(&finding(blake2_256(&code).into())),
        "the code is the manifest's"
    );
}

#[test]
fn evidence_of_another_chain_or_format_is_refused() {
    let chain = Chain::new();
    let header = chain.empty(FIRST_SLOT, &chain.genesis.header).header;
    let mut evidence = Evidence {
        format: FORMAT.into(),
        genesis: chain.genesis.clone(),
        handovers: vec![],
        nodes: vec![],
        found: 0,
        finding: Finding::TwoBlocks {
            headers: Box::new([header.clone(), header]),
        },
    };
    let expected = Hash::repeat_byte(1);
    let found = chain.hash();
    assert_eq!(
        evidence.check(expected),
        Err(EvidenceError::Genesis { expected, found })
    );
    evidence.genesis.proof.pop();
    assert_eq!(evidence.check(found), Err(EvidenceError::Authorities));
    evidence.format = "psephos/evidence/1".into();
    assert!(matches!(
        evidence.check(found),
        Err(EvidenceError::Format(_))
    ));
}
