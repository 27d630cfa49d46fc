//! Relays over loopback: taking, holding, passing on, dying and coming back.

mod node;
mod parts;
mod process;
mod service;
