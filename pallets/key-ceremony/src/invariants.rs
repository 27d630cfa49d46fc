//! What always holds. Executed after every test of every pallet that builds on this one.
//!
//! 1. Every election has a ceremony, and no other ceremony exists.
//! 2. Participants and excluded are together the trustees, each once; participants ascend; every
//!    epoch but the current one has ended with an exclusion.
//! 3. Participants are enough for the threshold, or the election is cancelled.
//! 4. The ceremony waits for some of the participants, until it is complete; then for nobody.
//! 5. A participant has contributed its part to every stage that is over, to the current one unless
//!    it is awaited, and to none that is to come. Nobody else has contributed.
//! 6. There are candidate keys exactly while dealing and confirming, and keys exactly when the
//!    ceremony is complete; they are what the packages add up to.

use alloc::vec::Vec;

use frame_support::ensure;
use pallet_elections::{Pallet as Elections, Terms};
use psephos_primitives::{
    ceremony::{CeremonyStatus, Contribution, Stage},
    ElectionId, Phase, TrusteeIndex,
};
use sp_runtime::TryRuntimeError;

use crate::{Awaited, Candidates, Config, Contributions, Keys, Pallet, Statuses};

impl<T: Config> Pallet<T> {
    /// Checks all of them.
    pub fn check_invariants() -> Result<(), TryRuntimeError> {
        let elections = Elections::<T>::summaries(ElectionId(1)).len();
        ensure!(
            Statuses::<T>::iter_keys().take(100).count() == elections,
            "ceremonies are not one per election"
        );
        ensure!(
            Contributions::<T>::iter_keys()
                .map(|(election, _)| election)
                .chain(Awaited::<T>::iter_keys())
                .chain(Candidates::<T>::iter_keys())
                .chain(Keys::<T>::iter_keys())
                .all(Statuses::<T>::contains_key),
            "there is something of a ceremony that does not exist"
        );
        for (election, status) in Statuses::<T>::iter() {
            let terms = Elections::<T>::terms(election).ok_or("a ceremony is of no election")?;
            Self::check_participants(election, &terms, &status)?;
            Self::check_awaited(election, &status)?;
            Self::check_contributions(election, &status)?;
            Self::check_keys(election, &terms, &status)?;
        }
        Ok(())
    }

    fn check_participants(
        election: ElectionId,
        terms: &Terms,
        status: &CeremonyStatus,
    ) -> Result<(), TryRuntimeError> {
        let mut all: Vec<_> = status.participants.to_vec();
        ensure!(all.is_sorted(), "participants do not ascend");
        all.extend(status.excluded.iter().map(|exclusion| exclusion.trustee));
        all.sort_unstable();
        let trustees = (1u8..).map(TrusteeIndex).take(terms.trustees.len());
        ensure!(
            all.into_iter().eq(trustees),
            "participants and excluded are not the trustees"
        );
        let mut epochs: Vec<_> = status
            .excluded
            .iter()
            .map(|exclusion| exclusion.epoch)
            .collect();
        epochs.dedup();
        ensure!(
            epochs.into_iter().eq(0..status.epoch),
            "an epoch has ended without an exclusion"
        );
        ensure!(
            status.participants.len() >= usize::from(terms.threshold)
                || Elections::<T>::phase_of(election, terms) == Phase::Cancelled,
            "a ceremony goes on with too few participants"
        );
        Ok(())
    }

    fn check_awaited(election: ElectionId, status: &CeremonyStatus) -> Result<(), TryRuntimeError> {
        let mut awaited = Awaited::<T>::get(election);
        ensure!(
            awaited.is_empty() == (status.stage == Stage::Complete),
            "an unfinished ceremony waits for nobody, or a complete one for somebody"
        );
        for participant in &status.participants {
            awaited = awaited.without(*participant);
        }
        ensure!(
            awaited.is_empty(),
            "a ceremony waits for somebody who does not take part"
        );
        Ok(())
    }

    fn check_contributions(
        election: ElectionId,
        status: &CeremonyStatus,
    ) -> Result<(), TryRuntimeError> {
        ensure!(
            Contributions::<T>::iter_key_prefix(election)
                .all(|trustee| status.participants.contains(&trustee)),
            "somebody has contributed who does not take part"
        );
        for trustee in &status.participants {
            let contribution = Self::contribution(election, *trustee);
            for (stage, contributed) in parts(&contribution) {
                let due = stage < status.stage
                    || (stage == status.stage && !Self::awaits(election, *trustee));
                ensure!(
                    contributed == due,
                    "a participant's part is missing, or came too early"
                );
            }
        }
        Ok(())
    }

    fn check_keys(
        election: ElectionId,
        terms: &Terms,
        status: &CeremonyStatus,
    ) -> Result<(), TryRuntimeError> {
        let candidate = Candidates::<T>::get(election);
        let keys = Self::keys(election);
        let derived = matches!(status.stage, Stage::Dealing | Stage::Confirming);
        ensure!(
            candidate.is_some() == derived,
            "candidate keys are missing, or are too early"
        );
        ensure!(
            keys.is_some() == (status.stage == Stage::Complete),
            "keys are missing, or there before the ceremony is complete"
        );
        if let Some(keys) = candidate.or(keys) {
            ensure!(
                Self::derive_keys(election, terms, status) == Ok(keys),
                "keys are not what the packages add up to"
            );
        }
        Ok(())
    }
}

/// Each stage, and whether the participant has done its part in it.
fn parts(contribution: &Contribution) -> [(Stage, bool); 5] {
    [
        (Stage::Registering, contribution.encryption_key.is_some()),
        (Stage::Committing, contribution.commitment.is_some()),
        (Stage::Revealing, contribution.package.is_some()),
        (Stage::Dealing, contribution.deal.is_some()),
        (Stage::Confirming, contribution.confirmed),
    ]
}
