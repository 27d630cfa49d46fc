//! The sets of validators that follow from what is decided about organisations, and their handovers.

use codec::Encode;
use psephos_primitives::AccountId;
use psephos_verifier::{
    archive::Between,
    audit,
    finality::FinalityError,
    report::HandoverReport,
    resume,
    state_proof::{genesis_keys, StateProofError},
    Cause, Check, Checkpoint, GenesisFacts, Observer, Options, Progress, Report, Threads,
};
use sp_core::Pair;
use sp_runtime::generic::DigestItem;

use crate::world::{
    cancel,
    chain::{Builder, Keys},
    check,
    organisations::{account, admit, dismiss, found, keys, organisation, with_members},
    World,
};

/// Three organisations, and a fourth that takes over with them in block 40.
fn admitted() -> World {
    let mut world = with_members(3);
    world.decide(admit(3));
    world.advance_to(40);
    world
}

const DUE: (Check, Cause) = (Check::Headers, Cause::Announcement { due: true });
const NOT_DUE: (Check, Cause) = (Check::Headers, Cause::Announcement { due: false });

#[test]
fn an_admitted_organisation_makes_blocks_after_the_second_sessions_end() {
    let mut world = admitted();
    world.hand_over_at(40, &keys(&[0, 1, 2, 3]));
    // Each of the four in its turn; and the next session's end changes nothing.
    world.advance_to(62);
    let expected = HandoverReport {
        block: 40,
        set: 1,
        validators: 4,
        joined: vec![account(3)],
        left: vec![],
        rotated: vec![],
    };
    assert_eq!(world.chain.handovers(), [expected]);
    assert_eq!(world.chain.counts()[&Check::Finality], 3);
}

#[test]
fn what_is_decided_in_the_block_of_a_sessions_end_waits_for_the_next() {
    let mut world = with_members(3);
    world.advance_to(20);
    world.decide(admit(3));
    world.advance_to(41);
    world.hand_over_at(60, &keys(&[0, 1, 2, 3]));
    world.advance_to(62);
}

#[test]
fn a_dismissed_organisation_makes_none() {
    let mut world = with_members(5);
    world.decide(dismiss(1));
    world.members.remove(1);
    world.hand_over_at(40, &keys(&[0, 2, 3, 4]));
    world.advance_to(46);
    let report = &world.chain.handovers()[0];
    assert_eq!(
        (&report.left[..], report.joined.len()),
        (&[account(1)][..], 0)
    );
    // Who comes back comes last.
    world.decide(admit(1));
    world.hand_over_at(80, &keys(&[0, 2, 3, 4, 1]));
    world.advance_to(86);
}

#[test]
fn rotated_keys_are_announced_by_the_engines_whose_they_are() {
    let mut world = with_members(3);
    let (old, new) = (Keys::new(1), Keys::new(9));
    let sealing = Keys {
        grandpa: old.grandpa,
        ..new.clone()
    };
    world.rotate(1, &sealing);
    world.advance_to(21);
    world.rotate(1, &new);
    let [first, _, third] = keys(&[0, 1, 2])
        .try_into()
        .unwrap_or_else(|_| panic!("three"));
    let with = |second: &Keys| [first.clone(), second.clone(), third.clone()];
    // Aura's list and GRANDPA's, which did not change, but whose set did.
    world.hand_over_at(40, &with(&sealing));
    let logs = world.builder.head.digest.logs().len();
    assert_eq!(logs, 4, "slot, two announcements, seal");
    // GRANDPA's alone.
    world.hand_over_at(60, &with(&new));
    let logs = world.builder.head.digest.logs().len();
    assert_eq!(logs, 3, "slot, announcement, seal");
    world.advance_to(65);
    let reports = world.chain.handovers().iter();
    let rotated: Vec<_> = reports.map(|own| (own.set, own.rotated.clone())).collect();
    assert_eq!(rotated, [(1, vec![account(1)]), (2, vec![account(1)])]);
}

