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

fn step(ceremony: &Ceremony, trustee: u8, now: BlockNumber, state: &mut Epoch) -> Step {
    next_step(
        ceremony,
        &seat_of(trustee),
        &testing::manifest(),
        now,
        state,
    )
    .expect("has a step")
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

fn until_confirming() -> (Ceremony, [Epoch; 3]) {
    let (mut ceremony, mut states) = (start(), <[Epoch; 3]>::default());
    for next in [
        Stage::Committing,
        Stage::Revealing,
        Stage::Dealing,
        Stage::Confirming,
    ] {
        run_stage(&mut ceremony, &mut states, next);
    }
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

#[test]
fn another_key_on_the_chain_is_refused() {
    let (mut ceremony, mut states) = until_confirming();
    run_stage(&mut ceremony, &mut states, Stage::Complete);
    complete(&mut ceremony);
    let keys = ceremony.keys.as_mut().expect("was set");
    keys.election_key = keys.verification_shares[0].share;
    let error = next_step(
        &ceremony,
        &seat_of(1),
        &testing::manifest(),
        1,
        &mut states[0],
    );
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
    let error = next_step(&ceremony, &seat_of(1), &testing::manifest(), 1, &mut lost);
    assert_eq!(
        error.map(|_| ()).map_err(|error| error.to_string()),
        Err("the sealing key is missing in the state".into())
    );
}
