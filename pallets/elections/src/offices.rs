//! Who holds an office in an election that has not ended.

use psephos_primitives::AccountId;

use crate::{Config, Offices, Pallet, Terms};

impl<T: Config> Pallet<T> {
    /// Lets an account send transactions (PSE-ELE-6, PSE-VAL-2).
    ///
    /// Never undone: a nonce that began again at 0 would let old messages be replayed.
    pub fn appoint(account: &AccountId) {
        if frame_system::Pallet::<T>::providers(account) == 0 {
            frame_system::Pallet::<T>::inc_providers(account);
        }
    }

    /// Whether the account is trustee or registrar of an election that has not ended (PSE-VAL-2).
    pub fn holds_office(account: &AccountId) -> bool {
        Offices::<T>::contains_key(account)
    }

    /// Puts the election's officials into office.
    pub(crate) fn take_office(terms: &Terms) {
        for official in terms.officials() {
            Self::appoint(official);
            Offices::<T>::mutate(official, |count| *count = count.saturating_add(1));
        }
    }

    /// Ends the officials' work in this election.
    pub(crate) fn leave_office(terms: &Terms) {
        for official in terms.officials() {
            Offices::<T>::mutate_exists(official, |count| {
                let left = count.unwrap_or_default().saturating_sub(1);
                *count = (left > 0).then_some(left);
            });
        }
    }
}
