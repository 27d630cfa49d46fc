//! Shares: who may send them when, what a bad one does, and every error.

use super::{
    officials::{counts, stranger, Election, Plan, StoredKeys, PICK_ONE},
    voters::voter,
};
use crate::{
    mock::*,
    shares::ShareRecord,
    tally::{DistrictTally, TallyFailure},
    CastCounts, Error, Event, Results, Sums, Tallies,
};
use frame_support::{assert_noop, assert_ok, dispatch::Pays};
use frame_system::RawOrigin;
use pallet_elections::sample::trustee;
use psephos_crypto::elgamal::Ciphertext;
use psephos_primitives::{
    limits::MAX_INVALID_SHARES, tally::ShareStatus, ContestId, DistrictId, ElectionId, Phase,
    Refusal, Text, TrusteeIndex,
};
use sp_runtime::DispatchError;

const DISTRICT: DistrictId = DistrictId(1);

/// One ballot for option 1 and one for option 2; voting has closed.
fn closed() -> Election {
    let election = Election::open(Plan::default());
    assert_ok!(election.vote(1, 1, &[&[1]]).cast());
    assert_ok!(election.vote(1, 2, &[&[2]]).cast());
    election.close();
    election
}

fn has_event(event: Event<Test>) -> bool {
    let event = RuntimeEvent::from(event);
    System::events().iter().any(|record| record.event == event)
}

#[test]
fn the_last_share_needed_publishes_in_its_own_dispatch() {
    build_and_execute(|| {
        let election = closed();
        assert_eq!(BallotRegister::shares(ElectionId(2)), None);
        assert_ok!(election.submit(3, 1, election.shares(3, 1)));
        let accepted = Event::SharesAccepted {
            election: election.id,
            district: DISTRICT,
            trustee: TrusteeIndex(3),
        };
        System::assert_last_event(accepted.into());
        assert_eq!(BallotRegister::result(election.id), None);
        assert_eq!(Elections::phase(election.id), Some(Phase::Tallying));

        run_to(election.manifest.voting.end + 4);
        assert_ok!(election.submit(1, 1, election.shares(1, 1)));
        let result = BallotRegister::result(election.id).expect("published");
        assert_eq!(result.block, election.manifest.voting.end + 4);
        assert_eq!(result.districts[0].ballots, 2);
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 1, 1]]));
        assert_eq!(Elections::phase(election.id), Some(Phase::Published));
        assert!(has_event(Event::DistrictSettled {
            election: election.id,
            district: DISTRICT
        }));
        System::assert_last_event(
            Event::ResultPublished {
                election: election.id,
            }
            .into(),
        );

        let status = |trustee, accepted| ShareStatus {
            trustee: TrusteeIndex(trustee),
            district: DISTRICT,
            accepted,
            invalid: 0,
        };
        let closing = election.manifest.voting.end;
        let statuses = vec![
            status(1, Some(closing + 4)),
            status(2, None),
            status(3, Some(closing)),
        ];
        assert_eq!(BallotRegister::shares(election.id), Some(statuses));
    });
}

#[test]
fn shares_that_do_not_decrypt_yet_give_weight_back() {
    build_and_execute(|| {
        let election = closed();
        let declared = crate::weights::submit_shares::<Test>(election.id, DISTRICT, 3);
        let first = election.submit(1, 1, election.shares(1, 1)).expect("valid");
        let last = election.submit(2, 1, election.shares(2, 1)).expect("valid");
        assert_eq!(
            first.actual_weight,
            Some(crate::weights::verify_shares::<Test>(3))
        );
        assert_eq!(last.actual_weight, Some(declared));
        assert_eq!(first.pays_fee, Pays::Yes);
    });
}

