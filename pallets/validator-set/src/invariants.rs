//! What always holds, between blocks. Executed after every test.
//!
//! 1. No organisation stands twice; each is a member of the consortium, has session keys of its own,
//!    and can send transactions.
//! 2. Every set but the first, up to GRANDPA's latest, was announced in a block of its own, in ascending
//!    order, at a session's end.
//! 3. The voters of exactly the latest set and the sixteen before it are kept, and those of the latest are
//!    GRANDPA's.
//! 4. Only voters of these sets are reported, each round once.

use alloc::{collections::BTreeSet, vec::Vec};

use frame_support::{ensure, traits::Contains};
use psephos_primitives::validators::{SessionKeys, REPORTABLE_SETS, SESSION_BLOCKS};
use sp_core::ed25519;
use sp_runtime::TryRuntimeError;

use crate::{Config, Handovers, Pallet, Reports, Sets};

impl<T: Config> Pallet<T> {
    /// Checks all of them.
    pub fn check_invariants() -> Result<(), TryRuntimeError> {
        let latest = pallet_grandpa::Pallet::<T>::current_set_id();
        Self::check_organisations()?;
        Self::check_handovers(latest)?;
        Self::check_sets(latest)?;
        Self::check_reports()
    }

    fn check_organisations() -> Result<(), TryRuntimeError> {
        let organisations = Self::organisations();
        let distinct: BTreeSet<_> = organisations.iter().collect();
        ensure!(
            distinct.len() == organisations.len(),
            "an organisation stands twice"
        );
        let mut keys = BTreeSet::new();
        for organisation in &organisations {
            ensure!(
                T::Consortium::contains(organisation),
                "an organisation is no member of the consortium"
            );
            ensure!(
                frame_system::Pallet::<T>::providers(organisation) > 0,
                "an organisation cannot send transactions"
            );
            let own: SessionKeys = pallet_session::Pallet::<T>::load_keys(organisation)
                .ok_or("an organisation has no keys")?
                .into();
            ensure!(
                keys.insert(own.aura.0) && keys.insert(own.grandpa.0),
                "a key stands twice"
            );
        }
        ensure!(
            pallet_session::NextKeys::<T>::iter_keys().count() == organisations.len(),
            "keys are kept of somebody else"
        );
        Ok(())
    }

    fn check_handovers(latest: u64) -> Result<(), TryRuntimeError> {
        ensure!(
            Handovers::<T>::iter_keys().count() as u64 == latest,
            "a handover is missing, or there is one too many"
        );
        let blocks = (1..=latest)
            .map(|set| Handovers::<T>::get(set).ok_or("a handover is missing"))
            .collect::<Result<Vec<_>, _>>()?;
        ensure!(
            blocks.windows(2).all(|pair| pair[0] < pair[1]),
            "handovers are not in order"
        );
        ensure!(
            blocks.iter().all(|block| block % SESSION_BLOCKS == 0),
            "a set was announced within a session"
        );
        Ok(())
    }

    fn check_sets(latest: u64) -> Result<(), TryRuntimeError> {
        let oldest = latest.saturating_sub(REPORTABLE_SETS);
        let kept: BTreeSet<_> = Sets::<T>::iter_keys().collect();
        ensure!(
            kept == (oldest..=latest).collect(),
            "other sets are kept than can be reported"
        );
        // GRANDPA changes its own list at the end of the block that announces it.
        if pallet_grandpa::Pallet::<T>::pending_change().is_none() {
            let voters = Sets::<T>::get(latest).ok_or("the latest set is not kept")?;
            let authorities = pallet_grandpa::Pallet::<T>::grandpa_authorities();
            let voters = voters.into_iter().map(|(_, key)| (key, 1));
            let authorities = authorities
                .into_iter()
                .map(|(key, weight)| (ed25519::Public::from(key), weight));
            ensure!(voters.eq(authorities), "the latest set is not GRANDPA's");
        }
        Ok(())
    }

    fn check_reports() -> Result<(), TryRuntimeError> {
        for (set, organisation, rounds) in Reports::<T>::iter() {
            let voters = Sets::<T>::get(set).ok_or("a set was reported that is not kept")?;
            ensure!(
                voters.iter().any(|(voter, _)| *voter == organisation),
                "an organisation was reported for a set that it was not in"
            );
            let distinct: BTreeSet<_> = rounds.iter().collect();
            ensure!(
                !rounds.is_empty() && distinct.len() == rounds.len(),
                "a round was reported twice"
            );
        }
        Ok(())
    }
}
