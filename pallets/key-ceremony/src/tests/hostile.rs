//! Messages with wrong bytes, in every stage: nothing panics, what fails leaves no trace, and the
//! ceremony ends as if they had never been sent.

use codec::{Decode, Encode};
use frame_support::{
    assert_ok, dispatch::GetDispatchInfo, storage::with_transaction, traits::UnfilteredDispatchable,
};
use pallet_elections::sample;
use psephos_primitives::ceremony::Stage;
use rand_chacha::{
    rand_core::{RngCore, SeedableRng},
    ChaCha20Rng,
};
use sp_io::storage::root;
use sp_runtime::{StateVersion, TransactionOutcome};

use super::trustees::*;
use crate::{mock::*, Call};

const CALLS_PER_STAGE: u32 = 200;

/// The right message of the last trustee in this stage.
pub fn message(trustee: &mut Trustee, stage: Stage) -> Call<Test> {
    let (election, epoch) = (FIRST, 0);
    match stage {
        Stage::Registering => {
            let encryption_key = trustee.sealing_key.public_key();
            Call::register {
                election,
                epoch,
                encryption_key,
            }
        }
        Stage::Committing => Call::commit {
            election,
            epoch,
            commitment: trustee.commitment(),
        },
        Stage::Revealing => Call::reveal {
            election,
            epoch,
            package: trustee.package.clone(),
        },
        Stage::Dealing => Call::deal {
            election,
            epoch,
            shares: trustee.make_deal(),
        },
        Stage::Confirming | Stage::Complete => {
            let election_key = *trustee.finish().election_key();
            Call::confirm {
                election,
                epoch,
                election_key,
            }
        }
    }
}

#[test]
fn messages_with_wrong_bytes_are_refused_or_harmless() {
    build_and_execute(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(12);
        let mut trustees = participants(FIRST);
        while stage(FIRST) != Stage::Complete {
            let now = stage(FIRST);
            let (last, others) = trustees.split_last_mut().expect("there are five");
            for trustee in others {
                assert_ok!(trustee.act(now));
            }
            let right = message(last, now);
            for _ in 0..CALLS_PER_STAGE {
                send_spoilt(&right, last, &mut rng);
            }
            assert_ok!(right.dispatch_bypass_filter(last.origin()));
        }
    });
}

/// Sends the message with a bit flipped. Whatever is accepted (any hash is a commitment, any bytes
/// an envelope) is taken back: the trustee would have sent it itself.
fn send_spoilt(right: &Call<Test>, by: &Trustee, rng: &mut ChaCha20Rng) {
    let mut bytes = right.encode();
    let place = rng.next_u32() as usize % bytes.len();
    bytes[place] ^= 1 << (rng.next_u32() % 8);
    let Ok(spoilt) = Call::<Test>::decode(&mut &bytes[..]) else {
        return;
    };
    assert!(spoilt.get_dispatch_info().call_weight.ref_time() > 0);
    let admitted = KeyCeremony::admits(&spoilt, &sample::trustee(by.index().get()));
    let before = root(StateVersion::V1);
    let outcome = with_transaction(|| match spoilt.dispatch_bypass_filter(by.origin()) {
        Ok(_) => {
            KeyCeremony::check_invariants().expect("the invariants hold");
            TransactionOutcome::Rollback(Ok(()))
        }
        Err(refused) => TransactionOutcome::Commit(Err(refused.error)),
    });
    assert_eq!(before, root(StateVersion::V1), "{outcome:?}");
    // What is admitted is carried out, and nothing else is: failing calls fill no block.
    assert_eq!(admitted.is_ok(), outcome.is_ok(), "{outcome:?}");
}
