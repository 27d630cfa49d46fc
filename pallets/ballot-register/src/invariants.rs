//! What always holds, in prose and executed: after every test, and in a node's `try-runtime` checks.
//!
//! 1. Indices are contiguous: an election with `n` ballots has their records at 0 … n−1, every page
//!    but the last is full, and there is no other page.
//! 2. Every tracker leads back to its record, and there are as many entries as ballots.
//! 3. Every account leads back to its latest record; from there `supersedes` leads through all of
//!    its ballots, as many as it has cast, all in one district.
//! 4. Ballots are in the order of their blocks, all within voting, and only where revoting is allowed
//!    does one supersede another.
//! 5. The cast count of a district is the number of distinct accounts there, and at most the number
//!    of credentials issued.
//! 6. A district has sums if and only if it has a ballot, one for each option.
//! 7. Ciphertexts are kept only where revoting is allowed: one list for each account until voting has
//!    ended or the election is cancelled, and none once they have been discarded.
//! 8. A tally exists for all districts from the closing block on and for none before, and as many
//!    wait for shares as the count of pending districts says.
//! 9. There are no shares before the closing block; fewer than the threshold while a district is
//!    pending; and none are kept after.
//! 10. A result exists if and only if the election is published, and it is what the tallies say.

use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::ensure;
use pallet_elections::Terms;
use psephos_primitives::{
    limits::BALLOTS_PER_PAGE, AccountId, BallotRecord, DistrictId, ElectionId, Phase, RevotePolicy,
};
use sp_runtime::DispatchError;

use crate::{
    shares::needs_shares, tally::DistrictTally, AcceptedShares, BallotCounts, BallotPages,
    ByAccount, ByTracker, CastCounts, Config, Discarding, LatestCiphertexts, Pallet,
    PendingDistricts, Results, ShareRecords, Sums, Tallies,
};

type Checked = Result<(), DispatchError>;

impl<T: Config> Pallet<T> {
    /// Checks every invariant of this module's list.
    pub fn check_invariants() -> Checked {
        for election in Self::mentioned_elections() {
            let terms = pallet_elections::Pallet::<T>::terms(election)
                .ok_or("the register knows an election that does not exist")?;
            let records = Self::check_records(election, &terms)?;
            Self::check_trackers(election, &records)?;
            Self::check_accounts(election, &records)?;
            Self::check_counts_and_sums(election, &records)?;
            Self::check_kept_ciphertexts(election, &terms)?;
            Self::check_tallies(election, &terms)?;
            Self::check_result(election)?;
        }
        Ok(())
    }

    fn mentioned_elections() -> Vec<ElectionId> {
        let mut elections: Vec<ElectionId> = BallotCounts::<T>::iter_keys()
            .chain(BallotPages::<T>::iter_keys().map(|(election, _)| election))
            .chain(CastCounts::<T>::iter_keys().map(|(election, _)| election))
            .chain(Sums::<T>::iter_keys().map(|(election, _)| election))
            .chain(PendingDistricts::<T>::iter_keys())
            .chain(Tallies::<T>::iter_keys().map(|(election, _)| election))
            .chain(ShareRecords::<T>::iter_keys().map(|(election, _, _)| election))
            .chain(AcceptedShares::<T>::iter_keys().map(|(election, _, _)| election))
            .chain(Results::<T>::iter_keys())
            .chain(Discarding::<T>::iter_keys())
            .collect();
        elections.sort_unstable();
        elections.dedup();
        elections
    }

    /// Invariants 1 and 4.
    fn check_records(
        election: ElectionId,
        terms: &Terms,
    ) -> Result<Vec<BallotRecord>, DispatchError> {
        let count = BallotCounts::<T>::get(election);
        let mut records = Vec::new();
        for page in 0..count.div_ceil(BALLOTS_PER_PAGE) {
            let page = BallotPages::<T>::get(election, page);
            ensure!(
                records.len() % BALLOTS_PER_PAGE as usize == 0,
                "a page before the last is not full"
            );
            records.extend(page);
        }
        ensure!(
            records.len() == count as usize,
            "there are not as many records as ballots"
        );
        let pages = BallotPages::<T>::iter_key_prefix(election).count();
        ensure!(
            pages == count.div_ceil(BALLOTS_PER_PAGE) as usize,
            "there is a page too many"
        );
        ensure!(
            records
                .windows(2)
                .all(|pair| pair[0].block <= pair[1].block),
            "ballots are not in the order of their blocks"
        );
        for record in &records {
            ensure!(
                terms.voting.contains(record.block),
                "a ballot was accepted outside voting"
            );
            ensure!(
                record.supersedes.is_none() || terms.revote == RevotePolicy::LastCounts,
                "a ballot supersedes another where revoting is forbidden"
            );
        }
        Ok(records)
    }

    /// Invariant 2.
    fn check_trackers(election: ElectionId, records: &[BallotRecord]) -> Checked {
        for (index, record) in (0u32..).zip(records) {
            ensure!(
                ByTracker::<T>::get(election, record.tracker) == Some(index),
                "a tracker does not lead to its record"
            );
        }
        let entries = ByTracker::<T>::iter_prefix_values(election).count();
        ensure!(
            entries == records.len(),
            "there are more trackers than ballots"
        );
        Ok(())
    }

