//! A chain of elections and their registers.

use frame_support::{
    derive_impl, parameter_types,
    traits::{Hooks, Nothing},
    weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::{limits::BlockWeights, EnsureRoot, RawOrigin};
use pallet_elections::sample::{registrar, Shape};
use psephos_primitives::{
    limits::CHANGE_INTERVAL, register::Participation, AccountId, BlockNumber, BlockRange,
    DistrictId, ElectionId, Hash, VoterNumber,
};
use sp_runtime::{traits::IdentityLookup, BoundedVec, BuildStorage, DispatchResult, Perbill};

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system = 0,
        Elections: pallet_elections = 10,
        VoterRegister: crate = 11,
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
    type CeremonyGate = ();
    type OnCreated = ();
    type ClosingHook = ();
    type OnCancelled = ();
    type WeightInfo = pallet_elections::weights::SubstrateWeight<Test>;
}

impl crate::Config for Test {
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// The first block in which voters may apply.
pub const START: BlockNumber = 10;
/// The first in which they may not.
pub const END: BlockNumber = START + 3 * CHANGE_INTERVAL;
/// The block in which voting opens.
pub const OPENING: BlockNumber = END + 10;
/// Two of three registrars make a quorum here.
pub const ELECTION: ElectionId = ElectionId(1);
/// One of three, here.
pub const SINGLE: ElectionId = ElectionId(2);
/// Two of five, here: two quorums without a common registrar would be possible.
pub const MINORITY: ElectionId = ElectionId(3);

pub const EAST: DistrictId = DistrictId(1);
pub const WEST: DistrictId = DistrictId(2);
pub const ALICE: VoterNumber = VoterNumber(0xA11CE);
pub const BOB: VoterNumber = VoterNumber(0xB0B);

fn create(registrars: u8, quorum: u8) {
    let shape = Shape {
        registrars,
        quorum,
        ..Shape::default()
    };
    let mut manifest = shape.manifest(OPENING, CodeHash::get());
    manifest.registration = BlockRange {
        start: START,
        end: END,
    };
    Elections::create(RawOrigin::Root.into(), Box::new(manifest)).expect("the manifest is valid");
}

pub fn signed(by: u8) -> RuntimeOrigin {
    RawOrigin::Signed(registrar(by)).into()
}

pub fn participate(
    by: u8,
    election: ElectionId,
    voters: &[(VoterNumber, DistrictId)],
) -> DispatchResult {
    let voters = voters.iter().map(|(voter, district)| Participation {
        voter: *voter,
        district: *district,
    });
    let voters = BoundedVec::truncate_from(voters.collect());
    VoterRegister::participate(signed(by), election, voters)
}

pub fn withdraw(by: u8, election: ElectionId, voter: VoterNumber) -> DispatchResult {
    VoterRegister::withdraw(signed(by), election, voter)
}

pub fn issue(by: u8, election: ElectionId, voters: &[VoterNumber]) -> DispatchResult {
    let voters = BoundedVec::truncate_from(voters.to_vec());
    VoterRegister::issue(signed(by), election, voters)
}

/// Goes to this block and executes its beginning. Opening and closing blocks must not be left out.
pub fn go_to(block: BlockNumber) {
    System::set_block_number(block);
    Elections::on_initialize(block);
}

/// A chain at the beginning of registration; every invariant is checked in the end.
pub fn build_and_execute(test: impl FnOnce()) {
    let storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("the system's genesis is valid");
    sp_io::TestExternalities::new(storage).execute_with(|| {
        go_to(1);
        create(3, 2);
        create(3, 1);
        create(5, 2);
        go_to(START);
        System::reset_events();
        test();
        Elections::check_invariants().expect("the invariants of elections hold");
        VoterRegister::check_invariants().expect("the invariants hold");
    });
}
