//! The way to the chain, for the last relay of a path (PSE-RLY-10).

use futures::{future::BoxFuture, FutureExt};
use psephos_client::{Courier, Error, Journey};
use psephos_primitives::{BlockNumber, Refusal};

use crate::forward::{Reason, Setback};

/// Brings ballots into a finalised block.
pub trait Submitter: Send + Sync {
    /// A delivery of this extrinsic, which begins with its submission.
    fn begin(&self, extrinsic: &[u8]) -> Box<dyn Delivery>;
}

/// A ballot on its way into a finalised block, without its bytes: as many as the queue holds may wait
/// for their blocks at once.
pub trait Delivery: Send {
    /// Puts the extrinsic into a pool.
    fn submit(&mut self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<(), Setback>>;

    /// Waits for its block: whether the extrinsic is in one that is final, or is to be submitted
    /// again.
    fn watch(&mut self) -> BoxFuture<'_, Result<bool, Setback>>;
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
    fn begin(&self, extrinsic: &[u8]) -> Box<dyn Delivery> {
        Box::new(NodeDelivery {
            courier: self.courier.clone(),
            journey: self.courier.begin(extrinsic, Some(self.closing)),
        })
    }
}

struct NodeDelivery {
    courier: Courier,
    journey: Journey,
}

impl Delivery for NodeDelivery {
    fn submit(&mut self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<(), Setback>> {
        async move {
            let submitted = self.courier.submit(&mut self.journey, &extrinsic).await;
            submitted.map_err(|error| setback(&error))
        }
        .boxed()
    }

    fn watch(&mut self) -> BoxFuture<'_, Result<bool, Setback>> {
        async move {
            let watched = self.courier.watch(&self.journey).await;
            let inclusion = watched.map_err(|error| setback(&error))?;
            Ok(inclusion.is_some())
        }
        .boxed()
    }
}

fn setback(error: &Error) -> Setback {
    if is_final(error) {
        Setback::ForGood(reason(error))
    } else {
        Setback::Later(reason(error), None)
    }
}

/// Whether no node will ever take the extrinsic.
///
/// What is not final is tried until voting ends, since a node may be away or behind for as long. Junk
/// cannot live on that: only what a voter has signed under a valid credential is taken at all
/// (PSE-RLY-6), and no refusal here is the sender's to bring about for as long as the node keeps up.
const fn is_final(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => !matches!(
            refusal,
            // A node that has just started and is behind knows nothing of the election or its key,
            // has not come to the opening block, or to the issue of the credential. That voting is
            // over is told by a finalised block, and not by a pool.
            Refusal::UnknownElection
                | Refusal::NotReady
                | Refusal::NotVoting
                | Refusal::NoIssueLeft
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
    use super::*;

    #[test]
    fn refusals_are_final_unless_the_node_may_be_behind() {
        let waited: Vec<_> = Refusal::ALL
            .iter()
            .filter(|refusal| !is_final(&Error::Refused(**refusal)))
            .collect();
        let expected = [
            Refusal::UnknownElection,
            Refusal::NotReady,
            Refusal::NotVoting,
            Refusal::NoIssueLeft,
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
