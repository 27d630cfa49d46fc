//! The chains' specifications are made of what is in the repository, and of nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use psephos_local_network::Programs;
use serde_json::Value;

/// `:code`
const CODE: &str = "0x3a636f6465";
/// `twox_128("Aura") ++ twox_128("Authorities")`
const AUTHORS: &str = "0x57f8dc2f5ab09467896f47300f0424385e0621c4869aa60c02be9adcc98a0d1d";
/// `twox_128("Sudo")`
const SUPERUSER: &str = "0x5c0d1176a568c1f92944340dbfed9e9c";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What `scripts/chain-specs` writes.
fn make(name: &str) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if out.exists() {
        fs::remove_dir_all(&out).expect("an earlier run's can be removed");
    }
    let programs = Programs::find().expect("the programs are built");
    let folder = programs.node.parent().expect("is in a folder");
    let status = Command::new(root().join("scripts/chain-specs"))
        .arg(&out)
        .env("PSEPHOS_PROGRAMS", folder)
        .status()
        .expect("it can be started");
    assert!(status.success());
    out
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("exists");
    serde_json::from_str(&text).expect("is JSON")
}

#[test]
fn specifications_are_reproducible_and_those_of_the_repository() {
    let (first, second) = (make("chain-specs-1"), make("chain-specs-2"));
    let hashes = |folder: &Path| fs::read_to_string(folder.join("SHA256SUMS")).expect("exists");
    assert_eq!(hashes(&first), hashes(&second));
    assert_eq!(hashes(&first).lines().count(), 6);
    let mut codes = Vec::new();
    for (chain, validators) in [("development", 1), ("local", 3), ("staging", 7)] {
        let mut plain = read(&first.join(format!("{chain}.plain.json")));
        let genesis = plain["genesis"]["runtimeGenesis"].as_object_mut();
        let code = genesis.expect("is plain").remove("code");
        let committed = read(&root().join(format!("chain-specs/{chain}.json")));
        assert_eq!(plain, committed, "run scripts/chain-specs");

        let raw = read(&first.join(format!("{chain}.raw.json")));
        let state = raw["genesis"]["raw"]["top"].as_object().expect("is raw");
        assert_eq!(state.get(CODE), code.as_ref());
        // A length in front (below 64: a byte), then 32 bytes each.
        let authors = state.get(AUTHORS).and_then(Value::as_str);
        let authors = authors.expect("there are authors");
        assert_eq!(authors.len(), 2 + 2 + 64 * validators, "{chain}");
        assert!(!state.keys().any(|key| key.starts_with(SUPERUSER)));
        assert_eq!(raw["telemetryEndpoints"], Value::Null);
        codes.push(code);
    }
    codes.dedup();
    assert_eq!(codes.len(), 1, "all chains have this build's runtime");
}
