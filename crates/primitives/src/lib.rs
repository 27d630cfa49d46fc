//! What every part of the system agrees on: identifiers, the manifest, phases, the ballot and its
//! codec, limits, calls as they stand on the wire, and the runtime API.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod api;
pub mod ballot;
pub mod ceremony;
pub mod consortium;
pub mod credential;
pub mod identifiers;
pub mod limits;
pub mod manifest;
pub mod observer;
pub mod phase;
pub mod refusal;
pub mod register;
pub mod tally;
pub mod text;
pub mod validators;
pub mod wire;

/// The hash functions of the chain: `blake2_256` and its kin.
pub use sp_crypto_hashing as hashing;

pub use ballot::{Ballot, BallotRecord, Credential, RegistrarSignature};
pub use credential::WellFormedCredential;
pub use identifiers::{
    AccountId, BlockNumber, ContestId, DistrictId, ElectionId, Hash, RegistrarIndex, TrusteeIndex,
    VoterNumber,
};
pub use manifest::{BlockRange, Contest, District, Manifest, Registrar, RevotePolicy, Trustee};
pub use phase::Phase;
pub use refusal::Refusal;
pub use text::Text;
