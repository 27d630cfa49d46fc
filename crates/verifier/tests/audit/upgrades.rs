//! Codes that replace the runtime's.

use psephos_primitives::{phase::CancelReason, Phase, Refusal};
use psephos_verifier::{
    archive::Runtime, report::UpgradeReport, upgrades::KNOWN_VERSIONS, Cause, Check,
};
use sp_runtime::generic::{DigestItem, Era};

use crate::world::{
    self, cancel, check,
    organisations::{authorise, code_hash, found, voting_after},
    Setup, World, ELECTION,
};

/// Longer than what a signature covers unhashed.
const CODE: &[u8] = &[0xAB; 4_000];
const OTHER: &[u8] = b"another code";
const NEXT: Runtime = Runtime {
    spec_version: 101,
    transaction_version: 2,
};

fn refused(refusal: Refusal) -> (Check, Cause) {
    (Check::Officials, Cause::Refused(refusal))
}

/// A world whose consortium has authorised [`CODE`].
fn authorised() -> World {
    let mut world = World::new(Setup::default());
    world.decide(authorise(CODE));
    world
}

fn upgraded() -> World {
    let mut world = authorised();
    assert_eq!(found(&world.upgrade(CODE, NEXT)), []);
    world
}

#[test]
fn an_authorised_code_replaces_the_one_before() {
    let mut world = upgraded();
    // From here on signatures cover its versions.
    world.manifest.code_hash = code_hash(CODE);
    world.create();
    assert_eq!(world.chain.elections(), 1);
    world.decide(cancel());
    let report = check(&world.archive());
    assert!(report.ok(), "{report}");
    let expected = UpgradeReport {
        block: 2,
        code_hash: code_hash(CODE),
        spec_version: Some(101),
    };
    assert_eq!(report.upgrades, [expected]);
    assert_eq!(report.items(Check::Code), 2);
    let words = format!("  after block 2: {:?}, runtime 101\n", code_hash(CODE));
    assert!(report.to_string().contains(&words), "{report}");
}

#[test]
fn signatures_are_for_the_runtime_of_their_block() {
    let mut world = upgraded();
    world.builder.runtime = Runtime {
        spec_version: 100,
        transaction_version: 1,
    };
    let calls = world.decision(cancel());
    let found = world.bad(calls[0].clone());
    assert_eq!(found, (Check::Signatures, Cause::Signature));
    // In the block itself it is the one before.
    let mut world = authorised();
    let extrinsic = world.send_code(0, Era::Immortal, CODE);
    let last = world.decision(authorise(OTHER)).remove(0);
    world.builder.logs = vec![DigestItem::RuntimeEnvironmentUpdated];
    world.good(vec![extrinsic, last]);
    world.between.runtime = Some(NEXT);
    world.good(vec![]);
}

#[test]
fn no_code_is_sent_that_nobody_authorised() {
    let send = |world: &mut World, code: &[u8]| {
        let extrinsic = world.send_code(0, Era::Immortal, code);
        world.bad(extrinsic)
    };
    let not_authorised = refused(Refusal::CodeNotAuthorized);
    let mut world = World::new(Setup::default());
    assert_eq!(send(&mut world, CODE), not_authorised);
    let mut world = authorised();
    assert_eq!(send(&mut world, OTHER), not_authorised);
    // A later decision replaces an earlier one.
    world.decide(authorise(OTHER));
    assert_eq!(send(&mut world, CODE), not_authorised);
    assert_eq!(found(&world.upgrade(OTHER, NEXT)), []);
    // Once.
    assert_eq!(send(&mut world, OTHER), not_authorised);
}

#[test]
fn a_code_is_sent_without_nonce_and_era() {
    let mut world = authorised();
    let envelope = refused(Refusal::UpgradeEnvelope);
    let extrinsic = world.send_code(1, Era::Immortal, CODE);
    assert_eq!(world.bad(extrinsic), envelope);
    // A mortal one of block 0's era, as what the helper signs over is block 0.
    let extrinsic = world.send_code(0, Era::mortal(64, 0), CODE);
    assert_eq!(world.bad(extrinsic), envelope);
    assert_eq!(found(&world.upgrade(CODE, NEXT)), []);
}

