//! The chain of headers: numbers, hashes, extrinsics roots and Aura seals.

use codec::{Decode, DecodeAll, Encode};
use psephos_primitives::{BlockNumber, Hash};
use sp_core::{ed25519, sr25519, Pair};
use sp_runtime::{generic::DigestItem, ConsensusEngineId};
use sp_trie::{LayoutV0, TrieConfiguration};

use crate::{chain::Verified, finding::Check, hashing::Blake2, state_proof::GenesisFacts, Header};

const AURA: ConsensusEngineId = *b"aura";
const GRANDPA: ConsensusEngineId = *b"FRNK";
/// Index of a change of authorities among the messages of either engine.
const CHANGE: u8 = 1;
/// Blocks until a change of GRANDPA's takes effect (PSE-VAL-8).
const DELAY: BlockNumber = 0;

/// What is wrong with a header.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeaderError {
    /// Blocks must follow each other.
    #[error("number {found} instead of {expected}")]
    Number {
        /// The number after the last.
        expected: BlockNumber,
        /// What the header says.
        found: BlockNumber,
    },
    /// The header does not continue the chain.
    #[error("follows {found:?}, but the block before is {expected:?}")]
    Parent {
        /// The hash of the block before.
        expected: Hash,
        /// What the header says.
        found: Hash,
    },
    /// The body is not the header's.
    #[error("the extrinsics have root {computed:?}, the header says {found:?}")]
    ExtrinsicsRoot {
        /// Of the extrinsics at hand.
        computed: Hash,
        /// What the header says.
        found: Hash,
    },
    /// No slot in the header.
    #[error("the header names no slot")]
    NoSlot,
    /// One block a slot.
    #[error("slot {found} is not after slot {last}")]
    Slot {
        /// Of the block before.
        last: u64,
        /// What the header says.
        found: u64,
    },
    /// No seal at the end of the header.
    #[error("the header is not sealed")]
    NoSeal,
    /// Not sealed by the authority whose slot it is.
    #[error("the seal is not that of authority {author}")]
    Seal {
        /// Whose slot it is, by its place among the authorities.
        author: u32,
    },
}

/// The last header that was applied.
#[derive(Clone)]
pub(crate) struct Head {
    pub number: BlockNumber,
    pub hash: Hash,
    pub slot: u64,
}

impl Head {
    pub fn genesis(facts: &GenesisFacts) -> Self {
        Self {
            number: 0,
            hash: facts.header.hash(),
            slot: 0,
        }
    }

    /// Checks that a header comes next (PSE-AUD-2, PSE-AUD-4) and steps on to it all the same. `hash`
    /// is the header's, and `seal` says whether its author has sealed it.
    pub fn advance(
        &mut self,
        header: &Header,
        hash: Hash,
        seal: Result<(), HeaderError>,
    ) -> Vec<(Check, HeaderError)> {
        let mut errors = Vec::new();
        let expected = self.number.saturating_add(1);
        if header.number != expected {
            let error = HeaderError::Number {
                expected,
                found: header.number,
            };
            errors.push((Check::Headers, error));
        }
        if header.parent_hash != self.hash {
            let error = HeaderError::Parent {
                expected: self.hash,
                found: header.parent_hash,
            };
            errors.push((Check::Headers, error));
        }
        match self.check_slot(header).and_then(|slot| seal.map(|()| slot)) {
            Ok(slot) => self.slot = slot,
            Err(error) => errors.push((Check::Authors, error)),
        }
        self.number = expected;
        self.hash = hash;
        errors
    }

    /// Each block has a later slot than the one before (PSE-AUD-4).
    fn check_slot(&self, header: &Header) -> Result<u64, HeaderError> {
        let slot = slot(header).ok_or(HeaderError::NoSlot)?;
        if slot <= self.slot {
            return Err(HeaderError::Slot {
                last: self.slot,
                found: slot,
            });
        }
        Ok(slot)
    }
}

/// The root of a block's extrinsics, each with its length in front (PSE-AUD-3).
///
/// The runtime's `system_version` is 1: state of the second trie layout, extrinsics of the first.
pub(crate) fn check_extrinsics_root(
    header: &Header,
    extrinsics: &[Vec<u8>],
) -> Result<(), HeaderError> {
    let computed = LayoutV0::<Blake2>::ordered_trie_root(extrinsics);
    if computed == header.extrinsics_root {
        Ok(())
    } else {
        Err(HeaderError::ExtrinsicsRoot {
            computed,
            found: header.extrinsics_root,
        })
    }
}

/// What either engine says in the digest: changes of authorities, and nothing else (PSE-VAL-8).
pub(crate) fn announcements(
    header: &Header,
) -> impl Iterator<Item = (ConsensusEngineId, &[u8])> + '_ {
    header.digest.logs.iter().filter_map(|item| match item {
        DigestItem::Consensus(engine, data) if *engine == AURA || *engine == GRANDPA => {
            Some((*engine, &data[..]))
        }
        _ => None,
    })
}

