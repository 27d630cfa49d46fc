use super::*;
use psephos_primitives::{ElectionId, Hash};
use std::path::PathBuf;

const OURS: [u8; 32] = [1; 32];

fn healthy() -> Reading {
    Reading {
        version: format!("{}-abc", env!("CARGO_PKG_VERSION")),
        spec_version: 1,
        authority: true,
        peers: 6,
        should_have_peers: true,
        syncing: false,
        best: 103,
        finalised: 101,
        authors: vec![[0; 32], OURS, [2; 32]],
        voters: vec![[0; 32], OURS, [2; 32]],
        next_authors: vec![[0; 32], OURS, [2; 32]],
        held: None,
        code: Code {
            now: Hash::repeat_byte(7),
            genesis: Some(Hash::repeat_byte(7)),
            manifests: vec![(ElectionId(1), Hash::repeat_byte(7), true)],
        },
        arrivals: Arrivals {
            slot: 3000,
            after: vec![200, 310, 90],
        },
    }
}

fn folder() -> Folder {
    Folder {
        authors: vec![OURS],
        voters: vec![OURS],
        readable: Vec::new(),
        room: Room {
            free: 40 * GIB,
            size: 50 * GIB,
        },
    }
}

/// All checks that are not good, with their state, after something was changed.
fn findings(change: impl FnOnce(&mut Reading, &mut Folder)) -> Vec<(&'static str, State)> {
    let (mut reading, mut folder) = (healthy(), folder());
    change(&mut reading, &mut folder);
    all(&reading, Some(&folder), Reach::ThisMachine)
        .into_iter()
        .filter(|check| check.state != State::Good)
        .map(|check| {
            assert!(check.remedy.is_some(), "{check:?} says not what to do");
            (check.check, check.state)
        })
        .collect()
}

#[test]
fn a_node_in_order_has_nothing_to_report() {
    assert_eq!(findings(|_, _| {}), []);
}

#[test]
fn a_clock_is_held_against_the_slots() {
    let after = |after: &[i64]| findings(|reading, _| reading.arrivals.after = after.to_vec());
    // One of the others may be off, or late.
    assert_eq!(after(&[100, -10_000, 200]), []);
    assert_eq!(after(&[100, 9_000, 200]), []);
    assert_eq!(after(&[-400, -450, 0]), []);
    assert_eq!(after(&[-501, -600, 100]), [("clock", State::Wrong)]);
    assert_eq!(after(&[4_000, 4_100, 200]), [("clock", State::Attention)]);
    assert_eq!(after(&[10_100, 10_200, 300]), [("clock", State::Wrong)]);
    assert_eq!(after(&[]), [("clock", State::Wrong)]);
}

#[test]
fn a_lag_of_finality_is_seen() {
    let lag = |lag: u32| findings(|reading, _| reading.finalised = reading.best - lag);
    assert_eq!(lag(8), []);
    assert_eq!(lag(9), [("finality", State::Attention)]);
    assert_eq!(lag(21), [("finality", State::Wrong)]);
}

#[test]
fn loneliness_counts_where_there_are_others() {
    let peers = |peers, validators| {
        findings(|reading, _| {
            reading.peers = peers;
            reading.authors.truncate(validators);
        })
    };
    assert_eq!(peers(2, 3), []);
    assert_eq!(peers(1, 3), [("peers", State::Attention)]);
    assert_eq!(peers(0, 3), [("peers", State::Wrong)]);
    assert_eq!(peers(1, 2), []);
}

#[test]
fn a_node_that_fetches_blocks_is_not_judged_by_its_clock() {
    let found = findings(|reading, _| {
        reading.syncing = true;
        reading.arrivals.after = vec![900_000];
    });
    assert_eq!(
        found,
        [("clock", State::NotChecked), ("in step", State::Attention)]
    );
}

