//! An election's officials at their command lines.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{bail, ensure, Context, Result};
use psephos_client::Node;
use psephos_primitives::{ElectionId, Phase};
use serde_json::Value;
use tokio::time::{sleep, Instant};

use crate::{
    command_line::CommandLine,
    expected::{read_json, Definition},
    network::LocalNetwork,
    process::Process,
};

/// Who sits in the consortium of the chain specifications `dev` and `local`.
const CONSORTIUM: [&str; 3] = ["//Alice", "//Bob", "//Charlie"];
/// Between two looks at the chain.
const POLL: Duration = Duration::from_millis(500);
/// The passphrase of every key file: it guards keys of a network that ends with this program.
const PASSPHRASE: &str = "a local network's keys guard nothing";
/// Where it is kept beneath an election's folder.
const PASSPHRASE_FILE: &str = "passphrase";
/// For the same reason, opening a key file may cost little.
const WORK_FACTOR: &str = "8";
/// The environment variable that a consortium member's secret is passed in.
const MEMBER_SECRET: &str = "PSEPHOS_MEMBER_SECRET";
/// How long a consortium on a busy machine takes to create an election.
const CREATION_PATIENCE: Duration = Duration::from_secs(120);

/// When the phases of an election end, where that shall not be estimated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// How many voters the schedule must have time for.
    pub voters: u32,
    /// Blocks for registration and the key ceremony.
    pub registration_blocks: Option<u32>,
    /// Blocks for voting.
    pub voting_blocks: Option<u32>,
    /// Blocks that a stage of the key ceremony may last before silent trustees can be excluded.
    pub ceremony_stage: Option<u32>,
    /// Mean delay at each relay, in seconds.
    pub relay_delay: Option<u32>,
}

/// What an election stands on: the nodes, and who may create it.
#[derive(Debug)]
pub struct Ground {
    /// The command line.
    pub psephos: PathBuf,
    /// Nodes that stand in for each other.
    pub urls: Vec<String>,
    /// Where every program's log goes.
    pub logs: PathBuf,
    /// Who creates it.
    pub consortium: Consortium,
    /// A connection to one of the nodes.
    pub node: Node,
}

/// Members of a consortium, by their keys.
#[derive(Debug)]
pub enum Consortium {
    /// So many of the well-known ones; their key files are made with the officials'.
    WellKnown(usize),
    /// Others, who made these key files.
    Own(Vec<PathBuf>),
}

impl Ground {
    /// Writes the passphrase of every key file of a local network into a folder.
    pub fn write_passphrase(folder: &Path) -> Result<PathBuf> {
        let passphrase = folder.join(PASSPHRASE_FILE);
        fs::write(&passphrase, PASSPHRASE)
            .with_context(|| format!("cannot write {}", passphrase.display()))?;
        Ok(passphrase)
    }
}

/// An election and the folders of its officials.
#[derive(Debug)]
pub struct Election {
    folder: PathBuf,
    definition_file: PathBuf,
    definition: Definition,
    /// Key files of the consortium's members.
    members: Vec<PathBuf>,
    command_line: CommandLine,
    logs: PathBuf,
    node: Node,
    id: Option<ElectionId>,
}

impl Pace {
    /// How long any phase of a small election can last.
    pub const PATIENCE: Duration = Duration::from_secs(900);
}

impl Election {
    /// Makes the keys of an election's officials, each in a folder of their own beneath `folder`.
    pub async fn prepare(
        network: &LocalNetwork,
        folder: &Path,
        definition_file: &Path,
    ) -> Result<Self> {
        let ground = Ground {
            psephos: network.programs().psephos.clone(),
            urls: network.urls(),
            logs: network.logs().into(),
            consortium: Consortium::WellKnown(network.size()),
            node: network.node(0).await?,
        };
        Self::prepare_on(ground, folder, definition_file).await
    }

