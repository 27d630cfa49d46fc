//! What is held, on disk (PSE-RLY-7).
//!
//! One thread writes, and lets all orders that wait share one transaction: an order is answered when
//! its transaction is on disk. Envelopes are kept sealed as they came, with the time they are due and
//! nothing of when or from where they came. What was taken is remembered by its hash until the
//! election is over, so that no envelope is taken twice.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc,
    },
    thread,
};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use crate::limits::{MAX_ORDERS, MAX_ORDERS_A_WRITE, MAX_REMEMBERED};

/// The hash that an envelope is known by: BLAKE2b with 256 bits.
pub type EnvelopeHash = [u8; 32];

/// Envelopes with the time they are due.
const HELD: TableDefinition<'_, &EnvelopeHash, (u64, &[u8])> = TableDefinition::new("held");
/// All that were ever taken.
const TAKEN: TableDefinition<'_, &EnvelopeHash, ()> = TableDefinition::new("taken");
/// Which election the file belongs to.
const OWNER: TableDefinition<'_, (), &[u8]> = TableDefinition::new("owner");

/// What became of an envelope that was to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is on disk now.
    New,
    /// It was taken before, and may be gone already.
    Before,
}

/// Why something is not in the queue.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QueueError {
    /// No room. Nothing is wrong, and there will be.
    #[error("the queue is full")]
    Full,
    /// The disk or the file: the operator has to look.
    #[error("the queue's file: {0}")]
    Storage(String),
    /// The file is another relay's, or the same one's in another election.
    #[error(
        "the queue's file belongs to another election or chain; give this one a file of its own"
    )]
    OtherElection,
}

impl QueueError {
    fn storage(error: impl core::fmt::Display) -> Self {
        Self::Storage(error.to_string())
    }
}

type Answer<T> = oneshot::Sender<Result<T, QueueError>>;

enum Order {
    Take {
        hash: EnvelopeHash,
        due: u64,
        envelope: Vec<u8>,
        answer: Answer<Taken>,
    },
    Release {
        hash: EnvelopeHash,
        answer: Answer<()>,
    },
    Clear {
        answer: Answer<u64>,
    },
}

/// The queue. Clones share it; the writing ends with the last.
#[derive(Clone)]
pub struct Queue {
    database: Arc<Database>,
    orders: mpsc::Sender<Order>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    held: AtomicU64,
    broken: AtomicBool,
}

impl Queue {
    /// Opens the file of an election, or makes it; yields what was held there, by due time.
    pub fn open(
        path: &Path,
        owner: &[u8],
        capacity: u64,
    ) -> Result<(Self, Vec<(u64, EnvelopeHash)>), QueueError> {
        let database = create(path).map_err(QueueError::storage)?;
        let held = prepare(&database, owner)?;
        let database = Arc::new(database);
        let (orders, received) = mpsc::channel(MAX_ORDERS);
        let state = Arc::new(State::default());
        state.held.store(held.len() as u64, Ordering::Relaxed);
        let writer = Writer {
            database: Arc::clone(&database),
            state: Arc::clone(&state),
            capacity,
        };
        thread::Builder::new()
            .name("queue".into())
            .spawn(move || writer.run(received))
            .map_err(QueueError::storage)?;
        let queue = Self {
            database,
            orders,
            state,
        };
        Ok((queue, held))
    }

    /// Takes an envelope: when this returns, it is on disk, and was before if it is not new.
    pub async fn take(
        &self,
        hash: EnvelopeHash,
        due: u64,
        envelope: Vec<u8>,
    ) -> Result<Taken, QueueError> {
        self.order(|answer| Order::Take {
            hash,
            due,
            envelope,
            answer,
        })
        .await
    }

    /// Lets go of an envelope that has been passed on. It stays remembered.
    pub async fn release(&self, hash: EnvelopeHash) -> Result<(), QueueError> {
        self.order(|answer| Order::Release { hash, answer }).await
    }

    /// Forgets everything, when the election is over; tells how many were still held.
    pub async fn clear(&self) -> Result<u64, QueueError> {
        self.order(|answer| Order::Clear { answer }).await
    }

