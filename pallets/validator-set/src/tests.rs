//! Every path and every error.

mod admission;
mod dismissal;
mod equivocation;
mod hostile;
mod rotation;
mod sessions;
mod upgrades;
