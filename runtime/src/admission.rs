//! What is let into the pool and into a block: ballots that verify, officials' messages, the code that
//! the consortium has authorised, and nothing else (PSE-EXT-1).

use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
    dispatch::{DispatchInfo, GetDispatchInfo},
    pallet_prelude::{TransactionSource, Weight},
    traits::OriginTrait,
};
use frame_system::{CheckNonce, ExtensionsWeightInfo};
use psephos_primitives::{AccountId, Refusal};
use scale_info::TypeInfo;
use sp_runtime::{
    traits::{AsSystemOriginSigner, Implication, TransactionExtension, ValidateResult},
    transaction_validity::{
        InvalidTransaction, TransactionLongevity, TransactionPriority, TransactionValidityError,
        ValidTransaction,
    },
};

use super::{
    motions, BallotRegister, Elections, KeyCeremony, Nonce, Runtime, RuntimeCall, RuntimeOrigin,
    System, ValidatorSet, VoterRegister,
};

/// Officials go first, or a full pool would drop a trustee's share.
pub(super) const OFFICIAL_PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// The transaction's nonce: for a voter, how many ballots the account has cast in the election; for
/// an official, how many transactions the account has sent.
///
/// Takes the place of `CheckNonce` under its name and with its encoding, so that wallets need no
/// configuration.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, TypeInfo, Debug)]
pub struct Admission(#[codec(compact)] pub Nonce);

/// Who was admitted.
#[derive(Debug, PartialEq, Eq)]
pub enum Admitted {
    /// A one-time account with a verified ballot.
    Voter,
    /// An account that holds an office.
    Official(AccountId),
    /// Any account, with the code that the consortium has authorised.
    Upgrade,
}

impl TransactionExtension<RuntimeCall> for Admission {
    const IDENTIFIER: &'static str = "CheckNonce";
    type Implicit = ();
    type Val = Admitted;
    type Pre = ();

    fn weight(&self, call: &RuntimeCall) -> Weight {
        let nonce = <Runtime as frame_system::Config>::ExtensionsWeightInfo::check_nonce();
        nonce.saturating_add(checks(call))
    }

    fn validate(
        &self,
        mut origin: RuntimeOrigin,
        call: &RuntimeCall,
        _info: &DispatchInfo,
        length: usize,
        _implicit: (),
        _implication: &impl Implication,
        _source: TransactionSource,
    ) -> ValidateResult<Admitted, RuntimeCall> {
        let Some(who) = origin.as_system_origin_signer().cloned() else {
            return Err(Refusal::NotAdmitted.into());
        };
        if let RuntimeCall::BallotRegister(pallet_ballot_register::Call::cast {
            election,
            district,
            credential,
            ballot,
        }) = call
        {
            let valid = BallotRegister::admit(
                &who, self.0, *election, *district, credential, ballot, length,
            )?;
            let voter = pallet_ballot_register::Origin::<Runtime>::Voter(who);
            origin.set_caller(voter.into());
            return Ok((valid, Admitted::Voter, origin));
        }
        if let RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { code }) = call {
            return Ok((admit_upgrade(self.0, code)?, Admitted::Upgrade, origin));
        }
        let nonce = CheckNonce::<Runtime>::validate_nonce_for_account(&who, self.0);
        // What stands in a block already says so by its nonce, and not by what it can no longer do.
        if let Err(TransactionValidityError::Invalid(InvalidTransaction::Stale)) = nonce {
            return Err(InvalidTransaction::Stale.into());
        }
        official_may(call, &who)?;
        let nonce = nonce?;
        let valid = ValidTransaction {
            priority: OFFICIAL_PRIORITY,
            requires: nonce.requires,
            provides: nonce.provides,
            longevity: TransactionLongevity::MAX,
            propagate: true,
        };
        Ok((valid, Admitted::Official(who), origin))
    }

    fn prepare(
        self,
        admitted: Admitted,
        _origin: &RuntimeOrigin,
        _call: &RuntimeCall,
        _info: &DispatchInfo,
        _length: usize,
    ) -> Result<(), TransactionValidityError> {
        match admitted {
            // The register counts the account's ballots itself: no account row.
            Admitted::Voter => Ok(()),
            // It can be applied once: no account row either.
            Admitted::Upgrade => Ok(()),
            Admitted::Official(who) => {
                CheckNonce::<Runtime>::prepare_nonce_for_account(&who, self.0)
            }
        }
    }
}

