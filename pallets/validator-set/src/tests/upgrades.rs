//! Authorisation alone: what follows from it is `frame-system`'s, and tested in the runtime.

use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use frame_system::RawOrigin;
use psephos_primitives::{Hash, Refusal};
use sp_runtime::DispatchError;

use crate::{mock::*, Call, Error};

const CODE: Hash = Hash::repeat_byte(7);

fn authorized() -> Option<Vec<u8>> {
    System::authorized_upgrade().map(|upgrade| upgrade.encode())
}

#[test]
fn a_later_authorisation_replaces_an_earlier_one() {
    build_and_execute(|| {
        for hash in [Hash::repeat_byte(6), CODE] {
            assert_ok!(ValidatorSet::authorize_upgrade(
                RawOrigin::Root.into(),
                hash
            ));
        }
        // With the version checked.
        assert_eq!(authorized(), Some((CODE, true).encode()));
        System::assert_last_event(
            frame_system::Event::UpgradeAuthorized {
                code_hash: CODE,
                check_version: true,
            }
            .into(),
        );
    });
}

#[test]
fn nobody_authorises_alone() {
    build_and_execute(|| {
        for origin in [RawOrigin::Signed(account(1)), RawOrigin::None] {
            assert_noop!(
                ValidatorSet::authorize_upgrade(origin.into(), CODE),
                DispatchError::BadOrigin
            );
        }
        let call = Call::<Test>::authorize_upgrade { code_hash: CODE };
        let refused = ValidatorSet::admits(&call, &account(1));
        assert_eq!(refused, Err(Refusal::NotAdmitted));
    });
}

#[test]
fn nothing_is_authorised_while_an_election_is_open() {
    build_and_execute(|| {
        let authorize = || ValidatorSet::authorize_upgrade(RawOrigin::Root.into(), CODE);
        let election = open_election();
        assert_noop!(authorize(), Error::<Test>::Frozen);
        assert_eq!(authorized(), None);
        cancel_election(election);
        assert_ok!(authorize());
    });
}
