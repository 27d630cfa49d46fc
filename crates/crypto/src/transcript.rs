//! Merlin transcripts: every label of the system stands in this file.

/// What every proof and signature is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// The hash of the chain's block 0.
    pub genesis_hash: [u8; 32],
    /// The election's number on that chain.
    pub election: u32,
    /// `blake2_256(SCALE(manifest))`
    pub manifest_hash: [u8; 32],
}
