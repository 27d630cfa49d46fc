//! Another code for the chain (PSE-UPG).

use std::path::Path;

use anyhow::anyhow;
use codec::Encode;
use psephos_client::{Courier, Node, Signer};
use psephos_primitives::{
    hashing::blake2_256,
    wire::{Call, Extra, SystemCall, ValidatorSetCall},
    BlockNumber, Hash,
};
use sp_runtime::generic::Era;

use super::organisations::ensure_thawed;
use crate::failure::{read_input, InputError, Result};

/// What WebAssembly begins with, and a compressed runtime.
const MAGICS: [&[u8]; 2] = [b"\0asm", &[82, 188, 83, 118, 70, 219, 142, 5]];

/// A code that may replace the chain's.
pub struct Code {
    bytes: Vec<u8>,
    /// Its BLAKE2b-256 hash.
    pub hash: Hash,
}

impl Code {
    /// Reads a runtime, as `cargo build` and the releases have it.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let bytes = read_input(path)?;
        if !MAGICS.iter().any(|magic| bytes.starts_with(magic)) {
            let message = "is no WebAssembly, plain or compressed";
            return Err(InputError::new(path.display().to_string(), message));
        }
        let hash = blake2_256(&bytes).into();
        Ok(Self { bytes, hash })
    }

    /// The code itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The call by which the consortium allows it (PSE-UPG-1).
    pub const fn authorisation(&self) -> Call {
        Call::ValidatorSet(ValidatorSetCall::AuthorizeUpgrade {
            code_hash: self.hash,
        })
    }

    /// Brings it to the chain once it is allowed, and says in which block (PSE-UPG-2). Any account may,
    /// so that it is signed by one that exists for this only.
    pub async fn apply(self, node: &Node) -> Result<BlockNumber> {
        let at = node.finalised_hash().await?;
        if node.code_hash(at).await? == self.hash {
            let message = "is the chain's code already";
            return Err(InputError::new("--apply", message).into());
        }
        ensure_thawed(node, at).await?;
        let (signer, _) = Signer::generate().map_err(|error| anyhow!(error))?;
        let extra = Extra {
            era: Era::Immortal,
            nonce: 0,
        };
        let call = Call::System(SystemCall::ApplyAuthorizedUpgrade { code: self.bytes });
        let facts = node.facts().await?;
        let letter = signer.sign(call, extra, &facts.immortal()).encode();
        let courier = Courier::start_now(vec![node.clone()]).await?;
        let inclusion = courier.deliver(&letter, None).await?;
        if node.code_hash(inclusion.hash).await? == self.hash {
            return Ok(inclusion.block);
        }
        Err(anyhow!(
            "block {} holds the code, and the chain runs the old one: its name must be the same and its version greater. The authorisation is used up",
            inclusion.block
        )
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_code_is_not_proposed() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("runtime.wasm");
        for (bytes, right) in [
            (&b"\0asm\x01\0\0\0"[..], true),
            (b"\x52\xbc\x53\x76\x46\xdb\x8e\x05rest", true),
            (b"{}", false),
            (b"", false),
        ] {
            std::fs::write(&path, bytes).expect("writable");
            let read = Code::read(&path).map(|code| code.hash);
            assert_eq!(read.is_ok(), right);
            if let Ok(hash) = read {
                assert_eq!(hash, Hash::from(blake2_256(bytes)));
            }
        }
    }
}