/// How a header announces that others seal blocks.
pub(crate) fn authors_announcement(authors: &[sr25519::Public]) -> (ConsensusEngineId, Vec<u8>) {
    (AURA, (CHANGE, authors).encode())
}

/// How a header announces that others finalise blocks.
pub(crate) fn voters_announcement(
    voters: &[(ed25519::Public, u64)],
) -> (ConsensusEngineId, Vec<u8>) {
    (GRANDPA, (CHANGE, voters, DELAY).encode())
}

/// Who seals blocks after this one, if the header announces others (PSE-VAL-8).
pub fn announced_authors(header: &Header) -> Option<Vec<sr25519::Public>> {
    announcements(header).find_map(|(engine, mut data)| {
        let (kind, authors) = <(u8, Vec<_>)>::decode_all(&mut data).ok()?;
        (engine == AURA && kind == CHANGE).then_some(authors)
    })
}

/// Who finalises blocks after this one, if the header announces others (PSE-VAL-8).
pub fn announced_voters(header: &Header) -> Option<Vec<(ed25519::Public, u64)>> {
    announcements(header).find_map(|(engine, mut data)| {
        let (kind, voters, delay) = <(u8, Vec<_>, BlockNumber)>::decode_all(&mut data).ok()?;
        (engine == GRANDPA && kind == CHANGE && delay == DELAY).then_some(voters)
    })
}

/// Whether the block replaced the runtime's code (PSE-UPG-3).
pub fn replaces_code(header: &Header) -> bool {
    let mut logs = header.digest.logs.iter();
    logs.any(|item| matches!(item, DigestItem::RuntimeEnvironmentUpdated))
}

/// Whether the block was sealed by the authority whose slot it was (PSE-AUD-4).
pub(crate) fn check_seal(
    header: &Header,
    authorities: &[sr25519::Public],
    verified: Verified,
) -> Result<(), HeaderError> {
    let author = author(header, authorities).ok_or(HeaderError::NoSlot)?;
    let mut unsealed = header.clone();
    let Some(DigestItem::Seal(AURA, seal)) = unsealed.digest.pop() else {
        return Err(HeaderError::NoSeal);
    };
    let valid = authorities.get(author as usize).is_some_and(|authority| {
        sr25519::Signature::decode_all(&mut &seal[..]).is_ok_and(|seal| {
            verified == Verified::Before || sr25519::Pair::verify(&seal, unsealed.hash(), authority)
        })
    });
    valid.then_some(()).ok_or(HeaderError::Seal { author })
}

/// Whose slot it is, by its place among the authorities; none if the header names no slot.
pub(crate) fn author(header: &Header, authorities: &[sr25519::Public]) -> Option<u32> {
    let author = slot(header)?.checked_rem(authorities.len() as u64);
    Some(author.unwrap_or_default() as u32)
}

/// The slot that the author claims.
pub(crate) fn slot(header: &Header) -> Option<u64> {
    header.digest.logs.iter().find_map(|item| match item {
        DigestItem::PreRuntime(engine, data) if *engine == AURA => u64::decode(&mut &data[..]).ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_runtime::{generic::Digest, traits::Header as _};

    fn header(logs: Vec<DigestItem>) -> Header {
        let none = Hash::zero();
        Header::new(1, none, none, none, Digest { logs })
    }

    #[test]
    fn announcements_are_of_their_engine_and_kind() {
        let authors = vec![sr25519::Public::from_raw([1; 32])];
        let voters = vec![(ed25519::Public::from_raw([2; 32]), 1u64)];
        let item = |engine, data: Vec<u8>| header(vec![DigestItem::Consensus(engine, data)]);
        for (engine, kind, right) in [
            (AURA, CHANGE, true),
            (AURA, CHANGE + 1, false),
            (GRANDPA, CHANGE, false),
        ] {
            let found = announced_authors(&item(engine, (kind, &authors).encode()));
            assert_eq!(found, right.then(|| authors.clone()));
        }
        for (engine, kind, delay, right) in [
            (GRANDPA, CHANGE, DELAY, true),
            (GRANDPA, CHANGE + 1, DELAY, false),
            (GRANDPA, CHANGE, DELAY + 1, false),
            (AURA, CHANGE, DELAY, false),
        ] {
            let found = announced_voters(&item(engine, (kind, &voters, delay).encode()));
            assert_eq!(found, right.then(|| voters.clone()));
        }
    }

    #[test]
    fn a_slot_is_what_the_item_of_aura_says() {
        let item = |engine: [u8; 4], slot: u64| DigestItem::PreRuntime(engine, slot.encode());
        let authorities = [sr25519::Public::default(); 3];
        let both = header(vec![item(*b"BABE", 4), item(AURA, 5)]);
        assert_eq!(slot(&both), Some(5));
        assert_eq!(author(&both, &authorities), Some(2));
        let other = header(vec![item(*b"BABE", 4)]);
        assert_eq!(slot(&other), None);
        assert_eq!(author(&other, &authorities), None);
        let sealed = header(vec![DigestItem::Seal(AURA, 5u64.encode())]);
        assert_eq!(slot(&sealed), None);
    }
}
