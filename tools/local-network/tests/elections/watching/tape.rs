//! A tape in a polling station that the power fails in.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    time::Duration,
};

use psephos_local_network::{Election, Process};
use tokio::time::{sleep, timeout};

use super::{said, text};

/// Between two looks at the tape.
const POLL: Duration = Duration::from_millis(200);
/// The longest that it takes until ballots are final, or voting is over.
const PATIENCE: Duration = Duration::from_secs(600);

/// `psephos observe --tape`, at work.
pub struct Printer {
    process: Process,
    tape: PathBuf,
}

impl Printer {
    /// Begins a tape, or goes on with it.
    pub fn start(election: &Election, tape: &Path) -> Self {
        let id = election.id().expect("the election exists").to_string();
        let arguments = ["observe", "--election", &id, "--tape", text(tape)];
        let started = election.command_line().start("observe tape", arguments);
        Self {
            process: started.expect("it can be started"),
            tape: tape.into(),
        }
    }

    /// Waits until ballots are on the tape, and pulls the plug (`kill -9`). The disk has kept the tape
    /// to the middle of a ballot's line.
    pub async fn power_failure(mut self) {
        let first_ballots = async {
            while lines(&self.tape) < 4 {
                self.process.check_running().expect("it goes on");
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, first_ballots).await.expect("in time");
        self.process.kill().expect("it runs");
        let text = fs::read_to_string(&self.tape).expect("is there");
        let third = text.match_indices('\n').nth(2).expect("has four lines").0;
        let file = OpenOptions::new().write(true).open(&self.tape);
        let cut = file.and_then(|file| file.set_len(third as u64 - 40));
        cut.expect("can be cut");
    }

    /// Waits until the tape is closed.
    pub async fn close(mut self) {
        let status = timeout(PATIENCE, self.process.wait()).await;
        let status = status.expect("in time").expect("it can be waited for");
        assert!(status.success(), "see {}", self.process.log().display());
    }
}

fn lines(tape: &Path) -> usize {
    fs::read_to_string(tape).map_or(0, |text| text.lines().count())
}

/// The torn tape has every ballot once and in order: it is the same, byte by byte, as one that was
/// written at one go, its hashes follow from each other, and its ballots are the chain's.
pub async fn is_whole(election: &Election, tape: &Path, ballots: usize) {
    let id = election.id().expect("the election exists");
    let fresh = tape.with_extension("fresh");
    let number = id.to_string();
    let arguments = ["observe", "--election", &number, "--tape", text(&fresh)];
    let shown = said(election, "observe fresh tape", &arguments).await;
    let torn = fs::read_to_string(tape).expect("is there");
    assert_eq!(torn, fs::read_to_string(&fresh).expect("is there"));
    assert_eq!(torn.trim_end(), shown);
    // A heading, the ballots and a last line.
    assert_eq!(torn.lines().count(), ballots + 2);
    for (index, line) in torn.lines().skip(1).take(ballots).enumerate() {
        assert!(line.starts_with(&format!("{index} ")), "{line}");
    }
    let checked = said(
        election,
        "tape verify",
        &["tape", "verify", text(tape), "--chain"],
    )
    .await;
    let last = torn.trim_end().rsplit(' ').next().expect("has a hash");
    assert_eq!(
        checked,
        format!(
            "{ballots} ballots of election {id}, closed, each as on the chain; last hash 0x{last}"
        )
    );
}
