//! Every path and every error.

mod admission;
mod hostile;
mod issuing;
mod participation;
