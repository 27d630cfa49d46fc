//! What is let into the pool and into a block: ballots that verify, officials' messages, and
//! nothing else (PSE-EXT-1).

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
    dispatch::DispatchInfo,
    pallet_prelude::{TransactionSource, Weight},
    traits::OriginTrait,
};
use frame_system::{CheckNonce, ExtensionsWeightInfo};
use psephos_primitives::{AccountId, Refusal};
use scale_info::TypeInfo;
use sp_runtime::{
    traits::{AsSystemOriginSigner, Implication, TransactionExtension, ValidateResult},
    transaction_validity::{
        TransactionLongevity, TransactionPriority, TransactionValidityError, ValidTransaction,
    },
};

use super::{
    BallotRegister, Consortium, Elections, KeyCeremony, Nonce, Runtime, RuntimeCall, RuntimeOrigin,
    VoterRegister,
};

/// Officials go first, or a full pool would drop a trustee's share.
const OFFICIAL_PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

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
}

impl TransactionExtension<RuntimeCall> for Admission {
    const IDENTIFIER: &'static str = "CheckNonce";
    type Implicit = ();
    type Val = Admitted;
    type Pre = ();

    // A ballot's verification stands in the weight of `cast`: it depends on the ballot.
    fn weight(&self, _: &RuntimeCall) -> Weight {
        <Runtime as frame_system::Config>::ExtensionsWeightInfo::check_nonce()
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
        official_may(call, &who)?;
        let nonce = CheckNonce::<Runtime>::validate_nonce_for_account(&who, self.0)?;
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
            Admitted::Official(who) => {
                CheckNonce::<Runtime>::prepare_nonce_for_account(&who, self.0)
            }
        }
    }
}

/// Whether `who` holds the office that `call` needs (PSE-EXT-2).
fn official_may(call: &RuntimeCall, who: &AccountId) -> Result<(), Refusal> {
    match call {
        // A motion about anything else could do nothing, and nobody could read it in the block
        // without this runtime.
        RuntimeCall::Consortium(pallet_collective::Call::propose { proposal, .. })
            if !matches!(**proposal, RuntimeCall::Elections(_)) =>
        {
            Err(Refusal::NotAdmitted)
        }
        RuntimeCall::Consortium(
            pallet_collective::Call::propose { .. }
            | pallet_collective::Call::vote { .. }
            | pallet_collective::Call::close { .. },
        ) => Consortium::is_member(who)
            .then_some(())
            .ok_or(Refusal::NotYourCall),
        RuntimeCall::Elections(call) => Elections::admits(call, who),
        RuntimeCall::VoterRegister(call) => VoterRegister::admits(call, who),
        RuntimeCall::KeyCeremony(call) => KeyCeremony::admits(call, who),
        RuntimeCall::BallotRegister(call) => BallotRegister::admits(call, who),
        RuntimeCall::System(_)
        | RuntimeCall::Timestamp(_)
        | RuntimeCall::Grandpa(_)
        | RuntimeCall::Consortium(_) => Err(Refusal::NotAdmitted),
    }
}
