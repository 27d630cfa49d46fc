//! What the calls cost.
//!
//! The chain keeps no proof of its reads, so only time is counted.

use core::marker::PhantomData;

use frame_support::{
    dispatch::DispatchClass,
    traits::Get,
    weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use psephos_primitives::limits::MAX_VOTERS_PER_CALL;

use crate::Config;

/// What the calls cost.
pub trait WeightInfo {
    /// `v` voters, each in another district and each completing a quorum.
    fn participate(v: u32) -> Weight;
    /// A voter who takes part no longer.
    fn withdraw() -> Weight;
    /// `v` voters, each in another district and each completing a quorum.
    fn issue(v: u32) -> Weight;
}

/// Checks that no official's call crowds out the others.
pub(crate) fn assert_that_the_heaviest_calls_fit<T: Config>() {
    let limits = T::BlockWeights::get();
    let most = limits
        .get(DispatchClass::Operational)
        .max_extrinsic
        .unwrap_or(limits.max_block);
    let heaviest = <T as Config>::WeightInfo::participate(MAX_VOTERS_PER_CALL)
        .max(<T as Config>::WeightInfo::issue(MAX_VOTERS_PER_CALL));
    assert!(
        heaviest.all_lte(most.saturating_div(5)),
        "a full list of voters takes less than a fifth of what one transaction may"
    );
}

/// The weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    // Per voter: the record, the dissents and the district's counts are read and written, the district
    // is looked up, and an event with a topic is deposited.
    fn participate(v: u32) -> Weight {
        let each = micros(50).saturating_add(T::DbWeight::get().reads_writes(4, 3));
        micros(60)
            .saturating_add(T::DbWeight::get().reads_writes(6, 2))
            .saturating_add(each.saturating_mul(v.into()))
    }

    fn withdraw() -> Weight {
        micros(110).saturating_add(T::DbWeight::get().reads_writes(10, 6))
    }

    fn issue(v: u32) -> Weight {
        let each = micros(50).saturating_add(T::DbWeight::get().reads_writes(2, 2));
        micros(60)
            .saturating_add(T::DbWeight::get().reads_writes(6, 2))
            .saturating_add(each.saturating_mul(v.into()))
    }
}

fn micros(count: u64) -> Weight {
    Weight::from_parts(count.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
}