#[test]
fn other_code_than_a_manifests_is_wrong() {
    let manifest = |reading: &mut Reading, _: &mut Folder| {
        let manifests = &mut reading.code.manifests;
        manifests.push((ElectionId(2), Hash::zero(), false));
        manifests.push((ElectionId(3), Hash::zero(), true));
    };
    assert_eq!(findings(manifest), [("runtime code", State::Wrong)]);
    // An upgrade that nobody votes under.
    let not_open = |reading: &mut Reading, _: &mut Folder| reading.code.manifests[0].2 = false;
    let upgraded = |reading: &mut Reading, folder: &mut Folder| {
        not_open(reading, folder);
        reading.code.now = Hash::zero();
        reading.code.genesis = None;
    };
    assert_eq!(findings(upgraded), [("runtime code", State::Attention)]);
    let genesis = |reading: &mut Reading, _: &mut Folder| reading.code.genesis = Some(Hash::zero());
    assert_eq!(findings(genesis), [("runtime code", State::Attention)]);
    assert_eq!(findings(|reading, _| reading.code.genesis = None), []);
}

#[test]
fn a_validators_keys_are_those_of_the_chain() {
    let wrong = [("session keys", State::Wrong)];
    assert_eq!(findings(|_, folder| folder.authors.clear()), wrong);
    assert_eq!(findings(|_, folder| folder.voters = vec![[9; 32]]), wrong);
    assert_eq!(findings(|_, folder| folder.authors.push([2; 32])), wrong);
    // One that was used elsewhere, or before, does no harm.
    assert_eq!(findings(|_, folder| folder.authors.push([9; 32])), []);
    // Admitted, and waiting for a session's end; or not admitted.
    let waits = |reading: &mut Reading, _: &mut Folder| {
        reading.authors = vec![[0; 32], [2; 32]];
        reading.voters = vec![[0; 32], [2; 32]];
    };
    assert_eq!(findings(waits), []);
    let stranger = |reading: &mut Reading, folder: &mut Folder| {
        waits(reading, folder);
        reading.next_authors.clear();
    };
    assert_eq!(findings(stranger), wrong);
    let full = |reading: &mut Reading, _: &mut Folder| reading.authority = false;
    assert_eq!(findings(full), [("session keys", State::Attention)]);
}

#[test]
fn what_the_node_says_of_its_keys_counts_more_than_its_folder() {
    let held = |authors: &[[u8; 32]]| Held {
        authors: authors.to_vec(),
        voters: vec![OURS],
    };
    let good = findings(|reading, folder| {
        reading.held = Some(held(&[OURS]));
        folder.authors.clear();
    });
    assert_eq!(good, []);
    let none = findings(|reading, _| reading.held = Some(held(&[])));
    assert_eq!(none, [("session keys", State::Wrong)]);
}

#[test]
fn without_a_folder_the_words_say_what_is_missing() {
    let checks = all(&healthy(), None, Reach::NoAddress);
    let missing = checks
        .iter()
        .filter(|check| check.state == State::NotChecked)
        .map(|check| check.check)
        .collect::<Vec<_>>();
    assert_eq!(missing, ["session keys", "disk", "rpc"]);
}

#[test]
fn room_and_rights_are_looked_at() {
    let room = |free, size| findings(|_, folder| folder.room = Room { free, size });
    assert_eq!(room(20 * GIB, 100 * GIB), [("disk", State::Attention)]);
    assert_eq!(room(4 * GIB, 100 * GIB), [("disk", State::Wrong)]);
    assert_eq!(room(GIB, 2 * GIB), [("disk", State::Wrong)]);
    assert_eq!(room(0, 0), [("disk", State::Wrong)]);
    let loose = |_: &mut Reading, folder: &mut Folder| folder.readable.push(PathBuf::from("k"));
    assert_eq!(findings(loose), [("key files", State::Wrong)]);
}

#[test]
fn what_is_the_operators_must_not_be_others() {
    let state = |reach| rpc(reach).state;
    assert_eq!(state(Reach::Others), State::Attention);
    assert_eq!(state(Reach::OthersForEverything), State::Wrong);
}

#[test]
fn another_version_than_the_tools_is_pointed_out() {
    let other = |reading: &mut Reading, _: &mut Folder| reading.version = "9.9.9-abc".into();
    assert_eq!(findings(other), [("version", State::Attention)]);
}
