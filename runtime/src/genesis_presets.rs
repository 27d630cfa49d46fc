//! Who runs a new chain: `development` is one validator, `local` is three, all with well-known keys
//! that no real network may use.

use alloc::{string::ToString, vec, vec::Vec};
use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

use super::{AccountId, RuntimeGenesisConfig, SessionConfig, SessionKeys};

/// As `pallet-session` wants it: whose keys these are, twice.
type Organisation = (AccountId, AccountId, SessionKeys);

fn well_known(sr25519: Sr25519Keyring, ed25519: Ed25519Keyring) -> Organisation {
    let keys = SessionKeys {
        aura: sr25519.public().into(),
        grandpa: ed25519.public().into(),
    };
    (sr25519.to_account_id(), sr25519.to_account_id(), keys)
}

/// Everything follows from the organisations' keys: who makes blocks, finalises them and votes in the
/// consortium (PSE-VAL-1).
fn genesis(organisations: Vec<Organisation>) -> Value {
    build_struct_json_patch!(RuntimeGenesisConfig {
        session: SessionConfig {
            keys: organisations
        },
    })
}

/// The genesis of a preset, as JSON.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let alice = || well_known(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
    let patch = match id.as_ref() {
        DEV_RUNTIME_PRESET => genesis(vec![alice()]),
        LOCAL_TESTNET_RUNTIME_PRESET => genesis(vec![
            alice(),
            well_known(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
            well_known(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
        ]),
        _ => return None,
    };
    Some(patch.to_string().into_bytes())
}

/// The presets there are.
pub fn preset_names() -> Vec<PresetId> {
    vec![
        PresetId::from(DEV_RUNTIME_PRESET),
        PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET),
    ]
}
