//! `psephos-chaos`: faults on real nodes while people vote.

use std::{fs, path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use psephos_local_network::{
    chaos::{hold_through, namespaces::Namespaces, Fault, Observation, Seven},
    Programs,
};
use serde_json::json;

/// Holds an election on validators to which one fault after the other happens.
///
/// Exit status: 0 if after each fault everybody made blocks final again, the result is that of the
/// votes and the audit finds nothing; 1 if not.
#[derive(Parser, Debug)]
#[command(name = "psephos-chaos", version)]
struct Options {
    /// Which faults; all by default
    #[arg(value_enum)]
    faults: Vec<Fault>,
    /// How many validators
    #[arg(long, value_name = "NUMBER", default_value_t = 7, value_parser = clap::value_parser!(u8).range(4..=20))]
    validators: u8,
    /// Each node has a network and a file system of its own; needs to be root in new namespaces
    #[arg(long)]
    namespaces: bool,
    /// An empty folder for everything; a temporary one by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match hold(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn hold(options: Options) -> Result<()> {
    let clock = Instant::now();
    let say = |words: String| eprintln!("[{:>4} s] {words}", clock.elapsed().as_secs());
    let folder = match options.out {
        Some(out) => out,
        None => tempfile::tempdir().context("cannot make a folder")?.keep(),
    };
    fs::create_dir_all(&folder).context("cannot make the folder")?;
    let faults = if options.faults.is_empty() {
        Fault::value_variants().to_vec()
    } else {
        options.faults
    };
    let validators = options.validators;
    say(format!(
        "{validators} validators; everything is in {}",
        folder.display()
    ));
    let namespaces = options
        .namespaces
        .then(|| Namespaces::make(validators))
        .transpose()?;
    let programs = Programs::find()?;
    let mut network = Seven::start(&programs, &folder, validators, namespaces, None).await?;
    let seen = hold_through(&mut network, &faults, &folder, say).await?;
    report(&seen);
    Ok(())
}

/// A table for docs/figures.md, and one line of JSON on the standard error.
fn report(seen: &[Observation]) {
    println!("| fault | recovered after | ballots made final meanwhile | |");
    println!("|---|---|---|---|");
    for observation in seen {
        let name = observation.fault.to_possible_value();
        let name = name.as_ref().map_or("", |value| value.get_name());
        let Observation {
            recovery,
            ballots,
            remark,
            ..
        } = observation;
        println!("| {name} | {recovery:.1} s | {ballots} | {remark} |");
    }
    eprintln!("{}", json!(seen));
}
