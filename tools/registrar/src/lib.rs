//! HTTPS service that signs voters in, checks their one-time codes and signs their blinded credentials.
//!
//! * what it keeps: [`store`], [`secrets`], [`clock`], [`limits`], [`roll_import`];
//! * what it talks to: [`chain`], [`sender`], [`delivery`] of what the chain is to be told;
//! * what voters see: [`api`], [`sign_in`], [`issuing`], [`rates`], all held by [`service`];
//! * what goes to others: [`exports`];
//! * the program: [`cli`], [`serve`], [`tls`], [`export_command`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod api;
pub mod chain;
pub mod cli;
pub mod clock;
pub mod delivery;
pub mod export_command;
pub mod exports;
pub mod issuing;
pub mod limits;
pub mod rates;
pub mod roll_import;
pub mod secrets;
pub mod sender;
pub mod serve;
pub mod service;
pub mod sign_in;
pub mod store;
pub mod tls;
