//! # Validator set
//!
//! Which organisations make and finalise blocks, by which keys, and which code may replace the
//! runtime's. The consortium decides on all of it; only its own keys an organisation replaces itself.
//!
//! Members of the consortium change at once, validators with their keys at a session's end, and
//! neither while an election is open: whoever votes knows before who counts. Keys are kept by
//! `pallet-session`, votes on motions by the consortium's collective; this pallet is what stands between
//! the two, so that one list of organisations is behind both.
//!
//! | module | owns |
//! |---|---|
//! | [`organisations`] | the organisations: how they come, go and change their keys |
//! | [`sessions`] | when a session ends, which block handed over to which set, and the latest sets |
//! | [`equivocation`] | who has voted for two blocks at once |
//! | [`no_coins`] | nothing: what `pallet-session` wants instead of a currency |
//! | [`invariants`] | what always holds, in prose and executed |

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod equivocation;
#[cfg(any(feature = "std", feature = "try-runtime"))]
pub mod invariants;
pub mod no_coins;
pub mod organisations;
pub mod sessions;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use weights::WeightInfo;

use psephos_primitives::{AccountId, Hash, Refusal};

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::sessions::Voters;
    use alloc::boxed::Box;
    use frame_support::{
        pallet_prelude::*,
        traits::{ChangeMembers, InitializeMembers},
    };
    use frame_system::pallet_prelude::*;
    use psephos_primitives::{
        validators::{
            Equivocation, OwnershipProof, SessionKeys, MAX_ORGANISATIONS, MAX_REPORTED_ROUNDS,
        },
        BlockNumber,
    };

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<AccountId = AccountId, Hash = Hash>
        + pallet_elections::Config
        + pallet_grandpa::Config
        + pallet_session::Config<ValidatorId = AccountId, Keys: From<SessionKeys> + Into<SessionKeys>>
    {
        /// The consortium's collective, whose members are the organisations.
        type Members: ChangeMembers<AccountId> + InitializeMembers<AccountId>;
        /// What the calls cost.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// The organisations, in the order of PSE-VAL-7: those of genesis, then each as it was admitted.
    #[pallet::storage]
    pub(crate) type Organisations<T: Config> =
        StorageValue<_, BoundedVec<AccountId, ConstU32<MAX_ORGANISATIONS>>, ValueQuery>;

    /// In which block each set of validators but the first was announced (PSE-VAL-9). It grows by
    /// an entry with each change of the set, which takes a vote or a member's rotation.
    ///
    /// `Identity`: sets are counted by the chain, one after the other.
    #[pallet::storage]
    pub(crate) type Handovers<T: Config> = StorageMap<_, Identity, u64, BlockNumber>;

    /// Who voted on finality by which key, in the active set and those before it that can still be
    /// reported (PSE-VAL-10).
    ///
    /// `Identity`: as for [`Handovers`].
    #[pallet::storage]
    pub(crate) type Sets<T: Config> = StorageMap<_, Identity, u64, Voters>;

    /// In which rounds of a set an organisation has voted for two blocks (PSE-VAL-10). Kept as long
    /// as the set.
    ///
    /// `Identity` for sets, as for [`Handovers`]; `Twox64Concat` for organisations, which the
    /// consortium has admitted.
    #[pallet::storage]
    pub(crate) type Reports<T: Config> = StorageDoubleMap<
        _,
        Identity,
        u64,
        Twox64Concat,
        AccountId,
        BoundedVec<u64, ConstU32<MAX_REPORTED_ROUNDS>>,
        ValueQuery,
    >;

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// The consortium has admitted an organisation.
        Admitted {
            /// Its account.
            organisation: AccountId,
        },
        /// The consortium has dismissed an organisation.
        Dismissed {
            /// Its account.
            organisation: AccountId,
        },
        /// An organisation has replaced its session keys.
        Rotated {
            /// Its account.
            organisation: AccountId,
        },
        /// Another set of validators makes the blocks after this one.
        HandedOver {
            /// Its number.
            set: u64,
        },
        /// An organisation has voted for two blocks in one round.
        Equivocated {
            /// Its account.
            organisation: AccountId,
            /// The set that it voted in.
            set: u64,
            /// The round.
            round: u64,
        },
    }

    /// Why a call fails. What is wrong with keys is `pallet-session`'s `InvalidProof` or
    /// `DuplicatedKey`.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// An election is open.
        Frozen,
        /// The account is an organisation's already.
        AlreadyAnOrganisation,
        /// The account is not that of an organisation.
        NotAnOrganisation,
        /// The account is trustee or registrar of an election that has not ended.
        HoldsOffice,
        /// There are as many organisations as there can be.
        TooManyOrganisations,
        /// Fewer organisations would be left than tolerate a fault.
        TooFewOrganisations,
        /// There is no set with this number yet, or it is too long ago.
        UnknownSet,
        /// The key voted for no organisation in this set.
        NotInSet,
        /// This is no evidence: the votes do not contradict each other, or a signature is wrong.
        NoEquivocation,
        /// The organisation was reported for this set and round before.
        AlreadyReported,
        /// The organisation was reported for as many rounds of this set as are kept.
        ReportedEnough,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            weights::assert_that_organisations_and_calls_fit::<T>();
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_invariants()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Takes an organisation in (PSE-VAL-2).
        ///
        /// Origin: [`pallet_elections::Config::AdminOrigin`].
        ///
        /// Emits [`Event::Admitted`]. Fails with [`Error::Frozen`],
        /// [`Error::AlreadyAnOrganisation`], [`Error::HoldsOffice`],
        /// [`Error::TooManyOrganisations`], or with `pallet-session`'s `InvalidProof` or
        /// `DuplicatedKey`.
        #[pallet::call_index(0)]
        #[pallet::weight((<T as Config>::WeightInfo::admit(), DispatchClass::Operational))]
        pub fn admit(
            origin: OriginFor<T>,
            organisation: AccountId,
            keys: SessionKeys,
            proof: OwnershipProof,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::take_in(organisation, keys, &proof)
        }

        /// Dismisses an organisation (PSE-VAL-3).
        ///
        /// Origin: [`pallet_elections::Config::AdminOrigin`].
        ///
        /// Emits [`Event::Dismissed`]. Fails with [`Error::Frozen`], [`Error::NotAnOrganisation`]
        /// or [`Error::TooFewOrganisations`].
        #[pallet::call_index(1)]
        #[pallet::weight((<T as Config>::WeightInfo::dismiss(), DispatchClass::Operational))]
        pub fn dismiss(origin: OriginFor<T>, organisation: AccountId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::send_away(organisation)
        }

        /// Replaces the sender's session keys (PSE-VAL-5).
        ///
        /// Origin: signed by an organisation.
        ///
        /// Emits [`Event::Rotated`]. Fails with [`Error::Frozen`], [`Error::NotAnOrganisation`], or
        /// with `pallet-session`'s `InvalidProof` or `DuplicatedKey`.
        #[pallet::call_index(2)]
        #[pallet::weight((<T as Config>::WeightInfo::rotate(), DispatchClass::Operational))]
        pub fn rotate(
            origin: OriginFor<T>,
            keys: SessionKeys,
            proof: OwnershipProof,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::replace_keys(who, keys, &proof)
        }

        /// Names an organisation that voted for two blocks in one round (PSE-VAL-10).
        ///
        /// Origin: none, since the evidence is its own authority, or signed by an organisation.
        ///
        /// Emits [`Event::Equivocated`]. Fails with [`Error::NotAnOrganisation`],
        /// [`Error::UnknownSet`], [`Error::NotInSet`], [`Error::NoEquivocation`],
        /// [`Error::AlreadyReported`] or [`Error::ReportedEnough`].
        #[pallet::call_index(3)]
        #[pallet::weight((
            <T as Config>::WeightInfo::report_equivocation(),
            DispatchClass::Operational,
        ))]
        pub fn report_equivocation(
            origin: OriginFor<T>,
            set: u64,
            evidence: Box<Equivocation>,
        ) -> DispatchResult {
            if ensure_none(origin.clone()).is_err() {
                let who = ensure_signed(origin)?;
                ensure!(Self::is_organisation(&who), Error::<T>::NotAnOrganisation);
            }
            Self::record_equivocation(set, &evidence)?;
            Ok(())
        }

        /// Allows a code to replace the runtime's, in place of any that was allowed before
        /// (PSE-UPG-1). `System.apply_authorized_upgrade` then carries it out (PSE-UPG-2).
        ///
        /// Origin: [`pallet_elections::Config::AdminOrigin`].
        ///
        /// Emits the system's `UpgradeAuthorized`. Fails with [`Error::Frozen`].
        #[pallet::call_index(4)]
        #[pallet::weight((
            <T as Config>::WeightInfo::authorize_upgrade(),
            DispatchClass::Operational,
        ))]
        pub fn authorize_upgrade(origin: OriginFor<T>, code_hash: Hash) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::ensure_not_frozen()?;
            frame_system::Pallet::<T>::do_authorize_upgrade(code_hash, true);
            Ok(())
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Whether nothing may change who makes blocks, or by which code: an election is open
    /// (PSE-VAL-6).
    pub fn is_frozen() -> bool {
        pallet_elections::Pallet::<T>::any_is_open()
    }

    fn ensure_not_frozen() -> Result<(), Error<T>> {
        frame_support::ensure!(!Self::is_frozen(), Error::<T>::Frozen);
        Ok(())
    }

    /// Whether the pool may let `call` in for `who` (PSE-EXT-2): organisations about themselves and
    /// each other. What the consortium decides comes by motions, which are calls of its collective.
    pub fn admits(call: &Call<T>, who: &AccountId) -> Result<(), Refusal> {
        let member = Self::is_organisation(who);
        match call {
            Call::rotate { .. } if member && Self::is_frozen() => Err(Refusal::Frozen),
            Call::rotate { .. } if member => Ok(()),
            // It goes before ballots: what proves nothing, or nothing new, must not take their room.
            Call::report_equivocation { set, evidence } if member => {
                Self::convicted(*set, evidence)
                    .map(drop)
                    .map_err(|_| Refusal::NotNow)
            }
            Call::rotate { .. } | Call::report_equivocation { .. } => Err(Refusal::NotYourCall),
            Call::admit { .. } | Call::dismiss { .. } | Call::authorize_upgrade { .. } => {
                Err(Refusal::NotAdmitted)
            }
            Call::__Ignore(_, never) => match *never {},
        }
    }
}
