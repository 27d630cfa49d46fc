//! `psephos doctor`

use std::path::PathBuf;

use clap::Args;
use psephos_client::{Error, Node};

use crate::{
    doctor::{checks, folder::Folder, reach::Reach, reading::Reading, Report},
    failure::{Failure, InputError, Result},
    session::Session,
};

/// Check a node: clock, keys, peers, finality, code, disk, and who may ask it.
///
/// Run it on the node's machine, whose clock it compares with the chain's. Exit status 1 if anything
/// is wrong.
#[derive(Args, Debug)]
pub struct Doctor {
    /// The node, instead of --url
    #[arg(long, value_name = "URL")]
    node: Option<String>,
    /// Its folder: for session keys and disk
    #[arg(long, value_name = "DIR")]
    base_path: Option<PathBuf>,
}

impl Doctor {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        let url = match self.node.or_else(|| session.urls.first().cloned()) {
            Some(url) => url,
            None => return Err(InputError::new("--node", "none is given").into()),
        };
        let folder = self.base_path.as_deref().map(Folder::look).transpose()?;
        // Alone: another node that stands in for it would hide what is wrong with this one.
        let checks = match Node::open(std::slice::from_ref(&url)).await {
            Ok(node) => {
                session.output.note("waiting for three blocks …");
                let reading = Reading::take(&node).await?;
                let reach = Reach::of(&node, &url).await?;
                checks::all(&reading, folder.as_ref(), reach)
            }
            Err(error @ Error::Url { .. }) => {
                return Err(InputError::new("--node", error.to_string()).into())
            }
            Err(error) => vec![checks::silent(&error.to_string())],
        };
        let report = Report::new(&url, checks);
        session.output.result(&report, || report.to_string());
        if report.healthy {
            return Ok(());
        }
        let wrong = report.wrong().join(", ");
        Err(Failure::verdict(format!("{url} is not in order: {wrong}")))
    }
}
