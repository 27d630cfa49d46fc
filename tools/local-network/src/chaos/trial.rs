//! An election that one fault after the other happens to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{ensure, Context, Result};
use psephos_primitives::Phase;
use tokio::time::{sleep, Duration, Instant};

use super::{Fault, Observation, Seven};
use crate::{
    expected::{self, Results},
    Election, Pace, Process, Sample,
};

/// Blocks of voting for each fault: it lasts for about ten, and nodes compile the runtime again.
const BLOCKS_FOR_A_FAULT: u32 = 40;
/// And for the first and the last ballots.
const BLOCKS_BESIDES: u32 = 30;
/// Voters who vote meanwhile, one after the other, for each fault.
const VOTERS_FOR_A_FAULT: usize = 10;
/// Between two looks at the ballots.
const POLL: Duration = Duration::from_secs(1);
/// A tool that casts one ballot after the other does not have them all in the first block.
const ONE_AFTER_THE_OTHER: [&str; 2] = ["--parallel", "1"];

/// Holds the election, and does to the network what is to be done; an error if a ballot that was final is
/// no longer there, if anybody fails to recover, if the result is not that of the votes, or if the audit
/// finds anything.
pub async fn hold_through(
    network: &mut Seven,
    faults: &[Fault],
    folder: &Path,
    say: impl Fn(String),
) -> Result<Vec<Observation>> {
    let missing = faults
        .iter()
        .filter_map(|fault| Some(format!("{fault:?} needs {}", fault.missing(network)?)))
        .collect::<Vec<_>>();
    ensure!(missing.is_empty(), "{}", missing.join("; "));
    for fault in faults {
        fault.prepare(network, folder).await?;
    }
    say("the consortium creates an election".into());
    let sample = Sample::write(folder)?;
    let votes = some_votes(&sample.votes, VOTERS_FOR_A_FAULT * faults.len(), folder)?;
    let ground = network.ground().await?;
    let mut election = Election::prepare_on(ground, folder, &sample.election).await?;
    let blocks = u32::try_from(faults.len())? * BLOCKS_FOR_A_FAULT + BLOCKS_BESIDES;
    let pace = Pace {
        voting_blocks: Some(blocks),
        ..Pace::default()
    };
    election.create(pace).await?;
    let _trustees: Vec<Process> = election.start_trustees()?;
    let (rehearsed, seen) = tokio::join!(
        election.rehearse_with(&votes, &ONE_AFTER_THE_OTHER),
        accidents(network, &election, faults, folder, &say)
    );
    let seen = seen?;
    say(rehearsed?.trim_end().into());
    say("waiting for the closing block and the trustees' shares".into());
    conclude(&election, &votes, folder).await?;
    say("the result is that of the votes; AUDIT OK".into());
    Ok(seen)
}

/// So many rows of a file of votes, over and over.
fn some_votes(votes: &Path, rows: usize, folder: &Path) -> Result<PathBuf> {
    let text = fs::read_to_string(votes).context("cannot read the sample's votes")?;
    let header = text.lines().take(1);
    let chosen = text.lines().skip(1).cycle().take(rows);
    let some = header.chain(chosen).collect::<Vec<_>>().join("\n");
    let path = folder.join("some-votes.csv");
    fs::write(&path, some + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

async fn accidents(
    network: &mut Seven,
    election: &Election,
    faults: &[Fault],
    folder: &Path,
    say: &impl Fn(String),
) -> Result<Vec<Observation>> {
    election
        .wait_for_phase(Phase::Voting, Pace::PATIENCE)
        .await?;
    let mut seen = Vec::new();
    for fault in faults {
        let before = election.ballots().await?;
        say(format!("{before} ballots are final; {fault:?}"));
        let mut observation = fault.strike(network, folder).await?;
        wait_for_a_ballot(election, before, VOTERS_FOR_A_FAULT * faults.len()).await?;
        let after = election.ballots().await?;
        ensure!(
            after >= before,
            "{before} ballots were final, and now {after}"
        );
        observation.ballots = after - before;
        say(format!(
            "mended within {:.1} s; {}",
            observation.recovery, observation.remark
        ));
        seen.push(observation);
    }
    Ok(seen)
}

/// Waits until a ballot more is final, unless all have voted: it is not enough that blocks come again.
async fn wait_for_a_ballot(election: &Election, before: u32, voters: usize) -> Result<()> {
    let deadline = Instant::now() + Pace::PATIENCE;
    while before < u32::try_from(voters)? && election.ballots().await? == before {
        ensure!(
            Instant::now() < deadline,
            "nobody's ballot has become final since the fault was mended"
        );
        sleep(POLL).await;
    }
    Ok(())
}

async fn conclude(election: &Election, votes: &Path, folder: &Path) -> Result<()> {
    let results = folder.join("results.json");
    election.results(votes, &results).await?;
    let published: Results = expected::read_json(&results)?;
    let counted = expected::count(election.definition(), votes)?;
    let differences = expected::differences(&counted, &published);
    ensure!(differences.is_empty(), "{}", differences.join("\n"));
    let archive = folder.join("archive.psephos");
    election.archive(&archive).await?;
    let audit = election.audit(&archive).await?;
    ensure!(audit.trim_end().ends_with("AUDIT OK"), "{audit}");
    Ok(())
}
