//! A whole ceremony of three tools and a chain that is just a struct.

use super::*;
use crate::testing;
use psephos_primitives::ceremony::{CeremonyStatus, ElectionKeys, Exclusion, VerificationShare};
use sp_runtime::BoundedVec;

const DEADLINE: BlockNumber = 50;

fn start() -> Ceremony {
    let participants: Vec<_> = (1..=3).map(TrusteeIndex).collect();
    Ceremony {
        status: CeremonyStatus {
            epoch: 0,
            stage: Stage::Registering,
            deadline: DEADLINE,
            participants: BoundedVec::truncate_from(participants.clone()),
            excluded: BoundedVec::default(),
        },
        contributions: participants
            .into_iter()
            .map(|t| (t, Contribution::default()))
            .collect(),
        keys: None,
    }
}

fn seat_of(trustee: u8) -> Seat {
    let (manifest, genesis) = (testing::manifest(), Hash::repeat_byte(3));
    seat(&manifest, genesis, ElectionId(1), 0, TrusteeIndex(trustee))
}

/// What comes next, when the blocks are as given.
fn step_by(
    blocks: Option<&Recomputed>,
    ceremony: &Ceremony,
    trustee: u8,
    now: BlockNumber,
    state: &mut Epoch,
) -> Result<Step> {
    let (seat, manifest) = (seat_of(trustee), testing::manifest());
    next_step(ceremony, &seat, &manifest, now, blocks, state)
}

/// What comes next, when the blocks say the same as the node.
fn try_step(ceremony: &Ceremony, trustee: u8, now: BlockNumber, state: &mut Epoch) -> Result<Step> {
    let blocks = Recomputed::agreeing_with(ceremony);
    step_by(Some(&blocks), ceremony, trustee, now, state)
}

fn step(ceremony: &Ceremony, trustee: u8, now: BlockNumber, state: &mut Epoch) -> Step {
    try_step(ceremony, trustee, now, state).expect("has a step")
}

fn sent(step: Step) -> KeyCeremonyCall {
    match step {
        Step::Send(call, _) => call,
        other => panic!("{other:?} where a message is due"),
    }
}

fn apply(contribution: &mut Contribution, call: KeyCeremonyCall) {
    match call {
        KeyCeremonyCall::Register { encryption_key, .. } => {
            contribution.encryption_key = Some(encryption_key);
        }
        KeyCeremonyCall::Commit { commitment, .. } => contribution.commitment = Some(commitment),
        KeyCeremonyCall::Reveal { package, .. } => contribution.package = Some(package),
        KeyCeremonyCall::Deal { shares, .. } => contribution.deal = Some(shares),
        KeyCeremonyCall::Confirm { .. } => contribution.confirmed = true,
        other => panic!("{other:?} in a ceremony of honest trustees"),
    }
}

/// Everybody's step of one stage; each tool is asked twice, as after a restart, and says the same.
fn run_stage(ceremony: &mut Ceremony, states: &mut [Epoch; 3], next: Stage) {
    for trustee in 1..=3u8 {
        let state = &mut states[usize::from(trustee) - 1];
        let call = sent(step(ceremony, trustee, 1, state));
        let mut restored = Epoch::decode_again(state);
        assert_eq!(sent(step(ceremony, trustee, 1, &mut restored)), call);
        apply(
            &mut ceremony.contributions[usize::from(trustee) - 1].1,
            call,
        );
        assert!(matches!(step(ceremony, trustee, 1, state), Step::Wait));
    }
    ceremony.status.stage = next;
}

impl Epoch {
    fn decode_again(state: &Self) -> Self {
        use codec::{DecodeAll, Encode};
        Self::decode_all(&mut &state.encode()[..]).expect("what was encoded decodes")
    }
}

