//! `psephos-polling-place`: an election on this machine in which people vote with their browsers.
//!
//! Starts validators, trustees, registrars, relays and the pages, says where they are and who may
//! vote, and takes the election to its published result and its audit.

use std::{
    fs,
    future::pending,
    path::{Path, PathBuf},
};

use anyhow::{ensure, Context, Result};
use clap::Parser;
use psephos_local_network::{
    disturbance::{Disturbance, Victim},
    expected::{self, Results},
    pages::{origin, PageConfiguration, PageServer, CHAIN_SPECIFICATION},
    table,
    voting_services::{test_voters, TestVoter, VotingServices},
    Election, LocalNetwork, Pace, Process, Programs, Sample,
};
use psephos_primitives::Phase;
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, Stdin},
    signal::unix::{signal, SignalKind},
    time::{sleep, Duration},
};

/// Blocks for key ceremony and applications: three minutes, since a ceremony takes one.
const REGISTRATION_BLOCKS: u32 = 60;
/// How many relays a ballot passes.
const HOPS: usize = 2;
/// Between two looks at whether everything still runs.
const WATCH: Duration = Duration::from_secs(1);
const RESULTS: &str = "results.json";
const ARCHIVE: &str = "archive.psephos";

/// Holds an election in which people vote with their browsers.
///
/// Ends with the published result and `AUDIT OK`; exit status 0 only then.
#[derive(Parser, Debug)]
#[command(name = "psephos-polling-place", version)]
struct Options {
    /// What is being decided (election.json); a sample by default
    #[arg(long, value_name = "FILE")]
    election: Option<PathBuf>,
    /// The folder with the built pages
    #[arg(long, value_name = "DIR")]
    pages: PathBuf,
    /// Where results.json, archive.psephos and the logs are left; a temporary folder by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many validators, 1 or 3
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    validators: usize,
    /// How long ballots are accepted; a block takes three seconds
    #[arg(long, value_name = "BLOCKS", default_value_t = 200)]
    voting_blocks: u32,
    /// Mean delay at each relay, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    relay_delay: u32,
    /// Say as a line of JSON, not in words, where everything is
    #[arg(long)]
    json: bool,
    /// Do what lines of the standard input say, `kill relay 1` or `start validator 0`, and answer each
    #[arg(long)]
    disturbances: bool,
}

/// Where everything is.
#[derive(Serialize)]
struct Opening<'a> {
    page: String,
    nodes: Vec<String>,
    registrars: Vec<String>,
    relays: Vec<String>,
    /// One-time codes are written here, as `<digits of the telephone number>.txt`.
    codes: &'a Path,
    out: &'a Path,
    election: u32,
    voters: &'a [TestVoter],
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    // Whatever runs is owned by the future, and ends when it is dropped.
    tokio::select! {
        outcome = hold(options) => outcome,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    }
}

async fn hold(options: Options) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let out = match &options.out {
        Some(out) => out.clone(),
        None => tempfile::Builder::new()
            .prefix("psephos-polling-place-")
            .tempdir()
            .context("cannot make a temporary folder")?
            .keep(),
    };
    fs::create_dir_all(&out)
        .with_context(|| format!("cannot make the folder {}", out.display()))?;
    let out = fs::canonicalize(out).context("the folder has gone")?;
    let definition = match &options.election {
        Some(file) => file.clone(),
        None => Sample::write(folder.path())?.election,
    };
    let programs = Programs::find()?;
    eprintln!(
        "starting {} validators; logs go to {}",
        options.validators,
        out.display()
    );
    let mut network =
        LocalNetwork::start(&programs, folder.path(), &out, options.validators).await?;
    let mut election = Election::prepare(&network, folder.path(), &definition).await?;
    let pace = Pace {
        registration_blocks: Some(REGISTRATION_BLOCKS),
        voting_blocks: Some(options.voting_blocks),
        relay_delay: Some(options.relay_delay),
        ..Pace::default()
    };
    let id = election.create(pace).await?;
    let mut trustees: Vec<Process> = election.start_trustees()?;

    let listener = PageServer::reserve().await?;
    let port = listener
        .local_addr()
        .context("the pages have no port")?
        .port();
    let voters = test_voters(&election);
    let urls = network.urls();
    let mut services =
        VotingServices::start(&election, &urls, folder.path(), &origin(port), &voters).await?;
    let configuration = PageConfiguration {
        election: id.get(),
        genesis: format!("{:?}", election.node().facts().await?.genesis_hash),
        nodes: urls.clone(),
        registrars: services.registrars.clone(),
        relays: services.relays.clone(),
        hops: HOPS,
        checker: "./check.html".into(),
        chain_spec: CHAIN_SPECIFICATION.into(),
        light: network.light_access()?,
    };
    let server = PageServer::start(listener, &options.pages, configuration)?;
    // The last one can try applying on the page.
    let applicants = voters.split_last().map_or(&[][..], |(_, others)| others);
    for voter in applicants {
        services.apply(voter).await?;
    }
    let opening = Opening {
        page: server.url(),
        nodes: urls,
        registrars: services.registrars.iter().map(|r| r.url.clone()).collect(),
        relays: services.relays.iter().map(|r| r.url.clone()).collect(),
        codes: &services.codes.clone(),
        out: &out,
        election: id.get(),
        voters: &voters,
    };
    let mut lines = options
        .disturbances
        .then(|| BufReader::new(tokio::io::stdin()).lines());
    announce(&opening, options.json)?;

    let (published, table) = tokio::select! {
        outcome = to_the_result(&election, &out, options.json) => outcome?,
        failure = watch(&mut network, &mut services, &mut trustees, &mut lines) => return Err(failure),
    };
    println!("{table}");
    let ballots: u32 = published
        .districts
        .iter()
        .map(|district| district.ballots)
        .sum();
    println!("{ballots} ballots were counted.");
    if let Some(lines) = &mut lines {
        // Whoever disturbs may still look at what voters are told after the end.
        while lines.next_line().await?.is_some() {}
    }
    let archive = out.join(ARCHIVE);
    election.archive(&archive).await?;
    drop((trustees, services, server));
    let report = election.audit(&archive).await?;
    println!("{}", report.trim_end());
    ensure!(
        report.trim_end().ends_with("AUDIT OK"),
        "the audit's report does not end with AUDIT OK"
    );
    Ok(())
}

