use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use pallet_elections::sample;
use psephos_primitives::Refusal;
use sp_runtime::DispatchError;

use crate::{mock::*, Call, Error, Event};

type SessionError = pallet_session::Error<Test>;

fn call() -> Call<Test> {
    Call::admit {
        organisation: account(5),
        keys: keys(5),
        proof: proof(5, 5),
    }
}

#[test]
fn the_organisations_of_genesis_are_members_and_validators() {
    build_and_execute(|| {
        let organisations = [1, 2, 3, 4].map(account);
        assert_eq!(ValidatorSet::organisations(), organisations);
        assert_eq!(Session::validators(), organisations);
        assert_eq!(Grandpa::grandpa_authorities().len(), 4);
        assert_eq!(pallet_aura::Authorities::<Test>::get().len(), 4);
        for organisation in &organisations {
            assert!(Collective::is_member(organisation));
            assert_eq!(System::providers(organisation), 1);
            assert_eq!(System::consumers(organisation), 1);
        }
    });
}

#[test]
fn an_organisation_is_a_member_at_once_and_a_validator_later() {
    build_and_execute(|| {
        assert_ok!(admit(5));
        let organisation = account(5);
        System::assert_last_event(
            Event::Admitted {
                organisation: organisation.clone(),
            }
            .into(),
        );
        assert!(ValidatorSet::is_organisation(&organisation));
        assert!(Collective::is_member(&organisation));
        assert_eq!(System::providers(&organisation), 1);
        run_to(39);
        assert_eq!(Session::validators().len(), 4);
        run_to(40);
        assert_eq!(Session::validators(), [1, 2, 3, 4, 5].map(account));
    });
}

#[test]
fn nobody_admits_alone() {
    build_and_execute(|| {
        for origin in [RawOrigin::Signed(account(1)), RawOrigin::None] {
            assert_noop!(
                ValidatorSet::admit(origin.into(), account(5), keys(5), proof(5, 5)),
                DispatchError::BadOrigin
            );
        }
        for who in [account(1), account(5)] {
            let refused = ValidatorSet::admits(&call(), &who);
            assert_eq!(refused, Err(Refusal::NotAdmitted));
        }
    });
}

#[test]
fn nobody_comes_while_an_election_is_open() {
    build_and_execute(|| {
        let election = open_election();
        assert_noop!(admit(5), Error::<Test>::Frozen);
        cancel_election(election);
        assert_ok!(admit(5));
    });
}

#[test]
fn nobody_comes_twice() {
    build_and_execute(|| {
        assert_noop!(admit(4), Error::<Test>::AlreadyAnOrganisation);
    });
}

#[test]
fn no_official_is_admitted_until_the_election_has_ended() {
    build_and_execute(|| {
        let election = create_election(100);
        let official = sample::trustee(1);
        let seed = AsRef::<[u8]>::as_ref(&official)[0];
        assert_eq!(account(seed), official);
        assert_noop!(admit(seed), Error::<Test>::HoldsOffice);
        cancel_election(election);
        assert_ok!(admit(seed));
    });
}

#[test]
fn there_are_a_hundred_organisations_at_most() {
    with_organisations(99, || {
        assert_ok!(admit(100));
        assert_noop!(admit(101), Error::<Test>::TooManyOrganisations);
    });
}

#[test]
fn keys_must_be_held_by_the_organisation_itself() {
    build_and_execute(|| {
        let admit = |keys, proof| {
            let origin = RawOrigin::Root.into();
            ValidatorSet::admit(origin, account(5), keys, proof)
        };
        let wrong = |change: fn(&mut psephos_primitives::validators::OwnershipProof)| {
            let mut proof = proof(5, 5);
            change(&mut proof);
            proof
        };
        for proof in [
            // For another organisation, by another's keys, and each signature alone.
            proof(6, 5),
            proof(5, 6),
            wrong(|proof| proof.aura.0[0] ^= 1),
            wrong(|proof| proof.grandpa.0[0] ^= 1),
        ] {
            assert_noop!(admit(keys(5), proof), SessionError::InvalidProof);
        }
    });
}

#[test]
fn no_key_belongs_to_two_organisations() {
    build_and_execute(|| {
        let origin = RawOrigin::Root.into();
        assert_noop!(
            ValidatorSet::admit(origin, account(5), keys(4), proof(5, 4)),
            SessionError::DuplicatedKey
        );
    });
}

#[test]
fn whoever_was_dismissed_can_come_again() {
    with_organisations(5, || {
        assert_ok!(dismiss(2));
        assert_ok!(admit(2));
        // At the end: it is the latest to be admitted.
        assert_eq!(ValidatorSet::organisations(), [1, 3, 4, 5, 2].map(account));
        run_to(40);
        assert_eq!(Session::validators(), [1, 3, 4, 5, 2].map(account));
    });
}
