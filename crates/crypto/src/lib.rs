//! Cryptography of the ballot, the key ceremony and the tally.
//!
//! Knows nothing of a chain: bytes and group elements in, verdicts and group elements out.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod ballot;
pub mod blind_signature;
pub mod decryption;
pub mod elgamal;
pub mod group;
pub mod key_ceremony;
mod multiscalar;
pub mod sealing;
pub mod tracker;
pub mod transcript;
