//! Cryptography of the ballot, the key ceremony and the tally.
//!
//! Knows nothing of a chain: bytes and group elements in, verdicts and group elements out.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

/// `Debug` for types that hold a secret.
#[cfg(feature = "secrets")]
macro_rules! redacted {
    ($($secret:ty),+) => {
        $(
            impl core::fmt::Debug for $secret {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    f.write_str(concat!(stringify!($secret), "(<redacted>)"))
                }
            }
        )+
    };
}

#[cfg(all(test, feature = "secrets"))]
extern crate self as psephos_crypto;

pub mod ballot;
pub mod blind_signature;
pub mod decryption;
pub mod elgamal;
#[cfg(all(test, feature = "secrets"))]
mod fixture;
pub mod group;
pub mod key_ceremony;
mod multiscalar;
#[cfg(feature = "secrets")]
mod randomness;
pub mod sealing;
pub mod tracker;
pub mod transcript;

/// The version of `rand_core` whose generators the functions here take.
#[cfg(feature = "secrets")]
pub use rand_core;
