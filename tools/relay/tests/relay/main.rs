//! Relays over loopback: taking, holding, passing on, dying and coming back.
#![allow(clippy::unwrap_used)]

mod ballots;
mod lanes;
mod node;
mod parts;
mod patience;
mod process;
mod service;