#[test]
fn a_code_of_no_later_version_changes_nothing_and_is_used_up() {
    let mut world = authorised();
    let extrinsic = world.send_code(0, Era::Immortal, CODE);
    world.good(vec![extrinsic.clone()]);
    assert_eq!(world.chain.upgrades(), []);
    assert_eq!(world.bad(extrinsic), refused(Refusal::CodeNotAuthorized));
    world.create();
    assert_eq!(world.chain.elections(), 1, "the code is that of block 0");
}

#[test]
fn no_code_is_replaced_without_being_sent() {
    let mut world = authorised();
    world.builder.logs = vec![DigestItem::RuntimeEnvironmentUpdated];
    let expected = (Check::Code, Cause::UnexplainedCode);
    assert_eq!(world.found_in_next(), [expected]);
}

#[test]
fn versions_follow_a_code_and_nothing_else() {
    let due = |due| (Check::Code, Cause::RuntimeRecord { due });
    let mut world = upgraded();
    world.between.runtime = None;
    let report = world.block(vec![]);
    assert_eq!(found(&report), [due(true)]);
    assert_eq!(
        report.findings[0].block,
        Some(2),
        "the block before is named"
    );
    let mut world = authorised();
    world.between.runtime = Some(NEXT);
    assert_eq!(world.found_in_next(), [due(false)]);
    // They are passed over: signatures are for the runtime before.
    world.create();
    let mut world = upgraded();
    world.good(vec![]);
    world.between.runtime = Some(NEXT);
    assert_eq!(world.found_in_next(), [due(false)]);

    let with_version = |spec_version| {
        let mut world = authorised();
        world.upgrade(
            CODE,
            Runtime {
                spec_version,
                ..NEXT
            },
        );
        world.found_in_next()
    };
    assert_eq!(with_version(101), []);
    for found in [99, 100] {
        let before = 100;
        let older = Cause::OlderRuntime { before, found };
        assert_eq!(with_version(found), [(Check::Code, older)]);
    }
    let unknown = KNOWN_VERSIONS[KNOWN_VERSIONS.len() - 1] + 1;
    let expected = (Check::Code, Cause::UnknownRuntime(unknown));
    assert_eq!(with_version(unknown), [expected]);
}

/// A verifier that does not know the rules says so, whatever else it finds.
#[test]
fn a_first_runtime_that_is_unknown() {
    let mut world = World::new(Setup::default());
    world.create();
    world.decide(cancel());
    let mut genesis = world.genesis.clone();
    genesis.spec_version = 99;
    let report = check(&world::write(&genesis, &world.blocks, &world.closing()));
    let first = &report.findings[0];
    assert_eq!(
        (first.block, first.check, &first.cause),
        (None, Check::Code, &Cause::UnknownRuntime(99))
    );
}

/// PSE-UPG-3: who votes, votes under the code that the manifest names.
#[test]
fn an_election_for_another_code_does_not_open() {
    let mut world = World::new(Setup::default());
    world.create();
    world.register(1);
    world.hold_ceremony();
    world.decide(authorise(CODE));
    assert_eq!(found(&world.upgrade(CODE, NEXT)), []);
    world.advance_to(world.manifest.voting.start);
    let view = world.chain.election(ELECTION).expect("was created");
    assert_eq!(view.phase(), Phase::Registration);
    world.good(vec![]);
    let view = world.chain.election(ELECTION).expect("was created");
    assert_eq!(view.cancelled(), Some(&CancelReason::CodeChanged));
}

#[test]
fn no_code_is_replaced_or_authorised_while_an_election_is_open() {
    let mut world = voting_after(3, authorise(CODE));
    let extrinsic = world.send_code(0, Era::Immortal, CODE);
    assert_eq!(world.bad(extrinsic), refused(Refusal::Frozen));
    world.decide(authorise(OTHER));
    world.advance_to(world.manifest.voting.end + 2);
    let extrinsic = world.send_code(0, Era::Immortal, CODE);
    assert_eq!(world.bad(extrinsic), refused(Refusal::Frozen));
    // PSE-UPG-4: the authorisation from before has waited.
    world.decide(cancel());
    assert_eq!(found(&world.upgrade(CODE, NEXT)), []);
    world.good(vec![]);
}
