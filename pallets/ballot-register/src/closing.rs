//! What happens in the closing block, and when an election is cancelled before it.
//!
//! The phase follows from the block number, so no ballot is accepted from this block on and the sums
//! are frozen (PSE-TAL-1). Here it is settled which districts wait for shares.

use frame_support::{traits::Get, weights::Weight};
use psephos_crypto::ballot::ContestRule;
use psephos_primitives::{
    tally::{ContestResult, DistrictResult, Outcome},
    ContestId, DistrictId, ElectionId, RevotePolicy,
};
use sp_runtime::BoundedVec;

use crate::{
    tally::DistrictTally, weights, BallotCounts, CastCounts, Config, Discarding, Pallet,
    PendingDistricts, Tallies,
};

impl<T: Config> pallet_elections::OnClosing for Pallet<T> {
    fn on_closing(election: ElectionId) -> Weight {
        Self::close(election);
        let districts = pallet_elections::Pallet::<T>::district_ids(election).len() as u32;
        weights::close::<T>(districts)
    }
}

impl<T: Config> pallet_elections::OnCancelled for Pallet<T> {
    /// Where voting was open, nobody's ballot will be superseded any more (PSE-BAL-7). After the
    /// closing block that is settled already.
    fn on_cancelled(election: ElectionId) {
        let kept = pallet_elections::Pallet::<T>::terms(election)
            .is_some_and(|terms| terms.revote == RevotePolicy::LastCounts)
            && BallotCounts::<T>::contains_key(election)
            && !PendingDistricts::<T>::contains_key(election);
        if kept {
            Discarding::<T>::insert(election, ());
        }
    }

    fn weight() -> Weight {
        T::DbWeight::get().reads_writes(3, 1)
    }
}

impl<T: Config> Pallet<T> {
    /// Settles the districts that need no decryption and waits for the others (PSE-TAL-8).
    fn close(election: ElectionId) {
        let Some(terms) = pallet_elections::Pallet::<T>::terms(election) else {
            return;
        };
        let mut pending: u32 = 0;
        for district in pallet_elections::Pallet::<T>::district_ids(election) {
            let ballots = CastCounts::<T>::get(election, district);
            match Self::outcome_without_shares(election, district, ballots, terms.minimum_ballots) {
                Some(outcome) => {
                    Self::settle(
                        election,
                        DistrictResult {
                            district,
                            ballots,
                            outcome,
                        },
                    );
                }
                None => {
                    Tallies::<T>::insert(election, district, DistrictTally::Pending);
                    pending = pending.saturating_add(1);
                }
            }
        }
        PendingDistricts::<T>::insert(election, pending);
        if terms.revote == RevotePolicy::LastCounts {
            Discarding::<T>::insert(election, ());
        }
        Self::publish_if_settled(election);
    }

    /// Zeros where nobody voted; nothing where so few did that a count would tell how.
    fn outcome_without_shares(
        election: ElectionId,
        district: DistrictId,
        ballots: u32,
        minimum: u32,
    ) -> Option<Outcome> {
        if ballots == 0 {
            let terms = pallet_elections::Pallet::<T>::district(election, district)?;
            let contests = terms.rules.iter().map(no_selections).collect();
            Some(Outcome::Counted(BoundedVec::truncate_from(contests)))
        } else {
            (ballots < minimum).then_some(Outcome::Withheld)
        }
    }
}

fn no_selections(rule: &ContestRule) -> ContestResult {
    ContestResult {
        contest: ContestId(rule.id),
        counts: BoundedVec::truncate_from(alloc::vec![0; usize::from(rule.options)]),
    }
}
