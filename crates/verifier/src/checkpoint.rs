//! How far an audit has come, for an audit that goes on after it was stopped (PSE-AUD-21).
//!
//! A checkpoint says of the first bytes of an archive that their signatures and proofs were
//! verified. An audit that goes on from it reads those bytes again and checks everything else
//! again, so nothing but this one statement is believed. It is believed because only a program
//! that can read the auditor's key can have made it.

use codec::{Decode, DecodeAll, Encode};
use psephos_primitives::{hashing::blake2_256, BlockNumber, Hash};

/// The first eight bytes of a checkpoint: the format's name and version.
pub const MAGIC: [u8; 8] = *b"PSEPHCP\x01";
/// Blocks that are verified once more because something was found in them. With more, starting
/// anew costs hardly anything beside, and the archive is not in order anyway.
pub const MAX_AGAIN: usize = 100_000;
/// Bytes of the authentication code at the end.
const CODE_BYTES: usize = 32;

/// What a checkpoint is authenticated with: 32 random bytes that only the auditor can read.
#[derive(Clone)]
pub struct CheckpointKey(pub [u8; 32]);

impl core::fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CheckpointKey(…)")
    }
}

/// Signatures and proofs up to a place in an archive are verified, but for some blocks.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Checkpoint {
    /// The version of the program that has verified them.
    version: String,
    /// The number of bytes of the archive before the place.
    pub(crate) offset: u64,
    /// The last block before the place.
    pub(crate) block: BlockNumber,
    /// [`ArchiveReader::digest`](crate::ArchiveReader::digest) there: of all those bytes.
    pub(crate) digest: Hash,
    /// Blocks in which something was found, ascending: they are verified once more.
    pub(crate) again: Vec<BlockNumber>,
}

/// Why a file is no checkpoint to go on from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not a checkpoint, or of another version of the format.
    #[error("this is no checkpoint of an audit, version 1")]
    Format,
    /// Not made with this key: by somebody else, for somebody else, or changed since.
    #[error("this checkpoint was not made with this auditor's key, or was changed since")]
    Forged,
    /// Another program may have overlooked what this one finds.
    #[error("this checkpoint was made by another version of the program")]
    OtherVersion,
    /// The archive is not the one that the checkpoint was made for.
    #[error("this checkpoint was made for another archive, or the archive was changed since")]
    OtherArchive,
}

impl Checkpoint {
    pub(crate) fn new(
        offset: u64,
        block: BlockNumber,
        digest: Hash,
        again: Vec<BlockNumber>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            offset,
            block,
            digest,
            again,
        }
    }

    /// The checkpoint as a file, authenticated with the auditor's key.
    pub fn seal(&self, key: &CheckpointKey) -> Vec<u8> {
        let mut file = [&MAGIC[..], &self.encode()].concat();
        let code = code(key, &file);
        file.extend(code);
        file
    }

    /// Opens a file that [`Self::seal`] has made, with the same key and by the same program.
    pub fn open(file: &[u8], key: &CheckpointKey) -> Result<Self, CheckpointError> {
        let body = file
            .strip_prefix(&MAGIC)
            .filter(|rest| rest.len() >= CODE_BYTES)
            .ok_or(CheckpointError::Format)?;
        let (signed, found) = file.split_at(file.len() - CODE_BYTES);
        if found != code(key, signed) {
            return Err(CheckpointError::Forged);
        }
        let mut body = &body[..body.len() - CODE_BYTES];
        let checkpoint = Self::decode_all(&mut body).map_err(|_| CheckpointError::Format)?;
        if checkpoint.version != env!("CARGO_PKG_VERSION") {
            return Err(CheckpointError::OtherVersion);
        }
        Ok(checkpoint)
    }

    /// The last block before the place.
    pub const fn block(&self) -> BlockNumber {
        self.block
    }
}

/// BLAKE2b with the key in front: unlike SHA-2, it cannot be continued without the key.
fn code(key: &CheckpointKey, bytes: &[u8]) -> [u8; CODE_BYTES] {
    blake2_256(&[b"psephos/checkpoint", &key.0[..], bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CheckpointKey = CheckpointKey([7; 32]);

    fn checkpoint() -> Checkpoint {
        Checkpoint::new(1_000, 12, [3; 32].into(), vec![4, 9])
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_alone() {
        let file = checkpoint().seal(&KEY);
        assert_eq!(Checkpoint::open(&file, &KEY), Ok(checkpoint()));
        let other = CheckpointKey([8; 32]);
        assert_eq!(
            Checkpoint::open(&file, &other),
            Err(CheckpointError::Forged)
        );
    }

    #[test]
    fn no_byte_can_be_changed_added_or_left_out() {
        let file = checkpoint().seal(&KEY);
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 1;
            let expected = if place < MAGIC.len() {
                CheckpointError::Format
            } else {
                CheckpointError::Forged
            };
            assert_eq!(Checkpoint::open(&changed, &KEY), Err(expected));
        }
        for length in 0..file.len() {
            let expected = if length < MAGIC.len() + CODE_BYTES {
                CheckpointError::Format
            } else {
                CheckpointError::Forged
            };
            assert_eq!(Checkpoint::open(&file[..length], &KEY), Err(expected));
        }
        let longer = [&file[..], &[0]].concat();
        assert_eq!(
            Checkpoint::open(&longer, &KEY),
            Err(CheckpointError::Forged)
        );
    }

    #[test]
    fn another_program_verifies_for_itself() {
        let mut other = checkpoint();
        other.version = "0.0.0".to_owned();
        assert_eq!(
            Checkpoint::open(&other.seal(&KEY), &KEY),
            Err(CheckpointError::OtherVersion)
        );
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{KEY:?}"), "CheckpointKey(…)");
    }
}
