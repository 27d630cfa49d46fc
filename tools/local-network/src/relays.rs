//! Relays of a demonstration, which can be killed and started again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{ensure, Context, Result};

use crate::process::Process;

/// A relay that runs, or was killed. Its address, key and queue are the same after every start.
#[derive(Debug)]
pub struct Relay {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    process: Option<Process>,
}

impl Relay {
    /// One that does not run yet, with the arguments that it is always started with.
    pub const fn new(name: String, program: PathBuf, arguments: Vec<String>, log: PathBuf) -> Self {
        Self {
            name,
            program,
            arguments,
            log,
            process: None,
        }
    }

    /// Starts it; the line with which it announces itself goes to `output`.
    pub fn start(&mut self, output: &Path) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name);
        let output = fs::File::create(output).context("cannot make a relay's output")?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let process = Process::start_with_output(&self.name, command, &self.log, output)?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills it at once, as a power failure would.
    pub fn kill(&mut self) -> Result<()> {
        let process = self.process.take();
        let mut process = process.with_context(|| format!("{} does not run", self.name))?;
        process.kill()
    }

    /// An error if it has ended by itself.
    pub fn check_running(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Process::check_running)
    }
}
