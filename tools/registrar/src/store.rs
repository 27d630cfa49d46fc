//! The database: SQLite by default, PostgreSQL by URL.
//!
//! Every change is one transaction together with its entry in the audit log. A transaction that
//! writes first locks the row `writer`: so there is one writer at a time, whichever process it
//! belongs to, and the audit log is one chain.

use std::{
    path::Path,
    sync::{atomic::AtomicI64, Arc},
};

use psephos_primitives::VoterNumber;
use sqlx::{
    any::{AnyPoolOptions, AnyRow},
    AnyPool, Row, Transaction,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{clock::Clock, limits::DATABASE_CONNECTIONS};

pub mod audit_log;
pub mod ballot_sessions;
pub mod belonging;
pub mod codes;
pub mod issues;
pub mod outbox;
pub mod roll;
pub mod sessions;

/// Result of asking the database.
pub type Result<T> = core::result::Result<T, StoreError>;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the connection to it failed.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// Its tables cannot be made or brought up to date.
    #[error("the database's tables: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A URL of another kind of database.
    #[error("{0:?} is neither sqlite:PATH nor postgres://…")]
    Url(String),
    /// The file of an SQLite database cannot be made.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The database belongs to something else.
    #[error("the database belongs to another {what}: {found:?}, not {expected:?}")]
    Belongs {
        /// Election, chain, registrar or roll secret.
        what: &'static str,
        /// What it belongs to.
        found: String,
        /// What it should belong to.
        expected: String,
    },
    /// The database was never said to belong to anything of this kind.
    #[error(
        "the database belongs to no {what} yet, {expected:?} is expected: \
         it is said to when its registrar first serves the election"
    )]
    BelongsToNone {
        /// Election, chain or manifest.
        what: &'static str,
        /// What it should belong to.
        expected: String,
    },
    /// A row does not hold what this program writes.
    #[error("the database holds an unreadable {0}")]
    Damaged(&'static str),
}

impl StoreError {
    /// Whether it is the wrong database that was given, not one that fails.
    pub const fn is_of_another(&self) -> bool {
        matches!(self, Self::Belongs { .. } | Self::BelongsToNone { .. })
    }
}

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    clock: Clock,
    /// Keeps the writers of this process in line, which is cheaper than letting the database do it.
    turn: Arc<Mutex<()>>,
    /// In which second sign-ins without end were swept away last.
    swept: Arc<AtomicI64>,
}

/// A transaction that writes. Dropped without [`Writing::commit`], it changes nothing.
pub struct Writing {
    transaction: Transaction<'static, sqlx::Any>,
    now: i64,
    swept: Arc<AtomicI64>,
    _turn: OwnedMutexGuard<()>,
}

impl Store {
    /// Opens the database at this URL and brings its tables up to date.
    pub async fn open(url: &str, clock: Clock) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let options = AnyPoolOptions::new().max_connections(DATABASE_CONNECTIONS);
        let pool = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            create_private_file(Path::new(path))?;
            let pool = options.connect(&format!("sqlite://{path}?mode=rw")).await?;
            // Readers then never wait for a writer; what is committed is on the disk (`FULL`).
            sqlx::query("PRAGMA journal_mode = WAL")
                .fetch_all(&pool)
                .await?;
            sqlx::migrate!("migrations/sqlite").run(&pool).await?;
            pool
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let pool = options.connect(url).await?;
            sqlx::migrate!("migrations/postgres").run(&pool).await?;
            pool
        } else {
            return Err(StoreError::Url(url.into()));
        };
        Ok(Self {
            pool,
            clock,
            turn: Arc::default(),
            swept: Arc::default(),
        })
    }

    /// The clock that its times are told by.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Begins a transaction that writes.
    pub async fn write(&self) -> Result<Writing> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let mut transaction = self.pool.begin().await?;
        sqlx::query("UPDATE facts SET value = value WHERE name = 'writer'")
            .execute(&mut *transaction)
            .await?;
        Ok(Writing {
            transaction,
            now: self.clock.now(),
            swept: Arc::clone(&self.swept),
            _turn: turn,
        })
    }

    /// Says once and for all what the database belongs to; later, checks that it still does.
    pub async fn belong(&self, what: &'static str, expected: &str) -> Result<()> {
        let mut writing = self.write().await?;
        sqlx::query(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(what)
        .bind(expected)
        .execute(&mut *writing.transaction)
        .await?;
        let found: String = sqlx::query("SELECT value FROM facts WHERE name = $1")
            .bind(what)
            .fetch_one(&mut *writing.transaction)
            .await?
            .try_get(0)?;
        if found != expected {
            return Err(StoreError::Belongs {
                what,
                found,
                expected: expected.into(),
            });
        }
        writing.commit().await
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Writing {
    /// Makes it all durable.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

/// A database of voters is nobody else's to read.
fn create_private_file(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(|_| ())
        .map_err(|error| StoreError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        })
}

/// A voter number, which is no number that either database has: they stop at 63 bits.
fn voter(row: &AnyRow, column: &str) -> Result<VoterNumber> {
    let text: String = row.try_get(column)?;
    text.parse()
        .map(VoterNumber)
        .map_err(|_| StoreError::Damaged("voter number"))
}
