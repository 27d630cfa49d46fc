//! Faults on real nodes while people vote: what goes wrong at organisations, one after the other, in one
//! election.
//!
//! * [`Seven`] is a network of organisations with keys of their own, which can be hurt and mended;
//! * [`Fault`] is what is done to it, and how it is mended;
//! * [`hold_through`] holds the election and checks its result;
//! * [`namespaces`] gives each node a network of its own, where the machine allows it.

mod faults;
pub mod namespaces;
mod network;
mod organisation;
mod trial;

pub use faults::{Fault, Observation};
pub use network::Seven;
pub use organisation::{Double, Organisation};
pub use trial::hold_through;
