//! A chain of this pallet alone; the hooks only take notes.

use frame_support::{
    derive_impl, parameter_types,
    traits::{Contains, Hooks},
    weights::Weight,
};
use frame_system::{EnsureRoot, RawOrigin};
use psephos_primitives::{AccountId, BlockNumber, ElectionId, Hash, Manifest};
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchResult};

use crate::{sample::Shape, OnCancelled, OnClosing, OnCreated, ReadyToOpen, Terms};

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system = 0,
        Elections: crate = 10,
    }
);

/// The chain's code, until a test changes it.
const FIRST_CODE: Hash = Hash::repeat_byte(0xC0);

parameter_types! {
    pub static CodeHash: Hash = FIRST_CODE;
    /// The consortium.
    pub static Members: Vec<AccountId> = Vec::new();
    /// Elections that have their key.
    pub static Ready: Vec<ElectionId> = Vec::new();
    /// What the hooks were told.
    pub static Notes: Vec<Note> = Vec::new();
}

/// A call of a hook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    Created(ElectionId, Terms),
    Closing(ElectionId),
    Cancelled(ElectionId),
}

pub struct Recorder;

impl ReadyToOpen for Recorder {
    fn ready(election: ElectionId) -> bool {
        Ready::get().contains(&election)
    }
}

impl OnCreated for Recorder {
    fn on_created(election: ElectionId, terms: &Terms) {
        Notes::mutate(|notes| notes.push(Note::Created(election, terms.clone())));
    }

    fn weight() -> Weight {
        Weight::from_parts(7, 0)
    }
}

impl OnCancelled for Recorder {
    fn on_cancelled(election: ElectionId) {
        Notes::mutate(|notes| notes.push(Note::Cancelled(election)));
    }

    fn weight() -> Weight {
        Weight::from_parts(1_000_000, 0)
    }
}

impl OnClosing for Recorder {
    fn on_closing(election: ElectionId) -> Weight {
        Notes::mutate(|notes| notes.push(Note::Closing(election)));
        Weight::from_parts(1_000_000_000, 0)
    }
}

pub struct Consortium;

impl Contains<AccountId> for Consortium {
    fn contains(account: &AccountId) -> bool {
        Members::get().contains(account)
    }
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlockU32<Test>;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
}

impl crate::Config for Test {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Consortium = Consortium;
    type CodeHash = CodeHash;
    type CeremonyGate = Recorder;
    type OnCreated = Recorder;
    type ClosingHook = Recorder;
    type OnCancelled = Recorder;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// The block in which voting opens in [`manifest`].
pub const OPENING: BlockNumber = 20;
/// The block in which it closes.
pub const CLOSING: BlockNumber = 30;
/// The first election.
pub const FIRST: ElectionId = ElectionId(1);

pub fn manifest() -> Manifest {
    Shape::default().manifest(OPENING, CodeHash::get())
}

pub fn create(manifest: Manifest) -> DispatchResult {
    Elections::create(RawOrigin::Root.into(), Box::new(manifest))
}

/// Executes the beginnings of all blocks up to this one.
pub fn run_to(block: BlockNumber) {
    while System::block_number() < block {
        System::set_block_number(System::block_number() + 1);
        Elections::on_initialize(System::block_number());
    }
}

/// A chain in block 1.
pub fn build_and_execute(test: impl FnOnce()) {
    let storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("the system's genesis is valid");
    Ready::take();
    Notes::take();
    Members::take();
    CodeHash::set(FIRST_CODE);
    sp_io::TestExternalities::new(storage).execute_with(|| {
        run_to(1);
        test();
        Elections::check_invariants().expect("the invariants hold");
    });
}
