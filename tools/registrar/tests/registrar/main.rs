//! The service: conversations with it, its listener, its description, and what survives when it is killed.

mod kills;
mod listening;
mod openapi;
mod process;
mod service;
mod support;