    /// Invariant 3.
    fn check_accounts(election: ElectionId, records: &[BallotRecord]) -> Checked {
        let mut of_account: BTreeMap<&AccountId, Vec<u32>> = BTreeMap::new();
        for (index, record) in (0u32..).zip(records) {
            let earlier = of_account.entry(&record.account).or_default();
            ensure!(
                record.supersedes == earlier.last().copied(),
                "a ballot does not supersede its account's one before"
            );
            let first = earlier
                .first()
                .and_then(|first| records.get(*first as usize));
            ensure!(
                first.is_none_or(|first| first.district == record.district),
                "an account has cast in two districts"
            );
            earlier.push(index);
        }
        for (account, indices) in &of_account {
            let entry = ByAccount::<T>::get(election, *account)
                .ok_or("an account does not lead to its ballots")?;
            ensure!(
                Some(&entry.latest) == indices.last(),
                "an account does not lead to its latest ballot"
            );
            ensure!(
                entry.casts as usize == indices.len(),
                "an account has another number of ballots than it cast"
            );
        }
        let entries = ByAccount::<T>::iter_prefix_values(election).count();
        ensure!(
            entries == of_account.len(),
            "there are more entries than accounts"
        );
        Ok(())
    }

    /// Invariants 5 and 6.
    fn check_counts_and_sums(election: ElectionId, records: &[BallotRecord]) -> Checked {
        let mut cast: BTreeMap<DistrictId, u32> = BTreeMap::new();
        for record in records.iter().filter(|record| record.supersedes.is_none()) {
            *cast.entry(record.district).or_default() += 1;
        }
        for (district, count) in &cast {
            let terms = pallet_elections::Pallet::<T>::district(election, *district)
                .ok_or("a ballot was cast in a district that does not exist")?;
            ensure!(
                CastCounts::<T>::get(election, district) == *count,
                "a cast count is not the number of accounts"
            );
            ensure!(
                *count <= pallet_voter_register::Pallet::<T>::issued(election, *district),
                "more accounts have cast than credentials were issued"
            );
            let options: usize = terms
                .rules
                .iter()
                .map(|rule| usize::from(rule.options))
                .sum();
            let sums = Sums::<T>::get(election, district).ok_or("a district has no sums")?;
            ensure!(
                sums.len() == options,
                "a district has not one sum for each option"
            );
        }
        ensure!(
            CastCounts::<T>::iter_prefix(election).count() == cast.len(),
            "a count without ballots"
        );
        ensure!(
            Sums::<T>::iter_prefix(election).count() == cast.len(),
            "sums without ballots"
        );
        Ok(())
    }

    /// Invariant 7.
    fn check_kept_ciphertexts(election: ElectionId, terms: &Terms) -> Checked {
        let kept = LatestCiphertexts::<T>::iter_prefix_values(election).count();
        if terms.revote == RevotePolicy::Forbidden {
            ensure!(
                kept == 0,
                "ciphertexts are kept where revoting is forbidden"
            );
            ensure!(
                !Discarding::<T>::contains_key(election),
                "there is nothing to discard"
            );
            return Ok(());
        }
        let discarding = Discarding::<T>::contains_key(election);
        let ended = PendingDistricts::<T>::contains_key(election)
            || pallet_elections::Pallet::<T>::phase(election) == Some(Phase::Cancelled);
        if ended {
            ensure!(
                discarding || kept == 0,
                "ciphertexts are kept that nothing will discard"
            );
        } else {
            ensure!(!discarding, "ciphertexts are discarded that a revote needs");
            let accounts = ByAccount::<T>::iter_prefix_values(election).count();
            ensure!(kept == accounts, "not every account's ciphertexts are kept");
        }
        Ok(())
    }

    /// Invariants 8 and 9.
    fn check_tallies(election: ElectionId, terms: &Terms) -> Checked {
        let Some(pending) = PendingDistricts::<T>::get(election) else {
            ensure!(
                Tallies::<T>::iter_prefix(election).next().is_none(),
                "a tally before the closing block"
            );
            ensure!(
                ShareRecords::<T>::iter_prefix((election,)).next().is_none(),
                "shares before the closing block"
            );
            ensure!(
                AcceptedShares::<T>::iter_prefix((election,))
                    .next()
                    .is_none(),
                "accepted shares before the closing block"
            );
            return Ok(());
        };
        ensure!(
            pallet_elections::Pallet::<T>::now() >= terms.voting.end,
            "closed before the closing block"
        );
        let mut waiting = 0;
        for district in pallet_elections::Pallet::<T>::district_ids(election) {
            let tally = Tallies::<T>::get(election, district).ok_or("a district has no tally")?;
            let records = ShareRecords::<T>::iter_prefix((election, district)).count();
            let accepted = AcceptedShares::<T>::iter_prefix((election, district)).count();
            ensure!(
                records == 0 || needs_shares(&tally),
                "shares that are not needed"
            );
            match tally {
                DistrictTally::Pending => {
                    waiting += 1;
                    ensure!(
                        accepted < usize::from(terms.threshold),
                        "a district has enough shares and is not settled"
                    );
                }
                DistrictTally::Failed(_) => {
                    waiting += 1;
                    ensure!(accepted == 0, "shares of a failed tally are kept");
                }
                DistrictTally::Settled(_) => {
                    ensure!(accepted == 0, "shares of a settled district are kept");
                }
            }
        }
        ensure!(
            waiting == pending,
            "the count of pending districts is wrong"
        );
        Ok(())
    }

    /// Invariant 10.
    fn check_result(election: ElectionId) -> Checked {
        let published = pallet_elections::Pallet::<T>::phase(election) == Some(Phase::Published);
        let Some(result) = Results::<T>::get(election) else {
            ensure!(!published, "an election is published without a result");
            return Ok(());
        };
        ensure!(published, "a result of an election that is not published");
        let districts = pallet_elections::Pallet::<T>::district_ids(election);
        ensure!(
            result.districts.len() == districts.len(),
            "a result without all districts"
        );
        for (district, outcome) in districts.into_iter().zip(result.districts) {
            ensure!(
                Tallies::<T>::get(election, district) == Some(DistrictTally::Settled(outcome)),
                "a result is not what the tallies say"
            );
        }
        Ok(())
    }
}