#[test]
fn who_takes_over_is_announced() {
    let mut silent = admitted();
    assert_eq!(silent.found_in_next(), [DUE]);

    let others: [&[Keys]; 4] = [
        &keys(&[0, 1, 2]),
        &keys(&[0, 1, 3, 2]),
        &keys(&[0, 1, 2, 4]),
        &keys(&[0, 1, 2, 3, 4]),
    ];
    for others in others {
        let mut world = admitted();
        assert_eq!(found(&world.hand_over(others)), [DUE]);
    }
    let change: [fn(&mut Vec<DigestItem>); 5] = [
        |logs| drop(logs.remove(0)),
        |logs| drop(logs.pop()),
        |logs| logs.swap(0, 1),
        |logs| logs.push(DigestItem::Consensus(*b"FRNK", vec![4, 0, 0, 0, 0])),
        |logs| {
            // A delay of one block.
            if let Some(DigestItem::Consensus(_, data)) = logs.last_mut() {
                let delay = data.len() - 4;
                data[delay] = 1;
            }
        },
    ];
    for change in change {
        let mut world = admitted();
        world.builder.announce(&keys(&[0, 1, 2, 3]));
        change(&mut world.builder.logs);
        assert_eq!(world.found_in_next(), [DUE]);
    }
}

#[test]
fn nobody_is_announced_who_is_not_due() {
    // A block too early, and once more.
    let mut early = with_members(3);
    early.decide(admit(3));
    early.advance_to(39);
    assert_eq!(found(&early.hand_over(&keys(&[0, 1, 2, 3]))), [NOT_DUE]);
    let mut again = admitted();
    again.hand_over_at(40, &keys(&[0, 1, 2, 3]));
    again.advance_to(60);
    again.builder.announce(&keys(&[0, 1, 2, 3]));
    assert_eq!(again.found_in_next(), [NOT_DUE]);
    // Others engines say what they want.
    let mut other = with_members(3);
    other.builder.logs = vec![DigestItem::Consensus(*b"BEEF", vec![1])];
    assert_eq!(other.found_in_next(), []);
}

/// The block itself is the old set's, every later one the new one's.
#[test]
fn the_old_set_seals_its_last_block_and_no_other() {
    let mut early = admitted();
    early.builder.announce(&keys(&[0, 1, 2, 3]));
    // A slot in which the two sets have another author each.
    while early.builder.slot.wrapping_add(1) % 12 != 3 {
        early.builder.slot += 1;
    }
    let block = {
        let mut new = early.builder.clone();
        new.take_over(&keys(&[0, 1, 2, 3]));
        new.block(vec![])
    };
    let report = early.apply(block);
    let checks: Vec<_> = report.findings.iter().map(|own| own.check).collect();
    assert_eq!(checks, [Check::Authors]);

    let mut late = admitted();
    late.builder.announce(&keys(&[0, 1, 2, 3]));
    late.good(vec![]);
    late.between.handover = Some(late.builder.justify_all());
    while late.builder.slot.wrapping_add(1) % 12 != 3 {
        late.builder.slot += 1;
    }
    let report = late.block(vec![]);
    let checks: Vec<_> = report.findings.iter().map(|own| own.check).collect();
    assert_eq!(checks, [Check::Authors]);
}

#[test]
fn the_old_set_finalises_its_last_block() {
    let next = keys(&[0, 1, 2, 3]);
    let with = |handover: &dyn Fn(&mut World) -> Option<Vec<u8>>| {
        let mut world = admitted();
        world.hand_over_at(40, &next);
        world.between.handover = handover(&mut world);
        world.found_in_next()
    };
    assert_eq!(with(&|world| world.between.handover.clone()), []);
    assert_eq!(with(&|_| None), [(Check::Finality, Cause::NoHandover)]);
    let refused = |found: Vec<(Check, Cause)>| match &found[..] {
        [(Check::Finality, Cause::Handover(error))] => error.clone(),
        other => panic!("{other:?}"),
    };
    let by_a_minority = with(&|world| {
        let mut old = world.builder.clone();
        old.take_over(&keys(&[0, 1, 2]));
        old.set = 0;
        Some(old.justify(&[0, 1]))
    });
    assert_eq!(
        refused(by_a_minority),
        FinalityError::Weight { found: 2, total: 3 }
    );
    // By the new set, and by the old one under the new one's number.
    let by_the_new = with(&|world| Some(world.builder.justify_all()));
    assert!(matches!(
        refused(by_the_new),
        FinalityError::Signature { .. }
    ));
    let of_another_block = with(&|world| {
        let mut old = world.builder.clone();
        old.take_over(&keys(&[0, 1, 2]));
        old.set = 0;
        old.block(vec![]);
        Some(old.justify_all())
    });
    assert!(matches!(
        refused(of_another_block),
        FinalityError::Target { .. }
    ));
    let mut needless = with_members(3);
    needless.good(vec![]);
    needless.between.handover = Some(needless.builder.justify_all());
    let expected = (Check::Finality, Cause::NeedlessHandover);
    let report = needless.block(vec![]);
    assert_eq!(found(&report), [expected]);
    assert_eq!(
        report.findings[0].block,
        Some(1),
        "the block before is named"
    );
}

