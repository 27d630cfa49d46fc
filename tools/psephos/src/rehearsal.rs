//! Plays all voters of a `votes.csv`, each with its own one-time key and credential (PSE-REH-1).
//!
//! * [`plan`]: the voter numbers, drawn once;
//! * [`journal`]: every signed extrinsic, written down before it is sent: a rehearsal that is killed
//!   goes on where it was, and no vote is lost or cast twice;
//! * [`booth`]: what happens between a row of the file and a signed extrinsic, in memory only;
//! * [`registration`]: what the registrars record on the chain, and when.

pub mod booth;
pub mod journal;
pub mod plan;
pub mod registration;

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::anyhow;
use indicatif::ProgressBar;
use psephos_client::{Courier, Inclusion, Node, Office};
use psephos_primitives::{BlockNumber, ElectionId, Manifest};
use serde::Serialize;
use tokio::{
    sync::{mpsc, OwnedSemaphorePermit, Semaphore},
    task::block_in_place,
};

use crate::{
    failure::{Failure, InputError, Result},
    issuing_ledger::LedgerEntry,
    output::Output,
    rehearsal::{
        booth::{repair_ledgers, Booth, Desk, Made, Turn},
        journal::Journal,
        plan::Plan,
        registration::Registration,
    },
    session::election as read_election,
    votes::Vote,
};

/// Ballots that are made, and written down, together.
const BATCH: usize = 32;
/// Failures that are shown in full.
const SHOWN_FAILURES: usize = 10;

/// What a rehearsal is made of.
pub struct Rehearsal {
    /// The nodes, which take ballots in turn.
    pub nodes: Vec<Node>,
    /// Which election.
    pub election: ElectionId,
    /// Its manifest.
    pub manifest: Manifest,
    /// One for each row of the file.
    pub votes: Vec<Vote>,
    /// A quorum of registrars.
    pub desks: Vec<Desk>,
    /// Where plan and journal are kept.
    pub state: PathBuf,
    /// How many ballots may be on their way at a time.
    pub parallel: usize,
    /// Where to say what is going on.
    pub output: Output,
}

/// What a rehearsal came to.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Rehearsed {
    /// Which election.
    pub election: ElectionId,
    /// Ballots in finalised blocks.
    pub ballots: usize,
    /// Of those, the ones that this run sent.
    pub sent: usize,
    /// From the first ballot that this run made to the finality of the last.
    pub seconds: f64,
    /// `sent / seconds`
    pub ballots_per_second: f64,
    /// The first block with one of the ballots.
    pub first_block: Option<BlockNumber>,
    /// The last one.
    pub last_block: Option<BlockNumber>,
}

impl Rehearsal {
    /// Plays the election until every ballot is final.
    pub async fn run(mut self) -> Result<Rehearsed> {
        let node = self.nodes.first().cloned();
        let node = node.ok_or_else(|| InputError::new("--url", "none is given"))?;
        let genesis = node.facts().await?.genesis_hash;
        let plan = Plan::load_or_draw(&self.state, genesis, self.election, self.votes.len())?;
        let journal = Journal::open(&self.state)?;
        let served = (0..self.votes.len())
            .filter(|row| journal.cast(*row).is_some())
            .map(|row| LedgerEntry::served(plan.voters[row], self.votes[row].district));
        repair_ledgers(&mut self.desks, served)?;
        let finalised = node.finalised_header().await?.number;
        let from = journal
            .undelivered()
            .map(|(_, cast)| cast.from)
            .min()
            .unwrap_or(finalised);
        let courier = Courier::start(self.nodes.clone(), from.min(finalised))?;
        let waiting: Vec<usize> = (0..self.votes.len())
            .filter(|row| journal.cast(*row).is_none())
            .collect();
        if !waiting.is_empty() {
            self.registration(&node, &courier, &plan)
                .run(&waiting)
                .await?;
        }
        let election = Arc::new(read_election(&node, self.election).await?);
        let booth = Booth::new(election, std::mem::take(&mut self.desks));
        self.cast(booth, courier, journal, &plan, &waiting).await
    }

    fn registration<'a>(
        &'a self,
        node: &'a Node,
        courier: &Courier,
        plan: &'a Plan,
    ) -> Registration<'a> {
        let offices = self.desks.iter().map(|desk| {
            let signer = desk.desk.vault().signer().clone();
            (
                desk.index,
                Office::new(node.clone(), courier.clone(), signer),
            )
        });
        Registration {
            node,
            offices: offices.collect(),
            election: self.election,
            manifest: &self.manifest,
            votes: &self.votes,
            plan,
            output: self.output,
        }
    }

    async fn cast(
        &self,
        mut booth: Booth,
        courier: Courier,
        journal: Journal,
        plan: &Plan,
        waiting: &[usize],
    ) -> Result<Rehearsed> {
        let progress = self
            .output
            .progress(self.votes.len() as u64, "ballots final");
        progress.set_position(journal.blocks().count() as u64);
        let mut delivery = Delivery::new(courier, journal, progress, self);
        let open: Vec<(usize, Vec<u8>)> = delivery
            .journal
            .undelivered()
            .map(|(row, cast)| (row, cast.extrinsic.clone()))
            .collect();
        for (row, extrinsic) in open {
            delivery.send(row, extrinsic).await?;
        }
        for rows in waiting.chunks(BATCH) {
            let turns: Vec<Turn<'_>> = rows
                .iter()
                .map(|row| Turn {
                    row: *row,
                    voter: plan.voters[*row],
                    vote: &self.votes[*row],
                })
                .collect();
            if delivery.courier.scanned() >= self.manifest.voting.end {
                turns
                    .iter()
                    .for_each(|turn| delivery.fail(turn.row, "voting is over"));
                continue;
            }
            let from = delivery.courier.scanned();
            let made: Vec<Made> = block_in_place(|| booth.make(&turns))?;
            let entries = made
                .iter()
                .map(|made| (made.row, made.cast.encoded.clone()));
            delivery.journal.record_casts(from, entries)?;
            booth.record(&made)?;
            for Made { row, cast, .. } in made {
                delivery.send(row, cast.encoded).await?;
            }
            delivery.collect_finished()?;
        }
        delivery.finish().await
    }
}

