//! Every path and every error.

mod creation;
mod manifest_errors;
mod schedule;
