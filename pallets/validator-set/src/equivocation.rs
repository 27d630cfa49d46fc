//! Who has voted for two blocks at once.

use frame_support::ensure;
use psephos_primitives::{validators::Equivocation, AccountId};

use crate::{Config, Error, Event, Pallet, Reports, Sets};

impl<T: Config> Pallet<T> {
    /// Records evidence against an organisation (PSE-VAL-10).
    pub(crate) fn record_equivocation(
        reporter: &AccountId,
        set: u64,
        evidence: &Equivocation,
    ) -> Result<(), Error<T>> {
        let organisation = Self::convicted(reporter, set, evidence)?;
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

    /// Whom the evidence convicts, if it is new and the reporter may report it. Nothing is written.
    pub(crate) fn convicted(
        reporter: &AccountId,
        set: u64,
        evidence: &Equivocation,
    ) -> Result<AccountId, Error<T>> {
        ensure!(
            Self::is_organisation(reporter),
            Error::<T>::NotAnOrganisation
        );
        let votes = evidence.votes();
        let voters = Sets::<T>::get(set).ok_or(Error::<T>::UnknownSet)?;
        let (organisation, _) = voters
            .into_iter()
            .find(|(_, key)| *key == votes.authority)
            .ok_or(Error::<T>::NotInSet)?;
        ensure!(
            evidence.proves(set, sp_io::crypto::ed25519_verify),
            Error::<T>::NoEquivocation
        );
        let rounds = Reports::<T>::get(set, &organisation);
        ensure!(!rounds.contains(&votes.round), Error::<T>::AlreadyReported);
        ensure!(!rounds.is_full(), Error::<T>::ReportedEnough);
        Ok(organisation)
    }
}
