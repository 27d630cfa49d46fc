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
        let checked = challenge.check(Some(&claim)).ok()?;
        checked.claim.and_then(|verdict| verdict.right)
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
    let right: u32 = all.iter().filter_map(|selections| guess(selections)).sum();
    assert_eq!(right, 1, "exactly one way of filling it in is right");
}

#[test]
fn a_claim_is_hashed_before_the_key_is_published_and_must_fit_the_ballots() {
    let made = make(1);
    let challenge = Challenge::open(&made.folder).expect("is right");
    let district = challenge.first_district();
    let claim = made.folder.join("claim.jsonl");
    let judge = |text: &str| {
        std::fs::write(&claim, text).expect("writable");
        let checked = challenge.check(Some(&claim));
        checked.map_err(|failure| {
            let words = failure.to_string();
            words.replace(&claim.display().to_string(), "FILE")
        })
    };
    let (right, wrong, words) = if district == DistrictId(5) {
        ("[[true,false]]", "[[true]]", "[2] options, not of [1]")
    } else {
        let right = "[[true,false,false],[true,false]]";
        (right, "[[true,false,false]]", "[3, 2] options, not of [3]")
    };
    let line = |index: u32, selections: &str| {
        format!("{{\"index\":{index},\"selections\":{selections}}}\n")
    };
    let text = line(0, right);
    let verdict = judge(&text).expect("can be a claim").claim.expect("is one");
    assert_eq!((verdict.claimed, verdict.right), (1, None));
    let hash = psephos_primitives::hashing::blake2_256(text.as_bytes());
    assert_eq!(verdict.hash, Hash::from(hash));
    for (text, words) in [
        (
            line(0, wrong),
            format!("FILE: line 1: ballot 0 has contests of {words}"),
        ),
        (line(1, right), "FILE: line 1: there is no ballot 1".into()),
        (
            format!("{text}{text}"),
            "FILE: line 2: names ballot 0 again".into(),
        ),
    ] {
        assert_eq!(judge(&text).map(|_| ()), Err(words));
    }
}

/// What an attacker makes of a challenge, with a description that fits.
fn attack(made: &Made, change: impl FnOnce(&mut Vec<PublishedBallot>)) -> String {
    let path = made.folder.join(BALLOTS);
    let text = std::fs::read_to_string(path).expect("exists");
    let ballot = |line| serde_json::from_str(line).expect("is a ballot");
    let mut ballots: Vec<PublishedBallot> = text.lines().map(ballot).collect();
    change(&mut ballots);
    let line = |ballot| serde_json::to_string(ballot).expect("is JSON") + "\n";
    let text: String = ballots.iter().map(line).collect();
    let description = made.folder.join(DESCRIPTION);
    let json = std::fs::read_to_string(description).expect("exists");
    let mut description: Description = serde_json::from_str(&json).expect("is JSON");
    description.ballots = ballots.len() as u32;
    description.ballots_hash = psephos_primitives::hashing::blake2_256(text.as_bytes()).into();
    let attacked = tempfile::tempdir().expect("temporary directory");
    let json = serde_json::to_string(&description).expect("is JSON");
    std::fs::write(attacked.path().join(DESCRIPTION), json).expect("writable");
    std::fs::write(attacked.path().join(BALLOTS), text).expect("writable");
    let folder = format!("{}/", attacked.path().display());
    refused(attacked.path()).replace(&folder, "")
}

#[test]
fn the_attacks_of_the_guide_are_refused() {
    let made = make(9);
    let unbound = "contest 1: the challenges of the sum proof do not add up";
    let stolen = attack(&made, |ballots| {
        ballots[3].account = Hash::repeat_byte(0x11)
    });
    assert_eq!(stolen, format!("ballots.jsonl: line 4: {unbound}"));
    let copied = attack(&made, |ballots| {
        let mut copy = ballots[0].clone();
        (copy.index, copy.account) = (9, Hash::repeat_byte(0x22));
        ballots.push(copy);
    });
    assert_eq!(copied, format!("ballots.jsonl: line 10: {unbound}"));
    let exchanged = attack(&made, |ballots| {
        let first = ballots[0].account;
        ballots[0].account = ballots[2].account;
        ballots[2].account = first;
    });
    assert_eq!(exchanged, format!("ballots.jsonl: line 1: {unbound}"));

    let order = "is out of order, or repeats an account";
    let twice = attack(&made, |ballots| {
        let mut copy = ballots[0].clone();
        copy.index = 9;
        ballots.push(copy);
    });
    assert_eq!(twice, format!("ballots.jsonl: line 10: {order}"));
    let turned = attack(&made, |ballots| ballots.swap(1, 2));
    assert_eq!(turned, format!("ballots.jsonl: line 2: {order}"));

    let moved = attack(&made, |ballots| {
        let district = ballots[0].district;
        ballots[0].district = DistrictId(6 - district.get());
    });
    assert!(moved.starts_with("ballots.jsonl: line 1: "), "{moved}");
    assert!(moved.contains(" contests instead of "), "{moved}");
    let changed = attack(&made, |ballots| {
        let last = ballots[8].ballot.0.last_mut().expect("has bytes");
        *last ^= 1;
    });
    assert!(changed.starts_with("ballots.jsonl: line 9: "), "{changed}");
    let longer = attack(&made, |ballots| ballots[8].ballot.0.push(0));
    assert!(longer.starts_with("ballots.jsonl: line 9: "), "{longer}");
    let empty = attack(&made, Vec::clear);
    assert_eq!(
        empty, "challenge.json: $.ballots: must be from 1 to 100000",
        "an answer to nothing would be that all is right"
    );
}

#[test]
fn ballots_that_the_description_does_not_name_are_refused() {
    let made = make(2);
    let path = made.folder.join(BALLOTS);
    let text = std::fs::read_to_string(&path).expect("exists");
    std::fs::write(&path, format!("{text}\n")).expect("writable");
    assert!(refused(&made.folder).contains("is not the file that challenge.json names"));
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
