//! Every path and every error.

mod creation;
mod hostile;
mod manifest_errors;
mod schedule;
