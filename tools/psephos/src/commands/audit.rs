//! `psephos audit`

use std::{
    fs::File,
    io::BufReader,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use indicatif::ProgressBar;
use psephos_primitives::{ElectionId, Hash};
use psephos_verifier::{Checkpoint, CheckpointKey, Observer, Options, Progress, Threads};
use rand_core::{OsRng, RngCore};

use crate::{
    failure::{read_input, Failure, InputError, Result},
    files::{create_private, create_private_directory, replace_private},
    output::Output,
    session::{parse_hash, Session},
};

/// Between two checkpoints on the disk: what is lost when the audit is killed.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(2);

/// Check an archive, without a node.
#[derive(Args, Debug)]
pub struct AuditCommand {
    /// The archive
    file: PathBuf,
    /// The published hash of block 0; without it, the report only shows the archive's
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    genesis: Option<Hash>,
    /// The election; without it, the one that the archive was made for
    #[arg(long, value_name = "NUMBER")]
    election: Option<u32>,
    /// Threads that verify; without it, one for each core. The report is the same for any number
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
    /// Keep here how far the audit has come, and go on from there if it was stopped. The file is
    /// removed when the audit has ended
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// What checkpoints are authenticated with: made when there is none, and for the auditor's eyes
    /// only. Without it, psephos/checkpoint.key in the user's state directory
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    checkpoint_key: Option<PathBuf>,
}

impl AuditCommand {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<()> {
        let about = |error: std::io::Error| {
            InputError::new(self.file.display().to_string(), error.to_string())
        };
        let file = File::open(&self.file).map_err(about)?;
        let bar = session
            .output
            .progress(file.metadata().map_err(about)?.len(), "bytes");
        let options = Options {
            expected_genesis: self.genesis,
            election: self.election.map(ElectionId),
            threads: self.threads.map_or_else(Threads::all, Threads::new),
            window_bytes: None,
        };
        let mut logbook = self.logbook()?;
        let from = logbook.as_ref().map(Logbook::read).transpose()?.flatten();
        if let Some(from) = &from {
            let block = from.block();
            session.output.note(format!(
                "going on: signatures and proofs up to block {block} are verified"
            ));
        }
        let mut watcher = Watcher {
            bar: &bar,
            output: session.output,
            logbook: logbook.as_mut(),
        };
        let archive = BufReader::new(file);
        let report = psephos_verifier::resume(archive, &options, from.as_ref(), &mut watcher)
            .map_err(|error| InputError::new("--checkpoint".to_owned(), error.to_string()))?;
        bar.finish_and_clear();
        session
            .output
            .result(&report, || report.to_string().trim_end().to_owned());
        if let Some(logbook) = logbook {
            logbook.remove()?;
        }
        if report.ok() {
            Ok(())
        } else {
            Err(Failure::verdict(format!(
                "{} findings",
                report.total_findings
            )))
        }
    }

    fn logbook(&self) -> Result<Option<Logbook>> {
        let Some(path) = self.checkpoint.clone() else {
            return Ok(None);
        };
        let key = match &self.checkpoint_key {
            Some(path) => read_or_make_key(path)?,
            None => read_or_make_key(&usual_key()?)?,
        };
        Ok(Some(Logbook {
            path,
            key,
            written: Instant::now(),
        }))
    }
}

/// Where checkpoints are kept, and what makes them the auditor's.
struct Logbook {
    path: PathBuf,
    key: CheckpointKey,
    written: Instant,
}

impl Logbook {
    /// The checkpoint to go on from, if an earlier run has left one.
    fn read(&self) -> Result<Option<Checkpoint>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let bytes = read_input(&self.path)?;
        let checkpoint = Checkpoint::open(&bytes, &self.key).map_err(|error| {
            let message = format!("{error}; without the file, the audit begins anew");
            InputError::new(self.path.display().to_string(), message)
        })?;
        Ok(Some(checkpoint))
    }

    fn write(&mut self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        if self.written.elapsed() >= CHECKPOINT_INTERVAL {
            replace_private(&self.path, &checkpoint.seal(&self.key))?;
            self.written = Instant::now();
        }
        Ok(())
    }

    /// The audit has ended: the next one begins anew.
    fn remove(self) -> anyhow::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Shows how far the audit has come, and keeps it.
struct Watcher<'a> {
    bar: &'a ProgressBar,
    output: Output,
    logbook: Option<&'a mut Logbook>,
}

impl Observer for Watcher<'_> {
    fn progress(&mut self, progress: Progress) {
        self.bar.set_position(progress.bytes);
        self.bar.set_message(format!(
            "block {}, {} ballots",
            progress.block, progress.ballots
        ));
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) {
        let Some(logbook) = &mut self.logbook else {
            return;
        };
        if let Err(error) = logbook.write(&checkpoint) {
            // The audit is worth more than being able to stop it.
            self.output
                .note(format!("no further checkpoints: {error:#}"));
            self.logbook = None;
        }
    }
}

/// In the directory that systems have for what a user's programs remember.
fn usual_key() -> Result<PathBuf> {
    let state = |name: &str, below: &str| {
        std::env::var_os(name)
            .map(|value| Path::new(&value).join(below))
            .filter(|path| path.is_absolute())
    };
    let directory = state("XDG_STATE_HOME", "").or_else(|| state("HOME", ".local/state"));
    let directory = directory.ok_or_else(|| {
        InputError::new(
            "--checkpoint-key".to_owned(),
            "neither XDG_STATE_HOME nor HOME says where it could be; name a file".to_owned(),
        )
    })?;
    Ok(directory.join("psephos").join("checkpoint.key"))
}

fn read_or_make_key(path: &Path) -> Result<CheckpointKey> {
    if !path.exists() {
        if let Some(directory) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            create_private_directory(directory)?;
        }
        let mut key = [0; 32];
        OsRng.fill_bytes(&mut key);
        create_private(path, &key)?;
    }
    let bytes = read_input(path)?;
    let found = bytes.len();
    let key = bytes.try_into().map_err(|_| {
        let message = format!("a key for checkpoints has 32 bytes, not {found}");
        InputError::new(path.display().to_string(), message)
    })?;
    Ok(CheckpointKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("state/psephos/checkpoint.key");
        let key = read_or_make_key(&path).expect("can be made");
        assert_ne!(key.0, [0; 32]);
        assert_eq!(read_or_make_key(&path).expect("is there").0, key.0);
        let mode = std::fs::metadata(&path)
            .expect("exists")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_of_another_length_is_refused_by_name() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("short.key");
        std::fs::write(&path, [1; 31]).expect("can be written");
        let error = read_or_make_key(&path).expect_err("31 bytes");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: a key for checkpoints has 32 bytes, not 31",
                path.display()
            )
        );
    }

    #[test]
    fn what_is_no_checkpoint_of_this_auditor_is_refused() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let logbook = Logbook {
            path: directory.path().join("audit.checkpoint"),
            key: CheckpointKey([1; 32]),
            written: Instant::now(),
        };
        assert!(logbook.read().expect("there is none").is_none());
        std::fs::write(&logbook.path, [0; 100]).expect("can be written");
        let error = logbook.read().expect_err("is no checkpoint");
        assert!(error.to_string().contains("no checkpoint"), "{error}");
    }
}
