//! Calls with wrong bytes: nothing panics, and what fails leaves no trace.

use codec::{Decode, Encode};
use frame_support::{
    dispatch::GetDispatchInfo, storage::with_transaction, traits::UnfilteredDispatchable,
};
use frame_system::RawOrigin;
use psephos_primitives::{
    validators::{DoubleVote, Equivocation, Vote},
    Hash,
};
use rand_chacha::{
    rand_core::{RngCore, SeedableRng},
    ChaCha20Rng,
};
use sp_core::Pair;
use sp_io::storage::root;
use sp_runtime::{StateVersion, TransactionOutcome};

use crate::{mock::*, Call};

const CALLS: u32 = 600;

fn evidence() -> Equivocation {
    let pair = voter(2);
    let vote = |byte| {
        let vote = Vote {
            hash: Hash::repeat_byte(byte),
            number: 7,
        };
        (vote, pair.sign(&(1u8, vote, 5u64, 0u64).encode()))
    };
    Equivocation::Precommit(DoubleVote {
        round: 5,
        authority: pair.public(),
        first: vote(1),
        second: vote(2),
    })
}

/// Each call, as it succeeds, with who may send it.
fn calls() -> [(Call<Test>, RuntimeOrigin); 5] {
    let root = || RawOrigin::Root.into();
    let member = || RawOrigin::Signed(account(1)).into();
    [
        (
            Call::admit {
                organisation: account(6),
                keys: keys(6),
                proof: proof(6, 6),
            },
            root(),
        ),
        (
            Call::dismiss {
                organisation: account(2),
            },
            root(),
        ),
        (
            Call::rotate {
                keys: keys(7),
                proof: proof(1, 7),
            },
            member(),
        ),
        (
            Call::report_equivocation {
                set: 0,
                evidence: Box::new(evidence()),
            },
            member(),
        ),
        (
            Call::authorize_upgrade {
                code_hash: Hash::repeat_byte(9),
            },
            root(),
        ),
    ]
}

/// Whether the call succeeds; whatever it does is taken back.
fn succeeds(call: Call<Test>, origin: RuntimeOrigin) -> bool {
    assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
    // Whatever the answer is, there is one.
    let _ = ValidatorSet::admits(&call, &account(1));
    let before = root(StateVersion::V1);
    let mut accepted = false;
    let outcome = with_transaction(|| match call.dispatch_bypass_filter(origin) {
        Ok(_) => {
            accepted = true;
            ValidatorSet::check_invariants().expect("the invariants hold");
            TransactionOutcome::Rollback(Ok(()))
        }
        Err(refused) => TransactionOutcome::Commit(Err(refused.error)),
    });
    assert_eq!(before, root(StateVersion::V1), "{outcome:?}");
    accepted
}

#[test]
fn a_call_with_wrong_bytes_is_refused_or_valid() {
    with_organisations(5, || {
        for (call, origin) in calls() {
            assert!(succeeds(call, origin));
        }
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        let mut accepted = 0;
        for number in 0..CALLS {
            let (call, origin) = calls()[number as usize % 5].clone();
            let mut bytes = call.encode();
            for _ in 0..=rng.next_u32() % 3 {
                let place = rng.next_u32() as usize % bytes.len();
                bytes[place] ^= 1 << (rng.next_u32() % 8);
            }
            if let Ok(call) = Call::<Test>::decode(&mut &bytes[..]) {
                accepted += u32::from(succeeds(call, origin));
            }
        }
        // Any 32 bytes may be a code's hash; nothing else stays valid.
        assert!(
            (CALLS / 10..=CALLS / 5 + 5).contains(&accepted),
            "{accepted}"
        );
    });
}

#[test]
fn the_configuration_fits() {
    use frame_support::traits::Hooks;
    ValidatorSet::integrity_test();
}
