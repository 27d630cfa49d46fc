//! Two blocks by one author in one slot (PSE-WAT-3).

use std::collections::{BTreeMap, VecDeque};

use psephos_primitives::{BlockNumber, Hash};
use psephos_verifier::{headers::announced_authors, Header};
use sp_core::sr25519;

use super::{
    evidence::{Authorities, Finding},
    headers::authorship,
};

/// Slots that are remembered: two blocks of one slot reach a node within minutes, and this is three
/// hours.
const MAX_SLOTS: usize = 4096;
/// Lists of authors that are remembered: another one comes with a session at most.
const MAX_LISTS: usize = 16;

/// Remembers who sealed what.
#[derive(Debug)]
pub struct Authors {
    /// Who makes the blocks after the one with this number, the newest last. A header that one of
    /// them has sealed says who comes next: it need not be final yet.
    lists: VecDeque<(BlockNumber, Vec<sr25519::Public>)>,
    /// By slot and author, the first header seen; none once its author has been reported.
    seen: BTreeMap<(u64, sr25519::Public), Option<(Hash, Header)>>,
}

impl Authors {
    /// With these authorities.
    pub fn new(authorities: &Authorities) -> Self {
        Self {
            lists: VecDeque::from([(authorities.since, authorities.authors.clone())]),
            seen: BTreeMap::new(),
        }
    }

    /// Looks at a header, of whatever branch and from whatever node. Each slot is reported once.
    pub fn look(&mut self, header: &Header) -> Option<Finding> {
        let (slot, author) = self.sealed(header)?;
        if let Some(next) = announced_authors(header).map(|authors| (header.number, authors)) {
            if !self.lists.contains(&next) {
                self.lists.push_back(next);
            }
        }
        while self.lists.len() > MAX_LISTS {
            self.lists.pop_front();
        }
        let hash = header.hash();
        let first = self
            .seen
            .entry((slot, author))
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

    /// The slot, and who has sealed the header in it.
    fn sealed(&self, header: &Header) -> Option<(u64, sr25519::Public)> {
        let lists = self.lists.iter().rev();
        let mut possible = lists.filter(|(since, _)| *since < header.number);
        possible.find_map(|(_, authors)| {
            let sealed = authorship(header, authors)?;
            let author = authors.get(sealed.author as usize)?;
            Some((sealed.slot, *author))
        })
    }
}
