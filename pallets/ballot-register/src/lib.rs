//! # Ballot register
//!
//! Ballots, their running sums, the trustees' shares of those sums, and the result.
//!
//! A ballot is checked in one place, [`Pallet::admit`], which the runtime's transaction extension
//! calls in the pool and again in the block. What passes gets the origin [`RawOrigin::Voter`], the
//! only one that [`Pallet::cast`] accepts; `cast` then only writes. No proof is verified twice in
//! the execution of a block, and there is no way around the check: no batch, proposal or sudo can
//! make that origin.
//!
//! After the closing block, trustees submit decryption shares of the sums. The dispatch that brings
//! the last share needed decrypts the district, and the one that settles the last district
//! publishes the result (PSE-TAL-6). No call writes a result, and nothing decrypts a single ballot.
//!
//! | module | owns |
//! |---|---|
//! | [`admission`] | the checks before a ballot enters a block |
//! | [`origin`] | who a ballot comes from |
//! | [`ballot_box`] | records, indexes, counts and sums |
//! | [`closing`] | what the closing block freezes |
//! | [`shares`] | the trustees' shares |
//! | [`tally`] | decryption, its consistency, publication |
//! | [`observation`] | what an observer asks first |
//! | [`invariants`] | what always holds, in prose and executed |

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod admission;
pub mod ballot_box;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod closing;
#[cfg(any(feature = "std", feature = "try-runtime"))]
pub mod invariants;
pub mod observation;
pub mod origin;
pub mod shares;
pub mod tally;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use origin::{EnsureVoter, RawOrigin};
pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::{
        ballot_box::{AccountEntry, FlatSums},
        shares::ShareRecord,
        tally::{DistrictTally, TallyFailure},
    };
    use frame_support::{dispatch::DispatchResultWithPostInfo, pallet_prelude::*};
    use frame_system::pallet_prelude::*;
    use psephos_primitives::{
        limits::BALLOTS_PER_PAGE,
        tally::{DistrictShares, ElectionResult},
        AccountId, Ballot, BallotRecord, Credential, DistrictId, ElectionId, Hash, Refusal,
        TrusteeIndex,
    };

    /// Configuration. The three pallets that it builds on are part of the same system, and their
    /// read functions are called directly.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<
            AccountId = AccountId,
            Hash = Hash,
            RuntimeOrigin: From<RawOrigin<AccountId>>
                               + Into<
                Result<RawOrigin<AccountId>, <Self as frame_system::Config>::RuntimeOrigin>,
            >,
        > + pallet_elections::Config
        + pallet_voter_register::Config
        + pallet_key_ceremony::Config
    {
        /// What the calls cost.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// The pallet's origin.
    #[pallet::origin]
    pub type Origin<T> = RawOrigin<<T as frame_system::Config>::AccountId>;

    /// How many ballots were accepted, superseded ones included: the index of the next.
    ///
    /// `Identity`: election numbers are given out by the chain, one after the other.
    #[pallet::storage]
    pub type BallotCounts<T: Config> = StorageMap<_, Identity, ElectionId, u32, ValueQuery>;

    /// The records of accepted ballots, [`BALLOTS_PER_PAGE`] to a page, in the order of acceptance:
    /// a key for each ballot would cost as much as half its record.
    ///
    /// `Identity` twice: elections and pages are counted by the chain.
    #[pallet::storage]
    pub type BallotPages<T: Config> = StorageDoubleMap<
        _,
        Identity,
        ElectionId,
        Identity,
        u32,
        BoundedVec<BallotRecord, ConstU32<BALLOTS_PER_PAGE>>,
        ValueQuery,
    >;

    /// The latest ballot of an account, and how many it has cast.
    ///
    /// `Blake2_128` without the account appended: the record has it, and readers compare. Whoever
    /// finds two accounts with one hash has made them, and only the first can vote.
    #[pallet::storage]
    pub type ByAccount<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Blake2_128, AccountId, AccountEntry>;

    /// The index of the ballot with a tracker.
    ///
    /// `Blake2_128` without the tracker appended, for the same reason as in [`ByAccount`].
    #[pallet::storage]
    pub type ByTracker<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Blake2_128, Hash, u32>;

    /// How many accounts have cast a ballot in a district.
    ///
    /// `Identity`: there are at most 256 districts, whose numbers the consortium has approved.
    #[pallet::storage]
    pub type CastCounts<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Identity, DistrictId, u32, ValueQuery>;

    /// The sums of a district's ciphertexts, contest after contest; none before its first ballot.
    ///
    /// `Identity`: as for [`CastCounts`].
    #[pallet::storage]
    pub type Sums<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Identity, DistrictId, FlatSums>;

    /// The ciphertexts of an account's latest ballot, which a later one takes out of the sums again.
    /// Kept only where revoting is allowed, until voting has ended or the election is cancelled.
    ///
    /// `Blake2_128`: as for [`ByAccount`].
    #[pallet::storage]
    pub type LatestCiphertexts<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Blake2_128, AccountId, FlatSums>;

    /// Elections whose [`LatestCiphertexts`] are no longer needed and go as blocks have time.
    ///
    /// `Identity`: as for [`BallotCounts`].
    #[pallet::storage]
    pub type Discarding<T: Config> = StorageMap<_, Identity, ElectionId, ()>;

    /// How many districts still wait for shares; set by the closing block.
    ///
    /// `Identity`: as for [`BallotCounts`].
    #[pallet::storage]
    pub type PendingDistricts<T: Config> = StorageMap<_, Identity, ElectionId, u32>;

    /// Where the tally of a district stands; set by the closing block.
    ///
    /// `Identity`: as for [`CastCounts`].
    #[pallet::storage]
    pub type Tallies<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Identity, DistrictId, DistrictTally>;

    /// What came from a trustee for a district.
    ///
    /// `Identity` thrice: elections and trustees are counted by the chain; districts as for
    /// [`CastCounts`].
    #[pallet::storage]
    pub type ShareRecords<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Identity, ElectionId>,
            NMapKey<Identity, DistrictId>,
            NMapKey<Identity, TrusteeIndex>,
        ),
        ShareRecord,
        ValueQuery,
    >;

    /// Valid shares of districts that are not settled yet.
    ///
    /// `Identity`: as for [`ShareRecords`].
    #[pallet::storage]
    pub type AcceptedShares<T: Config> = StorageNMap<
        _,
        (
            NMapKey<Identity, ElectionId>,
            NMapKey<Identity, DistrictId>,
            NMapKey<Identity, TrusteeIndex>,
        ),
        DistrictShares,
    >;

    /// What the runtime published. Auditors prove it by its storage key (PSE-TAL-7):
    /// `twox128("BallotRegister") ++ twox128("Results") ++ SCALE(election)`.
    ///
    /// `Identity`: as for [`BallotCounts`].
    #[pallet::storage]
    pub type Results<T: Config> = StorageMap<_, Identity, ElectionId, ElectionResult>;

    /// What happened.
    #[pallet::event]
    pub enum Event<T: Config> {
        /// A ballot counts. Topics: election, tracker, account.
        BallotCast {
            /// In which election.
            election: ElectionId,
            /// In which district.
            district: DistrictId,
            /// Its place in the order of acceptance, from 0.
            index: u32,
            /// `blake2_256(SCALE(ballot))`
            tracker: Hash,
            /// The one-time account.
            account: AccountId,
        },
        /// A trustee's shares verified. Topic: election.
        SharesAccepted {
            /// Of which election.
            election: ElectionId,
            /// Of which district.
            district: DistrictId,
            /// Whose.
            trustee: TrusteeIndex,
        },
        /// A trustee's shares did not verify. Topic: election.
        SharesRejected {
            /// Of which election.
            election: ElectionId,
            /// Of which district.
            district: DistrictId,
            /// Whose.
            trustee: TrusteeIndex,
            /// The first sum, from 0, whose share is wrong, missing or too many.
            position: u32,
        },
        /// The outcome of a district is known. Topic: election.
        DistrictSettled {
            /// Of which election.
            election: ElectionId,
            /// Which district.
            district: DistrictId,
        },
        /// Valid shares led to no believable outcome; no result will be published. Topic: election.
        TallyFailed {
            /// Of which election.
            election: ElectionId,
            /// Of which district.
            district: DistrictId,
            /// What is wrong.
            failure: TallyFailure,
        },
        /// The result of an election stands. Topic: election.
        ResultPublished {
            /// Which election.
            election: ElectionId,
        },
    }

    /// Why a call fails.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// There is no election with this number.
        UnknownElection,
        /// The election has no district with this number.
        UnknownDistrict,
        /// The account is not that of a trustee who holds a share of the election key.
        NotATrustee,
        /// The district does not wait for shares: voting has not ended, or its outcome is known.
        NotTallying,
        /// The result is published, or the election was cancelled.
        ElectionOver,
        /// The election has no key.
        NotReady,
        /// Valid shares of this trustee for this district are in already.
        SharesAlreadyAccepted,
        /// This trustee has sent too many invalid shares for this district.
        TooManyInvalidShares,
        /// The state contradicts itself. Nothing that can be sent leads here.
        InconsistentState,
    }

    impl<T: Config> Error<T> {
        /// The reason that the pool gives.
        pub fn refusal(&self) -> Refusal {
            match self {
                Self::UnknownElection => Refusal::UnknownElection,
                Self::UnknownDistrict => Refusal::UnknownDistrict,
                Self::NotATrustee => Refusal::NotYourCall,
                Self::NotTallying => Refusal::NotTallying,
                Self::ElectionOver => Refusal::ElectionOver,
                Self::NotReady | Self::InconsistentState => Refusal::NotReady,
                Self::SharesAlreadyAccepted => Refusal::ShareAlreadyAccepted,
                Self::TooManyInvalidShares => Refusal::TooManyInvalidShares,
                Self::__Ignore(_, never) => match *never {},
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
            Self::discard_ciphertexts(remaining)
        }

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
        /// Casts a ballot (PSE-BAL-6).
        ///
        /// Origin: [`RawOrigin::Voter`], which the transaction extension gives to what
        /// [`Pallet::admit`] has passed. The weight includes that check, as the extension declares
        /// none for it.
        ///
        /// Emits [`Event::BallotCast`]. Fails with [`Error::UnknownElection`],
        /// [`Error::UnknownDistrict`] or [`Error::InconsistentState`] only where the state is
        /// corrupt.
        #[pallet::call_index(0)]
        #[pallet::weight(weights::cast::<T>(credential, ballot))]
        pub fn cast(
            origin: OriginFor<T>,
            election: ElectionId,
            district: DistrictId,
            credential: Credential,
            ballot: Ballot,
        ) -> DispatchResult {
            let account = EnsureVoter::<T>::ensure_origin(origin)?;
            // Verified at admission; an argument only so that it stands in the block.
            drop(credential);
            Self::put_into_ballot_box(election, district, account, &ballot)?;
            Ok(())
        }

        /// Submits a trustee's shares of one district's sums (PSE-TAL-3).
        ///
        /// Origin: signed by a trustee who took part in the key ceremony to its end.
        ///
        /// Emits [`Event::SharesAccepted`] or, if a proof is bad, [`Event::SharesRejected`]: the
        /// call succeeds then, too, so that the attempt is on record. With the last share needed it
        /// emits [`Event::DistrictSettled`] and, for the last district, [`Event::ResultPublished`];
        /// [`Event::TallyFailed`] if the sums make no sense.
        ///
        /// Fails with every variant of [`Error`].
        #[pallet::call_index(1)]
        #[pallet::weight((
            weights::submit_shares::<T>(*election, *district, shares.len() as u32),
            DispatchClass::Operational,
        ))]
        pub fn submit_shares(
            origin: OriginFor<T>,
            election: ElectionId,
            district: DistrictId,
            shares: DistrictShares,
        ) -> DispatchResultWithPostInfo {
            let who = ensure_signed(origin)?;
            let submission = Self::check_submission(&who, election, district)?;
            let weight = Self::receive_shares(submission, shares)?;
            Ok(Some(weight).into())
        }
    }
}
