//! The currency that `pallet-session` asks for, on a chain that has none (PSE-VAL-1): nobody owns
//! anything, and keys are kept without a deposit.

use frame_support::{
    dispatch::DispatchResult,
    traits::tokens::{
        fungible::{self, hold, Dust},
        DepositConsequence, Fortitude, Preservation, Provenance, WithdrawConsequence,
    },
};
use psephos_primitives::AccountId;
use sp_runtime::{DispatchError, TokenError};

/// Nothing, of which everybody has as much.
pub struct NoCoins;

/// Every amount here.
type Amount = u32;

fn only_nothing(amount: Amount) -> DispatchResult {
    match amount {
        0 => Ok(()),
        _ => Err(TokenError::UnknownAsset.into()),
    }
}

impl fungible::Inspect<AccountId> for NoCoins {
    type Balance = Amount;

    fn total_issuance() -> Amount {
        0
    }

    fn minimum_balance() -> Amount {
        0
    }

    fn total_balance(_: &AccountId) -> Amount {
        0
    }

    fn balance(_: &AccountId) -> Amount {
        0
    }

    fn reducible_balance(_: &AccountId, _: Preservation, _: Fortitude) -> Amount {
        0
    }

    fn can_deposit(_: &AccountId, amount: Amount, _: Provenance) -> DepositConsequence {
        match only_nothing(amount) {
            Ok(()) => DepositConsequence::Success,
            Err(_) => DepositConsequence::UnknownAsset,
        }
    }

    fn can_withdraw(_: &AccountId, amount: Amount) -> WithdrawConsequence<Amount> {
        match only_nothing(amount) {
            Ok(()) => WithdrawConsequence::Success,
            Err(_) => WithdrawConsequence::UnknownAsset,
        }
    }
}

impl fungible::Unbalanced<AccountId> for NoCoins {
    fn handle_dust(_: Dust<AccountId, Self>) {}

    fn write_balance(_: &AccountId, amount: Amount) -> Result<Option<Amount>, DispatchError> {
        only_nothing(amount)?;
        Ok(None)
    }

    fn set_total_issuance(_: Amount) {}
}

impl fungible::Mutate<AccountId> for NoCoins {}

impl hold::Inspect<AccountId> for NoCoins {
    type Reason = pallet_session::HoldReason;

    fn total_balance_on_hold(_: &AccountId) -> Amount {
        0
    }

    fn balance_on_hold(_: &Self::Reason, _: &AccountId) -> Amount {
        0
    }
}

impl hold::Unbalanced<AccountId> for NoCoins {
    fn set_balance_on_hold(_: &Self::Reason, _: &AccountId, amount: Amount) -> DispatchResult {
        only_nothing(amount)
    }
}

impl hold::Mutate<AccountId> for NoCoins {}
