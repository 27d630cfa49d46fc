//! # Elections
//!
//! What was decided before the first vote, and the only clock of an election.
//!
//! The consortium creates an election from a manifest. From then on its phase follows from the
//! block number alone; every other pallet asks here what may be done now. Nobody can move the
//! opening or the closing block, and an election whose key ceremony is incomplete when voting
//! should open is cancelled by itself.
//!
//! Casting a ballot must never decode a whole manifest, so what others need is kept a second time in
//! small pieces: [`Terms`] of the election and [`DistrictTerms`] of each district.
//!
//! | module | owns |
//! |---|---|
//! | [`registry`] | elections, their manifests, terms and districts |
//! | [`schedule`] | the agenda of opening and closing blocks, how many are open, and how elections ended |
//! | [`offices`] | who holds an office in an election that has not ended |
//! | [`terms`] | the types that other pallets read |
//! | [`hooks`] | what other pallets do when an election is created, opens, closes or is cancelled |
//! | [`invariants`] | what always holds, in prose and executed |

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod hooks;
#[cfg(any(feature = "std", feature = "try-runtime"))]
pub mod invariants;
pub mod offices;
pub mod registry;
#[cfg(any(feature = "std", feature = "runtime-benchmarks"))]
pub mod sample;
pub mod schedule;
pub mod terms;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use hooks::{OnCancelled, OnClosing, OnCreated, ReadyToOpen};
pub use pallet::*;
pub use terms::{DistrictTerms, Terms};
pub use weights::WeightInfo;

