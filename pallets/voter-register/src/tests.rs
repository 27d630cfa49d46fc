//! Every path and every error.

mod admission;
mod dissents;
mod hostile;
mod issuing;
mod participation;
