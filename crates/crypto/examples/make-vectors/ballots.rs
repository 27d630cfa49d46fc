//! `ballot.json` and `tracker.json`.

use codec::Encode;
use curve25519_dalek::scalar::Scalar;
use psephos_crypto::{
    ballot::{prove, ContestRule, EncryptedContests},
    elgamal::Ciphertext,
    group::{decode_scalar, EncodedPoint, EncodedScalar},
};

use crate::{
    fixture::{selections, Election, ALICE, BOB, CONTESTS},
    format::{Ballot, Contest, Hex, Tracker},
    Cases,
};

const NOT_A_POINT: EncodedPoint = EncodedPoint([0xff; 32]);
const NOT_A_SCALAR: EncodedScalar = EncodedScalar([0xff; 32]);

fn input(election: &Election, contests: &[ContestRule], ballot: &EncryptedContests) -> Ballot {
    Ballot {
        context: (&election.context).into(),
        key: Hex::of(&election.keys.election_key),
        district: crate::fixture::DISTRICT,
        account: Hex::of(&ALICE),
        contests: contests.iter().map(Contest::from).collect(),
        ballot: Hex::of(ballot),
    }
}

fn plus_one(scalar: &mut EncodedScalar) {
    *scalar = (&(decode_scalar(scalar).unwrap() + Scalar::ONE)).into();
}

pub fn write() {
    let mut election = Election::new(60, &[1, 2, 3], 2);
    let ballot = election.ballot(&ALICE);
    let mut cases = Cases::new();
    cases.add(
        "three contests",
        input(&election, &CONTESTS, &ballot),
        "Ok(())",
    );
    accepted(&mut election, &mut cases);
    statements(&election, &ballot, &mut cases);
    structures(&election, &ballot, &mut cases);
    encodings(&election, &ballot, &mut cases);
    let other = election.ballot(&ALICE);
    proofs(&election, &ballot, &other, &mut cases);
    cases.write(
        "ballot",
        "Verification of ballots, alone and in a batch (PSE-SEL-5, PSE-SEL-6)",
    );

    let mut cases = Cases::new();
    let empty = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
    cases.add(
        "blake2b-256 of nothing",
        Tracker {
            ballot: Hex(vec![]),
        },
        empty,
    );
    for (name, account) in [
        ("Alice's ballot", ALICE),
        ("the same under Bob's account", BOB),
    ] {
        let bytes = (account, &ballot).encode();
        cases.add_value(name, Tracker { ballot: Hex(bytes) });
    }
    cases.write("tracker", "Trackers (PSE-SEL-7)");
}

fn accepted(election: &mut Election, cases: &mut Cases<Ballot>) {
    let rule = |options, min, max, blank| ContestRule {
        id: 2,
        options,
        min,
        max,
        blank,
    };
    let select = |options: usize, chosen: &[usize]| -> Vec<bool> {
        (0..options)
            .map(|option| chosen.contains(&option))
            .collect()
    };
    for (name, rule, selected) in [
        ("one of five", rule(5, 1, 1, false), select(5, &[4])),
        (
            "a blank vote where one of five is selected",
            rule(5, 1, 1, true),
            select(5, &[]),
        ),
        (
            "nothing, as everybody must",
            rule(2, 0, 0, false),
            select(2, &[]),
        ),
        (
            "all, as everybody must",
            rule(2, 2, 2, false),
            select(2, &[0, 1]),
        ),
        (
            "any number of options",
            rule(3, 0, 3, false),
            select(3, &[0, 2]),
        ),
        ("one option", rule(1, 0, 1, false), select(1, &[0])),
        (
            "nine of 64",
            rule(64, 8, 9, false),
            select(64, &[0, 7, 8, 15, 31, 32, 33, 62, 63]),
        ),
    ] {
        let contests = [rule];
        let mut rng = election.rng.clone();
        let mut statement = election.statement(&ALICE);
        statement.contests = &contests;
        let (ballot, _) = prove(&statement, &[selected], &mut rng).unwrap();
        cases.add(name, input(election, &contests, &ballot), "Ok(())");
        election.rng = rng;
    }
}

fn statements(election: &Election, ballot: &EncryptedContests, cases: &mut Cases<Ballot>) {
    let refused = "Err(SumChallenge { contest: 1 })";
    let mut add = |name, change: &dyn Fn(&mut Ballot)| {
        let mut input = input(election, &CONTESTS, ballot);
        change(&mut input);
        cases.add(name, input, refused);
    };
    let other_key = Election::new(61, &[1, 2], 2).keys.election_key;
    add("of another chain", &|input| {
        input.context.genesis_hash.0[0] ^= 1
    });
    add("of another election", &|input| input.context.election += 1);
    add("of another manifest", &|input| {
        input.context.manifest_hash.0[31] ^= 1
    });
    add("under another key", &|input| {
        input.key = Hex::of(&other_key)
    });
    add("in another district", &|input| input.district += 1);
    add("copied from another account", &|input| {
        input.account = Hex::of(&BOB)
    });
    add("of another contest", &|input| input.contests[2].id += 1);
    add("under another rule", &|input| {
        input.contests[2].blank = true
    });
    let mut input = input(election, &CONTESTS, ballot);
    input.key = Hex::of(&EncodedPoint::IDENTITY);
    cases.add(
        "under a key that is the identity",
        input,
        "Err(Key(Identity))",
    );
}

type Change<'a> = &'a dyn Fn(&mut EncryptedContests);

