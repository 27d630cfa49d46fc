//! Replays the seeds, so that what the fuzzer holds is held by every run of the tests, too.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::PathBuf};

use psephos_fuzz::{Target, Verdict, TARGETS};

/// Bytes of all seeds at most: they are looked for by a fuzzer, not kept for their own sake.
const MOST_BYTES: usize = 300_000;
/// Places of a seed in which a bit is changed.
const CHANGES: usize = 16;

fn package() -> PathBuf {
    // Asked for when the test runs: it may have been built in another checkout with the same target folder.
    std::env::var("CARGO_MANIFEST_DIR").unwrap().into()
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let folder = package().join("seeds").join(target.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_target_has_seeds_and_accepts_one() {
    for target in &TARGETS {
        let verdicts: Vec<_> = seeds(target)
            .iter()
            .map(|seed| (target.check)(seed))
            .collect();
        assert!(
            verdicts.contains(&Verdict::Accepted),
            "{}: {verdicts:?}",
            target.name
        );
    }
}

#[test]
fn a_changed_seed_breaks_no_promise() {
    for target in &TARGETS {
        for seed in seeds(target) {
            (target.check)(&seed[..seed.len() / 2]);
            (target.check)(&[&seed[..], &[0]].concat());
            let step = seed.len().div_ceil(CHANGES).max(1);
            for position in (0..seed.len()).step_by(step) {
                let mut changed = seed.clone();
                changed[position] ^= 1 << (position % 8);
                (target.check)(&changed);
            }
        }
    }
}

#[test]
fn seeds_are_small_and_belong_to_targets() {
    let bytes: usize = TARGETS.iter().flat_map(seeds).map(|seed| seed.len()).sum();
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
    let folders = fs::read_dir(package().join("seeds")).unwrap();
    let folders: BTreeSet<_> = folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    let names: Vec<_> = TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect();
    assert!(names.is_sorted());
    assert_eq!(folders.into_iter().collect::<Vec<_>>(), names);
}

#[test]
fn the_documentation_says_what_every_target_holds() {
    let text = fs::read_to_string(package().join("README.md")).unwrap();
    for Target { name, about, .. } in TARGETS {
        let row = format!("| `{name}` | {about} |");
        assert!(text.contains(&row), "README.md lacks this row: {row}");
    }
}
