//! A chain of the four pallets, as the runtime puts them together.

use frame_support::{
    construct_runtime, derive_impl, parameter_types,
    traits::{Hooks, Nothing},
    weights::{
        constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
        Weight,
    },
};
use frame_system::{limits::BlockWeights, EnsureRoot};
use psephos_primitives::{AccountId, BlockNumber, Hash};
use sp_runtime::{traits::IdentityLookup, BuildStorage, Perbill};

construct_runtime!(
    pub enum Test {
        System: frame_system = 0,
        Elections: pallet_elections = 10,
        VoterRegister: pallet_voter_register = 11,
        KeyCeremony: pallet_key_ceremony = 12,
        BallotRegister: crate = 13,
    }
);

parameter_types! {
    pub const CodeHash: Hash = Hash::repeat_byte(0xC0);
    // The runtime's own budget, so that the integrity test says something about it.
    pub Weights: BlockWeights = BlockWeights::with_sensible_defaults(
        Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
        Perbill::from_percent(75),
    );
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlockU32<Test>;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type BlockWeights = Weights;
    type DbWeight = ParityDbWeight;
}

impl pallet_elections::Config for Test {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Consortium = Nothing;
    type CodeHash = CodeHash;
    type CeremonyGate = KeyCeremony;
    type OnCreated = KeyCeremony;
    type ClosingHook = BallotRegister;
    type OnCancelled = BallotRegister;
    type WeightInfo = pallet_elections::weights::SubstrateWeight<Test>;
}

impl pallet_voter_register::Config for Test {
    type WeightInfo = pallet_voter_register::weights::SubstrateWeight<Test>;
}

impl pallet_key_ceremony::Config for Test {
    type WeightInfo = pallet_key_ceremony::weights::SubstrateWeight<Test>;
}

impl crate::Config for Test {
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// Executes the beginnings and ends of all blocks up to this one.
pub fn run_to(block: BlockNumber) {
    while System::block_number() < block {
        let now = System::block_number();
        BallotRegister::on_idle(now, Weights::get().max_block);
        System::set_block_number(now + 1);
        Elections::on_initialize(now + 1);
    }
}

/// A chain in block 1; every invariant is checked in the end.
pub fn build_and_execute(test: impl FnOnce()) {
    chain().execute_with(|| {
        test();
        BallotRegister::check_invariants().expect("the invariants hold");
    });
}

/// A chain in block 1.
pub fn chain() -> sp_io::TestExternalities {
    let storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("the system's genesis is valid");
    let mut chain = sp_io::TestExternalities::new(storage);
    chain.execute_with(|| run_to(1));
    chain
}
