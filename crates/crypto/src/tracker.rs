//! The tracker: what a voter looks a ballot up by.

use blake2::{digest::consts::U32, Blake2b, Digest};

/// `blake2b-256` of the ballot's SCALE encoding (PSE-SEL-7).
///
/// The encoding must contain the voter's account, or two voters could be shown one tracker.
pub fn tracker(ballot: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(ballot).into()
}
