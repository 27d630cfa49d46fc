//! `psephos watch` over validators of which one dies, and one gets a double.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use psephos_local_network::{Election, LocalNetwork, Process};
use tokio::time::{sleep, timeout};

use super::{genesis, refused, said, text};

/// Blocks that finality may be behind: more than on a busy machine, fewer than two validators make in
/// a minute.
const LAG: &str = "6";
/// Between two looks at the evidence.
const POLL: Duration = Duration::from_millis(200);
/// The longest that a finding may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// The watchdog, and the folder of its evidence.
pub struct Watchdog {
    process: Process,
    evidence: PathBuf,
}

impl Watchdog {
    /// Begins to watch every validator.
    pub async fn start(election: &Election, folder: &Path) -> Self {
        let (evidence, genesis) = (folder.join("evidence"), genesis(election).await);
        let mut arguments = vec!["watch", "--lag", LAG, "--genesis", &genesis];
        arguments.extend(["--evidence", text(&evidence)]);
        let process = election.command_line().start("watch", arguments);
        Self {
            process: process.expect("it can be started"),
            evidence,
        }
    }

    /// Every kind of finding so far, without repetitions.
    pub fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<_> = self.files().iter().map(|file| kind(file)).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// Waits for evidence of this kind.
    pub async fn find(&mut self, wanted: &str) -> PathBuf {
        let found = async {
            loop {
                self.process.check_running().expect("it goes on");
                let found = self.files().into_iter().find(|file| kind(file) == wanted);
                match found {
                    Some(file) => return file,
                    None => sleep(POLL).await,
                }
            }
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("no {wanted}, see watch.log"))
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(&self.evidence) else {
            return Vec::new();
        };
        folder
            .map(|entry| entry.expect("can be read").path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect()
    }
}

/// What a file is called by, before the digits of its hash.
fn kind(file: &Path) -> String {
    let name = file.file_stem().map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    name.rsplit_once('-').map_or("", |(kind, _)| kind).into()
}

/// A lag is reported, and nobody can prove it to others.
pub async fn check_lag(election: &Election, evidence: &Path) {
    let (file, genesis) = (text(evidence), genesis(election).await);
    let arguments = ["watch", "check", file, "--genesis", &genesis];
    let words = refused(election, "watch check lag", 1, &arguments).await;
    let begins =
        format!("error: {file} proves nothing: finality_lag: a node said that finality was ");
    let behind = words
        .strip_prefix(&begins)
        .unwrap_or_else(|| panic!("{words}"));
    let (blocks, rest) = behind.split_once(' ').expect("has a number");
    assert!(blocks.parse::<u32>().expect("is a number") > 6, "{words}");
    assert_eq!(
        rest,
        "blocks behind; only those who saw it can say so, nobody can prove it to others"
    );
}

/// Somebody starts a second node with the first validator's keys: both make a block in its slot, and
/// the headers of both prove it to everybody.
pub async fn catch_double(
    watchdog: &mut Watchdog,
    election: &Election,
    network: &LocalNetwork,
    folder: &Path,
) {
    let options = [
        "--validator",
        "--alice",
        "--unsafe-force-node-key-generation",
    ];
    let double = network.join("alice-again", &folder.join("alice-again"), &options);
    let _double = double.expect("it can be started");
    let evidence = watchdog.find("two_blocks").await;
    let (file, genesis) = (text(&evidence), genesis(election).await);
    let arguments = ["watch", "check", file, "--genesis", &genesis];
    let words = said(election, "watch check double", &arguments).await;
    let begins = "PROVED: author 0 sealed two blocks in slot ";
    assert!(words.starts_with(begins), "{words}");

    let other = format!("0x{}", "11".repeat(32));
    let arguments = ["watch", "check", file, "--genesis", &other];
    let words = refused(election, "watch check elsewhere", 1, &arguments).await;
    assert_eq!(
        words,
        format!(
            "error: {file} proves nothing: the evidence is of the chain {genesis}, not of {other}"
        )
    );
    // Evidence that was changed is none: the seal is of another header.
    let text = fs::read_to_string(&evidence).expect("is there");
    let mut changed: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
    changed["finding"]["headers"][0]["stateRoot"] = other.into();
    let forged = folder.join("forged.json");
    fs::write(&forged, changed.to_string()).expect("can be written");
    let file = super::text(&forged);
    let arguments = ["watch", "check", file, "--genesis", &genesis];
    let words = refused(election, "watch check forged", 1, &arguments).await;
    let number = changed["finding"]["headers"][0]["number"].as_str();
    let digits = number.and_then(|number| number.strip_prefix("0x"));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let number = number.expect("is a hexadecimal number");
    assert_eq!(
        words,
        format!(
            "error: {file} proves nothing: two_blocks: header {number} is not sealed by the authority \
             whose slot it is"
        )
    );
}
