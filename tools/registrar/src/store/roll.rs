//! Voters of the roll.

use psephos_primitives::{DistrictId, VoterNumber};
use sqlx::{any::AnyRow, Row};

use super::{audit_log::Event, voter, Result, Store, StoreError, Writing};
use crate::secrets::KeyedHash;

/// A voter as the database keeps them.
#[derive(Clone, PartialEq, Eq)]
pub struct Voter {
    /// The number that the chain knows.
    pub number: VoterNumber,
    /// What the identity number is found by.
    pub identity: KeyedHash,
    /// What the date of birth is compared with.
    pub birth_date: KeyedHash,
    /// The first letters of the name.
    pub initials: String,
    /// Where codes are sent.
    pub telephone: String,
    /// Where they vote.
    pub district: DistrictId,
}

impl core::fmt::Debug for Voter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Voter")
            .field("number", &self.number)
            .field("district", &self.district)
            .finish_non_exhaustive()
    }
}

/// What became of a voter that was to be added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// Is on the roll now.
    New,
    /// Was on the roll already, with the same data.
    Same,
    /// Is on the roll with other data, or shares a number with another voter.
    Differs,
}

const COLUMNS: &str = "voter_number, identity_hash, birth_date_hash, initials, telephone, district";

fn read(row: &AnyRow) -> Result<Voter> {
    let district: i64 = row.try_get("district")?;
    Ok(Voter {
        number: voter(row, "voter_number")?,
        identity: KeyedHash(row.try_get("identity_hash")?),
        birth_date: KeyedHash(row.try_get("birth_date_hash")?),
        initials: row.try_get("initials")?,
        telephone: row.try_get("telephone")?,
        district: district_id(district)?,
    })
}

pub(super) fn district_id(number: i64) -> Result<DistrictId> {
    u32::try_from(number)
        .map(DistrictId)
        .map_err(|_| StoreError::Damaged("district"))
}

impl Writing {
    /// Puts a voter on the roll.
    pub async fn add_voter(&mut self, new: &Voter) -> Result<Added> {
        let sql = format!(
            "INSERT INTO voters ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(new.number.to_string())
            .bind(new.identity.0.as_str())
            .bind(new.birth_date.0.as_str())
            .bind(new.initials.as_str())
            .bind(new.telephone.as_str())
            .bind(i64::from(new.district.get()))
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 1 {
            return Ok(Added::New);
        }
        let sql = format!("SELECT {COLUMNS} FROM voters WHERE identity_hash = $1");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(new.identity.0.as_str())
            .fetch_optional(&mut *self.transaction)
            .await?;
        match found {
            Some(row) if read(&row)? == *new => Ok(Added::Same),
            _ => Ok(Added::Differs),
        }
    }

    /// Logs an import.
    pub async fn log_import(&mut self, added: usize, skipped: usize) -> Result<()> {
        let detail = format!("{added} added, {skipped} rows skipped");
        self.log(Event::RollImported, None, &detail).await
    }
}

impl Store {
    /// The voter with this identity.
    pub async fn voter_by_identity(&self, identity: &KeyedHash) -> Result<Option<Voter>> {
        let sql = format!("SELECT {COLUMNS} FROM voters WHERE identity_hash = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(identity.0.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The voter with this number.
    pub async fn voter(&self, number: VoterNumber) -> Result<Option<Voter>> {
        let sql = format!("SELECT {COLUMNS} FROM voters WHERE voter_number = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(number.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// All voters, by district and number.
    pub async fn voters(&self) -> Result<Vec<Voter>> {
        let sql = format!("SELECT {COLUMNS} FROM voters ORDER BY district, voter_number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// How many voters are on the roll.
    pub async fn roll_length(&self) -> Result<i64> {
        let row = sqlx::query("SELECT COUNT(*) FROM voters")
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get(0)?)
    }
}
