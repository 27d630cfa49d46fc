//! # Key ceremony
//!
//! The trustees make the election key together: t of n can decrypt, fewer can not, and no dealer
//! ever knows the key. FROST's key generation, with every message on chain and every message that
//! can be checked without a secret checked here.
//!
//! Each participant registers a key, commits to a package, reveals it, deals sealed shares and
//! confirms; a stage ends when all have done their part. Who is late, deals a wrong share or
//! complains of a right one is excluded by name, and the rest begin again in a new epoch, as long as
//! they are enough for the threshold. Otherwise the election is cancelled.
//!
//! | module | owns |
//! |---|---|
//! | [`ceremony`] | where each ceremony stands, what participants have contributed, the keys |
//! | [`exclusion`] | nothing: judges complaints and silence, and has the ceremony restart |
//! | [`trustee_set`] | a set of trustees in four bytes |
//! | [`invariants`] | what always holds, in prose and executed |

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod ceremony;
pub mod exclusion;
#[cfg(any(feature = "std", feature = "try-runtime"))]
pub mod invariants;
pub mod trustee_set;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use trustee_set::TrusteeSet;
pub use weights::WeightInfo;

use frame_support::weights::Weight;
use pallet_elections::{event_topic, Pallet as Elections, Terms};
use psephos_primitives::{AccountId, ElectionId, Refusal};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use psephos_crypto::{group::EncodedPoint, key_ceremony::Package};
    use psephos_primitives::{
        ceremony::{CeremonyStatus, Contribution, Deal, ElectionKeys, Fault, Stage},
        BlockNumber, Hash, TrusteeIndex,
    };

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config + pallet_elections::Config {
        /// What the calls cost.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Where each ceremony stands.
    ///
    /// `Identity`: election numbers are given out by the chain, one after the other.
    #[pallet::storage]
    pub(crate) type Statuses<T: Config> = StorageMap<_, Identity, ElectionId, CeremonyStatus>;

    /// The participants who have still to do their part in the current stage: spares reading all
    /// contributions to find out whether one was the last.
    ///
    /// `Identity`: as for [`Statuses`].
    #[pallet::storage]
    pub(crate) type Awaited<T: Config> =
        StorageMap<_, Identity, ElectionId, TrusteeSet, ValueQuery>;

    /// What each participant has done in the current epoch.
    ///
    /// `Identity` twice: elections and trustees are counted by the chain.
    #[pallet::storage]
    pub(crate) type Contributions<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Identity, TrusteeIndex, Contribution, ValueQuery>;

    /// What the revealed packages add up to, until all participants have confirmed it.
    ///
    /// `Identity`: as for [`Statuses`].
    #[pallet::storage]
    pub(crate) type Candidates<T: Config> = StorageMap<_, Identity, ElectionId, ElectionKeys>;

    /// The keys of completed ceremonies.
    ///
    /// `Identity`: as for [`Statuses`].
    #[pallet::storage]
    pub(crate) type Keys<T: Config> = StorageMap<_, Identity, ElectionId, ElectionKeys>;

    /// What happened. The topic of each is the election ([`pallet_elections::event_topic`]).
    #[pallet::event]
    pub enum Event<T: Config> {
        /// The ceremony waits for something new of each participant.
        StageBegan {
            /// Of which election.
            election: ElectionId,
            /// The epoch of its ceremony.
            epoch: u32,
            /// What is being waited for.
            stage: Stage,
            /// After this block, whoever has not done their part can be excluded.
            deadline: BlockNumber,
        },
        /// A participant has done its part in a stage.
        Contributed {
            /// Of which election.
            election: ElectionId,
            /// The epoch of its ceremony.
            epoch: u32,
            /// In which stage.
            stage: Stage,
            /// Who.
            trustee: TrusteeIndex,
        },
        /// A participant has complained; the exclusion that follows says who was right.
        Complained {
            /// Of which election.
            election: ElectionId,
            /// The epoch of its ceremony.
            epoch: u32,
            /// Who.
            complainer: TrusteeIndex,
            /// About whom.
            dealer: TrusteeIndex,
        },
        /// The ceremony goes on without a trustee.
        Excluded {
            /// Of which election.
            election: ElectionId,
            /// The epoch that has ended with that.
            epoch: u32,
            /// Who.
            trustee: TrusteeIndex,
            /// Why.
            fault: Fault,
        },
        /// The election key stands.
        Completed {
            /// Of which election.
            election: ElectionId,
            /// The epoch that has succeeded.
            epoch: u32,
            /// `Y`
            election_key: EncodedPoint,
        },
    }

    /// Why a call fails.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// There is no election with this number.
        UnknownElection,
        /// The account is not that of a trustee of this election.
        NotATrustee,
        /// Voting should have opened, or the election was cancelled.
        TooLate,
        /// The trustee was excluded.
        Excluded,
        /// The message is meant for another epoch.
        OtherEpoch,
        /// The ceremony does not wait for this.
        OtherStage,
        /// The trustee has done its part in this stage already.
        AlreadyDone,
        /// Not the canonical encoding of an X25519 public key, or one of low order.
        EncryptionKey,
        /// Not the package that the trustee has committed to.
        OtherPackage,
        /// The package has not as many commitments as the threshold.
        PackageSize,
        /// The package holds what is no canonical encoding, or the identity.
        PackageEncoding,
        /// The package does not prove knowledge of its secret for this election, epoch and trustee.
        ProofOfKnowledge,
        /// The packages of all participants add up to no key that could be used.
        UnusableKey,
        /// The shares are not exactly one for every other participant, by ascending trustee.
        Recipients,
        /// Not the election key that the packages add up to.
        OtherElectionKey,
        /// Not another participant, who has dealt a share to the sender.
        UnknownDealer,
        /// The stage's deadline has not passed.
        DeadlineNotPassed,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            weights::assert_that_the_heaviest_calls_fit::<T>();
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_invariants()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a fresh key that shares can be sealed to (PSE-CER-3).
        ///
        /// Origin: signed by a participant, as for every call here: a trustee who was not excluded.
        ///
        /// Every contribution emits [`Event::Contributed`] and, if it is the stage's last,
        /// [`Event::StageBegan`]. Every call fails with [`Error::UnknownElection`],
        /// [`Error::NotATrustee`], [`Error::TooLate`], [`Error::Excluded`], [`Error::OtherEpoch`],
        /// [`Error::OtherStage`] or [`Error::AlreadyDone`]; this one with [`Error::EncryptionKey`],
        /// too.
        #[pallet::call_index(0)]
        #[pallet::weight((<T as Config>::WeightInfo::register(), DispatchClass::Operational))]
        pub fn register(
            origin: OriginFor<T>,
            election: ElectionId,
            epoch: u32,
            encryption_key: [u8; 32],
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::accept_encryption_key(&who, election, epoch, encryption_key)?;
            Ok(())
        }

        /// Commits to a package, before anybody has revealed one (PSE-CER-4).
        ///
        /// Origin, events and errors: as for [`Pallet::register`], without its own.
        #[pallet::call_index(1)]
        #[pallet::weight((<T as Config>::WeightInfo::commit(), DispatchClass::Operational))]
        pub fn commit(
            origin: OriginFor<T>,
            election: ElectionId,
            epoch: u32,
            commitment: Hash,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::accept_commitment(&who, election, epoch, commitment)?;
            Ok(())
        }

        /// Reveals the package (PSE-CER-5). The last one costs more, since the keys are derived.
        ///
        /// Origin, events and errors: as for [`Pallet::register`]; besides fails with
        /// [`Error::OtherPackage`], [`Error::PackageSize`], [`Error::PackageEncoding`],
        /// [`Error::ProofOfKnowledge`] or [`Error::UnusableKey`].
        #[pallet::call_index(2)]
        #[pallet::weight((weights::reveal_at_most::<T>(package), DispatchClass::Operational))]
        pub fn reveal(
            origin: OriginFor<T>,
            election: ElectionId,
            epoch: u32,
            package: Package,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let actual = weights::reveal::<T>(&package);
            let last = Self::accept_package(&who, election, epoch, package)?;
            Ok((!last).then_some(actual).into())
        }

        /// Deals a sealed share to every other participant (PSE-CER-6).
        ///
        /// Origin, events and errors: as for [`Pallet::register`]; besides fails with
        /// [`Error::Recipients`].
        #[pallet::call_index(3)]
        #[pallet::weight((
            <T as Config>::WeightInfo::deal(shares.len() as u32),
            DispatchClass::Operational,
        ))]
        pub fn deal(
            origin: OriginFor<T>,
            election: ElectionId,
            epoch: u32,
            shares: Deal,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::accept_deal(&who, election, epoch, shares)?;
            Ok(())
        }

        /// Confirms that all shares dealt to the sender are right (PSE-CER-7).
        ///
        /// Origin, events and errors: as for [`Pallet::register`]; besides emits
        /// [`Event::Completed`] if it is the last, and fails with [`Error::OtherElectionKey`].
        #[pallet::call_index(4)]
        #[pallet::weight((<T as Config>::WeightInfo::confirm(), DispatchClass::Operational))]
        pub fn confirm(
            origin: OriginFor<T>,
            election: ElectionId,
            epoch: u32,
            election_key: EncodedPoint,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::accept_confirmation(&who, election, epoch, election_key)?;
            Ok(())
        }

        /// Complains that a share is wrong (PSE-CER-8). Either the dealer or the sender is excluded.
        ///
        /// Origin and errors: as for [`Pallet::register`]; besides fails with
        /// [`Error::UnknownDealer`].
        ///
        /// Emits [`Event::Complained`], [`Event::Excluded`] and [`Event::StageBegan`], or
        /// [`pallet_elections::Event::Cancelled`] if too few participants are left.
        #[pallet::call_index(5)]
        #[pallet::weight((<T as Config>::WeightInfo::complain(), DispatchClass::Operational))]
        pub fn complain(
            origin: OriginFor<T>,
            election: ElectionId,
            epoch: u32,
            dealer: TrusteeIndex,
            disclosed_key: [u8; 32],
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::judge(&who, election, epoch, dealer, &disclosed_key)?;
            Ok(())
        }

        /// Excludes all who have not done their part before the stage's deadline (PSE-CER-9).
        ///
        /// Origin: signed by a participant.
        ///
        /// Emits [`Event::Excluded`] for each and [`Event::StageBegan`], or
        /// [`pallet_elections::Event::Cancelled`] if too few participants are left. Fails with
        /// [`Error::UnknownElection`], [`Error::NotATrustee`], [`Error::TooLate`],
        /// [`Error::Excluded`], [`Error::OtherStage`] or [`Error::DeadlineNotPassed`].
        #[pallet::call_index(6)]
        #[pallet::weight((<T as Config>::WeightInfo::report_silence(), DispatchClass::Operational))]
        pub fn report_silence(origin: OriginFor<T>, election: ElectionId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::exclude_the_silent(&who, election)?;
            Ok(())
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Whether the pool, and a block, may let `call` in for `who` (PSE-EXT-2): a participant's, if it can
    /// be carried out on the state as it stands.
    pub fn admits(call: &Call<T>, who: &AccountId) -> Result<(), Refusal> {
        Self::check(call, who).map_err(|error| match error {
            Error::UnknownElection => Refusal::UnknownElection,
            Error::NotATrustee | Error::Excluded => Refusal::NotYourCall,
            Error::TooLate if Self::is_over(call) => Refusal::ElectionOver,
            _ => Refusal::NotNow,
        })
    }

    fn is_over(call: &Call<T>) -> bool {
        let election = match call {
            Call::register { election, .. }
            | Call::commit { election, .. }
            | Call::reveal { election, .. }
            | Call::deal { election, .. }
            | Call::confirm { election, .. }
            | Call::complain { election, .. }
            | Call::report_silence { election } => *election,
            Call::__Ignore(_, never) => match *never {},
        };
        Elections::<T>::is_over(election)
    }

    fn announce(election: ElectionId, event: Event<T>) {
        frame_system::Pallet::<T>::deposit_event_indexed(
            &[event_topic(election)],
            <T as frame_system::Config>::RuntimeEvent::from(event),
        );
    }
}

impl<T: Config> pallet_elections::OnCreated for Pallet<T> {
    fn on_created(election: ElectionId, terms: &Terms) {
        Self::begin(election, terms);
    }

    fn weight() -> Weight {
        <T as Config>::WeightInfo::begin()
    }
}

impl<T: Config> pallet_elections::ReadyToOpen for Pallet<T> {
    fn ready(election: ElectionId) -> bool {
        Keys::<T>::contains_key(election)
    }
}
