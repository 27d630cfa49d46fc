//! Replays the blocks, compares the sums, and decrypts them (PSE-TAL-1 … PSE-TAL-3).

use std::time::Duration;

use anyhow::{anyhow, Context};
use psephos_client::{FinalisedBlocks, Node};
use psephos_crypto::{
    decryption::prove_shares, elgamal::Ciphertext, key_ceremony::trustee::TrusteeKey,
};
use psephos_primitives::{
    api::DistrictSums,
    tally::{DistrictShares, ElectionResult},
    wire::{BallotRegisterCall, Call},
    BlockNumber, DistrictId, ElectionId, Hash, Manifest, Phase, TrusteeIndex,
};
use psephos_verifier::{archive::Between, Chain};
use rand_core::OsRng;

use crate::{
    archive::read_between,
    failure::{Failure, Result},
};

const POLL: Duration = Duration::from_millis(800);

/// The chain as the trustee's own computer recomputes it.
pub struct Replay {
    chain: Chain,
    /// What stands behind the last block.
    between: Between,
    node: Node,
    closing: Option<Hash>,
}

impl Replay {
    /// From the genesis block on.
    pub fn new(chain: Chain, node: Node) -> Self {
        Self {
            chain,
            between: Between::default(),
            node,
            closing: None,
        }
    }

    /// Checks every block up to this one, each when it is final.
    pub async fn run_to(&mut self, last: BlockNumber, election: ElectionId) -> Result<()> {
        let mut blocks = FinalisedBlocks::from(self.node.clone(), self.chain.height() + 1);
        while self.chain.height() < last {
            let block = blocks.next().await?.block;
            let between = read_between(&self.node, &block).await?;
            let between = core::mem::replace(&mut self.between, between);
            let report = self.chain.apply(&between, &block.header, &block.extrinsics);
            report
                .into_result()
                .map_err(|finding| Failure::verdict(format!("refusing to decrypt: {finding}")))?;
            self.closing = Some(block.hash);
            if let Some(view) = self.chain.election(election) {
                if view.phase() == Phase::Cancelled {
                    return Err(Failure::verdict(format!(
                        "election {election} was cancelled"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Has the validators' signatures show that the last replayed block is final (PSE-TAL-9). A
    /// node's word for it is not enough: whoever has one validator's key and this trustee's trust
    /// can show a branch with a single ballot, and shares of its sums would open it.
    pub async fn require_finality(&self) -> Result<()> {
        let last = self.chain.height();
        let proof = self.node.finality_of(last).await?;
        // Where others have taken over since, the votes for the block in which they did will do.
        let known = self.chain.handovers().len() as u64;
        let handovers = self.node.handovers(known, proof.number, proof.target);
        let (number, justification) = match handovers.await?.into_iter().next() {
            Some(handover) => (handover.header.number, handover.justification),
            None => (proof.number, proof.justification),
        };
        let mut descendants = Vec::new();
        let mut blocks = FinalisedBlocks::from(self.node.clone(), last + 1);
        for _ in last..number {
            descendants.push(blocks.next().await?.block.header);
        }
        self.chain
            .check_finality(&descendants, &justification)
            .map(|_| ())
            .map_err(|error| {
                Failure::verdict(format!(
                    "refusing to decrypt: block {last} is not final: {error}"
                ))
            })
    }

    /// Compares manifest and sums with what the chain says after its closing block; refuses on any
    /// difference (PSE-TAL-2).
    pub async fn compare(&self, election: ElectionId, manifest: &Manifest) -> Result<()> {
        let ours = self.chain.election(election).ok_or_else(|| {
            Failure::verdict(format!(
                "no block up to the closing block creates election {election}"
            ))
        })?;
        if ours.manifest() != manifest {
            let message = "refusing to decrypt: the manifest is not the one in the blocks";
            return Err(Failure::verdict(message));
        }
        let closing = self.closing.context("no block was replayed")?;
        let api = self.node.elections_at(closing);
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

    /// The shares of this district's sums, as recomputed from the blocks (PSE-TAL-3).
    pub fn shares(
        &self,
        election: ElectionId,
        manifest: &Manifest,
        district: DistrictId,
        key: &TrusteeKey,
    ) -> Result<Call> {
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

/// The districts for which this trustee's shares are still wanted.
pub async fn districts_due(
    node: &Node,
    election: ElectionId,
    trustee: TrusteeIndex,
) -> Result<Vec<DistrictId>> {
    let shares = node
        .elections()
        .await?
        .shares(election)
        .await?
        .unwrap_or_default();
    Ok(shares
        .into_iter()
        .filter(|status| status.trustee == trustee && status.accepted.is_none())
        .map(|status| status.district)
        .collect())
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
}
