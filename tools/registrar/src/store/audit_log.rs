//! The audit log: what happened, each entry bound to the one before, so that none can be changed or
//! taken out unseen (PSE-RGS-6). It names voters by their numbers only.

use psephos_primitives::VoterNumber;
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{Result, Store, StoreError, Writing};

/// What is logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A roll was imported.
    RollImported,
    /// Somebody signed in.
    SignedIn,
    /// A voter applied.
    Applied,
    /// A voter withdrew.
    Withdrew,
    /// A one-time code was sent.
    CodeSent,
    /// A one-time code could not be sent after all.
    CodeNotSent,
    /// A wrong one-time code was entered.
    WrongCode,
    /// A ballot session was made.
    BallotSessionMade,
    /// A ballot session's link was opened.
    BallotSessionOpened,
    /// A request for a signature was written down.
    IssueRequested,
    /// The chain has what it was to be told.
    Recorded,
    /// The chain refuses what it was to be told.
    Refused,
    /// A blind signature was made.
    Signed,
}

impl Event {
    /// The event's name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RollImported => "roll_imported",
            Self::SignedIn => "signed_in",
            Self::Applied => "applied",
            Self::Withdrew => "withdrew",
            Self::CodeSent => "code_sent",
            Self::CodeNotSent => "code_not_sent",
            Self::WrongCode => "wrong_code",
            Self::BallotSessionMade => "ballot_session_made",
            Self::BallotSessionOpened => "ballot_session_opened",
            Self::IssueRequested => "issue_requested",
            Self::Recorded => "recorded",
            Self::Refused => "refused",
            Self::Signed => "signed",
        }
    }
}

/// An entry as it stands in the log.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Entry {
    /// Counted from 1.
    pub sequence: i64,
    /// Seconds since 1970.
    pub at: i64,
    /// What happened.
    pub event: String,
    /// To whom; empty where it concerns no single voter.
    pub voter_number: String,
    /// More of it.
    pub detail: String,
    /// Binds the entry and all before it.
    pub hash: String,
}

/// Where the log is not what was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Damage {
    /// An entry is missing.
    #[error("entry {expected} of the audit log is missing")]
    Missing {
        /// Its number.
        expected: i64,
    },
    /// An entry was changed, or one before it.
    #[error("entry {sequence} of the audit log does not follow from those before it")]
    Changed {
        /// Its number.
        sequence: i64,
    },
}

impl Writing {
    /// Adds an entry.
    pub async fn log(
        &mut self,
        event: Event,
        voter: Option<VoterNumber>,
        detail: &str,
    ) -> Result<()> {
        let last =
            sqlx::query("SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1")
                .fetch_optional(&mut *self.transaction)
                .await?;
        let (sequence, previous) = match last {
            Some(row) => (row.try_get::<i64, _>(0)? + 1, row.try_get::<String, _>(1)?),
            None => (1, String::new()),
        };
        let mut entry = Entry {
            sequence,
            at: self.now,
            event: event.name().into(),
            voter_number: voter.map(|voter| voter.to_string()).unwrap_or_default(),
            detail: detail.into(),
            hash: String::new(),
        };
        entry.hash = entry.expected_hash(&previous);
        sqlx::query(
            "INSERT INTO audit_log (sequence, at, event, voter_number, detail, hash)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(entry.sequence)
        .bind(entry.at)
        .bind(entry.event)
        .bind(entry.voter_number)
        .bind(entry.detail)
        .bind(entry.hash)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

impl Entry {
    fn expected_hash(&self, previous: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [
            previous,
            &self.sequence.to_string(),
            &self.at.to_string(),
            &self.event,
            &self.voter_number,
            &self.detail,
        ] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hex::encode(hasher.finalize())
    }
}

impl Store {
    /// The whole log, oldest first.
    pub async fn audit_log(&self) -> Result<Vec<Entry>> {
        let rows = sqlx::query(
            "SELECT sequence, at, event, voter_number, detail, hash FROM audit_log ORDER BY sequence",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Entry {
                    sequence: row.try_get(0)?,
                    at: row.try_get(1)?,
                    event: row.try_get(2)?,
                    voter_number: row.try_get(3)?,
                    detail: row.try_get(4)?,
                    hash: row.try_get(5)?,
                })
            })
            .collect::<core::result::Result<_, sqlx::Error>>()
            .map_err(StoreError::from)
    }
}

/// Checks that each entry follows from those before it. The last entry's hash is what an auditor
/// notes down: a log that was cut off at its end differs there.
pub fn check(entries: &[Entry]) -> core::result::Result<(), Damage> {
    let mut previous = "";
    for (entry, expected) in entries.iter().zip(1..) {
        if entry.sequence != expected {
            return Err(Damage::Missing { expected });
        }
        if entry.hash != entry.expected_hash(previous) {
            return Err(Damage::Changed {
                sequence: entry.sequence,
            });
        }
        previous = &entry.hash;
    }
    Ok(())
}
