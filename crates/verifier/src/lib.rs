//! Checks an archive of an election without a node and without the runtime.
//!
//! Three layers, each usable alone:
//!
//! * [`archive`] reads and writes the file;
//! * [`chain`] replays blocks: an independent second implementation of the rules;
//! * [`audit`](mod@audit) runs a whole archive through the chain, checks finality and the published
//!   result, and reports in words or JSON.
//!
//! Nothing here trusts the file: whatever it holds, the outcome is a [`report::Report`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod archive;
pub mod arrivals;
pub mod audit;
mod ballots;
mod ceremony;
pub mod chain;
pub mod checkpoint;
mod consortium;
mod coverage;
mod election;
mod equivocation;
pub mod finality;
pub mod finding;
pub mod hashing;
pub mod headers;
pub mod receipt;
mod register;
pub mod report;
pub mod state_proof;
mod tally;
pub mod threads;
pub mod upgrades;
pub mod validators;

pub use archive::{ArchiveError, ArchiveReader, ArchiveWriter};
pub use audit::{audit, resume, Observer, Options, Progress};
pub use chain::{BlockReport, Chain, ElectionView};
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointKey};
pub use finding::{Cause, Check, Fault, FaultKind, Finding, Party};
pub use receipt::{Receipt, ReceiptError};
pub use report::Report;
pub use state_proof::GenesisFacts;
pub use threads::Threads;

/// A block's header.
pub type Header = sp_runtime::generic::Header<psephos_primitives::BlockNumber, hashing::Blake2>;
