//! What always holds. Executed after every test of every pallet that builds on this one.
//!
//! 1. Elections are numbered from 1 without gaps, and each has manifest, terms and districts;
//!    nothing else has.
//! 2. Terms and districts say what the manifest says.
//! 3. Every official's account can send transactions.
//! 4. A published election has closed.
//! 5. The agenda of blocks to come holds exactly the elections that are not over and open or close
//!    there; blocks gone by have no agenda.
//! 6. So many elections are open as have reached their opening block and are not over.
//! 7. An account holds as many offices as it is trustee or registrar in elections that are not over;
//!    a member of the consortium holds none.

use alloc::{collections::BTreeMap, vec::Vec};

use frame_support::{ensure, traits::Contains};
use psephos_primitives::{BlockNumber, ElectionId, Manifest};
use sp_runtime::TryRuntimeError;

use crate::{
    schedule::{Agenda, Ending},
    Closings, Config, DistrictIds, DistrictTerms, Districts, ElectionCount, ElectionTerms, Endings,
    Manifests, Offices, OpenElections, Openings, Pallet, Terms,
};

impl<T: Config> Pallet<T> {
    /// Checks all of them.
    pub fn check_invariants() -> Result<(), TryRuntimeError> {
        let elections: Vec<_> = (1..=ElectionCount::<T>::get()).map(ElectionId).collect();
        Self::check_numbers(&elections)?;
        Self::check_those_in_progress()?;
        for election in &elections {
            let manifest = Self::manifest(*election).ok_or("an election has no manifest")?;
            Self::check_terms(*election, &manifest)?;
            Self::check_districts(*election, &manifest)?;
            Self::check_ending(*election, &manifest)?;
        }
        let all = |range: fn(&Terms) -> BlockNumber| {
            ElectionTerms::<T>::iter().map(move |(election, terms)| (election, range(&terms)))
        };
        Self::check_agenda(
            Openings::<T>::iter().collect(),
            all(|terms| terms.voting.start),
        )?;
        Self::check_agenda(
            Closings::<T>::iter().collect(),
            all(|terms| terms.voting.end),
        )
    }

    fn check_numbers(elections: &[ElectionId]) -> Result<(), TryRuntimeError> {
        let count = elections.len();
        ensure!(
            Manifests::<T>::iter_keys().count() == count,
            "manifests are not one per election"
        );
        ensure!(
            ElectionTerms::<T>::iter_keys().count() == count,
            "terms are not one per election"
        );
        ensure!(
            DistrictIds::<T>::iter_keys().count() == count,
            "lists are not one per election"
        );
        ensure!(
            Endings::<T>::iter_keys().all(|ended| elections.contains(&ended)),
            "an election has ended that does not exist"
        );
        ensure!(
            Districts::<T>::iter_keys().all(|(election, _)| elections.contains(&election)),
            "a district belongs to no election"
        );
        Ok(())
    }

    fn check_terms(election: ElectionId, manifest: &Manifest) -> Result<(), TryRuntimeError> {
        let terms = Self::terms(election).ok_or("an election has no terms")?;
        ensure!(
            terms == Terms::of(manifest, terms.created),
            "terms differ from the manifest"
        );
        ensure!(
            terms.created <= Self::now(),
            "an election was created in the future"
        );
        ensure!(
            terms
                .officials()
                .all(|official| frame_system::Pallet::<T>::providers(official) > 0),
            "an official cannot send transactions"
        );
        Ok(())
    }

    fn check_those_in_progress() -> Result<(), TryRuntimeError> {
        let (mut open, mut offices) = (0, BTreeMap::new());
        let terms = ElectionTerms::<T>::iter().filter(|(election, _)| !Self::is_over(*election));
        for (_, terms) in terms {
            open += u32::from(Self::now() >= terms.voting.start);
            for official in terms.officials() {
                *offices.entry(official.clone()).or_insert(0) += 1;
            }
        }
        ensure!(
            OpenElections::<T>::get() == open,
            "the count of open elections is wrong"
        );
        ensure!(
            !offices.keys().any(T::Consortium::contains),
            "a member of the consortium holds an office"
        );
        ensure!(
            Offices::<T>::iter().collect::<BTreeMap<_, u32>>() == offices,
            "the count of an account's offices is wrong"
        );
        Ok(())
    }

    fn check_districts(election: ElectionId, manifest: &Manifest) -> Result<(), TryRuntimeError> {
        ensure!(
            Self::district_ids(election)
                .into_iter()
                .eq(manifest.districts.iter().map(|d| d.id)),
            "the list of districts differs from the manifest"
        );
        ensure!(
            Districts::<T>::iter_key_prefix(election).count() == manifest.districts.len(),
            "an election has other districts than its manifest"
        );
        for (position, district) in manifest.districts.iter().enumerate() {
            ensure!(
                Self::district(election, district.id)
                    == Some(DistrictTerms::of(manifest, position, district)),
                "a district's terms differ from the manifest"
            );
        }
        Ok(())
    }

    fn check_ending(election: ElectionId, manifest: &Manifest) -> Result<(), TryRuntimeError> {
        let published = Self::ending(election) == Some(Ending::Published);
        ensure!(
            !published || Self::now() >= manifest.voting.end,
            "a result was published before the closing block"
        );
        Ok(())
    }

    fn check_agenda(
        agenda: Vec<(BlockNumber, Agenda)>,
        blocks: impl Iterator<Item = (ElectionId, BlockNumber)>,
    ) -> Result<(), TryRuntimeError> {
        let due = |block: BlockNumber| block > Self::now();
        let mut expected: Vec<_> = blocks
            .filter(|(election, block)| due(*block) && !Self::is_over(*election))
            .map(|(election, block)| (block, election))
            .collect();
        let mut found: Vec<_> = agenda
            .iter()
            .flat_map(|(block, listed)| listed.iter().map(|election| (*block, *election)))
            .collect();
        expected.sort_unstable();
        found.sort_unstable();
        ensure!(
            found == expected,
            "the agenda differs from the elections' schedules"
        );
        ensure!(
            agenda.iter().all(|(_, listed)| !listed.is_empty()),
            "an empty agenda is stored"
        );
        Ok(())
    }
}
