//! Calls with wrong bytes: nothing panics, and what fails leaves no trace.

use codec::{Decode, Encode};
use frame_support::{
    dispatch::GetDispatchInfo, storage::with_transaction, traits::UnfilteredDispatchable,
};
use frame_system::RawOrigin;
use psephos_primitives::Text;
use rand_chacha::{
    rand_core::{RngCore, SeedableRng},
    ChaCha20Rng,
};
use sp_io::storage::root;
use sp_runtime::{StateVersion, TransactionOutcome};

use crate::{mock::*, sample, Call};

const CALLS: u32 = 600;

#[test]
fn a_call_with_wrong_bytes_is_refused_or_valid() {
    build_and_execute(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(10);
        let reason = Text::new("why").expect("a text");
        let whole = [
            Call::<Test>::create {
                manifest: Box::new(manifest()),
            }
            .encode(),
            Call::<Test>::cancel {
                election: FIRST,
                reason,
            }
            .encode(),
        ];
        let mut accepted = 0;
        for number in 0..CALLS {
            let mut bytes = whole[number as usize % 2].clone();
            for _ in 0..=rng.next_u32() % 3 {
                let place = rng.next_u32() as usize % bytes.len();
                bytes[place] ^= 1 << (rng.next_u32() % 8);
            }
            let Ok(call) = Call::<Test>::decode(&mut &bytes[..]) else {
                continue;
            };
            assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
            let refused = Elections::admits(&call, &sample::trustee(1));
            assert_eq!(refused, Err(psephos_primitives::Refusal::NotAdmitted));
            let before = root(StateVersion::V1);
            // What is accepted is taken back, or the agenda would soon be full.
            let outcome =
                with_transaction(
                    || match call.dispatch_bypass_filter(RawOrigin::Root.into()) {
                        Ok(_) => {
                            accepted += 1;
                            Elections::check_invariants().expect("the invariants hold");
                            TransactionOutcome::Rollback(Ok(()))
                        }
                        Err(refused) => TransactionOutcome::Commit(Err(refused.error)),
                    },
                );
            assert_eq!(before, root(StateVersion::V1), "{outcome:?}");
        }
        // A flipped bit of a name or an account makes another valid manifest.
        assert!(accepted > 20, "{accepted}");
    });
}