fn until_dealing() -> (Ceremony, [Epoch; 3]) {
    let (mut ceremony, mut states) = (start(), <[Epoch; 3]>::default());
    for next in [Stage::Committing, Stage::Revealing, Stage::Dealing] {
        run_stage(&mut ceremony, &mut states, next);
    }
    (ceremony, states)
}

fn until_confirming() -> (Ceremony, [Epoch; 3]) {
    let (mut ceremony, mut states) = until_dealing();
    run_stage(&mut ceremony, &mut states, Stage::Confirming);
    (ceremony, states)
}

fn complete(ceremony: &mut Ceremony) {
    let packages: Vec<_> = ceremony
        .contributions
        .iter()
        .filter_map(|(trustee, c)| Some((u32::from(trustee.get()), c.package.as_ref()?)))
        .collect();
    let combined = combine(&seat_of(1).context, 0, &packages).expect("packages add up");
    let shares = combined
        .verification_shares
        .iter()
        .map(|(trustee, share)| VerificationShare {
            trustee: TrusteeIndex(*trustee as u8),
            share: *share,
        });
    ceremony.keys = Some(ElectionKeys {
        epoch: 0,
        election_key: combined.election_key,
        verification_shares: BoundedVec::truncate_from(shares.collect()),
    });
}

#[test]
fn three_tools_make_a_key_and_know_it() {
    let (mut ceremony, mut states) = until_confirming();
    run_stage(&mut ceremony, &mut states, Stage::Complete);
    complete(&mut ceremony);
    for trustee in 1..=3u8 {
        let state = &mut states[usize::from(trustee) - 1];
        assert!(matches!(step(&ceremony, trustee, 1, state), Step::Done));
        assert_eq!(state.round1, None);
    }
}

/// The blocks are asked before anything is sealed: what was sealed to a wrong key would be sent again.
#[test]
fn nothing_is_dealt_on_a_nodes_word() {
    let (mut ceremony, mut states) = until_dealing();
    let honest = Recomputed::agreeing_with(&ceremony);
    let state = &mut states[0];
    let unproved = step_by(None, &ceremony, 1, 1, state);
    assert!(matches!(unproved, Ok(Step::Recompute)));
    let attackers = SealingKey::generate(&mut OsRng).public_key();
    ceremony.contributions[1].1.encryption_key = Some(attackers);
    let lied_to = step_by(Some(&honest), &ceremony, 1, 1, state);
    let why =
        "refusing to go on with the key ceremony: the encryption key of trustee 2, as the node \
               says, differs from the one in the blocks";
    assert_eq!(
        lied_to.map(|_| ()).map_err(|failure| failure.to_string()),
        Err(why.into())
    );
    assert_eq!(state.deal, None);
    assert!(state.round1.is_some());
}

/// A made-up deal would have the trustee disclose the key that opens all shares dealt to it.
#[test]
fn nothing_is_disclosed_on_a_nodes_word() {
    let (mut ceremony, mut states) = until_confirming();
    let honest = Recomputed::agreeing_with(&ceremony);
    let deal = ceremony.contributions[1].1.deal.as_mut().expect("dealt");
    deal.iter_mut()
        .for_each(|share| share.sealed.ciphertext[0] ^= 1);
    let lied_to = step_by(Some(&honest), &ceremony, 1, 1, &mut states[0]);
    let why = "refusing to go on with the key ceremony: the deal of trustee 2, as the node says, \
               differs from the one in the blocks";
    assert_eq!(
        lied_to.map(|_| ()).map_err(|failure| failure.to_string()),
        Err(why.into())
    );
    assert!(states[0].key.is_none());
}

