//! Reports of two votes in one round, which are their own authority (PSE-VAL-10, PSE-AUD-8).

use codec::Encode;
use psephos_primitives::{
    validators::{DoubleVote, Equivocation, Vote, MAX_REPORTED_ROUNDS, REPORTABLE_SETS},
    wire::{Call, Extrinsic, ValidatorSetCall},
    Hash, Refusal,
};
use psephos_verifier::{Cause, Check};
use sp_core::Pair;

use crate::world::{
    chain::Keys,
    check,
    organisations::{dismiss, keys, with_members},
    Setup, World,
};

/// What the first byte of a vote's message says.
const PREVOTE: u8 = 0;
const PRECOMMIT: u8 = 1;

const REFUSED: (Check, Cause) = (Check::Officials, Cause::Refused(Refusal::NotNow));

/// Two votes by these keys, for blocks with these hashes.
fn votes(by: &Keys, kind: u8, set: u64, round: u64, blocks: [u8; 2]) -> DoubleVote {
    let sign = |byte| {
        let vote = Vote {
            hash: Hash::repeat_byte(byte),
            number: 7,
        };
        (vote, by.grandpa.sign(&(kind, vote, round, set).encode()))
    };
    DoubleVote {
        round,
        authority: by.grandpa.public(),
        first: sign(blocks[0]),
        second: sign(blocks[1]),
    }
}

/// Two precommits of the second organisation.
fn precommits(set: u64, round: u64) -> Equivocation {
    Equivocation::Precommit(votes(&Keys::new(1), PRECOMMIT, set, round, [1, 2]))
}

fn call(set: u64, evidence: Equivocation) -> Call {
    Call::ValidatorSet(ValidatorSetCall::ReportEquivocation { set, evidence })
}

/// A report that nobody has signed.
fn unsigned(set: u64, evidence: Equivocation) -> Vec<u8> {
    Extrinsic::Unsigned(call(set, evidence)).encode()
}

/// The first organisation takes other keys, and another set begins.
fn another_set(world: &mut World, set: u64) {
    let first = Keys::new(100 + set as usize);
    world.rotate(0, &first);
    let mut next = keys(&[1, 2, 3]);
    next.insert(0, first);
    // Queued at one session's end, active from the next.
    let height = world.chain.height();
    world.hand_over_at((height / 20 + 2) * 20, &next);
}

#[test]
fn evidence_needs_no_signature() {
    let mut world = with_members(4);
    let prevotes = votes(&Keys::new(2), PREVOTE, 0, 3, [1, 2]);
    world.good(vec![
        unsigned(0, precommits(0, 3)),
        unsigned(0, Equivocation::Prevote(prevotes)),
        unsigned(0, precommits(0, 4)),
    ]);
}

/// What was there and what was checked are compared (PSE-AUD-19).
#[test]
fn an_audit_counts_reports() {
    let mut world = World::until_voting(Setup::default(), 1);
    world.good(vec![unsigned(0, precommits(0, 1))]);
    world.close_without_a_ballot();
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
}

#[test]
fn a_report_is_no_time() {
    let mut world = with_members(4);
    let report = unsigned(0, precommits(0, 1));
    let block = world.builder.block_of(vec![report.clone()]);
    let found = world.apply(block);
    assert_eq!(found.findings[0].cause, Cause::Unsigned);
    // It had no effect.
    world.good(vec![report]);
}

#[test]
fn what_is_no_evidence_is_found() {
    let changed = |change: fn(&mut DoubleVote)| {
        let mut votes = votes(&Keys::new(1), PRECOMMIT, 0, 1, [1, 2]);
        change(&mut votes);
        Equivocation::Precommit(votes)
    };
    let other = |kind, set, blocks| votes(&Keys::new(1), kind, set, 1, blocks);
    let wrong = [
        // The same block twice; the other kind; another set; another round; signed by others.
        Equivocation::Precommit(other(PRECOMMIT, 0, [1, 1])),
        Equivocation::Prevote(other(PRECOMMIT, 0, [1, 2])),
        Equivocation::Precommit(other(PRECOMMIT, 1, [1, 2])),
        changed(|votes| votes.round += 1),
        changed(|votes| votes.authority = Keys::new(2).grandpa.public()),
        changed(|votes| votes.first.1 .0[0] ^= 1),
        changed(|votes| votes.second.1 .0[0] ^= 1),
        // Of no organisation.
        Equivocation::Precommit(votes(&Keys::new(4), PRECOMMIT, 0, 1, [1, 2])),
    ];
    let mut world = with_members(4);
    for evidence in wrong {
        assert_eq!(world.bad(unsigned(0, evidence)), REFUSED);
    }
    // A set to come.
    assert_eq!(world.bad(unsigned(1, precommits(1, 1))), REFUSED);
}

#[test]
fn a_round_is_reported_once_whoever_reports_it() {
    let mut world = with_members(4);
    world.good(vec![unsigned(0, precommits(0, 1))]);
    assert_eq!(world.bad(unsigned(0, precommits(0, 1))), REFUSED);
    // What a member signed counts, if it proves something.
    let signed = world.by_organisation(0, call(0, precommits(0, 2)));
    let wrong = Equivocation::Precommit(votes(&Keys::new(1), PRECOMMIT, 0, 3, [1, 1]));
    let wrong = world.by_organisation(0, call(0, wrong));
    world.good(vec![signed, wrong, unsigned(0, precommits(0, 3))]);
    assert_eq!(world.bad(unsigned(0, precommits(0, 2))), REFUSED);
    // And has no effect if it says nothing new.
    let again = world.by_organisation(0, call(0, precommits(0, 1)));
    world.good(vec![again]);
}

#[test]
fn an_organisation_is_reported_for_sixteen_rounds_of_a_set() {
    let mut world = with_members(4);
    let rounds = 0..u64::from(MAX_REPORTED_ROUNDS);
    world.good(
        rounds
            .map(|round| unsigned(0, precommits(0, round)))
            .collect(),
    );
    assert_eq!(world.bad(unsigned(0, precommits(0, 99))), REFUSED);
    let another = votes(&Keys::new(2), PRECOMMIT, 0, 99, [1, 2]);
    world.good(vec![unsigned(0, Equivocation::Precommit(another))]);
}

#[test]
fn a_set_can_be_reported_until_sixteen_others_have_begun() {
    let mut world = with_members(4);
    world.good(vec![unsigned(0, precommits(0, 1))]);
    for set in 1..=REPORTABLE_SETS {
        another_set(&mut world, set);
    }
    let last = REPORTABLE_SETS;
    world.good(vec![
        unsigned(0, precommits(0, 2)),
        unsigned(last, precommits(last, 1)),
    ]);
    assert_eq!(world.bad(unsigned(0, precommits(0, 1))), REFUSED);
    another_set(&mut world, last + 1);
    assert_eq!(world.bad(unsigned(0, precommits(0, 3))), REFUSED);
    world.good(vec![unsigned(1, precommits(1, 3))]);
}

#[test]
fn whoever_is_dismissed_can_still_be_reported() {
    let mut world = with_members(5);
    world.decide(dismiss(1));
    world.hand_over_at(40, &keys(&[0, 2, 3, 4]));
    world.good(vec![unsigned(0, precommits(0, 1))]);
    assert_eq!(world.bad(unsigned(1, precommits(1, 1))), REFUSED);
}
