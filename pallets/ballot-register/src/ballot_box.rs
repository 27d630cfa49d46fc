//! Accepted ballots: records, the indexes that lead to them, counts and running sums.
//!
//! Per ballot the state keeps a record of 73 bytes and two index entries, 190 bytes in all with
//! their keys where revoting is forbidden (PSE-BAL-7). The ballot itself stands in its block's body.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::weights::Weight;
use psephos_crypto::{
    ballot::ciphertexts,
    elgamal::{self, Ciphertext},
};
use psephos_primitives::{
    api::{DistrictSums, IndexedBallot},
    limits::{BALLOTS_PER_PAGE, MAX_BALLOTS_PER_ACCOUNT, MAX_CONTESTS, MAX_OPTIONS},
    register::DistrictCounts,
    AccountId, Ballot, BallotRecord, DistrictId, ElectionId, Hash, RevotePolicy,
};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    weights::WeightInfo, BallotCounts, BallotPages, ByAccount, ByTracker, CastCounts, Config,
    Discarding, Error, Event, LatestCiphertexts, Pallet, Sums,
};

/// Options of all contests of one district.
pub const MAX_POSITIONS: u32 = MAX_CONTESTS * MAX_OPTIONS;

/// Ballots whose ciphertexts are discarded in one block at most, though it had time for more: what a
/// block changes in the state stays small, and those of a million voters are gone within a quarter
/// of an hour.
pub const DISCARDED_PER_BLOCK: u32 = 4_096;

/// One ciphertext for each option of a district, contest after contest, in the manifest's order.
pub type FlatSums = BoundedVec<Ciphertext, ConstU32<MAX_POSITIONS>>;

/// Topic of an account's ballots: the account itself.
fn account_topic(account: &AccountId) -> Hash {
    let bytes: &[u8; 32] = account.as_ref();
    Hash::from(*bytes)
}

/// What leads from an account to its ballots: the others hang on the latest by
/// [`BallotRecord::supersedes`].
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct AccountEntry {
    /// The index of the ballot that counts.
    pub latest: u32,
    /// How many the account has cast: the nonce of its next.
    pub casts: u32,
}

impl<T: Config> Pallet<T> {
    /// Writes an admitted ballot down and adds it to the sums (PSE-BAL-6).
    ///
    /// Fails only where the state is corrupt.
    pub(crate) fn put_into_ballot_box(
        election: ElectionId,
        district: DistrictId,
        account: AccountId,
        ballot: &Ballot,
    ) -> Result<(), Error<T>> {
        let terms = pallet_elections::Pallet::<T>::terms(election).ok_or(Error::UnknownElection)?;
        let index = BallotCounts::<T>::get(election);
        let earlier = ByAccount::<T>::get(election, &account);
        let tracker = ballot.tracker();
        let record = BallotRecord {
            account: account.clone(),
            tracker,
            district,
            block: pallet_elections::Pallet::<T>::now(),
            supersedes: earlier.map(|entry| entry.latest),
        };
        BallotPages::<T>::try_append(election, index / BALLOTS_PER_PAGE, record)
            .map_err(|()| Error::InconsistentState)?;
        let next = index.checked_add(1).ok_or(Error::InconsistentState)?;
        BallotCounts::<T>::insert(election, next);
        let casts = earlier.map_or(0, |entry| entry.casts).saturating_add(1);
        ByAccount::<T>::insert(
            election,
            &account,
            AccountEntry {
                latest: index,
                casts,
            },
        );
        ByTracker::<T>::insert(election, tracker, index);
        Self::count(election, district, &account, earlier.is_some(), ballot)?;
        if terms.revote == RevotePolicy::LastCounts {
            Self::keep_ciphertexts(election, &account, ballot)?;
        }
        Self::deposit_indexed(
            election,
            &[tracker, account_topic(&account)],
            Event::BallotCast {
                election,
                district,
                index,
                tracker,
                account,
            },
        );
        Ok(())
    }

    /// Adds the ballot to the sums, and takes the one out that it supersedes.
    fn count(
        election: ElectionId,
        district: DistrictId,
        account: &AccountId,
        supersedes: bool,
        ballot: &Ballot,
    ) -> Result<(), Error<T>> {
        let mut sums = Self::flat_sums(election, district)?;
        if supersedes {
            let superseded =
                LatestCiphertexts::<T>::get(election, account).ok_or(Error::InconsistentState)?;
            elgamal::subtract(sums.as_mut(), superseded.iter())
                .map_err(|_| Error::InconsistentState)?;
        } else {
            CastCounts::<T>::mutate(election, district, |count| {
                *count = count.saturating_add(1);
            });
        }
        elgamal::add(sums.as_mut(), ciphertexts(&ballot.contests))
            .map_err(|_| Error::InconsistentState)?;
        Sums::<T>::insert(election, district, sums);
        Ok(())
    }

    fn keep_ciphertexts(
        election: ElectionId,
        account: &AccountId,
        ballot: &Ballot,
    ) -> Result<(), Error<T>> {
        let kept: Vec<Ciphertext> = ciphertexts(&ballot.contests).copied().collect();
        let kept = FlatSums::try_from(kept).map_err(|_| Error::InconsistentState)?;
        LatestCiphertexts::<T>::insert(election, account, kept);
        Ok(())
    }

