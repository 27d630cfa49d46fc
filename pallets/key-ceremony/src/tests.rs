//! Ceremonies with real trustees, and every error.

mod admission;
mod completion;
mod exclusion;
mod refusals;
mod trustees;
