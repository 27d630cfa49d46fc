//! `psephos receipt verify`, called as voters call it, on receipts that `psephos receipt get` has
//! collected from validators in an election: `early.json` of its first ballot, `late.json` of its
//! sixth, from a later block. What somebody could make of them instead fails, with the reason.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use codec::{DecodeAll, Encode};
use psephos_primitives::{ElectionId, Hash};
use psephos_verifier::{finality::Justification, receipt::MAX_RECEIPT_BYTES, Receipt};
use serde_json::Value;
use sp_core::Bytes;

/// The hash of block 0 of the chain that the receipts are of.
const GENESIS: &str = "0x8df4cfe30076238b997320bc1cce41efbccc4cc7eb71288482653a63146bec13";
/// The trackers of its first ballot and of its sixth.
const EARLY: &str = "0x4aeff330d0486e64cb87443adc9e7877258ba3e386f1e90eee0bbc750d56238b";
const LATE: &str = "0xcefcc8c115439042f60c7e52561e7df5a493b68f1a43147d638a20383087eec4";

/// How the program ended, and what it wrote to its standard output or, if that is an error, to the
/// other; the file's name is shortened to `FILE`.
type Outcome = (i32, String);

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/receipts")
        .join(name)
}

fn receipt(name: &str) -> Receipt {
    let text = std::fs::read_to_string(sample(name)).expect("stands beside this file");
    Receipt::from_json(&text).expect("is a receipt")
}

/// Verifies a file, with more arguments.
fn verify_file(file: &Path, genesis: &str, more: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_psephos"))
        // Nothing answers there: whoever verifies a receipt asks nobody.
        .args(["--url", "ws://127.0.0.1:1", "receipt", "verify"])
        .arg(file)
        .args(["--genesis", genesis])
        .args(more)
        .output()
        .expect("the program can be started");
    let written = if output.status.success() {
        output.stdout
    } else {
        output.stderr
    };
    let words = String::from_utf8(written).expect("it writes UTF-8");
    let words = words.replace(&file.display().to_string(), "FILE");
    let status = output.status.code().expect("was not killed");
    (status, words.trim_end().into())
}

fn verify_text(text: &str, more: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("receipt.json");
    std::fs::write(&file, text).expect("can be written");
    verify_file(&file, GENESIS, more)
}

fn verify(receipt: &Receipt) -> Outcome {
    verify_text(&serde_json::to_string(receipt).expect("is JSON"), &[])
}

/// Of a receipt that says something else than the validators have signed.
fn nothing(reason: impl AsRef<str>) -> Outcome {
    let reason = reason.as_ref();
    (1, format!("error: FILE proves nothing: {reason}"))
}

/// The receipt of the first ballot, with other votes.
fn with_votes(change: impl FnOnce(&mut Justification)) -> Receipt {
    let mut receipt = receipt("early.json");
    let bytes = &receipt.justification.0;
    let mut justification = Justification::decode_all(&mut &bytes[..]).expect("is one");
    change(&mut justification);
    receipt.justification = Bytes(justification.encode());
    receipt
}

fn changed(change: impl FnOnce(&mut Receipt)) -> Receipt {
    let mut receipt = receipt("early.json");
    change(&mut receipt);
    receipt
}

#[test]
fn a_receipt_of_real_validators_proves_the_ballot() {
    let words = format!(
        "ballot {EARLY} of election 1 is recorded: cast by \
         5CFCK21dqXzTaZqH5BBEaKETTr1kr1JvbE2Y2G3pqt2Jf8SE in block 65; 3 validators have signed"
    );
    assert_eq!(
        verify_file(&sample("early.json"), GENESIS, &[]),
        (0, words.clone())
    );
    let expected = ["--election", "1", "--tracker", EARLY];
    assert_eq!(
        verify_file(&sample("early.json"), GENESIS, &expected),
        (0, words)
    );
    let (status, json) = verify_file(&sample("late.json"), GENESIS, &["--json"]);
    let json: Value = serde_json::from_str(&json).expect("is JSON");
    assert_eq!(status, 0);
    assert_eq!(json["verdict"], "included");
    assert_eq!(json["included"]["tracker"], LATE);
    assert_eq!(json["included"]["voters"], 3);
}

#[test]
fn a_receipt_of_another_chain_election_or_ballot_is_not_the_one_asked_for() {
    let other = format!("{:?}", Hash::repeat_byte(0x11));
    assert_eq!(
        verify_file(&sample("early.json"), &other, &[]),
        nothing(format!(
            "the receipt is of the chain {GENESIS}, not of {other}"
        ))
    );
    assert_eq!(
        verify_file(&sample("early.json"), GENESIS, &["--election", "2"]),
        nothing("the receipt is of election 1, not of election 2")
    );
    assert_eq!(
        verify_file(&sample("early.json"), GENESIS, &["--tracker", LATE]),
        nothing(format!("the receipt is of ballot {EARLY}, not of {LATE}"))
    );
    // Whoever writes another chain's block 0 or another election into the file changes no proof.
    let chain = changed(|receipt| receipt.genesis.header.state_root = Hash::zero());
    let (status, words) = verify(&chain);
    assert_eq!(status, 1);
    assert!(words.ends_with(&format!(", not of {GENESIS}")), "{words}");
    assert_eq!(
        verify(&changed(|receipt| receipt.election = ElectionId(2))),
        nothing("the final block: ballot record: the state holds no such value")
    );
}

