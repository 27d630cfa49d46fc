//! Receipts from real validators. What can be made of a receipt instead is tried with the program's
//! own tests, on receipts that were collected in this way.

use std::path::Path;

use psephos_local_network::{expected, Election};
use serde_json::Value;

use super::{genesis, refused, said, text};

/// A voter collects the receipt of ballot 0 and somebody else verifies it.
pub async fn are_right(election: &Election, folder: &Path) {
    let id = election.id().expect("the election exists");
    let api = election.node().elections().await.expect("it answers");
    let ballot = api.ballot_by_index(id, 0).await.expect("it answers");
    let record = ballot.expect("there are ballots").record;
    let (number, tracker) = (id.to_string(), format!("{:?}", record.tracker));
    let (genesis, file) = (genesis(election).await, folder.join("receipt.json"));

    let mut get = vec!["receipt", "get", "--election", &number];
    get.extend(["--tracker", &tracker, "--out", text(&file)]);
    let collected = said(election, "receipt get", &get).await;
    let begins = format!("ballot {tracker} of election {id} is recorded: cast by ");
    let ends = format!(" in block {}; 3 validators have signed", record.block);
    assert!(collected.starts_with(&begins), "{collected}");
    assert!(collected.ends_with(&ends), "{collected}");

    let verify = ["receipt", "verify", text(&file), "--genesis", &genesis];
    assert_eq!(said(election, "receipt verify", &verify).await, collected);
    let other = [&verify[..], &["--election", "7"]].concat();
    assert_eq!(
        refused(election, "receipt of another", 1, &other).await,
        format!(
            "error: {} proves nothing: the receipt is of election {id}, not of election 7",
            file.display()
        )
    );

    let nobody = format!("0x{}", "00".repeat(32));
    for name in [["--tracker", nobody.as_str()], ["--index", "10"]] {
        let get = [&["receipt", "get", "--election", &number], &name[..]].concat();
        assert_eq!(
            refused(election, &format!("receipt {}", name[0]), 1, &get).await,
            format!("error: the last finalised block has no such ballot of election {id}")
        );
    }
}

/// Collects ballot 0's receipt, verifies it from nothing but the hash of block 0, and returns it.
pub async fn lead_to_the_first_ballot(election: &Election, folder: &Path) -> Value {
    let id = election.id().expect("the election exists").to_string();
    let file = folder.join("receipt.json");
    let get = ["receipt", "get", "--election", &id, "--index", "0"];
    let get = [&get[..], &["--out", text(&file)]].concat();
    let collected = said(election, "receipt get", &get).await;
    let genesis = genesis(election).await;
    let verify = ["receipt", "verify", text(&file), "--genesis", &genesis];
    assert_eq!(said(election, "receipt verify", &verify).await, collected);
    expected::read_json(&file).expect("is JSON")
}
