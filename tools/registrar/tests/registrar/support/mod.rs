//! What tests and the fault-injecting example share: a chain kept in a file, and a registrar's office.
#![allow(dead_code)] // Each example uses a part of it.

pub mod file_chain;
pub mod office;
pub mod provider;
