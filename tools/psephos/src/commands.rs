//! The commands: each parses its options, calls the library, and shows what came of it.

pub mod archive;
pub mod audit;
pub mod challenge;
pub mod consortium;
pub mod doctor;
pub mod election;
pub mod key;
pub mod observe;
pub mod org;
pub mod receipt;
pub mod registrar;
pub mod rehearse;
pub mod results;
pub mod trustee;
pub mod watch;
