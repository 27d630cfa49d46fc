//! `psephos-demo`: a whole election on validators of this machine.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure, Context, Result};
use clap::Parser;
use psephos::{
    definition::Definition,
    failure::InputError,
    votes::{self, BallotPaper},
};
use psephos_local_network::{
    expected::{self, Results},
    table, Election, Footprint, LocalNetwork, Pace, Process, Programs, Sample,
};
use tokio::{
    signal::unix::{signal, SignalKind},
    time::sleep,
};

/// What the chain published.
const RESULTS: &str = "results.json";
/// All that an offline audit needs.
const ARCHIVE: &str = "archive.psephos";
/// Between two looks at whether everything still runs.
const WATCH: Duration = Duration::from_secs(1);
/// Between two lines about the ballots that are in.
const REPORT: Duration = Duration::from_secs(10);
/// Exit status after an interrupt, as shells expect it.
const INTERRUPTED: u8 = 130;
/// Exit status when something that was given is wrong.
const BAD_INPUT: u8 = 2;

/// Holds a whole election on validators of this machine: keys, ceremony, ballots, result, audit.
///
/// Exit status: 0 if the published result is that of the votes and the audit finds nothing, 1 if
/// not, 2 if the files are wrong, in which case nothing is started.
#[derive(Parser, Debug)]
#[command(name = "psephos-demo", version)]
struct Options {
    /// What is being decided (election.json); a sample by default
    #[arg(long, value_name = "FILE", requires = "votes")]
    election: Option<PathBuf>,
    /// What the voters choose (votes.csv)
    #[arg(long, value_name = "FILE", requires = "election")]
    votes: Option<PathBuf>,
    /// Where results.json, archive.psephos and the logs are left; a temporary folder by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many validators, 1 or 3
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    validators: usize,
    /// Also show how many bytes of state and of block bodies a ballot takes
    #[arg(long)]
    measure_state: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    // Whatever runs is owned by the future, and ends when it is dropped.
    let outcome = tokio::select! {
        outcome = hold(options) => outcome,
        interrupted = interruption() => match interrupted {
            Ok(()) => {
                eprintln!("interrupted");
                return ExitCode::from(INTERRUPTED);
            }
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            let bad_input = error.downcast_ref::<InputError>().is_some();
            if bad_input {
                ExitCode::from(BAD_INPUT)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

async fn interruption() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    let mut hang_up = signal(SignalKind::hangup()).context("cannot wait for signals")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for signals"),
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

/// What is held, and where its traces go.
struct Plan {
    election: PathBuf,
    votes: PathBuf,
    voters: u32,
    expected: Results,
    out: PathBuf,
}

async fn hold(options: Options) -> Result<()> {
    // Chain data, officials' keys and the sample; what is to stay goes to `plan.out`.
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let plan = plan(&options, folder.path())?;
    let clock = Clock::start();
    clock.say(format!(
        "starting {} validators; logs go to {}",
        options.validators,
        plan.out.display()
    ));
    let programs = Programs::find()?;
    let mut network =
        LocalNetwork::start(&programs, folder.path(), &plan.out, options.validators).await?;

    clock.say("making the keys of consortium, trustees and registrars");
    let mut election = Election::prepare(&network, folder.path(), &plan.election).await?;
    clock.say("the consortium creates the election");
    let pace = Pace {
        voters: plan.voters,
        ..Pace::default()
    };
    let id = election.create(pace).await?;

    let (threshold, count) = (
        election.definition().trustees.threshold,
        election.definition().trustees.count,
    );
    clock.say(format!("election {id}: {count} trustees, of whom {threshold} can decrypt, make its key; {} voters register", plan.voters));
    let mut trustees = election.start_trustees()?;
    let results = plan.out.join(RESULTS);
    let table = tokio::select! {
        table = vote_and_tally(&clock, &election, &plan, &results) => table?,
        failure = watch(&mut network, &mut trustees) => return Err(failure),
    };
    println!("{table}");
    println!("The published result is that of the votes.");

    if options.measure_state {
        println!("{}", Footprint::measure(election.node(), id).await?);
    }
    clock.say("archiving the chain, and auditing the archive without a node");
    let archive = plan.out.join(ARCHIVE);
    election.archive(&archive).await?;
    drop(trustees);
    let report = election.audit(&archive).await?;
    drop(network);
    clock.say(format!(
        "{RESULTS}, {ARCHIVE} and logs are in {}",
        plan.out.display()
    ));
    println!("{}", report.trim_end());
    ensure!(
        report.trim_end().ends_with("AUDIT OK"),
        "the audit's report does not end with AUDIT OK"
    );
    Ok(())
}

/// Checks everything that was given, before anything is started. Where nothing was given, the sample is
/// held, written into `folder`.
fn plan(options: &Options, folder: &Path) -> Result<Plan> {
    ensure!(
        [1, 3].contains(&options.validators),
        InputError::new("--validators", "must be 1 or 3")
    );
    let (election, votes) = match (&options.election, &options.votes) {
        (Some(election), Some(votes)) => (election.clone(), votes.clone()),
        // clap lets none come without the other.
        _ => {
            let sample = Sample::write(folder)?;
            (sample.election, sample.votes)
        }
    };
    let definition = Definition::read(&election)?;
    let papers = definition
        .districts
        .iter()
        .map(|district| BallotPaper {
            district: district.id,
            contests: district
                .contests
                .iter()
                .map(psephos_primitives::Contest::rule)
                .collect(),
        })
        .collect::<Vec<_>>();
    let voters = votes::read(&votes, &papers)?.len();
    let out = match &options.out {
        Some(out) => out.clone(),
        None => tempfile::Builder::new()
            .prefix("psephos-demo-")
            .tempdir()
            .context("cannot make a temporary folder")?
            .keep(),
    };
    fs::create_dir_all(&out)
        .with_context(|| format!("cannot make the folder {}", out.display()))?;
    // A run that fails must not leave an earlier one's result.
    for name in [RESULTS, ARCHIVE] {
        remove_if_there(&out.join(name))?;
    }
    Ok(Plan {
        expected: expected::count(&expected::read_json(&election)?, &votes)?,
        voters: voters.try_into().context("there are too many voters")?,
        out: fs::canonicalize(out).context("the folder has gone")?,
        election,
        votes,
    })
}

fn remove_if_there(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// From registration to the published result; returns the result as a table.
async fn vote_and_tally(
    clock: &Clock,
    election: &Election,
    plan: &Plan,
    results: &Path,
) -> Result<String> {
    let rehearsed = tokio::select! {
        rehearsed = election.rehearse(&plan.votes) => rehearsed?,
        failure = report_ballots(clock, election, plan.voters) => return Err(failure),
    };
    clock.say(rehearsed.trim_end());
    clock.say("waiting for the closing block and the trustees' shares");
    election.results(&plan.votes, results).await?;
    let published: Results = expected::read_json(results)?;
    let differences = expected::differences(&plan.expected, &published);
    if !differences.is_empty() {
        bail!(
            "the published result is not that of the votes:\n{}",
            differences.join("\n")
        );
    }
    Ok(table::render(election.definition(), &published))
}

/// Says now and then how many ballots are in; ends only with an error.
async fn report_ballots(clock: &Clock, election: &Election, voters: u32) -> anyhow::Error {
    let mut said = 0;
    loop {
        sleep(REPORT).await;
        let cast = match election.ballots().await {
            Ok(cast) => cast,
            Err(error) => return error,
        };
        if cast > said {
            clock.say(format!("{cast} of {voters} ballots are final"));
            said = cast;
        }
    }
}

/// Looks after validators and trustees; ends only with an error.
async fn watch(network: &mut LocalNetwork, trustees: &mut [Process]) -> anyhow::Error {
    loop {
        sleep(WATCH).await;
        if let Err(error) = network.check_running() {
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

/// Says what is going on, and since when.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn say(&self, words: impl AsRef<str>) {
        println!("[{:>4} s] {}", self.0.elapsed().as_secs(), words.as_ref());
    }
}
