//! The short form of `scripts/chaos`: four organisations with keys of their own, one election, two faults.

use psephos_local_network::{
    chaos::{hold_through, Fault, Seven},
    CommandFailed, CommandLine, Programs,
};
use serde_json::Value;

use crate::scene::fresh_folder;

/// Two may be away of seven; of four it is one, so that finality stands until both are back.
const VALIDATORS: u8 = 4;

#[tokio::test]
async fn no_ballot_is_lost_when_every_validator_loses_its_power() {
    let folder = fresh_folder("power-loss");
    let programs = Programs::find().expect("the programs are built");
    let mut network = Seven::start(&programs, &folder, VALIDATORS, None, None)
        .await
        .expect("the organisations start their chain");
    let faults = [Fault::TwoKilled, Fault::PowerLoss];
    let seen = hold_through(&mut network, &faults, &folder, |words| eprintln!("{words}"))
        .await
        .expect("the result is right and the audit finds nothing");
    assert_eq!(
        seen.iter().map(|seen| seen.fault).collect::<Vec<_>>(),
        faults
    );
    assert!(
        seen.iter().all(|seen| seen.ballots > 0),
        "voting did not go on: {seen:?}"
    );

    doctors_agree(&programs, &folder, &mut network).await;
}

/// `psephos doctor` finds nothing wrong with a validator, and says what is wrong with one that was killed.
async fn doctors_agree(programs: &Programs, folder: &std::path::Path, network: &mut Seven) {
    const PATIENT: usize = 2;
    let doctor = CommandLine::new(&programs.psephos, vec!["--json".into()], folder);
    let organisation = network.organisation(PATIENT).expect("there are four");
    let base = organisation.base().display().to_string();
    let visit = [
        "doctor",
        "--base-path",
        &base,
        "--node",
        &organisation.url(),
    ]
    .map(String::from);
    let report = doctor.run("doctor", &visit).await.expect("is healthy");
    let report: Value = serde_json::from_str(&report).expect("is JSON");
    assert_eq!(report["healthy"], true, "{report}");
    let state = |check: &str| {
        let checks = report["checks"].as_array().expect("is a list");
        let found = checks.iter().find(|found| found["check"] == check);
        found.expect("was checked")["state"].clone()
    };
    for check in ["session keys", "key files", "peers", "finality", "rpc"] {
        assert_eq!(state(check), "good", "{check}: {report}");
    }

    let patient = network.victim(PATIENT).expect("there are four");
    patient.kill().expect("it runs");
    let error = doctor.run("doctor of the dead", &visit).await;
    let error = error.expect_err("is not healthy");
    let failed = error.downcast_ref::<CommandFailed>().expect("it answers");
    assert_eq!(failed.status.code(), Some(1), "{failed}");
    assert!(failed.message.contains("\"answers\""), "{failed}");
}
