//! What the pool lets in, and whom the calls let through.

use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::Hooks};
use frame_system::RawOrigin;
use pallet_elections::sample::{registrar, trustee};
use psephos_primitives::{
    limits::MAX_VOTERS_PER_CALL, phase::CancelReason, ElectionId, Refusal, VoterNumber,
};
use sp_runtime::{BoundedVec, DispatchError};

use crate::{mock::*, Call, Error};

fn calls(election: ElectionId) -> [Call<Test>; 3] {
    [
        Call::participate {
            election,
            voters: BoundedVec::default(),
        },
        Call::withdraw {
            election,
            voter: ALICE,
        },
        Call::issue {
            election,
            voters: BoundedVec::default(),
        },
    ]
}

#[test]
fn the_pool_admits_registrars_of_elections_that_are_not_over() {
    build_and_execute(|| {
        for call in calls(ELECTION) {
            assert_eq!(VoterRegister::admits(&call, &registrar(2)), Ok(()));
            // The third election has five registrars, this one three.
            for who in [registrar(3), trustee(1)] {
                assert_eq!(
                    VoterRegister::admits(&call, &who),
                    Err(Refusal::NotYourCall)
                );
            }
        }
        for call in calls(ElectionId(4)) {
            let unknown = VoterRegister::admits(&call, &registrar(0));
            assert_eq!(unknown, Err(Refusal::UnknownElection));
        }
        assert_ok!(Elections::cancel_because(
            ELECTION,
            CancelReason::CeremonyIncomplete
        ));
        for call in calls(ELECTION) {
            let over = VoterRegister::admits(&call, &registrar(0));
            assert_eq!(over, Err(Refusal::ElectionOver));
        }
    });
}

#[test]
fn only_registrars_of_the_election_record() {
    build_and_execute(|| {
        let root: RuntimeOrigin = RawOrigin::Root.into();
        let official: RuntimeOrigin = RawOrigin::Signed(trustee(1)).into();
        assert_noop!(
            VoterRegister::withdraw(root.clone(), ELECTION, ALICE),
            DispatchError::BadOrigin
        );
        assert_noop!(
            VoterRegister::participate(root.clone(), ELECTION, BoundedVec::default()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            VoterRegister::issue(root, ELECTION, BoundedVec::default()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            VoterRegister::withdraw(official, ELECTION, ALICE),
            Error::<Test>::NotARegistrar
        );
        assert_noop!(
            participate(3, ELECTION, &[(ALICE, EAST)]),
            Error::<Test>::NotARegistrar
        );
        assert_noop!(issue(3, ELECTION, &[ALICE]), Error::<Test>::NotARegistrar);
        for unknown in [ElectionId(0), ElectionId(4)] {
            assert_noop!(withdraw(0, unknown, ALICE), Error::<Test>::UnknownElection);
            assert_noop!(
                participate(0, unknown, &[(ALICE, EAST)]),
                Error::<Test>::UnknownElection
            );
            assert_noop!(issue(0, unknown, &[ALICE]), Error::<Test>::UnknownElection);
        }
    });
}

#[test]
fn a_calls_weight_follows_its_voters() {
    let issue = |count: u32| {
        let voters = (0..count)
            .map(|number| VoterNumber(number.into()))
            .collect();
        let voters = BoundedVec::truncate_from(voters);
        Call::<Test>::issue {
            election: ELECTION,
            voters,
        }
        .get_dispatch_info()
        .call_weight
    };
    let each = issue(2) - issue(1);
    assert_eq!(
        issue(MAX_VOTERS_PER_CALL),
        issue(0) + each * u64::from(MAX_VOTERS_PER_CALL)
    );
}

#[test]
fn the_configuration_fits() {
    VoterRegister::integrity_test();
}
