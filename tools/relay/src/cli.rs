//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{ensure, Result};
use clap::{Args, Parser, Subcommand};
use psephos_primitives::ElectionId;

use crate::{
    key_file,
    limits::{CAPACITY, FLUSH_MARGIN},
    serve::{self, Settings, Tls},
};

/// Holds sealed ballots for a random time and passes them on.
#[derive(Parser, Debug)]
#[command(name = "psephos-relay", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make the key that ballots are sealed to, and print its public part
    Keygen {
        /// The key file to make; it must not exist
        #[arg(long)]
        out: PathBuf,
    },
    /// Serve one election
    Run(Box<RunOptions>),
}

#[derive(Args, Debug)]
struct RunOptions {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Certificate chain in PEM
    #[arg(long, requires = "tls_key", required_unless_present = "plain_http")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Serve without TLS: behind a proxy that adds it, or for development
    #[arg(long, conflicts_with = "tls_certificate")]
    plain_http: bool,
    /// The relay's key file
    #[arg(long)]
    key: PathBuf,
    /// The file that envelopes are held in; made if it is missing
    #[arg(long)]
    queue: PathBuf,
    /// Envelopes held at once
    #[arg(long, default_value_t = CAPACITY)]
    capacity: u64,
    /// A node; several may be given
    #[arg(long = "url", required = true)]
    urls: Vec<String>,
    /// The election's number
    #[arg(long)]
    election: u32,
    /// Mean delay in seconds, in place of the manifest's
    #[arg(long)]
    mean_delay: Option<f64>,
    /// Address of a relay that envelopes are passed on to; several may be given
    #[arg(long = "peer")]
    peers: Vec<String>,
    /// Certificates in PEM that peers must have, in place of those that the system trusts
    #[arg(long = "trust-certificate")]
    trusted: Vec<PathBuf>,
    /// Blocks before the closing block from which on nothing is held
    #[arg(long, default_value_t = FLUSH_MARGIN)]
    flush_margin: u32,
    /// Origin of a page that voters vote on; several may be given
    #[arg(long = "allow-origin")]
    origins: Vec<String>,
}

/// A day; more than that is a slip.
const MAX_MEAN_DELAY: f64 = 86_400.0;

impl Cli {
    /// Does what the command line says.
    pub async fn run(self) -> Result<()> {
        match self.command {
            Command::Keygen { out } => {
                let key = key_file::generate(&out)?;
                let public_key = format!("0x{}", hex::encode(key.public_key()));
                println!("{}", serde_json::json!({ "public_key": public_key }));
                Ok(())
            }
            Command::Run(options) => serve::run(options.settings()?).await,
        }
    }
}

impl RunOptions {
    fn settings(self) -> Result<Settings> {
        if let Some(delay) = self.mean_delay {
            ensure!(
                (0.0..=MAX_MEAN_DELAY).contains(&delay),
                "--mean-delay {delay} is not between 0 and {MAX_MEAN_DELAY} seconds"
            );
        }
        let tls = self.tls_certificate.zip(self.tls_key);
        Ok(Settings {
            listen: self.listen,
            tls: tls.map(|(certificate, key)| Tls { certificate, key }),
            key: self.key,
            queue: self.queue,
            capacity: self.capacity,
            urls: self.urls,
            election: ElectionId::from(self.election),
            mean_delay: self.mean_delay.map(Duration::from_secs_f64),
            peers: self.peers,
            trusted: self.trusted,
            flush_margin: self.flush_margin,
            origins: self.origins,
        })
    }
}
