//! What follows from what was found, in words.

use super::{
    folder::{Folder, Room},
    reach::Reach,
    reading::{Arrivals, Code, Held, Reading},
    Check, State,
};

/// Blocks that may wait for finality in a chain in order: votes take two or three.
const LAG_USUAL: u32 = 8;
/// From here on fewer than two thirds of the validators vote, or this node does not hear them.
const LAG_WRONG: u32 = 20;
/// A validator that knows one other node is cut off when that one restarts.
const PEERS_ENOUGH: usize = 2;
/// Milliseconds that another validator's clock may be ahead of this one.
const EARLY: i64 = 500;
/// Slots after which a block has come late: a slot, and another for a slow network.
const SLOTS_LATE: i64 = 2;
/// Of the file system, in parts of a hundred: room to act in.
const FREE_USUAL: u64 = 33;
const FREE_WRONG: u64 = 5;
/// Bytes: a day of full blocks.
const FREE_LEAST: u64 = 2 << 30;
const GIB: u64 = 1 << 30;

/// Everything, in the order in which to go about it.
pub fn all(reading: &Reading, folder: Option<&Folder>, reach: Reach) -> Vec<Check> {
    let mut checks = vec![
        version(&reading.version, reading.spec_version),
        clock(&reading.arrivals, reading.syncing),
        peers(reading),
        syncing(reading),
        finality(reading),
        code(&reading.code),
        keys(reading, folder),
    ];
    match folder {
        Some(folder) => checks.extend([files(folder), disk(folder.room)]),
        None => checks.push(not_checked("disk", "give its folder with --base-path")),
    }
    checks.push(rpc(reach));
    checks
}

/// Where no node answers.
pub fn silent(reason: &str) -> Check {
    Check::new(
        "answers",
        State::Wrong,
        reason,
        "look whether it runs (systemctl status psephos-node) and at its --rpc-port; docs/guides/incidents.md, A process does not run",
    )
}

fn not_checked(check: &'static str, remedy: &str) -> Check {
    Check::new(check, State::NotChecked, "not checked", remedy)
}

fn version(node: &str, spec: u32) -> Check {
    let ours = env!("CARGO_PKG_VERSION");
    let found = format!("node {node}, runtime {spec}");
    if node.split('-').next() == Some(ours) {
        return Check::good("version", found);
    }
    let remedy = format!("this tool is of version {ours}: use the node's own, and the same node as the other organisations");
    Check::new("version", State::Attention, found, remedy)
}

/// Whether blocks come in the slots of this machine's clock.
fn clock(arrivals: &Arrivals, syncing: bool) -> Check {
    const CHECK: &str = "clock";
    const REMEDY: &str = "timedatectl at this machine; docs/guides/incidents.md, A clock is wrong";
    if syncing {
        return not_checked(
            CHECK,
            "the node fetches old blocks; ask again once it is in step",
        );
    }
    let mut after = arrivals.after.clone();
    after.sort_unstable();
    // The middle one: a validator of a wrong clock among the others must not look like ours.
    let Some(middle) = after.get(after.len() / 2).copied() else {
        return Check::new(
            CHECK,
            State::Wrong,
            "no new block came in five slots, so that nothing can be compared",
            "docs/guides/incidents.md, The chain makes no blocks",
        );
    };
    let seconds = |milliseconds: i64| format!("{:.1} s", milliseconds as f64 / 1000.0);
    if middle < -EARLY {
        let found = format!(
            "blocks come {} before their slot: this clock is slow",
            seconds(-middle)
        );
        return Check::new(CHECK, State::Wrong, found, REMEDY);
    }
    let found = format!("blocks come {} after their slot begins", seconds(middle));
    if middle <= arrivals.slot + EARLY {
        return Check::good(CHECK, found);
    }
    let state = if middle > SLOTS_LATE * arrivals.slot {
        State::Wrong
    } else {
        State::Attention
    };
    Check::new(
        CHECK,
        state,
        format!("{found}: this clock is fast, or the network slow"),
        REMEDY,
    )
}

fn peers(reading: &Reading) -> Check {
    let found = format!("{} peers", reading.peers);
    let others = reading.authors.len().saturating_sub(1);
    let enough = PEERS_ENOUGH.min(others);
    if reading.peers >= enough || !reading.should_have_peers {
        return Check::good("peers", found);
    }
    let state = if reading.peers == 0 {
        State::Wrong
    } else {
        State::Attention
    };
    Check::new(
        "peers",
        state,
        found,
        "boot nodes in the chain's file, firewall (TCP 30333), hash of block 0; docs/guides/incidents.md, A node finds no peers",
    )
}

fn syncing(reading: &Reading) -> Check {
    if !reading.syncing {
        return Check::good("in step", format!("block {}", reading.best));
    }
    Check::new(
        "in step",
        State::Attention,
        format!("fetches blocks, and is at {}", reading.best),
        "wait; if the number does not grow: docs/guides/incidents.md, One node is behind",
    )
}

fn finality(reading: &Reading) -> Check {
    let lag = reading.best.saturating_sub(reading.finalised);
    let found = format!("{lag} blocks are not final");
    if lag <= LAG_USUAL {
        return Check::good("finality", found);
    }
    let state = if lag > LAG_WRONG {
        State::Wrong
    } else {
        State::Attention
    };
    Check::new(
        "finality",
        state,
        found,
        "grandpa_roundState names the validators whose votes are missing; docs/guides/incidents.md, Blocks come but are not final",
    )
}

