//! Receipts: collected from a node, verified from a file (PSE-RCP-1 … PSE-RCP-6).

use std::path::Path;

use anyhow::{anyhow, Context};
use psephos_client::{FinalityProof, Node};
use psephos_primitives::{api::IndexedBallot, AccountId, BlockNumber, ElectionId, Hash};
use psephos_verifier::{
    receipt::{Handover, Included, ProvenHeader, FORMAT},
    state_proof::{ballot_page_key, grandpa_key},
    Receipt, ReceiptError,
};
use sp_core::Bytes;

use crate::failure::{read_input_text, Failure, InputError, Result};

/// How a ballot is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// By its tracker.
    Tracker(Hash),
    /// By the one-time account that cast it; of several ballots the last, which counts.
    Account(AccountId),
    /// By its place in the register.
    Index(u32),
}

/// Finds a ballot in the last finalised block's state.
pub async fn find(node: &Node, election: ElectionId, which: &Which) -> Result<IndexedBallot> {
    let api = node.elections().await?;
    let found = match which {
        Which::Tracker(tracker) => api.ballot_by_tracker(election, *tracker).await?,
        Which::Account(account) => {
            let newest_first = api.ballots_by_account(election, account).await?;
            newest_first.into_iter().next()
        }
        Which::Index(index) => api.ballot_by_index(election, *index).await?,
    };
    found.ok_or_else(|| {
        let message = format!("the last finalised block has no such ballot of election {election}");
        Failure::verdict(message)
    })
}

/// Collects a ballot's receipt. What the node hands out is believed by nobody: it is verified, too.
pub async fn collect(
    node: &Node,
    election: ElectionId,
    ballot: &IndexedBallot,
) -> Result<(Receipt, Included)> {
    let FinalityProof {
        target,
        number,
        justification,
    } = node.finality_of(ballot.record.block).await?;
    let genesis_hash = node.block_hash(0).await?;
    let receipt = Receipt {
        format: FORMAT.into(),
        election,
        tracker: ballot.record.tracker,
        index: ballot.index,
        genesis: proven(node, genesis_hash, grandpa_key()).await.context(
            "the node cannot prove the state of block 0: it must keep all states \
             (--state-pruning archive)",
        )?,
        // The block with which a set ends is still that set's.
        handovers: handovers(node, 0, number.saturating_sub(1), target).await?,
        block: proven(node, target, ballot_page_key(election, ballot.index)).await?,
        descendants: Vec::new(),
        justification: Bytes(justification),
    };
    let included = receipt
        .verify(genesis_hash, election)
        .map_err(|error| anyhow!("what the node answers is no receipt: {error}"))?;
    Ok((receipt, included))
}

/// The handovers after the first ones up to the block of this number, as the state after the block
/// with the hash `at` names them (PSE-RCP-6).
pub async fn handovers(
    node: &Node,
    after: u64,
    last: BlockNumber,
    at: Hash,
) -> Result<Vec<Handover>, psephos_client::Error> {
    let handovers = node.handovers(after, last, at).await?;
    let handovers = handovers.into_iter().map(|own| Handover {
        header: own.header,
        justification: Bytes(own.justification),
    });
    Ok(handovers.collect())
}

async fn proven(
    node: &Node,
    at: Hash,
    key: Vec<u8>,
) -> Result<ProvenHeader, psephos_client::Error> {
    let header = node.header(at).await?;
    let proof = node.read_proof(&[key], at).await?;
    Ok(ProvenHeader {
        header,
        proof: proof.nodes.into_iter().map(Bytes).collect(),
    })
}

/// What a reader of a receipt knows already. Only the genesis hash is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The hash of block 0.
    pub genesis: Hash,
    /// The election that the ballot should be of.
    pub election: Option<ElectionId>,
    /// The tracker that the voter wrote down.
    pub tracker: Option<Hash>,
}

/// Verifies the receipt in a file, without a network.
pub fn verify_file(path: &Path, expected: &Expected) -> Result<Included> {
    let origin = path.display().to_string();
    let text = read_input_text(path)?;
    let receipt = Receipt::from_json(&text).map_err(|error| not_readable(&origin, &error))?;
    let election = expected.election.unwrap_or(receipt.election);
    let refused = |reason: String| Failure::verdict(format!("{origin} proves nothing: {reason}"));
    let included = receipt
        .verify(expected.genesis, election)
        .map_err(|error| refused(error.to_string()))?;
    match expected.tracker {
        Some(tracker) if tracker != included.tracker => Err(refused(format!(
            "the receipt is of ballot {:?}, not of {tracker:?}",
            included.tracker
        ))),
        _ => Ok(included),
    }
}

fn not_readable(origin: &str, error: &ReceiptError) -> InputError {
    InputError::new(origin, error.to_string())
}
