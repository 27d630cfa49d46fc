//! Sign-ins: those that were begun at a provider, and those that are valid.

use std::sync::atomic::Ordering;

use psephos_primitives::VoterNumber;
use sqlx::Row;

use super::{audit_log::Event, voter, Result, Store, Writing};
use crate::{
    limits::{OPEN_SIGN_INS, PROVIDER_SECONDS, SIGN_IN_SECONDS},
    secrets::token_hash,
};

/// A sign-in that was begun at the provider.
#[derive(Clone)]
pub struct BegunSignIn {
    /// What the identity token must repeat.
    pub nonce: String,
    /// What the code is exchanged with (PKCE).
    pub verifier: String,
    /// Where the provider sent the voter back to.
    pub redirect_uri: String,
}

impl core::fmt::Debug for BegunSignIn {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BegunSignIn").finish_non_exhaustive()
    }
}

impl Writing {
    /// Begins a session; returns when it ends. Sessions that are over are forgotten.
    pub async fn begin_session(&mut self, token: &str, voter: VoterNumber) -> Result<i64> {
        let expires_at = self.now + SIGN_IN_SECONDS;
        for table in [
            "DELETE FROM sessions WHERE expires_at <= $1",
            "DELETE FROM ballot_sessions WHERE expires_at <= $1 - 86400",
        ] {
            sqlx::query(table)
                .bind(self.now)
                .execute(&mut *self.transaction)
                .await?;
        }
        sqlx::query(
            "INSERT INTO sessions (token_hash, voter_number, expires_at) VALUES ($1, $2, $3)",
        )
        .bind(token_hash(token))
        .bind(voter.to_string())
        .bind(expires_at)
        .execute(&mut *self.transaction)
        .await?;
        self.log(Event::SignedIn, Some(voter), "").await?;
        Ok(expires_at)
    }

    /// Ends a session, if there is one.
    pub async fn end_session(&mut self, token: &str) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token_hash(token))
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Remembers a sign-in that begins at the provider; at most [`OPEN_SIGN_INS`] of them, and what
    /// begins within a second.
    pub async fn begin_sign_in(&mut self, state: &str, begun: &BegunSignIn) -> Result<()> {
        // Counting takes milliseconds, for which every writer waits: once a second is enough.
        if self.swept.swap(self.now, Ordering::Relaxed) != self.now {
            self.sweep_sign_ins().await?;
        }
        sqlx::query(
            "INSERT INTO sign_ins (state_hash, nonce, verifier, redirect_uri, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(token_hash(state))
        .bind(begun.nonce.as_str())
        .bind(begun.verifier.as_str())
        .bind(begun.redirect_uri.as_str())
        .bind(self.now + PROVIDER_SECONDS)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Forgets sign-ins that are over, and the oldest where there are too many. To refuse new ones
    /// instead would let whoever opens many keep all voters out.
    async fn sweep_sign_ins(&mut self) -> Result<()> {
        sqlx::query("DELETE FROM sign_ins WHERE expires_at <= $1")
            .bind(self.now)
            .execute(&mut *self.transaction)
            .await?;
        let open: i64 = sqlx::query("SELECT COUNT(*) FROM sign_ins")
            .fetch_one(&mut *self.transaction)
            .await?
            .try_get(0)?;
        let surplus = open + 1 - OPEN_SIGN_INS;
        if surplus > 0 {
            sqlx::query(
                "DELETE FROM sign_ins WHERE state_hash IN
                 (SELECT state_hash FROM sign_ins ORDER BY expires_at LIMIT $1)",
            )
            .bind(surplus)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Takes back a sign-in that was begun; the same state finds it once only.
    pub async fn take_sign_in(&mut self, state: &str) -> Result<Option<BegunSignIn>> {
        let row = sqlx::query(
            "DELETE FROM sign_ins WHERE state_hash = $1 AND expires_at > $2
             RETURNING nonce, verifier, redirect_uri",
        )
        .bind(token_hash(state))
        .bind(self.now)
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(BegunSignIn {
            nonce: row.try_get(0)?,
            verifier: row.try_get(1)?,
            redirect_uri: row.try_get(2)?,
        }))
    }
}

impl Store {
    /// Whether a sign-in with this state was begun, and not too long ago.
    pub async fn has_begun_sign_in(&self, state: &str) -> Result<bool> {
        let row = sqlx::query("SELECT 1 FROM sign_ins WHERE state_hash = $1 AND expires_at > $2")
            .bind(token_hash(state))
            .bind(self.clock.now())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Whose session this is, if it is a valid one.
    pub async fn signed_in(&self, token: &str) -> Result<Option<VoterNumber>> {
        let row = sqlx::query(
            "SELECT voter_number FROM sessions WHERE token_hash = $1 AND expires_at > $2",
        )
        .bind(token_hash(token))
        .bind(self.clock.now())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref()
            .map(|row| voter(row, "voter_number"))
            .transpose()
    }
}
