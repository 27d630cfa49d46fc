//! Blocks and finality: headers, seals, bodies, justifications.

use codec::{DecodeAll, Encode};
use psephos_primitives::wire::{Call, Extrinsic, TimestampCall};
use psephos_verifier::{
    archive::Block,
    finality::{self, AuthoritySet, FinalityError, Justification, Target},
    finding::Party,
    Cause, Check, Header,
};
use sp_core::{ed25519, Pair};
use sp_runtime::generic::DigestItem;

use crate::world::{self, check, Setup, World};

/// A world in which something is about to be found in the next block.
fn world() -> World {
    let mut world = World::new(Setup::small());
    world.good(vec![]);
    world
}

/// The findings of one block, in words.
fn findings(world: &mut World, block: Block) -> Vec<(Check, String)> {
    let report = world.apply(block);
    report
        .findings
        .iter()
        .map(|f| (f.check, f.cause.to_string()))
        .collect()
}

/// The next block with its unsealed header changed, then sealed as it should be.
fn changed(world: &mut World, change: impl FnOnce(&mut Header)) -> Vec<(Check, String)> {
    let mut block = world.builder.block(vec![]);
    block.header.digest.pop();
    change(&mut block.header);
    block.header = world.builder.seal(block.header);
    findings(world, block)
}

fn one(check: Check, cause: impl Into<String>) -> Vec<(Check, String)> {
    vec![(check, cause.into())]
}

#[test]
fn headers_follow_each_other() {
    let found = changed(&mut world(), |header| header.number = 3);
    assert_eq!(found, one(Check::Headers, "number 3 instead of 2"));
    let mut world = world();
    let before = world.chain.head();
    let found = changed(&mut world, |header| header.parent_hash = [1; 32].into());
    let other = sp_core::H256([1; 32]);
    let expected = format!("follows {other:?}, but the block before is {before:?}");
    assert_eq!(found, one(Check::Headers, expected));
}

#[test]
fn headers_commit_to_their_extrinsics() {
    let found = changed(&mut world(), |header| {
        header.extrinsics_root = [1; 32].into()
    });
    let [(Check::Roots, cause)] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(cause.starts_with("the extrinsics have root 0x"), "{cause}");
}

#[test]
fn a_header_announces_nobody_out_of_turn() {
    for engine in [*b"FRNK", *b"aura"] {
        let found = changed(&mut world(), |header| {
            header
                .digest
                .push(DigestItem::Consensus(engine, vec![1, 2, 3]));
        });
        let expected = "the header announces other validators, and none are due";
        assert_eq!(found, one(Check::Headers, expected));
    }
}

#[test]
fn each_block_is_sealed_by_the_authority_of_its_slot() {
    let mut unsealed = world();
    let mut block = unsealed.builder.block(vec![]);
    block.header.digest.pop();
    assert_eq!(
        findings(&mut unsealed, block),
        one(Check::Authors, "the header is not sealed")
    );

    let mut usurped = world();
    let mut block = usurped.builder.block(vec![]);
    let author = (usurped.builder.slot % 3) as u32;
    block.header.digest.pop();
    usurped.builder.aura.rotate_left(1);
    block.header = usurped.builder.seal(block.header);
    let report = usurped.apply(block);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].party, Some(Party::Author(author)));
    let expected = format!("the seal is not that of authority {author}");
    assert_eq!(report.findings[0].cause.to_string(), expected);

    let mut without_slot = world();
    let mut block = without_slot.builder.block(vec![]);
    block.header.digest.logs.clear();
    block.header = without_slot.builder.seal(block.header);
    let found = findings(&mut without_slot, block);
    assert_eq!(
        found[0],
        (Check::Authors, "the header names no slot".into())
    );
}

#[test]
fn one_block_a_slot() {
    let mut world = world();
    let slot = world.builder.slot;
    world.builder.slot -= 1;
    let block = world.builder.block(vec![]);
    let found = findings(&mut world, block);
    assert_eq!(
        found[0],
        (
            Check::Authors,
            format!("slot {slot} is not after slot {slot}")
        )
    );
}

fn time(now: u64) -> Vec<u8> {
    Extrinsic::Unsigned(Call::Timestamp(TimestampCall::Set { now })).encode()
}

