//! Each pallet's configuration.

use frame_support::{
    derive_impl,
    dispatch::DispatchClass,
    parameter_types,
    traits::{ConstBool, ConstU32, ConstU64, Contains, Get},
    weights::{
        constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
        Weight,
    },
};
use frame_system::{
    limits::{BlockLength, BlockWeights},
    EnsureNever, EnsureRoot,
};
use pallet_validator_set::no_coins::NoCoins;
use psephos_primitives::{limits::BLOCK_MILLISECONDS, validators::MAX_ORGANISATIONS};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_core::storage::well_known_keys::CODE;
use sp_runtime::{
    traits::{AccountIdLookup, ConvertInto, OpaqueKeys},
    Perbill,
};
use sp_version::RuntimeVersion;

use super::{
    motions::{Place, MAX_MOTIONS},
    AccountId, Aura, BallotRegister, Block, BlockNumber, Consortium, Hash, KeyCeremony, Nonce,
    PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, RuntimeTask, SessionKeys,
    ValidatorSet, VERSION,
};

/// Ballots may fill this part of a block; the rest is for officials, or a flood could keep a
/// trustee's share out.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
/// Two of three seconds: the rest is for the network.
const BLOCK_COMPUTE: Weight = Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
/// Room for some two thousand ballots of five options.
const BLOCK_BYTES: u32 = 5 * 1024 * 1024;
/// Votes of the consortium stay open for a day.
const MOTION_DURATION: BlockNumber = psephos_primitives::limits::BLOCKS_PER_DAY;

/// The consortium's collective.
pub type ConsortiumInstance = pallet_collective::Instance1;
/// More than half of the consortium's members: nobody alone.
pub type ConsortiumMajority =
    pallet_collective::EnsureProportionMoreThan<AccountId, ConsortiumInstance, 1, 2>;

parameter_types! {
    pub const BlockHashCount: BlockNumber = 4096;
    pub const Version: RuntimeVersion = VERSION;
    pub RuntimeBlockWeights: BlockWeights =
        BlockWeights::with_sensible_defaults(BLOCK_COMPUTE, NORMAL_DISPATCH_RATIO);
    pub RuntimeBlockLength: BlockLength = BlockLength::builder()
        .max_length(BLOCK_BYTES)
        .modify_max_length_for_class(DispatchClass::Normal, |length| {
            *length = NORMAL_DISPATCH_RATIO * *length;
        })
        .build();
    pub const SS58Prefix: u8 = 42;
    pub MaxProposalWeight: Weight = Perbill::from_percent(50) * BLOCK_COMPUTE;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type BlockWeights = RuntimeBlockWeights;
    type BlockLength = RuntimeBlockLength;
    type AccountId = AccountId;
    type Nonce = Nonce;
    type Hash = Hash;
    // No balances: a row only counts an official's transactions.
    type AccountData = ();
    type Lookup = AccountIdLookup<AccountId, ()>;
    type BlockHashCount = BlockHashCount;
    type DbWeight = ParityDbWeight;
    type Version = Version;
    type SS58Prefix = SS58Prefix;
    type MaxConsumers = ConstU32<16>;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = Aura;
    type MinimumPeriod = ConstU64<{ BLOCK_MILLISECONDS / 2 }>;
    type WeightInfo = ();
}

impl pallet_aura::Config for Runtime {
    type AuthorityId = AuraId;
    type DisabledValidators = ();
    type MaxAuthorities = ConstU32<MAX_ORGANISATIONS>;
    type AllowMultipleBlocksPerSlot = ConstBool<false>;
    type SlotDuration = ConstU64<BLOCK_MILLISECONDS>;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_ORGANISATIONS>;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<0>;
    type KeyOwnerProof = sp_core::Void;
    type EquivocationReportSystem = ();
}

impl pallet_collective::Config<ConsortiumInstance> for Runtime {
    type RuntimeOrigin = RuntimeOrigin;
    type Proposal = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type MotionDuration = ConstU32<MOTION_DURATION>;
    type MaxProposals = ConstU32<MAX_MOTIONS>;
    type MaxMembers = ConstU32<MAX_ORGANISATIONS>;
    type DefaultVote = pallet_collective::MoreThanMajorityThenPrimeDefaultVote;
    type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
    type SetMembersOrigin = EnsureRoot<AccountId>;
    type MaxProposalWeight = MaxProposalWeight;
    type DisapproveOrigin = ConsortiumMajority;
    type KillOrigin = EnsureNever<AccountId>;
    type Consideration = Place;
}

// None of its calls is ever admitted: keys come through the organisations' own pallet (PSE-VAL).
impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = ValidatorSet;
    type NextSessionRotation = ();
    type SessionManager = ValidatorSet;
    type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    // A disabled validator's block would panic, and the consortium decides on whom it trusts.
    type DisablingStrategy = ();
    type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
    type Currency = NoCoins;
    type KeyDeposit = ConstU32<0>;
}

impl pallet_validator_set::Config for Runtime {
    type Members = Consortium;
    type WeightInfo = pallet_validator_set::weights::SubstrateWeight<Runtime>;
}

/// The members of the consortium.
pub struct ConsortiumMembers;

impl Contains<AccountId> for ConsortiumMembers {
    fn contains(account: &AccountId) -> bool {
        Consortium::is_member(account)
    }
}

/// `blake2_256` of the code that the chain runs.
pub struct CodeHash;

impl Get<Hash> for CodeHash {
    fn get() -> Hash {
        let code = frame_support::storage::unhashed::get_raw(CODE).unwrap_or_default();
        sp_io::hashing::blake2_256(&code).into()
    }
}

impl pallet_elections::Config for Runtime {
    type AdminOrigin = ConsortiumMajority;
    type Consortium = ConsortiumMembers;
    type CodeHash = CodeHash;
    type CeremonyGate = KeyCeremony;
    type OnCreated = KeyCeremony;
    type ClosingHook = BallotRegister;
    type OnCancelled = BallotRegister;
    type WeightInfo = pallet_elections::weights::SubstrateWeight<Runtime>;
}

impl pallet_voter_register::Config for Runtime {
    type WeightInfo = pallet_voter_register::weights::SubstrateWeight<Runtime>;
}

impl pallet_key_ceremony::Config for Runtime {
    type WeightInfo = pallet_key_ceremony::weights::SubstrateWeight<Runtime>;
}

impl pallet_ballot_register::Config for Runtime {
    type WeightInfo = pallet_ballot_register::weights::SubstrateWeight<Runtime>;
}
