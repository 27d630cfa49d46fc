//! Input that nobody meant: bytes that decode to something, and right ballots with wrong bytes.

use super::{
    officials::{Election, Plan},
    voters::Vote,
};
use crate::mock::*;
use codec::{Decode, Encode};
use frame_support::assert_ok;
use proptest::prelude::*;
use psephos_primitives::{tally::DistrictShares, Ballot, Credential};
use std::cell::RefCell;

/// Runs properties on one election; what fails is shrunk and its seed is printed.
fn with_election<S: Strategy>(
    cases: u32,
    strategy: S,
    prepare: impl Fn() -> Election,
    property: impl Fn(&Election, S::Value) -> Result<(), TestCaseError>,
) {
    build_and_execute(|| {
        let election = prepare();
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            ..Default::default()
        };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let result = runner.run(&strategy, |value| property(&election, value));
        assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
    });
}

fn open() -> Election {
    Election::open(Plan::default())
}

#[test]
fn any_bytes_that_decode_to_a_ballot_are_refused_without_a_panic() {
    let vote = RefCell::new(None);
    with_election(
        256,
        prop::collection::vec(any::<u8>(), 0..2_000),
        open,
        |election, bytes| {
            let mut vote = vote.borrow_mut();
            let vote: &Vote = vote.get_or_insert_with(|| election.vote(1, 1, &[&[0]]));
            let mut hostile = vote.clone();
            if let Ok(ballot) = Ballot::decode(&mut &bytes[..]) {
                hostile.ballot = ballot;
                prop_assert!(hostile.refusal().is_some());
            }
            let mut hostile = vote.clone();
            if let Ok(credential) = Credential::decode(&mut &bytes[..]) {
                hostile.credential = credential;
                prop_assert!(hostile.refusal().is_some());
            }
            Ok(())
        },
    );
}

#[test]
fn a_right_vote_with_any_one_byte_changed_is_refused() {
    let vote = RefCell::new(None);
    let strategy = (any::<prop::sample::Index>(), 1u8..=255);
    with_election(192, strategy, open, |election, (place, change)| {
        let mut vote = vote.borrow_mut();
        let vote: &Vote = vote.get_or_insert_with(|| election.vote(1, 1, &[&[0]]));
        prop_assert_eq!(vote.refusal(), None);
        let mut bytes = (vote.credential.clone(), vote.ballot.clone()).encode();
        let place = place.index(bytes.len());
        bytes[place] ^= change;
        let input = &mut &bytes[..];
        let Ok((credential, ballot)) = <(Credential, Ballot)>::decode(input) else {
            return Ok(());
        };
        // A shorter list leaves bytes over; as an extrinsic it would not decode.
        if input.is_empty() {
            let changed = Vote {
                credential,
                ballot,
                ..vote.clone()
            };
            prop_assert!(changed.refusal().is_some(), "byte {}", place);
        }
        Ok(())
    });
}

#[test]
fn any_bytes_that_decode_to_shares_are_rejected_without_a_panic() {
    let closed = || {
        let election = open();
        assert_ok!(election.vote(1, 1, &[&[0]]).cast());
        election.close();
        election
    };
    let strategy = (0usize..5, prop::collection::vec(any::<u8>(), 128 * 5));
    with_election(128, strategy, closed, |election, (count, bytes)| {
        let bytes = [codec::Compact(count as u32).encode(), bytes].concat();
        let shares = DistrictShares::decode(&mut &bytes[..]).expect("any 128 bytes are one");
        let trustee = 1 + bytes[1] % 3;
        let before = election.share_record(trustee, 1).invalid;
        let outcome = election.submit(trustee, 1, shares);
        if outcome.is_ok() {
            prop_assert_eq!(election.share_record(trustee, 1).invalid, before + 1);
        }
        prop_assert_eq!(election.share_record(trustee, 1).accepted, None);
        Ok(())
    });
}
