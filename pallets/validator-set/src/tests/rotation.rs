use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use psephos_primitives::{
    validators::{ownership_statement, OwnershipProof, SessionKeys},
    Refusal,
};
use sp_core::Pair;
use sp_runtime::DispatchError;

use crate::{mock::*, Call, Error, Event};

type SessionError = pallet_session::Error<Test>;

#[test]
fn keys_are_replaced_at_the_second_sessions_end() {
    build_and_execute(|| {
        assert_ok!(rotate(2, 20));
        let organisation = account(2);
        System::assert_last_event(Event::Rotated { organisation }.into());
        let voters = || {
            let authorities = Grandpa::grandpa_authorities();
            authorities
                .into_iter()
                .map(|(key, _)| key.into())
                .collect::<Vec<sp_core::ed25519::Public>>()
        };
        run_to(40);
        assert_eq!(voters()[1], keys(2).grandpa);
        run_to(41);
        assert_eq!(voters()[1], keys(20).grandpa);
    });
}

#[test]
fn one_key_may_stay() {
    build_and_execute(|| {
        let statement = ownership_statement(&account(2));
        let mixed = SessionKeys {
            grandpa: keys(20).grandpa,
            ..keys(2)
        };
        let both = OwnershipProof {
            grandpa: voter(20).sign(&statement),
            ..proof(2, 2)
        };
        let origin = RawOrigin::Signed(account(2));
        assert_ok!(ValidatorSet::rotate(origin.into(), mixed, both));
    });
}

#[test]
fn an_old_key_is_free_for_others() {
    build_and_execute(|| {
        assert_ok!(rotate(2, 20));
        assert_ok!(rotate(3, 2));
        assert_noop!(rotate(4, 20), SessionError::DuplicatedKey);
    });
}

#[test]
fn nobody_rotates_while_an_election_is_open() {
    build_and_execute(|| {
        let call = Call::<Test>::rotate {
            keys: keys(20),
            proof: proof(2, 20),
        };
        assert_eq!(ValidatorSet::admits(&call, &account(2)), Ok(()));
        let election = open_election();
        assert_noop!(rotate(2, 20), Error::<Test>::Frozen);
        let refused = ValidatorSet::admits(&call, &account(2));
        assert_eq!(refused, Err(Refusal::Frozen));
        cancel_election(election);
        assert_ok!(rotate(2, 20));
    });
}

#[test]
fn a_stranger_has_no_keys() {
    build_and_execute(|| {
        assert_noop!(rotate(5, 5), Error::<Test>::NotAnOrganisation);
        let call = Call::<Test>::rotate {
            keys: keys(5),
            proof: proof(5, 5),
        };
        let refused = ValidatorSet::admits(&call, &account(5));
        assert_eq!(refused, Err(Refusal::NotYourCall));
        assert_noop!(
            ValidatorSet::rotate(RawOrigin::Root.into(), keys(5), proof(5, 5)),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn keys_must_be_held_and_nobody_elses() {
    build_and_execute(|| {
        let origin = || RawOrigin::Signed(account(2)).into();
        assert_noop!(
            ValidatorSet::rotate(origin(), keys(20), proof(3, 20)),
            SessionError::InvalidProof
        );
        assert_noop!(rotate(2, 3), SessionError::DuplicatedKey);
    });
}
