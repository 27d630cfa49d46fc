//! Empties the outbox: tells the chain what was written down, until it is final or refused for good
//! (PSE-RGS-5).
//!
//! Nothing here is remembered but in the database and on the chain. Each turn begins by looking what
//! the finalised register says already, so a turn that was cut off at any point is simply repeated.
//! What the register tells of a message without being told is not sent: a refusal costs everybody in
//! the list the wait for finality.

use std::sync::Arc;

use psephos_primitives::{limits::MAX_VOTERS_PER_CALL, register::Participation, VoterNumber};
use tokio::{sync::Notify, time::timeout};

use crate::{
    chain::{rules::Verdict, Chain, ChainError, Election},
    limits::{OUTBOX_BATCH, OUTBOX_PAUSE},
    store::{
        outbox::{Message, Progress, Queued},
        Store, StoreError,
    },
};

/// Why a turn could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain cannot be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// Tells the chain what the outbox holds.
#[derive(Clone)]
pub struct Delivery {
    /// The outbox.
    pub store: Store,
    /// Where it goes.
    pub chain: Arc<dyn Chain>,
    /// Whose it is.
    pub election: Arc<Election>,
    /// Wakes the delivery when something was written down.
    pub wake: Arc<Notify>,
}

impl Delivery {
    /// Works until the task is ended.
    pub async fn run(self) {
        loop {
            match self.turn().await {
                Ok(0) => {
                    // Awake from time to time anyway: another process may have written.
                    let _ = timeout(OUTBOX_PAUSE, self.wake.notified()).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the chain was not told; it will be tried again");
                    tokio::time::sleep(OUTBOX_PAUSE).await;
                }
            }
        }
    }

    /// Looks through the oldest messages once; returns how many are settled.
    pub async fn turn(&self) -> Result<usize, DeliveryError> {
        let queued = self.store.queued(OUTBOX_BATCH).await?;
        let mut settled = 0;
        for message in [Message::Issue, Message::Participate, Message::Withdraw] {
            let rows = queued.iter().filter(|row| row.message == message);
            let rows: Vec<_> = rows.copied().collect();
            for list in rows.chunks(rows_per_call(message)) {
                settled += self.deliver(message, list).await?;
            }
        }
        Ok(settled)
    }

    /// A list is recorded as a whole or not at all, and one voter's fault must not hold the others up:
    /// one that is refused is told in halves, down to the row at fault.
    async fn deliver(&self, message: Message, list: &[Queued]) -> Result<usize, DeliveryError> {
        let mut settled = 0;
        let mut lists = vec![list.to_vec()];
        let mut refused_once = None;
        while let Some(list) = lists.pop() {
            // Each half anew: the register may show by now what an attempt that was cut off has done.
            let Sorted { known, open } = self.sort(&list).await?;
            settled += self.settle(&known).await?;
            if open.is_empty() {
                continue;
            }
            match (self.tell(message, &open).await, open.as_slice()) {
                (Ok(()), _) => settled += self.settle(&all(&open, &Progress::Final)).await?,
                (Err(ChainError::Refused(reason)), [row]) => {
                    // A node that lagged may have judged by a block before the row's time.
                    if refused_once.replace(row.voter) == Some(row.voter) {
                        settled += self.refused(*row, reason).await?;
                    } else {
                        lists.push(vec![*row]);
                    }
                }
                (Err(ChainError::Refused(reason)), rows) => {
                    tracing::debug!(reason, rows = rows.len(), "a list is told in halves");
                    let (first, second) = rows.split_at(rows.len() / 2);
                    lists.extend([second.to_vec(), first.to_vec()]);
                }
                (Err(ChainError::Untimely(reason)), _) => {
                    // True of every row. They stay queued until the finalised chain says otherwise.
                    tracing::info!(reason, "the chain is told later");
                    return Ok(settled);
                }
                (Err(error @ ChainError::Unreachable(_)), _) => return Err(error.into()),
            }
        }
        Ok(settled)
    }

    /// A refusal may mean that an earlier attempt, cut off before its end, has succeeded meanwhile.
    async fn refused(&self, row: Queued, reason: String) -> Result<usize, DeliveryError> {
        let Sorted { mut known, open } = self.sort(&[row]).await?;
        known.extend(all(&open, &Progress::Refused(reason)));
        Ok(self.settle(&known).await?)
    }

    /// One call of [`rows_per_call`] rows or fewer.
    async fn tell(&self, message: Message, rows: &[Queued]) -> Result<(), ChainError> {
        let voters: Vec<VoterNumber> = rows.iter().map(|row| row.voter).collect();
        match message {
            Message::Issue => self.chain.issue(voters).await,
            Message::Participate => {
                let participation = |row: &Queued| Participation {
                    voter: row.voter,
                    district: row.district,
                };
                self.chain
                    .participate(rows.iter().map(participation).collect())
                    .await
            }
            Message::Withdraw => {
                for voter in voters {
                    self.chain.withdraw(voter).await?;
                }
                Ok(())
            }
        }
    }

    /// What the finalised register tells of rows already, and those that the chain can be told now.
    async fn sort(&self, rows: &[Queued]) -> Result<Sorted, ChainError> {
        // Before the register: when the time for a message is over, whatever came in time is in there.
        let standing = self.chain.standing().await?;
        let voters = rows.iter().map(|row| self.chain.voter(row.voter));
        let voters = futures::future::try_join_all(voters).await?;
        let mut sorted = Sorted::default();
        for (row, known) in rows.iter().zip(&voters) {
            match Verdict::of(&self.election, row, known.as_ref(), standing) {
                Verdict::Recorded => sorted.known.push((*row, Progress::Final)),
                Verdict::Refused(reason) => sorted.known.push((*row, Progress::Refused(reason))),
                Verdict::Open => sorted.open.push(*row),
                Verdict::NotYet => {}
            }
        }
        Ok(sorted)
    }

    /// Writes down what became of rows; returns how many they are.
    async fn settle(&self, rows: &[(Queued, Progress)]) -> Result<usize, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let mut writing = self.store.write().await?;
        for (row, progress) in rows {
            writing.settle(row.voter, row.message, progress).await?;
        }
        writing.commit().await?;
        Ok(rows.len())
    }
}

/// Rows by what can be done about them; those that wait for their time are in neither list.
#[derive(Default)]
struct Sorted {
    /// Settled, since the finalised register says enough.
    known: Vec<(Queued, Progress)>,
    /// The chain can be told.
    open: Vec<Queued>,
}

fn all(rows: &[Queued], progress: &Progress) -> Vec<(Queued, Progress)> {
    rows.iter().map(|row| (*row, progress.clone())).collect()
}

/// As many as a call names; a withdrawal is of one voter.
const fn rows_per_call(message: Message) -> usize {
    match message {
        Message::Issue | Message::Participate => MAX_VOTERS_PER_CALL as usize,
        Message::Withdraw => 1,
    }
}
