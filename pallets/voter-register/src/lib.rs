//! # Voter register
//!
//! Who takes part, and to whom a credential was issued: numbers, never names.
//!
//! A voter number is random and means something to the registrars alone. Registrars act by quorum:
//! a voter takes part as long as a quorum of them stands behind it in one district, whatever others
//! say of the district, and counts as issued once a
//! quorum has recorded the issue, which each must do before it signs. The ballot register accepts
//! at most as many accounts in a district as were issued there, so that no registrar and no thief of
//! a registrar's key can stuff the ballot box unseen.
//!
//! | module | owns |
//! |---|---|
//! | [`register`] | the voters' records and their counts |
//! | [`supports`] | who stands behind a voter, and in which district |
//! | [`invariants`] | what always holds, in prose and executed |

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(feature = "std", feature = "try-runtime"))]
pub mod invariants;
pub mod register;
mod supports;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use register::Counts;
pub use weights::WeightInfo;

use psephos_primitives::{AccountId, ElectionId, Hash, Refusal, VoterNumber};
use sp_runtime::traits::{BlakeTwo256, Hash as _};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use psephos_primitives::{
        limits::{MAX_REGISTRARS, MAX_VOTERS_PER_CALL},
        register::{Participation, Support, VoterRecord},
        DistrictId, RegistrarIndex,
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

    /// What is known of each voter number.
    ///
    /// `Identity` for elections, which the chain counts; `Twox64Concat` for voters: registrars are
    /// told to draw the numbers at random, and this spreads them even if they do not.
    #[pallet::storage]
    pub(crate) type Voters<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Twox64Concat, VoterNumber, VoterRecord>;

    /// The districts, other than that of the voter's record, that registrars have named, in the order
    /// that PSE-REG-7 gives them. Hashed as [`Voters`].
    #[pallet::storage]
    pub(crate) type Dissents<T: Config> = StorageDoubleMap<
        _,
        Identity,
        ElectionId,
        Twox64Concat,
        VoterNumber,
        BoundedVec<Support, ConstU32<MAX_REGISTRARS>>,
        ValueQuery,
    >;

    /// How many voters of a district take part, and to how many a credential was issued.
    ///
    /// `Identity` twice: elections are counted by the chain, and an election has at most 256
    /// districts, whose numbers the consortium has approved.
    #[pallet::storage]
    pub(crate) type DistrictCounts<T: Config> =
        StorageDoubleMap<_, Identity, ElectionId, Identity, DistrictId, Counts, ValueQuery>;

    /// What happened. The topic of what concerns one voter is the voter ([`voter_topic`]), of all
    /// else the election ([`pallet_elections::event_topic`]).
    #[pallet::event]
    pub enum Event<T: Config> {
        /// A registrar stands behind these voters' participation. Topic: election.
        ParticipationRecorded {
            /// In which election.
            election: ElectionId,
            /// Who.
            registrar: RegistrarIndex,
            /// How many voters.
            voters: u32,
        },
        /// A registrar no longer stands behind a voter's participation. Topic: voter.
        WithdrawalRecorded {
            /// In which election.
            election: ElectionId,
            /// Who.
            registrar: RegistrarIndex,
            /// The voter.
            voter: VoterNumber,
        },
        /// A registrar is about to sign these voters' credentials. Topic: election.
        IssueRecorded {
            /// In which election.
            election: ElectionId,
            /// Who.
            registrar: RegistrarIndex,
            /// How many voters.
            voters: u32,
        },
        /// A quorum stands behind the voter, who takes part. Topic: voter.
        Participating {
            /// In which election.
            election: ElectionId,
            /// The voter.
            voter: VoterNumber,
            /// Where.
            district: DistrictId,
        },
        /// The voter takes part no longer. Topic: voter.
        Withdrawn {
            /// In which election.
            election: ElectionId,
            /// The voter.
            voter: VoterNumber,
            /// Where.
            district: DistrictId,
        },
        /// A quorum has recorded that it issues a credential in this voter's name. Topic: voter.
        Issued {
            /// In which election.
            election: ElectionId,
            /// The voter.
            voter: VoterNumber,
            /// Where.
            district: DistrictId,
        },
    }

    /// Why a call fails.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// There is no election with this number.
        UnknownElection,
        /// The account is not that of a registrar of this election.
        NotARegistrar,
        /// Participation changes inside the registration range only.
        NotRegistering,
        /// Credentials are issued while voting is open only.
        NotVoting,
        /// The call names no voter.
        NoVoters,
        /// The election has no district with this number.
        UnknownDistrict,
        /// The register does not know this voter number.
        UnknownVoter,
        /// This registrar stands behind this voter already.
        AlreadyRecorded,
        /// This registrar does not stand behind this voter.
        NotRecorded,
        /// The voter's participation has changed less than a day ago.
        ChangedTooRecently,
        /// As many voters take part in the district as a tally can count.
        DistrictFull,
        /// The voter does not take part.
        NotParticipating,
        /// This registrar has issued to this voter already.
        AlreadyIssued,
        /// A quorum has issued to this voter: signatures beyond it could make further credentials.
        IssuedByEnough,
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
        /// Records that voters take part (PSE-REG-2). All of them, or none.
        ///
        /// Origin: signed by a registrar of the election.
        ///
        /// Emits [`Event::ParticipationRecorded`], and [`Event::Participating`] for each voter whom
        /// a quorum stands behind from now on. Fails with [`Error::UnknownElection`],
        /// [`Error::NotARegistrar`], [`Error::NotRegistering`], [`Error::NoVoters`],
        /// [`Error::UnknownDistrict`], [`Error::AlreadyRecorded`], [`Error::ChangedTooRecently`] or
        /// [`Error::DistrictFull`].
        #[pallet::call_index(0)]
        #[pallet::weight((
            <T as Config>::WeightInfo::participate(voters.len() as u32),
            DispatchClass::Operational,
        ))]
        pub fn participate(
            origin: OriginFor<T>,
            election: ElectionId,
            voters: BoundedVec<Participation, ConstU32<MAX_VOTERS_PER_CALL>>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::record_participation(&who, election, &voters)?;
            Ok(())
        }

        /// Records that a voter withdraws (PSE-REG-3).
        ///
        /// Origin: signed by a registrar of the election.
        ///
        /// Emits [`Event::WithdrawalRecorded`], and [`Event::Withdrawn`] if no quorum stands behind
        /// the voter from now on, or [`Event::Participating`] if another one does. Fails with
        /// [`Error::UnknownElection`], [`Error::NotARegistrar`], [`Error::NotRegistering`],
        /// [`Error::UnknownVoter`], [`Error::NotRecorded`], [`Error::ChangedTooRecently`] or
        /// [`Error::DistrictFull`].
        #[pallet::call_index(1)]
        #[pallet::weight((<T as Config>::WeightInfo::withdraw(), DispatchClass::Operational))]
        pub fn withdraw(
            origin: OriginFor<T>,
            election: ElectionId,
            voter: VoterNumber,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::record_withdrawal(&who, election, voter)?;
            Ok(())
        }

        /// Records that the sender is about to sign credentials (PSE-REG-4). All of them, or none.
        ///
        /// Origin: signed by a registrar of the election.
        ///
        /// Emits [`Event::IssueRecorded`], and [`Event::Issued`] for each voter for whom this
        /// completes a quorum. Fails with [`Error::UnknownElection`], [`Error::NotARegistrar`],
        /// [`Error::NotVoting`], [`Error::NoVoters`], [`Error::UnknownVoter`],
        /// [`Error::NotParticipating`], [`Error::AlreadyIssued`] or [`Error::IssuedByEnough`].
        #[pallet::call_index(2)]
        #[pallet::weight((
            <T as Config>::WeightInfo::issue(voters.len() as u32),
            DispatchClass::Operational,
        ))]
        pub fn issue(
            origin: OriginFor<T>,
            election: ElectionId,
            voters: BoundedVec<VoterNumber, ConstU32<MAX_VOTERS_PER_CALL>>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::record_issue(&who, election, &voters)?;
            Ok(())
        }
    }
}

