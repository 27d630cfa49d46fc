//! From valid shares to counts, and to the result.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_crypto::{
    ballot::ContestRule,
    decryption::{combine, DecryptionShare, TallyError},
    elgamal::Ciphertext,
};
use psephos_primitives::{
    tally::{ContestResult, DistrictResult, DistrictShares, ElectionResult, Outcome},
    ContestId, DistrictId, ElectionId, TrusteeIndex,
};
use scale_info::TypeInfo;
use sp_runtime::BoundedVec;

use crate::{
    shares::Submission, CastCounts, Config, Error, Event, Pallet, PendingDistricts, Results,
    Tallies,
};

/// Where the tally of one district stands.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum DistrictTally {
    /// Waits for shares.
    Pending,
    /// The outcome stands.
    Settled(DistrictResult),
    /// Valid shares led to no believable outcome. The election is not published.
    Failed(TallyFailure),
}

/// What is wrong with sums to which there are valid shares. Sound proofs leave no room for any of it.
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
pub enum TallyFailure {
    /// The sum at this position, from 0, is of no number that the ballots could give.
    Undecryptable {
        /// Which sum.
        position: u32,
    },
    /// So many ballots cannot have selected so many, or so few, options of this contest.
    Implausible {
        /// Which contest.
        contest: ContestId,
    },
    /// Shares, sums and rules do not fit together.
    Mismatch,
}

impl<T: Config> Pallet<T> {
    /// What the runtime published.
    pub fn result(election: ElectionId) -> Option<ElectionResult> {
        Results::<T>::get(election)
    }

    /// Decrypts a district with the shares of `t` trustees and settles it (PSE-TAL-5).
    pub(crate) fn decrypt(
        submission: &Submission,
        sums: &[Ciphertext],
        accepted: &[(TrusteeIndex, DistrictShares)],
    ) -> Result<(), Error<T>> {
        let Submission {
            election,
            district,
            keys,
            terms,
            ..
        } = submission;
        let (election, district) = (*election, *district);
        let ballots = CastCounts::<T>::get(election, district);
        let rules = pallet_elections::Pallet::<T>::district(election, district)
            .ok_or(Error::UnknownDistrict)?
            .rules;
        let shares: Vec<(u32, &[DecryptionShare])> = accepted
            .iter()
            .map(|(trustee, shares)| (u32::from(trustee.get()), shares.as_slice()))
            .collect();
        let context = pallet_elections::Pallet::<T>::context(election, terms);
        let outcome = combine(&context, keys.epoch, sums, &shares, ballots)
            .map_err(failure)
            .and_then(|counts| plausible_outcome(&rules, &counts, ballots));
        Self::forget_shares(election, district, keys);
        match outcome {
            Ok(outcome) => {
                Self::settle(
                    election,
                    DistrictResult {
                        district,
                        ballots,
                        outcome,
                    },
                );
                PendingDistricts::<T>::mutate_extant(election, |pending| {
                    *pending = pending.saturating_sub(1);
                });
                Self::publish_if_settled(election);
            }
            Err(failure) => Self::give_up(election, district, failure),
        }
        Ok(())
    }

    /// Puts down the outcome of a district.
    pub(crate) fn settle(election: ElectionId, result: DistrictResult) {
        let district = result.district;
        Tallies::<T>::insert(election, district, DistrictTally::Settled(result));
        Self::deposit_indexed(election, &[], Event::DistrictSettled { election, district });
    }

    /// Says that there is none. The consortium can cancel the election; nobody can make up a result.
    fn give_up(election: ElectionId, district: DistrictId, failure: TallyFailure) {
        Tallies::<T>::insert(election, district, DistrictTally::Failed(failure));
        Self::deposit_indexed(
            election,
            &[],
            Event::TallyFailed {
                election,
                district,
                failure,
            },
        );
    }

    /// Publishes the result if no district waits any more (PSE-TAL-6).
    pub(crate) fn publish_if_settled(election: ElectionId) {
        if PendingDistricts::<T>::get(election) != Some(0) {
            return;
        }
        let districts: Vec<DistrictResult> = pallet_elections::Pallet::<T>::district_ids(election)
            .into_iter()
            .filter_map(|district| match Tallies::<T>::get(election, district) {
                Some(DistrictTally::Settled(result)) => Some(result),
                Some(DistrictTally::Pending | DistrictTally::Failed(_)) | None => None,
            })
            .collect();
        // It is tallying, or none of its districts would be settled.
        let Ok(()) = pallet_elections::Pallet::<T>::publish(election) else {
            return;
        };
        let block = pallet_elections::Pallet::<T>::now();
        let districts = BoundedVec::truncate_from(districts);
        Results::<T>::insert(election, ElectionResult { block, districts });
        Self::deposit_indexed(election, &[], Event::ResultPublished { election });
    }
}

