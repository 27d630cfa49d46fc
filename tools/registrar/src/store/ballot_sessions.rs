//! Ballot sessions: 15 minutes behind a link that one sign-in can open (PSE-RGS-4).

use psephos_primitives::VoterNumber;
use sqlx::Row;

use super::{audit_log::Event, voter, Result, Store, Writing};
use crate::{limits::BALLOT_SESSION_SECONDS, secrets::token_hash};

/// A ballot session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BallotSession {
    /// Whose it is.
    pub voter: VoterNumber,
    /// When it ends.
    pub expires_at: i64,
}

/// What became of a look at a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// It is open for this sign-in.
    Open(BallotSession),
    /// It is over.
    Expired,
    /// Another sign-in has opened it.
    OpenedElsewhere,
    /// There is no such link.
    Unknown,
}

impl Writing {
    /// Makes a session; returns when it ends.
    pub async fn make_ballot_session(&mut self, link: &str, voter: VoterNumber) -> Result<i64> {
        let expires_at = self.now + BALLOT_SESSION_SECONDS;
        sqlx::query(
            "INSERT INTO ballot_sessions (link_hash, voter_number, expires_at, opened_by)
             VALUES ($1, $2, $3, '')",
        )
        .bind(token_hash(link))
        .bind(voter.to_string())
        .bind(expires_at)
        .execute(&mut *self.transaction)
        .await?;
        self.log(Event::BallotSessionMade, Some(voter), "").await?;
        Ok(expires_at)
    }

    /// Opens a link for the sign-in with this token, unless another has done so.
    pub async fn open_ballot_session(&mut self, link: &str, token: &str) -> Result<()> {
        let row = sqlx::query(
            "UPDATE ballot_sessions SET opened_by = $1
             WHERE link_hash = $2 AND opened_by = '' AND expires_at > $3
             RETURNING voter_number",
        )
        .bind(token_hash(token))
        .bind(token_hash(link))
        .bind(self.now)
        .fetch_optional(&mut *self.transaction)
        .await?;
        if let Some(row) = row {
            let number = voter(&row, "voter_number")?;
            self.log(Event::BallotSessionOpened, Some(number), "")
                .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Looks at a link.
    pub async fn ballot_session(&self, link: &str, token: &str) -> Result<Look> {
        let row = sqlx::query(
            "SELECT voter_number, expires_at, opened_by FROM ballot_sessions WHERE link_hash = $1",
        )
        .bind(token_hash(link))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(Look::Unknown);
        };
        let session = BallotSession {
            voter: voter(&row, "voter_number")?,
            expires_at: row.try_get(1)?,
        };
        let opened_by: String = row.try_get(2)?;
        if !opened_by.is_empty() && opened_by != token_hash(token) {
            return Ok(Look::OpenedElsewhere);
        }
        if self.clock.now() >= session.expires_at {
            return Ok(Look::Expired);
        }
        Ok(Look::Open(session))
    }
}
