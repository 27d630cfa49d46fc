//! Compares the sums with those of the replayed blocks, and decrypts them (PSE-TAL-2, PSE-TAL-3).

use std::time::Duration;

use anyhow::{anyhow, Context};
use psephos_client::Node;
use psephos_crypto::{
    decryption::prove_shares, elgamal::Ciphertext, key_ceremony::trustee::TrusteeKey,
};
use psephos_primitives::{
    api::DistrictSums,
    observer::Decryption,
    tally::{DistrictShares, ElectionResult, ShareStatus},
    wire::{BallotRegisterCall, Call},
    DistrictId, ElectionId, Hash, Manifest, Phase, TrusteeIndex,
};
use psephos_verifier::ElectionView;
use rand_core::OsRng;

use crate::{
    failure::{Failure, Result},
    trustee::replay::Replay,
};

const POLL: Duration = Duration::from_millis(800);

impl Replay {
    /// Compares manifest and sums with what the chain says after its closing block; refuses on any
    /// difference (PSE-TAL-2).
    pub async fn compare(&self, election: ElectionId, manifest: &Manifest) -> Result<()> {
        self.election(election, manifest)?;
        let api = self.node.elections_at(self.chain.head());
        for district in manifest.districts.iter().map(|district| district.id) {
            let theirs = api
                .sums(election, district)
                .await?
                .ok_or_else(|| anyhow!("the node has no sums of district {district}"))?;
            let ours = self.sums(election, district)?;
            compare_sums(district, manifest, &ours, &theirs)?;
        }
        Ok(())
    }

    /// The epoch of the ceremony that has made the election key, as the blocks say.
    pub fn key_epoch(&self, election: ElectionId) -> Result<u32> {
        let keys = self.chain.election(election).and_then(|view| view.keys());
        let keys = keys.context("the ceremony in the blocks has not come to its end")?;
        Ok(keys.epoch)
    }

    /// The shares of this district's sums, as recomputed from the blocks (PSE-TAL-3). None are made
    /// unless the same blocks say that they are due, whatever a node says: a lying one could ask for
    /// those of a district in which so few voted that its counts tell how.
    pub fn shares(
        &self,
        election: ElectionId,
        manifest: &Manifest,
        district: DistrictId,
        key: &TrusteeKey,
    ) -> Result<Call> {
        let view = self
            .chain
            .election(election)
            .with_context(|| format!("the blocks have no election {election}"))?;
        Standing::of(&view, district).require_awaited(district)?;
        let context = manifest.context(self.chain.genesis_hash(), election);
        let sums: Vec<Ciphertext> = self
            .sums(election, district)?
            .into_iter()
            .flatten()
            .collect();
        let shares = prove_shares(&context, district.get(), key, &sums, &mut OsRng)
            .map_err(|error| anyhow!("district {district}: {error}"))?;
        let shares = DistrictShares::try_from(shares)
            .map_err(|shares| anyhow!("district {district}: {} shares", shares.len()))?;
        Ok(Call::BallotRegister(BallotRegisterCall::SubmitShares {
            election,
            district,
            shares,
        }))
    }

    fn sums(&self, election: ElectionId, district: DistrictId) -> anyhow::Result<DistrictSums> {
        self.chain
            .election(election)
            .and_then(|view| view.sums(district))
            .with_context(|| format!("the blocks have no district {district}"))
    }
}

/// Names the first sum that differs.
fn compare_sums(
    district: DistrictId,
    manifest: &Manifest,
    ours: &DistrictSums,
    theirs: &DistrictSums,
) -> Result<()> {
    let refuse = |what: String| {
        let message = format!("refusing to decrypt: district {district}{what} differs");
        Err(Failure::verdict(format!(
            "{message} from the sum of the ballots in the blocks"
        )))
    };
    if ours.len() != theirs.len() {
        return refuse(", the number of contests".into());
    }
    let contests = manifest
        .district(district)
        .map(|district| &district.contests[..]);
    for (position, contest) in contests.unwrap_or_default().iter().enumerate() {
        let (ours, theirs) = (ours.get(position), theirs.get(position));
        if ours != theirs {
            let differing = ours
                .zip(theirs)
                .and_then(|(a, b)| a.iter().zip(b).position(|(a, b)| a != b))
                .map_or_else(String::new, |option| format!(", option {}", option + 1));
            return refuse(format!(", contest {}{differing}", contest.id));
        }
    }
    Ok(())
}

/// How a district stands after the last replayed block, as far as it may be decrypted.
#[derive(Clone, Copy)]
struct Standing {
    phase: Phase,
    /// None if there is no such district.
    decryption: Option<Decryption>,
    ballots: u32,
    minimum: u32,
}

impl Standing {
    fn of(view: &ElectionView<'_>, district: DistrictId) -> Self {
        Self {
            phase: view.phase(),
            decryption: view.decryption(district),
            ballots: view.counts(district).map_or(0, |counts| counts.cast),
            minimum: view.manifest().minimum_ballots,
        }
    }

    /// Fails unless the district waits for shares (PSE-TAL-8).
    fn require_awaited(self, district: DistrictId) -> Result<()> {
        let Self {
            phase,
            decryption,
            ballots,
            minimum,
        } = self;
        let why = match (phase, decryption) {
            // Whatever else is said of it: this is what must never be decrypted.
            (_, Some(_)) if (1..minimum).contains(&ballots) => {
                format!("it has {ballots} ballots, and with fewer than {minimum} it is withheld")
            }
            (Phase::Tallying, Some(Decryption::Awaiting)) => return Ok(()),
            (_, None) => "the blocks have no such district".into(),
            (Phase::Tallying, Some(Decryption::Counted)) => "its counts stand".into(),
            (Phase::Tallying, Some(Decryption::Failed)) => "its decryption has failed".into(),
            (phase, Some(decryption)) => {
                format!("the blocks say that it is {decryption:?}, and the election {phase:?}")
            }
        };
        Err(Failure::verdict(format!(
            "refusing to decrypt district {district}: {why}"
        )))
    }
}