    /// The same on other nodes.
    pub async fn prepare_on(ground: Ground, folder: &Path, definition_file: &Path) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let common = vec![
            OsString::from("--passphrase-file"),
            Ground::write_passphrase(folder)?.into(),
            "--url".into(),
            ground.urls.join(",").into(),
        ];
        let mut election = Self {
            folder: folder.into(),
            definition_file: definition_file.into(),
            definition: read_json(definition_file)?,
            members: Vec::new(),
            command_line: CommandLine::new(&ground.psephos, common, &ground.logs),
            logs: ground.logs,
            node: ground.node,
            id: None,
        };
        election.members = match ground.consortium {
            Consortium::WellKnown(count) => election.import_members(count).await?,
            Consortium::Own(members) => members,
        };
        election.make_keys().await?;
        Ok(election)
    }

    async fn import_members(&self, count: usize) -> Result<Vec<PathBuf>> {
        let mut members = Vec::new();
        for (member, secret) in CONSORTIUM.iter().enumerate().take(count) {
            let file = self.folder.join(format!("consortium-{member}.key"));
            let mut import = arguments(["key", "import", "--env", MEMBER_SECRET]);
            import.extend(["--work-factor".into(), WORK_FACTOR.into()]);
            import.extend(["--out".into(), (&file).into()]);
            let name = format!("member {member} key");
            self.command_line
                .clone()
                .with_variable(MEMBER_SECRET, secret)
                .run(&name, import)
                .await?;
            members.push(file);
        }
        Ok(members)
    }

    async fn make_keys(&self) -> Result<()> {
        for trustee in 1..=self.definition.trustees.count {
            let name = format!("Trustee {trustee}");
            let mut init = arguments([
                "trustee",
                "init",
                "--work-factor",
                WORK_FACTOR,
                "--name",
                &name,
            ]);
            init.extend(["--out".into(), self.trustee_folder(trustee).into()]);
            self.command_line
                .run(&format!("trustee {trustee} init"), init)
                .await?;
        }
        for registrar in 0..self.definition.registrars.count {
            let name = format!("Registrar {registrar}");
            let mut init = arguments([
                "registrar",
                "init",
                "--work-factor",
                WORK_FACTOR,
                "--name",
                &name,
            ]);
            init.extend(["--election".into(), self.definition_file.clone().into()]);
            init.extend(["--out".into(), self.registrar_folder(registrar).into()]);
            self.command_line
                .run(&format!("registrar {registrar} init"), init)
                .await?;
        }
        Ok(())
    }

    /// Has the consortium create the election: its first member proposes, the others approve.
    pub async fn create(&mut self, pace: Pace) -> Result<ElectionId> {
        let mut create = arguments(["--json", "election", "create", "--quick"]);
        create.extend(["--election".into(), self.definition_file.clone().into()]);
        let first = self.members.first().context("the consortium is empty")?;
        create.extend(["--key".into(), first.into()]);
        for trustee in 1..=self.definition.trustees.count {
            let card = self.trustee_folder(trustee).join("trustee.json");
            create.extend(["--trustee".into(), card.into()]);
        }
        for registrar in 0..self.definition.registrars.count {
            let card = self.registrar_folder(registrar).join("registrar.json");
            create.extend(["--registrar".into(), card.into()]);
        }
        create.extend(["--expect-voters".into(), pace.voters.to_string().into()]);
        for (option, number) in [
            ("--registration-blocks", pace.registration_blocks),
            ("--voting-blocks", pace.voting_blocks),
            ("--ceremony-stage", pace.ceremony_stage),
            ("--relay-delay", pace.relay_delay),
        ] {
            if let Some(number) = number {
                create.extend([option.into(), number.to_string().into()]);
            }
        }
        let created: Value = parse(&self.command_line.run("election create", create).await?)?;
        let hash = text(&created, "/manifest/manifest_hash")?;
        self.approve_if_open(&created).await?;
        let id = self.find(hash).await?;
        self.id = Some(id);
        Ok(id)
    }

    /// Has the consortium decide something: its first member proposes by this command, without key, and the
    /// others approve.
    pub async fn decide<const N: usize>(&self, name: &str, command: [&str; N]) -> Result<()> {
        let mut propose = arguments(["--json", "consortium"]);
        propose.extend(command.map(OsString::from));
        let first = self.members.first().context("the consortium is empty")?;
        propose.extend(["--key".into(), first.into()]);
        let proposed = parse(&self.command_line.run(name, propose).await?)?;
        self.approve_if_open(&proposed).await
    }

    /// Says who sits in the consortium from now on, by their key files.
    pub fn seat(&mut self, members: Vec<PathBuf>) {
        self.members = members;
    }

    /// The key files of the consortium's members.
    pub fn members(&self) -> &[PathBuf] {
        &self.members
    }

    async fn approve_if_open(&self, proposed: &Value) -> Result<()> {
        match proposed.pointer("/proposal").and_then(Value::as_str) {
            Some(proposal) => self.approve(proposal).await,
            None => Ok(()),
        }
    }

    async fn approve(&self, proposal: &str) -> Result<()> {
        // A majority is enough, and then there is nothing left to approve.
        let approving = self.members.len() / 2;
        for (member, key) in self.members.iter().enumerate().skip(1).take(approving) {
            let mut approve = arguments(["consortium", "approve", "--proposal", proposal]);
            approve.extend(["--key".into(), key.into()]);
            self.command_line
                .run(&format!("member {member} approve"), approve)
                .await?;
        }
        Ok(())
    }

    /// The election with this manifest, as every node knows it.
    async fn find(&self, manifest_hash: &str) -> Result<ElectionId> {
        let deadline = Instant::now() + CREATION_PATIENCE;
        loop {
            let elections = self
                .node
                .elections()
                .await?
                .elections(ElectionId(1))
                .await?;
            let found = elections
                .iter()
                .find(|summary| format!("{:?}", summary.manifest_hash) == manifest_hash);
            if let Some(summary) = found {
                return Ok(summary.election);
            }
            ensure!(
                Instant::now() < deadline,
                "the consortium has not created the election after {} s",
                CREATION_PATIENCE.as_secs()
            );
            sleep(POLL).await;
        }
    }

    /// Starts trustee `index`, counted from 1, who then does every step when it is due.
    pub fn start_trustee(&self, index: usize) -> Result<Process> {
        let folder = self.trustee_folder(index);
        let mut run = arguments(["trustee", "run", "--election", &self.id()?.to_string()]);
        run.extend(["--key".into(), folder.join("account.key").into()]);
        run.extend(["--state".into(), folder.join("state").into()]);
        self.command_line
            .start(&format!("trustee {index} run"), run)
    }

    /// Starts all trustees.
    pub fn start_trustees(&self) -> Result<Vec<Process>> {
        (1..=self.definition.trustees.count)
            .map(|index| self.start_trustee(index))
            .collect()
    }

    /// Plays every voter of a `votes.csv`; ends when all ballots are final.
    pub async fn rehearse(&self, votes: &Path) -> Result<String> {
        self.rehearse_with(votes, &[]).await
    }

    /// The same with more options.
    pub async fn rehearse_with(&self, votes: &Path, options: &[&str]) -> Result<String> {
        let mut rehearse = arguments(["rehearse", "--election", &self.id()?.to_string()]);
        rehearse.extend(["--votes".into(), votes.into()]);
        rehearse.extend(["--state".into(), self.folder.join("rehearsal").into()]);
        for registrar in 0..self.definition.registrars.count {
            rehearse.extend([
                "--registrar".into(),
                self.registrar_folder(registrar).into(),
            ]);
        }
        rehearse.extend(options.iter().map(OsString::from));
        self.command_line.run("rehearse", rehearse).await
    }

    /// Waits for the result and writes `results.json`; fails if it is not that of the votes.
    pub async fn results(&self, votes: &Path, out: &Path) -> Result<String> {
        let mut results = arguments(["results", "--wait", "--election", &self.id()?.to_string()]);
        results.extend(["--votes".into(), votes.into()]);
        results.extend(["--out".into(), out.into()]);
        self.command_line.run("results", results).await
    }

    /// Waits for the result, whatever it is, and writes `results.json`.
    pub async fn results_alone(&self, out: &Path) -> Result<String> {
        let mut results = arguments(["results", "--wait", "--election", &self.id()?.to_string()]);
        results.extend(["--out".into(), out.into()]);
        self.command_line.run("results", results).await
    }

    /// Writes the election's archive.
    pub async fn archive(&self, out: &Path) -> Result<String> {
        let mut archive = arguments(["archive", "--election", &self.id()?.to_string()]);
        archive.extend(["--out".into(), out.into()]);
        self.command_line.run("archive", archive).await
    }

    /// Audits an archive against the chain's genesis; the report ends with `AUDIT OK`.
    pub async fn audit(&self, archive: &Path) -> Result<String> {
        let genesis = format!("{:?}", self.node.facts().await?.genesis_hash);
        let mut audit = arguments(["audit", "--genesis", &genesis]);
        audit.push(archive.into());
        self.command_line.run("audit", audit).await
    }

    /// The file with the passphrase of every key.
    pub fn passphrase_file(&self) -> PathBuf {
        self.folder.join(PASSPHRASE_FILE)
    }

    /// The folder that every program's log goes to.
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// What is being decided.
    pub const fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Its number on the chain.
    pub fn id(&self) -> Result<ElectionId> {
        self.id.context("the election is not created yet")
    }

    /// A connection to the network.
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// The command line of everybody who takes part.
    pub const fn command_line(&self) -> &CommandLine {
        &self.command_line
    }

    /// The folder of trustee `index`, counted from 1.
    pub fn trustee_folder(&self, index: usize) -> PathBuf {
        self.folder.join(format!("trustee-{index}"))
    }

    /// The folder of registrar `index`, counted from 0.
    pub fn registrar_folder(&self, index: usize) -> PathBuf {
        self.folder.join(format!("registrar-{index}"))
    }

    /// How many ballots stand in finalised blocks.
    pub async fn ballots(&self) -> Result<u32> {
        Ok(self
            .node
            .elections()
            .await?
            .ballot_count(self.id()?)
            .await?)
    }

    /// Waits until no more ballots are accepted, however long that takes.
    pub async fn wait_for_end_of_voting(&self) -> Result<()> {
        let id = self.id()?;
        while self.node.elections().await?.phase(id).await? == Some(Phase::Voting) {
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Waits until the election is in this phase.
    pub async fn wait_for_phase(&self, wanted: Phase, patience: Duration) -> Result<()> {
        let id = self.id()?;
        let deadline = Instant::now() + patience;
        loop {
            let phase = self.node.elections().await?.phase(id).await?;
            match phase {
                Some(phase) if phase == wanted => return Ok(()),
                Some(Phase::Cancelled) => bail!("election {id} was cancelled"),
                _ => {}
            }
            ensure!(
                Instant::now() < deadline,
                "election {id} is {phase:?}, not {wanted:?}, after {} s",
                patience.as_secs()
            );
            sleep(POLL).await;
        }
    }
}

pub(crate) fn arguments<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.map(OsString::from).to_vec()
}

fn parse(json: &str) -> Result<Value> {
    serde_json::from_str(json).with_context(|| format!("this is no JSON: {json}"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("there is no {pointer} in {value}"))
}
