//! Two blocks by one author in one slot (PSE-WAT-3).

use std::collections::BTreeMap;

use psephos_primitives::Hash;
use psephos_verifier::Header;
use sp_core::sr25519;

use super::{evidence::Finding, headers::authorship};

/// Slots that are remembered: two blocks of one slot reach a node within minutes, and this is three
/// hours.
const MAX_SLOTS: usize = 4096;

/// Remembers who sealed what.
#[derive(Debug)]
pub struct Authors {
    authors: Vec<sr25519::Public>,
    /// By slot, the first header seen; none once its author has been reported.
    seen: BTreeMap<u64, Option<(Hash, Header)>>,
}

impl Authors {
    /// With these authorities.
    pub const fn new(authors: Vec<sr25519::Public>) -> Self {
        Self {
            authors,
            seen: BTreeMap::new(),
        }
    }

    /// Looks at a header, of whatever branch and from whatever node. Each slot is reported once.
    pub fn look(&mut self, header: &Header) -> Option<Finding> {
        let slot = authorship(header, &self.authors)?.slot;
        let hash = header.hash();
        let first = self
            .seen
            .entry(slot)
            .or_insert_with(|| Some((hash, header.clone())));
        let finding = match first.take() {
            Some((known, earlier)) if known != hash => Some(Finding::TwoBlocks {
                headers: Box::new([earlier, header.clone()]),
            }),
            kept => {
                *first = kept;
                None
            }
        };
        while self.seen.len() > MAX_SLOTS {
            self.seen.pop_first();
        }
        finding
    }
}