/// What it costs to find out whether a call can be carried out.
fn checks(call: &RuntimeCall) -> Weight {
    match call {
        // A ballot's verification stands in the weight of `cast`, which does nothing else.
        RuntimeCall::BallotRegister(pallet_ballot_register::Call::cast { .. }) => Weight::zero(),
        // To close a motion weighs what it moves, of which nothing is carried out here.
        RuntimeCall::Consortium(_) => motions::admission_weight(),
        // What it is carried out by checks it once more, so this is less.
        _ => call.get_dispatch_info().call_weight,
    }
}

/// Whether this code may replace the runtime's now, whoever sends it (PSE-UPG-2). That its era is
/// immortal is looked at [`before`](super::mortality::Mortality).
fn admit_upgrade(nonce: Nonce, code: &[u8]) -> Result<ValidTransaction, Refusal> {
    if nonce != 0 {
        return Err(Refusal::UpgradeEnvelope);
    }
    if ValidatorSet::is_frozen() {
        return Err(Refusal::Frozen);
    }
    // Cheapest first: without an authorisation nothing is hashed.
    let authorized = System::authorized_upgrade().ok_or(Refusal::CodeNotAuthorized)?;
    let code_hash = sp_io::hashing::blake2_256(code);
    // Its fields are private outside of tests: the hash, and whether the version is checked.
    if authorized.encode() != (code_hash, true).encode() {
        return Err(Refusal::CodeNotAuthorized);
    }
    Ok(ValidTransaction {
        priority: OFFICIAL_PRIORITY,
        requires: Vec::new(),
        provides: vec![("upgrade", code_hash).encode()],
        longevity: TransactionLongevity::MAX,
        propagate: true,
    })
}

/// Whether the consortium may vote on `call`: about anything else a motion could do nothing, and
/// nobody could read it in the block without this runtime.
fn may_be_moved(call: &RuntimeCall) -> bool {
    use pallet_validator_set::Call;
    matches!(
        call,
        RuntimeCall::Elections(_)
            | RuntimeCall::ValidatorSet(
                Call::admit { .. } | Call::dismiss { .. } | Call::authorize_upgrade { .. }
            )
    )
}

/// Whether `who` holds the office that `call` needs, and the call can be carried out on the state as it
/// stands (PSE-EXT-2). Officials go before ballots: what fails must not take their room.
fn official_may(call: &RuntimeCall, who: &AccountId) -> Result<(), Refusal> {
    match call {
        RuntimeCall::Consortium(pallet_collective::Call::propose { proposal, .. })
            if !may_be_moved(proposal) =>
        {
            Err(Refusal::NotAdmitted)
        }
        RuntimeCall::Consortium(call) => motions::admit(call, who),
        RuntimeCall::ValidatorSet(call) => ValidatorSet::admits(call, who),
        RuntimeCall::Elections(call) => Elections::admits(call, who),
        RuntimeCall::VoterRegister(call) => VoterRegister::admits(call, who),
        RuntimeCall::KeyCeremony(call) => KeyCeremony::admits(call, who),
        RuntimeCall::BallotRegister(call) => BallotRegister::admits(call, who),
        RuntimeCall::System(_)
        | RuntimeCall::Timestamp(_)
        | RuntimeCall::Grandpa(_)
        | RuntimeCall::Session(_) => Err(Refusal::NotAdmitted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::{ElectionId, VoterNumber};
    use sp_runtime::BoundedVec;

    #[test]
    fn what_is_checked_twice_weighs_twice() {
        let voters = BoundedVec::truncate_from(vec![VoterNumber(1); 256]);
        let call = RuntimeCall::VoterRegister(pallet_voter_register::Call::issue {
            election: ElectionId(1),
            voters,
        });
        let carried_out = call.get_dispatch_info().call_weight;
        let nonce = Admission(0).weight(&RuntimeCall::System(frame_system::Call::remark {
            remark: Vec::new(),
        }));
        assert!(Admission(0).weight(&call).all_gte(carried_out));
        // Nothing here counts bytes of proof.
        assert!(nonce.ref_time() < carried_out.ref_time());
    }
}