#[test]
fn bad_shares_are_named_recorded_and_bounded() {
    build_and_execute(|| {
        let election = closed();
        let right = election.shares(2, 1);
        let rejected = |position| Event::SharesRejected {
            election: election.id,
            district: DISTRICT,
            trustee: TrusteeIndex(2),
            position,
        };
        // Another trustee's third share.
        let mut bad = right.clone();
        bad[2] = election.shares(1, 1)[2];
        assert_ok!(election.submit(2, 1, bad));
        System::assert_last_event(rejected(2).into());
        // One missing, one too many.
        let mut short = right.clone();
        short.truncate(1);
        assert_ok!(election.submit(2, 1, short));
        System::assert_last_event(rejected(1).into());
        let mut long = right.clone();
        long.try_push(right[0]).expect("room");
        assert_ok!(election.submit(2, 1, long));
        System::assert_last_event(rejected(3).into());

        let record = ShareRecord {
            accepted: None,
            invalid: MAX_INVALID_SHARES,
        };
        assert_eq!(election.share_record(2, 1), record);
        // From here on not even right ones are looked at, and the others decrypt without.
        assert_noop!(
            election.submit(2, 1, right).map_err(|error| error.error),
            Error::<Test>::TooManyInvalidShares
        );
        assert_ok!(election.submit(1, 1, election.shares(1, 1)));
        assert_ok!(election.submit(3, 1, election.shares(3, 1)));
        let result = BallotRegister::result(election.id).expect("published");
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 1, 1]]));
    });
}

#[test]
fn a_misencoded_share_is_a_bad_one() {
    build_and_execute(|| {
        let election = closed();
        let mut bad = election.shares(1, 1);
        bad[1].share.0 = [0xFF; 32];
        assert_ok!(election.submit(1, 1, bad));
        let rejected = Event::SharesRejected {
            election: election.id,
            district: DISTRICT,
            trustee: TrusteeIndex(1),
            position: 1,
        };
        System::assert_last_event(rejected.into());
    });
}

/// Submits a first trustee's empty list: enough for everything that is checked before the proofs.
fn error_of(election: &Election, district: u32) -> DispatchError {
    let result = election.submit(1, district, Default::default());
    result.map_err(|error| error.error).expect_err("refused")
}

#[test]
fn every_error() {
    build_and_execute(|| {
        let election = Election::prepare(Plan::default());
        assert_eq!(error_of(&election, 1), Error::<Test>::NotTallying.into());
        let elsewhere = Election {
            id: ElectionId(2),
            ..election
        };
        assert_eq!(
            error_of(&elsewhere, 1),
            Error::<Test>::UnknownElection.into()
        );
    });
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        assert_eq!(error_of(&election, 1), Error::<Test>::NotTallying.into());
        // As the pool sees the closing block: its number is there, its work is not done.
        System::set_block_number(election.manifest.voting.end);
        assert_eq!(error_of(&election, 1), Error::<Test>::NotTallying.into());
        System::set_block_number(election.manifest.voting.end - 1);
        election.close();

        assert_eq!(
            error_of(&election, 2),
            Error::<Test>::UnknownDistrict.into()
        );
        for who in [stranger(), voter(1), pallet_elections::sample::registrar(0)] {
            let refusal = BallotRegister::admits_shares(&who, election.id, DISTRICT);
            assert_eq!(refusal, Err(Refusal::NotYourCall));
            assert_noop!(
                BallotRegister::submit_shares(
                    RawOrigin::Signed(who).into(),
                    election.id,
                    DISTRICT,
                    election.shares(1, 1)
                )
                .map_err(|error| error.error),
                Error::<Test>::NotATrustee
            );
        }

        let stored = StoredKeys::of(election.id);
        let keys = stored.get();
        stored.remove();
        assert_eq!(error_of(&election, 1), Error::<Test>::NotReady.into());
        let mut without_first = keys.clone();
        without_first.verification_shares.remove(0);
        stored.put(&without_first);
        assert_eq!(error_of(&election, 1), Error::<Test>::NotATrustee.into());
        let mut broken = keys.clone();
        broken.verification_shares[0].share.0 = [0xFF; 32];
        stored.put(&broken);
        let shares = election.shares(1, 1);
        let result = BallotRegister::submit_shares(
            RawOrigin::Signed(trustee(1)).into(),
            election.id,
            DISTRICT,
            shares.clone(),
        );
        assert_eq!(
            result.map_err(|error| error.error),
            Err(Error::<Test>::InconsistentState.into())
        );
        stored.put(&keys);

        assert_ok!(election.submit(1, 1, shares));
        assert_eq!(
            error_of(&election, 1),
            Error::<Test>::SharesAlreadyAccepted.into()
        );
        assert_ok!(election.submit(2, 1, election.shares(2, 1)));
        assert_eq!(error_of(&election, 1), Error::<Test>::ElectionOver.into());
    });
    build_and_execute(|| {
        let election = closed();
        let reason = Text::new("the count is contested").expect("a reason");
        assert_ok!(Elections::cancel(
            RuntimeOrigin::root(),
            election.id,
            reason
        ));
        assert_eq!(error_of(&election, 1), Error::<Test>::ElectionOver.into());
    });
}

