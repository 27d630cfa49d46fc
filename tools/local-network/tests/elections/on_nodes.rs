//! Those that take minutes, nearly all of them waiting for blocks: many at once take hardly longer than
//! one. `scripts/test` runs them so, and all else with `--skip on_nodes::`.

mod changing_validators;
mod flood;
mod happy_path;
mod hostile_ballots;
mod power_loss;
mod restarted_validator;
mod tampered_archive;
mod trustees_at_fault;
mod upgrade;