/// An archive with handovers, in whose last block is one.
fn archived() -> World {
    let mut world = with_members(3);
    world.decide(admit(3));
    world.rotate(0, &Keys::new(9));
    world.hand_over_at(40, &keys(&[9, 1, 2, 3]));
    world.members.push(organisation(3));
    world.manifest.registration.end = 52;
    world.manifest.voting.start = 60;
    world.manifest.voting.end = 70;
    world.create();
    world.decide(cancel());
    world.decide(admit(4));
    world.hand_over_at(80, &keys(&[9, 1, 2, 3, 4]));
    world
}

/// By those whose last block it was.
fn closing_by_the_old(world: &World) -> psephos_verifier::archive::Closing {
    let mut closing = world.closing();
    closing.justification = world.between.handover.clone().expect("is one");
    closing
}

#[test]
fn an_archive_has_every_handover() {
    let world = archived();
    let report = check(&world.archive_with(&closing_by_the_old(&world)));
    assert!(report.ok(), "{report}");
    // Three for block 40, four for block 80, and as many for the same as the last one.
    assert_eq!(report.items(Check::Finality), 3 + 4 + 4);
    let sets: Vec<_> = report.handovers.iter().map(|own| own.validators).collect();
    assert_eq!(sets, [4, 5]);
    let text = report.to_string();
    let words = format!(
        "  after block 40: set 1 of 4; joined 0x{}; other keys 0x{}\n",
        hex::encode(<AccountId as AsRef<[u8]>>::as_ref(&account(3))),
        hex::encode(<AccountId as AsRef<[u8]>>::as_ref(&account(0)))
    );
    assert!(text.contains(&words), "{text}");

    // Those who take over have not finalised the block that announces them.
    let report = check(&world.archive());
    let checks: Vec<_> = report.findings.iter().map(|own| own.check).collect();
    assert_eq!(checks, [Check::Finality], "{report}");
    // Without the last one's record.
    let mut without = archived();
    let closing = closing_by_the_old(&without);
    without.between = Between::default();
    let report = check(&without.archive_with(&closing));
    let causes: Vec<_> = report
        .findings
        .iter()
        .map(|own| own.cause.clone())
        .collect();
    assert_eq!(causes, [Cause::NoHandover], "{report}");
}

#[test]
fn blocks_after_the_last_one_are_the_new_sets() {
    let mut world = archived();
    let mut closing = world.closing();
    for _ in 0..2 {
        closing.descendants.push(world.builder.block(vec![]).header);
    }
    closing.justification = world.builder.justify_all();
    let report = check(&world.archive_with(&closing));
    assert!(report.ok(), "{report}");
    // They do not say who comes after those who take over from them.
    world.builder.announce(&keys(&[9, 1, 2, 3]));
    closing.descendants.push(world.builder.block(vec![]).header);
    closing.justification = world.builder.justify_all();
    let report = check(&world.archive_with(&closing));
    assert!(
        report.ok(),
        "the last of them may announce others: {report}"
    );
    let number = world.builder.head.number;
    closing.descendants.push(world.builder.block(vec![]).header);
    closing.justification = world.builder.justify_all();
    let report = check(&world.archive_with(&closing));
    let causes: Vec<_> = report
        .findings
        .iter()
        .map(|own| own.cause.clone())
        .collect();
    assert_eq!(causes, [FinalityError::Change { number }.into()]);
}

