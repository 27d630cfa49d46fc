//! Ballots and their proofs.

use std::sync::LazyLock;

use psephos_crypto::{
    ballot::{verify, BallotStatement, BatchVerifier, ContestRule},
    elgamal::ElectionKey,
    transcript::Context,
};
use psephos_primitives::Ballot;

use crate::{
    vectors::{case, Case, File},
    wire::canonical,
    Verdict,
};

struct Honest {
    context: Context,
    key: ElectionKey,
    district: u32,
    account: [u8; 32],
    rules: Vec<ContestRule>,
    ballot: Ballot,
    bytes: Vec<u8>,
}

static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    let case = case(File::Ballot, "three contests");
    Honest {
        context: case.context(),
        key: ElectionKey::decode(&case.point("key")).expect("is a key"),
        district: case.number("district"),
        account: case.array("account"),
        rules: rules(&case),
        ballot: case.scale("ballot"),
        bytes: case.bytes("ballot"),
    }
});

fn rules(case: &Case) -> Vec<ContestRule> {
    let contests = case.field("contests").as_array().expect("is a list");
    let rule = |contest: &serde_json::Value| {
        let number = |name: &str| contest[name].as_u64().expect("is a number");
        ContestRule {
            id: number("id") as u32,
            options: number("options") as u8,
            min: number("min") as u8,
            max: number("max") as u8,
            blank: contest["blank"].as_bool().expect("is yes or no"),
        }
    };
    contests.iter().map(rule).collect()
}

/// Ballots: an accepted one is, bit by bit, what its voter has made.
pub fn ballot(bytes: &[u8]) -> Verdict {
    let Some(ballot) = canonical::<Ballot>(bytes) else {
        return Verdict::Refused;
    };
    let honest = &*HONEST;
    let statement = BallotStatement {
        context: &honest.context,
        key: &honest.key,
        district: honest.district,
        account: &honest.account,
        contests: &honest.rules,
    };
    let verified = verify(&statement, &ballot.contests);
    assert_eq!(verified.is_ok(), bytes == honest.bytes);
    let mut batch = BatchVerifier::new(&honest.key);
    batch.add(&statement, &honest.ballot.contests);
    batch.add(&statement, &ballot.contests);
    assert_eq!(batch.verify(), verified.map_err(|error| vec![(1, error)]));
    Verdict::of(&verified)
}
