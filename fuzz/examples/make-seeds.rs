//! Writes the seeds that are not text, from the vectors and from an election on a chain made by hand:
//! `cargo run --release -p psephos-fuzz --example make-seeds`. The same every time.
#![allow(clippy::unwrap_used)]

#[path = "../../crates/verifier/tests/world/mod.rs"]
mod world;

use std::{fs, path::PathBuf};

use codec::{DecodeAll, Encode};
use psephos_crypto::group::EncodedScalar;
use psephos_crypto_wasm::challenge::OpenedBallot;
use psephos_fuzz::{
    credentials::{honest_answer, honest_request, key, signature},
    proofs::numbered_record,
    vectors::{case, cases, File},
    voter::KEPT_FOR,
};
use psephos_primitives::{wire::Extrinsic, BallotRecord, DistrictId, ElectionId, RegistrarIndex};
use psephos_verifier::{
    receipt::{ProvenHeader, FORMAT},
    Receipt,
};
use sp_core::Bytes;
use world::{
    chain::Builder, counted, people::north, people::Official, Setup, World, ELECTION, NORTH,
};

/// Bytes of a vector that is a seed at most: what makes a case is small.
const SMALL: usize = 1024;

fn main() {
    let mut seeds = Seeds::default();
    seeds.from_vectors();
    seeds.credentials();
    seeds.election();
    seeds.receipt();
    seeds.voter();
    println!("{} bytes", seeds.bytes);
}

/// Counts what it writes.
#[derive(Default)]
struct Seeds {
    bytes: usize,
}

