//! What is let in without a signature: into a block the author's clock, and into block and pool what is
//! its own proof, a validator's two votes in one round (PSE-EXT-1).

use alloc::{boxed::Box, vec};
use codec::{Decode, Encode};
use psephos_primitives::{validators::Equivocation, Refusal};
use sp_consensus_grandpa::{AuthorityId, EquivocationProof, OpaqueKeyOwnershipProof, SetId};
use sp_core::crypto::Wraps;
use sp_runtime::transaction_validity::{
    TransactionLongevity, TransactionSource, TransactionValidity, TransactionValidityError,
    ValidTransaction,
};

use super::{
    admission::OFFICIAL_PRIORITY, BlockNumber, Hash, RuntimeCall, TimestampCall,
    UncheckedExtrinsic, ValidatorSet,
};

/// Lets in the clock and reports of equivocation.
///
/// The runtime's own `ValidateUnsigned` would let `frame-system`'s in: an authorised upgrade that
/// nobody has signed, also while an election is open.
pub struct Unsigned;

// Deprecated in favour of `authorize`, but what `Executive` asks.
#[allow(deprecated)]
impl sp_runtime::traits::ValidateUnsigned for Unsigned {
    type Call = RuntimeCall;

    /// In a block.
    fn pre_dispatch(call: &RuntimeCall) -> Result<(), TransactionValidityError> {
        match call {
            RuntimeCall::Timestamp(TimestampCall::set { .. }) => Ok(()),
            _ => admit(call).map(drop).map_err(Into::into),
        }
    }

    /// In the pool.
    fn validate_unsigned(_: TransactionSource, call: &RuntimeCall) -> TransactionValidity {
        admit(call).map_err(Into::into)
    }
}

/// Whether this is evidence against an organisation, and new (PSE-VAL-10).
fn admit(call: &RuntimeCall) -> Result<ValidTransaction, Refusal> {
    let RuntimeCall::ValidatorSet(pallet_validator_set::Call::report_equivocation {
        set,
        evidence,
    }) = call
    else {
        return Err(Refusal::NotAdmitted);
    };
    let convicted = ValidatorSet::convicted(*set, evidence);
    let organisation = convicted.map_err(|_| Refusal::NotNow)?;
    // The pool keeps one of those that can be accepted once: every node sends what it saw.
    let tag = ("equivocation", set, organisation, evidence.votes().round).encode();
    Ok(ValidTransaction {
        priority: OFFICIAL_PRIORITY,
        requires: vec![],
        provides: vec![tag],
        longevity: TransactionLongevity::MAX,
        propagate: true,
    })
}

/// Hands what GRANDPA's voter saw to the node's pool; nothing if the pool has it, or the chain.
pub(super) fn report(proof: &EquivocationProof<Hash, BlockNumber>) -> Option<()> {
    let (set, evidence) = <(SetId, Equivocation)>::decode(&mut &proof.encode()[..]).ok()?;
    let call = pallet_validator_set::Call::report_equivocation {
        set,
        evidence: Box::new(evidence),
    };
    let extrinsic = UncheckedExtrinsic::new_bare(call.into());
    sp_io::offchain::submit_transaction(extrinsic.encode()).ok()
}

/// What GRANDPA's voter wants before it reports: here the sets are on the chain, so it is empty, or
/// none where the key is not that of an organisation in the set.
pub(super) fn ownership(set: SetId, key: &AuthorityId) -> Option<OpaqueKeyOwnershipProof> {
    ValidatorSet::voter(set, key.as_inner_ref())?;
    Some(OpaqueKeyOwnershipProof::new(vec![]))
}
