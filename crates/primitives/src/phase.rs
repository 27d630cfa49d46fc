//! Phases of an election (PSE-ELE-4).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Where an election stands. Follows from the block number alone, but for `Published` and `Cancelled`.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// From the election's creation until voting opens; the key ceremony runs meanwhile.
    Registration,
    /// Ballots are accepted.
    Voting,
    /// The sums are frozen and wait for the trustees' shares.
    Tallying,
    /// The runtime has published the result.
    Published,
    /// Nothing more will happen.
    Cancelled,
}

/// Why an election was cancelled.
#[derive(
    Clone,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// By the consortium, which says why.
    Consortium(Text),
    /// The key ceremony had not ended when voting should have opened.
    CeremonyIncomplete,
    /// So many trustees were excluded from the key ceremony that the threshold is out of reach.
    TooFewTrustees,
    /// The chain runs another code than the manifest promised (PSE-UPG-3).
    CodeChanged,
}
