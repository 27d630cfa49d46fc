//! Which election of which chain a database belongs to.

use psephos_primitives::{ElectionId, Hash, Manifest};
use sqlx::Row;

use super::{Result, Store, StoreError};

/// An election, as the database remembers it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Belonging {
    chain: String,
    election: String,
    manifest: String,
}

impl Belonging {
    /// This election, on the chain with this block 0.
    pub fn of(genesis: Hash, election: ElectionId, manifest: &Manifest) -> Self {
        Self {
            chain: hex::encode(genesis.0),
            election: election.to_string(),
            manifest: hex::encode(manifest.hash().0),
        }
    }

    /// What is remembered under which name.
    pub fn facts(&self) -> [(&'static str, &str); 3] {
        [
            ("chain", &self.chain),
            ("election", &self.election),
            ("manifest", &self.manifest),
        ]
    }
}

impl Store {
    /// Fails unless the database was said to belong to this election. Unlike [`Store::belong`] it
    /// says so of none: whoever only reads must not claim a database by a slip.
    pub async fn check_belongs(&self, belonging: &Belonging) -> Result<()> {
        for (what, expected) in belonging.facts() {
            let row = sqlx::query("SELECT value FROM facts WHERE name = $1")
                .bind(what)
                .fetch_optional(&self.pool)
                .await?;
            let expected = expected.to_owned();
            let Some(row) = row else {
                return Err(StoreError::BelongsToNone { what, expected });
            };
            let found: String = row.try_get(0)?;
            if found != expected {
                return Err(StoreError::Belongs {
                    what,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }
}