use frame_system::pallet_prelude::BlockNumberFor;
use psephos_primitives::{AccountId, BlockNumber, ElectionId, Hash, Refusal};
use sp_runtime::traits::{BlakeTwo256, Hash as _, SaturatedConversion, Zero};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::schedule::{Agenda, Ending};
    use alloc::boxed::Box;
    use frame_support::{pallet_prelude::*, traits::Contains};
    use frame_system::pallet_prelude::*;
    use psephos_primitives::{
        limits::MAX_DISTRICTS, phase::CancelReason, DistrictId, Manifest, Text,
    };

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<AccountId = AccountId, Hash = Hash> {
        /// Who creates and cancels elections: a majority of the consortium, never one account.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// The members of the consortium, who hold no office in an election.
        type Consortium: Contains<AccountId>;
        /// `blake2_256` of the runtime's code.
        type CodeHash: Get<Hash>;
        /// Whether an election has its key.
        type CeremonyGate: ReadyToOpen;
        /// What begins with an election's creation.
        type OnCreated: OnCreated;
        /// What the closing block does.
        type ClosingHook: OnClosing;
        /// What a cancellation does.
        type OnCancelled: OnCancelled;
        /// What the calls cost.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// How many elections there are: also the number of the latest.
    #[pallet::storage]
    pub(crate) type ElectionCount<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// The manifests, as the consortium approved them.
    ///
    /// `Identity`: election numbers are given out by the chain, one after the other.
    #[pallet::storage]
    pub(crate) type Manifests<T: Config> = StorageMap<_, Identity, ElectionId, Manifest>;

    /// What other pallets need to know of an election.
    ///
    /// `Identity`: as for [`Manifests`].
    #[pallet::storage]
    pub(crate) type ElectionTerms<T: Config> = StorageMap<_, Identity, ElectionId, Terms>;

    /// The districts of an election, in the manifest's order.
    ///
    /// `Identity`: as for [`Manifests`].
    #[pallet::storage]
    pub(crate) type DistrictIds<T: Config> = StorageMap<
        _,
        Identity,
        ElectionId,
        BoundedVec<DistrictId, ConstU32<MAX_DISTRICTS>>,
        ValueQuery,
    >;

    /// What other pallets need to know of a district.
    ///
    /// `Identity` twice: elections are counted by the chain, and an election has at most 256
    /// districts, whose numbers the consortium has approved.
    #[pallet::storage]
    pub(crate) type Districts<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Identity, DistrictId, DistrictTerms>;

    /// How an election ended; nothing while it has not.
    ///
    /// `Identity`: as for [`Manifests`].
    #[pallet::storage]
    pub(crate) type Endings<T: Config> = StorageMap<_, Identity, ElectionId, Ending>;

    /// The elections that open in a block to come.
    ///
    /// `Twox64Concat`: block numbers stand in manifests that the consortium has approved, and need
    /// spreading only because they lie close together.
    #[pallet::storage]
    pub(crate) type Openings<T: Config> =
        StorageMap<_, Twox64Concat, BlockNumber, Agenda, ValueQuery>;

    /// The elections that close in a block to come.
    ///
    /// `Twox64Concat`: as for [`Openings`].
    #[pallet::storage]
    pub(crate) type Closings<T: Config> =
        StorageMap<_, Twox64Concat, BlockNumber, Agenda, ValueQuery>;

    /// How many elections have opened and not ended: while there is one, nothing changes who makes
    /// blocks, or by which code (PSE-VAL-6).
    #[pallet::storage]
    pub(crate) type OpenElections<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// In how many elections that have not ended an account is trustee or registrar; none of 0.
    ///
    /// `Twox64Concat`: the consortium has approved these accounts with their manifests.
    #[pallet::storage]
    pub(crate) type Offices<T: Config> = StorageMap<_, Twox64Concat, AccountId, u32, ValueQuery>;

    /// What happened. The topic of each is the election ([`event_topic`]).
    #[pallet::event]
    pub enum Event<T: Config> {
        /// The consortium has created an election.
        Created {
            /// Its number.
            election: ElectionId,
            /// `blake2_256(SCALE(manifest))`
            manifest_hash: Hash,
        },
        /// Voting has opened.
        Opened {
            /// Where.
            election: ElectionId,
        },
        /// Voting has closed; the sums are frozen.
        Closed {
            /// Where.
            election: ElectionId,
        },
        /// The runtime has published the result.
        Published {
            /// Of which election.
            election: ElectionId,
        },
        /// Nothing more will happen in an election.
        Cancelled {
            /// Which.
            election: ElectionId,
            /// Why.
            reason: CancelReason,
        },
    }

    /// Why a call fails. What is wrong with a manifest is
    /// [`ManifestError`](psephos_primitives::manifest::ManifestError), without its positions.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// There is no election with this number.
        UnknownElection,
        /// The result is published, or the election was cancelled.
        ElectionOver,
        /// A result can be published between the closing block and the first result only.
        NotTallying,
        /// Registration would end before the election could be created.
        ScheduleInThePast,
        /// The manifest is for another runtime code than the chain's.
        CodeHash,
        /// As many elections open in the opening block as one block can open.
        OpeningBlockFull,
        /// As many elections close in the closing block as one block can close.
        ClosingBlockFull,
        /// A trustee or registrar is a member of the consortium.
        MemberOfConsortium,
        /// There are no more election numbers.
        NoNumberLeft,
        /// The manifest has no district.
        NoDistrict,
        /// Two districts share an id.
        DuplicateDistrict,
        /// A district has no contest.
        NoContest,
        /// Two contests of a district share an id.
        DuplicateContest,
        /// A contest has no option.
        NoOption,
        /// Two options of a contest read the same.
        DuplicateOption,
        /// A contest has not `min_selections ≤ max_selections ≤ options`.
        SelectionRange,
        /// The threshold is too low, or above the number of trustees.
        Threshold,
        /// Two trustees share an account.
        DuplicateTrustee,
        /// The quorum is 0, or above the number of registrars.
        Quorum,
        /// Two registrars share an account.
        DuplicateRegistrar,
        /// An account is trustee and registrar at once.
        TrusteeIsRegistrar,
        /// A registrar has not exactly one key for each district.
        RegistrarKeys,
        /// A registrar's key is no RSA modulus of 2048 to 4096 bits.
        RegistrarKey,
        /// One key stands for two districts or two registrars.
        DuplicateRegistrarKey,
        /// The schedule has not
        /// `registration.start < registration.end ≤ voting.start < voting.end`.
        Schedule,
        /// A stage of the key ceremony lasts less than a block.
        CeremonyStage,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// Closes and opens what the agenda has for this block (PSE-ELE-7, PSE-ELE-8).
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            Self::keep_agenda()
        }

        fn integrity_test() {
            weights::assert_that_block_numbers_and_agenda_fit::<T>();
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_invariants()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Creates an election (PSE-ELE-5).
        ///
        /// Origin: [`Config::AdminOrigin`].
        ///
        /// Emits [`Event::Created`]. Fails with [`Error::ScheduleInThePast`], [`Error::CodeHash`],
        /// [`Error::MemberOfConsortium`], [`Error::OpeningBlockFull`], [`Error::ClosingBlockFull`],
        /// [`Error::NoNumberLeft`], or with what [`Manifest::validate`] finds.
        #[pallet::call_index(0)]
        #[pallet::weight((weights::create::<T>(manifest), DispatchClass::Operational))]
        pub fn create(origin: OriginFor<T>, manifest: Box<Manifest>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::register_election(*manifest)?;
            Ok(())
        }

        /// Cancels an election (PSE-ELE-9).
        ///
        /// Origin: [`Config::AdminOrigin`].
        ///
        /// Emits [`Event::Cancelled`]. Fails with [`Error::UnknownElection`] or
        /// [`Error::ElectionOver`].
        #[pallet::call_index(1)]
        #[pallet::weight((weights::cancel::<T>(), DispatchClass::Operational))]
        pub fn cancel(origin: OriginFor<T>, election: ElectionId, reason: Text) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::cancel_because(election, CancelReason::Consortium(reason))?;
            Ok(())
        }
    }
}

/// The topic under which the events of an election can be found:
/// `blake2_256("psephos/election" ++ SCALE(election))` (PSE-ELE-10).
pub fn event_topic(election: ElectionId) -> Hash {
    BlakeTwo256::hash_of(&(*b"psephos/election", election))
}

impl<T: Config> Pallet<T> {
    /// The number of the block that is being executed.
    pub fn now() -> BlockNumber {
        frame_system::Pallet::<T>::block_number().saturated_into()
    }

    /// The hash of block 0, which tells this chain from all others. The chain keeps it for ever.
    pub fn genesis_hash() -> Hash {
        frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
    }

    /// Whether the pool may let `call` in for `who` (PSE-EXT-2): never, since elections are created
    /// and cancelled by proposals of the consortium, which are calls of its collective.
    pub fn admits(_call: &Call<T>, _who: &AccountId) -> Result<(), Refusal> {
        Err(Refusal::NotAdmitted)
    }

    fn announce(election: ElectionId, event: Event<T>) {
        frame_system::Pallet::<T>::deposit_event_indexed(
            &[event_topic(election)],
            <T as frame_system::Config>::RuntimeEvent::from(event),
        );
    }
}
