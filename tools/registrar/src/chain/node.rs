//! The chain by way of nodes.

use std::time::{Duration, Instant};

use psephos::{failure::Failure, registrar};
use psephos_client::{Courier, Error as ClientError, Node, Office, Signer};
use psephos_primitives::{
    register::{DistrictCounts, Participation, VoterRecord},
    tally::ElectionResult,
    wire::{Call, VoterRegisterCall},
    ElectionId, VoterNumber,
};
use tokio::sync::Mutex;

use super::{Answer, Chain, ChainError, Standing};
use crate::limits::STANDING_SECONDS;

/// An election on a chain whose nodes are asked.
#[derive(Debug)]
pub struct NodeChain {
    election: ElectionId,
    node: Node,
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
        let office = Office::new(node.clone(), courier, signer);
        Ok(Self {
            election,
            node,
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

    fn voter(&self, voter: VoterNumber) -> Answer<'_, Option<VoterRecord>> {
        Box::pin(async move {
            let elections = self.node.elections().await.map_err(about_node)?;
            elections
                .voter(self.election, voter)
                .await
                .map_err(about_node)
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
            done.map(|_| ()).map_err(about_failure)
        })
    }

    fn withdraw(&self, voter: VoterNumber) -> Answer<'_, ()> {
        Box::pin(async move {
            let election = self.election;
            let call = Call::VoterRegister(VoterRegisterCall::Withdraw { election, voter });
            self.office
                .perform(call)
                .await
                .map(|_| ())
                .map_err(about_node)
        })
    }

    fn issue(&self, voters: Vec<VoterNumber>) -> Answer<'_, ()> {
        Box::pin(async move {
            let done = registrar::issue(&self.office, self.election, &voters).await;
            done.map(|_| ()).map_err(about_failure)
        })
    }
}

/// The runtime's word is final; everything else may be otherwise in a while.
fn about_node(error: ClientError) -> ChainError {
    match error {
        ClientError::CallFailed { reason, .. } => ChainError::Refused(reason),
        ClientError::Refused(refusal) => ChainError::Refused(refusal.to_string()),
        error => ChainError::Unreachable(error.to_string()),
    }
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

    #[test]
    fn the_runtimes_word_is_told_from_a_nodes_silence() {
        let failed = ClientError::CallFailed {
            block: 7,
            reason: "VoterRegister::AlreadyIssued".into(),
        };
        let failed: Result<(), _> = Err(failed).context("recording issues");
        let failure = Failure::from(failed.expect_err("is one"));
        let expected = ChainError::Refused("VoterRegister::AlreadyIssued".into());
        assert_eq!(about_failure(failure), expected);
        let expected = "the chain cannot be asked: the task that follows the chain has ended";
        assert_eq!(about_node(ClientError::CourierGone).to_string(), expected);
    }
}
