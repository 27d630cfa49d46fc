//! Calls in any order and with wrong bytes: nothing panics, what fails leaves no trace, and the
//! invariants hold.

use codec::{Decode, Encode};
use frame_support::{dispatch::GetDispatchInfo, traits::UnfilteredDispatchable};
use pallet_elections::sample::registrar;
use psephos_primitives::{limits::CHANGE_INTERVAL, register::Participation, VoterNumber};
use rand_chacha::{
    rand_core::{RngCore, SeedableRng},
    ChaCha20Rng,
};
use sp_io::storage::root;
use sp_runtime::{BoundedVec, StateVersion};

use crate::{mock::*, Call};

const CALLS: u32 = 300;

/// A call that may be right, with few voters, so that they meet each other.
fn call(rng: &mut ChaCha20Rng) -> Call<Test> {
    let election = [ELECTION, SINGLE, MINORITY][rng.next_u32() as usize % 3];
    let district = [EAST, WEST][rng.next_u32() as usize % 2];
    let voter = VoterNumber(u64::from(rng.next_u32() % 10));
    match rng.next_u32() % 4 {
        0 | 1 => {
            let voters = BoundedVec::truncate_from(vec![Participation { voter, district }]);
            Call::participate { election, voters }
        }
        2 => Call::withdraw { election, voter },
        _ => Call::issue {
            election,
            voters: BoundedVec::truncate_from(vec![voter]),
        },
    }
}

/// Sends calls; one in four has a bit flipped. Returns how many were accepted.
fn send(rng: &mut ChaCha20Rng, count: u32) -> u32 {
    let mut accepted = 0;
    for _ in 0..count {
        let mut bytes = call(rng).encode();
        if rng.next_u32().is_multiple_of(4) {
            let place = rng.next_u32() as usize % bytes.len();
            bytes[place] ^= 1 << (rng.next_u32() % 8);
        }
        let Ok(call) = Call::<Test>::decode(&mut &bytes[..]) else {
            continue;
        };
        let by = (rng.next_u32() % 6) as u8;
        assert!(call.get_dispatch_info().call_weight.ref_time() > 0);
        let admitted = VoterRegister::admits(&call, &registrar(by));
        let before = root(StateVersion::V1);
        // What is admitted is carried out, and nothing else is: failing calls fill no block.
        let carried_out = call.dispatch_bypass_filter(signed(by));
        assert_eq!(
            admitted.is_ok(),
            carried_out.is_ok(),
            "{admitted:?}, {carried_out:?}"
        );
        match carried_out {
            Ok(_) => accepted += 1,
            Err(refused) => assert_eq!(before, root(StateVersion::V1), "{refused:?}"),
        }
    }
    accepted
}

#[test]
fn no_order_of_calls_breaks_the_register() {
    build_and_execute(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        assert!(send(&mut rng, CALLS) > 20);
        go_to(START + CHANGE_INTERVAL);
        assert!(send(&mut rng, CALLS) > 20);
        VoterRegister::check_invariants().expect("the invariants hold");
        go_to(OPENING);
        let issued = send(&mut rng, CALLS);
        assert!(issued > 5, "{issued}");
    });
}