/// The topic under which a voter finds what was recorded in their name:
/// `blake2_256("psephos/voter" ++ SCALE(election) ++ SCALE(voter))` (PSE-REG-6).
pub fn voter_topic(election: ElectionId, voter: VoterNumber) -> Hash {
    BlakeTwo256::hash_of(&(*b"psephos/voter", election, voter))
}

impl<T: Config> Pallet<T> {
    /// Whether the pool, and a block, may let `call` in for `who` (PSE-EXT-2): a registrar's, if it can
    /// be carried out on the state as it stands.
    pub fn admits(call: &Call<T>, who: &AccountId) -> Result<(), Refusal> {
        Self::check(call, who).map_err(|error| match error {
            Error::UnknownElection => Refusal::UnknownElection,
            Error::NotARegistrar => Refusal::NotYourCall,
            _ if Self::is_over(call) => Refusal::ElectionOver,
            _ => Refusal::NotNow,
        })
    }

    fn is_over(call: &Call<T>) -> bool {
        let election = match call {
            Call::participate { election, .. }
            | Call::withdraw { election, .. }
            | Call::issue { election, .. } => *election,
            Call::__Ignore(_, never) => match *never {},
        };
        pallet_elections::Pallet::<T>::is_over(election)
    }

    fn announce(topic: Hash, event: Event<T>) {
        frame_system::Pallet::<T>::deposit_event_indexed(
            &[topic],
            <T as frame_system::Config>::RuntimeEvent::from(event),
        );
    }
}