#[test]
fn a_block_begins_with_its_time_and_has_one() {
    let mut world = world();
    let block = world.builder.block_of(vec![]);
    assert_eq!(
        findings(&mut world, block),
        one(Check::Bodies, "the block does not begin with its time")
    );

    let now = world.builder.time();
    let block = world.builder.block_of(vec![time(now), time(now)]);
    let expected = "the block's time stands at place 1, not first";
    assert_eq!(findings(&mut world, block), one(Check::Bodies, expected));

    world.create();
    let member = world.members[0].clone();
    let call = psephos_primitives::wire::ConsortiumCall::Vote {
        proposal: [0; 32].into(),
        index: 0,
        approve: true,
    };
    let vote = world.builder.official(&member, Call::Consortium(call));
    let block = world.builder.block_of(vec![vote]);
    assert_eq!(
        findings(&mut world, block),
        one(Check::Bodies, "the block does not begin with its time")
    );
}

#[test]
fn the_time_lies_in_its_slot_and_after_the_last() {
    let mut world = world();
    let slot = world.builder.slot + 1;
    let late = (slot + 1) * 3_000;
    let block = world.builder.block_of(vec![time(late)]);
    let cause = |now, slot| {
        let reason = "does not fit slot";
        format!("the time {now} {reason} {slot}, or is too soon after the last")
    };
    assert_eq!(
        findings(&mut world, block),
        one(Check::Bodies, cause(late, slot))
    );
    // In its slot, but 1.499 seconds after the last.
    let slot = world.builder.slot + 1;
    let soon = late + 1_499;
    let block = world.builder.block_of(vec![time(soon)]);
    assert_eq!(
        findings(&mut world, block),
        one(Check::Bodies, cause(soon, slot))
    );
    // Half a slot after the last is soon enough: from the middle of one to the beginning of the next.
    let middle = (world.builder.slot + 1) * 3_000 + 1_500;
    for now in [middle, middle + 1_500] {
        let block = world.builder.block_of(vec![time(now)]);
        assert_eq!(findings(&mut world, block), []);
    }
}

#[test]
fn what_only_officials_send_is_signed() {
    let mut world = world();
    let call = psephos_primitives::wire::KeyCeremonyCall::ReportSilence {
        election: world::ELECTION,
    };
    let unsigned = Extrinsic::Unsigned(Call::KeyCeremony(call)).encode();
    assert_eq!(world.bad(unsigned), (Check::Bodies, Cause::Unsigned));
}

/// attacks.md 7: malformed bytes are a finding and nothing more.
#[test]
fn extrinsics_that_do_not_decode() {
    let mut world = world();
    for bytes in [vec![], vec![4, 9], vec![0xff; 100], vec![8, 0x84, 2]] {
        let (check, cause) = world.bad(bytes);
        assert_eq!(check, Check::Bodies);
        let Cause::Undecodable(_) = cause else {
            panic!("{cause}")
        };
    }
}

fn authorities(world: &World) -> AuthoritySet {
    let pairs = world.builder.grandpa.iter();
    AuthoritySet {
        number: 0,
        voters: pairs.map(|pair| (pair.public(), 1)).collect(),
    }
}

fn target(world: &World) -> Target {
    Target {
        hash: world.chain.head(),
        number: world.chain.height(),
    }
}

fn check_finality(world: &World, justification: &[u8]) -> Result<u64, FinalityError> {
    finality::check(target(world), &[], justification, &authorities(world))
}

#[test]
fn more_than_two_thirds_have_to_vote() {
    let world = world();
    assert_eq!(
        check_finality(&world, &world.builder.justify(&[0, 1, 2])),
        Ok(3)
    );
    let two = FinalityError::Weight { found: 2, total: 3 };
    assert_eq!(
        check_finality(&world, &world.builder.justify(&[0, 1])),
        Err(two.clone())
    );
    // Voting twice counts once.
    assert_eq!(
        check_finality(&world, &world.builder.justify(&[0, 1, 1])),
        Err(two)
    );
    let mut weighted = authorities(&world);
    weighted.voters[0].1 = 4;
    let justification = world.builder.justify(&[0, 1]);
    assert_eq!(
        finality::check(target(&world), &[], &justification, &weighted),
        Ok(2)
    );
}

