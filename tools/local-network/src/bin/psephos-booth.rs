//! `psephos-booth`: an election in which ballots are accepted, for tests in other languages.
//!
//! Starts a network of one validator and an election, and writes one line of JSON: where the node
//! is, which election and district, and a selection that fits. For every line that it then reads,
//! `{"account": "0x…", "selections": [[true, false], …]}`, it answers with a credential for that
//! account and a ballot of its own, both in SCALE and hexadecimal. Ends with its input, which may stay
//! open until the result is published: the trustees are there, too.

use std::io;

use anyhow::{Context, Result};
use clap::Parser;
use codec::Encode;
use psephos_local_network::{
    Applicant, Election, LocalNetwork, Pace, PollingStation, Process, Programs, Sample,
};
use psephos_primitives::{register::Participation, DistrictId, Phase, VoterNumber};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};

/// How many credentials can be asked for.
const VOTERS: u64 = 4;
const DISTRICT: DistrictId = DistrictId(2);

/// Holds an election in which ballots are accepted, for tests in other languages.
#[derive(Parser, Debug)]
#[command(name = "psephos-booth", version)]
struct Options {
    /// How long ballots are accepted; the default is long enough for the slowest test
    #[arg(long, value_name = "BLOCKS", default_value_t = 200)]
    voting_blocks: u32,
}

#[derive(Serialize)]
struct Opening {
    url: String,
    election: u32,
    district: u32,
    selections: Vec<Vec<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    account: String,
    selections: Vec<Vec<bool>>,
}

#[derive(Serialize)]
struct Answer {
    credential: String,
    ballot: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let programs = Programs::find()?;
    let network =
        LocalNetwork::start(&programs, folder.path(), &folder.path().join("logs"), 1).await?;
    let sample = Sample::write(folder.path())?;
    let mut election = Election::prepare(&network, folder.path(), &sample.election).await?;
    let pace = Pace {
        voting_blocks: Some(options.voting_blocks),
        ..Pace::default()
    };
    let id = election.create(pace).await?;
    let _trustees: Vec<Process> = election.start_trustees()?;
    let voters = (1..=VOTERS).map(VoterNumber).collect::<Vec<_>>();
    let rows = voters.iter().map(|voter| Participation {
        voter: *voter,
        district: DISTRICT,
    });
    election.register_voters(&rows.collect::<Vec<_>>()).await?;
    election
        .wait_for_phase(Phase::Voting, Pace::PATIENCE)
        .await?;
    let station = PollingStation::open(&election).await?;
    station.record_issue(&voters).await?;

    let rules = station.election.rules(DISTRICT)?;
    let selections = rules
        .iter()
        .map(|rule| (0..rule.options).map(|i| i < rule.max.min(1)).collect());
    let url = network
        .urls()
        .into_iter()
        .next()
        .context("the network has no validator")?;
    write(&Opening {
        url,
        election: id.get(),
        district: DISTRICT.get(),
        selections: selections.collect(),
    })?;
    serve(&station, &voters).await
}

async fn serve(station: &PollingStation<'_>, voters: &[VoterNumber]) -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut voters = voters.iter();
    while let Some(line) = lines.next_line().await.context("cannot read the input")? {
        let request: Request = serde_json::from_str(&line).context("cannot understand a line")?;
        let account: [u8; 32] = request
            .account
            .strip_prefix("0x")
            .and_then(|digits| hex::decode(digits).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .context("an account has 32 bytes in hexadecimal")?;
        let voter = *voters
            .next()
            .context("every credential has been given out")?;
        let applicant = Applicant {
            voter,
            district: DISTRICT,
            account: account.into(),
        };
        let credentials = station
            .credentials(std::slice::from_ref(&applicant))
            .await?;
        let ballot = station
            .election
            .ballot(DISTRICT, &applicant.account, &request.selections)?;
        write(&Answer {
            credential: hexadecimal(&credentials.first().context("there is no credential")?),
            ballot: hexadecimal(&ballot),
        })?;
    }
    Ok(())
}

fn hexadecimal(value: &impl Encode) -> String {
    format!("0x{}", hex::encode(value.encode()))
}

fn write(line: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(line)?);
    io::Write::flush(&mut io::stdout()).context("nobody listens")
}
