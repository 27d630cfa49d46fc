//! HTTPS service that signs voters in, checks their one-time codes and signs their blinded credentials.
//!
//! * what it keeps: [`store`], [`secrets`], [`clock`], [`limits`];
//! * what it talks to: [`chain`], [`sender`], [`delivery`] of what the chain is to be told;
//! * what voters see: [`api`], [`sign_in`], [`rates`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod chain;
pub mod clock;
pub mod delivery;
pub mod limits;
pub mod rates;
pub mod secrets;
pub mod sender;
pub mod store;
