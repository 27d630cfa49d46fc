//! The service in a process of its own, which the chain outlives.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{kill, Signal},
    unistd::Pid,
};
use serde_json::Value;

/// The process.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub url: String,
}

fn command(folder: &Path) -> Command {
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_psephos-registrar"));
    let examples = bin.parent().expect("lies in a folder").join("examples");
    let mut command = Command::new(examples.join("registrar-on-file-chain"));
    command.arg(folder).stdout(Stdio::piped());
    command
}

impl Process {
    /// Starts it on the office in a folder.
    pub fn start(folder: &Path) -> Self {
        let mut child = command(folder).spawn().expect("the example is built");
        let mut lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let line = lines
            .next()
            .expect("says where it listens")
            .expect("is text");
        let line: Value = serde_json::from_str(&line).expect("is JSON");
        // Codes go there, too; somebody must read them.
        std::thread::spawn(move || lines.for_each(drop));
        let url = line["url"].as_str().expect("is there").to_owned();
        Self { child, url }
    }

    /// Starts it where it cannot serve: everything that it says, and how it ends.
    pub fn start_in_vain(folder: &Path) -> (String, ExitStatus) {
        let mut child = command(folder)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example is built");
        let mut said = String::new();
        let mut out = child.stdout.take().expect("is piped");
        out.read_to_string(&mut said).expect("is text");
        let mut out = child.stderr.take().expect("is piped");
        out.read_to_string(&mut said).expect("is text");
        (said, child.wait().expect("ends"))
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("can be killed");
        self.child.wait().expect("ends");
    }

    /// SIGTERM, which asks it to end.
    pub fn terminate(&self) {
        let id = i32::try_from(self.child.id()).expect("is a process's number");
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("lives");
    }

    /// How it ends.
    pub fn end(&mut self) -> ExitStatus {
        self.child.wait().expect("ends")
    }

    /// Whether it has ended.
    pub fn has_died(&mut self) -> bool {
        self.child.try_wait().expect("can be asked").is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
