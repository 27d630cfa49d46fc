//! What every test begins with: a network, and an election on it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use psephos::voter::CredentialHolder;
use psephos_local_network::{
    expected::{self, Results},
    Election, LocalNetwork, Pace, PollingStation, Process, Programs,
};
use psephos_primitives::{register::Participation, DistrictId, Phase, VoterNumber};
use serde_json::{json, Value};

const ARCHIVE: &str = "archive.psephos";

/// A network with an election whose trustees are at work.
pub struct Scene {
    /// Its trustees' tools, the first being trustee 1's.
    pub trustees: Vec<Process>,
    /// Its officials.
    pub election: Election,
    /// The validators; dropped after those who talk to them.
    pub network: LocalNetwork,
    /// Where the test may write.
    pub folder: PathBuf,
}

/// A folder of this test's own, empty.
pub fn fresh_folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("elections")
        .join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the folder of an earlier run can be removed");
    }
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Writes a file into a test's folder.
pub fn write(folder: &Path, name: &str, contents: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, contents).expect("the folder can be written");
    path
}

impl Scene {
    /// Starts validators and has an election created; all trustees but `absent` begin their work.
    pub async fn open(
        test: &str,
        validators: usize,
        definition: &Value,
        pace: Pace,
        absent: &[usize],
    ) -> Self {
        let folder = fresh_folder(test);
        let file = write(&folder, "election.json", &definition.to_string());
        let programs = Programs::find().expect("the programs are built");
        let network = LocalNetwork::start(&programs, &folder, &folder, validators)
            .await
            .expect("the network starts");
        let mut election = Election::prepare(&network, &folder, &file)
            .await
            .expect("officials make their keys");
        election
            .create(pace)
            .await
            .expect("the consortium creates the election");
        let trustees = (1..=election.definition().trustees.count)
            .filter(|index| !absent.contains(index))
            .map(|index| election.start_trustee(index).expect("a trustee begins"))
            .collect();
        Self {
            trustees,
            election,
            network,
            folder,
        }
    }

    /// Registers these voters, waits until voting is open, and gives each a credential.
    pub async fn open_polls(
        &self,
        register: &[Participation],
    ) -> (PollingStation<'_>, Vec<CredentialHolder>) {
        self.election
            .register_voters(register)
            .await
            .expect("the registrars record them");
        self.election
            .wait_for_phase(Phase::Voting, Pace::PATIENCE)
            .await
            .expect("voting begins");
        let station = PollingStation::open(&self.election)
            .await
            .expect("the node answers");
        let numbers = register.iter().map(|row| row.voter).collect::<Vec<_>>();
        station
            .record_issue(&numbers)
            .await
            .expect("the registrars record the issue");
        let holders = station.voters(register).await.expect("the registrars sign");
        (station, holders)
    }

    /// As [`conclude`], in the test's folder.
    pub async fn conclude(&self, votes: &Path) -> String {
        conclude(&self.election, &self.folder, votes).await
    }

    /// Where the archive is written to.
    pub fn archive(&self) -> PathBuf {
        self.folder.join(ARCHIVE)
    }
}

/// Waits for an election's result, compares it with the votes, archives into the folder and audits;
/// returns the report.
pub async fn conclude(election: &Election, folder: &Path, votes: &Path) -> String {
    let results = folder.join("results.json");
    election
        .results(votes, &results)
        .await
        .expect("the result is that of the votes");
    let counted = expected::count(election.definition(), votes).expect("can be counted");
    let published: Results = expected::read_json(&results).expect("is well-formed");
    assert_eq!(published, counted);
    let archive = folder.join(ARCHIVE);
    election
        .archive(&archive)
        .await
        .expect("the archive can be written");
    let report = election
        .audit(&archive)
        .await
        .expect("the audit finds nothing");
    assert!(report.ends_with("\nAUDIT OK\n"), "{report}");
    report
}

/// Two districts, the first with a choice of one out of three, the second with several contests.
pub fn two_districts(trustees: usize, threshold: usize) -> Value {
    json!({
        "title": "Two districts",
        "trustees": { "count": trustees, "threshold": threshold },
        "registrars": { "count": 2, "quorum": 2 },
        "districts": [
            { "id": 1, "name": "North", "contests": [
                { "id": 1, "title": "One of three", "options": ["A", "B", "C"],
                  "min_selections": 1, "max_selections": 1 } ] },
            { "id": 2, "name": "South", "contests": [
                { "id": 1, "title": "One of three", "options": ["A", "B", "C"],
                  "min_selections": 1, "max_selections": 1 },
                { "id": 2, "title": "Any", "options": ["D", "E"],
                  "min_selections": 0, "max_selections": 2 } ] },
        ],
    })
}

/// Voters 1, 2, 3, … in these districts.
pub fn voters(districts: &[u32]) -> Vec<Participation> {
    (1..)
        .zip(districts)
        .map(|(voter, district)| Participation {
            voter: VoterNumber(voter),
            district: DistrictId(*district),
        })
        .collect()
}
