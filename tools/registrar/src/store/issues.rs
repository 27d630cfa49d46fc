//! The issuing ledger: one request of one voter, written down before the chain is told of the issue,
//! and its signature before it is handed out (PSE-CRD-3).

use psephos_primitives::{hashing::blake2_256, DistrictId, VoterNumber};
use sqlx::Row;

use super::{
    audit_log::Event, outbox::Message, roll::district_id, Result, Store, StoreError, Writing,
};

/// A request and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    /// In which district.
    pub district: DistrictId,
    /// The blinded message that was sent first, and is the only one that is ever signed.
    pub blinded: Vec<u8>,
    /// The blind signature, once it is made.
    pub signature: Option<Vec<u8>>,
}

/// The hash that a request is known by in the log.
pub fn request_hash(blinded: &[u8]) -> String {
    hex::encode(blake2_256(blinded))
}

impl Writing {
    /// Writes a request down and queues the issue, unless the voter has made one before.
    pub async fn request_issue(
        &mut self,
        voter: VoterNumber,
        district: DistrictId,
        blinded: &[u8],
    ) -> Result<()> {
        let done = sqlx::query(
            "INSERT INTO issues (voter_number, district, request_hash, blinded, signature,
                                 requested_at, signed_at)
             VALUES ($1, $2, $3, $4, '', $5, 0) ON CONFLICT (voter_number) DO NOTHING",
        )
        .bind(voter.to_string())
        .bind(i64::from(district.get()))
        .bind(request_hash(blinded))
        .bind(hex::encode(blinded))
        .bind(self.now)
        .execute(&mut *self.transaction)
        .await?;
        if done.rows_affected() == 1 {
            self.queue(voter, Message::Issue).await?;
        }
        Ok(())
    }

    /// Keeps a signature. The first one stays: signing the same message again gives the same.
    pub async fn keep_signature(&mut self, voter: VoterNumber, signature: &[u8]) -> Result<()> {
        let done = sqlx::query(
            "UPDATE issues SET signature = $1, signed_at = $2
             WHERE voter_number = $3 AND signature = ''",
        )
        .bind(hex::encode(signature))
        .bind(self.now)
        .bind(voter.to_string())
        .execute(&mut *self.transaction)
        .await?;
        if done.rows_affected() == 1 {
            self.log(Event::Signed, Some(voter), "").await?;
        }
        Ok(())
    }
}

impl Store {
    /// What this voter has requested.
    pub async fn issue(&self, voter: VoterNumber) -> Result<Option<Issue>> {
        let row =
            sqlx::query("SELECT district, blinded, signature FROM issues WHERE voter_number = $1")
                .bind(voter.to_string())
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let bytes = |text: String| hex::decode(text).map_err(|_| StoreError::Damaged("request"));
        let signature = bytes(row.try_get(2)?)?;
        Ok(Some(Issue {
            district: district_id(row.try_get(0)?)?,
            blinded: bytes(row.try_get(1)?)?,
            signature: (!signature.is_empty()).then_some(signature),
        }))
    }
}
