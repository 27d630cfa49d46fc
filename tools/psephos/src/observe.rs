//! What an observer sees of an election while it runs: a tape of its ballots, and a live view.

pub mod picture;
pub mod tape;
pub mod tape_file;
pub mod view;
