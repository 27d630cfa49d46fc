//! What goes wrong, and what people then do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{ensure, Context, Result};
use clap::ValueEnum;
use psephos_client::Node;
use serde::Serialize;
use tokio::time::{sleep, timeout, Duration};

use super::{network::Seven, organisation::Oddity};

/// How long a fault lasts before anybody mends it: some blocks.
const LASTING: Duration = Duration::from_secs(20);
/// A disk that is full takes some blocks to stop a node.
const DISK_PATIENCE: Duration = Duration::from_secs(60);
/// A node's first hour takes a tenth of that.
const SMALL_DISK: &str = "size=512m";
/// Written at a time; less and less of it until nothing fits.
const FILLER_CHUNK: usize = 1 << 20;
/// A clock that is fast by more than three slots.
const FAST_CLOCK: Oddity = Oddity {
    launcher: &[
        "env",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "faketime",
        "-f",
        "+10s",
    ],
    options: &[],
};
/// A node whose pool takes nothing puts nothing into its blocks.
const EMPTY_POOL: Oddity = Oddity {
    launcher: &[],
    options: &["--pool-limit", "0", "--pool-kbytes", "0"],
};
/// Extrinsics that every block has: its time.
const INHERENTS: usize = 1;

/// A fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Two validators are killed, and come back
    TwoKilled,
    /// Two validators see each other and nobody else; then the network is whole again
    Partition,
    /// A validator's disk is full, until somebody makes room
    DiskFull,
    /// A validator's clock is ten seconds fast, until somebody sets it
    FastClock,
    /// A validator comes back with a database from before the voting
    OldDatabase,
    /// All validators lose their power at once
    PowerLoss,
    /// A validator's blocks never have a ballot
    NoBallots,
}

/// What was seen of a fault.
#[derive(Clone, Debug, Serialize)]
pub struct Observation {
    /// Which.
    pub fault: Fault,
    /// From mending it until every validator had made the next block final, in seconds.
    pub recovery: f64,
    /// Ballots that became final from the fault until one had after it was mended.
    pub ballots: u32,
    /// What else.
    pub remark: String,
}

impl Fault {
    /// What it takes besides nodes, if it is not there.
    pub fn missing(self, network: &Seven) -> Option<&'static str> {
        match self {
            Self::Partition if network.namespaces().is_none() => {
                Some("network namespaces (start scripts/chaos as root)")
            }
            Self::DiskFull if network.namespaces().is_none() => {
                Some("a file system of its own (start scripts/chaos as root)")
            }
            Self::FastClock if !is_installed("faketime") => Some("faketime (apt install faketime)"),
            _ => None,
        }
    }

    /// What has to be done before anybody votes.
    pub async fn prepare(self, network: &mut Seven, folder: &Path) -> Result<()> {
        let victim = self.victim(network);
        match self {
            Self::OldDatabase => {
                let organisation = network.victim(victim)?;
                organisation.kill()?;
                organisation.copy_database(&old_database(folder))?;
            }
            Self::DiskFull => {
                let organisation = network.victim(victim)?;
                organisation.kill()?;
                small_disk(&organisation.database())?;
            }
            _ => return Ok(()),
        }
        network.restart(victim, Oddity::default())?;
        network.recovery().await?;
        Ok(())
    }

    /// Each fault has another victim than the one before; organisation 0 answers the officials.
    fn victim(self, network: &Seven) -> usize {
        1 + self as usize % (network.size() - 1)
    }

    /// Does it, lets it last, mends it, and waits until all is well again.
    pub async fn strike(self, network: &mut Seven, folder: &Path) -> Result<Observation> {
        let victim = self.victim(network);
        let remark = match self {
            Self::TwoKilled => two_killed(network).await?,
            Self::Partition => partition(network).await?,
            Self::DiskFull => disk_full(network, victim).await?,
            Self::FastClock => fast_clock(network, victim).await?,
            Self::OldDatabase => old(network, victim, &old_database(folder))?,
            Self::PowerLoss => power_loss(network).await?,
            Self::NoBallots => no_ballots(network, victim).await?,
        };
        let recovery = network.recovery().await?.as_secs_f64();
        Ok(Observation {
            fault: self,
            recovery,
            ballots: 0,
            remark,
        })
    }
}

/// The last two: fewer than a third of four or more is not reached with two of seven.
fn minority(network: &Seven) -> [usize; 2] {
    [network.size() - 2, network.size() - 1]
}

async fn two_killed(network: &mut Seven) -> Result<String> {
    let victims = minority(network);
    for victim in victims {
        network.victim(victim)?.kill()?;
    }
    let before = finalised(network).await?;
    sleep(LASTING).await;
    let grown = finalised(network).await?.saturating_sub(before);
    for victim in victims {
        network.restart(victim, Oddity::default())?;
    }
    Ok(format!("{grown} blocks became final without them"))
}

