use frame_support::assert_ok;
use psephos_crypto::{key_ceremony::trustee::SecretShare, sealing::SealingError};
use psephos_primitives::{
    ceremony::{Exclusion, Fault, Stage},
    phase::CancelReason,
    BlockNumber, Phase, TrusteeIndex,
};

use super::trustees::*;
use crate::{mock::*, Event};

/// Who was excluded, and why, in the order in which it happened.
fn excluded() -> Vec<(u8, Fault, u32)> {
    let status = KeyCeremony::status(FIRST).expect("it exists");
    let each = status.excluded.into_iter();
    each.map(
        |Exclusion {
             trustee,
             fault,
             epoch,
         }| (trustee.get(), fault, epoch),
    )
    .collect()
}

fn deadline() -> BlockNumber {
    KeyCeremony::status(FIRST).expect("it exists").deadline
}

/// The rest begin again and make a key without the excluded.
fn the_rest_succeed(participants: &[u8]) {
    let trustees = honest_until(FIRST, Stage::Complete);
    assert_eq!(
        trustees.iter().map(|t| t.index().get()).collect::<Vec<_>>(),
        participants
    );
    let keys = KeyCeremony::keys(FIRST).expect("the ceremony is complete");
    assert_eq!(keys.epoch, trustees[0].seat.epoch);
    for (trustee, share) in trustees.iter().zip(&keys.verification_shares) {
        assert_eq!(trustee.finish().verification_share(), share.share);
    }
    run_to(OPENING);
    assert_eq!(Elections::phase(FIRST), Some(Phase::Voting));
}

/// All deal; trustee 2 gives trustee 4 a share that fits no commitment.
fn with_a_bad_deal() -> Vec<Trustee> {
    let mut trustees = honest_until(FIRST, Stage::Dealing);
    for (position, trustee) in trustees.iter_mut().enumerate() {
        let mut deal = trustee.make_deal();
        if position == 1 {
            deal[2] = trustee.seal_to(4, &SecretShare::from_bytes([7; 32]));
        }
        assert_ok!(trustee.deal(deal));
    }
    assert_eq!(stage(FIRST), Stage::Confirming);
    trustees
}

#[test]
fn who_deals_a_bad_share_is_excluded() {
    build_and_execute(|| {
        let mut trustees = with_a_bad_deal();
        assert_ok!(trustees[0].act(Stage::Confirming));
        let victim = &trustees[3];
        assert_eq!(
            victim.open_share_of(2).err(),
            Some(SealingError::WrongShare)
        );
        System::reset_events();
        assert_ok!(victim.complain(TrusteeIndex(2), *victim.sealing_key.to_bytes()));
        let complainer = TrusteeIndex(4);
        let dealer = TrusteeIndex(2);
        let events: Vec<_> = System::events()
            .into_iter()
            .map(|record| record.event)
            .collect();
        let expected: [Event<Test>; 3] = [
            Event::Complained {
                election: FIRST,
                epoch: 0,
                complainer,
                dealer,
            },
            Event::Excluded {
                election: FIRST,
                epoch: 0,
                trustee: dealer,
                fault: Fault::BadShare,
            },
            Event::StageBegan {
                election: FIRST,
                epoch: 1,
                stage: Stage::Registering,
                deadline: deadline(),
            },
        ];
        assert_eq!(events, expected.map(RuntimeEvent::from));
        assert_eq!(excluded(), [(2, Fault::BadShare, 0)]);
        the_rest_succeed(&[1, 3, 4, 5]);
    });
}

#[test]
fn who_deals_what_does_not_open_is_excluded() {
    build_and_execute(|| {
        let mut trustees = honest_until(FIRST, Stage::Dealing);
        for (position, trustee) in trustees.iter_mut().enumerate() {
            let mut deal = trustee.make_deal();
            if position == 0 {
                deal[0].sealed.ciphertext[0] ^= 1;
            }
            assert_ok!(trustee.deal(deal));
        }
        let victim = &trustees[1];
        assert_ok!(victim.complain(TrusteeIndex(1), *victim.sealing_key.to_bytes()));
        assert_eq!(excluded(), [(1, Fault::BadShare, 0)]);
        the_rest_succeed(&[2, 3, 4, 5]);
    });
}

