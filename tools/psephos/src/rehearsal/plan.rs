//! The voter numbers of a rehearsal, drawn once and kept, so that a second run knows the first.

use std::{collections::BTreeSet, path::Path};

use anyhow::Context;
use psephos_primitives::{ElectionId, Hash, VoterNumber};
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{InputError, Result},
    files::{create_private, create_private_directory},
};

const FILE: &str = "plan.json";

/// Which voter number stands for which row. Holds no vote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The chain.
    pub genesis: Hash,
    /// The election.
    pub election: ElectionId,
    /// By row of the file.
    pub voters: Vec<VoterNumber>,
    /// Whether an earlier run drew them.
    #[serde(skip)]
    pub resumed: bool,
}

impl Plan {
    /// The plan of an earlier run in this directory, or a new one.
    pub fn load_or_draw(
        directory: &Path,
        genesis: Hash,
        election: ElectionId,
        rows: usize,
    ) -> Result<Self> {
        create_private_directory(directory)?;
        let path = directory.join(FILE);
        let about = |message: String| InputError::new(path.display().to_string(), message);
        match std::fs::read(&path) {
            Ok(json) => {
                let mut plan: Self = serde_json::from_slice(&json)
                    .map_err(|error| about(format!("is no rehearsal's plan: {error}")))?;
                if (plan.genesis, plan.election) != (genesis, election) {
                    let message = "belongs to another chain or election; choose another --state";
                    return Err(about(message.into()).into());
                }
                if plan.voters.len() != rows {
                    let found = plan.voters.len();
                    let message =
                        format!("is for {found} votes, not {rows}; choose another --state");
                    return Err(about(message).into());
                }
                plan.resumed = true;
                Ok(plan)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let plan = Self {
                    genesis,
                    election,
                    voters: draw(rows),
                    resumed: false,
                };
                let json = serde_json::to_vec(&plan).context("cannot write the plan")?;
                create_private(&path, &json)?;
                Ok(plan)
            }
            Err(error) => Err(about(error.to_string()).into()),
        }
    }
}

/// Distinct random numbers.
fn draw(rows: usize) -> Vec<VoterNumber> {
    let mut taken = BTreeSet::new();
    let mut fresh = || loop {
        let voter = VoterNumber(OsRng.next_u64());
        if taken.insert(voter) {
            return voter;
        }
    };
    (0..rows).map(|_| fresh()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_drawn_once() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let load = |election, rows| {
            Plan::load_or_draw(directory.path(), Hash::zero(), ElectionId(election), rows)
                .map_err(|error| error.to_string())
        };
        let drawn = load(1, 3).expect("draws");
        let again = load(1, 3).expect("loads");
        assert_eq!((drawn.resumed, again.resumed), (false, true));
        assert_eq!(drawn.voters, again.voters);
        let place = directory.path().join(FILE).display().to_string();
        let message = format!("{place}: is for 3 votes, not 4; choose another --state");
        assert_eq!(load(1, 4), Err(message));
        let message =
            format!("{place}: belongs to another chain or election; choose another --state");
        assert_eq!(load(2, 3), Err(message));
    }
}
