//! When a session ends, and which set of validators follows on which.
//!
//! `pallet-session` keeps the queued keys and hands them to Aura and GRANDPA; here stands when, and for
//! whom. It tells its manager of a session's end before GRANDPA counts its next set, so that set's
//! number is one more than GRANDPA's own then.

use alloc::vec::Vec;

use frame_system::pallet_prelude::BlockNumberFor;
use pallet_session::{QueuedChanged, SessionManager, ShouldEndSession};
use psephos_primitives::{
    validators::{SessionKeys, MAX_ORGANISATIONS, REPORTABLE_SETS, SESSION_BLOCKS},
    AccountId,
};
use sp_core::ed25519;
use sp_runtime::{
    traits::{ConstU32, Zero},
    BoundedVec,
};

use crate::{Config, Event, Handovers, Pallet, Reports, Sets};

/// Who votes on finality in a set, and by which key.
pub type Voters = BoundedVec<(AccountId, ed25519::Public), ConstU32<MAX_ORGANISATIONS>>;

/// The session that a chain begins with.
const FIRST_SESSION: u32 = 0;

impl<T: Config> ShouldEndSession<BlockNumberFor<T>> for Pallet<T> {
    /// PSE-VAL-7. Asked before elections open or close in this block.
    fn should_end_session(now: BlockNumberFor<T>) -> bool {
        (now % BlockNumberFor::<T>::from(SESSION_BLOCKS)).is_zero() && !Self::is_frozen()
    }
}

impl<T: Config> SessionManager<AccountId> for Pallet<T> {
    /// The organisations as they stand, if others have just become the validators: for the same
    /// ones, `pallet-session` looks by itself whether keys have changed, and announces a new set
    /// only then.
    fn new_session(_: u32) -> Option<Vec<AccountId>> {
        let organisations = Self::organisations();
        let active = pallet_session::Pallet::<T>::validators();
        (organisations != active).then_some(organisations)
    }

    /// Those of the chain specification.
    fn new_session_genesis(_: u32) -> Option<Vec<AccountId>> {
        None
    }

    fn end_session(_: u32) {}

    fn start_session(session: u32) {
        if session == FIRST_SESSION {
            Self::found(pallet_session::Pallet::<T>::validators());
            Self::remember(0);
        } else if QueuedChanged::<T>::get() {
            Self::hand_over();
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Records that this block announces the set that was queued (PSE-VAL-8, PSE-VAL-9).
    fn hand_over() {
        let set = pallet_grandpa::Pallet::<T>::current_set_id().saturating_add(1);
        Handovers::<T>::insert(set, pallet_elections::Pallet::<T>::now());
        Self::remember(set);
        if let Some(past) = set.checked_sub(REPORTABLE_SETS.saturating_add(1)) {
            Sets::<T>::remove(past);
            let _ = Reports::<T>::clear_prefix(past, MAX_ORGANISATIONS, None);
        }
        Self::deposit_event(Event::HandedOver { set });
    }

    /// Keeps who votes in this set, which is still the queued one (PSE-VAL-10).
    fn remember(set: u64) {
        let queued = pallet_session::Pallet::<T>::queued_keys();
        let voters = queued.into_iter().map(|(organisation, keys)| {
            let keys: SessionKeys = keys.into();
            (organisation, keys.grandpa)
        });
        // Nothing is cut off: there are no more organisations.
        Sets::<T>::insert(set, Voters::truncate_from(voters.collect()));
    }
}