fn structures(election: &Election, ballot: &EncryptedContests, cases: &mut Cases<Ballot>) {
    let mut add = |name, change: Change, expect| {
        let mut ballot = ballot.clone();
        change(&mut ballot);
        cases.add(name, input(election, &CONTESTS, &ballot), expect);
    };
    add(
        "a contest is missing",
        &|ballot| ballot.truncate(2),
        "Err(ContestCount { expected: 3, found: 2 })",
    );
    add(
        "an option is missing",
        &|ballot| ballot[1].selections.truncate(2),
        "Err(OptionCount { contest: 4, expected: 3, found: 2 })",
    );
    add(
        "a branch of a sum proof is missing",
        &|ballot| ballot[1].sum_proof.truncate(2),
        "Err(SumBranchCount { contest: 4, expected: 3, found: 2 })",
    );
    add(
        "a sum proof where none is needed",
        &|ballot| ballot[2].sum_proof = ballot[0].sum_proof.clone(),
        "Err(SumBranchCount { contest: 9, expected: 0, found: 1 })",
    );
}

fn encodings(election: &Election, ballot: &EncryptedContests, cases: &mut Cases<Ballot>) {
    let mut add = |name: &str, change: Change, expect: &str| {
        let mut ballot = ballot.clone();
        change(&mut ballot);
        cases.add(
            name,
            input(election, &CONTESTS, &ballot),
            &format!("Err({expect})"),
        );
    };
    for (what, point, error) in [
        ("is not a point", NOT_A_POINT, "PointEncoding"),
        ("is the identity", EncodedPoint::IDENTITY, "Identity"),
    ] {
        let selection = |field| {
            format!("Selection {{ contest: 4, option: 1, field: {field}, error: {error} }}")
        };
        let branch = format!("Sum {{ contest: 4, branch: 2, field: Commitment, error: {error} }}");
        add(
            &format!("R {what}"),
            &|ballot| ballot[1].selections[1].ciphertext.r = point,
            &selection("R"),
        );
        add(
            &format!("C {what}"),
            &|ballot| ballot[1].selections[1].ciphertext.c = point,
            &selection("C"),
        );
        for (branch, half) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            add(
                &format!("commitment {half} of branch {branch} of a selection {what}"),
                &|ballot| ballot[1].selections[1].proof.commitments[branch][half] = point,
                &selection("Commitment"),
            );
        }
        for half in [0, 1] {
            add(
                &format!("commitment {half} of a sum proof {what}"),
                &|ballot| ballot[1].sum_proof[2].commitment[half] = point,
                &branch,
            );
        }
    }
    let selection = |field| {
        format!("Selection {{ contest: 4, option: 1, field: {field}, error: ScalarEncoding }}")
    };
    let branch =
        |field| format!("Sum {{ contest: 4, branch: 2, field: {field}, error: ScalarEncoding }}");
    add(
        "the challenge of a selection is not canonical",
        &|ballot| ballot[1].selections[1].proof.challenge = NOT_A_SCALAR,
        &selection("Challenge"),
    );
    for index in [0, 1] {
        add(
            &format!("response {index} of a selection is not canonical"),
            &|ballot| ballot[1].selections[1].proof.responses[index] = NOT_A_SCALAR,
            &selection("Response"),
        );
    }
    add(
        "a challenge of a sum proof is not canonical",
        &|ballot| ballot[1].sum_proof[2].challenge = NOT_A_SCALAR,
        &branch("Challenge"),
    );
    add(
        "a response of a sum proof is not canonical",
        &|ballot| ballot[1].sum_proof[2].response = NOT_A_SCALAR,
        &branch("Response"),
    );
}

fn proofs(
    election: &Election,
    ballot: &EncryptedContests,
    other: &EncryptedContests,
    cases: &mut Cases<Ballot>,
) {
    let mut add = |name: &str, change: Change, expect| {
        let mut ballot = ballot.clone();
        change(&mut ballot);
        cases.add(name, input(election, &CONTESTS, &ballot), expect);
    };
    let invalid = "Err(InvalidProof)";
    let first_sum = "Err(SumChallenge { contest: 1 })";
    add(
        "the challenge of a selection is another",
        &|ballot| plus_one(&mut ballot[2].selections[0].proof.challenge),
        invalid,
    );
    for index in [0, 1] {
        add(
            &format!("response {index} of a selection is another"),
            &|ballot| plus_one(&mut ballot[2].selections[0].proof.responses[index]),
            invalid,
        );
    }
    for (branch, half) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let replace = |ballot: &mut EncryptedContests| {
            ballot[2].selections[0].proof.commitments[branch][half] =
                other[2].selections[0].proof.commitments[branch][half];
        };
        add(
            &format!("commitment {half} of branch {branch} of a selection is another"),
            &replace,
            invalid,
        );
    }
    add(
        "a challenge of a sum proof is another",
        &|ballot| plus_one(&mut ballot[1].sum_proof[1].challenge),
        "Err(SumChallenge { contest: 4 })",
    );
    add(
        "a response of a sum proof is another",
        &|ballot| plus_one(&mut ballot[1].sum_proof[1].response),
        invalid,
    );
    add(
        "selection proofs in another order",
        &|ballot| {
            let [first, second] = [0, 1].map(|option| ballot[2].selections[option].proof);
            ballot[2].selections[0].proof = second;
            ballot[2].selections[1].proof = first;
        },
        invalid,
    );
    add(
        "options in another order",
        &|ballot| ballot[2].selections.as_mut().swap(0, 1),
        first_sum,
    );
    add(
        "a selection of another ballot",
        &|ballot| ballot[2].selections[0] = other[2].selections[0],
        first_sum,
    );
    add(
        "the halves of a ciphertext exchanged",
        &|ballot| {
            let Ciphertext { r, c } = ballot[2].selections[0].ciphertext;
            ballot[2].selections[0].ciphertext = Ciphertext { r: c, c: r };
        },
        first_sum,
    );
    assert_eq!(selections().len(), CONTESTS.len());
}