fn code(code: &Code) -> Check {
    const CHECK: &str = "runtime code";
    let now = format!("{:?}", code.now);
    let mut others: Vec<_> = code.manifests.iter().collect();
    others.retain(|(_, hash, _)| *hash != code.now);
    // One that voters vote in first.
    others.sort_by_key(|(_, _, opened)| !opened);
    if let Some((election, hash, opened)) = others.first() {
        let found = format!("{now}, but the manifest of election {election} says {hash:?}");
        let (state, remedy) = match opened {
            true => (
                State::Wrong,
                "tell the other organisations at once; psephos watch keeps the evidence",
            ),
            false => (
                State::Attention,
                "it will not open: cancel it, and create it again for this code",
            ),
        };
        return Check::new(CHECK, state, found, remedy);
    }
    let elections = code.manifests.len();
    let found = format!("{now}, as {elections} manifests of running elections say");
    match code.genesis {
        Some(genesis) if genesis != code.now => Check::new(
            CHECK,
            State::Attention,
            format!("{found}; block 0 had {genesis:?}"),
            "compare it with the upgrade that the consortium decided on",
        ),
        Some(_) => Check::good(CHECK, format!("{found}, and as in block 0")),
        None => Check::good(CHECK, format!("{found}; this node does not keep block 0's")),
    }
}

fn keys(reading: &Reading, folder: Option<&Folder>) -> Check {
    const CHECK: &str = "session keys";
    // What the node says counts more: keys may lie elsewhere, or in its memory alone.
    let ours = match (&reading.held, folder) {
        (Some(held), _) => held.clone(),
        (None, Some(folder)) => Held {
            authors: folder.authors.clone(),
            voters: folder.voters.clone(),
        },
        (None, None) if reading.authority => {
            return not_checked(CHECK, "give the validator's folder with --base-path")
        }
        (None, None) => Held::default(),
    };
    let authors = places(&reading.authors, &ours.authors);
    let voters = places(&reading.voters, &ours.voters);
    match (reading.authority, &authors[..], &voters[..]) {
        (true, [author], [voter]) => {
            let (authors, voters) = (reading.authors.len(), reading.voters.len());
            let found =
                format!("makes blocks as validator {author} of {authors}, votes as {voter} of {voters}");
            Check::good(CHECK, found)
        }
        (true, [], _) if !places(&reading.next_authors, &ours.authors).is_empty() => {
            Check::good(CHECK, "takes over as a validator when a session ends")
        }
        (true, [], _) => missing("aura", folder.map(|folder| folder.authors.len())),
        (true, _, []) => missing("gran", folder.map(|folder| folder.voters.len())),
        (true, ..) => Check::new(
            CHECK,
            State::Wrong,
            format!("has the keys of validators {authors:?} and {voters:?}"),
            "one node has one validator's keys: take the others out, and never run two nodes with the same",
        ),
        (false, [], []) => Check::good(CHECK, "a full node needs none"),
        (false, ..) => Check::new(
            CHECK,
            State::Attention,
            "has a validator's keys, but runs as a full node",
            "start it with --validator, or take the keys out; never run two nodes with the same",
        ),
    }
}

/// The places, from 1, of those of `all` that are ours.
fn places(all: &[[u8; 32]], ours: &[[u8; 32]]) -> Vec<usize> {
    let places = (1..).zip(all).filter(|(_, key)| ours.contains(key));
    places.map(|(place, _)| place).collect()
}

fn missing(kind: &str, in_folder: Option<usize>) -> Check {
    let found = match in_folder {
        Some(count) => format!(
            "it has no {kind} key of a validator of this chain; its folder has {count} of that kind"
        ),
        None => format!("it has no {kind} key of a validator of this chain"),
    };
    Check::new(
        "session keys",
        State::Wrong,
        found,
        "psephos-node key insert, then restart; docs/guides/incidents.md, A validator does not take part",
    )
}

fn files(folder: &Folder) -> Check {
    let Some(first) = folder.readable.first() else {
        return Check::good("key files", "readable by their owner alone");
    };
    let count = folder.readable.len();
    Check::new(
        "key files",
        State::Wrong,
        format!("others may read {count}, the first {}", first.display()),
        "chmod 600, and think about who has read them",
    )
}

fn disk(room: Room) -> Check {
    let percent = room.free.saturating_mul(100).checked_div(room.size);
    let percent = percent.unwrap_or_default();
    let found = format!("{} GiB free, {percent} %", room.free / GIB);
    let remedy =
        "make room outside of the node's folder; docs/guides/incidents.md, The disk is full";
    if percent < FREE_WRONG || room.free < FREE_LEAST {
        return Check::new("disk", State::Wrong, found, remedy);
    }
    if percent < FREE_USUAL {
        return Check::new("disk", State::Attention, found, remedy);
    }
    Check::good("disk", found)
}

fn rpc(reach: Reach) -> Check {
    const CHECK: &str = "rpc";
    match reach {
        Reach::ThisMachine => Check::good(CHECK, "answers this machine alone"),
        Reach::NoAddress => Check::new(
            CHECK,
            State::NotChecked,
            "this machine has no address that others could use",
            "ask again, from another machine, with its address in --node",
        ),
        Reach::Others => Check::new(
            CHECK,
            State::Attention,
            "answers other machines, but keeps operators' methods from them",
            "put a proxy with TLS before it, and a full node instead of a validator",
        ),
        Reach::OthersForEverything => Check::new(
            CHECK,
            State::Wrong,
            "does for other machines what is its operator's alone",
            "start it without --rpc-methods unsafe and --unsafe-rpc-external",
        ),
    }
}

#[cfg(test)]
mod tests;
