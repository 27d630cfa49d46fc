//! Parses the command line and does what it says.

use std::process::ExitCode;

use clap::Parser;
use psephos_relay::cli::Cli;
use tracing_subscriber::EnvFilter;

/// Only our own crates log, whatever the environment says: libraries beneath log addresses of
/// clients, and nothing that a relay writes may lead to a voter (PSE-RLY-11).
const LOGGED: &str = "off,psephos_relay=info,psephos_client=warn";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(LOGGED))
        .with_writer(std::io::stderr)
        .init();
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
