//! Writes an election's archive: all that an offline audit needs (PSE-ARC-1 … PSE-ARC-8).

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{anyhow, Context};
use indicatif::ProgressBar;
use psephos_client::{self as client, FinalisedBlocks, FinalityProof, Handover, Node};
use psephos_primitives::{BlockNumber, ElectionId, Hash, Phase};
use psephos_verifier::{
    archive::{Between, Block, Closing, Genesis, Runtime},
    headers::{announced_voters, replaces_code},
    state_proof::{genesis_keys, result_key},
    ArchiveWriter,
};

use crate::failure::{Failure, Result};

/// What was written.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Archived {
    /// Which election.
    pub election: ElectionId,
    /// The last block in the archive.
    pub last_block: BlockNumber,
    /// Its hash, which the validators' justification is for.
    pub last_hash: Hash,
    /// The hash of block 0: what an auditor compares with what was published before.
    pub genesis_hash: Hash,
    /// The file's length.
    pub bytes: u64,
}

/// The chain's beginning, with the proof of what an audit takes from it (PSE-ARC-2).
pub async fn read_genesis(node: &Node) -> Result<Genesis> {
    let hash = node.block_hash(0).await?;
    let header = node.header(hash).await?;
    let proof = node.read_proof(&genesis_keys(), hash).await.context(
        "the node cannot prove the state of block 0: it must keep all states \
         (--state-pruning archive)",
    )?;
    // Another code may have replaced it since.
    let versions = node.versions(Some(hash)).await?;
    Ok(Genesis {
        header,
        spec_version: versions.spec,
        transaction_version: versions.transaction,
        proof: proof.nodes,
    })
}

/// What stands behind a final block: votes if its header announces other validators, versions if it
/// replaced the code (PSE-ARC-7, PSE-ARC-8).
pub async fn read_between(node: &Node, block: &client::Block) -> Result<Between> {
    let handover = match announced_voters(&block.header) {
        Some(_) => Some(Handover::of(block.clone())?.justification),
        None => None,
    };
    let runtime = match replaces_code(&block.header) {
        true => Some(node.versions(Some(block.hash)).await?),
        false => None,
    };
    Ok(Between {
        handover,
        runtime: runtime.map(|versions| Runtime {
            spec_version: versions.spec,
            transaction_version: versions.transaction,
        }),
    })
}

/// Writes the archive of an election that is over.
pub async fn write(
    node: &Node,
    election: ElectionId,
    path: &Path,
    progress: &ProgressBar,
) -> Result<Archived> {
    let proof = proof_of_end(node, election).await?;
    progress.set_length(u64::from(proof.number) + 1);
    let draft = path.with_extension("partial");
    let file =
        File::create(&draft).with_context(|| format!("cannot create {}", draft.display()))?;
    let genesis = read_genesis(node).await?;
    let genesis_hash = genesis.header.hash();
    let mut writer =
        ArchiveWriter::new(BufWriter::new(file), genesis).map_err(anyhow::Error::from)?;
    let mut blocks = FinalisedBlocks::from(node.clone(), 1);
    for number in 1..=proof.number {
        let block = blocks.next().await?.block;
        if number == proof.number && block.hash != proof.target {
            return Err(anyhow!("block {number} is not the one that the validators signed").into());
        }
        let between = read_between(node, &block).await?;
        let record = Block {
            header: block.header,
            extrinsics: block.extrinsics,
        };
        writer
            .block(record)
            .and_then(|()| writer.between(between))
            .map_err(anyhow::Error::from)?;
        progress.set_position(number.into());
    }
    let state = node
        .read_proof(&[result_key(election)], proof.target)
        .await?;
    let closing = Closing {
        election,
        descendants: Vec::new(),
        justification: proof.justification,
        proof_block: proof.number,
        proof: state.nodes,
        result: node.elections_at(proof.target).result(election).await?,
    };
    let buffer = writer.close(closing).map_err(anyhow::Error::from)?;
    let mut file = buffer.into_inner().map_err(|error| anyhow!("{error}"))?;
    file.flush()
        .and_then(|()| file.sync_all())
        .context("cannot write the archive")?;
    let bytes = file.metadata().context("cannot write the archive")?.len();
    std::fs::rename(&draft, path).with_context(|| format!("cannot create {}", path.display()))?;
    progress.finish_and_clear();
    Ok(Archived {
        election,
        last_block: proof.number,
        last_hash: proof.target,
        genesis_hash,
        bytes,
    })
}

/// A justification of a block in whose state the election is over.
async fn proof_of_end(node: &Node, election: ElectionId) -> Result<FinalityProof> {
    let header = node.finalised_header().await?;
    match node.elections_at(header.hash()).phase(election).await? {
        Some(Phase::Published | Phase::Cancelled) => {}
        Some(phase) => {
            let message = format!("election {election} is not over: {phase:?}");
            return Err(Failure::verdict(message));
        }
        None => {
            let message = format!("there is no election {election} in the last finalised block");
            return Err(Failure::verdict(message));
        }
    }
    Ok(node.finality_of(header.number).await?)
}
