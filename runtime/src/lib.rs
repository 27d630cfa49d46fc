//! The state transition function of the chain: which pallets there are and how they fit together.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

pub mod admission;
pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configuration;
pub mod genesis_presets;
pub mod mortality;
pub mod motions;
pub mod unsigned;

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{generic, impl_opaque_keys, traits::BlakeTwo256, MultiAddress, MultiSignature};
use sp_version::RuntimeVersion;

pub use frame_system::Call as SystemCall;
pub use pallet_timestamp::Call as TimestampCall;
pub use psephos_primitives::{AccountId, BlockNumber, Hash};

/// What the node handles without knowing the runtime's calls.
pub mod opaque {
    use super::*;
    pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

    /// A header as the node sees it.
    pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
    /// A block as the node sees it.
    pub type Block = generic::Block<Header, UncheckedExtrinsic>;
    /// How a block is named.
    pub type BlockId = generic::BlockId<Block>;
}

impl_opaque_keys! {
    /// What a validator signs blocks and votes with.
    pub struct SessionKeys {
        pub aura: Aura,
        pub grandpa: Grandpa,
    }
}

impl From<psephos_primitives::validators::SessionKeys> for SessionKeys {
    fn from(keys: psephos_primitives::validators::SessionKeys) -> Self {
        Self {
            aura: keys.aura.into(),
            grandpa: keys.grandpa.into(),
        }
    }
}

impl From<SessionKeys> for psephos_primitives::validators::SessionKeys {
    fn from(keys: SessionKeys) -> Self {
        Self {
            aura: keys.aura.into(),
            grandpa: keys.grandpa.into(),
        }
    }
}

/// What runs here. `system_version` 1: state keys are hashed values above 32 bytes, extrinsics
/// roots are plain ones.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("psephos"),
    impl_name: Cow::Borrowed("psephos"),
    authoring_version: 1,
    spec_version: 102,
    impl_version: 1,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

/// A signature of any kind that an account can have.
pub type Signature = MultiSignature;
/// How many transactions an official has sent, or ballots a voter has cast.
pub type Nonce = u32;
/// How a transaction names its signer.
pub type Address = MultiAddress<AccountId, ()>;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What every signed transaction goes through, in this order (PSE-EXT-1).
pub type TransactionExtensions = (
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    mortality::Mortality,
    admission::Admission,
    frame_system::CheckWeight<Runtime>,
);

/// A transaction as it stands in a block.
pub type UncheckedExtrinsic =
    generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TransactionExtensions>;

/// Executes blocks.
pub type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    unsigned::Unsigned,
    AllPalletsWithSystem,
>;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(2)]
    pub type Aura = pallet_aura;
    #[runtime::pallet_index(3)]
    pub type Grandpa = pallet_grandpa;
    #[runtime::pallet_index(4)]
    pub type Consortium = pallet_collective<Instance1>;
    #[runtime::pallet_index(5)]
    pub type ValidatorSet = pallet_validator_set;
    // Before the elections: a session ends before an election opens in the same block (PSE-VAL-6).
    #[runtime::pallet_index(6)]
    pub type Session = pallet_session;
    #[runtime::pallet_index(10)]
    pub type Elections = pallet_elections;
    #[runtime::pallet_index(11)]
    pub type VoterRegister = pallet_voter_register;
    #[runtime::pallet_index(12)]
    pub type KeyCeremony = pallet_key_ceremony;
    #[runtime::pallet_index(13)]
    pub type BallotRegister = pallet_ballot_register;
}
