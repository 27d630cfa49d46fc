//! A chain of validators, as the runtime puts their pallets together, with elections whose ceremonies
//! are always complete.

use frame_support::{
    construct_runtime, derive_impl, parameter_types,
    traits::{ConstBool, ConstU32, ConstU64, Contains, Hooks},
    weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::{limits::BlockWeights, EnsureNever, EnsureRoot, RawOrigin};
use pallet_elections::sample::Shape;
use psephos_primitives::{
    limits::BLOCK_MILLISECONDS,
    validators::{ownership_statement, OwnershipProof, SessionKeys, MAX_ORGANISATIONS},
    AccountId, BlockNumber, ElectionId, Hash, Text,
};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_core::{ed25519, sr25519, Pair};
use sp_runtime::{
    impl_opaque_keys,
    traits::{ConvertInto, IdentityLookup, OpaqueKeys},
    BuildStorage, DigestItem, DispatchResult, Perbill,
};

use crate::no_coins::NoCoins;

construct_runtime!(
    pub enum Test {
        System: frame_system = 0,
        Timestamp: pallet_timestamp = 1,
        Aura: pallet_aura = 2,
        Grandpa: pallet_grandpa = 3,
        Collective: pallet_collective::<Instance1> = 4,
        ValidatorSet: crate = 5,
        Session: pallet_session = 6,
        Elections: pallet_elections = 10,
    }
);

impl_opaque_keys! {
    pub struct Keys {
        pub aura: Aura,
        pub grandpa: Grandpa,
    }
}

impl From<SessionKeys> for Keys {
    fn from(keys: SessionKeys) -> Self {
        Self {
            aura: keys.aura.into(),
            grandpa: keys.grandpa.into(),
        }
    }
}

impl From<Keys> for SessionKeys {
    fn from(keys: Keys) -> Self {
        Self {
            aura: keys.aura.into(),
            grandpa: keys.grandpa.into(),
        }
    }
}

parameter_types! {
    pub const CodeHash: Hash = Hash::repeat_byte(0xC0);
    // The runtime's own budget, so that the integrity test says something about it.
    pub Weights: BlockWeights = BlockWeights::with_sensible_defaults(
        Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
        Perbill::from_percent(75),
    );
    pub MaxProposalWeight: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlockU32<Test>;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type BlockWeights = Weights;
}

impl pallet_timestamp::Config for Test {
    type Moment = u64;
    type OnTimestampSet = ();
    type MinimumPeriod = ConstU64<{ BLOCK_MILLISECONDS / 2 }>;
    type WeightInfo = ();
}

impl pallet_aura::Config for Test {
    type AuthorityId = AuraId;
    type DisabledValidators = ();
    type MaxAuthorities = ConstU32<MAX_ORGANISATIONS>;
    type AllowMultipleBlocksPerSlot = ConstBool<false>;
    type SlotDuration = ConstU64<BLOCK_MILLISECONDS>;
}

impl pallet_grandpa::Config for Test {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_ORGANISATIONS>;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<0>;
    type KeyOwnerProof = sp_core::Void;
    type EquivocationReportSystem = ();
}

impl pallet_collective::Config<pallet_collective::Instance1> for Test {
    type RuntimeOrigin = RuntimeOrigin;
    type Proposal = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type MotionDuration = ConstU32<100>;
    type MaxProposals = ConstU32<32>;
    type MaxMembers = ConstU32<MAX_ORGANISATIONS>;
    type DefaultVote = pallet_collective::MoreThanMajorityThenPrimeDefaultVote;
    type WeightInfo = ();
    type SetMembersOrigin = EnsureRoot<AccountId>;
    type MaxProposalWeight = MaxProposalWeight;
    type DisapproveOrigin = EnsureRoot<AccountId>;
    type KillOrigin = EnsureNever<AccountId>;
    type Consideration = ();
}

impl pallet_session::Config for Test {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = ValidatorSet;
    type NextSessionRotation = ();
    type SessionManager = ValidatorSet;
    type SessionHandler = <Keys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = Keys;
    type DisablingStrategy = ();
    type WeightInfo = ();
    type Currency = NoCoins;
    type KeyDeposit = ConstU32<0>;
}

pub struct Consortium;

impl Contains<AccountId> for Consortium {
    fn contains(account: &AccountId) -> bool {
        Collective::is_member(account)
    }
}

impl pallet_elections::Config for Test {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Consortium = Consortium;
    type CodeHash = CodeHash;
    type CeremonyGate = ();
    type OnCreated = ();
    type ClosingHook = ();
    type OnCancelled = ();
    type WeightInfo = pallet_elections::weights::SubstrateWeight<Test>;
}

impl crate::Config for Test {
    type Members = Collective;
    type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// The account of an organisation.
pub fn account(organisation: u8) -> AccountId {
    AccountId::new([organisation; 32])
}

/// The key by which an organisation votes on finality, before it has rotated any.
pub fn voter(organisation: u8) -> ed25519::Pair {
    ed25519::Pair::from_seed(&[organisation; 32])
}

/// Session keys made from this number.
pub fn keys(seed: u8) -> SessionKeys {
    SessionKeys {
        aura: sr25519::Pair::from_seed(&[seed; 32]).public(),
        grandpa: voter(seed).public(),
    }
}

/// That an organisation holds the keys made from this number.
pub fn proof(organisation: u8, seed: u8) -> OwnershipProof {
    let statement = ownership_statement(&account(organisation));
    OwnershipProof {
        aura: sr25519::Pair::from_seed(&[seed; 32]).sign(&statement),
        grandpa: voter(seed).sign(&statement),
    }
}

pub fn admit(organisation: u8) -> DispatchResult {
    ValidatorSet::admit(
        RawOrigin::Root.into(),
        account(organisation),
        keys(organisation),
        proof(organisation, organisation),
    )
}

pub fn dismiss(organisation: u8) -> DispatchResult {
    ValidatorSet::dismiss(RawOrigin::Root.into(), account(organisation))
}

/// Lets an organisation take the keys made from this number.
pub fn rotate(organisation: u8, seed: u8) -> DispatchResult {
    let origin = RawOrigin::Signed(account(organisation));
    ValidatorSet::rotate(origin.into(), keys(seed), proof(organisation, seed))
}

/// Creates an election that votes from this block on, for ten blocks.
pub fn create_election(opening: BlockNumber) -> ElectionId {
    let manifest = Shape::default().manifest(opening, CodeHash::get());
    Elections::create(RawOrigin::Root.into(), Box::new(manifest)).expect("the manifest is valid");
    let latest = Elections::summaries(ElectionId(1)).pop();
    latest.expect("it was created").election
}

pub fn cancel_election(election: ElectionId) {
    let reason = Text::new("Sample").expect("a text");
    Elections::cancel(RawOrigin::Root.into(), election, reason).expect("it is not over");
}

/// An election in its first block of voting.
pub fn open_election() -> ElectionId {
    let opening = System::block_number() + 1;
    let election = create_election(opening);
    run_to(opening);
    election
}

fn begin(block: BlockNumber) {
    System::initialize(&block, &Hash::zero(), &Default::default());
    Session::on_initialize(block);
    Elections::on_initialize(block);
}

fn end() -> Vec<DigestItem> {
    Grandpa::on_finalize(System::block_number());
    System::digest().logs
}

/// Ends this block, and executes all blocks before this one and its beginning. Returns what the ended
/// blocks have in their digests.
pub fn run_to(block: BlockNumber) -> Vec<(BlockNumber, DigestItem)> {
    let mut digest = Vec::new();
    while System::block_number() < block {
        let number = System::block_number();
        digest.extend(end().into_iter().map(|item| (number, item)));
        begin(number + 1);
    }
    digest
}

/// Executes `test` in block 1 of a chain of so many organisations, and checks what always holds.
pub fn with_organisations(count: u8, test: impl FnOnce()) {
    let organisations = (1..=count).map(|number| {
        let organisation = account(number);
        (organisation.clone(), organisation, keys(number).into())
    });
    let storage = RuntimeGenesisConfig {
        session: SessionConfig {
            keys: organisations.collect(),
            ..Default::default()
        },
        ..Default::default()
    };
    let storage = storage.build_storage().expect("a genesis");
    sp_io::TestExternalities::new(storage).execute_with(|| {
        begin(1);
        test();
        ValidatorSet::check_invariants().expect("the invariants hold");
        Elections::check_invariants().expect("the invariants of elections hold");
        let mut members = ValidatorSet::organisations();
        members.sort_unstable();
        assert_eq!(
            pallet_collective::Members::<Test, pallet_collective::Instance1>::get(),
            members
        );
    });
}

/// Four organisations.
pub fn build_and_execute(test: impl FnOnce()) {
    with_organisations(4, test);
}
