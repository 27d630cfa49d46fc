//! One node of a local network.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{bail, ensure, Context, Result};

use crate::{process::Process, programs::Programs};

/// The organisations with well-known keys that a chain specification's validators are.
const ORGANISATIONS: [&str; 3] = ["alice", "bob", "charlie"];

/// What stays the same when a validator is restarted.
#[derive(Clone, Debug)]
pub struct Seat {
    organisation: &'static str,
    folder: PathBuf,
    ports: Ports,
    peer_id: String,
}

/// Where a validator listens, each on the loopback address.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// For other nodes.
    pub peers: u16,
    /// For light clients in browsers, which speak the same over a WebSocket.
    pub browsers: u16,
    /// For JSON-RPC.
    pub rpc: u16,
    /// For Prometheus.
    pub metrics: u16,
}

/// A validator that runs, or was killed.
#[derive(Debug)]
pub struct Validator {
    seat: Seat,
    process: Option<Process>,
}

impl Seat {
    /// Prepares the place of validator `position`: a folder and a fresh node key.
    pub fn prepare(
        programs: &Programs,
        folder: &Path,
        position: usize,
        ports: Ports,
    ) -> Result<Self> {
        let Some(organisation) = ORGANISATIONS.get(position).copied() else {
            bail!(
                "a local network has at most {} validators",
                ORGANISATIONS.len()
            );
        };
        let folder = folder.join(organisation);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let peer_id = generate_node_key(programs, &folder.join("node-key"))?;
        Ok(Self {
            organisation,
            folder,
            ports,
            peer_id,
        })
    }

    /// Where other nodes reach this one.
    pub fn address(&self) -> String {
        format!(
            "/ip4/127.0.0.1/tcp/{}/p2p/{}",
            self.ports.peers, self.peer_id
        )
    }

    /// Where light clients in browsers reach it.
    pub fn browser_address(&self) -> String {
        let Self { ports, peer_id, .. } = self;
        format!("/ip4/127.0.0.1/tcp/{}/ws/p2p/{peer_id}", ports.browsers)
    }

    /// The same as a page's policy names it.
    pub fn browser_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ports.browsers)
    }

    /// Where Prometheus would ask it.
    pub fn metrics_url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.ports.metrics)
    }

    fn command(&self, programs: &Programs, chain: &str, peers: &[String]) -> Command {
        let mut command = Command::new(&programs.node);
        command
            .args(["--chain", chain, "--validator"])
            .arg(format!("--{}", self.organisation))
            .arg("--base-path")
            .arg(self.folder.join("data"))
            .arg("--node-key-file")
            .arg(self.folder.join("node-key"))
            .args([
                "--listen-addr",
                &format!("/ip4/127.0.0.1/tcp/{}", self.ports.peers),
                "--listen-addr",
                &format!("/ip4/127.0.0.1/tcp/{}/ws", self.ports.browsers),
            ])
            .args(["--rpc-port", &self.ports.rpc.to_string()])
            .args(["--prometheus-port", &self.ports.metrics.to_string()])
            // Results are proved against the state of blocks that are long past.
            .args(["--state-pruning", "archive"])
            .args(["--no-telemetry", "--no-mdns"]);
        if !peers.is_empty() {
            command.arg("--bootnodes").args(peers);
        }
        command
    }
}

fn generate_node_key(programs: &Programs, file: &Path) -> Result<String> {
    let output = Command::new(&programs.node)
        .args(["key", "generate-node-key", "--file"])
        .arg(file)
        .output()
        .with_context(|| format!("cannot start {}", programs.node.display()))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "cannot make a node key: {messages}"
    );
    let peer_id = messages.split_whitespace().last().map(String::from);
    peer_id.context("the node does not say which peer its key belongs to")
}

impl Validator {
    /// A validator that does not run yet.
    pub const fn new(seat: Seat) -> Self {
        Self {
            seat,
            process: None,
        }
    }

    /// Its seat.
    pub const fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Its organisation's name.
    pub const fn name(&self) -> &str {
        self.seat.organisation
    }

    /// Where other nodes reach it.
    pub fn address(&self) -> String {
        self.seat.address()
    }

    /// Where it answers JSON-RPC.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.seat.ports.rpc)
    }

    /// Starts it, or starts it again on the data that it left.
    pub fn start(
        &mut self,
        programs: &Programs,
        chain: &str,
        peers: &[String],
        logs: &Path,
    ) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name());
        let log = logs.join(format!("node-{}.log", self.name()));
        let command = self.seat.command(programs, chain, peers);
        self.process = Some(Process::start(self.name(), command, &log)?);
        Ok(())
    }

    /// Kills it at once, as a power failure would.
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self
            .process
            .take()
            .with_context(|| format!("{} does not run", self.seat.organisation))?;
        process.kill()
    }

    /// An error if it has ended by itself.
    pub fn check_running(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Process::check_running)
    }
}
