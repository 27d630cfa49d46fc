//! The parts of a node that need no network: database, executor, pool, import queue.

use std::sync::Arc;

use psephos_runtime::{apis::RuntimeApi, opaque::Block};
use sc_consensus_aura::{CheckForEquivocation, CompatibilityMode, ImportQueueParams};
use sc_service::{error::Error as ServiceError, Configuration, TaskManager};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sp_consensus_aura::{
    inherents::InherentDataProvider as SlotProvider, sr25519::AuthorityPair as AuraPair,
    SlotDuration,
};
use sp_timestamp::InherentDataProvider as TimestampProvider;

/// Runs the runtime's WebAssembly, and only that: there is no native runtime to differ from it.
pub type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The chain's database with the runtime's API on top.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type Backend = sc_service::TFullBackend<Block>;
/// Which fork is the best.
pub type SelectChain = sc_consensus::LongestChain<Backend, Block>;
/// Transactions that wait for a block.
pub type Pool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
/// Imports blocks under GRANDPA's rules.
pub type BlockImport =
    sc_consensus_grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
/// What connects block import and GRANDPA's voter.
pub type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, Client, SelectChain>;

/// Every so many blocks a justification is kept, which receipts and archives start from.
pub const JUSTIFICATION_PERIOD: u32 = 16;

/// What [`assemble`] makes.
pub struct Components {
    /// The database with the runtime's API.
    pub client: Arc<Client>,
    /// The database.
    pub backend: Arc<Backend>,
    /// Which fork is the best.
    pub select_chain: SelectChain,
    /// Checks and imports blocks of others.
    pub import_queue: sc_consensus::DefaultImportQueue<Block>,
    /// The validator's keys.
    pub keystore: sc_service::KeystoreContainer,
    /// Transactions that wait.
    pub pool: Arc<Pool>,
    /// Imports blocks under GRANDPA's rules.
    pub block_import: BlockImport,
    /// What the voter needs of it.
    pub grandpa_link: GrandpaLink,
    /// Off unless an endpoint is given.
    pub telemetry: Option<Telemetry>,
    /// Runs and ends the node's tasks.
    pub task_manager: TaskManager,
}

/// What an author puts into, and everybody expects in, a block: the slot and the time.
pub fn inherents_at(duration: SlotDuration) -> (SlotProvider, TimestampProvider) {
    let timestamp = TimestampProvider::from_system_time();
    (
        SlotProvider::from_timestamp_and_slot_duration(*timestamp, duration),
        timestamp,
    )
}

/// Puts the parts together.
pub fn assemble(config: &Configuration) -> Result<Components, ServiceError> {
    let worker = match config
        .telemetry_endpoints
        .as_ref()
        .filter(|e| !e.is_empty())
    {
        Some(endpoints) => {
            let worker = TelemetryWorker::new(16)?;
            let telemetry = worker.handle().new_telemetry(endpoints.clone());
            Some((worker, telemetry))
        }
        None => None,
    };
    let (client, backend, keystore, task_manager) =
        sc_service::new_full_parts::<Block, RuntimeApi, _>(
            config,
            worker.as_ref().map(|(_, telemetry)| telemetry.handle()),
            sc_service::new_wasm_executor::<sp_io::SubstrateHostFunctions>(&config.executor),
            Vec::new(),
        )?;
    let client = Arc::new(client);
    let telemetry = worker.map(|(worker, telemetry)| {
        task_manager
            .spawn_handle()
            .spawn("telemetry", None, worker.run());
        telemetry
    });
    let select_chain = SelectChain::new(backend.clone());
    let pool = Arc::from(
        sc_transaction_pool::Builder::new(
            task_manager.spawn_essential_handle(),
            client.clone(),
            config.role.is_authority().into(),
        )
        .with_options(config.transaction_pool.clone())
        .with_prometheus(config.prometheus_registry())
        .build(),
    );
    let (block_import, grandpa_link) = sc_consensus_grandpa::block_import(
        client.clone(),
        JUSTIFICATION_PERIOD,
        &client,
        select_chain.clone(),
        telemetry.as_ref().map(Telemetry::handle),
    )?;
    let slots = client.clone();
    let import_queue =
        sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
            block_import: block_import.clone(),
            justification_import: Some(Box::new(block_import.clone())),
            client: client.clone(),
            create_inherent_data_providers: move |parent, ()| {
                let duration = sc_consensus_aura::standalone::slot_duration_at(&*slots, parent);
                async move { Ok(inherents_at(duration?)) }
            },
            spawner: &task_manager.spawn_essential_handle(),
            registry: config.prometheus_registry(),
            check_for_equivocation: CheckForEquivocation::default(),
            telemetry: telemetry.as_ref().map(Telemetry::handle),
            compatibility_mode: CompatibilityMode::default(),
        })?;
    Ok(Components {
        client,
        backend,
        select_chain,
        import_queue,
        keystore,
        pool,
        block_import,
        grandpa_link,
        telemetry,
        task_manager,
    })
}
