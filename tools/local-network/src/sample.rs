//! The sample election. The programs carry it with them, so that they run wherever they are copied.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

const ELECTION: &str = include_str!("../samples/election.json");
const VOTES: &str = include_str!("../samples/votes.csv");

/// The sample's files, as `--election` and `--votes` would name them.
pub struct Sample {
    /// What is being decided.
    pub election: PathBuf,
    /// What the voters choose.
    pub votes: PathBuf,
}

impl Sample {
    /// Writes the files into a folder that exists.
    pub fn write(folder: &Path) -> Result<Self> {
        let write = |name: &str, content| {
            let path = folder.join(name);
            fs::write(&path, content)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok::<_, anyhow::Error>(path)
        };
        Ok(Self {
            election: write("election.json", ELECTION)?,
            votes: write("votes.csv", VOTES)?,
        })
    }
}
