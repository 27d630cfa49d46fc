//! Empties the outbox: tells the chain what was written down, until it is final or refused for good
//! (PSE-RGS-5).
//!
//! Nothing here is remembered but in the database and on the chain. Each turn begins by looking what
//! the finalised register says already, so a turn that was cut off at any point is simply repeated.

use std::sync::Arc;

use psephos_primitives::{
    limits::MAX_VOTERS_PER_CALL, register::Participation, register::VoterRecord, VoterNumber,
};
use tokio::{sync::Notify, time::timeout};

use crate::{
    chain::{Chain, ChainError, Election},
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
            for batch in rows.chunks(MAX_VOTERS_PER_CALL as usize) {
                settled += self.deliver(message, batch).await?;
            }
        }
        Ok(settled)
    }

    async fn deliver(&self, message: Message, batch: &[Queued]) -> Result<usize, DeliveryError> {
        let (done, open) = self.sort(batch).await?;
        self.settle(&done, &Progress::Final).await?;
        if open.is_empty() {
            return Ok(done.len());
        }
        match self.tell(message, &open).await {
            Ok(()) => {
                self.settle(&open, &Progress::Final).await?;
                Ok(batch.len())
            }
            Err(ChainError::Refused(reason)) if open.len() == 1 => {
                let settled = self.refused(&open, reason).await?;
                Ok(done.len() + settled)
            }
            Err(ChainError::Refused(_)) => {
                let settled = self.one_by_one(message, &open).await?;
                Ok(done.len() + settled)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A list is recorded as a whole or not at all: one voter's fault must not hold the others up.
    async fn one_by_one(&self, message: Message, rows: &[Queued]) -> Result<usize, DeliveryError> {
        let mut settled = 0;
        for row in rows {
            let row = core::slice::from_ref(row);
            match self.tell(message, row).await {
                Ok(()) => {
                    self.settle(row, &Progress::Final).await?;
                    settled += 1;
                }
                Err(ChainError::Refused(reason)) => settled += self.refused(row, reason).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(settled)
    }

    /// A refusal may mean that an earlier attempt, cut off before its end, has succeeded meanwhile.
    async fn refused(&self, row: &[Queued], reason: String) -> Result<usize, DeliveryError> {
        let (done, open) = self.sort(row).await?;
        self.settle(&done, &Progress::Final).await?;
        self.settle(&open, &Progress::Refused(reason)).await?;
        Ok(row.len())
    }

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

    /// Messages that the finalised register shows already, and the others.
    async fn sort(&self, rows: &[Queued]) -> Result<(Vec<Queued>, Vec<Queued>), ChainError> {
        let records = rows.iter().map(|row| self.chain.voter(row.voter));
        let records = futures::future::try_join_all(records).await?;
        let sorted = rows.iter().copied().zip(records);
        let (done, open): (Vec<_>, Vec<_>) =
            sorted.partition(|(row, record)| is_recorded(&self.election, row, record.as_ref()));
        let rows = |rows: Vec<(Queued, _)>| rows.into_iter().map(|(row, _)| row).collect();
        Ok((rows(done), rows(open)))
    }

    async fn settle(&self, rows: &[Queued], progress: &Progress) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut writing = self.store.write().await?;
        for row in rows {
            writing.settle(row.voter, row.message, progress).await?;
        }
        writing.commit().await
    }
}

/// Whether the register shows what it was to be told.
pub fn is_recorded(election: &Election, row: &Queued, record: Option<&VoterRecord>) -> bool {
    let stands_behind = record.is_some_and(|record| election.is_ours(record.recorded_by));
    match row.message {
        Message::Participate => stands_behind,
        Message::Withdraw => !stands_behind,
        Message::Issue => record.is_some_and(|record| election.is_ours(record.issued_by)),
    }
}
