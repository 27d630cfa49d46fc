//! `psephos`, called as a user calls it: as a program, with arguments.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::process::{describe, log_end, Process};

/// A command ended with another exit status than 0.
#[derive(Debug, thiserror::Error)]
#[error("{name} ended with {}:\n{message}", describe(*status))]
pub struct CommandFailed {
    /// Which command.
    pub name: String,
    /// How it ended.
    pub status: std::process::ExitStatus,
    /// The last it wrote to its log.
    pub message: String,
}

/// The program, and what stands in front of every command.
#[derive(Clone, Debug)]
pub struct CommandLine {
    program: PathBuf,
    common: Vec<OsString>,
    variables: Vec<(String, String)>,
    logs: PathBuf,
}

impl CommandLine {
    /// Calls `program` with the arguments `common` in front; logs go to the folder `logs`.
    pub fn new(program: &Path, common: Vec<OsString>, logs: &Path) -> Self {
        Self {
            program: program.into(),
            common,
            variables: Vec::new(),
            logs: logs.into(),
        }
    }

    /// The same with an environment variable, for what must not show among the arguments.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Runs a command to its end; returns what it wrote to its standard output.
    pub async fn run<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String> {
        let output = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
        let written = output.reopen().context("cannot open a temporary file")?;
        let command = self.command(arguments);
        let mut process = Process::start_with_output(name, command, &self.log(name), written)?;
        let status = process.wait().await?;
        let text = fs::read_to_string(output.path())
            .with_context(|| format!("{name} did not write UTF-8"))?;
        if status.success() {
            return Ok(text);
        }
        let message = format!("{}{}", log_end(process.log())?, text);
        Err(CommandFailed {
            name: name.into(),
            status,
            message,
        }
        .into())
    }

    /// Starts a command in the background.
    pub fn start<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Process> {
        Process::start(name, self.command(arguments), &self.log(name))
    }

    fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.common)
            .args(arguments)
            .envs(self.variables.iter().cloned());
        command
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{}.log", name.replace(' ', "-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell() -> (tempfile::TempDir, CommandLine) {
        let folder = tempfile::tempdir().expect("there is room");
        let line = CommandLine::new(Path::new("/bin/sh"), vec!["-c".into()], folder.path());
        (folder, line)
    }

    #[tokio::test]
    async fn output_is_returned_and_the_rest_is_logged() {
        let (folder, shell) = shell();
        let output = shell
            .run("two words", ["echo result; echo progress >&2"])
            .await;
        assert_eq!(output.expect("the command succeeds"), "result\n");
        let log = fs::read_to_string(folder.path().join("two-words.log")).expect("there is a log");
        assert_eq!(log, "progress\n");
    }

    #[tokio::test]
    async fn a_failure_keeps_its_exit_status_and_message() {
        let (_folder, shell) = shell();
        let error = shell
            .run("check", ["echo line 3 is wrong >&2; exit 2"])
            .await;
        let error = error.expect_err("the command fails");
        let failed = error
            .downcast_ref::<CommandFailed>()
            .expect("is of the command");
        assert_eq!(failed.status.code(), Some(2));
        assert_eq!(
            failed.to_string(),
            "check ended with exit status 2:\nline 3 is wrong"
        );
    }
}