#[test]
fn a_forged_ballot_is_not_the_one_in_the_register() {
    let stolen = changed(|receipt| receipt.tracker = LATE.parse().expect("is a hash"));
    assert_eq!(
        verify(&stolen),
        nothing(format!(
            "the register has ballot {EARLY} in this place, not {LATE}"
        ))
    );
    assert_eq!(
        verify(&changed(|receipt| receipt.index = 5)),
        nothing(format!(
            "the register has ballot {LATE} in this place, not {EARLY}"
        ))
    );
    assert_eq!(
        verify(&changed(|receipt| receipt.index = 63)),
        nothing("the final block: ballot record: the state holds no such value")
    );
    // Any byte of a ballot's record, and any other of the proofs.
    every_node_counts(
        |receipt| &mut receipt.block.proof,
        "the final block: ballot record: the proof does not lead to it from the state root",
    );
    every_node_counts(
        |receipt| &mut receipt.genesis.proof,
        "block 0: GRANDPA authorities: the proof does not lead to it from the state root",
    );
}

/// A proof of which any node was changed proves nothing, for this reason.
fn every_node_counts(proof: fn(&mut Receipt) -> &mut Vec<Bytes>, reason: &str) {
    let nodes = proof(&mut receipt("early.json")).len();
    assert!(nodes > 0);
    for node in 0..nodes {
        let forged = changed(|receipt| flip(&mut proof(receipt)[node]));
        assert_eq!(verify(&forged), nothing(reason), "node {node}");
    }
}

fn flip(node: &mut Bytes) {
    if let Some(last) = node.0.last_mut() {
        *last ^= 1;
    }
}

#[test]
fn a_block_that_is_not_final_proves_nothing() {
    let (early, late) = (receipt("early.json"), receipt("late.json"));
    let name = |receipt: &Receipt| {
        let header = &receipt.block.header;
        format!(
            "Target {{ hash: {:?}, number: {} }}",
            header.hash(),
            header.number
        )
    };
    // The validators' signatures under an earlier block, a later one, and a block made up.
    let stale = changed(|receipt| receipt.block = late.block.clone());
    let reason = |found: &Receipt, expected: &Receipt| {
        nothing(format!(
            "the block is not final: the justification is for {}, not for {}",
            name(found),
            name(expected)
        ))
    };
    assert_eq!(verify(&stale), reason(&early, &late));
    let ahead = changed(|receipt| receipt.justification = late.justification.clone());
    assert_eq!(verify(&ahead), reason(&late, &early));
    let made_up = changed(|receipt| receipt.block.header.state_root = Hash::repeat_byte(7));
    assert_eq!(verify(&made_up), reason(&early, &made_up));
    // A later final block, without the headers between.
    let gap = changed(|receipt| {
        receipt.justification = late.justification.clone();
        receipt.descendants = vec![late.block.header.clone()];
    });
    let next = early.block.header.number + 1;
    assert_eq!(
        verify(&gap),
        nothing(format!(
            "the block is not final: header {next} does not follow the last block"
        ))
    );
}

#[test]
fn a_minority_or_a_stranger_makes_nothing_final() {
    let minority = with_votes(|votes| votes.precommits.truncate(2));
    assert_eq!(
        verify(&minority),
        nothing("the block is not final: votes of weight 2, of 3, are not more than two thirds")
    );
    // One vote counted twice is one vote.
    let twice = with_votes(|votes| votes.precommits[2] = votes.precommits[1].clone());
    assert_eq!(
        verify(&twice),
        nothing("the block is not final: votes of weight 2, of 3, are not more than two thirds")
    );
    let stranger = with_votes(|votes| votes.precommits[0].authority.0 = [7; 32]);
    let words = format!(
        "the block is not final: 0x{} is no authority",
        "07".repeat(32)
    );
    assert_eq!(verify(&stranger), nothing(words));
    // Votes that were for another branch: the signature is for that one.
    let mut voter = String::new();
    let branch = with_votes(|votes| {
        let vote = &mut votes.precommits[0];
        voter = hex::encode(vote.authority);
        vote.target.hash = Hash::repeat_byte(9);
    });
    let words =
        format!("the block is not final: the vote of authority 0x{voter} is not signed by it");
    assert_eq!(verify(&branch), nothing(&words));
    // In another round the same authority may have said something else.
    let round = with_votes(|votes| votes.round += 1);
    let (status, words) = verify(&round);
    assert_eq!(status, 1);
    assert!(words.ends_with("is not signed by it"), "{words}");
    let garbage = changed(|receipt| {
        let length = receipt.justification.0.len();
        receipt.justification.0.truncate(length - 1);
    });
    let (status, words) = verify(&garbage);
    assert_eq!(status, 1);
    let begins =
        "error: FILE proves nothing: the block is not final: the justification does not decode";
    assert!(words.starts_with(begins), "{words}");
}

#[test]
fn what_is_no_receipt_is_bad_input() {
    let text = std::fs::read_to_string(sample("early.json")).expect("stands there");
    let refused = |words: &str| (2, format!("error: FILE: {words}"));
    let format = text.replace("psephos/receipt/2", "psephos/receipt/1");
    assert_eq!(
        verify_text(&format, &[]),
        refused(r#"a receipt of the format "psephos/receipt/1", not of "psephos/receipt/2""#)
    );
    let more = text.replacen('{', r#"{"trust":true,"#, 1);
    let (status, words) = verify_text(&more, &[]);
    assert_eq!(status, 2);
    let begins = "error: FILE: this is no receipt: unknown field `trust`";
    assert!(words.starts_with(begins), "{words}");
    let long = format!("{text}{}", " ".repeat(MAX_RECEIPT_BYTES));
    let found = long.len();
    assert_eq!(
        verify_text(&long, &[]),
        refused(&format!(
            "a receipt has at most 1048576 bytes, this has {found}"
        ))
    );
    let (status, words) = verify_text(&text[..text.len() / 2], &[]);
    assert_eq!(status, 2);
    assert!(
        words.starts_with("error: FILE: this is no receipt: EOF"),
        "{words}"
    );
}