impl Seeds {
    fn write(&mut self, target: &str, name: &str, bytes: &[u8]) {
        let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let folder = PathBuf::from(package).join("seeds").join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name.replace(outside_names, "-")), bytes).unwrap();
        self.bytes += bytes.len();
    }

    /// A field of every case that has it: honest values, and all kinds of wrong ones.
    fn field(&mut self, target: &str, file: File, field: &str, most: usize) {
        for case in cases(file).iter().filter(|case| case.has(field)) {
            let bytes = case.bytes(field);
            if bytes.len() <= most {
                self.write(target, &case.name, &bytes);
            }
        }
    }

    fn from_vectors(&mut self) {
        self.field("ballot", File::Ballot, "ballot", SMALL);
        self.honest("ballot", File::Ballot, "three contests", "ballot");
        self.field("package", File::KeyCeremony, "package", SMALL);
        self.field("sealed-share", File::Sealing, "sealed_share", SMALL);
        self.honest(
            "decryption-shares",
            File::Decryption,
            "the shares of trustee 1",
            "shares",
        );
        self.honest(
            "decryption-shares",
            File::Decryption,
            "the share is another's",
            "shares",
        );
        self.honest(
            "envelope",
            File::Envelope,
            "the first of three relays",
            "envelope",
        );
        self.honest(
            "envelope",
            File::Envelope,
            "the body is changed",
            "envelope",
        );
        let address = "https://two.example";
        let sealed = [&[address.len() as u8], address.as_bytes(), b"an extrinsic"].concat();
        self.write("envelope", "through two relays", &sealed);
    }

    fn honest(&mut self, target: &str, file: File, name: &str, field: &str) {
        self.write(target, name, &case(file, name).bytes(field));
    }

    fn credentials(&mut self) {
        for case in cases(File::Credential) {
            let signature = signature(&case.array("prefix"), case.bytes("signature"));
            let under = (&signature, key(case.bytes("modulus"))).encode();
            self.write(
                "credential",
                &format!("{} under its key", case.name),
                &under,
            );
            self.write("credential", &case.name, &signature.encode());
        }
        let (request, answer) = (honest_request(), honest_answer());
        self.write("blind-message", "honest", &request);
        self.write("blind-message", "another", &answer);
        self.write("blind-signature", "honest", &answer);
        self.write("blind-signature", "another", &request);
    }

    /// An election of one voter, whole: its archive, and every kind of its extrinsics.
    fn election(&mut self) {
        let mut world = World::issued(Setup::small(), 1);
        let ballot = world.cast(0, 0, &north(1));
        world.good(vec![ballot]);
        world.advance_to(world.manifest.voting.end + 1);
        let shares = world.shares(1, NORTH);
        world.good(vec![shares]);
        world.expect_result(&[(NORTH, counted(&[(1, &[1, 0, 0])]), 1)]);
        let shares = world.shares(2, NORTH);
        world.good(vec![shares]);
        world.good(vec![]);
        self.write("archive", "honest", &world.archive());
        for extrinsic in world.blocks.iter().flat_map(|block| &block.extrinsics) {
            self.write("extrinsic", &kind(extrinsic), extrinsic);
        }
    }

    /// As a voter gets it, for a ballot on the register's second page.
    fn receipt(&mut self) {
        const INDEX: u32 = 64 + 6;
        let mut builder = Builder::new(&[Official::new("member", 0)]);
        let genesis = builder.genesis();
        builder.block(vec![]);
        builder.block(vec![]);
        let page: Vec<_> = (10..18).map(record).collect();
        builder.record(ELECTION, 1, &page);
        builder.block(vec![]);
        let nodes = |proof: Vec<Vec<u8>>| proof.into_iter().map(Bytes).collect();
        let receipt = Receipt {
            format: FORMAT.into(),
            election: ELECTION,
            tracker: record(16).tracker,
            index: INDEX,
            genesis: ProvenHeader {
                header: genesis.header,
                proof: nodes(genesis.proof),
            },
            block: ProvenHeader {
                header: builder.head.clone(),
                proof: nodes(builder.ballot_proof(ELECTION, INDEX)),
            },
            descendants: vec![],
            justification: Bytes(builder.justify(&[0, 1, 2])),
        };
        let text = serde_json::to_string_pretty(&receipt).unwrap();
        self.write("receipt", "honest.json", text.as_bytes());
        self.write("justification", "honest", &receipt.justification.0);
        self.write(
            "justification",
            "two votes of three",
            &builder.justify(&[0, 2]),
        );
        let mut with_ancestry = builder.justification(&[0, 1, 2]);
        with_ancestry.votes_ancestries = vec![builder.head.clone()];
        self.write("justification", "with an ancestry", &with_ancestry.encode());
    }

    fn voter(&mut self) {
        let manifest = World::new(Setup::small()).manifest;
        let opened = OpenedBallot {
            genesis_hash: [0x11; 32],
            election: ElectionId(3),
            manifest: manifest.encode(),
            key: case(File::Ballot, "three contests").point("key"),
            district: NORTH,
            selections: north(2),
            randomness: vec![vec![EncodedScalar([1; 32]); 3]],
        };
        self.write("opened-ballot", "honest", opened.to_text().as_bytes());
        let vector = case(File::Credential, "a credential");
        let answer = signature(&vector.array("prefix"), vector.bytes("signature"));
        let request = |registrar, answer| {
            (
                RegistrarIndex(registrar),
                vec![7u8; 288],
                vec![8u8; 256],
                answer,
            )
        };
        for (name, requests) in [
            ("nothing asked", vec![]),
            (
                "one answer of two",
                vec![request(0, Some(answer)), request(1, None)],
            ),
        ] {
            let district = (!requests.is_empty()).then_some(DistrictId(7));
            let context = (
                KEPT_FOR.genesis_hash,
                KEPT_FOR.election,
                KEPT_FOR.manifest_hash,
            );
            let kept = (context, [5u8; 32], district, requests).encode();
            let text = format!("psephos-secrets-1:{}", hex::encode(kept));
            self.write("kept-secrets", name, text.as_bytes());
        }
    }
}

fn record(number: u8) -> BallotRecord {
    let (account, tracker) = numbered_record(number);
    BallotRecord {
        account,
        tracker,
        district: NORTH,
        block: 2,
        supersedes: None,
    }
}

/// What does not stand in the name of a file.
fn outside_names(character: char) -> bool {
    !character.is_ascii_alphanumeric() && character != '.'
}

/// Pallet and call, as in `keyceremony-deal`.
fn kind(extrinsic: &[u8]) -> String {
    let call = match Extrinsic::decode_all(&mut &extrinsic[..]).unwrap() {
        Extrinsic::Inherent(call) | Extrinsic::Signed { call, .. } => format!("{call:?}"),
    };
    let mut words = call.split(['(', ' ']);
    let kind = [words.next().unwrap(), words.next().unwrap()].join("-");
    kind.to_lowercase()
}
