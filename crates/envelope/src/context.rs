//! What an envelope is for.

use psephos_primitives::{ElectionId, Hash};

/// What every layer's `info` begins with.
const LABEL: &[u8; 19] = b"psephos/v1/envelope";
/// A label, a genesis hash, an election's number.
const INFO_BYTES: usize = LABEL.len() + 32 + 4;

/// The election that an envelope is for, and none other: opening is deterministic, so that an
/// envelope which a relay's key opened in a later election, too, would come out as it did before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnvelopeContext {
    /// The hash of the chain's block 0.
    pub genesis_hash: Hash,
    /// The election's number on that chain.
    pub election: ElectionId,
}

impl EnvelopeContext {
    /// HPKE's `info` (PSE-RLY-3). Every part has a fixed length.
    pub(crate) fn info(&self) -> [u8; INFO_BYTES] {
        let mut info = [0; INFO_BYTES];
        let (label, rest) = info.split_at_mut(LABEL.len());
        let (genesis_hash, election) = rest.split_at_mut(32);
        label.copy_from_slice(LABEL);
        genesis_hash.copy_from_slice(self.genesis_hash.as_bytes());
        election.copy_from_slice(&self.election.get().to_le_bytes());
        info
    }
}
