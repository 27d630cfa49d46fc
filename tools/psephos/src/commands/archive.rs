//! `psephos archive`

use std::path::PathBuf;

use clap::Args;
use psephos_primitives::ElectionId;

use crate::{archive::write, failure::Result, session::Session};

/// Write everything that an offline audit needs into one file.
#[derive(Args, Debug)]
pub struct ArchiveCommand {
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl ArchiveCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        let node = session.node().await?;
        let progress = session.output.progress(0, "blocks");
        let archived = write(&node, ElectionId(self.election), &self.out, &progress).await?;
        session.output.result(&archived, || {
            format!(
                "{}: {} bytes, blocks 0 to {} ({:?})\ngenesis {:?}",
                self.out.display(),
                archived.bytes,
                archived.last_block,
                archived.last_hash,
                archived.genesis_hash,
            )
        });
        Ok(())
    }
}