    /// The sums of a district; those of no ballots before its first.
    pub(crate) fn flat_sums(
        election: ElectionId,
        district: DistrictId,
    ) -> Result<FlatSums, Error<T>> {
        if let Some(sums) = Sums::<T>::get(election, district) {
            return Ok(sums);
        }
        let terms = pallet_elections::Pallet::<T>::district(election, district)
            .ok_or(Error::UnknownDistrict)?;
        let positions = terms
            .rules
            .iter()
            .map(|rule| usize::from(rule.options))
            .sum();
        FlatSums::try_from(alloc::vec![Ciphertext::ZERO; positions])
            .map_err(|_| Error::InconsistentState)
    }

    /// Removes as many of the ciphertexts that no revote can subtract any more as the block has
    /// time for, and at most [`DISCARDED_PER_BLOCK`] (PSE-BAL-7).
    pub(crate) fn discard_ciphertexts(remaining: Weight) -> Weight {
        let fixed = <T as Config>::WeightInfo::discard(0);
        let each = <T as Config>::WeightInfo::discard(1).saturating_sub(fixed);
        let available = remaining.saturating_sub(fixed);
        let entries = available.checked_div_per_component(&each).unwrap_or(0);
        let entries = u32::try_from(entries).map_or(DISCARDED_PER_BLOCK, |entries| {
            entries.min(DISCARDED_PER_BLOCK)
        });
        if entries == 0 {
            return Weight::zero();
        }
        let Some(election) = Discarding::<T>::iter_keys().next() else {
            return fixed;
        };
        let removal = LatestCiphertexts::<T>::clear_prefix(election, entries, None);
        if removal.maybe_cursor.is_none() {
            Discarding::<T>::remove(election);
        }
        <T as Config>::WeightInfo::discard(removal.loops)
    }

    /// Deposits an event under the election's topic and others.
    pub(crate) fn deposit_indexed(election: ElectionId, topics: &[Hash], event: Event<T>) {
        let mut all = alloc::vec![pallet_elections::event_topic(election)];
        all.extend_from_slice(topics);
        let event = <T as frame_system::Config>::RuntimeEvent::from(event);
        frame_system::Pallet::<T>::deposit_event_indexed(&all, event);
    }
}

/// What anybody may read (PSE-API-1).
impl<T: Config> Pallet<T> {
    /// Participating, issued and cast in each district, in the manifest's order.
    pub fn counts(election: ElectionId) -> Option<Vec<DistrictCounts>> {
        pallet_elections::Pallet::<T>::terms(election)?;
        let counts = pallet_elections::Pallet::<T>::district_ids(election).into_iter();
        let counts = counts.map(|district| {
            let register = pallet_voter_register::Pallet::<T>::counts(election, district);
            DistrictCounts {
                district,
                participating: register.participating,
                issued: register.issued,
                cast: CastCounts::<T>::get(election, district),
            }
        });
        Some(counts.collect())
    }

    /// Ballots accepted, superseded ones included.
    pub fn ballot_count(election: ElectionId) -> u32 {
        BallotCounts::<T>::get(election)
    }

    /// The record with this place in the order of acceptance.
    pub(crate) fn record(election: ElectionId, index: u32) -> Option<BallotRecord> {
        let page = BallotPages::<T>::get(election, index / BALLOTS_PER_PAGE);
        page.into_iter().nth((index % BALLOTS_PER_PAGE) as usize)
    }

    /// The ballot with this place in the order of acceptance.
    pub fn ballot_by_index(election: ElectionId, index: u32) -> Option<IndexedBallot> {
        Self::record(election, index).map(|record| IndexedBallot { index, record })
    }

    /// All ballots of an account, newest first. No account has more than
    /// [`MAX_BALLOTS_PER_ACCOUNT`], so the list is whole.
    pub fn ballots_by_account(election: ElectionId, account: &AccountId) -> Vec<IndexedBallot> {
        let latest = ByAccount::<T>::get(election, account).map(|entry| entry.latest);
        let latest = latest.and_then(|index| Self::ballot_by_index(election, index));
        core::iter::successors(latest, |ballot| {
            Self::ballot_by_index(election, ballot.record.supersedes?)
        })
        .take_while(|ballot| &ballot.record.account == account)
        .take(MAX_BALLOTS_PER_ACCOUNT as usize)
        .collect()
    }

    /// The ballot with this tracker.
    pub fn ballot_by_tracker(election: ElectionId, tracker: Hash) -> Option<IndexedBallot> {
        let index = ByTracker::<T>::get(election, tracker)?;
        let ballot = Self::ballot_by_index(election, index)?;
        (ballot.record.tracker == tracker).then_some(ballot)
    }

    /// How many ballots an account has cast: the nonce of its next (PSE-BAL-5).
    pub fn ballot_nonce(election: ElectionId, account: &AccountId) -> u32 {
        let Some(entry) = ByAccount::<T>::get(election, account) else {
            return 0;
        };
        match Self::record(election, entry.latest) {
            Some(record) if &record.account == account => entry.casts,
            _ => 0,
        }
    }

    /// The sums of one district, contest by contest.
    pub fn sums(election: ElectionId, district: DistrictId) -> Option<DistrictSums> {
        let terms = pallet_elections::Pallet::<T>::district(election, district)?;
        let mut sums = Self::flat_sums(election, district).ok()?.into_iter();
        let contests = terms.rules.iter();
        let contests = contests.map(|rule| sums.by_ref().take(usize::from(rule.options)).collect());
        Some(contests.collect())
    }
}