async fn partition(network: &mut Seven) -> Result<String> {
    let namespaces = network.namespaces().cloned();
    let namespaces = namespaces.context("nodes have no networks of their own")?;
    let cut_off = minority(network).map(|position| position as u8);
    namespaces.cut_off(&cut_off)?;
    let before = finalised(network).await?;
    sleep(LASTING).await;
    let grown = finalised(network).await?.saturating_sub(before);
    namespaces.join()?;
    Ok(format!("{grown} blocks became final at the majority"))
}

async fn disk_full(network: &mut Seven, victim: usize) -> Result<String> {
    let filler = network.organisation(victim)?.database().join("filler");
    fill(&filler)?;
    let mut waited = Duration::ZERO;
    while !network.victim(victim)?.has_ended()? && waited < DISK_PATIENCE {
        sleep(Duration::from_secs(1)).await;
        waited += Duration::from_secs(1);
    }
    let ended = network.victim(victim)?.has_ended()?;
    network.victim(victim)?.kill()?;
    fs::remove_file(&filler).context("cannot make room")?;
    network.restart(victim, Oddity::default())?;
    let seconds = waited.as_secs();
    Ok(if ended {
        format!("the node ended by itself after {seconds} s")
    } else {
        format!("the node still ran after {seconds} s, and was killed")
    })
}

/// Gives a database a file system of its own, which is gone with this process's mounts; the node fetches
/// again what was there.
fn small_disk(database: &Path) -> Result<()> {
    fs::remove_dir_all(database).context("cannot clear a database")?;
    fs::create_dir(database).context("cannot make a folder")?;
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", SMALL_DISK, "none"])
        .arg(database)
        .status()
        .context("cannot start mount")?;
    ensure!(status.success(), "cannot mount a small disk");
    Ok(())
}

/// Takes all the room that there is.
fn fill(file: &Path) -> Result<()> {
    use std::io::{ErrorKind, Write};
    let mut file = fs::File::create(file).context("cannot fill the disk")?;
    let mut chunk = vec![0xaa; FILLER_CHUNK];
    while !chunk.is_empty() {
        match file.write_all(&chunk) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                chunk.truncate(chunk.len() / 2);
            }
            Err(error) => return Err(error).context("cannot fill the disk"),
        }
    }
    Ok(())
}

async fn fast_clock(network: &mut Seven, victim: usize) -> Result<String> {
    network.victim(victim)?.kill()?;
    network.restart(victim, FAST_CLOCK)?;
    // It compiles the runtime first.
    sleep(2 * LASTING).await;
    let ended = network.victim(victim)?.has_ended()?;
    ensure!(!ended, "a node with a fast clock ended");
    network.victim(victim)?.kill()?;
    network.restart(victim, Oddity::default())?;
    Ok("the others went on".into())
}

fn old(network: &mut Seven, victim: usize, copy: &Path) -> Result<String> {
    let organisation = network.victim(victim)?;
    organisation.kill()?;
    organisation.replace_database(copy)?;
    network.restart(victim, Oddity::default())?;
    Ok("it fetched what it had missed".into())
}

async fn power_loss(network: &mut Seven) -> Result<String> {
    network.kill_all()?;
    sleep(LASTING / 4).await;
    for position in 0..network.size() {
        network.restart(position, Oddity::default())?;
    }
    Ok("all pools were lost".into())
}

async fn no_ballots(network: &mut Seven, victim: usize) -> Result<String> {
    network.victim(victim)?.kill()?;
    network.restart(victim, EMPTY_POOL)?;
    network.recovery().await?;
    let node = network.organisation(0)?.node().await?;
    let from = node.best_header().await?.number;
    sleep(3 * LASTING).await;
    let (theirs, with_ballots) = authored(&node, from, victim, network.size()).await?;
    network.victim(victim)?.kill()?;
    network.restart(victim, Oddity::default())?;
    ensure!(theirs > 0, "the validator without a pool made no block");
    ensure!(
        with_ballots == 0,
        "{with_ballots} of {theirs} blocks by a validator without a pool have ballots"
    );
    Ok(format!("it made {theirs} blocks, all without a ballot"))
}

/// How many blocks since `from` an organisation made, and how many of them have more than inherents.
async fn authored(node: &Node, from: u32, author: usize, authors: usize) -> Result<(usize, usize)> {
    let (mut blocks, mut full) = (0, 0);
    let best = node.best_header().await?.number;
    for number in from..=best {
        let block = node.block(node.block_hash(number).await?).await?;
        let slot = psephos::watch::headers::slot(&block.header).context("a block has no slot")?;
        if slot % authors as u64 == author as u64 {
            blocks += 1;
            full += usize::from(block.extrinsics.len() > INHERENTS);
        }
    }
    Ok((blocks, full))
}

/// The last final block at organisation 0, which no fault but a loss of power touches.
async fn finalised(network: &Seven) -> Result<u32> {
    let node = network.organisation(0)?.node().await?;
    let header = timeout(LASTING, node.finalised_header()).await;
    Ok(header.context("organisation 0 does not answer")??.number)
}

fn old_database(folder: &Path) -> PathBuf {
    folder.join("old-database")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