fn failure(error: TallyError) -> TallyFailure {
    match error {
        TallyError::OutOfRange { position } => TallyFailure::Undecryptable { position },
        // All of these were verified before: the sums by adding, the shares by their proofs.
        TallyError::NoShares
        | TallyError::DuplicateTrustee { .. }
        | TallyError::ShareCount { .. }
        | TallyError::Share { .. }
        | TallyError::Sum { .. } => TallyFailure::Mismatch,
    }
}

/// The counts by contest, if that many ballots can have given them (PSE-TAL-5): each at most the
/// number of ballots, and together what the contest's rule allows to as many.
fn plausible_outcome(
    rules: &[ContestRule],
    counts: &[u32],
    ballots: u32,
) -> Result<Outcome, TallyFailure> {
    let mut rest = counts;
    let mut contests = Vec::with_capacity(rules.len());
    for rule in rules {
        let (of_contest, others) = rest
            .split_at_checked(usize::from(rule.options))
            .ok_or(TallyFailure::Mismatch)?;
        rest = others;
        let contest = ContestId(rule.id);
        if !plausible(rule, of_contest, ballots) {
            return Err(TallyFailure::Implausible { contest });
        }
        let counts = of_contest
            .to_vec()
            .try_into()
            .map_err(|_| TallyFailure::Mismatch)?;
        contests.push(ContestResult { contest, counts });
    }
    if !rest.is_empty() {
        return Err(TallyFailure::Mismatch);
    }
    contests
        .try_into()
        .map(Outcome::Counted)
        .map_err(|_| TallyFailure::Mismatch)
}

fn plausible(rule: &ContestRule, counts: &[u32], ballots: u32) -> bool {
    let selections: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let fewest = if rule.blank { 0 } else { u64::from(rule.min) };
    let ballots_wide = u64::from(ballots);
    let allowed = fewest * ballots_wide..=u64::from(rule.max) * ballots_wide;
    counts.iter().all(|count| *count <= ballots) && allowed.contains(&selections)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICK_ONE: ContestRule = ContestRule {
        id: 7,
        options: 3,
        min: 1,
        max: 1,
        blank: false,
    };

    fn counted(counts: &[u32]) -> Result<Outcome, TallyFailure> {
        let counts = counts.to_vec().try_into().expect("few");
        let contests = alloc::vec![ContestResult {
            contest: ContestId(7),
            counts
        }];
        Ok(Outcome::Counted(contests.try_into().expect("one")))
    }

    #[test]
    fn counts_that_the_ballots_can_give_stand() {
        assert_eq!(
            plausible_outcome(&[PICK_ONE], &[2, 0, 3], 5),
            counted(&[2, 0, 3])
        );
        let blank = ContestRule {
            blank: true,
            ..PICK_ONE
        };
        assert_eq!(
            plausible_outcome(&[blank], &[1, 0, 3], 5),
            counted(&[1, 0, 3])
        );
        let any = ContestRule {
            min: 0,
            max: 3,
            ..PICK_ONE
        };
        assert_eq!(
            plausible_outcome(&[any], &[5, 5, 5], 5),
            counted(&[5, 5, 5])
        );
    }

    #[test]
    fn others_do_not() {
        let implausible = Err(TallyFailure::Implausible {
            contest: ContestId(7),
        });
        // One selection too few, one too many, one option above the number of ballots.
        assert_eq!(plausible_outcome(&[PICK_ONE], &[1, 0, 3], 5), implausible);
        assert_eq!(plausible_outcome(&[PICK_ONE], &[3, 0, 3], 5), implausible);
        let two = ContestRule {
            min: 2,
            max: 2,
            ..PICK_ONE
        };
        assert_eq!(plausible_outcome(&[two], &[6, 0, 4], 5), implausible);
    }

    #[test]
    fn counts_must_fit_the_rules() {
        assert_eq!(
            plausible_outcome(&[PICK_ONE], &[2, 0], 2),
            Err(TallyFailure::Mismatch)
        );
        assert_eq!(
            plausible_outcome(&[PICK_ONE], &[2, 0, 0, 0], 2),
            Err(TallyFailure::Mismatch)
        );
    }
}
