//! The chain as the trustee's own computer recomputes it, block by block, and has it proved to be
//! final: whoever holds secrets takes no node's word for what they are used on.

use psephos_client::{FinalisedBlocks, Node};
use psephos_primitives::{BlockNumber, ElectionId, Hash, Manifest, Phase};
use psephos_verifier::{
    archive::Between, upgrades::check_known, Chain, ElectionView, GenesisFacts,
};

use crate::{
    archive::{read_between, read_genesis},
    failure::{Failure, Result},
    trustee::recomputed::Recomputed,
};

/// The blocks from the first to some last one, all checked.
pub struct Replay {
    pub(super) chain: Chain,
    /// What stands behind the last block.
    between: Between,
    pub(super) node: Node,
}

impl Replay {
    /// At the genesis block. Its hash is in everything that a trustee signs or proves: what was made on
    /// another chain's blocks is of no use on this one.
    pub async fn begin(node: &Node) -> Result<Self> {
        let genesis = read_genesis(node).await?;
        let facts = GenesisFacts::prove(&genesis)
            .map_err(|error| Failure::verdict(format!("the genesis block: {error}")))?;
        check_known(genesis.spec_version).map_err(|cause| Failure::verdict(cause.to_string()))?;
        Ok(Self {
            chain: Chain::new(facts),
            between: Between::default(),
            node: node.clone(),
        })
    }

    /// The hash of block 0.
    pub fn genesis_hash(&self) -> Hash {
        self.chain.genesis_hash()
    }

    /// The number of the last replayed block.
    pub fn height(&self) -> BlockNumber {
        self.chain.height()
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
                .map_err(|finding| Failure::verdict(format!("refusing to go on: {finding}")))?;
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

    /// Has the validators' signatures show that the last replayed block is final (PSE-TAL-9,
    /// PSE-DKG-10). A node's word for it is not enough: whoever has one validator's key and this
    /// trustee's trust can show a branch with a single ballot, and shares of its sums would open it.
    /// Not a verdict: a proof that the node does not have yet.
    pub async fn require_finality(&self) -> Result<()> {
        // The last block of a set of validators is for that set to finalise, whoever comes after it.
        if let Some(justification) = &self.between.handover {
            return self.check_finality(&[], justification);
        }
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
        self.check_finality(&descendants, &justification)
    }

    fn check_finality(
        &self,
        descendants: &[psephos_verifier::Header],
        justification: &[u8],
    ) -> Result<()> {
        let last = self.chain.height();
        self.chain
            .check_finality(descendants, justification)
            .map(|_| ())
            .map_err(|error| {
                Failure::verdict(format!(
                    "refusing to go on: block {last} is not final: {error}"
                ))
            })
    }

    /// The election after the last replayed block; a verdict if there is none, or if its manifest is
    /// another than the node's.
    pub fn election(&self, election: ElectionId, manifest: &Manifest) -> Result<ElectionView<'_>> {
        let last = self.chain.height();
        let ours = self.chain.election(election).ok_or_else(|| {
            Failure::verdict(format!(
                "refusing to go on: no block up to block {last} creates election {election}"
            ))
        })?;
        if ours.manifest() != manifest {
            let message = "refusing to go on: the manifest is not the one in the blocks";
            return Err(Failure::verdict(message));
        }
        Ok(ours)
    }

    /// The key ceremony after the last replayed block.
    pub fn ceremony(&self, election: ElectionId, manifest: &Manifest) -> Result<Recomputed> {
        let view = self.election(election, manifest)?;
        Ok(Recomputed::of(&view))
    }
}
