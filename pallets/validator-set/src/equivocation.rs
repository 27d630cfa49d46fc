//! Who has voted for two blocks at once.

use frame_support::ensure;
use psephos_primitives::{validators::Equivocation, AccountId};
use sp_core::ed25519;

use crate::{sessions::Voters, Config, Error, Event, Pallet, Reports, Sets};

impl<T: Config> Pallet<T> {
    /// Records evidence against an organisation (PSE-VAL-10).
    pub(crate) fn record_equivocation(set: u64, evidence: &Equivocation) -> Result<(), Error<T>> {
        let organisation = Self::convicted(set, evidence)?;
        let round = evidence.votes().round;
        Reports::<T>::try_mutate(set, &organisation, |rounds| {
            rounds
                .try_push(round)
                .map_err(|_| Error::<T>::ReportedEnough)
        })?;
        Self::deposit_event(Event::Equivocated {
            organisation,
            set,
            round,
        });
        Ok(())
    }

    /// Whose key this is in a set that can still be reported; none if it is nobody's.
    pub fn voter(set: u64, key: &ed25519::Public) -> Option<AccountId> {
        owner(Sets::<T>::get(set)?, key)
    }

    /// Whom the evidence convicts, if it is new. Nothing is written.
    pub fn convicted(set: u64, evidence: &Equivocation) -> Result<AccountId, Error<T>> {
        let votes = evidence.votes();
        let voters = Sets::<T>::get(set).ok_or(Error::<T>::UnknownSet)?;
        let organisation = owner(voters, &votes.authority).ok_or(Error::<T>::NotInSet)?;
        // Signatures last: anybody can send what was reported before.
        let rounds = Reports::<T>::get(set, &organisation);
        ensure!(!rounds.contains(&votes.round), Error::<T>::AlreadyReported);
        ensure!(!rounds.is_full(), Error::<T>::ReportedEnough);
        ensure!(
            evidence.proves(set, sp_io::crypto::ed25519_verify),
            Error::<T>::NoEquivocation
        );
        Ok(organisation)
    }
}

/// Whose key this is among these voters.
fn owner(voters: Voters, key: &ed25519::Public) -> Option<AccountId> {
    let mut voters = voters.into_iter();
    let found = voters.find(|(_, own)| own == key);
    found.map(|(organisation, _)| organisation)
}