/// What was replayed for one stage or epoch does not do for a later one.
#[test]
fn the_blocks_are_asked_again_for_what_is_new() {
    let (ceremony, mut states) = until_confirming();
    let mut earlier = ceremony.clone();
    earlier.status.stage = Stage::Dealing;
    let earlier = Recomputed::agreeing_with(&earlier);
    let confirm = step_by(Some(&earlier), &ceremony, 1, 1, &mut states[0]);
    assert!(matches!(confirm, Ok(Step::Recompute)));
    let mut next_epoch = ceremony.clone();
    next_epoch.status.epoch = 1;
    let of_this = Recomputed::agreeing_with(&ceremony);
    let confirm = step_by(Some(&of_this), &next_epoch, 1, 1, &mut states[0]);
    assert!(matches!(confirm, Ok(Step::Recompute)));
}

#[test]
fn another_key_on_the_chain_is_refused() {
    let (mut ceremony, mut states) = until_confirming();
    run_stage(&mut ceremony, &mut states, Stage::Complete);
    complete(&mut ceremony);
    let keys = ceremony.keys.as_mut().expect("was set");
    keys.election_key = keys.verification_shares[0].share;
    let error = try_step(&ceremony, 1, 1, &mut states[0]);
    assert_eq!(
        error.map(|_| ()).map_err(|error| error.to_string()),
        Err("the chain has another election key than this trustee's".into())
    );
}

#[test]
fn a_wrong_share_is_complained_about_with_the_right_key() {
    let (mut ceremony, mut states) = until_confirming();
    let deal = ceremony.contributions[1]
        .1
        .deal
        .as_mut()
        .expect("has dealt");
    let own = deal
        .iter_mut()
        .find(|share| share.recipient == TrusteeIndex(1))
        .expect("is there");
    own.sealed.ciphertext[0] ^= 1;
    let call = sent(step(&ceremony, 1, 1, &mut states[0]));
    let KeyCeremonyCall::Complain {
        dealer,
        disclosed_key,
        ..
    } = call
    else {
        panic!("{call:?} where a complaint is due");
    };
    assert_eq!(dealer, TrusteeIndex(2));
    let disclosed = SealingKey::from_bytes(&disclosed_key).public_key();
    assert_eq!(Some(disclosed), ceremony.contributions[0].1.encryption_key);
    // The third trustee's share is right, and it confirms.
    let call = sent(step(&ceremony, 3, 1, &mut states[2]));
    assert!(matches!(call, KeyCeremonyCall::Confirm { .. }));
}

#[test]
fn silence_is_reported_in_turn_after_the_deadline() {
    let (mut ceremony, mut states) = (start(), <[Epoch; 3]>::default());
    for trustee in 1..=2u8 {
        let call = sent(step(
            &ceremony,
            trustee,
            1,
            &mut states[usize::from(trustee) - 1],
        ));
        apply(
            &mut ceremony.contributions[usize::from(trustee) - 1].1,
            call,
        );
    }
    assert!(matches!(
        step(&ceremony, 1, DEADLINE, &mut states[0]),
        Step::Wait
    ));
    let call = sent(step(&ceremony, 1, DEADLINE + 1, &mut states[0]));
    assert_eq!(
        call,
        KeyCeremonyCall::ReportSilence {
            election: ElectionId(1)
        }
    );
    assert!(matches!(
        step(&ceremony, 2, DEADLINE + 1, &mut states[1]),
        Step::Wait
    ));
}

#[test]
fn an_excluded_trustee_is_told_why_and_a_lost_state_is_noticed() {
    let (mut ceremony, mut states) = until_confirming();
    let fault = Fault::Silent;
    let exclusion = Exclusion {
        trustee: TrusteeIndex(2),
        fault,
        epoch: 0,
    };
    ceremony
        .status
        .excluded
        .try_push(exclusion)
        .expect("has room");
    let told = step(&ceremony, 2, 1, &mut states[1]);
    assert!(matches!(told, Step::Excluded(Fault::Silent)));
    let mut lost = Epoch::default();
    let error = try_step(&ceremony, 1, 1, &mut lost);
    assert_eq!(
        error.map(|_| ()).map_err(|error| error.to_string()),
        Err("the sealing key is missing in the state".into())
    );
}
