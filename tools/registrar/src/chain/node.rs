//! The chain by way of nodes.

use std::time::{Duration, Instant};

use psephos::{failure::Failure, registrar};
use psephos_client::{Courier, Error as ClientError, Inclusion, Node, Office, Signer};
use psephos_primitives::{
    register::{DistrictCounts, Participation},
    tally::ElectionResult,
    wire::{Call, VoterRegisterCall},
    ElectionId, VoterNumber,
};
use tokio::{sync::Mutex, time::timeout};

use super::{Answer, Chain, ChainError, Registered, Standing};
use crate::limits::STANDING_SECONDS;

/// What the chain says of a call that comes too early or too late, whoever it is about: the
/// register's errors and the pool's refusals share these names. Where the pool just says that a call
/// cannot be carried out, the delivery finds out whether it was for the time.
const UNTIMELY: [&str; 3] = ["NotRegistering", "NotVoting", "NotReady"];
/// How long a block may take to become final before its finality is not waited for any more.
const FINALITY: Duration = Duration::from_secs(60);

/// An election on a chain whose nodes are asked.
#[derive(Debug)]
pub struct NodeChain {
    election: ElectionId,
    node: Node,
    courier: Courier,
    office: Office,
    /// The last standing: every request of every voter begins with it.
    standing: Mutex<Option<(Instant, Standing)>>,
}

impl NodeChain {
    /// Acts for this registrar's account.
    pub async fn open(
        election: ElectionId,
        node: Node,
        signer: Signer,
    ) -> Result<Self, ClientError> {
        let courier = Courier::start_now(vec![node.clone()]).await?;
        let office = Office::new(node.clone(), courier.clone(), signer);
        Ok(Self {
            election,
            node,
            courier,
            office,
            standing: Mutex::default(),
        })
    }

    async fn read_standing(&self) -> Result<Standing, ClientError> {
        let header = self.node.finalised_header().await?;
        let at = header.hash();
        let phase = self.node.elections_at(at).phase(self.election).await?;
        let phase =
            phase.ok_or_else(|| ClientError::Missing(format!("election {}", self.election)))?;
        Ok(Standing {
            block: header.number,
            phase,
        })
    }

    /// What became of calls.
    async fn outcome(&self, done: Result<Vec<Inclusion>, Failure>) -> Result<(), ChainError> {
        let Err(failure) = done else { return Ok(()) };
        let by_pool = is_refused_by_pool(&failure);
        let error = about_failure(failure);
        if by_pool && matches!(error, ChainError::Refused(_)) {
            self.wait_until_the_best_block_is_final().await?;
        }
        Err(error)
    }

    /// A pool judges by blocks that are not final yet, and what it holds against a call may be that an
    /// earlier attempt stands in one of them: the finalised register then has to show it before the
    /// call counts as refused.
    async fn wait_until_the_best_block_is_final(&self) -> Result<(), ChainError> {
        let best = self.node.best_header().await.map_err(about_node)?.number;
        let waited = timeout(FINALITY, self.courier.wait_for_finalised(best)).await;
        let reason = format!("block {best} is not final yet");
        waited
            .map_err(|_| ChainError::Unreachable(reason))?
            .map_err(about_node)
    }
}