fn announce(opening: &Opening<'_>, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(opening)?);
        return Ok(());
    }
    println!("\nVote at      {}", opening.page);
    println!("Receipts at  {}/receipt.html", opening.page);
    println!("Watch at     {}/observe.html", opening.page);
    for (what, addresses) in [
        ("Registrar", &opening.registrars),
        ("Relay", &opening.relays),
        ("Node", &opening.nodes),
    ] {
        for address in addresses {
            println!("{what:<11}  {address}");
        }
    }
    println!(
        "\nOne-time codes are written to {}.",
        opening.codes.display()
    );
    println!(
        "\n{:<20} {:<14} {:<12} {:<14} district",
        "voter", "identity", "born", "telephone"
    );
    for voter in opening.voters {
        println!(
            "{:<20} {:<14} {:<12} {:<14} {}",
            voter.name, voter.identity, voter.birth_date, voter.telephone, voter.district
        );
    }
    println!("All but the last have applied already; that one can, until voting begins.\n");
    Ok(())
}

/// Waits for every phase, and says when it begins.
async fn to_the_result(election: &Election, out: &Path, json: bool) -> Result<(Results, String)> {
    let say = |words: &str| {
        if !json {
            println!("{words}");
        }
    };
    election
        .wait_for_phase(Phase::Voting, Pace::PATIENCE)
        .await?;
    say("Voting has begun.");
    election.wait_for_end_of_voting().await?;
    say("Voting has ended; the trustees decrypt the sums.");
    let results = out.join(RESULTS);
    election.results_alone(&results).await?;
    let published: Results = expected::read_json(&results)?;
    let table = table::render(election.definition(), &published);
    Ok((published, table))
}

/// The next line, or never where nobody is listened to.
async fn next(lines: &mut Option<Lines<BufReader<Stdin>>>) -> Result<Option<String>> {
    match lines {
        Some(lines) => lines.next_line().await.context("cannot read the input"),
        None => pending().await,
    }
}

/// Kills or starts.
fn disturb(line: &str, network: &mut LocalNetwork, services: &mut VotingServices) -> Result<()> {
    match line.parse::<Disturbance>()? {
        Disturbance::Kill(Victim::Validator(position)) => network.kill(position),
        Disturbance::Kill(Victim::Relay(position)) => services.kill_relay(position),
        Disturbance::Start(Victim::Validator(position)) => network.restart(position),
        Disturbance::Start(Victim::Relay(position)) => services.restart_relay(position),
    }
}

/// Looks after everything that runs; ends only with an error.
async fn watch(
    network: &mut LocalNetwork,
    services: &mut VotingServices,
    trustees: &mut [Process],
    lines: &mut Option<Lines<BufReader<Stdin>>>,
) -> anyhow::Error {
    loop {
        tokio::select! {
            line = next(lines) => match line {
                Ok(Some(line)) => match disturb(&line, network, services) {
                    Ok(()) => println!("{}", serde_json::json!({ "done": line })),
                    Err(error) => return error,
                },
                // Nobody says anything any more.
                Ok(None) => *lines = None,
                Err(error) => return error,
            },
            () = sleep(WATCH) => {}
        }
        if let Err(error) = network
            .check_running()
            .and_then(|()| services.check_running())
        {
            return error;
        }
        for trustee in trustees.iter_mut() {
            // Those who have done their part may go.
            let failed = match trustee.ended() {
                Ok(status) => status.is_some_and(|status| !status.success()),
                Err(error) => return error,
            };
            if let (true, Err(error)) = (failed, trustee.check_running()) {
                return error;
            }
        }
    }
}
