//! One organisation of a network that faults are tried on.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{ensure, Context, Result};
use psephos::{
    keys::WorkFactor,
    organisation::{self, card::Card, ACCOUNT, CARD, KEYSTORE, NODE, NODE_KEY},
    passphrase::PassphraseSource,
};
use psephos_client::Node;
use tokio::time::{timeout, Duration};

use crate::process::Process;

/// How long a node may take to answer while others are being hurt.
const PATIENCE: Duration = Duration::from_secs(4);
/// Opening a key file may cost little: these guard nothing.
const WORK: WorkFactor = WorkFactor(Some(8));

/// Where a node listens.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its address.
    pub host: Ipv4Addr,
    /// For other nodes.
    pub peers: u16,
    /// For JSON-RPC.
    pub rpc: u16,
    /// Its network, if it has one of its own.
    pub namespace: Option<String>,
}

/// How a node is started otherwise than usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oddity {
    /// A program, with arguments, that starts the node.
    pub launcher: &'static [&'static str],
    /// More options.
    pub options: &'static [&'static str],
}

/// An organisation and its node.
#[derive(Debug)]
pub struct Organisation {
    name: String,
    folder: PathBuf,
    place: Place,
    card: Card,
    process: Option<Process>,
}

impl Organisation {
    /// Makes its keys, as `psephos org init` does.
    pub fn found(
        folder: &Path,
        name: &str,
        place: Place,
        passphrase: &PassphraseSource,
    ) -> Result<Self> {
        let folder = folder.join(name);
        let address = Some(format!("/ip4/{}/tcp/{}", place.host, place.peers));
        let card = organisation::found(&folder, name, address, passphrase, WORK)?;
        Ok(Self {
            name: name.into(),
            folder,
            place,
            card,
            process: None,
        })
    }

    /// Its public card.
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// The file of its public card.
    pub fn card_file(&self) -> PathBuf {
        self.folder.join(CARD)
    }

    /// The key file of its voice in the consortium.
    pub fn account_file(&self) -> PathBuf {
        self.folder.join(ACCOUNT)
    }

    /// The node's base path.
    pub fn base(&self) -> PathBuf {
        self.folder.join(NODE)
    }

    /// The part of it that is the chain's database.
    pub fn database(&self) -> PathBuf {
        self.base().join("chains")
    }

    /// Where it answers JSON-RPC.
    pub fn url(&self) -> String {
        format!("ws://{}:{}", self.place.host, self.place.rpc)
    }

    /// A connection to it, if it answers soon.
    pub async fn node(&self) -> Result<Node> {
        let urls = [self.url()];
        let opening = timeout(PATIENCE, Node::open(&urls)).await;
        Ok(opening.with_context(|| format!("{} does not answer", self.name))??)
    }

    /// Starts its node.
    pub fn start(
        &mut self,
        program: &Path,
        chain: &Path,
        logs: &Path,
        oddity: Oddity,
    ) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name);
        let mut words: Vec<String> = Vec::new();
        if let Some(namespace) = &self.place.namespace {
            words.extend(["ip", "netns", "exec", namespace].map(String::from));
        }
        words.extend(oddity.launcher.iter().map(ToString::to_string));
        words.push(program.display().to_string());
        let (first, rest) = words.split_first().context("there is no program")?;
        let mut command = Command::new(first);
        command.args(rest).arg("--chain").arg(chain);
        self.options(&mut command, &self.base(), &self.place);
        command
            .arg("--node-key-file")
            .arg(self.base().join(NODE_KEY));
        command.args(oddity.options);
        let log = logs.join(format!("node-{}.log", self.name));
        self.process = Some(Process::start(&self.name, command, &log)?);
        Ok(())
    }

    /// Starts another node with this organisation's session keys, as nobody should.
    pub fn double(
        &self,
        program: &Path,
        chain: &Path,
        logs: &Path,
        place: &Place,
    ) -> Result<Double> {
        let name = format!("{}-double", self.name);
        let base = self.folder.join("double");
        fs::create_dir(&base).with_context(|| format!("cannot make {}", base.display()))?;
        copy(&self.base().join(KEYSTORE), &base.join(KEYSTORE))?;
        let mut command = Command::new(program);
        command.arg("--chain").arg(chain);
        self.options(&mut command, &base, place);
        // To its peers it is somebody else.
        command.arg("--unsafe-force-node-key-generation");
        let log = logs.join(format!("node-{name}.log"));
        Ok(Double(Process::start(&name, command, &log)?))
    }

    fn options(&self, command: &mut Command, base: &Path, place: &Place) {
        let Place {
            host, peers, rpc, ..
        } = place;
        command
            .args(["--validator", "--name", &self.name])
            .arg("--base-path")
            .arg(base)
            .arg("--keystore-path")
            .arg(base.join(KEYSTORE))
            .args(["--listen-addr", &format!("/ip4/{host}/tcp/{peers}")])
            .args(["--rpc-port", &rpc.to_string()])
            .args(["--no-telemetry", "--no-prometheus", "--no-mdns"]);
        if place.namespace.is_some() {
            // Only this test can reach a network that was made for it.
            command.args(["--unsafe-rpc-external", "--rpc-methods", "safe"]);
            command.args(["--rpc-cors", "all"]);
        }
    }

    /// Kills its node at once, as a power failure would.
    pub fn kill(&mut self) -> Result<()> {
        let process = self.process.take();
        let mut process = process.with_context(|| format!("{} does not run", self.name))?;
        process.kill()
    }

    /// Whether its node has ended by itself.
    pub fn has_ended(&mut self) -> Result<bool> {
        match &mut self.process {
            Some(process) => Ok(process.ended()?.is_some()),
            None => Ok(true),
        }
    }

    /// Copies its database; the node must not run.
    pub fn copy_database(&self, to: &Path) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs", self.name);
        copy(&self.database(), to)
    }

    /// Puts a copy back in place of its database.
    pub fn replace_database(&self, by: &Path) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs", self.name);
        let database = self.database();
        fs::remove_dir_all(&database)
            .with_context(|| format!("cannot remove {}", database.display()))?;
        copy(by, &database)
    }
}

/// A second node with an organisation's session keys. It ends when this is dropped.
#[derive(Debug)]
pub struct Double(Process);

impl Double {
    /// Ends it.
    pub fn end(mut self) -> Result<()> {
        self.0.kill()
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status()
        .context("cannot start cp")?;
    ensure!(
        status.success(),
        "cannot copy {} to {}",
        from.display(),
        to.display()
    );
    Ok(())
}