    /// A held envelope; `None` if it was released.
    pub async fn envelope(&self, hash: EnvelopeHash) -> Result<Option<Vec<u8>>, QueueError> {
        let database = Arc::clone(&self.database);
        let read = move || -> Result<_, redb::Error> {
            let table = database.begin_read()?.open_table(HELD)?;
            let row = table.get(&hash)?;
            Ok(row.map(|row| row.value().1.to_vec()))
        };
        tokio::task::spawn_blocking(read)
            .await
            .map_err(QueueError::storage)?
            .map_err(QueueError::storage)
    }

    /// How many are held.
    pub fn held(&self) -> u64 {
        self.state.held.load(Ordering::Relaxed)
    }

    /// Whether the last write failed.
    pub fn is_broken(&self) -> bool {
        self.state.broken.load(Ordering::Relaxed)
    }

    async fn order<T>(&self, order: impl FnOnce(Answer<T>) -> Order) -> Result<T, QueueError> {
        let gone = |_| QueueError::Storage("the writing thread has ended".into());
        let (answer, answered) = oneshot::channel();
        self.orders
            .send(order(answer))
            .await
            .map_err(|_| QueueError::Storage("the writing thread has ended".into()))?;
        answered.await.map_err(gone)?
    }
}

/// Opens the file; a new one is its owner's alone and stands in its folder durably.
fn create(path: &Path) -> Result<Database, redb::Error> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?
        .sync_all()?;
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(Database::create(path)?)
}

/// Makes the tables, checks the owner, and reads what is held.
fn prepare(database: &Database, owner: &[u8]) -> Result<Vec<(u64, EnvelopeHash)>, QueueError> {
    let prepared = || -> Result<_, redb::Error> {
        let transaction = database.begin_write()?;
        let mut held = Vec::new();
        let fits = {
            transaction.open_table(TAKEN)?;
            for row in transaction.open_table(HELD)?.iter()? {
                let (hash, value) = row?;
                held.push((value.value().0, *hash.value()));
            }
            let mut owners = transaction.open_table(OWNER)?;
            let found = owners.get(())?.map(|row| row.value() == owner);
            if found.is_none() {
                owners.insert((), owner)?;
            }
            found.unwrap_or(true)
        };
        transaction.commit()?;
        Ok(fits.then_some(held))
    };
    let held = prepared().map_err(QueueError::storage)?;
    let mut held = held.ok_or(QueueError::OtherElection)?;
    held.sort_unstable();
    Ok(held)
}

struct Writer {
    database: Arc<Database>,
    state: Arc<State>,
    capacity: u64,
}

/// An answer that waits for its transaction.
type Reply = Box<dyn FnOnce(Result<(), QueueError>) + Send>;

impl Writer {
    fn run(self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < MAX_ORDERS_A_WRITE {
                match orders.try_recv() {
                    Ok(order) => batch.push(order),
                    Err(_) => break,
                }
            }
            let mut replies = Vec::with_capacity(batch.len());
            let written = self.write(batch, &mut replies);
            self.state.broken.store(written.is_err(), Ordering::Relaxed);
            let result = written.map_err(QueueError::storage);
            if let Err(error) = &result {
                tracing::error!(%error, "nothing can be written");
            }
            for reply in replies {
                reply(result.clone());
            }
        }
    }

    /// Carries out the orders in one transaction. Orders that a failure leaves without a reply are
    /// answered by their channel's end.
    fn write(&self, batch: Vec<Order>, replies: &mut Vec<Reply>) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        let held = {
            let mut held = transaction.open_table(HELD)?;
            let mut taken = transaction.open_table(TAKEN)?;
            for order in batch {
                match order {
                    Order::Take {
                        hash,
                        due,
                        envelope,
                        answer,
                    } => {
                        let outcome = if taken.get(&hash)?.is_some() {
                            Ok(Taken::Before)
                        } else if held.len()? >= self.capacity || taken.len()? >= MAX_REMEMBERED {
                            Err(QueueError::Full)
                        } else {
                            taken.insert(&hash, ())?;
                            held.insert(&hash, (due, envelope.as_slice()))?;
                            Ok(Taken::New)
                        };
                        replies.push(reply(answer, outcome));
                    }
                    Order::Release { hash, answer } => {
                        held.remove(&hash)?;
                        replies.push(reply(answer, Ok(())));
                    }
                    Order::Clear { answer } => {
                        let lost = held.len()?;
                        held.retain(|_, _| false)?;
                        taken.retain(|_, ()| false)?;
                        replies.push(reply(answer, Ok(lost)));
                    }
                }
            }
            held.len()?
        };
        // The default durability: on disk when this returns.
        transaction.commit()?;
        self.state.held.store(held, Ordering::Relaxed);
        Ok(())
    }
}

