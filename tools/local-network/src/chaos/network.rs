//! Seven organisations, or another number of them, that can be hurt and mended; others join them, and some
//! leave.

use std::{
    fs,
    net::Ipv4Addr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use anyhow::{ensure, Context, Result};
use psephos::{
    consortium::upgrade::Code,
    organisation::chain::{specification, Identity},
    passphrase::PassphraseSource,
};
use psephos_client::Header;
use tokio::time::{sleep, Duration, Instant};

use super::{
    namespaces::{self, Namespaces},
    organisation::{Double, Oddity, Organisation, Place},
};
use crate::{
    election::{Consortium, Ground},
    ports::free_ports,
    programs::{Programs, SpecificationForm},
};

/// A network that does not go on by then never will: nodes compile the runtime first, and seven of
/// them on two busy cores take minutes.
const PATIENCE: Duration = Duration::from_secs(420);
/// Between two looks; also how exactly recovery is measured.
const POLL: Duration = Duration::from_millis(250);
/// Ports in namespaces, where nobody else has any.
const PEER_PORT: u16 = 30333;
const RPC_PORT: u16 = 9944;

/// A network of organisations; its nodes end when this is dropped.
#[derive(Debug)]
pub struct Seven {
    programs: Programs,
    logs: PathBuf,
    chain: PathBuf,
    organisations: Vec<Organisation>,
    /// What the next ones are called by.
    letters: RangeInclusive<char>,
    namespaces: Option<Namespaces>,
}

impl Seven {
    /// Makes the keys of `size` organisations and their chain, which begins with `code` or else with the
    /// runtime of these programs, and starts their nodes.
    pub async fn start(
        programs: &Programs,
        folder: &Path,
        size: u8,
        namespaces: Option<Namespaces>,
        code: Option<&Code>,
    ) -> Result<Self> {
        let mut network = Self {
            programs: programs.clone(),
            logs: folder.into(),
            chain: folder.join("chain.json"),
            organisations: Vec::new(),
            letters: 'A'..='Z',
            namespaces,
        };
        for place in places(size, network.namespaces.is_some())? {
            network.found(place)?;
        }
        network.write_chain(folder, code)?;
        for position in 0..network.size() {
            network.restart(position, Oddity::default())?;
        }
        network.recovery().await?;
        Ok(network)
    }

    /// Makes an organisation's keys.
    fn found(&mut self, place: Place) -> Result<()> {
        let passphrase = PassphraseSource {
            file: Some(Ground::write_passphrase(&self.logs)?),
        };
        let letter = self.letters.next().context("there are no more letters")?;
        let name = format!("Organisation-{letter}");
        let organisation = Organisation::found(&self.logs, &name, place, &passphrase)?;
        self.organisations.push(organisation);
        Ok(())
    }

    /// Makes the keys of an organisation that is not of the chain's first ones, and starts its node;
    /// returns its position. Only on a machine without namespaces.
    pub fn join(&mut self) -> Result<usize> {
        ensure!(
            self.namespaces.is_none(),
            "namespaces are made at the start"
        );
        let place = places(1, false)?.pop().context("there is no port")?;
        self.found(place)?;
        let position = self.size() - 1;
        self.restart(position, Oddity::default())?;
        Ok(position)
    }

    /// Starts a second node with an organisation's session keys, as if somebody had stolen them. Only on
    /// a machine without namespaces.
    pub fn double(&self, position: usize) -> Result<Double> {
        ensure!(
            self.namespaces.is_none(),
            "namespaces are made at the start"
        );
        let place = places(1, false)?.pop().context("there is no port")?;
        let organisation = self.organisation(position)?;
        organisation.double(&self.programs.node, &self.chain, &self.logs, &place)
    }

    /// Ends an organisation's node for good. Those behind it move up.
    pub fn leave(&mut self, position: usize) -> Result<()> {
        self.victim(position)?.kill()?;
        self.organisations.remove(position);
        Ok(())
    }

    fn write_chain(&self, folder: &Path, code: Option<&Code>) -> Result<()> {
        let template = self
            .programs
            .chain_specification("local", SpecificationForm::Plain)?;
        let identity = Identity {
            name: "Psephos chaos".into(),
            id: "psephos_chaos".into(),
            kind: "Local",
        };
        let cards = self
            .organisations
            .iter()
            .map(|organisation| organisation.card().clone())
            .collect::<Vec<_>>();
        let plain = specification("build-spec", template, &identity, &cards, code)?;
        let file = folder.join("plain.json");
        fs::write(&file, plain.to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        let raw = self
            .programs
            .chain_specification(&file, SpecificationForm::Raw)?;
        fs::write(&self.chain, raw.to_string())
            .with_context(|| format!("cannot write {}", self.chain.display()))
    }

    /// How many organisations there are.
    pub fn size(&self) -> usize {
        self.organisations.len()
    }

    /// What an election's officials need to know of it.
    pub async fn ground(&self) -> Result<Ground> {
        Ok(Ground {
            psephos: self.programs.psephos.clone(),
            urls: self.organisations.iter().map(Organisation::url).collect(),
            logs: self.logs.clone(),
            consortium: Consortium::Own(
                self.organisations
                    .iter()
                    .map(Organisation::account_file)
                    .collect(),
            ),
            node: self.organisation(0)?.node().await?,
        })
    }

    /// One of them.
    pub fn organisation(&self, position: usize) -> Result<&Organisation> {
        let found = self.organisations.get(position);
        found.context("there is no such organisation")
    }

    /// One of them, to be hurt.
    pub fn victim(&mut self, position: usize) -> Result<&mut Organisation> {
        let found = self.organisations.get_mut(position);
        found.context("there is no such organisation")
    }

    /// Starts a node that does not run.
    pub fn restart(&mut self, position: usize, oddity: Oddity) -> Result<()> {
        let (program, chain) = (self.programs.node.clone(), self.chain.clone());
        let logs = self.logs.clone();
        self.victim(position)?
            .start(&program, &chain, &logs, oddity)
    }

    /// Kills all at once, as a power failure in a whole country would.
    pub fn kill_all(&mut self) -> Result<()> {
        self.organisations
            .iter_mut()
            .try_for_each(Organisation::kill)
    }

    /// Their networks, if they have their own.
    pub const fn namespaces(&self) -> Option<&Namespaces> {
        self.namespaces.as_ref()
    }

    /// Waits until everybody has made final what nobody had seen when this was called, and all agree on
    /// it; returns how long that took.
    pub async fn recovery(&mut self) -> Result<Duration> {
        let begin = Instant::now();
        let mut target = 0;
        for organisation in &self.organisations {
            if let Ok(node) = organisation.node().await {
                target = target.max(node.best_header().await.map_or(0, |header| header.number));
            }
        }
        let target = target + 1;
        for position in 0..self.size() {
            while !self.has_made_final(position, target).await? {
                ensure!(
                    begin.elapsed() < PATIENCE,
                    "organisation {position} has not made block {target} final after {} s; logs are in {}",
                    PATIENCE.as_secs(),
                    self.logs.display()
                );
                sleep(POLL).await;
            }
        }
        let took = begin.elapsed();
        self.agree_on(target).await?;
        Ok(took)
    }

    /// An error if the node has ended by itself.
    async fn has_made_final(&mut self, position: usize, number: u32) -> Result<bool> {
        ensure!(
            !self.victim(position)?.has_ended()?,
            "the node of organisation {position} has ended"
        );
        let Ok(node) = self.organisation(position)?.node().await else {
            return Ok(false);
        };
        let finalised = node.finalised_header().await;
        Ok(finalised.is_ok_and(|header: Header| header.number >= number))
    }

    async fn agree_on(&self, number: u32) -> Result<()> {
        let mut hashes = Vec::new();
        for organisation in &self.organisations {
            hashes.push(organisation.node().await?.block_hash(number).await?);
        }
        hashes.dedup();
        ensure!(
            hashes.len() == 1,
            "organisations have different final blocks {number}: {hashes:?}"
        );
        Ok(())
    }
}

fn places(size: u8, namespaced: bool) -> Result<Vec<Place>> {
    if namespaced {
        let place = |index| Place {
            host: namespaces::address(index),
            peers: PEER_PORT,
            rpc: RPC_PORT,
            namespace: Some(namespaces::name(index)),
        };
        return Ok((0..size).map(place).collect());
    }
    let ports = free_ports(2 * usize::from(size))?;
    let place = |ports: &[u16]| Place {
        host: Ipv4Addr::LOCALHOST,
        peers: ports[0],
        rpc: ports[1],
        namespace: None,
    };
    Ok(ports.chunks_exact(2).map(place).collect())
}
