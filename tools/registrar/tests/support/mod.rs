//! What tests and the fault-injecting example share: a chain kept in a file, and a registrar's office.
#![allow(dead_code)] // Each test uses a part of it.

pub mod file_chain;
pub mod office;
pub mod provider;
