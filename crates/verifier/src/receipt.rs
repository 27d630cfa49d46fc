//! A voter's receipt: that the validators have finalised a block whose state records the ballot.
//!
//! The only thing believed is the hash of block 0. It leads to the first authorities, each set of them
//! to the next, the last to a final block, and that to the record.

use psephos_primitives::{AccountId, BlockNumber, ElectionId, Hash};
use serde::{Deserialize, Serialize};
use sp_core::Bytes;

use crate::{
    finality::{self, AuthoritySet, FinalityError, Target},
    headers::announced_voters,
    state_proof::{self, StateProofError},
    Header,
};

/// What a receipt of this version calls itself (PSE-RCP-1).
pub const FORMAT: &str = "psephos/receipt/2";
/// Bytes of a receipt as text: a page of 64 records is below 10 kB in hexadecimal, and nothing else
/// in a receipt is larger.
pub const MAX_RECEIPT_BYTES: usize = 1024 * 1024;

/// A block's header and nodes of its state's trie.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenHeader {
    /// As nodes write it in JSON.
    pub header: Header,
    /// Nodes of the trie, in any order.
    pub proof: Vec<Bytes>,
}

impl ProvenHeader {
    fn nodes(&self) -> Vec<Vec<u8>> {
        self.proof.iter().map(|node| node.0.clone()).collect()
    }
}

/// A block with which a set of authorities ended, and their votes for it (PSE-RCP-6).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Its header, which announces the next set.
    pub header: Header,
    /// GRANDPA's justification for exactly this block, as nodes store it.
    pub justification: Bytes,
}

/// Why one set does not follow from another.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HandoverError {
    /// Handovers stand in the order of their blocks.
    #[error("block {number} does not come after block {last}")]
    Order {
        /// The block of the handover before.
        last: BlockNumber,
        /// Its number.
        number: BlockNumber,
    },
    /// The header announces nobody.
    #[error("block {number} announces no other authorities")]
    NoAnnouncement {
        /// Its number.
        number: BlockNumber,
    },
    /// The set has not finalised its last block.
    #[error("block {number} is not final: {error}")]
    Finality {
        /// Its number.
        number: BlockNumber,
        /// Why.
        error: FinalityError,
    },
}

impl AuthoritySet {
    /// That of block 0 (PSE-RCP-2).
    pub fn first(genesis: &ProvenHeader) -> Result<Self, StateProofError> {
        let state_root = genesis.header.state_root;
        let voters = state_proof::grandpa_authorities(state_root, &genesis.nodes())?;
        Ok(Self { number: 0, voters })
    }

    /// The set that this one has handed over to; `last` is the block from which this one took over
    /// (PSE-RCP-6).
    pub fn next(&self, last: BlockNumber, handover: &Handover) -> Result<Self, HandoverError> {
        let Handover {
            header,
            justification,
        } = handover;
        let number = header.number;
        if number <= last {
            return Err(HandoverError::Order { last, number });
        }
        let voters = announced_voters(header).ok_or(HandoverError::NoAnnouncement { number })?;
        finality::check(Target::of(header), &[], &justification.0, self)
            .map_err(|error| HandoverError::Finality { number, error })?;
        Ok(Self {
            number: self.number.saturating_add(1),
            voters,
        })
    }
}

/// All that proves that a ballot is recorded (PSE-RCP-1).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`FORMAT`]
    pub format: String,
    /// The election's number.
    pub election: ElectionId,
    /// The ballot's tracker.
    pub tracker: Hash,
    /// The ballot's place in the register.
    pub index: u32,
    /// Block 0, whose state names the authorities.
    pub genesis: ProvenHeader,
    /// The blocks before the final one with which sets of authorities ended; none while they are
    /// those of block 0.
    pub handovers: Vec<Handover>,
    /// A final block, whose state holds the record.
    pub block: ProvenHeader,
    /// Headers that follow that block, where the justification is for the last of them.
    pub descendants: Vec<Header>,
    /// GRANDPA's justification, as nodes store it.
    pub justification: Bytes,
}

/// What a receipt proves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Included {
    /// The election's number.
    pub election: ElectionId,
    /// The ballot's tracker.
    pub tracker: Hash,
    /// The block that holds the ballot.
    pub block: BlockNumber,
    /// The one-time account that cast it.
    pub account: AccountId,
    /// How many authorities signed.
    pub voters: u64,
}