#[test]
fn a_settled_district_takes_no_more_while_another_is_pending() {
    build_and_execute(|| {
        let districts = vec![vec![PICK_ONE], vec![PICK_ONE]];
        let plan = Plan {
            districts,
            issued: vec![1, 1],
            ..Plan::default()
        };
        let election = Election::open(plan);
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        assert_ok!(election.vote(2, 2, &[&[2]]).cast());
        election.close();
        assert_ok!(election.submit(1, 1, election.shares(1, 1)));
        assert_ok!(election.submit(2, 1, election.shares(2, 1)));
        assert_eq!(BallotRegister::result(election.id), None);
        assert_noop!(
            election
                .submit(3, 1, election.shares(3, 1))
                .map_err(|error| error.error),
            Error::<Test>::NotTallying
        );
        assert_ok!(election.submit(3, 2, election.shares(3, 2)));
        assert_ok!(election.submit(2, 2, election.shares(2, 2)));
        let result = BallotRegister::result(election.id).expect("published");
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 1, 0]]));
        assert_eq!(counts(&result, 2), Some(vec![vec![0, 0, 1]]));
    });
}

/// Sound proofs rule this out; if it happens all the same, the chain says so and publishes nothing.
#[test]
fn sums_that_no_ballots_could_give_are_not_published() {
    // A sum of three where two have voted; two ballots for one option each where one has voted.
    let undecryptable = |sums: &mut [Ciphertext]| {
        for _ in 0..2 {
            let one = sums[1];
            psephos_crypto::elgamal::add(&mut sums[1..2], [one].iter()).expect("they decode");
        }
    };
    let implausible = |sums: &mut [Ciphertext]| sums[0] = sums[1];
    let position = TallyFailure::Undecryptable { position: 1 };
    let contest = TallyFailure::Implausible {
        contest: ContestId(1),
    };
    check_failure(&undecryptable, position);
    check_failure(&implausible, contest);
}

fn check_failure(corrupt: &dyn Fn(&mut [Ciphertext]), failure: TallyFailure) {
    build_and_execute(|| {
        let election = closed();
        Sums::<Test>::mutate(election.id, DISTRICT, |sums| {
            corrupt(sums.as_mut().expect("two ballots").as_mut());
        });
        assert_ok!(election.submit(1, 1, election.shares(1, 1)));
        assert_ok!(election.submit(2, 1, election.shares(2, 1)));
        let (id, district) = (election.id, DISTRICT);
        System::assert_last_event(
            Event::TallyFailed {
                election: id,
                district,
                failure,
            }
            .into(),
        );
        assert_eq!(
            Tallies::<Test>::get(id, district),
            Some(DistrictTally::Failed(failure))
        );
        assert_eq!(Results::<Test>::get(id), None);
        assert_eq!(Elections::phase(id), Some(Phase::Tallying));
        assert_noop!(
            election
                .submit(3, 1, election.shares(3, 1))
                .map_err(|error| error.error),
            Error::<Test>::NotTallying
        );
        assert_eq!(CastCounts::<Test>::get(id, district), 2);
    });
}
