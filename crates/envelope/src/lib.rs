//! Envelopes in which a signed extrinsic travels from relay to relay (docs/spec/relays.md).
//!
//! The sender seals an extrinsic for a path of relays with [`seal`]; each relay opens its own layer
//! with [`open`] and finds either the next relay and an envelope for it, or the extrinsic. All
//! envelopes of an election have one size at every hop, no bit of one can be changed unnoticed, and none
//! opens in another election.
//!
//! ```
//! use psephos_envelope::{open, seal, EnvelopeContext, EnvelopeSize, Hop, Opened, RelayKey};
//! use psephos_primitives::{ElectionId, Hash};
//! use rand_core::OsRng;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (first, last) = (RelayKey::generate(&mut OsRng), RelayKey::generate(&mut OsRng));
//! let context = EnvelopeContext { genesis_hash: Hash::repeat_byte(7), election: ElectionId(3) };
//! let path = [
//!     Hop { public_key: first.public_key(), address: "https://one.example" },
//!     Hop { public_key: last.public_key(), address: "https://two.example" },
//! ];
//! let envelope = seal(&context, EnvelopeSize::Small, &path, b"an extrinsic", &mut OsRng)?;
//! let Opened::Forward { address, envelope } = open(&first, &context, &envelope)? else {
//!     return Err("the first of two relays forwards".into());
//! };
//! assert_eq!(address, "https://two.example");
//! let Opened::Deliver { extrinsic } = open(&last, &context, &envelope)? else {
//!     return Err("the last relay delivers".into());
//! };
//! assert_eq!(extrinsic, b"an extrinsic");
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod context;
mod key;
mod layer;
mod open;
mod seal;
mod size;
#[cfg(test)]
mod tests;

pub use context::EnvelopeContext;
pub use key::RelayKey;
pub use layer::{MAX_ADDRESS_BYTES, MAX_HOPS};
pub use open::{open, OpenError, Opened};
pub use seal::{seal, Hop, SealError};
pub use size::EnvelopeSize;