/// Why a receipt proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than a receipt can be.
    #[error("a receipt has at most {MAX_RECEIPT_BYTES} bytes, this has {found}")]
    Length {
        /// Its bytes.
        found: usize,
    },
    /// Not the JSON of a receipt.
    #[error("this is no receipt: {0}")]
    Json(String),
    /// Of another version, or something else.
    #[error("a receipt of the format {found:?}, not of {FORMAT:?}")]
    Format {
        /// What it calls itself.
        found: String,
    },
    /// From another chain.
    #[error("the receipt is of the chain {found:?}, not of {expected:?}")]
    Genesis {
        /// The hash of block 0 that is believed.
        expected: Hash,
        /// That of the receipt's block 0.
        found: Hash,
    },
    /// For another election.
    #[error("the receipt is of election {found}, not of election {expected}")]
    Election {
        /// The election asked about.
        expected: ElectionId,
        /// The receipt's.
        found: ElectionId,
    },
    /// The authorities are not proved by block 0.
    #[error("block 0: {0}")]
    Authorities(StateProofError),
    /// A set does not follow from the one before.
    #[error("handover {place}: {error}")]
    Handover {
        /// Counted from 1: the number of the set that should follow.
        place: u64,
        /// Why.
        error: HandoverError,
    },
    /// A handover that is not before the final block.
    #[error(
        "the authorities hand over in block {number}, which is not before the final block {last}"
    )]
    NeedlessHandover {
        /// Its number.
        number: BlockNumber,
        /// The block that the justification is for.
        last: BlockNumber,
    },
    /// The block is not final.
    #[error("the block is not final: {0}")]
    Finality(#[from] FinalityError),
    /// The record is not proved by the block.
    #[error("the final block: {0}")]
    Record(StateProofError),
    /// The record is of another ballot.
    #[error("the register has ballot {found:?} in this place, not {expected:?}")]
    Tracker {
        /// The receipt's.
        expected: Hash,
        /// The record's.
        found: Hash,
    },
}

impl Receipt {
    /// Reads the text of a receipt (PSE-RCP-1).
    pub fn from_json(text: &str) -> Result<Self, ReceiptError> {
        let found = text.len();
        if found > MAX_RECEIPT_BYTES {
            return Err(ReceiptError::Length { found });
        }
        let receipt: Self =
            serde_json::from_str(text).map_err(|error| ReceiptError::Json(error.to_string()))?;
        if receipt.format != FORMAT {
            return Err(ReceiptError::Format {
                found: receipt.format,
            });
        }
        Ok(receipt)
    }

    /// Follows the proofs from the hash of block 0 to the record of the ballot
    /// (PSE-RCP-2 … PSE-RCP-4).
    pub fn verify(
        &self,
        genesis_hash: Hash,
        election: ElectionId,
    ) -> Result<Included, ReceiptError> {
        let found = self.genesis.header.hash();
        if found != genesis_hash {
            return Err(ReceiptError::Genesis {
                expected: genesis_hash,
                found,
            });
        }
        if self.election != election {
            return Err(ReceiptError::Election {
                expected: election,
                found: self.election,
            });
        }
        let voters = self.check_finality()?;
        let state_root = self.block.header.state_root;
        let record = state_proof::ballot(state_root, &self.block.nodes(), election, self.index)
            .map_err(ReceiptError::Record)?;
        if record.tracker != self.tracker {
            return Err(ReceiptError::Tracker {
                expected: self.tracker,
                found: record.tracker,
            });
        }
        Ok(Included {
            election,
            tracker: record.tracker,
            block: record.block,
            account: record.account,
            voters,
        })
    }

    /// By the last set that those of block 0 lead to (PSE-RCP-3, PSE-RCP-6).
    fn check_finality(&self) -> Result<u64, ReceiptError> {
        let mut set = AuthoritySet::first(&self.genesis).map_err(ReceiptError::Authorities)?;
        let mut last = 0;
        for (place, handover) in (1..).zip(&self.handovers) {
            set = set
                .next(last, handover)
                .map_err(|error| ReceiptError::Handover { place, error })?;
            last = handover.header.number;
        }
        let block = Target::of(&self.block.header);
        let end = self.descendants.last().unwrap_or(&self.block.header).number;
        if !self.handovers.is_empty() && last >= end {
            let (number, last) = (last, end);
            return Err(ReceiptError::NeedlessHandover { number, last });
        }
        let justification = &self.justification.0;
        Ok(finality::check(
            block,
            &self.descendants,
            justification,
            &set,
        )?)
    }
}