impl Chain for NodeChain {
    fn standing(&self) -> Answer<'_, Standing> {
        Box::pin(async {
            let mut kept = self.standing.lock().await;
            if let Some((at, standing)) = *kept {
                if at.elapsed() < Duration::from_secs(STANDING_SECONDS) {
                    return Ok(standing);
                }
            }
            let standing = self.read_standing().await.map_err(about_node)?;
            *kept = Some((Instant::now(), standing));
            Ok(standing)
        })
    }

    fn voter(&self, voter: VoterNumber) -> Answer<'_, Option<Registered>> {
        Box::pin(async move {
            let elections = self.node.elections().await.map_err(about_node)?;
            let known = Registered::read(elections, self.election, voter).await;
            known.map_err(about_node)
        })
    }

    fn counts(&self) -> Answer<'_, Vec<DistrictCounts>> {
        Box::pin(async {
            let elections = self.node.elections().await.map_err(about_node)?;
            let counts = elections.counts(self.election).await.map_err(about_node)?;
            Ok(counts.unwrap_or_default())
        })
    }

    fn result(&self) -> Answer<'_, Option<ElectionResult>> {
        Box::pin(async {
            let elections = self.node.elections().await.map_err(about_node)?;
            elections.result(self.election).await.map_err(about_node)
        })
    }

    fn participate(&self, voters: Vec<Participation>) -> Answer<'_, ()> {
        Box::pin(async move {
            let done = registrar::participate(&self.office, self.election, &voters).await;
            self.outcome(done).await
        })
    }

    fn withdraw(&self, voter: VoterNumber) -> Answer<'_, ()> {
        Box::pin(async move {
            let election = self.election;
            let call = Call::VoterRegister(VoterRegisterCall::Withdraw { election, voter });
            let done = self.office.perform_all(vec![call]).await;
            self.outcome(done.map_err(Failure::from)).await
        })
    }

    fn issue(&self, voters: Vec<VoterNumber>) -> Answer<'_, ()> {
        Box::pin(async move {
            let done = registrar::issue(&self.office, self.election, &voters).await;
            self.outcome(done).await
        })
    }
}

/// The runtime's word counts, but for what is a matter of time; everything else may be otherwise in a
/// while.
fn about_node(error: ClientError) -> ChainError {
    match error {
        ClientError::CallFailed { reason, .. } => refused(&reason.clone(), reason),
        ClientError::Refused(refusal) => refused(&format!("{refusal:?}"), refusal.to_string()),
        error => ChainError::Unreachable(error.to_string()),
    }
}

fn refused(name: &str, reason: String) -> ChainError {
    if UNTIMELY.iter().any(|untimely| name.ends_with(untimely)) {
        return ChainError::Untimely(reason);
    }
    ChainError::Refused(reason)
}

fn is_refused_by_pool(failure: &Failure) -> bool {
    let Failure::Operation(error) = failure else {
        return false;
    };
    let error = error.downcast_ref::<ClientError>();
    error.is_some_and(|error| error.refusal().is_some())
}

fn about_failure(failure: Failure) -> ChainError {
    match failure {
        Failure::Operation(error) => match error.downcast::<ClientError>() {
            Ok(error) => about_node(error),
            Err(error) => ChainError::Unreachable(format!("{error:#}")),
        },
        failure => ChainError::Unreachable(failure.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use psephos_primitives::Refusal;

    #[test]
    fn the_runtimes_word_is_told_from_a_nodes_silence() {
        let failed = failure(ClientError::CallFailed {
            block: 7,
            reason: "VoterRegister::AlreadyIssued".into(),
        });
        let expected = ChainError::Refused("VoterRegister::AlreadyIssued".into());
        assert_eq!(about_failure(failed), expected);
        let expected = "the chain cannot be asked: the task that follows the chain has ended";
        assert_eq!(about_node(ClientError::CourierGone).to_string(), expected);
    }

    fn failure(error: ClientError) -> Failure {
        let failed: Result<(), _> = Err(error).context("recording issues");
        Failure::from(failed.expect_err("is one"))
    }

    #[test]
    fn a_pools_refusal_is_the_chains_word_as_well() {
        let refused = failure(ClientError::Refused(Refusal::ElectionOver));
        assert!(is_refused_by_pool(&refused));
        let expected = ChainError::Refused(Refusal::ElectionOver.to_string());
        assert_eq!(about_failure(refused), expected);
        let invalid = failure(ClientError::Invalid("Transaction is outdated".into()));
        assert!(!is_refused_by_pool(&invalid));
        assert!(matches!(about_failure(invalid), ChainError::Unreachable(_)));
    }

    #[test]
    fn what_comes_too_early_may_come_again() {
        let by_pool = failure(ClientError::Refused(Refusal::NotVoting));
        let expected = ChainError::Untimely(Refusal::NotVoting.to_string());
        assert_eq!(about_failure(by_pool), expected);
        for name in ["NotVoting", "NotRegistering"] {
            let reason = format!("VoterRegister::{name}");
            let expected = ChainError::Untimely(reason.clone());
            let failed = failure(ClientError::CallFailed { block: 7, reason });
            assert_eq!(about_failure(failed), expected);
        }
    }
}
