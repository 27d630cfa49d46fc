//! One-time codes: how many may be sent, how many may be tried (PSE-RGS-3).

use psephos_primitives::VoterNumber;
use sqlx::Row;
use subtle::ConstantTimeEq;

use super::{audit_log::Event, Result, Writing};
use crate::{
    limits::{
        CODES_PER_WINDOW, CODE_RESEND_SECONDS, CODE_SECONDS, CODE_TRIES, CODE_WINDOW_SECONDS,
    },
    secrets::KeyedHash,
};

/// What became of a wish for a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prepared {
    /// It may be sent.
    Ready {
        /// When it ceases to be good.
        expires_at: i64,
    },
    /// Not yet.
    Wait {
        /// How long to wait.
        seconds: i64,
    },
}

/// What became of a code that was entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It is the one that was sent; it is used up now.
    Right,
    /// It is not.
    Wrong {
        /// How often another one may be entered.
        tries_left: i64,
    },
    /// None was sent, or it is too old.
    Expired,
    /// Too many wrong ones were entered.
    Exhausted,
}

impl Writing {
    /// Writes a code down before it is sent.
    pub async fn prepare_code(&mut self, voter: VoterNumber, code: &KeyedHash) -> Result<Prepared> {
        let row = sqlx::query(
            "SELECT sent_at, window_began_at, sent_in_window FROM codes WHERE voter_number = $1",
        )
        .bind(voter.to_string())
        .fetch_optional(&mut *self.transaction)
        .await?;
        let (mut window_began_at, mut sent_in_window) = (self.now, 0);
        if let Some(row) = row {
            let (sent_at, began, sent): (i64, i64, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if self.now < sent_at + CODE_RESEND_SECONDS {
                let seconds = sent_at + CODE_RESEND_SECONDS - self.now;
                return Ok(Prepared::Wait { seconds });
            }
            if self.now < began + CODE_WINDOW_SECONDS {
                if sent >= CODES_PER_WINDOW {
                    let seconds = began + CODE_WINDOW_SECONDS - self.now;
                    return Ok(Prepared::Wait { seconds });
                }
                (window_began_at, sent_in_window) = (began, sent);
            }
        }
        let expires_at = self.now + CODE_SECONDS;
        sqlx::query(
            "INSERT INTO codes (voter_number, code_hash, expires_at, tries_left, sent_at,
                                window_began_at, sent_in_window)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (voter_number) DO UPDATE SET
                code_hash = excluded.code_hash, expires_at = excluded.expires_at,
                tries_left = excluded.tries_left, sent_at = excluded.sent_at,
                window_began_at = excluded.window_began_at,
                sent_in_window = excluded.sent_in_window",
        )
        .bind(voter.to_string())
        .bind(code.0.as_str())
        .bind(expires_at)
        .bind(CODE_TRIES)
        .bind(self.now)
        .bind(window_began_at)
        .bind(sent_in_window + 1)
        .execute(&mut *self.transaction)
        .await?;
        self.log(Event::CodeSent, Some(voter), "").await?;
        Ok(Prepared::Ready { expires_at })
    }

    /// Takes back a code that could not be sent: it opens nothing, the voter need not wait for another,
    /// and it does not count as one of the window's.
    pub async fn unsend_code(&mut self, voter: VoterNumber) -> Result<()> {
        sqlx::query(
            "UPDATE codes SET sent_at = 0, expires_at = 0, tries_left = 0,
                              sent_in_window = sent_in_window - 1
             WHERE voter_number = $1",
        )
        .bind(voter.to_string())
        .execute(&mut *self.transaction)
        .await?;
        self.log(Event::CodeNotSent, Some(voter), "").await
    }

    /// Compares a code. A try is counted whatever comes of it.
    pub async fn try_code(&mut self, voter: VoterNumber, entered: &KeyedHash) -> Result<Tried> {
        let row = sqlx::query(
            "SELECT code_hash, expires_at, tries_left FROM codes WHERE voter_number = $1",
        )
        .bind(voter.to_string())
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(row) = row else {
            return Ok(Tried::Expired);
        };
        let (sent, expires_at, tries): (String, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if self.now >= expires_at {
            return Ok(Tried::Expired);
        }
        if tries == 0 {
            return Ok(Tried::Exhausted);
        }
        let right = bool::from(sent.as_bytes().ct_eq(entered.0.as_bytes()));
        let tries_left = if right { 0 } else { tries - 1 };
        let expires_at = if right { 0 } else { expires_at };
        sqlx::query("UPDATE codes SET tries_left = $1, expires_at = $2 WHERE voter_number = $3")
            .bind(tries_left)
            .bind(expires_at)
            .bind(voter.to_string())
            .execute(&mut *self.transaction)
            .await?;
        if right {
            return Ok(Tried::Right);
        }
        self.log(Event::WrongCode, Some(voter), "").await?;
        Ok(Tried::Wrong { tries_left })
    }
}
