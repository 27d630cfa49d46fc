//! What those see who trust nobody: a tape that a power failure tears, a watchdog over the nodes, nodes
//! that join when all is over, and receipts.

use psephos_local_network::{CommandFailed, Election};

pub mod newcomers;
pub mod receipts;
pub mod tape;
pub mod watchdog;

/// Calls the program, and expects it to end with this exit status and nothing else on its standard
/// error than the message that is returned.
pub async fn refused(election: &Election, name: &str, status: i32, arguments: &[&str]) -> String {
    let outcome = election.command_line().run(name, arguments).await;
    let error = outcome.map(|said| panic!("{name}: {said}"));
    let error = error.expect_err("does not get here");
    let failed = error
        .downcast_ref::<CommandFailed>()
        .unwrap_or_else(|| panic!("{name}: {error:#}"));
    assert_eq!(failed.status.code(), Some(status), "{failed}");
    failed.message.clone()
}

/// Calls the program, and expects it to succeed; returns what it said.
pub async fn said(election: &Election, name: &str, arguments: &[&str]) -> String {
    let outcome = election.command_line().run(name, arguments).await;
    let said = outcome.unwrap_or_else(|error| panic!("{error:#}"));
    said.trim_end().into()
}

/// The hash of block 0, as it is written.
pub async fn genesis(election: &Election) -> String {
    let hash = election.node().block_hash(0).await;
    format!("{:?}", hash.expect("the node answers"))
}

/// A path as an argument.
pub fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("the test's own folder is UTF-8")
}
