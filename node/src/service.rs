//! Starts a node: the network, the RPC server and, for a validator, Aura and GRANDPA.

use std::{sync::Arc, time::Duration};

use psephos_runtime::{opaque::Block, Hash};
use sc_client_api::BlockBackend;
use sc_consensus_aura::{CompatibilityMode, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::{
    warp_proof::NetworkProvider, FinalityProofProvider, GrandpaParams, SharedVoterState,
    ThreeQuartersOfTheUnfinalizedChain,
};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{
    build_network, error::Error as ServiceError, spawn_tasks, BuildNetworkParams, Configuration,
    SpawnTasksParams, TaskManager, WarpSyncConfig,
};
use sc_telemetry::Telemetry;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::sr25519::AuthorityPair as AuraPair;

use crate::{
    components::{assemble, inherents_at, Components, JUSTIFICATION_PERIOD},
    counting_pool::CountingPool,
    election_metrics::ElectionMetrics,
    rpc,
};

/// A ballot of 64 options in each of 16 contests takes 300 kB; a block holds a dozen of them.
const BLOCK_SIZE_LIMIT: usize = 5 * 1024 * 1024;
/// How long GRANDPA's votes wait for company before they are sent.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// Starts a node; it runs until the task manager ends.
pub fn start<Net: NetworkBackend<Block, Hash>>(
    config: Configuration,
) -> Result<TaskManager, ServiceError> {
    let Components {
        client,
        backend,
        select_chain,
        import_queue,
        keystore,
        pool,
        block_import,
        grandpa_link,
        mut telemetry,
        mut task_manager,
    } = assemble(&config)?;

    let registry = config.prometheus_registry().cloned();
    let counting_pool = Arc::new(CountingPool::new(pool.clone(), registry.as_ref())?);
    if let Some(registry) = &registry {
        let figures = ElectionMetrics::register(registry)?;
        task_manager
            .spawn_handle()
            .spawn("election-metrics", None, figures.follow(client.clone()));
    }
    let mut net_config =
        FullNetworkConfiguration::<Block, Hash, Net>::new(&config.network, registry.clone());
    let metrics = Net::register_notification_metrics(registry.as_ref());
    let genesis_hash = client
        .block_hash(0)?
        .ok_or_else(|| ServiceError::Other("the database has no block 0".into()))?;
    let grandpa_protocol =
        sc_consensus_grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
    let (protocol_config, grandpa_notifications) =
        sc_consensus_grandpa::grandpa_peers_set_config::<_, Net>(
            grandpa_protocol.clone(),
            metrics.clone(),
            net_config.peer_store_handle(),
        );
    net_config.add_notification_protocol(protocol_config);
    let warp_sync = NetworkProvider::new(
        backend.clone(),
        grandpa_link.shared_authority_set().clone(),
        Vec::new(),
    );
    let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
        build_network(BuildNetworkParams {
            config: &config,
            net_config,
            client: client.clone(),
            transaction_pool: counting_pool.clone(),
            spawn_handle: task_manager.spawn_handle(),
            spawn_essential_handle: task_manager.spawn_essential_handle(),
            import_queue,
            block_announce_validator_builder: None,
            warp_sync_config: Some(WarpSyncConfig::WithProvider(Arc::new(warp_sync))),
            block_relay: None,
            metrics,
            gap_sync_body_policy: None,
        })?;

    let role = config.role;
    let name = config.network.node_name.clone();
    let force_authoring = config.force_authoring;
    let votes = !config.disable_grandpa;
    let voter_state = SharedVoterState::empty();
    let rpc_builder = {
        let client = client.clone();
        let pool = pool.clone();
        let grandpa = rpc::Grandpa {
            voter_state: voter_state.clone(),
            authority_set: grandpa_link.shared_authority_set().clone(),
            justifications: grandpa_link.justification_stream(),
            proofs: FinalityProofProvider::new_for_service(
                backend.clone(),
                Some(grandpa_link.shared_authority_set().clone()),
            ),
        };
        Box::new(move |executor| {
            rpc::module(client.clone(), pool.clone(), grandpa.clone(), executor).map_err(Into::into)
        })
    };
    let telemetry_handle = telemetry.as_ref().map(Telemetry::handle);
    spawn_tasks(SpawnTasksParams {
        config,
        client: client.clone(),
        backend,
        task_manager: &mut task_manager,
        keystore: keystore.keystore(),
        transaction_pool: counting_pool,
        rpc_builder,
        network: network.clone(),
        system_rpc_tx,
        tx_handler_controller,
        sync_service: sync_service.clone(),
        telemetry: telemetry.as_mut(),
        tracing_execute_block: None,
    })?;

    if role.is_authority() {
        let mut proposer = sc_basic_authorship::ProposerFactory::new(
            task_manager.spawn_handle(),
            client.clone(),
            pool.clone(),
            registry.as_ref(),
            telemetry_handle.clone(),
        );
        proposer.set_default_block_size_limit(BLOCK_SIZE_LIMIT);
        let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
        let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(
            StartAuraParams {
                slot_duration,
                client,
                select_chain,
                block_import,
                proposer_factory: proposer,
                sync_oracle: sync_service.clone(),
                justification_sync_link: sync_service.clone(),
                create_inherent_data_providers: move |_, ()| async move {
                    Ok(inherents_at(slot_duration))
                },
                force_authoring,
                backoff_authoring_blocks: None::<()>,
                keystore: keystore.keystore(),
                // The last third of a slot is for the network to carry and check the block.
                block_proposal_slot_portion: SlotProportion::new(2. / 3.),
                max_block_proposal_slot_portion: None,
                telemetry: telemetry_handle.clone(),
                compatibility_mode: CompatibilityMode::default(),
            },
        )?;
        task_manager
            .spawn_essential_handle()
            .spawn_blocking("aura", Some("block-authoring"), aura);
    }

    if votes {
        let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
            config: sc_consensus_grandpa::Config {
                gossip_duration: GOSSIP_DURATION,
                justification_generation_period: JUSTIFICATION_PERIOD,
                observer_enabled: false,
                local_role: role,
                name: Some(name),
                keystore: role.is_authority().then(|| keystore.keystore()),
                telemetry: telemetry_handle.clone(),
                protocol_name: grandpa_protocol,
            },
            link: grandpa_link,
            network,
            sync: sync_service,
            notification_service: grandpa_notifications,
            // The library's default also stays two blocks behind the best, for chains in which one slot may have several
            // authors. Here it has one, and those six seconds would only keep voters waiting for their receipts.
            voting_rule: ThreeQuartersOfTheUnfinalizedChain,
            prometheus_registry: registry,
            shared_voter_state: voter_state,
            telemetry: telemetry_handle,
            offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(pool),
        })?;
        task_manager
            .spawn_essential_handle()
            .spawn_blocking("grandpa-voter", None, voter);
    }
    Ok(task_manager)
}
