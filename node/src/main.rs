//! Full node and validator.

#![warn(missing_docs)]

mod chain_spec;
mod cli;
mod command;
mod components;
mod counting_pool;
mod election_metrics;
mod election_rpc;
mod finalised;
mod observer_rpc;
mod rpc;
mod service;
mod transaction_search;

fn main() -> sc_cli::Result<()> {
    command::run()
}
