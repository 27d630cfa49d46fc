use codec::{DecodeAll, Encode};
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use psephos_primitives::{AccountId, Refusal};
use sp_runtime::{
    traits::{BlakeTwo256, Hash as _},
    DispatchError,
};

use crate::{mock::*, Call, Error, Event};

#[test]
fn an_organisation_goes_at_once_and_its_keys_later() {
    with_organisations(5, || {
        assert_ok!(dismiss(2));
        let organisation = account(2);
        System::assert_last_event(
            Event::Dismissed {
                organisation: organisation.clone(),
            }
            .into(),
        );
        assert!(!ValidatorSet::is_organisation(&organisation));
        assert!(!Collective::is_member(&organisation));
        assert_eq!(Session::load_keys(&organisation), None);
        assert_eq!(System::consumers(&organisation), 0);
        // Its nonce must not begin again.
        assert_eq!(System::providers(&organisation), 1);
        run_to(39);
        assert!(Session::validators().contains(&organisation));
        run_to(40);
        assert_eq!(Session::validators(), [1, 3, 4, 5].map(account));
    });
}

#[test]
fn votes_on_open_motions_go_with_it() {
    with_organisations(5, || {
        let proposal: RuntimeCall = Call::<Test>::dismiss {
            organisation: account(1),
        }
        .into();
        let hash = BlakeTwo256::hash_of(&proposal);
        let length = proposal.encoded_size() as u32;
        let signed = |member| RawOrigin::Signed(account(member)).into();
        assert_ok!(Collective::propose(
            signed(1),
            3,
            Box::new(proposal),
            length
        ));
        assert_ok!(Collective::vote(signed(2), hash, 0, true));
        assert_ok!(Collective::vote(signed(3), hash, 0, false));
        assert_ok!(dismiss(2));
        assert_ok!(admit(6));
        assert_ok!(dismiss(3));
        type Voting = pallet_collective::Voting<Test, pallet_collective::Instance1>;
        let votes = Voting::get(hash).expect("it is open");
        // Its fields are private: number, threshold, ayes, nays, end.
        type Fields = (u32, u32, Vec<AccountId>, Vec<AccountId>, u32);
        let (_, _, ayes, nays, _) = Fields::decode_all(&mut &votes.encode()[..]).expect("the same");
        assert_eq!((ayes, nays), (vec![], vec![]));
    });
}

#[test]
fn nobody_dismisses_alone() {
    with_organisations(5, || {
        for origin in [RawOrigin::Signed(account(2)), RawOrigin::None] {
            assert_noop!(
                ValidatorSet::dismiss(origin.into(), account(2)),
                DispatchError::BadOrigin
            );
        }
        let organisation = account(2);
        let call = Call::<Test>::dismiss {
            organisation: organisation.clone(),
        };
        let refused = ValidatorSet::admits(&call, &organisation);
        assert_eq!(refused, Err(Refusal::NotAdmitted));
    });
}

#[test]
fn nobody_goes_while_an_election_is_open() {
    with_organisations(5, || {
        let election = open_election();
        assert_noop!(dismiss(2), Error::<Test>::Frozen);
        cancel_election(election);
        assert_ok!(dismiss(2));
    });
}

#[test]
fn a_stranger_cannot_be_dismissed() {
    with_organisations(5, || {
        assert_noop!(dismiss(6), Error::<Test>::NotAnOrganisation);
    });
}

#[test]
fn four_organisations_are_left() {
    with_organisations(5, || {
        assert_ok!(dismiss(1));
        assert_noop!(dismiss(2), Error::<Test>::TooFewOrganisations);
    });
}
