//! What the registrars of a rehearsal record on the chain: participation while voters may apply,
//! and the issue when voting has opened (PSE-REG-2, PSE-REG-4).

use std::time::Duration;

use futures::{future::try_join_all, stream, StreamExt, TryStreamExt};
use psephos_client::{Node, Office};
use psephos_primitives::{
    register::Participation, BlockNumber, ElectionId, Manifest, Phase, RegistrarIndex,
};

use crate::{
    failure::{Failure, Result},
    output::Output,
    registered::Registered,
    registrar::{issue, participate},
    rehearsal::plan::Plan,
    votes::Vote,
};

/// Between two looks at the chain.
const POLL: Duration = Duration::from_millis(800);
/// Questions about voters that are asked at a time.
const QUESTIONS: usize = 64;

/// The registrars at work.
pub struct Registration<'a> {
    /// Whom they ask.
    pub node: &'a Node,
    /// The registrars.
    pub offices: Vec<(RegistrarIndex, Office)>,
    /// Which election.
    pub election: ElectionId,
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// All votes.
    pub votes: &'a [Vote],
    /// All voter numbers.
    pub plan: &'a Plan,
    /// Where to say what is going on.
    pub output: Output,
}

impl Registration<'_> {
    /// Brings these rows' voters to where they can be given credentials.
    pub async fn run(&self, rows: &[usize]) -> Result<()> {
        let records = self.records(rows).await?;
        self.record_participation(rows, &records).await?;
        self.wait_for_block(self.manifest.voting.start, "voting opens")
            .await?;
        self.record_issues(rows, &records).await
    }

    /// What the chain knows of these voters: nothing, unless an earlier run has begun.
    async fn records(&self, rows: &[usize]) -> Result<Vec<Option<Registered>>> {
        if !self.plan.resumed {
            return Ok(vec![None; rows.len()]);
        }
        let elections = self.node.elections().await?;
        let ask = |row: &usize| {
            let voter = self.plan.voters[*row];
            Registered::read(elections, self.election, voter)
        };
        let questions: Vec<_> = rows.iter().map(ask).collect();
        Ok(stream::iter(questions)
            .buffered(QUESTIONS)
            .try_collect()
            .await?)
    }

    async fn record_participation(
        &self,
        rows: &[usize],
        records: &[Option<Registered>],
    ) -> Result<()> {
        let missing = |registrar: RegistrarIndex| -> Vec<Participation> {
            let is_missing = |known: &Registered| !known.is_supported_by(registrar);
            let rows = rows.iter().zip(records);
            rows.filter(|(_, known)| known.as_ref().is_none_or(is_missing))
                .map(|(row, _)| Participation {
                    voter: self.plan.voters[*row],
                    district: self.votes[*row].district,
                })
                .collect()
        };
        let work: Vec<_> = self
            .offices
            .iter()
            .map(|(index, office)| (office, missing(*index)))
            .filter(|(_, missing)| !missing.is_empty())
            .collect();
        if work.is_empty() {
            return Ok(());
        }
        let range = self.manifest.registration;
        self.wait_for_block(range.start, "registration opens")
            .await?;
        if self.node.finalised_header().await?.number >= range.end {
            let message = format!("registration ended with block {}", range.end);
            return Err(Failure::verdict(message));
        }
        self.output.note(format!(
            "recording the participation of {} voters",
            rows.len()
        ));
        let all = work
            .iter()
            .map(|(office, voters)| participate(office, self.election, voters));
        try_join_all(all).await.map(|_| ())
    }

    async fn record_issues(&self, rows: &[usize], records: &[Option<Registered>]) -> Result<()> {
        let missing = |registrar: RegistrarIndex| {
            let is_missing = |known: &Registered| known.record.issued_by & registrar.bit() == 0;
            let rows = rows.iter().zip(records);
            rows.filter(|(_, known)| known.as_ref().is_none_or(is_missing))
                .map(|(row, _)| self.plan.voters[*row])
                .collect::<Vec<_>>()
        };
        let work: Vec<_> = self
            .offices
            .iter()
            .map(|(index, office)| (office, missing(*index)))
            .filter(|(_, missing)| !missing.is_empty())
            .collect();
        self.output
            .note(format!("recording the issue of {} credentials", rows.len()));
        let all = work
            .iter()
            .map(|(office, voters)| issue(office, self.election, voters));
        try_join_all(all).await.map(|_| ())
    }

    /// Waits until the best chain is there: the pool judges by it.
    async fn wait_for_block(&self, block: BlockNumber, what: &str) -> Result<()> {
        let mut said = false;
        loop {
            let best = self.node.best_header().await?.number;
            if best >= block {
                return Ok(());
            }
            if !said {
                self.output
                    .note(format!("{what} in block {block}; the chain is at {best}"));
                said = true;
            }
            if self.node.elections().await?.phase(self.election).await? == Some(Phase::Cancelled) {
                return Err(Failure::verdict(format!(
                    "election {} was cancelled",
                    self.election
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
