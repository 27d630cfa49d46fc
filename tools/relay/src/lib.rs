//! HTTPS service that holds sealed ballots for a random time and passes them on (docs/spec/relays.md).
//!
//! * [`api`] takes envelopes, and answers 202 only for what the [`queue`] has on disk.
//! * [`pump`] passes each on when its time has come: to another relay ([`forward`]) or, as the last of
//!   its path, to a node ([`submit`]).
//! * [`lanes`] keep a destination that does not answer from stopping the others.
//! * [`closing`] tells when voting is about to close, and everything held has to go.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod api;
pub mod chain;
pub mod cli;
pub mod closing;
pub mod delay;
pub mod forward;
pub mod key_file;
pub mod lanes;
pub mod limits;
pub mod metrics;
pub mod problem;
pub mod pump;
pub mod queue;
pub mod serve;
pub mod submit;
