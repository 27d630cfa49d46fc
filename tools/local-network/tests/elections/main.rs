//! Whole elections on real nodes. Each test starts a network of its own on free ports, and nothing
//! of it is left when the test ends; logs stay in cargo's folder for tests, `tmp/elections`.

mod bad_files;
mod changing_validators;
mod flood;
mod happy_path;
mod hostile_ballots;
mod lying_node;
mod organisations;
mod power_loss;
mod restarted_validator;
mod scene;
mod tampered_archive;
mod trustees_at_fault;
mod upgrade;
mod watching;
