//! The chain, as far as a registrar needs it.
//!
//! The service knows this trait only; [`node::NodeChain`] is the real one. What it tells is read from
//! finalised blocks, and what it is told is final when it returns.

use futures::future::BoxFuture;
pub use psephos::registered::Registered;
use psephos_primitives::{
    register::{DistrictCounts, Participation},
    tally::ElectionResult,
    BlockNumber, BlockRange, DistrictId, ElectionId, Hash, Manifest, Phase, RegistrarIndex,
    VoterNumber,
};

pub mod node;
pub mod rules;

/// An answer of the chain's.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ChainError>>;

/// Why the chain did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChainError {
    /// The call stands in a finalised block and failed there, or a pool has refused it by blocks that
    /// are final by now.
    #[error("the chain refuses: {0}")]
    Refused(String),
    /// It was not the time for such a call, whoever it is about; it may be again.
    #[error("the chain does not take this now: {0}")]
    Untimely(String),
    /// No node answers, or not in time: what was asked may or may not be done.
    #[error("the chain cannot be asked: {0}")]
    Unreachable(String),
}

/// Where the election stands after the last finalised block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// That block's number.
    pub block: BlockNumber,
    /// The election's phase.
    pub phase: Phase,
}

/// What is fixed about the election, and who this registrar is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Election {
    /// Its number.
    pub id: ElectionId,
    /// The hash of block 0.
    pub genesis: Hash,
    /// All that was fixed before the first vote.
    pub manifest: Manifest,
    /// This registrar's place in the manifest.
    pub registrar: RegistrarIndex,
}

impl Election {
    /// This registrar's name.
    pub fn registrar_name(&self) -> &str {
        self.manifest
            .registrars
            .get(usize::from(self.registrar.get()))
            .map_or("", |registrar| registrar.name.as_str())
    }

    /// Blocks in which voters may apply and withdraw.
    pub const fn registration(&self) -> BlockRange {
        self.manifest.registration
    }

    /// The modulus of this registrar's key for a district: messages are as long, and below it.
    pub fn modulus(&self, district: DistrictId) -> Option<&[u8]> {
        let position = self
            .manifest
            .districts
            .iter()
            .position(|known| known.id == district)?;
        let registrar = self
            .manifest
            .registrars
            .get(usize::from(self.registrar.get()))?;
        registrar
            .keys
            .get(position)
            .map(|key| key.modulus.as_slice())
    }

    /// This registrar's bit in the register's records.
    pub const fn bit(&self) -> u8 {
        self.registrar.bit()
    }

    /// Whether this registrar's bit is set.
    pub const fn is_ours(&self, bits: u8) -> bool {
        bits & self.bit() != 0
    }

    /// Whether the registrars whose bits are set are a quorum.
    pub const fn is_quorum(&self, bits: u8) -> bool {
        bits.count_ones() >= self.manifest.quorum as u32
    }
}

/// What a registrar asks and tells the chain.
pub trait Chain: Send + Sync {
    /// Where the election stands.
    fn standing(&self) -> Answer<'_, Standing>;
    /// What the register knows of a voter, dissents included, after one block.
    fn voter(&self, voter: VoterNumber) -> Answer<'_, Option<Registered>>;
    /// Participating, issued and cast in each district.
    fn counts(&self) -> Answer<'_, Vec<DistrictCounts>>;
    /// The published result.
    fn result(&self) -> Answer<'_, Option<ElectionResult>>;
    /// Records participation, of all or of none.
    fn participate(&self, voters: Vec<Participation>) -> Answer<'_, ()>;
    /// Records a withdrawal.
    fn withdraw(&self, voter: VoterNumber) -> Answer<'_, ()>;
    /// Records issues, of all or of none.
    fn issue(&self, voters: Vec<VoterNumber>) -> Answer<'_, ()>;
}
