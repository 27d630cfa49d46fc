//! Validators on this machine, and whole elections on them: the demo and the end-to-end tests.
//!
//! * [`LocalNetwork`] starts validators, kills and restarts single ones, waits for finality, and has
//!   other nodes join as a [`Guest`].
//! * [`Election`] plays an election's officials through the command line, as people would.
//! * [`PollingStation`] serves single voters, for ballots that no rehearsal would cast.
//! * [`voting_services`] starts registrars and relays, [`pages`] serves what voters see.
//! * [`chaos`] hurts validators while an election is held on them.
//! * [`expected`] counts the votes by hand, [`table`] shows the result.
//!
//! Every program runs in a [`Process`], which ends with whoever started it.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod chaos;
mod command_line;
pub mod disturbance;
mod election;
pub mod expected;
mod footprint;
mod loopback;
mod network;
pub mod pages;
mod polling_station;
mod ports;
mod process;
mod programs;
mod relays;
mod sample;
pub mod table;
mod validator;
pub mod voting_services;

pub use command_line::{CommandFailed, CommandLine};
pub use election::{Consortium, Election, Ground, Pace};
pub use footprint::Footprint;
pub use network::{Guest, LightAccess, LocalNetwork};
pub use polling_station::{Applicant, PollingStation};
pub use process::Process;
pub use programs::Programs;
pub use sample::Sample;
