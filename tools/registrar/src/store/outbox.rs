//! What the chain is to be told, kept until it is final there or refused for good (PSE-RGS-5).

use psephos_primitives::{DistrictId, VoterNumber};
use sqlx::Row;

use super::{audit_log::Event, roll::district_id, voter, Result, Store, StoreError, Writing};

/// What the chain is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// The voter takes part.
    Participate,
    /// The voter withdraws.
    Withdraw,
    /// A credential is about to be signed for the voter.
    Issue,
}

/// How far a message is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Not final yet.
    Queued,
    /// Final, and done.
    Final,
    /// Refused for good, with the chain's reason.
    Refused(String),
}

/// A message of one voter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queued {
    /// About whom.
    pub voter: VoterNumber,
    /// The voter's district.
    pub district: DistrictId,
    /// What.
    pub message: Message,
}

impl Message {
    const fn name(self) -> &'static str {
        match self {
            Self::Participate => "participate",
            Self::Withdraw => "withdraw",
            Self::Issue => "issue",
        }
    }

    const fn subject(self) -> &'static str {
        match self {
            Self::Participate | Self::Withdraw => PARTICIPATION,
            Self::Issue => ISSUE,
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Self::Participate, Self::Withdraw, Self::Issue]
            .into_iter()
            .find(|message| message.name() == name)
            .ok_or(StoreError::Damaged("message to the chain"))
    }
}

/// Participation, of which the last message counts.
pub const PARTICIPATION: &str = "participation";
/// The issue, of which there is one.
pub const ISSUE: &str = "issue";

impl Writing {
    /// Queues a message, in place of one on the same subject.
    pub async fn queue(&mut self, voter: VoterNumber, message: Message) -> Result<()> {
        sqlx::query(
            "INSERT INTO outbox (voter_number, subject, call, state, reason, queued_at)
             VALUES ($1, $2, $3, 'queued', '', $4)
             ON CONFLICT (voter_number, subject) DO UPDATE SET
                call = excluded.call, state = 'queued', reason = '',
                queued_at = excluded.queued_at",
        )
        .bind(voter.to_string())
        .bind(message.subject())
        .bind(message.name())
        .bind(self.now)
        .execute(&mut *self.transaction)
        .await?;
        let event = match message {
            Message::Participate => Event::Applied,
            Message::Withdraw => Event::Withdrew,
            Message::Issue => Event::IssueRequested,
        };
        self.log(event, Some(voter), "").await
    }

    /// Writes down what became of a message, unless another has taken its place.
    pub async fn settle(
        &mut self,
        voter: VoterNumber,
        message: Message,
        progress: &Progress,
    ) -> Result<()> {
        let (state, reason, event) = match progress {
            Progress::Queued => return Ok(()),
            Progress::Final => ("final", "", Event::Recorded),
            Progress::Refused(reason) => ("refused", reason.as_str(), Event::Refused),
        };
        let done = sqlx::query(
            "UPDATE outbox SET state = $1, reason = $2
             WHERE voter_number = $3 AND subject = $4 AND call = $5 AND state = 'queued'",
        )
        .bind(state)
        .bind(reason)
        .bind(voter.to_string())
        .bind(message.subject())
        .bind(message.name())
        .execute(&mut *self.transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        let detail = format!("{} {reason}", message.name());
        self.log(event, Some(voter), detail.trim_end()).await
    }
}

impl Store {
    /// The oldest messages that are not settled.
    pub async fn queued(&self, limit: i64) -> Result<Vec<Queued>> {
        let rows = sqlx::query(
            "SELECT outbox.voter_number AS voter_number, outbox.call AS call,
                    voters.district AS district
             FROM outbox JOIN voters ON voters.voter_number = outbox.voter_number
             WHERE outbox.state = 'queued' ORDER BY outbox.queued_at LIMIT $1",
        )
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Queued {
                    voter: voter(row, "voter_number")?,
                    district: district_id(row.try_get("district")?)?,
                    message: Message::named(&row.try_get::<String, _>("call")?)?,
                })
            })
            .collect()
    }

    /// The last message on a voter's participation that was carried out, and when it was written down
    /// (seconds since 1970).
    pub async fn last_change(&self, number: VoterNumber) -> Result<Option<(Message, i64)>> {
        let row = sqlx::query(
            "SELECT call, queued_at FROM outbox
             WHERE voter_number = $1 AND subject = $2 AND state = 'final'",
        )
        .bind(number.to_string())
        .bind(PARTICIPATION)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let message = Message::named(&row.try_get::<String, _>(0)?)?;
        Ok(Some((message, row.try_get(1)?)))
    }

    /// The last message on this subject, and how far it is.
    pub async fn progress(
        &self,
        number: VoterNumber,
        subject: &str,
    ) -> Result<Option<(Message, Progress)>> {
        let row = sqlx::query(
            "SELECT call, state, reason FROM outbox WHERE voter_number = $1 AND subject = $2",
        )
        .bind(number.to_string())
        .bind(subject)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let message = Message::named(&row.try_get::<String, _>(0)?)?;
        let progress = match row.try_get::<String, _>(1)?.as_str() {
            "queued" => Progress::Queued,
            "final" => Progress::Final,
            "refused" => Progress::Refused(row.try_get(2)?),
            _ => return Err(StoreError::Damaged("state of a message")),
        };
        Ok(Some((message, progress)))
    }
}
