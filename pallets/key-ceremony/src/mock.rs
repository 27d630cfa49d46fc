//! A chain of elections and their ceremonies.

use frame_support::{
    derive_impl, parameter_types,
    traits::{Hooks, Nothing},
    weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::{limits::BlockWeights, EnsureRoot, RawOrigin};
use pallet_elections::sample::Shape;
use psephos_primitives::{AccountId, BlockNumber, ElectionId, Hash, Manifest};
use sp_runtime::{traits::IdentityLookup, BuildStorage, Perbill};

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system = 0,
        Elections: pallet_elections = 10,
        KeyCeremony: crate = 12,
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
}

impl pallet_elections::Config for Test {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Consortium = Nothing;
    type CodeHash = CodeHash;
    type CeremonyGate = KeyCeremony;
    type OnCreated = KeyCeremony;
    type ClosingHook = ();
    type OnCancelled = ();
    type WeightInfo = pallet_elections::weights::SubstrateWeight<Test>;
}

impl crate::Config for Test {
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// The block in which voting should open.
pub const OPENING: BlockNumber = 200;
/// The first election.
pub const FIRST: ElectionId = ElectionId(1);
/// The second.
pub const SECOND: ElectionId = ElectionId(2);

/// 3 of 5 trustees.
pub fn manifest() -> Manifest {
    Shape::default().manifest(OPENING, CodeHash::get())
}

/// Creates an election with this manifest.
pub fn create(manifest: Manifest) {
    Elections::create(RawOrigin::Root.into(), Box::new(manifest)).expect("the manifest is valid");
}

/// Executes the beginnings of all blocks up to this one.
pub fn run_to(block: BlockNumber) {
    while System::block_number() < block {
        System::set_block_number(System::block_number() + 1);
        Elections::on_initialize(System::block_number());
    }
}

/// A chain in block 1 with two elections; every invariant is checked in the end.
pub fn build_and_execute(test: impl FnOnce()) {
    let storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("the system's genesis is valid");
    sp_io::TestExternalities::new(storage).execute_with(|| {
        run_to(1);
        create(manifest());
        create(manifest());
        test();
        Elections::check_invariants().expect("the invariants of elections hold");
        KeyCeremony::check_invariants().expect("the invariants hold");
    });
}