/// Sends the outcome once it is durable. Nobody may be waiting any more, which changes nothing.
fn reply<T: Send + 'static>(answer: Answer<T>, outcome: Result<T, QueueError>) -> Reply {
    Box::new(move |written| {
        let _ = answer.send(written.and(outcome));
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn open(path: &Path) -> (Queue, Vec<(u64, EnvelopeHash)>) {
        Queue::open(path, b"election 1", 3).unwrap()
    }

    #[tokio::test]
    async fn an_envelope_is_taken_once_even_after_it_was_passed_on_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue");
        {
            let (queue, held) = open(&path);
            assert_eq!(held, []);
            assert_eq!(queue.take([1; 32], 50, vec![1]).await, Ok(Taken::New));
            assert_eq!(queue.take([1; 32], 60, vec![1]).await, Ok(Taken::Before));
            assert_eq!(queue.take([2; 32], 40, vec![2, 2]).await, Ok(Taken::New));
            queue.release([1; 32]).await.unwrap();
            assert_eq!(queue.envelope([1; 32]).await, Ok(None));
            assert_eq!(queue.envelope([2; 32]).await, Ok(Some(vec![2, 2])));
            assert_eq!(queue.held(), 1);
        }
        let (queue, held) = reopen(&path).await;
        assert_eq!(held, [(40, [2; 32])]);
        assert_eq!(queue.take([1; 32], 50, vec![1]).await, Ok(Taken::Before));
        assert_eq!(queue.take([2; 32], 50, vec![2, 2]).await, Ok(Taken::Before));
    }

    /// The writing thread lets go of the file a moment after the last queue.
    async fn reopen(path: &Path) -> (Queue, Vec<(u64, EnvelopeHash)>) {
        for _ in 0..200 {
            if let Ok(opened) = Queue::open(path, b"election 1", 3) {
                return opened;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the file stays locked");
    }

    #[tokio::test]
    async fn a_full_queue_takes_nothing_new_until_something_goes() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, _) = open(&folder.path().join("queue"));
        for i in 1..=3 {
            assert_eq!(queue.take([i; 32], 0, vec![i]).await, Ok(Taken::New));
        }
        assert_eq!(queue.take([4; 32], 0, vec![4]).await, Err(QueueError::Full));
        assert_eq!(queue.take([3; 32], 0, vec![3]).await, Ok(Taken::Before));
        queue.release([2; 32]).await.unwrap();
        assert_eq!(queue.take([4; 32], 0, vec![4]).await, Ok(Taken::New));
        assert_eq!(queue.clear().await, Ok(3));
        assert_eq!(queue.held(), 0);
    }

    #[tokio::test]
    async fn a_file_serves_one_process_and_one_election() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue");
        let (queue, _) = open(&path);
        let second = Queue::open(&path, b"election 1", 3).err().unwrap();
        assert!(matches!(second, QueueError::Storage(_)), "{second}");
        drop(queue);
        drop(reopen(&path).await);
        for _ in 0..200 {
            match Queue::open(&path, b"election 2", 3).err() {
                Some(QueueError::OtherElection) => return,
                Some(QueueError::Storage(_)) => {}
                other => panic!("{other:?}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the file stays locked");
    }
}