#[test]
fn who_complains_of_a_right_share_is_excluded() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        let liar = &trustees[4];
        assert_ok!(liar.complain(TrusteeIndex(1), *liar.sealing_key.to_bytes()));
        assert_eq!(excluded(), [(5, Fault::FalseComplaint, 0)]);
        the_rest_succeed(&[1, 2, 3, 4]);
    });
}

#[test]
fn who_complains_with_another_key_than_the_registered_is_excluded() {
    build_and_execute(|| {
        // The share is bad, but the complainer cannot show it.
        let trustees = with_a_bad_deal();
        let other = *trustees[0].sealing_key.to_bytes();
        assert_ok!(trustees[3].complain(TrusteeIndex(2), other));
        assert_eq!(excluded(), [(4, Fault::FalseComplaint, 0)]);
        the_rest_succeed(&[1, 2, 3, 5]);
    });
}

#[test]
fn the_silent_are_excluded_after_the_deadline_in_every_stage() {
    let stages = [
        Stage::Registering,
        Stage::Committing,
        Stage::Revealing,
        Stage::Dealing,
        Stage::Confirming,
    ];
    for silent_in in stages {
        build_and_execute(|| {
            let mut trustees = honest_until(FIRST, silent_in);
            for trustee in [0, 2, 4] {
                assert_ok!(trustees[trustee].act(silent_in));
            }
            run_to(deadline() + 1);
            assert_ok!(trustees[0].report_silence());
            assert_eq!(excluded(), [(2, Fault::Silent, 0), (4, Fault::Silent, 0)]);
            the_rest_succeed(&[1, 3, 5]);
        });
    }
}

#[test]
fn who_is_late_but_not_reported_may_still_act() {
    build_and_execute(|| {
        let mut trustees = participants(FIRST);
        for trustee in &mut trustees[..4] {
            assert_ok!(trustee.act(Stage::Registering));
        }
        run_to(deadline() + 1);
        assert_ok!(trustees[4].act(Stage::Registering));
        assert_eq!(stage(FIRST), Stage::Committing);
    });
}

#[test]
fn exclusions_add_up_over_epochs() {
    build_and_execute(|| {
        let trustees = honest_until(FIRST, Stage::Confirming);
        assert_ok!(trustees[4].complain(TrusteeIndex(1), *trustees[4].sealing_key.to_bytes()));
        let mut trustees = honest_until(FIRST, Stage::Committing);
        for trustee in &mut trustees[1..] {
            assert_ok!(trustee.act(Stage::Committing));
        }
        run_to(deadline() + 1);
        assert_ok!(trustees[1].report_silence());
        assert_eq!(
            excluded(),
            [(5, Fault::FalseComplaint, 0), (1, Fault::Silent, 1)]
        );
        the_rest_succeed(&[2, 3, 4]);
    });
}

#[test]
fn an_election_whose_threshold_is_out_of_reach_is_cancelled() {
    build_and_execute(|| {
        let mut trustees = participants(FIRST);
        assert_ok!(trustees[0].act(Stage::Registering));
        assert_ok!(trustees[1].act(Stage::Registering));
        run_to(deadline() + 1);
        assert_ok!(trustees[0].report_silence());
        let reason = CancelReason::TooFewTrustees;
        System::assert_last_event(
            pallet_elections::Event::Cancelled {
                election: FIRST,
                reason: reason.clone(),
            }
            .into(),
        );
        assert_eq!(Elections::phase(FIRST), Some(Phase::Cancelled));
        assert_eq!(
            Elections::summary(FIRST).and_then(|summary| summary.cancelled),
            Some(reason)
        );
        // What happened stays on record.
        let silent = [3, 4, 5].map(|trustee| (trustee, Fault::Silent, 0));
        assert_eq!(excluded(), silent);
        assert_eq!(Elections::phase(SECOND), Some(Phase::Registration));
    });
}
