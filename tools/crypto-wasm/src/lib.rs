//! The cryptography of voters and observers, for the browser.
//!
//! Plain Rust that is tested natively, and one thin layer for JavaScript ([`browser`]):
//!
//! * [`election`]: what a ballot is bound to, from the manifest's bytes;
//! * [`credential`]: the one-time key and the registrars' blind signatures, and how they are kept;
//! * [`booth`]: encrypt, then challenge or cast, and forget;
//! * [`challenge`]: what a challenged ballot reveals, and how a second device checks it.
//!
//! Every secret is wiped when it is dropped.

#![deny(missing_docs)]

pub mod booth;
pub mod browser;
pub mod challenge;
pub mod credential;
pub mod election;
#[cfg(test)]
mod tests;
mod text;

pub use booth::Booth;
pub use election::Election;
