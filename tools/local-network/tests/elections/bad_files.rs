//! Files that are wrong: the demo says where, ends with 2, and starts nothing.

use std::{path::Path, process::Command};

use serde_json::json;

use crate::scene::{fresh_folder, two_districts, write};

const VOTES: &str = "district,selections\n1,2\n2,1|1;2\n2,3|\n";

/// Exit status and message of the demo.
fn demo(election: &Path, votes: &Path, out: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_psephos-demo"))
        .arg("--election")
        .arg(election)
        .arg("--votes")
        .arg(votes)
        .arg("--out")
        .arg(out)
        .output()
        .expect("the demo can be started");
    let message = String::from_utf8(output.stderr).expect("it writes UTF-8");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "nothing was begun"
    );
    assert!(!out.exists(), "nothing was made");
    (output.status.code(), message)
}

#[test]
fn a_wrong_definition_is_named_with_its_json_path() {
    let folder = fresh_folder("bad-definition");
    let votes = write(&folder, "votes.csv", VOTES);
    let wrong = |pointer: &str, value: serde_json::Value| {
        let mut definition = two_districts(3, 2);
        *definition
            .pointer_mut(pointer)
            .expect("the definition has it") = value;
        definition.to_string()
    };
    let mut unknown = two_districts(3, 2);
    unknown["districts"][0]["colour"] = json!("red");
    for (text, place) in [
        (
            wrong("/trustees/threshold", json!(4)),
            "$.trustees.threshold: ",
        ),
        (
            wrong("/trustees/count", json!("three")),
            "$.trustees.count: ",
        ),
        (wrong("/districts/1/id", json!(1)), "$.districts[1].id: "),
        (
            wrong("/districts/1/contests/1/id", json!(1)),
            "$.districts[1].contests[1].id: ",
        ),
        (
            wrong("/districts/0/contests/0/max_selections", json!(4)),
            "$.districts[0].contests[0].max_selections: ",
        ),
        (
            wrong("/districts/0/contests/0/options", json!([])),
            "$.districts[0].contests[0].options: ",
        ),
        (unknown.to_string(), "$.districts[0].colour: "),
        ("{".into(), "line 1"),
    ] {
        let election = write(&folder, "election.json", &text);
        let (status, message) = demo(&election, &votes, &folder.join("out"));
        assert_eq!(status, Some(2), "{message}");
        let words = format!("error: {}: {place}", election.display());
        let found = message.starts_with(&words) || place == "line 1" && message.contains(place);
        assert!(found, "{message:?} does not name {place}");
    }
}

#[test]
fn wrong_votes_are_named_with_their_line() {
    let folder = fresh_folder("bad-votes");
    let election = write(&folder, "election.json", &two_districts(3, 2).to_string());
    for (rows, line) in [
        ("district;selections\n1,2\n", 1),
        ("district,selections\n3,1\n", 2),
        ("district,selections\n1,1\n1,4\n", 3),
        ("district,selections\n1,1;2\n", 2),
        ("district,selections\n1,\n", 2),
        ("district,selections\n2,1\n", 2),
        ("district,selections\n2,1|1;1\n", 2),
        ("district,selections\n1,one\n", 2),
        ("district,selections\n1,1\n\n1,2\n", 3),
    ] {
        let votes = write(&folder, "votes.csv", rows);
        let (status, message) = demo(&election, &votes, &folder.join("out"));
        assert_eq!(status, Some(2), "{rows:?}: {message}");
        let words = format!("error: {}: line {line}: ", votes.display());
        assert!(message.starts_with(&words), "{rows:?}: {message}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = fresh_folder("missing-file");
    let votes = write(&folder, "votes.csv", VOTES);
    let missing = folder.join("election.json");
    let (status, message) = demo(&missing, &votes, &folder.join("out"));
    assert_eq!(status, Some(2));
    assert!(
        message.starts_with(&format!("error: {}: ", missing.display())),
        "{message}"
    );
}
