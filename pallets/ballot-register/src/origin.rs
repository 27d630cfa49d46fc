//! Who a ballot comes from.

use core::marker::PhantomData;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::EnsureOrigin;
use frame_system::pallet_prelude::OriginFor;
use psephos_primitives::AccountId;
use scale_info::TypeInfo;

use crate::Config;

/// Who a call comes from, if [`Pallet::admit`](crate::Pallet::admit) has admitted it.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum RawOrigin<AccountId> {
    /// A one-time account, and with it a ballot that has passed every check.
    Voter(AccountId),
}

/// Lets through what was admitted, and nobody else: not the voter's own signature, not the
/// consortium, not root (PSE-BAL-6).
pub struct EnsureVoter<T>(PhantomData<T>);

impl<T: Config> EnsureOrigin<OriginFor<T>> for EnsureVoter<T> {
    type Success = AccountId;

    fn try_origin(origin: OriginFor<T>) -> Result<AccountId, OriginFor<T>> {
        let origin: Result<RawOrigin<AccountId>, OriginFor<T>> = origin.into();
        origin.map(|RawOrigin::Voter(account)| account)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin() -> Result<OriginFor<T>, ()> {
        Ok(RawOrigin::Voter(AccountId::new([1; 32])).into())
    }
}
