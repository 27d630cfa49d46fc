//! What a relay needs to know of the chain.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use psephos_client::{CastRules, Node};
use psephos_envelope::{EnvelopeContext, EnvelopeSize};
use psephos_primitives::{BlockNumber, ElectionId, Hash, Phase};
use tokio::{
    sync::watch,
    time::{interval, timeout, Instant, MissedTickBehavior},
};

use crate::{
    closing::{ClosingClock, Moment},
    limits::{CHAIN_INTERVAL, CHAIN_TIMEOUT},
};

/// The election that a relay serves.
#[derive(Clone, Debug)]
pub struct Election {
    /// Its number.
    pub id: ElectionId,
    /// The chain's genesis hash.
    pub genesis: Hash,
    /// The first block that accepts no ballot any more.
    pub closing: BlockNumber,
    /// Mean delay, as the manifest has it.
    pub mean_delay: Duration,
    /// The one size of its envelopes.
    pub size: EnvelopeSize,
    /// What a ballot must be that this relay submits.
    pub casts: Arc<CastRules>,
}

impl Election {
    /// Reads it from the chain.
    pub async fn read(node: &Node, id: ElectionId) -> Result<Self> {
        let genesis = node.block_hash(0).await?;
        let manifest = node.elections().await?.manifest(id).await?;
        let manifest = manifest.with_context(|| format!("the chain has no election {id}"))?;
        let casts = CastRules::read(node, &manifest, id).await?;
        Ok(Self {
            id,
            genesis,
            closing: manifest.voting.end,
            mean_delay: Duration::from_secs(manifest.relay_delay.into()),
            size: EnvelopeSize::of_election(&manifest),
            casts: Arc::new(casts),
        })
    }

    /// What its envelopes are sealed for.
    pub const fn envelopes(&self) -> EnvelopeContext {
        EnvelopeContext {
            genesis_hash: self.genesis,
            election: self.id,
        }
    }

    /// What a queue's file is marked with.
    pub fn owner(&self) -> Vec<u8> {
        codec::Encode::encode(&(self.genesis, self.id))
    }
}

/// What the service looks at: the election's moment, and whether the chain is silent.
#[derive(Clone, Debug)]
pub struct ChainView {
    /// What to do with what is held.
    pub moment: watch::Receiver<Moment>,
    /// Whether no node has answered for long.
    pub silent: watch::Receiver<bool>,
}

/// Looks at the chain once a block, for as long as somebody looks at the view. After `patience`
/// without an answer the chain counts as silent.
pub fn watch_closing(
    node: Node,
    election: &Election,
    margin: BlockNumber,
    patience: Duration,
) -> ChainView {
    let (moment, moment_seen) = watch::channel(Moment::Holding);
    let (silent, silent_seen) = watch::channel(false);
    let clock = ClosingClock::new(election.closing, margin);
    let follower = Follower {
        node,
        election: election.id,
        clock,
        patience,
    };
    tokio::spawn(follower.run(moment, silent));
    ChainView {
        moment: moment_seen,
        silent: silent_seen,
    }
}

struct Follower {
    node: Node,
    election: ElectionId,
    clock: ClosingClock,
    patience: Duration,
}

impl Follower {
    async fn run(mut self, moment: watch::Sender<Moment>, silent: watch::Sender<bool>) {
        let started = Instant::now();
        let mut ticks = interval(CHAIN_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !moment.is_closed() {
            ticks.tick().await;
            let looked = timeout(CHAIN_TIMEOUT, look(&self.node, self.election)).await;
            let now = Instant::now();
            match looked {
                Ok(Ok((best, ended))) => {
                    self.clock.saw(best, now);
                    if ended {
                        self.clock.ended();
                    }
                }
                Ok(Err(error)) => tracing::warn!(%error, "cannot look at the chain"),
                Err(_) => tracing::warn!("no node answers"),
            }
            let silence = self.clock.silence(now).unwrap_or(now - started);
            silent.send_replace(silence > self.patience);
            let next = self.clock.moment(now);
            let changed = moment.send_if_modified(|old| core::mem::replace(old, next) != next);
            if changed {
                tracing::info!(moment = ?next, "the election has come to another moment");
            }
        }
    }
}

/// The best block's number, and whether the finalised chain says that voting has ended.
async fn look(node: &Node, election: ElectionId) -> psephos_client::Result<(BlockNumber, bool)> {
    let best = node.best_header().await?.number;
    let phase = node.elections().await?.phase(election).await?;
    let ended = matches!(
        phase,
        Some(Phase::Tallying | Phase::Published | Phase::Cancelled)
    );
    Ok((best, ended))
}
