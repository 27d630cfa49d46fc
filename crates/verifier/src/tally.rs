//! The tally: shares are judged, sums decrypted, and the result computed, all a second time.

use std::collections::BTreeMap;

use psephos_crypto::{
    ballot::ContestRule,
    decryption::{combine, verify_shares, DecryptionShare, ShareError},
    transcript::Context,
};
use psephos_primitives::{
    ceremony::ElectionKeys,
    limits::MAX_INVALID_SHARES,
    observer::Decryption,
    tally::{ContestResult, DistrictResult, DistrictShares, ElectionResult, Outcome, ShareStatus},
    BlockNumber, ContestId, DistrictId, Manifest, TrusteeIndex,
};
use sp_runtime::BoundedVec;

use crate::{
    ballots::BallotBox,
    finding::{Cause, Check},
};

/// What became of a district.
#[derive(Clone)]
enum Station {
    Pending,
    Settled(DistrictResult),
    /// Valid shares that led to no counts; the runtime does not publish then, either.
    Failed,
}

/// What one trustee has sent for one district.
#[derive(Clone, Default)]
struct Received {
    accepted: Option<(BlockNumber, DistrictShares)>,
    invalid: u32,
}

/// The tally of one election, from its closing block on.
#[derive(Clone)]
pub(crate) struct Tally {
    stations: BTreeMap<DistrictId, Station>,
    received: BTreeMap<(DistrictId, TrusteeIndex), Received>,
}

/// What came of a trustee's shares.
pub(crate) enum Judgement {
    /// The rules had no use for them.
    Unwanted,
    /// They do not verify: the trustee's fault.
    Invalid(ShareError),
    /// They verify.
    Valid,
    /// They verify and, with those before, should have given counts, but do not.
    Undecryptable(Check, Cause),
}

/// What is needed to judge and combine shares.
pub(crate) struct Material<'a> {
    pub manifest: &'a Manifest,
    pub context: &'a Context,
    pub keys: &'a ElectionKeys,
    pub ballots: &'a BallotBox,
}

impl Tally {
    /// Freezes the sums in the closing block: districts without ballots count zero, districts with
    /// fewer than the minimum are withheld, the others wait for shares.
    pub fn close(manifest: &Manifest, ballots: &BallotBox) -> Self {
        let stations = manifest
            .districts
            .iter()
            .map(|district| {
                let accounts = ballots.accounts(district.id).unwrap_or_default();
                let rules = ballots.rules(district.id).unwrap_or_default();
                let outcome = if accounts == 0 {
                    let options = rules.iter().map(|rule| usize::from(rule.options)).sum();
                    Some(counted(rules, &vec![0; options]))
                } else {
                    (accounts < manifest.minimum_ballots).then_some(Outcome::Withheld)
                };
                let district = district.id;
                let settled = |outcome| {
                    Station::Settled(DistrictResult {
                        district,
                        ballots: accounts,
                        outcome,
                    })
                };
                (district, outcome.map_or(Station::Pending, settled))
            })
            .collect();
        Self {
            stations,
            received: BTreeMap::new(),
        }
    }

    /// Judges a trustee's shares of one district (PSE-AUD-17), and decrypts it with the last that is
    /// needed.
    pub fn receive(
        &mut self,
        material: &Material<'_>,
        trustee: TrusteeIndex,
        district: DistrictId,
        shares: &DistrictShares,
        now: BlockNumber,
    ) -> Judgement {
        let Material {
            manifest,
            context,
            keys,
            ballots,
        } = material;
        let verification_share = keys
            .verification_shares
            .iter()
            .find(|share| share.trustee == trustee);
        let received = self.received.entry((district, trustee)).or_default();
        let wanted = matches!(self.stations.get(&district), Some(Station::Pending))
            && received.accepted.is_none()
            && received.invalid < MAX_INVALID_SHARES;
        let (Some(verification_share), Some(sums), true) =
            (verification_share, ballots.sums(district), wanted)
        else {
            return Judgement::Unwanted;
        };
        let verified = verify_shares(
            context,
            keys.epoch,
            district.get(),
            trustee.get().into(),
            &verification_share.share,
            sums,
            shares,
        );
        if let Err(error) = verified {
            received.invalid += 1;
            return Judgement::Invalid(error);
        }
        received.accepted = Some((now, shares.clone()));
        let valid = self.valid_shares(district);
        if valid.len() < usize::from(manifest.threshold) {
            return Judgement::Valid;
        }
        let accounts = ballots.accounts(district).unwrap_or_default();
        let outcome = combine(context, keys.epoch, sums, &valid, accounts)
            .map_err(|error| Cause::Tally { district, error })
            .and_then(|counts| {
                let rules = ballots.rules(district).unwrap_or_default();
                check_counts(district, rules, &counts, accounts).map(|()| counted(rules, &counts))
            });
        match outcome {
            Ok(outcome) => {
                let result = DistrictResult {
                    district,
                    ballots: accounts,
                    outcome,
                };
                self.stations.insert(district, Station::Settled(result));
                Judgement::Valid
            }
            Err(cause) => {
                self.stations.insert(district, Station::Failed);
                Judgement::Undecryptable(Check::Result, cause)
            }
        }
    }

