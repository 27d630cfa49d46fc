//! The organisations: how they come, go and change their keys.

use alloc::vec::Vec;

use codec::Encode;
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    traits::{ChangeMembers, InitializeMembers},
};
use frame_system::RawOrigin;
use psephos_primitives::{
    validators::{OwnershipProof, SessionKeys, MAX_ORGANISATIONS, MIN_ORGANISATIONS},
    AccountId,
};
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{Config, Error, Event, Organisations, Pallet};

type Listed = BoundedVec<AccountId, ConstU32<MAX_ORGANISATIONS>>;

impl<T: Config> Pallet<T> {
    /// The organisations, in the order of PSE-VAL-7.
    pub fn organisations() -> Vec<AccountId> {
        Organisations::<T>::get().into_inner()
    }

    /// Whether the account is an organisation's.
    pub fn is_organisation(account: &AccountId) -> bool {
        Organisations::<T>::get().contains(account)
    }

    /// Makes the validators that the chain begins with the organisations (PSE-VAL-1).
    pub(crate) fn found(validators: Vec<AccountId>) {
        for organisation in &validators {
            pallet_elections::Pallet::<T>::appoint(organisation);
            // `pallet-session` counts itself as a consumer of each account with keys, but at genesis
            // of those only that had a provider before; dismissing takes one off in any case.
            if frame_system::Pallet::<T>::consumers(organisation) == 0 {
                let _ = frame_system::Pallet::<T>::inc_consumers(organisation);
            }
        }
        T::Members::initialize_members(&validators);
        // Nothing is cut off: Aura and GRANDPA refuse a genesis with more validators.
        Organisations::<T>::put(Listed::truncate_from(validators));
    }

    /// Takes an organisation in (PSE-VAL-2).
    pub(crate) fn take_in(
        organisation: AccountId,
        keys: SessionKeys,
        proof: &OwnershipProof,
    ) -> DispatchResult {
        Self::ensure_not_frozen()?;
        let mut organisations = Organisations::<T>::get();
        ensure!(
            !organisations.contains(&organisation),
            Error::<T>::AlreadyAnOrganisation
        );
        ensure!(
            !pallet_elections::Pallet::<T>::holds_office(&organisation),
            Error::<T>::HoldsOffice
        );
        organisations
            .try_push(organisation.clone())
            .map_err(|_| Error::<T>::TooManyOrganisations)?;
        pallet_elections::Pallet::<T>::appoint(&organisation);
        Self::register_keys(&organisation, keys, proof)?;
        Self::store(organisations, core::slice::from_ref(&organisation), &[]);
        Self::deposit_event(Event::Admitted { organisation });
        Ok(())
    }

    /// Dismisses an organisation (PSE-VAL-3).
    pub(crate) fn send_away(organisation: AccountId) -> DispatchResult {
        Self::ensure_not_frozen()?;
        let mut organisations = Organisations::<T>::get();
        let before = organisations.len();
        organisations.retain(|other| *other != organisation);
        let left = organisations.len();
        ensure!(left < before, Error::<T>::NotAnOrganisation);
        ensure!(
            left >= MIN_ORGANISATIONS as usize,
            Error::<T>::TooFewOrganisations
        );
        let origin = RawOrigin::Signed(organisation.clone()).into();
        pallet_session::Pallet::<T>::purge_keys(origin)?;
        Self::store(organisations, &[], core::slice::from_ref(&organisation));
        Self::deposit_event(Event::Dismissed { organisation });
        Ok(())
    }

    /// Replaces an organisation's session keys (PSE-VAL-5).
    pub(crate) fn replace_keys(
        organisation: AccountId,
        keys: SessionKeys,
        proof: &OwnershipProof,
    ) -> DispatchResult {
        Self::ensure_not_frozen()?;
        ensure!(
            Self::is_organisation(&organisation),
            Error::<T>::NotAnOrganisation
        );
        Self::register_keys(&organisation, keys, proof)?;
        Self::deposit_event(Event::Rotated { organisation });
        Ok(())
    }

    /// Lets `pallet-session` check and keep the keys (PSE-VAL-4), under its own rules.
    fn register_keys(
        organisation: &AccountId,
        keys: SessionKeys,
        proof: &OwnershipProof,
    ) -> DispatchResult {
        let origin = RawOrigin::Signed(organisation.clone()).into();
        pallet_session::Pallet::<T>::set_keys(origin, keys.into(), proof.encode())
    }

    /// Stores the organisations, and makes them the members of the consortium at once.
    fn store(organisations: Listed, came: &[AccountId], went: &[AccountId]) {
        let mut members = organisations.to_vec();
        members.sort_unstable();
        T::Members::change_members_sorted(came, went, &members);
        Organisations::<T>::put(organisations);
    }
}
