//! What the calls cost.
//!
//! The chain keeps no proof of its reads, so only time is counted.

use core::marker::PhantomData;

use codec::Encode;
use frame_support::{
    dispatch::DispatchClass,
    traits::Get,
    weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use frame_system::pallet_prelude::BlockNumberFor;
use psephos_primitives::{
    limits::{MAX_DISTRICTS, MAX_ELECTIONS_PER_BLOCK, MAX_REGISTRARS, MAX_TRUSTEES},
    BlockNumber, Manifest,
};
use sp_runtime::traits::Bounded;

use crate::{Config, OnCancelled, OnCreated};

/// What the calls cost.
pub trait WeightInfo {
    /// A manifest of `d` districts, `o` officials (trustees and registrars) and `b` bytes.
    fn create(d: u32, o: u32, b: u32) -> Weight;
    /// Any election.
    fn cancel() -> Weight;
    /// `o` elections open and `c` close in this block.
    fn keep_agenda(o: u32, c: u32) -> Weight;
}

/// The cost of creating an election from this manifest.
pub fn create<T: Config>(manifest: &Manifest) -> Weight {
    let officials = manifest.trustees.len() + manifest.registrars.len();
    <T as Config>::WeightInfo::create(
        manifest.districts.len() as u32,
        officials as u32,
        manifest.encoded_size() as u32,
    )
    .saturating_add(T::OnCreated::weight())
}

/// The cost of cancelling an election, and of what follows from that.
pub fn cancel<T: Config>() -> Weight {
    <T as Config>::WeightInfo::cancel().saturating_add(T::OnCancelled::weight())
}

/// The cost of a block in which `opening` elections open, or are cancelled, and `closing` close.
pub fn keep_agenda<T: Config>(opening: u32, closing: u32) -> Weight {
    let cancelling = T::OnCancelled::weight().saturating_mul(opening.into());
    <T as Config>::WeightInfo::keep_agenda(opening, closing).saturating_add(cancelling)
}

/// A manifest that an election of a whole country may need: it must fit into a block.
const LARGE_MANIFEST_BYTES: u32 = 1024 * 1024;

/// Checks what the pallet takes for granted about its configuration.
pub(crate) fn assert_that_block_numbers_and_agenda_fit<T: Config>() {
    assert!(
        TryInto::<BlockNumber>::try_into(BlockNumberFor::<T>::max_value()).is_ok(),
        "block numbers have 32 bits"
    );
    let limits = T::BlockWeights::get();
    let agenda = keep_agenda::<T>(MAX_ELECTIONS_PER_BLOCK, MAX_ELECTIONS_PER_BLOCK);
    assert!(
        agenda.all_lte(limits.max_block.saturating_div(10)),
        "opening and closing take less than a tenth of a block"
    );
    let create = <T as Config>::WeightInfo::create(
        MAX_DISTRICTS,
        MAX_TRUSTEES + MAX_REGISTRARS,
        LARGE_MANIFEST_BYTES,
    );
    let most = limits
        .get(DispatchClass::Operational)
        .max_extrinsic
        .unwrap_or(limits.max_block);
    assert!(
        create
            .saturating_add(T::OnCreated::weight())
            .all_lte(most.saturating_div(2)),
        "a large manifest takes less than half of what one transaction may"
    );
}

/// The weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    // Per district: its terms are encoded and written. Per official: the account's row and the count
    // of its offices, and whether it is a member of the consortium. Per byte:
    // decoding, validation, hashing and writing, in wasm. Beside them: the code, which is hashed.
    fn create(d: u32, o: u32, b: u32) -> Weight {
        micros(6_000)
            .saturating_add(micros(20).saturating_mul(d.into()))
            .saturating_add(micros(10).saturating_mul(o.into()))
            .saturating_add(Weight::from_parts(30_000, 0).saturating_mul(b.into()))
            .saturating_add(T::DbWeight::get().reads_writes(5, 7))
            .saturating_add(
                T::DbWeight::get()
                    .reads_writes(3, 2)
                    .saturating_mul(o.into()),
            )
            .saturating_add(T::DbWeight::get().writes(d.into()))
    }

    fn cancel() -> Weight {
        micros(50)
            .saturating_add(T::DbWeight::get().reads_writes(5, 4))
            .saturating_add(leave_office::<T>())
    }

    fn keep_agenda(o: u32, c: u32) -> Weight {
        let opening = micros(60)
            .saturating_add(T::DbWeight::get().reads_writes(6, 4))
            .saturating_add(leave_office::<T>());
        let closing = micros(20);
        // The code is hashed once.
        let code = micros(if o > 0 { 6_000 } else { 0 });
        code.saturating_add(micros(10))
            .saturating_add(T::DbWeight::get().reads_writes(2, 2))
            .saturating_add(opening.saturating_mul(o.into()))
            .saturating_add(closing.saturating_mul(c.into()))
    }
}

/// The most officials leave office: an account's count each.
fn leave_office<T: frame_system::Config>() -> Weight {
    micros(10)
        .saturating_add(T::DbWeight::get().reads_writes(1, 1))
        .saturating_mul(u64::from(MAX_TRUSTEES + MAX_REGISTRARS))
}

fn micros(count: u64) -> Weight {
    Weight::from_parts(count.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
}