/// The districts for which this trustee's shares are still wanted, as the node says; none while it
/// does not have the closing block.
pub async fn districts_due(
    node: &Node,
    election: ElectionId,
    threshold: u8,
    trustee: TrusteeIndex,
) -> Result<Vec<DistrictId>> {
    let shares = node.elections().await?.shares(election).await?;
    Ok(due(&shares.unwrap_or_default(), threshold, trustee))
}

/// A district with as many valid lists as the threshold is decrypted, or has failed (PSE-TAL-5): more
/// are refused.
fn due(shares: &[ShareStatus], threshold: u8, trustee: TrusteeIndex) -> Vec<DistrictId> {
    let is_settled = |district: DistrictId| {
        let of_district = shares.iter().filter(|status| status.district == district);
        let accepted = of_district.filter(|status| status.accepted.is_some());
        accepted.count() >= usize::from(threshold)
    };
    shares
        .iter()
        .filter(|status| status.trustee == trustee && status.accepted.is_none())
        .map(|status| status.district)
        .filter(|district| !is_settled(*district))
        .collect()
}

/// Waits until the result stands in a finalised block.
pub async fn wait_for_result(node: &Node, election: ElectionId) -> Result<(ElectionResult, Hash)> {
    loop {
        let header = node.finalised_header().await?;
        let api = node.elections_at(header.hash());
        if let Some(result) = api.result(election).await? {
            return Ok((result, header.hash()));
        }
        if api.phase(election).await? == Some(Phase::Cancelled) {
            return Err(Failure::verdict(format!(
                "election {election} was cancelled"
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use psephos_crypto::group::EncodedPoint;

    #[test]
    fn a_difference_is_named() {
        let manifest = testing::manifest();
        let same = vec![vec![Ciphertext::ZERO; 3], vec![Ciphertext::ZERO; 2]];
        let mut other = same.clone();
        other[1][1].c = EncodedPoint([1; 32]);
        let district = DistrictId(1);
        assert_eq!(
            compare_sums(district, &manifest, &same, &same).map_err(|error| error.to_string()),
            Ok(())
        );
        assert_eq!(
            compare_sums(district, &manifest, &same, &other).map_err(|error| error.to_string()),
            Err(
                "refusing to decrypt: district 1, contest 2, option 2 differs from the sum of \
                 the ballots in the blocks"
                    .into()
            )
        );
    }

    fn require_awaited(standing: Standing) -> std::result::Result<(), String> {
        standing
            .require_awaited(DistrictId(7))
            .map_err(|failure| failure.to_string())
    }

    fn refused(why: &str) -> std::result::Result<(), String> {
        Err(format!("refusing to decrypt district 7: {why}"))
    }

    /// Three voted, the fewest that are decrypted.
    const AWAITED: Standing = Standing {
        phase: Phase::Tallying,
        decryption: Some(Decryption::Awaiting),
        ballots: 3,
        minimum: 3,
    };

    /// attacks.md 20: a node asks for the shares of a district that the blocks withhold.
    #[test]
    fn a_district_with_too_few_ballots_is_not_decrypted() {
        let few = "it has 2 ballots, and with fewer than 3 it is withheld";
        let withheld = Standing {
            decryption: Some(Decryption::Withheld),
            ballots: 2,
            ..AWAITED
        };
        assert_eq!(require_awaited(withheld), refused(few));
        // Even if the replayed tally did not say so.
        let overlooked = Standing {
            ballots: 2,
            ..AWAITED
        };
        assert_eq!(require_awaited(overlooked), refused(few));
        assert_eq!(require_awaited(AWAITED), Ok(()));
    }

    #[test]
    fn a_district_is_decrypted_only_while_its_shares_are_awaited() {
        let with = |decryption| {
            require_awaited(Standing {
                decryption,
                ..AWAITED
            })
        };
        let none = refused("the blocks have no such district");
        assert_eq!(with(None), none);
        assert_eq!(with(Some(Decryption::Counted)), refused("its counts stand"));
        assert_eq!(
            with(Some(Decryption::Failed)),
            refused("its decryption has failed")
        );
        for phase in [
            Phase::Registration,
            Phase::Voting,
            Phase::Published,
            Phase::Cancelled,
        ] {
            let why = format!("the blocks say that it is Awaiting, and the election {phase:?}");
            assert_eq!(
                require_awaited(Standing { phase, ..AWAITED }),
                refused(&why)
            );
        }
        let voting = Standing {
            decryption: Some(Decryption::Voting),
            ..AWAITED
        };
        let why = "the blocks say that it is Voting, and the election Tallying";
        assert_eq!(require_awaited(voting), refused(why));
    }

    /// Whoever comes late does not begin with what others have settled, where shares are refused.
    #[test]
    fn what_others_have_settled_is_not_due() {
        let status = |trustee, district, accepted| ShareStatus {
            trustee: TrusteeIndex(trustee),
            district: DistrictId(district),
            accepted,
            invalid: 0,
        };
        let shares: Vec<_> = (1..=5)
            .flat_map(|trustee| {
                [
                    status(trustee, 1, (trustee <= 3).then_some(40)),
                    status(trustee, 2, (trustee <= 2).then_some(41)),
                ]
            })
            .collect();
        let due = |trustee| due(&shares, 3, TrusteeIndex(trustee));
        assert_eq!(due(4), [DistrictId(2)]);
        assert_eq!(due(3), [DistrictId(2)]);
        assert!(due(1).is_empty());
    }
}
