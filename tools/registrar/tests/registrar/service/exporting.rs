//! What goes to others after the election, from a manifest and what the chain counted.

use psephos::results::{ContestResults, DistrictResults, Results};
use psephos_primitives::{register::DistrictCounts, DistrictId, ElectionId, Hash};
use psephos_registrar::{
    clock::Clock,
    exports::{csv, nist, protocol, turnout},
    store::{belonging::Belonging, Store},
};

use super::{conversation::Conversation, databases::on_every_database};
use crate::support::office::Office;

fn office() -> (Office, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("temporary directory");
    (Office::prepare(folder.path()), folder)
}

/// One district was counted; the other had too few ballots to be.
fn results() -> Results {
    let district = |id, name: &str, ballots, contests: Vec<ContestResults>| DistrictResults {
        id: DistrictId(id),
        name: name.into(),
        ballots,
        withheld: contests.is_empty(),
        contests,
    };
    let counts = vec![12, 30];
    Results {
        election: ElectionId(1),
        block: 60_010,
        block_hash: Hash::repeat_byte(9),
        title: "Mayor".into(),
        districts: vec![
            district(1, "North", 42, vec![ContestResults { id: 1, counts }]),
            district(2, "South", 3, Vec::new()),
        ],
    }
}

#[test]
fn the_protocol_has_a_row_for_each_option_that_was_counted() {
    let (office, _folder) = office();
    let rows = protocol(&office.election().manifest, &results());
    let expected = "district,district_name,ballots,contest,contest_title,option,count\n\
        1,North,42,1,c,A,12\n\
        1,North,42,1,c,B,30\n";
    assert_eq!(csv(&rows).expect("is written"), expected);
}

#[test]
fn turnout_is_by_district() {
    let (office, _folder) = office();
    let counts = [(1, 50, 44, 42), (2, 4, 3, 3)].map(|(district, participating, issued, cast)| {
        DistrictCounts {
            district: DistrictId(district),
            participating,
            issued,
            cast,
        }
    });
    let rows = turnout(&office.election().manifest, &counts);
    let expected = "district,name,participating,issued,cast\n1,North,50,44,42\n2,South,4,3,3\n";
    assert_eq!(csv(&rows).expect("is written"), expected);
}

#[test]
fn a_nist_report_names_every_district_and_the_contests_that_were_counted() {
    let (office, _folder) = office();
    let manifest = office.election().manifest;
    let report = nist::report(&manifest, &results(), "2026-11-26", "2026-11-26T16:00:00Z");
    let identifiers = |list: &serde_json::Value| -> Vec<String> {
        let list = list.as_array().expect("is a list");
        let identifier = |one: &serde_json::Value| one["@id"].as_str().expect("is text").to_owned();
        list.iter().map(identifier).collect()
    };
    let units = identifiers(&report["GpUnit"]);
    assert_eq!(units, ["district-1", "district-2", "election-scope"]);
    let contests = identifiers(&report["Election"][0]["Contest"]);
    assert_eq!(contests, ["contest-1-1"]);
}

/// The roll of one election would look like a plausible list of another's electors.
#[tokio::test]
async fn electors_of_an_election_come_from_its_own_database_only() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let store = &talk.service.store;
        let election = talk.office.election();
        let genesis = election.genesis;
        let right = Belonging::of(genesis, election.id, &election.manifest);
        assert!(store.check_belongs(&right).await.is_ok());
        let mut manifest = election.manifest.clone();
        manifest.relay_delay += 1;
        for (other, what) in [
            (
                Belonging::of(Hash::repeat_byte(8), election.id, &election.manifest),
                "chain",
            ),
            (
                Belonging::of(genesis, ElectionId(2), &election.manifest),
                "election",
            ),
            (Belonging::of(genesis, election.id, &manifest), "manifest"),
        ] {
            let value = |of: &Belonging| {
                let fact = of.facts().into_iter().find(|(name, _)| *name == what);
                fact.expect("is one of them").1.to_owned()
            };
            let refused = store.check_belongs(&other).await;
            let expected = format!(
                "the database belongs to another {what}: {:?}, not {:?}",
                value(&right),
                value(&other),
            );
            let refused = refused.map_err(|error| error.to_string());
            assert_eq!(refused, Err(expected));
        }
    })
    .await;
}

/// Neither does asking make an unused database that election's.
#[tokio::test]
async fn electors_do_not_come_from_a_database_that_has_served_no_election() {
    let (office, _folder) = office();
    let store = Store::open(&office.sqlite(), Clock::default()).await;
    let store = store.expect("opens");
    let election = office.election();
    let belonging = Belonging::of(election.genesis, election.id, &election.manifest);
    for _ in 0..2 {
        let refused = store.check_belongs(&belonging).await;
        let refused = refused.map_err(|error| error.to_string());
        let expected = format!(
            "the database belongs to no chain yet, {:?} is expected: \
             it is said to when its registrar first serves the election",
            "07".repeat(32),
        );
        assert_eq!(refused, Err(expected));
    }
}
