//! Every path and every error.

mod admission;
mod issuing;
mod participation;
