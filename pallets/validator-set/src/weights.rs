//! What the calls cost.
//!
//! The chain keeps no proof of its reads, so only time is counted. The runtime's own benchmark
//! (`runtime/benches/weights`) holds them against what its calls take: a pallet's could not sign by keys
//! whose secrets the runtime does not have.
//!
//! The end of a session takes the block
//! that it falls into: `pallet-session` says so itself.

use core::marker::PhantomData;

use frame_support::{
    dispatch::DispatchClass,
    traits::Get,
    weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use psephos_primitives::validators::MAX_ORGANISATIONS;

use crate::Config;

/// What the calls cost.
pub trait WeightInfo {
    /// The last organisation that there can be, while as many motions are open as there can be.
    fn admit() -> Weight;
    /// One of as many organisations as there can be, which has voted on as many motions.
    fn dismiss() -> Weight;
    /// Both keys.
    fn rotate() -> Weight;
    /// The last voter of the largest set.
    fn report_equivocation() -> Weight;
    /// Any code.
    fn authorize_upgrade() -> Weight;
}

/// Checks that Aura, GRANDPA and sessions hold as many validators as there can be organisations, and
/// that no call crowds out the others.
pub(crate) fn assert_that_organisations_and_calls_fit<T: Config>() {
    assert!(
        <T as pallet_grandpa::Config>::MaxAuthorities::get() >= MAX_ORGANISATIONS,
        "GRANDPA has room for every organisation"
    );
    let limits = T::BlockWeights::get();
    let most = limits
        .get(DispatchClass::Operational)
        .max_extrinsic
        .unwrap_or(limits.max_block);
    let heaviest = [
        <T as Config>::WeightInfo::admit(),
        <T as Config>::WeightInfo::dismiss(),
        <T as Config>::WeightInfo::rotate(),
        <T as Config>::WeightInfo::report_equivocation(),
    ];
    assert!(
        heaviest
            .iter()
            .all(|call| call.all_lte(most.saturating_div(20))),
        "no call takes more than a twentieth of what one transaction may"
    );
}

/// Motions that the collective keeps open at most, each with the votes of all members.
const MOTIONS: u64 = 32;
/// Microseconds to verify a signature.
const SIGNATURE: u64 = 150;

/// The weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
    /// The members change: each motion's votes are read, sifted and written.
    fn change_members() -> Weight {
        micros(30)
            .saturating_add(T::DbWeight::get().reads_writes(1, 1))
            .saturating_mul(MOTIONS)
            .saturating_add(micros(50))
            .saturating_add(T::DbWeight::get().reads_writes(3, 3))
    }
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    // As a rotation; beside it the account's row and offices, and the members.
    fn admit() -> Weight {
        Self::rotate()
            .saturating_add(T::DbWeight::get().reads_writes(2, 1))
            .saturating_add(Self::change_members())
    }

    fn dismiss() -> Weight {
        micros(60)
            .saturating_add(T::DbWeight::get().reads_writes(6, 5))
            .saturating_add(Self::change_members())
    }

    // Two signatures; the keys and their owners, old and new.
    fn rotate() -> Weight {
        micros(2 * SIGNATURE + 60).saturating_add(T::DbWeight::get().reads_writes(8, 6))
    }

    // Two signatures; the set, and what was reported. All is looked at before it is carried out, too:
    // for what nobody has signed, no extension weighs that.
    fn report_equivocation() -> Weight {
        micros(2 * (2 * SIGNATURE + 60)).saturating_add(T::DbWeight::get().reads_writes(8, 2))
    }

    fn authorize_upgrade() -> Weight {
        micros(20).saturating_add(T::DbWeight::get().reads_writes(2, 2))
    }
}

fn micros(count: u64) -> Weight {
    Weight::from_parts(count.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
}
