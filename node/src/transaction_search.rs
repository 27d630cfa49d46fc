//! Finds a ballot by the hash of the transaction that cast it.
//!
//! The chain's state does not know these hashes, since a tracker does the same for 32 bytes less. So
//! the bodies of blocks are looked through, newest first, in steps of a bounded size.

use codec::{DecodeAll, Encode};
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use psephos_primitives::{
    api::{ElectionApi, IndexedBallot},
    hashing::blake2_256,
    wire::{BallotRegisterCall, Call, Extrinsic},
    BlockNumber, ElectionId, Hash,
};
use psephos_runtime::opaque::UncheckedExtrinsic;
use sc_client_api::BlockBackend;
use serde::Serialize;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

use crate::{components::Client, election_rpc::answer};

/// Blocks that one call looks through at most: two and a half hours of voting. Most are empty, and
/// take a tenth of a millisecond.
const BLOCKS_AT_MOST: u32 = 3_000;
/// Bytes of bodies after which a call goes no further: hashing them takes a tenth of a second.
const BYTES_AT_MOST: usize = 32 * 1024 * 1024;
/// The node does not have the body of a block that would have to be looked through.
const NO_BODY: i32 = 9_002;

/// What a search has found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FoundTransaction {
    /// The hash of the block that holds the transaction.
    pub block: Option<Hash>,
    /// Its place in the block, from 0.
    pub position: Option<u32>,
    /// The ballot that it cast; none if it casts none in this election.
    pub ballot: Option<IndexedBallot>,
    /// Where to go on, as `before`; none if it was found, or everything was looked through.
    pub next: Option<BlockNumber>,
}

/// Looks for a transaction in the blocks of an election's voting, below `before`; nothing if there is
/// no such election.
pub fn search(
    client: &Client,
    election: ElectionId,
    transaction: Hash,
    before: Option<BlockNumber>,
) -> RpcResult<Option<FoundTransaction>> {
    let best = client.info();
    let api = client.runtime_api();
    let Some(state) = answer(api.voting_state(best.best_hash, election))? else {
        return Ok(None);
    };
    let end = state.voting.end.min(best.best_number.saturating_add(1));
    let mut block = before.map_or(end, |before| before.min(end));
    let mut bytes = 0usize;
    let mut blocks = 0;
    while block > state.voting.start {
        if blocks == BLOCKS_AT_MOST || bytes >= BYTES_AT_MOST {
            return Ok(Some(FoundTransaction {
                next: Some(block),
                ..FoundTransaction::default()
            }));
        }
        block = block.saturating_sub(1);
        blocks += 1;
        let (hash, body) = body(client, block)?;
        for (position, extrinsic) in (0u32..).zip(&body) {
            let encoded = extrinsic.encode();
            bytes = bytes.saturating_add(encoded.len());
            if Hash::from(blake2_256(&encoded)) != transaction {
                continue;
            }
            let ballot = match tracker(&encoded, election) {
                Some(tracker) => answer(api.ballot_by_tracker(best.best_hash, election, tracker))?,
                None => None,
            };
            return Ok(Some(FoundTransaction {
                block: Some(hash),
                position: Some(position),
                ballot,
                next: None,
            }));
        }
    }
    Ok(Some(FoundTransaction::default()))
}

/// A block of the best chain.
fn body(client: &Client, number: BlockNumber) -> RpcResult<(Hash, Vec<UncheckedExtrinsic>)> {
    let missing = |cause: String| {
        ErrorObjectOwned::owned(
            NO_BODY,
            format!("this node does not have the body of block {number}"),
            Some(cause),
        )
    };
    let hash = client
        .hash(number)
        .map_err(|error| missing(error.to_string()))?
        .ok_or_else(|| missing("the best chain has no such block".into()))?;
    let body = client
        .block_body(hash)
        .map_err(|error| missing(error.to_string()))?
        .ok_or_else(|| missing("it is pruned".into()))?;
    Ok((hash, body))
}

/// The tracker of the ballot that an extrinsic casts in this election.
fn tracker(encoded: &[u8], election: ElectionId) -> Option<Hash> {
    let extrinsic = Extrinsic::decode_all(&mut &encoded[..]).ok()?;
    let Extrinsic::Signed { call, .. } = extrinsic else {
        return None;
    };
    match call {
        Call::BallotRegister(BallotRegisterCall::Cast {
            election: cast_in,
            ballot,
            ..
        }) if cast_in == election => Some(ballot.tracker()),
        _ => None,
    }
}
