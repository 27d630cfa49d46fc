//! Validators on this machine that make up a chain of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{bail, ensure, Context, Result};
use psephos_client::Node;
use serde_json::Value;
use tokio::time::{sleep, Instant};

use crate::{
    loopback,
    ports::free_ports,
    programs::{Programs, SpecificationForm},
    validator::{Ports, Seat, Validator},
};

mod guest;

pub use guest::Guest;

/// A network that is not ready by then never will be. A node begins by compiling the runtime, and
/// three of them on two cores that are busy otherwise take minutes.
const START_PATIENCE: Duration = Duration::from_secs(420);
/// Between two looks at whether the network is ready.
const POLL: Duration = Duration::from_millis(250);

/// How a light client in a browser joins the network.
#[derive(Clone, Debug, Default)]
pub struct LightAccess {
    /// The chain's specification, raw.
    pub specification: Value,
    /// The WebSockets that it may open.
    pub urls: Vec<String>,
}

/// Validators that run until this is dropped.
#[derive(Debug)]
pub struct LocalNetwork {
    programs: Programs,
    chain: &'static str,
    logs: PathBuf,
    validators: Vec<Validator>,
}

impl LocalNetwork {
    /// Starts `size` validators, 1 or 3, that keep their data in `folder` and write to `logs`, and
    /// waits until they finalise blocks together.
    pub async fn start(
        programs: &Programs,
        folder: &Path,
        logs: &Path,
        size: usize,
    ) -> Result<Self> {
        let chain = match size {
            1 => "dev",
            3 => "local",
            _ => bail!("there are chain specifications for 1 and for 3 validators, not for {size}"),
        };
        fs::create_dir_all(logs)
            .with_context(|| format!("cannot make the folder {}", logs.display()))?;
        let ports = free_ports(4 * size)?;
        let validators = ports
            .chunks_exact(4)
            .enumerate()
            .map(|(position, ports)| {
                let ports = Ports {
                    peers: ports[0],
                    browsers: ports[1],
                    rpc: ports[2],
                    metrics: ports[3],
                };
                Seat::prepare(programs, &folder.join("nodes"), position, ports).map(Validator::new)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut network = Self {
            programs: programs.clone(),
            chain,
            logs: logs.into(),
            validators,
        };
        for position in 0..size {
            network.restart(position)?;
        }
        network.wait_until_finalising().await?;
        Ok(network)
    }

    /// The folder that every program's log goes to.
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// The programs that it runs.
    pub const fn programs(&self) -> &Programs {
        &self.programs
    }

    /// How many validators it has.
    pub fn size(&self) -> usize {
        self.validators.len()
    }

    /// Where each validator answers JSON-RPC.
    pub fn urls(&self) -> Vec<String> {
        self.validators.iter().map(Validator::url).collect()
    }

    /// What a light client needs to join: the chain's specification with the validators' addresses.
    pub fn light_access(&self) -> Result<LightAccess> {
        let seats = || self.validators.iter().map(Validator::seat);
        let mut specification = self
            .programs
            .chain_specification(self.chain, SpecificationForm::Raw)?;
        specification
            .as_object_mut()
            .context("the chain's specification is no object")?
            .insert(
                "bootNodes".into(),
                seats().map(Seat::browser_address).collect(),
            );
        Ok(LightAccess {
            specification,
            urls: seats().map(Seat::browser_url).collect(),
        })
    }

    /// What one validator tells Prometheus.
    pub async fn metrics(&self, position: usize) -> Result<String> {
        let validator = self
            .validators
            .get(position)
            .context("there is no such validator")?;
        let url = validator.seat().metrics_url();
        let answer = loopback::client().get(url).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// A connection to one validator.
    pub async fn node(&self, position: usize) -> Result<Node> {
        let validator = self
            .validators
            .get(position)
            .context("there is no such validator")?;
        Ok(Node::open(&[validator.url()]).await?)
    }

    /// Kills a validator at once, as a power failure would.
    pub fn kill(&mut self, position: usize) -> Result<()> {
        let validator = self
            .validators
            .get_mut(position)
            .context("there is no such validator")?;
        validator.kill()
    }

    /// Starts a validator that was killed; its ports, key and data are those it had.
    pub fn restart(&mut self, position: usize) -> Result<()> {
        let peers = self
            .validators
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != position)
            .map(|(_, validator)| validator.seat().address())
            .collect::<Vec<_>>();
        let validator = self
            .validators
            .get_mut(position)
            .context("there is no such validator")?;
        validator.start(&self.programs, self.chain, &peers, &self.logs)
    }

    /// Waits until every validator sees all others and the next block is final everywhere.
    pub async fn wait_until_finalising(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        let mut target = None;
        for position in 0..self.size() {
            loop {
                self.check_running()?;
                match self.progress(position).await {
                    Ok((peers, finalised)) if peers + 1 >= self.size() => {
                        if finalised >= *target.get_or_insert(finalised + 1) {
                            break;
                        }
                    }
                    // Not connected to the others, or does not answer yet.
                    Ok(_) | Err(_) => {}
                }
                ensure!(
                    Instant::now() < deadline,
                    "the network does not finalise blocks after {} s; its logs are in {}",
                    START_PATIENCE.as_secs(),
                    self.logs.display()
                );
                sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// An error if a validator has ended by itself.
    pub fn check_running(&mut self) -> Result<()> {
        self.validators
            .iter_mut()
            .try_for_each(Validator::check_running)
    }

    /// How many peers a validator has, and the number of the last block that it knows is final.
    async fn progress(&self, position: usize) -> Result<(usize, u32)> {
        let node = self.node(position).await?;
        let health: Value = node.connection().request("system_health", &[]).await?;
        let peers = health
            .get("peers")
            .and_then(Value::as_u64)
            .and_then(|peers| usize::try_from(peers).ok())
            .context("system_health does not count peers")?;
        Ok((peers, node.finalised_header().await?.number))
    }
}
