//! Audits of archives that are made here, from a chain without a node: the honest one passes, and of
//! each of the others the fault is found and named. One program, since every test needs the world.

mod archive_bytes;
mod ballots;
mod blocks;
mod ceremony;
mod equivocation;
mod going_on;
mod happy_path;
mod officials;
mod organisations;
mod receipts;
mod tampering;
mod upgrades;
mod validators;
mod world;
