//! Ceremonies with real trustees, and every error.

mod admission;
mod completion;
mod exclusion;
mod hostile;
mod refusals;
mod trustees;
