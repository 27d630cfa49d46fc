//! Findings about those to whom others have handed over.

use super::*;

#[test]
fn after_a_handover_the_next_set_answers_for_what_it_does() {
    let old = Chain::new();
    let genesis = &old.genesis.header;
    let before = old.empty(FIRST_SLOT, genesis).header;
    let (new, last) = old.hand_over(11, FIRST_SLOT + 1, &before);
    // Those who watch follow headers, and learn of the handover when it is final.
    let mut authors = Authors::new(&old.authorities());
    let mut finality = Finality::new(old.authorities().set);
    let first = new.empty(FIRST_SLOT + 2, &last).header;
    let state = State::from([(vec![1], vec![2])]);
    let second = new.block(FIRST_SLOT + 2, &last, &[], &state).header;
    for lawful in [&before, &last, &first] {
        assert_eq!(authors.look(lawful), None);
    }
    let finding = authors.look(&second).expect("is found");
    assert!(new.check(&finding).is_ok());
    assert_eq!(
        old.refuted(&finding),
        "header 3 is not sealed by the authority whose slot it is"
    );
    finality.follow(new.authorities().set);
    // Each set counts its rounds anew.
    assert_eq!(finality.look(&old.justification(1, &before, &[0])), []);
    assert_eq!(finality.look(&new.justification(1, &first, &[0])), []);
    let found = finality.look(&new.justification(1, &second, &[0]));
    let [finding] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(new.check(finding).is_ok());
    assert_eq!(old.refuted(finding), "a vote by nobody");
    // What was sealed before they took over is none of theirs.
    let early = new.empty(FIRST_SLOT + 1, &before).header;
    let state = State::from([(vec![3], vec![4])]);
    let other = new.block(FIRST_SLOT + 1, &before, &[], &state).header;
    let headers = Box::new([early, other]);
    assert_eq!(
        new.refuted(&Finding::TwoBlocks { headers }),
        "header 2 is from before these authorities"
    );
}

#[test]
fn a_handover_that_nobody_signed_leads_nowhere() {
    let old = Chain::new();
    let (mut new, last) = old.hand_over(11, FIRST_SLOT, &old.genesis.header);
    let minority = old.justification(9, &last, &[0, 1]);
    new.handovers[0].justification = Bytes(minority);
    let first = new.empty(FIRST_SLOT + 1, &last).header;
    let state = State::from([(vec![1], vec![2])]);
    let second = new.block(FIRST_SLOT + 1, &last, &[], &state).header;
    let headers = Box::new([first, second]);
    let refused = new.check(&Finding::TwoBlocks { headers });
    assert!(
        matches!(refused, Err(EvidenceError::Handover { place: 1, .. })),
        "{refused:?}"
    );
}

/// The blocks that leave a ballot out may be those of two sets.
#[test]
fn a_ballot_is_left_out_across_a_handover() {
    let old = Chain::new();
    let signer = Signer::from_seed(&[5; 32]).expect("is a seed");
    let left_out = ballot(&old, &signer);
    let (new, last) = old.hand_over(11, FIRST_SLOT, &old.genesis.header);
    let next = new.empty(FIRST_SLOT + 1, &last).header;
    let blocks = [last, next].map(|header| FinalBlock {
        header,
        extrinsics: Some(Vec::new()),
    });
    let finding = Finding::LeftOut {
        extrinsic: Bytes(left_out),
        versions: VERSIONS,
        seen: 0,
        blocks: blocks.into(),
    };
    assert!(old.check(&finding).is_ok());
}