type Delivered = (usize, psephos_client::Result<Inclusion>);

/// Ballots on their way.
struct Delivery<'a> {
    courier: Courier,
    journal: Journal,
    progress: ProgressBar,
    rehearsal: &'a Rehearsal,
    slots: Arc<Semaphore>,
    done: mpsc::UnboundedSender<Delivered>,
    finished: mpsc::UnboundedReceiver<Delivered>,
    begun: Instant,
    sent: usize,
    failures: Vec<String>,
}

impl<'a> Delivery<'a> {
    fn new(
        courier: Courier,
        journal: Journal,
        progress: ProgressBar,
        rehearsal: &'a Rehearsal,
    ) -> Self {
        let (done, finished) = mpsc::unbounded_channel();
        let slots = Arc::new(Semaphore::new(rehearsal.parallel.max(1)));
        let (begun, sent, failures) = (Instant::now(), 0, Vec::new());
        Self {
            courier,
            journal,
            progress,
            rehearsal,
            slots,
            done,
            finished,
            begun,
            sent,
            failures,
        }
    }

    /// Sends a ballot as soon as there is room on the way.
    async fn send(&mut self, row: usize, extrinsic: Vec<u8>) -> Result<()> {
        let slot = loop {
            tokio::select! {
                slot = Arc::clone(&self.slots).acquire_owned() => {
                    break slot.map_err(|error| anyhow!(error))?;
                }
                Some(delivered) = self.finished.recv() => self.arrive(delivered)?,
            }
        };
        self.sent += 1;
        let last = self.rehearsal.manifest.voting.end.saturating_sub(1);
        let (courier, done) = (self.courier.clone(), self.done.clone());
        tokio::spawn(async move {
            let _slot: OwnedSemaphorePermit = slot;
            let delivered = courier.deliver(&extrinsic, Some(last)).await;
            // Fails only when the rehearsal itself was given up.
            let _ = done.send((row, delivered));
        });
        Ok(())
    }

    fn collect_finished(&mut self) -> Result<()> {
        while let Ok(delivered) = self.finished.try_recv() {
            self.arrive(delivered)?;
        }
        Ok(())
    }

    fn arrive(&mut self, (row, delivered): Delivered) -> Result<()> {
        match delivered {
            Ok(inclusion) => {
                self.journal.record_final(row, &inclusion)?;
                self.progress.inc(1);
                let (done, all) = (self.progress.position(), self.rehearsal.votes.len() as u64);
                if self.progress.is_hidden() && done % all.div_ceil(10).max(1) == 0 {
                    self.rehearsal
                        .output
                        .note(format!("{done} of {all} ballots are final"));
                }
            }
            Err(error) => self.fail(row, &error.to_string()),
        }
        Ok(())
    }

    fn fail(&mut self, row: usize, reason: &str) {
        // The header is line 1.
        self.failures.push(format!(
            "the ballot of line {} was not cast: {reason}",
            row + 2
        ));
    }

    /// Waits for all that are on their way.
    async fn finish(mut self) -> Result<Rehearsed> {
        drop(std::mem::replace(
            &mut self.done,
            mpsc::unbounded_channel().0,
        ));
        while let Some(delivered) = self.finished.recv().await {
            self.arrive(delivered)?;
        }
        self.progress.finish_and_clear();
        if !self.failures.is_empty() {
            let shown = self
                .failures
                .iter()
                .take(SHOWN_FAILURES)
                .cloned()
                .collect::<Vec<_>>();
            let more = self.failures.len() - shown.len();
            let rest = if more > 0 {
                format!("\n… and {more} more")
            } else {
                String::new()
            };
            return Err(Failure::verdict(format!("{}{rest}", shown.join("\n"))));
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        Ok(Rehearsed {
            election: self.rehearsal.election,
            ballots: self.journal.blocks().count(),
            sent: self.sent,
            seconds,
            ballots_per_second: if self.sent == 0 {
                0.0
            } else {
                self.sent as f64 / seconds
            },
            first_block: self.journal.blocks().min(),
            last_block: self.journal.blocks().max(),
        })
    }
}
