//! `psephos audit`

use std::{fs::File, io::BufReader, path::PathBuf};

use clap::Args;
use psephos_primitives::{ElectionId, Hash};
use psephos_verifier::Options;

use crate::{
    failure::{Failure, InputError, Result},
    session::{parse_hash, Session},
};

/// Check an archive, without a node.
#[derive(Args, Debug)]
pub struct AuditCommand {
    /// The archive
    file: PathBuf,
    /// The published hash of block 0; without it, the report only shows the archive's
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    genesis: Option<Hash>,
    /// The election; without it, the one that the archive was made for
    #[arg(long, value_name = "NUMBER")]
    election: Option<u32>,
}

impl AuditCommand {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<()> {
        let about = |error: std::io::Error| {
            InputError::new(self.file.display().to_string(), error.to_string())
        };
        let file = File::open(&self.file).map_err(about)?;
        let bar = session
            .output
            .progress(file.metadata().map_err(about)?.len(), "bytes");
        let options = Options {
            expected_genesis: self.genesis,
            election: self.election.map(ElectionId),
        };
        let report = psephos_verifier::audit(BufReader::new(file), &options, |progress| {
            bar.set_position(progress.bytes);
            bar.set_message(format!(
                "block {}, {} ballots",
                progress.block, progress.ballots
            ));
        });
        bar.finish_and_clear();
        session
            .output
            .result(&report, || report.to_string().trim_end().to_owned());
        if report.ok() {
            Ok(())
        } else {
            Err(Failure::verdict(format!(
                "{} findings",
                report.total_findings
            )))
        }
    }
}
