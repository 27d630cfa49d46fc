//! Which code the chain runs, and by whose decision (PSE-UPG).

use psephos_primitives::{hashing::blake2_256, BlockNumber, Hash, Refusal};
use sp_runtime::generic::Era;

use crate::{
    archive::{Between, Runtime},
    finding::Cause,
    report::UpgradeReport,
};

/// Versions of the runtime whose rules this verifier knows.
pub const KNOWN_VERSIONS: [u32; 3] = [100, 101, 102];

/// The code, up to the last block that was applied.
#[derive(Clone)]
pub(crate) struct Code {
    pub hash: Hash,
    /// What the consortium allows to replace it.
    pub authorised: Option<Hash>,
    /// What signatures cover from the next extrinsic on.
    pub runtime: Runtime,
    /// The last block has replaced the code: its record has to follow.
    due: bool,
    upgrades: Vec<UpgradeReport>,
}

impl Code {
    /// That of block 0.
    pub const fn new(hash: Hash, runtime: Runtime) -> Self {
        Self {
            hash,
            authorised: None,
            runtime,
            due: false,
            upgrades: Vec::new(),
        }
    }

    /// The codes that were replaced by others, in order.
    pub fn upgrades(&self) -> &[UpgradeReport] {
        &self.upgrades
    }

    /// Whether the last block has replaced the code, so that its versions have to follow.
    pub const fn is_due(&self) -> bool {
        self.due
    }

    /// Checks what stands behind the last block: the versions of the code that replaced another
    /// (PSE-ARC-8), which must be known here. Says how many were checked.
    pub fn follow(&mut self, between: &Between) -> Result<u64, Cause> {
        let due = core::mem::replace(&mut self.due, false);
        let runtime = match (due, between.runtime) {
            (false, None) => return Ok(0),
            (true, Some(runtime)) => runtime,
            (due, _) => return Err(Cause::RuntimeRecord { due }),
        };
        let before = core::mem::replace(&mut self.runtime, runtime).spec_version;
        let found = runtime.spec_version;
        if let Some(last) = self.upgrades.last_mut() {
            last.spec_version = Some(found);
        }
        if found <= before {
            return Err(Cause::OlderRuntime { before, found });
        }
        check_known(found).map(|()| 1)
    }

    /// A block's header says that it replaced the code: versions have to follow.
    pub fn announce(&mut self) {
        self.due = true;
    }

    /// Whether somebody may send this code (PSE-UPG-2); uses the authorisation up. The code takes
    /// effect if the block's header says that one did: otherwise its version was refused.
    pub fn apply(&mut self, sent: &Sent<'_>, block: BlockNumber) -> Result<(), Refusal> {
        if sent.nonce != 0 || sent.era != Era::Immortal {
            return Err(Refusal::UpgradeEnvelope);
        }
        if sent.frozen {
            return Err(Refusal::Frozen);
        }
        let code_hash = Hash::from(blake2_256(sent.code));
        if self.authorised != Some(code_hash) {
            return Err(Refusal::CodeNotAuthorized);
        }
        self.authorised = None;
        if sent.announced {
            self.hash = code_hash;
            self.upgrades.push(UpgradeReport {
                block,
                code_hash,
                spec_version: None,
            });
        }
        Ok(())
    }
}

/// A code that somebody has sent, and what it was sent with.
pub(crate) struct Sent<'a> {
    pub code: &'a [u8],
    pub nonce: u32,
    pub era: Era,
    /// Whether an election is open.
    pub frozen: bool,
    /// Whether the block's header says that the code was replaced, and no other code explains it.
    pub announced: bool,
}

/// Whether this verifier knows a version's rules (PSE-AUD-23).
pub fn check_known(spec_version: u32) -> Result<(), Cause> {
    match KNOWN_VERSIONS.contains(&spec_version) {
        true => Ok(()),
        false => Err(Cause::UnknownRuntime(spec_version)),
    }
}
