//! Elections, their manifests, terms and districts: written once, never changed.

use alloc::vec::Vec;

use frame_support::{
    ensure,
    traits::{Contains, Get},
};
use psephos_crypto::transcript::Context;
use psephos_primitives::{
    api::ElectionSummary, limits::MAX_DISTRICTS, manifest::ManifestError,
    observer::BallotConfiguration, phase::CancelReason, DistrictId, ElectionId, Manifest,
};
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    schedule::Ending, Config, DistrictIds, DistrictTerms, Districts, ElectionCount, ElectionTerms,
    Error, Event, Manifests, OnCreated, Pallet, Terms,
};

/// Elections in one answer of the read interface.
const SUMMARIES_AT_MOST: usize = 100;

impl<T: Config> Pallet<T> {
    /// Creates an election (PSE-ELE-5) and returns its number.
    pub(crate) fn register_election(manifest: Manifest) -> Result<ElectionId, Error<T>> {
        manifest.validate().map_err(Error::<T>::from)?;
        ensure!(
            manifest.registration.end > Self::now(),
            Error::<T>::ScheduleInThePast
        );
        ensure!(
            manifest.code_hash == T::CodeHash::get(),
            Error::<T>::CodeHash
        );
        let number = ElectionCount::<T>::get()
            .checked_add(1)
            .ok_or(Error::<T>::NoNumberLeft)?;
        let election = ElectionId(number);
        let terms = Terms::of(&manifest, Self::now());
        ensure!(
            !terms.officials().any(T::Consortium::contains),
            Error::<T>::MemberOfConsortium
        );
        Self::put_on_agenda(election, terms.voting)?;
        ElectionCount::<T>::put(number);
        Self::store_districts(election, &manifest);
        Self::take_office(&terms);
        ElectionTerms::<T>::insert(election, &terms);
        Manifests::<T>::insert(election, manifest);
        let manifest_hash = terms.manifest_hash;
        Self::announce(
            election,
            Event::Created {
                election,
                manifest_hash,
            },
        );
        T::OnCreated::on_created(election, &terms);
        Ok(election)
    }

    fn store_districts(election: ElectionId, manifest: &Manifest) {
        for (position, district) in manifest.districts.iter().enumerate() {
            let terms = DistrictTerms::of(manifest, position, district);
            Districts::<T>::insert(election, district.id, terms);
        }
        let ids = manifest.districts.iter().map(|district| district.id);
        // Nothing is cut off: the manifest's own list has the same bound.
        DistrictIds::<T>::insert(election, BoundedVec::truncate_from(ids.collect()));
    }

    /// The manifest, as the consortium approved it.
    pub fn manifest(election: ElectionId) -> Option<Manifest> {
        Manifests::<T>::get(election)
    }

    /// What is voted on, and by which rules.
    pub fn ballot_configuration(election: ElectionId) -> Option<BallotConfiguration> {
        let manifest = Self::manifest(election)?;
        Some(BallotConfiguration {
            revote: manifest.revote,
            minimum_ballots: manifest.minimum_ballots,
            districts: manifest.districts.into_inner(),
        })
    }

    /// What there is to know of an election without decoding its manifest.
    pub fn terms(election: ElectionId) -> Option<Terms> {
        ElectionTerms::<T>::get(election)
    }

    /// The election's districts, in the manifest's order; none if there is no such election.
    pub fn district_ids(election: ElectionId) -> BoundedVec<DistrictId, ConstU32<MAX_DISTRICTS>> {
        DistrictIds::<T>::get(election)
    }

    /// What there is to know of a district without decoding the manifest.
    pub fn district(election: ElectionId, district: DistrictId) -> Option<DistrictTerms> {
        Districts::<T>::get(election, district)
    }

    /// Whether the election has this district.
    pub fn has_district(election: ElectionId, district: DistrictId) -> bool {
        Districts::<T>::contains_key(election, district)
    }

    /// What every proof and signature of the election is bound to (PSE-ELE-2).
    pub fn context(election: ElectionId, terms: &Terms) -> Context {
        terms.context(Self::genesis_hash(), election)
    }

    /// The election in one line.
    pub fn summary(election: ElectionId) -> Option<ElectionSummary> {
        let terms = Self::terms(election)?;
        Some(ElectionSummary {
            election,
            manifest_hash: terms.manifest_hash,
            created: terms.created,
            phase: Self::phase_of(election, &terms),
            cancelled: Self::cancelled(election),
        })
    }

    /// All elections from number `from` on, oldest first, at most 100.
    pub fn summaries(from: ElectionId) -> Vec<ElectionSummary> {
        (from.get().max(1)..=ElectionCount::<T>::get())
            .take(SUMMARIES_AT_MOST)
            .filter_map(|number| Self::summary(ElectionId(number)))
            .collect()
    }

    fn cancelled(election: ElectionId) -> Option<CancelReason> {
        match Self::ending(election)? {
            Ending::Cancelled(reason) => Some(reason),
            Ending::Published => None,
        }
    }
}

impl<T> From<ManifestError> for Error<T> {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::NoDistrict => Self::NoDistrict,
            ManifestError::DuplicateDistrict(_) => Self::DuplicateDistrict,
            ManifestError::NoContest(_) => Self::NoContest,
            ManifestError::DuplicateContest(..) => Self::DuplicateContest,
            ManifestError::NoOption(..) => Self::NoOption,
            ManifestError::DuplicateOption(..) => Self::DuplicateOption,
            ManifestError::SelectionRange(..) => Self::SelectionRange,
            ManifestError::Threshold => Self::Threshold,
            ManifestError::DuplicateTrustee(_) => Self::DuplicateTrustee,
            ManifestError::Quorum => Self::Quorum,
            ManifestError::DuplicateRegistrar(_) => Self::DuplicateRegistrar,
            ManifestError::TrusteeIsRegistrar(_) => Self::TrusteeIsRegistrar,
            ManifestError::RegistrarKeys(_) => Self::RegistrarKeys,
            ManifestError::RegistrarKey(..) => Self::RegistrarKey,
            ManifestError::DuplicateRegistrarKey(..) => Self::DuplicateRegistrarKey,
            ManifestError::Schedule => Self::Schedule,
            ManifestError::CeremonyStage => Self::CeremonyStage,
        }
    }
}