    fn valid_shares(&self, district: DistrictId) -> Vec<(u32, &[DecryptionShare])> {
        self.received
            .iter()
            .filter(|((of, _), _)| *of == district)
            .filter_map(|((_, trustee), received)| {
                let (_, shares) = received.accepted.as_ref()?;
                Some((u32::from(trustee.get()), &shares[..]))
            })
            .collect()
    }

    /// Where one trustee's shares for one district stand.
    pub fn status(&self, trustee: TrusteeIndex, district: DistrictId) -> ShareStatus {
        let received = self.received.get(&(district, trustee));
        ShareStatus {
            trustee,
            district,
            accepted: received
                .and_then(|received| received.accepted.as_ref())
                .map(|(block, _)| *block),
            invalid: received.map_or(0, |received| received.invalid),
        }
    }

    /// What became of a district's sums.
    pub fn decryption(&self, district: DistrictId) -> Option<Decryption> {
        let decryption = match self.stations.get(&district)? {
            Station::Pending => Decryption::Awaiting,
            Station::Failed => Decryption::Failed,
            Station::Settled(result) => match &result.outcome {
                Outcome::Counted(_) => Decryption::Counted,
                Outcome::Withheld => Decryption::Withheld,
            },
        };
        Some(decryption)
    }

    /// The result, once every district is settled.
    pub fn result(&self, manifest: &Manifest, block: BlockNumber) -> Option<ElectionResult> {
        let districts = manifest
            .districts
            .iter()
            .map(|district| match self.stations.get(&district.id)? {
                Station::Settled(result) => Some(result.clone()),
                Station::Pending | Station::Failed => None,
            })
            .collect::<Option<Vec<_>>>()?;
        Some(ElectionResult {
            block,
            districts: BoundedVec::truncate_from(districts),
        })
    }
}

/// Counts by contest. Bounds are the manifest's, so nothing is cut off.
fn counted(rules: &[ContestRule], counts: &[u32]) -> Outcome {
    let mut rest = counts.iter().copied();
    let contests = rules
        .iter()
        .map(|rule| ContestResult {
            contest: ContestId(rule.id),
            counts: BoundedVec::truncate_from(
                rest.by_ref().take(usize::from(rule.options)).collect(),
            ),
        })
        .collect();
    Outcome::Counted(BoundedVec::truncate_from(contests))
}

/// No option has more selections than ballots, no contest more or fewer than its rule allows to as
/// many ballots. Sound proofs leave no room for it.
fn check_counts(
    district: DistrictId,
    rules: &[ContestRule],
    counts: &[u32],
    ballots: u32,
) -> Result<(), Cause> {
    let mut rest = counts.iter().map(|count| u64::from(*count));
    for rule in rules {
        let selected: u64 = rest.by_ref().take(usize::from(rule.options)).sum();
        let fewest = if rule.blank { 0 } else { u64::from(rule.min) };
        let allowed = fewest * u64::from(ballots)..=u64::from(rule.max) * u64::from(ballots);
        if !allowed.contains(&selected) {
            return Err(Cause::ImpossibleCounts {
                district,
                contest: rule.id,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_outside_the_rules_are_found() {
        let pick = |min, max, blank| ContestRule {
            id: 5,
            options: 2,
            min,
            max,
            blank,
        };
        let check = |rule, counts: [u32; 2]| check_counts(DistrictId(9), &[rule], &counts, 4);
        let impossible = Err(Cause::ImpossibleCounts {
            district: DistrictId(9),
            contest: 5,
        });
        assert_eq!(check(pick(1, 1, false), [3, 1]), Ok(()));
        assert_eq!(check(pick(1, 1, false), [3, 2]), impossible);
        assert_eq!(check(pick(1, 1, false), [3, 0]), impossible);
        assert_eq!(check(pick(1, 1, true), [3, 0]), Ok(()));
        assert_eq!(check(pick(0, 2, false), [4, 4]), Ok(()));
    }
}
