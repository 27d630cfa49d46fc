//! What a node says of itself and of its chain.

use std::time::{SystemTime, UNIX_EPOCH};

use psephos_client::{storage_value_key, Error, Node};
use psephos_primitives::{
    validators::SessionKeys, AccountId, BlockNumber, ElectionId, Hash, Phase,
};
use serde::Deserialize;
use tokio::time::{sleep, Duration, Instant};

use crate::{failure::Result, watch::headers::slot};

/// How long new blocks are waited for: five slots.
const ATTENTION: Duration = Duration::from_secs(15);
/// Arrivals that are enough: with more than one validator, most of them are of others.
const ENOUGH: usize = 3;
/// Between two looks at the best block: what an arrival is known to.
const POLL: Duration = Duration::from_millis(100);

/// What a node says.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Of the node's program.
    pub version: String,
    /// Of the runtime.
    pub spec_version: u32,
    /// It takes part as a validator, or means to.
    pub authority: bool,
    /// Other nodes that it is connected to.
    pub peers: usize,
    /// On a chain of one there need be none.
    pub should_have_peers: bool,
    /// It is fetching blocks that others have had for long.
    pub syncing: bool,
    /// The last block.
    pub best: BlockNumber,
    /// The last final block.
    pub finalised: BlockNumber,
    /// The validators' public keys for making blocks, in their order.
    pub authors: Vec<[u8; 32]>,
    /// The validators' public keys for finality, in their order.
    pub voters: Vec<[u8; 32]>,
    /// Of those who take over when a session ends, for making blocks.
    pub next_authors: Vec<[u8; 32]>,
    /// Those of all of them whose secrets it has, as far as it tells the one who asks.
    pub held: Option<Held>,
    /// Which code runs.
    pub code: Code,
    /// When blocks came.
    pub arrivals: Arrivals,
}

/// Public keys of validators whose secrets a node has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Held {
    /// For making blocks.
    pub authors: Vec<[u8; 32]>,
    /// For finality.
    pub voters: Vec<[u8; 32]>,
}

/// Hashes of the runtime's code.
#[derive(Clone, Debug)]
pub struct Code {
    /// In the last final block.
    pub now: Hash,
    /// In block 0; none where the node does not keep its state.
    pub genesis: Option<Hash>,
    /// What the manifests of elections that are not over say, and whether they have opened.
    pub manifests: Vec<(ElectionId, Hash, bool)>,
}

/// When new blocks came, by this machine's clock.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// Milliseconds in a slot.
    pub slot: i64,
    /// For each, milliseconds after the beginning of the slot that its author claims.
    pub after: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    peers: usize,
    is_syncing: bool,
    should_have_peers: bool,
}

impl Reading {
    /// Asks; takes as long as three blocks do.
    pub async fn take(node: &Node) -> Result<Self> {
        let ask = node.connection();
        let health: Health = ask.request("system_health", &[]).await?;
        let version = ask.request("system_version", &[]).await?;
        let roles: Vec<String> = ask.request("system_nodeRoles", &[]).await?;
        let final_hash = node.finalised_hash().await?;
        let authors: Vec<[u8; 32]> = node
            .runtime_call("AuraApi_authorities", &[], final_hash)
            .await?;
        let voters: Vec<([u8; 32], u64)> = node
            .runtime_call("GrandpaApi_grandpa_authorities", &[], final_hash)
            .await?;
        let voters: Vec<[u8; 32]> = voters.into_iter().map(|(key, _)| key).collect();
        let next_authors = next_authors(node, final_hash).await?;
        let all_authors = [&authors[..], &next_authors].concat();
        Ok(Self {
            version,
            spec_version: node.facts().await?.spec_version,
            authority: roles.iter().any(|role| role == "Authority"),
            peers: health.peers,
            should_have_peers: health.should_have_peers,
            syncing: health.is_syncing,
            held: Held::ask(node, &all_authors, &voters).await?,
            next_authors,
            authors,
            voters,
            code: Code::read(node, final_hash).await?,
            arrivals: Arrivals::wait(node, final_hash).await?,
            // Last, and in this order: a block that comes between must not look like a lag.
            best: node.best_header().await?.number,
            finalised: node.finalised_header().await?.number,
        })
    }
}

/// Who makes blocks once the session has ended (PSE-VAL-7).
async fn next_authors(node: &Node, at: Hash) -> Result<Vec<[u8; 32]>> {
    let key = storage_value_key("Session", "QueuedKeys");
    let queued: Option<Vec<(AccountId, SessionKeys)>> = node.stored(&key, at).await?;
    let queued = queued.unwrap_or_default().into_iter();
    Ok(queued.map(|(_, keys)| keys.aura.0).collect())
}

impl Held {
    /// Asks for each; none where the node tells its operator alone.
    async fn ask(node: &Node, authors: &[[u8; 32]], voters: &[[u8; 32]]) -> Result<Option<Self>> {
        let mut held = Self::default();
        for (kind, keys, ours) in [
            ("aura", authors, &mut held.authors),
            ("gran", voters, &mut held.voters),
        ] {
            for key in keys {
                let public = format!("0x{}", hex::encode(key));
                let ask = node.connection();
                match ask
                    .request("author_hasKey", &[public.into(), kind.into()])
                    .await
                {
                    Ok(true) => ours.push(*key),
                    Ok(false) => {}
                    Err(Error::Rpc { .. }) => return Ok(None),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(Some(held))
    }
}

impl Code {
    async fn read(node: &Node, at: Hash) -> Result<Self> {
        let elections = node.elections_at(at);
        let mut manifests = Vec::new();
        for summary in elections.running().await? {
            if let Some(manifest) = elections.manifest(summary.election).await? {
                let opened = summary.phase != Phase::Registration;
                manifests.push((summary.election, manifest.code_hash, opened));
            }
        }
        let genesis = node.block_hash(0).await?;
        Ok(Self {
            now: node.code_hash(at).await?,
            // A node that prunes states answers with an error, which is no fault.
            genesis: node.code_hash(genesis).await.ok(),
            manifests,
        })
    }
}

impl Arrivals {
    async fn wait(node: &Node, at: Hash) -> Result<Self> {
        let slot_length: u64 = node.runtime_call("AuraApi_slot_duration", &[], at).await?;
        let slot_length = i64::try_from(slot_length).unwrap_or(i64::MAX);
        let deadline = Instant::now() + ATTENTION;
        let mut last = node.best_header().await?.number;
        let mut after = Vec::new();
        while after.len() < ENOUGH && Instant::now() < deadline {
            sleep(POLL).await;
            let best = node.best_header().await?;
            if best.number <= last {
                continue;
            }
            last = best.number;
            let slot = slot(&best).and_then(|slot| i64::try_from(slot).ok());
            if let Some(begin) = slot.and_then(|slot| slot.checked_mul(slot_length)) {
                after.push(now().saturating_sub(begin));
            }
        }
        Ok(Self {
            slot: slot_length,
            after,
        })
    }
}

/// Milliseconds since 1970, by this machine's clock.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}
