//! Who authored a block, and when (PSE-AUD-4).

use codec::{Decode, DecodeAll};
use psephos_client::storage_value_key;
use psephos_verifier::Header;
use sp_core::{sr25519, Pair};
use sp_runtime::{generic::DigestItem, ConsensusEngineId};

const AURA: ConsensusEngineId = *b"aura";

/// The state key of the authorities that author blocks.
pub fn authors_key() -> Vec<u8> {
    storage_value_key("Aura", "Authorities")
}

/// The slot that the author claims.
pub fn slot(header: &Header) -> Option<u64> {
    header.digest.logs.iter().find_map(|item| match item {
        DigestItem::PreRuntime(engine, data) if *engine == AURA => u64::decode(&mut &data[..]).ok(),
        _ => None,
    })
}

/// What a header says of itself, once its seal has been verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Authorship {
    /// The slot.
    pub slot: u64,
    /// The author's place among the authorities.
    pub author: u32,
}

/// The author, if the header is sealed by the authority whose slot it claims.
pub fn authorship(header: &Header, authors: &[sr25519::Public]) -> Option<Authorship> {
    let slot = slot(header)?;
    let author = slot.checked_rem(authors.len() as u64)?;
    let authority = authors.get(author as usize)?;
    let mut unsealed = header.clone();
    let Some(DigestItem::Seal(AURA, seal)) = unsealed.digest.pop() else {
        return None;
    };
    let seal = sr25519::Signature::decode_all(&mut &seal[..]).ok()?;
    let author = author as u32;
    sr25519::Pair::verify(&seal, unsealed.hash(), authority).then_some(Authorship { slot, author })
}