fn changed_justification(
    world: &World,
    change: impl FnOnce(&mut Justification),
) -> Result<u64, FinalityError> {
    let bytes = world.builder.justify(&[0, 1, 2]);
    let mut justification = Justification::decode_all(&mut &bytes[..]).expect("is one");
    change(&mut justification);
    check_finality(world, &justification.encode())
}

#[test]
fn votes_are_by_authorities_for_this_block() {
    let world = world();
    let [first, second, _] = [0, 1, 2].map(|i| world.builder.grandpa[i].public());
    let found = changed_justification(&world, |j| j.target.number += 1);
    let expected = target(&world);
    let other = Target {
        number: expected.number + 1,
        ..expected
    };
    assert_eq!(
        found,
        Err(FinalityError::Target {
            expected,
            found: other
        })
    );
    let stranger = ed25519::Pair::from_seed(&[1; 32]).public();
    let found = changed_justification(&world, |j| j.precommits[0].authority = stranger);
    assert_eq!(
        found,
        Err(FinalityError::UnknownAuthority {
            authority: stranger
        })
    );
    let found = changed_justification(&world, |j| j.precommits[0].authority = second);
    assert_eq!(found, Err(FinalityError::Signature { authority: second }));
    let found = changed_justification(&world, |j| j.round += 1);
    assert_eq!(found, Err(FinalityError::Signature { authority: first }));
}

/// A vote for a descendant counts if headers lead from it back to the block.
#[test]
fn votes_for_descendants_count() {
    let mut world = world();
    let block = target(&world);
    let earlier = world.builder.clone();
    let descendant = world.builder.block(vec![]).header;
    let voted = Target {
        hash: descendant.hash(),
        number: descendant.number,
    };
    let for_descendant = world.builder.justify(&[2]);
    let vote = Justification::decode_all(&mut &for_descendant[..]).expect("is one");
    let mut justification =
        Justification::decode_all(&mut &earlier.justify(&[0, 1])[..]).expect("is one");
    justification.precommits.extend(vote.precommits);
    let authority = earlier.grandpa[2].public();
    let check = |justification: &Justification| {
        finality::check(block, &[], &justification.encode(), &authorities(&world))
    };
    assert_eq!(justification.precommits[2].target, voted);
    assert_eq!(
        check(&justification),
        Err(FinalityError::OtherBranch { authority })
    );
    justification.ancestries = vec![descendant];
    assert_eq!(check(&justification), Ok(3));
}

#[test]
fn descendants_follow_the_last_block() {
    let mut world = world();
    let block = target(&world);
    let mut next = world.builder.block(vec![]).header;
    let justification = world.builder.justify(&[0, 1, 2]);
    let authorities = authorities(&world);
    let check = |headers: &[Header]| finality::check(block, headers, &justification, &authorities);
    assert_eq!(check(std::slice::from_ref(&next)), Ok(3));
    next.parent_hash = [1; 32].into();
    assert_eq!(
        check(&[next]),
        Err(FinalityError::Descendant {
            number: block.number + 1
        })
    );
}

/// A whole audit says so, too.
#[test]
fn an_archive_that_is_not_final() {
    let mut world = World::new(Setup::small());
    world.create();
    let mut closing = world.closing();
    closing.justification = world.builder.justify(&[0]);
    let report = check(&world.archive_with(&closing));
    let found = report
        .findings
        .iter()
        .find(|finding| finding.check == Check::Finality);
    let expected = FinalityError::Weight { found: 1, total: 3 };
    assert_eq!(found.expect("is found").cause, Cause::Finality(expected));
}

#[test]
fn the_genesis_must_prove_who_is_who() {
    let mut world = World::new(Setup::small());
    world.create();
    let closing = world.closing();
    let mut genesis = world.genesis.clone();
    genesis.proof.pop();
    let report = check(&world::write(&genesis, &world.blocks, &closing));
    let Cause::StateProof(error) = &report.findings[0].cause else {
        panic!("{report}")
    };
    assert!(error
        .to_string()
        .ends_with("the proof does not lead to it from the state root"));
    assert!(!report.complete);
    let mut genesis = world.genesis.clone();
    genesis.header.number = 1;
    let report = check(&world::write(&genesis, &world.blocks, &closing));
    assert_eq!(report.findings[0].cause, Cause::GenesisNumber { found: 1 });
}
