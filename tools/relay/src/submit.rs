//! The way to the chain, for the last relay of a path (PSE-RLY-10).

use codec::DecodeAll;
use futures::{future::BoxFuture, FutureExt};
use psephos_client::{Courier, Error};
use psephos_primitives::{
    wire::{BallotRegisterCall, Call, Extrinsic},
    BlockNumber, ElectionId, Refusal,
};

use crate::forward::{Reason, Setback};

/// Brings ballots into a finalised block.
pub trait Submitter: Send + Sync {
    /// Returns when the extrinsic is in a finalised block, or why it is not.
    fn submit(&self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<(), Setback>>;
}

/// Whether these bytes are a signed extrinsic that casts a ballot in this election. A relay submits
/// nothing else: what no node could decode would be tried until the election is over.
pub fn is_ballot(extrinsic: &[u8], expected: ElectionId) -> bool {
    let decoded = Extrinsic::decode_all(&mut &extrinsic[..]);
    matches!(
        decoded,
        Ok(Extrinsic::Signed {
            call: Call::BallotRegister(BallotRegisterCall::Cast { election, .. }),
            ..
        }) if election == expected
    )
}

/// Submits to nodes.
#[derive(Debug)]
pub struct NodeSubmitter {
    courier: Courier,
    closing: BlockNumber,
}

impl NodeSubmitter {
    /// With a courier of the election's chain.
    pub const fn new(courier: Courier, closing: BlockNumber) -> Self {
        Self { courier, closing }
    }
}

impl Submitter for NodeSubmitter {
    fn submit(&self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<(), Setback>> {
        async move {
            match self.courier.deliver(&extrinsic, Some(self.closing)).await {
                Ok(_) => Ok(()),
                Err(error) if is_final(&error) => Err(Setback::ForGood(reason(&error))),
                Err(error) => Err(Setback::Later(reason(&error), None)),
            }
        }
        .boxed()
    }
}

/// Whether no node will ever take the extrinsic.
const fn is_final(error: &Error) -> bool {
    match error {
        // A node that has just started and is behind knows nothing of the election or its key.
        Error::Refused(refusal) => !matches!(
            refusal,
            Refusal::UnknownElection | Refusal::UnknownDistrict | Refusal::NotReady
        ),
        Error::Invalid(_) | Error::Expired { .. } | Error::CallFailed { .. } => true,
        _ => false,
    }
}

/// What figures call it; a refusal by the runtime has its name there (PSE-EXT-3).
fn reason(error: &Error) -> Reason {
    match error {
        Error::Refused(refusal) => format!("{refusal:?}").into(),
        Error::Invalid(_) => "node_found_invalid".into(),
        Error::Expired { .. } => "closing_block_passed".into(),
        Error::CallFailed { .. } => "call_failed".into(),
        _ => "node_unavailable".into(),
    }
}

#[cfg(test)]
mod tests {
    use codec::Encode;
    use psephos_primitives::wire::TimestampCall;

    use super::*;

    #[test]
    fn bytes_that_cast_no_ballot_are_told() {
        let inherent = Extrinsic::Inherent(Call::Timestamp(TimestampCall::Set { now: 1 }));
        assert!(!is_ballot(&inherent.encode(), ElectionId::from(0)));
        assert!(!is_ballot(&[], ElectionId::from(0)));
        assert!(!is_ballot(&[0xff; 300], ElectionId::from(0)));
    }

    #[test]
    fn refusals_are_final_unless_the_node_may_be_behind() {
        let waited: Vec<_> = Refusal::ALL
            .iter()
            .filter(|refusal| !is_final(&Error::Refused(**refusal)))
            .collect();
        let expected = [
            Refusal::UnknownElection,
            Refusal::UnknownDistrict,
            Refusal::NotReady,
        ];
        assert_eq!(waited.len(), expected.len());
        assert!(expected.iter().all(|refusal| waited.contains(&refusal)));
        assert!(is_final(&Error::Expired { blocks: 1 }));
        assert!(!is_final(&Error::CourierGone));
    }

    #[test]
    fn reasons_have_names_of_their_own_and_nothing_of_the_ballot() {
        assert_eq!(reason(&Error::Refused(Refusal::BallotProof)), "BallotProof");
        assert_eq!(
            reason(&Error::Expired { blocks: 7 }),
            "closing_block_passed"
        );
        assert_eq!(reason(&Error::CourierGone), "node_unavailable");
    }
}
