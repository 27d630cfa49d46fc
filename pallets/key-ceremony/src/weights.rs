//! What the calls cost.
//!
//! The chain keeps no proof of its reads, so only time is counted.

use core::marker::PhantomData;

use frame_support::{
    dispatch::DispatchClass,
    traits::Get,
    weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use psephos_crypto::key_ceremony::Package;
use psephos_primitives::limits::{MAX_REGISTRARS, MAX_TRUSTEES};

use crate::Config;

/// What the calls cost.
pub trait WeightInfo {
    /// The beginning of epoch 0.
    fn begin() -> Weight;
    /// Any key.
    fn register() -> Weight;
    /// Any hash.
    fn commit() -> Weight;
    /// A package of `t` commitments, without what the last one causes.
    fn reveal(t: u32) -> Weight;
    /// What the last package causes: `n` of `t` commitments each are added up.
    fn derive_keys(n: u32, t: u32) -> Weight;
    /// `n` sealed shares.
    fn deal(n: u32) -> Weight;
    /// The last confirmation.
    fn confirm() -> Weight;
    /// The largest package is judged; all but one of the most trustees begin again.
    fn complain() -> Weight;
    /// All but one of the most trustees are silent.
    fn report_silence() -> Weight;
}

/// The cost of a package that is not the last.
pub fn reveal<T: Config>(package: &Package) -> Weight {
    <T as Config>::WeightInfo::reveal(package.commitments.len() as u32)
}

/// The cost of a package that may be the last of as many as there can be.
pub fn reveal_at_most<T: Config>(package: &Package) -> Weight {
    let commitments = package.commitments.len() as u32;
    let keys = <T as Config>::WeightInfo::derive_keys(MAX_TRUSTEES, commitments);
    reveal::<T>(package).saturating_add(keys)
}

/// Checks that no trustee's call crowds out the others.
pub(crate) fn assert_that_the_heaviest_calls_fit<T: Config>() {
    let limits = T::BlockWeights::get();
    let most = limits
        .get(DispatchClass::Operational)
        .max_extrinsic
        .unwrap_or(limits.max_block);
    let reveal = <T as Config>::WeightInfo::reveal(MAX_TRUSTEES).saturating_add(
        <T as Config>::WeightInfo::derive_keys(MAX_TRUSTEES, MAX_TRUSTEES),
    );
    let heaviest = [
        reveal,
        <T as Config>::WeightInfo::deal(MAX_TRUSTEES),
        <T as Config>::WeightInfo::complain(),
        <T as Config>::WeightInfo::report_silence(),
    ];
    assert!(
        heaviest
            .iter()
            .all(|call| call.all_lte(most.saturating_div(5))),
        "no call takes more than a fifth of what one transaction may"
    );
}

/// Microseconds to decode a point, in wasm.
const DECODE: u64 = 9;
/// Microseconds of each point in a multiscalar multiplication, in wasm.
const MULTIPLY: u64 = 34;

/// The weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
    /// What every call does: finds terms, ending, status, the awaited and the own contribution;
    /// writes some of them, and an event.
    fn contribution() -> Weight {
        micros(150).saturating_add(T::DbWeight::get().reads_writes(9, 5))
    }

    /// What it adds that the election may be cancelled: every official leaves office.
    fn cancellation() -> Weight {
        let each = micros(10).saturating_add(T::DbWeight::get().reads_writes(1, 1));
        each.saturating_mul((MAX_TRUSTEES + MAX_REGISTRARS).into())
    }
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn begin() -> Weight {
        micros(30).saturating_add(T::DbWeight::get().reads_writes(3, 4))
    }

    // The order of the key is checked by one multiplication.
    fn register() -> Weight {
        micros(250).saturating_add(Self::contribution())
    }

    fn commit() -> Weight {
        Self::contribution()
    }

    // Each commitment is decoded; the proof takes two multiplications.
    fn reveal(t: u32) -> Weight {
        micros(300)
            .saturating_add(micros(DECODE + 2).saturating_mul(t.into()))
            .saturating_add(Self::contribution())
    }

    // Each commitment is decoded; each verification share is a multiplication of `t` points.
    fn derive_keys(n: u32, t: u32) -> Weight {
        let points = u64::from(n).saturating_mul(t.into());
        micros(DECODE + MULTIPLY)
            .saturating_mul(points)
            .saturating_add(micros(100).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(n.into()))
            .saturating_add(T::DbWeight::get().reads_writes(1, 1))
    }

    fn deal(n: u32) -> Weight {
        micros(2)
            .saturating_mul(n.into())
            .saturating_add(Self::contribution())
    }

    fn confirm() -> Weight {
        Self::contribution().saturating_add(T::DbWeight::get().reads_writes(1, 2))
    }

    // An X25519 key is derived and agreed on, the envelope opened, the polynomial evaluated.
    fn complain() -> Weight {
        micros(1_500)
            .saturating_add(micros(DECODE + MULTIPLY).saturating_mul(MAX_TRUSTEES.into()))
            .saturating_add(Self::report_silence())
    }

    fn report_silence() -> Weight {
        let each = micros(20).saturating_add(T::DbWeight::get().reads_writes(1, 2));
        each.saturating_mul(MAX_TRUSTEES.into())
            .saturating_add(Self::contribution())
            .saturating_add(T::DbWeight::get().reads_writes(8, 6))
            .saturating_add(Self::cancellation())
    }
}

fn micros(count: u64) -> Weight {
    Weight::from_parts(count.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
}
