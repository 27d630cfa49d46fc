//! The demo with an election that nobody has seen before.

use std::{fs, process::Command};

use psephos_local_network::expected::{count, read_json, Definition, Results};
use serde_json::{json, Value};

use crate::scene::{fresh_folder, write};

/// Several contests a district, nothing or much selected, 64 options, a district without voters,
/// names that are hard to print and easy to mix up.
fn definition() -> Value {
    let many = (1..=64)
        .map(|number| format!("Кандидат № {number} · 候補{number}"))
        .collect::<Vec<_>>();
    json!({
        "title": "Ελληνικά, العربية, עברית, हिन्दी, 한국어 & <b>\"quotes\"</b> 🗳️",
        "trustees": { "count": 4, "threshold": 3 },
        "registrars": { "count": 3, "quorum": 2 },
        "districts": [
            { "id": 40, "name": "ᚠᚢᚦᚨᚱᚲ", "contests": [
                { "id": 9, "title": "Sixty-four", "options": many,
                  "min_selections": 0, "max_selections": 64 },
                { "id": 3, "title": "Exactly two of three", "options": ["e\u{301}", "\u{e9}", "e"],
                  "min_selections": 2, "max_selections": 2 } ] },
            { "id": 7, "name": "Nobody lives here", "contests": [
                { "id": 1, "title": "?", "options": ["only"], "min_selections": 0, "max_selections": 1 } ] },
            { "id": 0, "name": "Zero", "contests": [
                { "id": 0, "title": "None to two", "options": ["مرحبا", "שלום", "नमस्ते", "안녕"],
                  "min_selections": 0, "max_selections": 2 },
                { "id": 1, "title": "At least one", "options": ["a", "b"],
                  "min_selections": 1, "max_selections": 2 },
                { "id": 2, "title": "No choice", "options": ["x"],
                  "min_selections": 1, "max_selections": 1 } ] },
        ],
    })
}

fn votes() -> String {
    let all = (1..=64)
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join(";");
    format!(
        "district,selections\n40,{all}|1;2\n40,|2;3\n40,64|1;3\n0,|1|1\n0,1;4|1;2|1\n0,2|2|1\n\
         0,4;1|2;1|1\n40,1;64;33|2;1\n0,|2|1\n"
    )
}

#[test]
fn an_unfamiliar_election_is_counted_and_audited() {
    let folder = fresh_folder("happy-path");
    write(&folder, "election.json", &definition().to_string());
    let votes = write(&folder, "votes.csv", &votes());
    // Relative paths, as they are typed.
    let output = Command::new(env!("CARGO_BIN_EXE_psephos-demo"))
        .current_dir(&folder)
        .args([
            "--election",
            "election.json",
            "--votes",
            "votes.csv",
            "--out",
            "out",
        ])
        .output()
        .expect("the demo can be started");
    let said = String::from_utf8(output.stdout).expect("it writes UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert_eq!(said.trim_end().lines().last(), Some("AUDIT OK"), "{said}");
    assert!(said.contains("Nobody lives here (7), ballots: 0"), "{said}");

    let definition: Definition =
        read_json(&folder.join("election.json")).expect("the definition is right");
    let published: Results =
        read_json(&folder.join("out/results.json")).expect("results.json is as the contract says");
    assert_eq!(
        published,
        count(&definition, &votes).expect("the votes are right")
    );
    let contract: Value =
        read_json(&folder.join("out/results.json")).expect("results.json is JSON");
    assert_eq!(contract["election"], 1);
    assert!(contract["block"].is_u64(), "{contract}");
    let hash = contract["block_hash"]
        .as_str()
        .expect("block_hash is a text");
    assert!(hash.starts_with("0x") && hash.len() == 66, "{hash}");
    for log in [
        "node-alice.log",
        "node-bob.log",
        "node-charlie.log",
        "trustee-4-run.log",
        "rehearse.log",
    ] {
        let log = folder.join("out").join(log);
        assert!(
            fs::metadata(&log).is_ok_and(|log| log.len() > 0),
            "{} is empty",
            log.display()
        );
    }
}
