//! The node's own RPC methods, beside those that every Substrate node has.

use std::sync::Arc;

use jsonrpsee::RpcModule;
use psephos_runtime::{opaque::Block, BlockNumber, Hash};
use sc_consensus_grandpa::{
    FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa as GrandpaRpc, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::{
    components::{Backend, Client, Pool},
    election_rpc::{ElectionRpc, ElectionRpcServer},
    observer_rpc::{ObserverRpc, ObserverRpcServer},
};

/// What the finality methods read from.
#[derive(Clone)]
pub struct Grandpa {
    /// The state of the running round.
    pub voter_state: SharedVoterState,
    /// Who votes.
    pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
    /// Justifications as they come.
    pub justifications: GrandpaJustificationStream<Block>,
    /// Justifications as they are kept.
    pub proofs: Arc<FinalityProofProvider<Backend, Block>>,
}

/// All our methods.
pub fn module(
    client: Arc<Client>,
    pool: Arc<Pool>,
    grandpa: Grandpa,
    executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
    let mut module = RpcModule::new(());
    module.merge(System::new(client.clone(), pool).into_rpc())?;
    module.merge(
        GrandpaRpc::new(
            executor.clone(),
            grandpa.authority_set,
            grandpa.voter_state,
            grandpa.justifications,
            grandpa.proofs,
        )
        .into_rpc(),
    )?;
    module.merge(ElectionRpc::new(client.clone()).into_rpc())?;
    module.merge(ObserverRpc::new(client, executor).into_rpc())?;
    Ok(module)
}
