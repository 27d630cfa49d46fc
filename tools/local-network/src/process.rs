//! Programs that never outlive whoever started them.

use std::{
    fs::{File, OpenOptions},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use anyhow::{bail, Context, Result};
use nix::{
    errno::Errno,
    sys::signal::{killpg, Signal},
    unistd::Pid,
};
use tokio::time::{sleep, Instant};

/// Between two looks at whether a program has ended.
const POLL: Duration = Duration::from_millis(50);
/// How long what a killed program had started is waited for.
const DYING: Duration = Duration::from_secs(10);

/// A running program in a process group of its own. The group is killed when this is dropped, and
/// also when this process dies without dropping anything.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
    ended: Option<ExitStatus>,
    _watchdog: Watchdog,
}

impl Process {
    /// Starts `command`; what it writes is appended to `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let output = append(log)?;
        let errors = output.try_clone().context("cannot share a log")?;
        command.stdout(output).stderr(errors);
        Self::spawn(name, command, log)
    }

    /// Starts `command`; what it writes to its standard output goes to `output`, the rest to `log`.
    pub fn start_with_output(
        name: &str,
        mut command: Command,
        log: &Path,
        output: File,
    ) -> Result<Self> {
        command.stdout(output).stderr(append(log)?);
        Self::spawn(name, command, log)
    }

    fn spawn(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let program = command.get_program().to_owned();
        let mut child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let watchdog = match Watchdog::over(child.id()) {
            Ok(watchdog) => watchdog,
            Err(error) => {
                child.kill().context("cannot end what has no watchdog")?;
                child.wait().context("cannot end what has no watchdog")?;
                return Err(error);
            }
        };
        Ok(Self {
            name: name.into(),
            log: log.into(),
            child,
            ended: None,
            _watchdog: watchdog,
        })
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it writes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self
                .child
                .try_wait()
                .with_context(|| format!("cannot look after {}", self.name))?;
        }
        Ok(self.ended)
    }

    /// Waits until it ends.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            sleep(POLL).await;
        }
    }

    /// An error, with the end of its log, if it has ended although it should not have.
    pub fn check_running(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!(
                "{} has ended ({}); the last it wrote to {}:\n{}",
                self.name,
                describe(status),
                self.log.display(),
                log_end(&self.log)?
            ),
        }
    }

    /// Asks it to end, and kills it if it has not after `patience`.
    pub async fn stop(mut self, patience: Duration) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let deadline = Instant::now() + patience;
        while self.ended()?.is_none() && Instant::now() < deadline {
            sleep(POLL).await;
        }
        self.kill()
    }

    /// Kills it, and whatever it started, at once (`kill -9`).
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        if self.ended.is_none() {
            let status = self
                .child
                .wait()
                .with_context(|| format!("cannot wait for {}", self.name))?;
            self.ended = Some(status);
            self.wait_for_group()?;
        }
        Ok(())
    }

    /// Waits for the rest of a killed group. A wrapper (`faketime`) is gone before the node within it,
    /// which still has its database locked.
    fn wait_for_group(&self) -> Result<()> {
        let group = group(self.child.id())?;
        let deadline = Instant::now() + DYING;
        while killpg(group, None).is_ok() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// To the whole group, unless it is gone: its number may then be another's.
    fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        match killpg(group(self.child.id())?, signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => {
                Err(error).with_context(|| format!("cannot send {signal} to {}", self.name))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("{error:#}");
        }
    }
}

/// How a program ended, in words.
pub fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// The last lines of a log.
pub fn log_end(log: &Path) -> Result<String> {
    const LINES: usize = 20;
    let bytes = std::fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().collect::<Vec<_>>();
    let from = lines.len().saturating_sub(LINES);
    Ok(lines.get(from..).unwrap_or_default().join("\n"))
}

fn append(log: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("cannot write {}", log.display()))
}

fn group(id: u32) -> Result<Pid> {
    i32::try_from(id)
        .map(Pid::from_raw)
        .context("a process id is out of range")
}

/// A shell that waits for the end of its input, which is the end of this process however it comes
/// about, and then kills a process group.
#[derive(Debug)]
struct Watchdog {
    shell: Child,
}

impl Watchdog {
    fn over(group: u32) -> Result<Self> {
        let shell = Command::new("sh")
            .args([
                "-c",
                "read -r _; kill -s KILL -- \"-$0\"",
                &group.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        Ok(Self { shell })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Before its input ends: the group is gone by now, and its number may be another's.
        let ended = self.shell.kill().and_then(|()| self.shell.wait());
        if let Err(error) = ended {
            eprintln!("cannot end a watchdog: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::kill;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    async fn first_line(log: &Path) -> String {
        loop {
            let text = std::fs::read_to_string(log).expect("the log is there");
            if let Some((line, _)) = text.split_once('\n') {
                return line.into();
            }
            sleep(POLL).await;
        }
    }

    async fn gone(id: &str) -> bool {
        let id = Pid::from_raw(id.parse().expect("is a number"));
        for _ in 0..100 {
            // A killed orphan is a zombie until its new parent has looked at it.
            let state = std::fs::read_to_string(format!("/proc/{id}/stat"));
            if kill(id, None) == Err(Errno::ESRCH) || state.is_ok_and(|s| s.contains(") Z ")) {
                return true;
            }
            sleep(POLL).await;
        }
        false
    }

    #[tokio::test]
    async fn dropping_ends_grandchildren_too() {
        let folder = tempfile::tempdir().expect("there is room");
        let log = folder.path().join("log");
        let process = Process::start("parent", shell("sleep 600 & echo $!; wait"), &log)
            .expect("sh can be started");
        let grandchild = first_line(&log).await;
        drop(process);
        assert!(gone(&grandchild).await);
    }

    /// The wrapper dies at the first signal; what it started holds a lock for as long as it lives.
    #[tokio::test]
    async fn killing_waits_for_what_a_wrapper_started() {
        let folder = tempfile::tempdir().expect("there is room");
        let log = folder.path().join("log");
        let mut process = Process::start("wrapper", shell("sleep 600 & echo $!; wait"), &log)
            .expect("sh can be started");
        let within = first_line(&log).await;
        process.kill().expect("it can be killed");
        // Nothing can be read of what is gone.
        let state = std::fs::read_to_string(format!("/proc/{within}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }

    #[tokio::test]
    async fn nothing_survives_a_death_without_drop() {
        let folder = tempfile::tempdir().expect("there is room");
        let log = folder.path().join("log");
        let process = Process::start("parent", shell("echo $$; exec sleep 600"), &log)
            .expect("sh can be started");
        let id = first_line(&log).await;
        // A pipe closes with the process that holds it; here it is closed by hand.
        let mut process = std::mem::ManuallyDrop::new(process);
        drop(process._watchdog.shell.stdin.take());
        let status = process.wait().await.expect("it can be waited for");
        assert_eq!(status.signal(), Some(Signal::SIGKILL as i32));
        assert!(gone(&id).await);
    }

    #[tokio::test]
    async fn an_early_end_is_reported_with_the_log() {
        let folder = tempfile::tempdir().expect("there is room");
        let log = folder.path().join("log");
        let mut process = Process::start("node 1", shell("echo no such option >&2; exit 3"), &log)
            .expect("sh can be started");
        process.wait().await.expect("it can be waited for");
        let error = process
            .check_running()
            .expect_err("it has ended")
            .to_string();
        assert_eq!(
            error,
            format!(
                "node 1 has ended (exit status 3); the last it wrote to {}:\nno such option",
                log.display()
            )
        );
    }
}
