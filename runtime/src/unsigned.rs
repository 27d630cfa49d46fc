//! What stands in a block without a signature: the author's clock, and nothing else (PSE-EXT-1).

use psephos_primitives::Refusal;
use sp_runtime::transaction_validity::{
    TransactionSource, TransactionValidity, TransactionValidityError,
};

use super::{RuntimeCall, TimestampCall};

/// Lets in inherents.
///
/// The runtime's own `ValidateUnsigned` would let `frame-system`'s in: an authorised upgrade that
/// nobody has signed, also while an election is open.
pub struct Inherents;

// Deprecated in favour of `authorize`, but what `Executive` asks.
#[allow(deprecated)]
impl sp_runtime::traits::ValidateUnsigned for Inherents {
    type Call = RuntimeCall;

    /// In a block.
    fn pre_dispatch(call: &RuntimeCall) -> Result<(), TransactionValidityError> {
        match call {
            RuntimeCall::Timestamp(TimestampCall::set { .. }) => Ok(()),
            _ => Err(Refusal::NotAdmitted.into()),
        }
    }

    /// In the pool.
    fn validate_unsigned(_: TransactionSource, _: &RuntimeCall) -> TransactionValidity {
        Err(Refusal::NotAdmitted.into())
    }
}
