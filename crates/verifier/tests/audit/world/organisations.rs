//! Organisations that come and go, and codes that replace others.

use codec::Encode;
use psephos_primitives::{
    hashing::blake2_256,
    validators::{OwnershipProof, SessionKeys},
    wire::{Call, Extra, SystemCall, ValidatorSetCall},
    AccountId, Hash,
};
use psephos_verifier::{
    archive::{Between, Runtime},
    BlockReport, Cause, Check,
};
use sp_runtime::generic::{DigestItem, Era};

use super::{
    chain::Keys,
    people::{north, Official},
    Setup, World,
};

/// The organisation with this number; the first ones are members from block 0 on.
pub fn organisation(index: usize) -> Official {
    Official::new("member", index)
}

pub fn account(index: usize) -> AccountId {
    organisation(index).account()
}

/// A world with so many organisations.
pub fn with_members(members: usize) -> World {
    World::new(Setup {
        members,
        ..Setup::default()
    })
}

/// A world with so many organisations, in whose one district somebody has voted. This was decided after the
/// ceremony, and before voting began.
pub fn voting_after(members: usize, decision: Call) -> World {
    let mut world = World::new(Setup {
        members,
        districts: 1,
        ..Setup::default()
    });
    world.create();
    world.register(1);
    world.hold_ceremony();
    world.decide(decision);
    world.advance_to(world.manifest.voting.start);
    world.issue(1);
    let ballot = world.cast(0, 0, &north(1));
    world.good(vec![ballot]);
    world
}

/// To be carried out by the consortium.
pub fn admit(index: usize) -> Call {
    admit_with(index, &Keys::new(index))
}

pub fn admit_with(index: usize, keys: &Keys) -> Call {
    let organisation = organisation(index).account();
    let (proof, keys) = (keys.proof(&organisation), keys.public());
    Call::ValidatorSet(ValidatorSetCall::Admit {
        organisation,
        keys,
        proof,
    })
}

pub fn dismiss(index: usize) -> Call {
    let organisation = organisation(index).account();
    Call::ValidatorSet(ValidatorSetCall::Dismiss { organisation })
}

pub fn authorise(code: &[u8]) -> Call {
    let code_hash = code_hash(code);
    Call::ValidatorSet(ValidatorSetCall::AuthorizeUpgrade { code_hash })
}

pub fn code_hash(code: &[u8]) -> Hash {
    blake2_256(code).into()
}

pub fn rotate(keys: SessionKeys, proof: OwnershipProof) -> Call {
    Call::ValidatorSet(ValidatorSetCall::Rotate { keys, proof })
}

impl World {
    /// An organisation's own message.
    pub fn by_organisation(&mut self, index: usize, call: Call) -> Vec<u8> {
        self.builder.official(&organisation(index), call)
    }

    /// An organisation takes these keys.
    pub fn rotate(&mut self, index: usize, keys: &Keys) {
        let proof = keys.proof(&organisation(index).account());
        let call = rotate(keys.public(), proof);
        let extrinsic = self.by_organisation(index, call);
        self.good(vec![extrinsic]);
    }

    /// The next block, with which those before hand over to these.
    pub fn hand_over(&mut self, next: &[Keys]) -> BlockReport {
        self.builder.announce(next);
        let report = self.block(vec![]);
        self.between = Between {
            handover: Some(self.builder.justify_all()),
            ..Between::default()
        };
        self.builder.take_over(next);
        report
    }

    /// Empty blocks up to number `block`, in which these take over.
    pub fn hand_over_at(&mut self, block: u32, next: &[Keys]) {
        self.advance_to(block);
        let report = self.hand_over(next);
        assert_eq!(report.findings, vec![]);
    }

    /// Anybody sends a code.
    pub fn send_code(&self, nonce: u32, era: Era, code: &[u8]) -> Vec<u8> {
        let pair = Self::one_time_key(99);
        let extra = Extra { era, nonce };
        let code = code.to_vec();
        let call = Call::System(SystemCall::ApplyAuthorizedUpgrade { code });
        let implicit = self.builder.implicit();
        self.builder.sign_for(&pair, extra, &implicit, call)
    }

    /// A block in which this code replaces the one before, with these versions.
    pub fn upgrade(&mut self, code: &[u8], runtime: Runtime) -> BlockReport {
        let extrinsic = self.send_code(0, Era::Immortal, code);
        self.builder.logs = vec![DigestItem::RuntimeEnvironmentUpdated];
        let report = self.block(vec![extrinsic]);
        self.between.runtime = Some(runtime);
        self.builder.runtime = runtime;
        report
    }

    /// What is found in an empty block.
    pub fn found_in_next(&mut self) -> Vec<(Check, Cause)> {
        let report = self.block(vec![]);
        found(&report)
    }
}

/// What is found in a block.
pub fn found(report: &BlockReport) -> Vec<(Check, Cause)> {
    let findings = report.findings.iter();
    findings.map(|own| (own.check, own.cause.clone())).collect()
}

/// The keys of these organisations, as they had them first.
pub fn keys(indices: &[usize]) -> Vec<Keys> {
    indices.iter().map(|index| Keys::new(*index)).collect()
}

/// `blake2_256` of an encoded call, by which motions are known.
pub fn motion_hash(call: &Call) -> Hash {
    blake2_256(&call.encode()).into()
}