/// Whoever looks at many blocks at once supposes that headers announce whom they have to.
#[test]
fn threads_and_windows_change_nothing() {
    let good = archived();
    let mut bad = admitted();
    // Nobody is announced in block 40, others are in 41.
    bad.block(vec![]);
    bad.between.handover = Some(bad.builder.justify_all());
    bad.builder.take_over(&keys(&[0, 1, 2, 3]));
    bad.good(vec![]);
    bad.builder.announce(&keys(&[4, 5, 6]));
    bad.block(vec![]);
    for _ in 0..3 {
        bad.block(vec![]);
    }
    let (closing, other) = (closing_by_the_old(&good), bad.closing());
    for archive in [good.archive_with(&closing), bad.archive_with(&other)] {
        let with = |threads, window| {
            let options = Options {
                threads: Threads::new(std::num::NonZeroUsize::new(threads).expect("is none")),
                window_bytes: Some(window),
                ..Options::default()
            };
            audit(&archive[..], &options, |_| {})
        };
        let expected = with(1, 1);
        for threads in [1, 3] {
            for window in [500, 2_000, u64::MAX] {
                assert_eq!(with(threads, window), expected, "{threads}, {window}");
            }
        }
    }
    let report = check(&bad.archive_with(&other));
    let checks: Vec<_> = report.findings.iter().map(|own| own.check).collect();
    assert_eq!(checks, [Check::Headers, Check::Headers, Check::Result]);
}

/// Keeps every checkpoint that is offered.
struct Keeper(Vec<Checkpoint>);

impl Observer for Keeper {
    fn progress(&mut self, _: Progress) {}

    fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.0.push(checkpoint);
    }
}

#[test]
fn an_audit_goes_on_before_and_after_every_handover() {
    let world = archived();
    let archive = world.archive_with(&closing_by_the_old(&world));
    let options = Options {
        window_bytes: Some(1),
        ..Options::default()
    };
    let mut keeper = Keeper(Vec::new());
    let expected =
        resume(&archive[..], &options, None, &mut keeper).expect("nothing to go on from");
    assert!(expected.ok(), "{expected}");
    assert_eq!(keeper.0.len(), world.blocks.len());
    for checkpoint in &keeper.0 {
        let report = resume(&archive[..], &options, Some(checkpoint), &mut |_| {});
        let report = Report {
            resumed: None,
            ..report.expect("it is the same archive")
        };
        assert_eq!(report, expected, "{}", checkpoint.block());
    }
}

/// Block 0 names who seals, who finalises and who decides in three places, and all agree.
#[test]
fn block_0_contradicts_itself_nowhere() {
    let members: Vec<_> = (0..3).map(organisation).collect();
    let prove = |place: usize, value: Vec<u8>| {
        let key = &genesis_keys()[place];
        let builder = Builder::new(&members).with_state(key, value);
        GenesisFacts::prove(&builder.genesis()).map(|facts| facts.organisations.len())
    };
    let own = keys(&[0, 1, 2]);
    let voters = |weight: u64| -> Vec<_> {
        let all = own.iter();
        all.map(|keys| (keys.grandpa.public(), weight)).collect()
    };
    let authors: Vec<_> = own.iter().map(|keys| keys.aura.public()).collect();
    let accounts: Vec<_> = (0..3).map(account).collect();
    let mut swapped = voters(1);
    swapped.swap(0, 1);
    for (value, agrees) in [
        (voters(1), true),
        (voters(2), false),
        (swapped, false),
        (voters(1)[..2].to_vec(), false),
    ] {
        let item = "GRANDPA authorities";
        let expected = match agrees {
            true => Ok(3),
            false => Err(StateProofError::Disagreement { item }),
        };
        assert_eq!(prove(0, value.encode()), expected);
    }
    let item = "Aura authorities";
    let mut swapped = authors.clone();
    swapped.swap(0, 1);
    for value in [swapped, authors[..2].to_vec()] {
        assert_eq!(
            prove(1, value.encode()),
            Err(StateProofError::Disagreement { item })
        );
    }
    let item = "consortium members";
    let mut reversed = accounts.clone();
    reversed.reverse();
    assert_eq!(prove(2, reversed.encode()), Ok(3), "in whatever order");
    let twice = [&accounts[..], &accounts[..1]].concat();
    let other = [&accounts[..2], &[account(7)]].concat();
    for value in [twice, other, accounts[..2].to_vec()] {
        assert_eq!(
            prove(2, value.encode()),
            Err(StateProofError::Disagreement { item })
        );
    }
    let item = "session keys";
    assert_eq!(prove(4, vec![0]), Err(StateProofError::Empty { item }));
    assert_eq!(prove(4, vec![4]), Err(StateProofError::Encoding { item }));
}
