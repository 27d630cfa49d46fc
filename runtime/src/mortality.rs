//! Until when a transaction may be included, and that a ballot or an upgrade never expires (PSE-EXT-7,
//! PSE-UPG-2).

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
    dispatch::DispatchInfo,
    pallet_prelude::{TransactionSource, Weight},
};
use frame_system::CheckEra;
use psephos_primitives::{Hash, Refusal};
use scale_info::TypeInfo;
use sp_runtime::{
    generic::Era,
    impl_tx_ext_default,
    traits::{Implication, TransactionExtension, ValidateResult},
    transaction_validity::TransactionValidityError,
};

use super::{Runtime, RuntimeCall, RuntimeOrigin};

/// The transaction's era: immortal for a ballot or an upgrade, any for an official's message.
///
/// Takes the place of `CheckMortality` under its name and with its encoding, so that wallets need no
/// configuration. The rule stands here and not in [`Admission`](super::admission::Admission) because
/// an extension sees the call, and those that come after it, but not the era of one before.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, TypeInfo, Debug)]
pub struct Mortality(pub Era);

impl Mortality {
    /// FRAME's own extension, which knows what an era means.
    fn era(&self) -> CheckEra<Runtime> {
        CheckEra::from(self.0)
    }
}

impl TransactionExtension<RuntimeCall> for Mortality {
    const IDENTIFIER: &'static str = "CheckMortality";
    type Implicit = Hash;
    type Val = ();
    type Pre = ();

    fn implicit(&self) -> Result<Hash, TransactionValidityError> {
        self.era().implicit()
    }

    fn weight(&self, call: &RuntimeCall) -> Weight {
        self.era().weight(call)
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        call: &RuntimeCall,
        info: &DispatchInfo,
        length: usize,
        implicit: Hash,
        implication: &impl Implication,
        source: TransactionSource,
    ) -> ValidateResult<(), RuntimeCall> {
        if !self.0.is_immortal() {
            match call {
                RuntimeCall::BallotRegister(pallet_ballot_register::Call::cast { .. }) => {
                    return Err(Refusal::MortalBallot.into());
                }
                RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { .. }) => {
                    return Err(Refusal::UpgradeEnvelope.into());
                }
                _ => {}
            }
        }
        self.era()
            .validate(origin, call, info, length, implicit, implication, source)
    }

    impl_tx_ext_default!(RuntimeCall; prepare);
}
