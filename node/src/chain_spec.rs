//! Specifications of chains that the node knows by name.

use psephos_runtime::WASM_BINARY;
use sc_service::ChainType;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};

/// A chain's name, its peers and its genesis.
pub type ChainSpec = sc_service::GenericChainSpec;

/// One validator with well-known keys.
pub fn development() -> Result<ChainSpec, String> {
    specification(
        "Psephos development",
        "psephos_development",
        ChainType::Development,
        DEV_RUNTIME_PRESET,
    )
}

/// Three validators with well-known keys.
pub fn local() -> Result<ChainSpec, String> {
    specification(
        "Psephos local",
        "psephos_local",
        ChainType::Local,
        LOCAL_TESTNET_RUNTIME_PRESET,
    )
}

fn specification(name: &str, id: &str, kind: ChainType, preset: &str) -> Result<ChainSpec, String> {
    let code = WASM_BINARY.ok_or("this node was built without a runtime (SKIP_WASM_BUILD)")?;
    Ok(ChainSpec::builder(code, None)
        .with_name(name)
        .with_id(id)
        .with_protocol_id(&id.replace('_', "-"))
        .with_chain_type(kind)
        .with_genesis_config_preset_name(preset)
        .build())
}
