//! Subscriptions that follow final blocks only: what they have told is never taken back (PSE-API-3).

use std::{sync::Arc, time::Duration};

use futures::{future::Either, FutureExt, Stream, StreamExt};
use jsonrpsee::{
    types::ErrorObjectOwned, PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink,
};
use psephos_primitives::{
    api::{ElectionApi, IndexedBallot},
    observer::VotingState,
    BlockNumber, ElectionId, Hash, Phase,
};
use psephos_runtime::opaque::Block;
use sc_client_api::{BlockchainEvents, FinalityNotification};
use serde::Serialize;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

use crate::{components::Client, election_rpc::runtime_error};

/// How long a subscriber may take nothing from a full connection before it is dropped: what waits for
/// it holds memory, and blocks in the database.
const PATIENCE: Duration = Duration::from_secs(30);
/// JSON-RPC code: there is no election with this number in the last final block.
const UNKNOWN_ELECTION: i32 = 9_003;

/// Ballots that are final.
#[derive(Clone, Debug, Serialize)]
pub struct FinalBallots {
    /// The final block that the node read them from: theirs or a later one.
    pub block: BlockNumber,
    /// Its hash.
    pub hash: Hash,
    /// At most 64, in the order of acceptance, without a gap to those before.
    pub ballots: Vec<IndexedBallot>,
}

/// A voting state that is final.
#[derive(Clone, Debug, Serialize)]
pub struct FinalState {
    /// The hash of the block.
    pub hash: Hash,
    /// The state after it.
    #[serde(flatten)]
    pub state: VotingState,
}

/// Sends ballots from index `from` on, or those to come, until the subscriber has gone.
pub async fn follow_ballots(
    client: Arc<Client>,
    pending: PendingSubscriptionSink,
    election: ElectionId,
    from: Option<u32>,
) {
    // Before the first look, so that nothing falls between the two.
    let mut finality = client.finality_notification_stream();
    let info = client.info();
    let mut head = (info.finalized_number, info.finalized_hash);
    let Some((sink, _)) = accept(&client, pending, election, head.1).await else {
        return;
    };
    let mut next = match from {
        Some(from) => from,
        None => match client.runtime_api().ballot_count(head.1, election) {
            Ok(count) => count,
            Err(_) => return,
        },
    };
    loop {
        // Pages until one is empty.
        while let Ok(ballots) = client.runtime_api().ballots(head.1, election, next) {
            let Some(last) = ballots.last() else { break };
            let Some(after) = last.index.checked_add(1) else {
                return;
            };
            next = after;
            let (block, hash) = head;
            let page = FinalBallots {
                block,
                hash,
                ballots,
            };
            if !send(&sink, &page).await {
                return;
            }
        }
        let Some(mut newest) = next_final(&sink, &mut finality).await else {
            return;
        };
        // What stands in the state of a block stands in that of its successors, too.
        while let Some(Some(newer)) = finality.next().now_or_never() {
            newest = newer;
        }
        head = (newest.header.number, newest.hash);
    }
}

/// Sends the voting state now, and whenever the phase has changed, until the subscriber has gone.
pub async fn follow_phase(
    client: Arc<Client>,
    pending: PendingSubscriptionSink,
    election: ElectionId,
) {
    let mut finality = client.finality_notification_stream();
    let hash = client.info().finalized_hash;
    let Some((sink, state)) = accept(&client, pending, election, hash).await else {
        return;
    };
    let mut told: Phase = state.phase;
    if !send(&sink, &FinalState { hash, state }).await {
        return;
    }
    while let Some(notification) = next_final(&sink, &mut finality).await {
        // One notification may make many blocks final: no phase of theirs is left out.
        let ancestors = notification.tree_route.iter().copied();
        for hash in ancestors.chain([notification.hash]) {
            // Where the state is pruned already, that of a later block tells.
            let state = client.runtime_api().voting_state(hash, election);
            let Ok(Some(state)) = state else { continue };
            if state.phase == told {
                continue;
            }
            told = state.phase;
            if !send(&sink, &FinalState { hash, state }).await {
                return;
            }
        }
    }
}

/// Accepts a subscription to an election that there is.
async fn accept(
    client: &Client,
    pending: PendingSubscriptionSink,
    election: ElectionId,
    at: Hash,
) -> Option<(SubscriptionSink, VotingState)> {
    let refusal = match client.runtime_api().voting_state(at, election) {
        Ok(Some(state)) => return pending.accept().await.ok().map(|sink| (sink, state)),
        Ok(None) => ErrorObjectOwned::owned(
            UNKNOWN_ELECTION,
            "there is no election with this number in the last final block",
            None::<()>,
        ),
        Err(error) => runtime_error(&error),
    };
    pending.reject(refusal).await;
    None
}

/// The next final block; nothing once the subscriber has gone or the node ends.
async fn next_final(
    sink: &SubscriptionSink,
    finality: &mut (impl Stream<Item = FinalityNotification<Block>> + Unpin),
) -> Option<FinalityNotification<Block>> {
    let closed = std::pin::pin!(sink.closed());
    match futures::future::select(closed, finality.next()).await {
        Either::Left(_) => None,
        Either::Right((notification, _)) => notification,
    }
}

/// Whether the subscriber has taken it.
async fn send(sink: &SubscriptionSink, item: &impl Serialize) -> bool {
    let Ok(message) = SubscriptionMessage::from_json(item) else {
        return false;
    };
    sink.send_timeout(message, PATIENCE).await.is_ok()
}
