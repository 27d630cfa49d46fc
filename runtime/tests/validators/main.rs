//! The consortium decides who makes blocks and by which code: whole blocks of the runtime, with the
//! motions, votes and signatures that it takes.

mod chain;
mod equivocation;
mod organisations;
mod upgrades;
