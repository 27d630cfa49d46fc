use std::path::PathBuf;

use super::{check::Challenge, *};
use crate::failure::Failure;

const ELECTION_JSON: &str = r#"{
    "title": "Try", "trustees": {"count": 2, "threshold": 2},
    "districts": [
        {"id": 1, "name": "A", "contests": [
            {"id": 1, "title": "?", "options": ["x", "y", "z"], "min_selections": 1, "max_selections": 2},
            {"id": 2, "title": "?", "options": ["x", "y"], "min_selections": 0, "max_selections": 1}]},
        {"id": 5, "name": "B", "contests": [
            {"id": 1, "title": "?", "options": ["x", "y"], "min_selections": 1, "max_selections": 1}]}
    ]}"#;
const QUIET: Output = Output { json: true };

struct Made {
    _directory: tempfile::TempDir,
    folder: PathBuf,
    key: ThrowAwayKey,
}

fn make(ballots: u32) -> Made {
    let definition = Definition::parse("election.json", ELECTION_JSON).expect("is right");
    let directory = tempfile::tempdir().expect("temporary directory");
    let folder = directory.path().join("challenge");
    let (_, key) = create(&definition, ballots, &folder, QUIET).expect("is made");
    Made {
        _directory: directory,
        folder,
        key,
    }
}

fn refused(folder: &Path) -> String {
    match Challenge::open(folder) {
        Err(failure) => failure.to_string(),
        Ok(_) => panic!("is accepted"),
    }
}

#[test]
fn before_the_key_is_published_proofs_are_all_there_is() {
    let made = make(9);
    let checked = Challenge::open(&made.folder)
        .and_then(|challenge| challenge.check(None))
        .expect("is right");
    assert_eq!((checked.ballots, checked.key_published), (9, false));
    assert_eq!(checked.counts, None);
    let names: Vec<_> = std::fs::read_dir(&made.folder)
        .expect("is a folder")
        .map(|entry| entry.expect("is an entry").file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in names {
        let text = std::fs::read_to_string(made.folder.join(name)).expect("is text");
        assert!(!text.contains(&hex::encode(*made.key.expose())));
    }
}

#[test]
fn with_the_key_every_ballot_opens_and_claims_are_judged() {
    let made = make(40);
    reveal(&made.folder, &made.key).expect("is published");
    let challenge = Challenge::open(&made.folder).expect("is right");
    let counts = challenge
        .check(None)
        .expect("opens")
        .counts
        .expect("has the key");
    // District 5 has one selection on each ballot, district 1 one or two in its first contest.
    let cast_in = |district| {
        let path = made.folder.join(BALLOTS);
        let text = std::fs::read_to_string(path).expect("exists");
        text.matches(&format!("\"district\":{district},")).count() as u32
    };
    assert_eq!(counts[&5][0].iter().sum::<u32>(), cast_in(5));
    let first: u32 = counts[&1][0].iter().sum();
    assert!((cast_in(1)..=2 * cast_in(1)).contains(&first));

    let claim = made.folder.join("claim.jsonl");
    let guess = |selections: &str| {
        let line = format!("{{\"index\":0,\"selections\":{selections}}}\n");
        std::fs::write(&claim, line).expect("writable");
        let verdict = challenge.check(Some(&claim)).expect("is judged").claim;
        verdict.map(|verdict| (verdict.claimed, verdict.right))
    };
    let options = ["[true,false]", "[false,true]", "[false,false]"];
    let firsts = [
        "[true,false,false]",
        "[false,true,false]",
        "[false,false,true]",
        "[true,true,false]",
        "[true,false,true]",
        "[false,true,true]",
    ];
    let mut all: Vec<String> = options.iter().map(|one| format!("[{one}]")).collect();
    for first in firsts {
        all.extend(options.iter().map(|second| format!("[{first},{second}]")));
    }
    let right: u32 = all
        .iter()
        .filter_map(|selections| guess(selections))
        .map(|(_, right)| right)
        .sum();
    assert_eq!(right, 1, "exactly one way of filling it in is right");
}

#[test]
fn a_changed_ballot_is_refused() {
    let made = make(3);
    let path = made.folder.join(BALLOTS);
    let text = std::fs::read_to_string(&path).expect("exists");
    // Two ballots exchange their accounts, and the description is made to fit.
    let mut lines: Vec<PublishedBallot> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("is a ballot"))
        .collect();
    let first = lines[0].account;
    lines[0].account = lines[2].account;
    lines[2].account = first;
    let changed: String = lines
        .iter()
        .map(|line| serde_json::to_string(line).expect("is JSON") + "\n")
        .collect();
    std::fs::write(&path, &changed).expect("writable");
    assert!(refused(&made.folder).contains("is not the file that challenge.json names"));
    let description = made.folder.join(DESCRIPTION);
    let json = std::fs::read_to_string(&description).expect("exists");
    let hash = |text: &str| hex::encode(psephos_primitives::hashing::blake2_256(text.as_bytes()));
    let json = json.replace(&hash(&text), &hash(&changed));
    std::fs::write(&description, json).expect("writable");
    let reason = refused(&made.folder);
    assert!(reason.contains("ballots.jsonl: line 1: "), "{reason}");
}

#[test]
fn another_key_is_refused() {
    let made = make(1);
    reveal(&made.folder, &ThrowAwayKey::generate()).expect("is published");
    assert!(refused(&made.folder).contains("is not the key that the ballots are encrypted to"));
}

#[test]
fn a_challenge_is_never_overwritten() {
    let made = make(1);
    let definition = Definition::parse("election.json", ELECTION_JSON).expect("is right");
    let again = create(&definition, 1, &made.folder, QUIET).map(|_| ());
    assert!(matches!(again, Err(Failure::Input(_))));
}
