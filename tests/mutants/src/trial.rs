//! Runs the tests with one mutant at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{ensure, Context, Result};

/// A program that takes so many times what it takes without a mutant does not end any more.
const PATIENCE: u32 = 6;
/// But never less than this.
const LEAST_PATIENCE: Duration = Duration::from_secs(20);

/// What became of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// A test failed.
    Caught,
    /// A test did not end.
    TimeLimit,
    /// All tests passed.
    Survived,
}

/// A program with tests.
pub struct Tests {
    program: PathBuf,
    folder: PathBuf,
    takes: Duration,
    reaches: BTreeSet<u32>,
}

impl Tests {
    /// Runs a program without a mutant, and notes which it comes by. Tests that fail without one are
    /// an error.
    pub fn try_out(program: PathBuf, folder: &Path, notes: &Path) -> Result<Self> {
        if notes.exists() {
            fs::remove_file(notes)?;
        }
        let begin = Instant::now();
        let status = command(&program, folder)
            .env("PSEPHOS_MUTANT", u32::MAX.to_string())
            .env("PSEPHOS_MUTANTS_REACHED", notes)
            .status()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let takes = begin.elapsed();
        ensure!(
            status.success(),
            "{} fails without a mutant",
            program.display()
        );
        let reaches = match notes.exists() {
            true => fs::read_to_string(notes)?
                .lines()
                .map(str::parse)
                .collect::<Result<_, _>>()?,
            false => BTreeSet::new(),
        };
        Ok(Self {
            program,
            folder: folder.into(),
            takes,
            reaches,
        })
    }

    /// How long it takes without a mutant.
    pub const fn takes(&self) -> Duration {
        self.takes
    }

    /// Whether this program's tests come by the mutant.
    pub fn reaches(&self, number: u32) -> bool {
        self.reaches.contains(&number)
    }

    /// Runs it with a mutant, up to the first test that fails.
    pub fn run(&self, number: u32) -> Result<Outcome> {
        let mut child = command(&self.program, &self.folder)
            .env("PSEPHOS_MUTANT", number.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let said = child.stdout.take().context("its output is read")?;
        let limit = LEAST_PATIENCE.max(self.takes * PATIENCE);
        let outcome = match first_failure(said).recv_timeout(limit) {
            Ok(()) => Outcome::Caught,
            Err(RecvTimeoutError::Timeout) => Outcome::TimeLimit,
            // It has ended, and no test failed; unless it ended itself.
            Err(RecvTimeoutError::Disconnected) => match child.wait()?.success() {
                true => Outcome::Survived,
                false => Outcome::Caught,
            },
        };
        end(&mut child)?;
        Ok(outcome)
    }
}

/// Tells once a test has failed; hangs up when the program ends without that.
fn first_failure(said: ChildStdout) -> Receiver<()> {
    let (failed, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        if lines.any(|line| line.starts_with("test ") && line.ends_with("... FAILED")) {
            // Whoever asked may have lost patience.
            let _ = failed.send(());
        }
    });
    receiver
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        // As cargo does.
        .env("CARGO_MANIFEST_DIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn end(child: &mut Child) -> Result<()> {
    // It is nothing to kill a program that has ended.
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// What became of each mutant, and what is said of it while they run.
pub fn run_all(
    programs: &[Tests],
    mutants: &BTreeSet<u32>,
    mut tell: impl FnMut(u32, Outcome),
) -> Result<BTreeMap<u32, Outcome>> {
    let mut outcomes = BTreeMap::new();
    for number in mutants {
        let mut outcome = Outcome::Survived;
        for tests in programs.iter().filter(|tests| tests.reaches(*number)) {
            outcome = tests.run(*number)?;
            if outcome != Outcome::Survived {
                break;
            }
        }
        tell(*number, outcome);
        outcomes.insert(*number, outcome);
    }
    Ok(outcomes)
}
