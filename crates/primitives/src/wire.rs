//! Extrinsics as they stand in a block (PSE-WIR-1), for those who build or check them without the
//! runtime. A test of the runtime holds every call here against its own encoding.

use alloc::{boxed::Box, vec::Vec};
use codec::{Compact, Decode, DecodeLimit, DecodeWithMemTracking, Encode, Error, Input};
use psephos_crypto::{group::EncodedPoint, key_ceremony::Package};
use sp_runtime::{
    generic::Era, traits::ConstU32, BoundedVec, MultiAddress, MultiSignature, Weight,
};

use crate::{
    ballot::{Ballot, Credential},
    ceremony::Deal,
    identifiers::{AccountId, DistrictId, ElectionId, Hash, TrusteeIndex, VoterNumber},
    limits::MAX_VOTERS_PER_CALL,
    manifest::Manifest,
    register::Participation,
    tally::DistrictShares,
    text::Text,
    validators::{Equivocation, OwnershipProof, SessionKeys},
};

/// Index of `frame-system` in the runtime.
pub const SYSTEM: u8 = 0;
/// Index of `pallet-timestamp`.
pub const TIMESTAMP: u8 = 1;
/// Index of the consortium's `pallet-collective`.
pub const CONSORTIUM: u8 = 4;
/// Index of `pallet-validator-set`.
pub const VALIDATOR_SET: u8 = 5;
/// Index of `pallet-elections`.
pub const ELECTIONS: u8 = 10;
/// Index of `pallet-voter-register`.
pub const VOTER_REGISTER: u8 = 11;
/// Index of `pallet-key-ceremony`.
pub const KEY_CEREMONY: u8 = 12;
/// Index of `pallet-ballot-register`.
pub const BALLOT_REGISTER: u8 = 13;

/// Every call that can stand in a block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum Call {
    /// The runtime's code.
    #[codec(index = 0)]
    System(SystemCall),
    /// The author's clock.
    #[codec(index = 1)]
    Timestamp(TimestampCall),
    /// The validators' collective.
    #[codec(index = 4)]
    Consortium(ConsortiumCall),
    /// Organisations and upgrades.
    #[codec(index = 5)]
    ValidatorSet(ValidatorSetCall),
    /// Manifests.
    #[codec(index = 10)]
    Elections(ElectionsCall),
    /// Participation and issuing.
    #[codec(index = 11)]
    VoterRegister(VoterRegisterCall),
    /// The trustees' ceremony.
    #[codec(index = 12)]
    KeyCeremony(KeyCeremonyCall),
    /// Ballots and shares.
    #[codec(index = 13)]
    BallotRegister(BallotRegisterCall),
}

/// Calls of `frame-system`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum SystemCall {
    /// Replaces the runtime's code by what the consortium has authorised (PSE-UPG-2).
    #[codec(index = 11)]
    ApplyAuthorizedUpgrade {
        /// The new code.
        code: Vec<u8>,
    },
}

/// Calls of `pallet-timestamp`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum TimestampCall {
    /// The author's clock.
    #[codec(index = 0)]
    Set {
        /// Milliseconds since 1970.
        #[codec(compact)]
        now: u64,
    },
}

/// Calls of `pallet-collective`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum ConsortiumCall {
    /// Puts a call to the vote.
    #[codec(index = 2)]
    Propose {
        /// Ayes that it takes.
        #[codec(compact)]
        threshold: u32,
        /// What to do.
        proposal: Box<Call>,
        /// Upper bound of the proposal's length in bytes.
        #[codec(compact)]
        length_bound: u32,
    },
    /// Votes on a proposal.
    #[codec(index = 3)]
    Vote {
        /// `blake2_256(SCALE(call))`
        proposal: Hash,
        /// The proposal's number.
        #[codec(compact)]
        index: u32,
        /// Aye or nay.
        approve: bool,
    },
    /// Carries out, or rejects, a proposal that is decided.
    #[codec(index = 6)]
    Close {
        /// `blake2_256(SCALE(call))`
        proposal_hash: Hash,
        /// The proposal's number.
        #[codec(compact)]
        index: u32,
        /// Upper bound of the proposal's weight.
        proposal_weight_bound: Weight,
        /// Upper bound of the proposal's length in bytes.
        #[codec(compact)]
        length_bound: u32,
    },
}

/// Calls of `pallet-validator-set`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum ValidatorSetCall {
    /// Takes an organisation in (by the consortium, PSE-VAL-2).
    #[codec(index = 0)]
    Admit {
        /// Its account.
        organisation: AccountId,
        /// What it seals blocks and votes with.
        keys: SessionKeys,
        /// That it holds them.
        proof: OwnershipProof,
    },
    /// Dismisses an organisation (by the consortium, PSE-VAL-3).
    #[codec(index = 1)]
    Dismiss {
        /// Its account.
        organisation: AccountId,
    },
    /// Replaces the sender's session keys (PSE-VAL-5).
    #[codec(index = 2)]
    Rotate {
        /// The new ones.
        keys: SessionKeys,
        /// That the sender holds them.
        proof: OwnershipProof,
    },
    /// Names an organisation that voted for two blocks at once (PSE-VAL-10).
    #[codec(index = 3)]
    ReportEquivocation {
        /// The number of the GRANDPA set that it voted in.
        set: u64,
        /// The two votes.
        evidence: Equivocation,
    },
    /// Allows a code to replace the runtime's (by the consortium, PSE-UPG-1).
    #[codec(index = 4)]
    AuthorizeUpgrade {
        /// `blake2_256(code)`
        code_hash: Hash,
    },
}

/// Calls of `pallet-elections`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum ElectionsCall {
    /// Creates an election (by the consortium).
    #[codec(index = 0)]
    Create {
        /// All that is fixed before the first vote.
        manifest: Box<Manifest>,
    },
    /// Cancels an election (by the consortium).
    #[codec(index = 1)]
    Cancel {
        /// Which.
        election: ElectionId,
        /// Why.
        reason: Text,
    },
}

/// Calls of `pallet-voter-register`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum VoterRegisterCall {
    /// Voters take part.
    #[codec(index = 0)]
    Participate {
        /// In which election.
        election: ElectionId,
        /// Who, and where.
        voters: BoundedVec<Participation, ConstU32<MAX_VOTERS_PER_CALL>>,
    },
    /// A voter withdraws.
    #[codec(index = 1)]
    Withdraw {
        /// From which election.
        election: ElectionId,
        /// Who.
        voter: VoterNumber,
    },
    /// Credentials are about to be signed.
    #[codec(index = 2)]
    Issue {
        /// For which election.
        election: ElectionId,
        /// For whom.
        voters: BoundedVec<VoterNumber, ConstU32<MAX_VOTERS_PER_CALL>>,
    },
}

/// Calls of `pallet-key-ceremony`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum KeyCeremonyCall {
    /// A fresh key that shares can be sealed to.
    #[codec(index = 0)]
    Register {
        /// Of which election.
        election: ElectionId,
        /// The epoch that it is meant for.
        epoch: u32,
        /// An X25519 public key.
        encryption_key: [u8; 32],
    },
    /// The hash of the round-1 package.
    #[codec(index = 1)]
    Commit {
        /// Of which election.
        election: ElectionId,
        /// The epoch that it is meant for.
        epoch: u32,
        /// The hash.
        commitment: Hash,
    },
    /// The round-1 package.
    #[codec(index = 2)]
    Reveal {
        /// Of which election.
        election: ElectionId,
        /// The epoch that it is meant for.
        epoch: u32,
        /// The package.
        package: Package,
    },
    /// Sealed shares for all other participants.
    #[codec(index = 3)]
    Deal {
        /// Of which election.
        election: ElectionId,
        /// The epoch that it is meant for.
        epoch: u32,
        /// The shares.
        shares: Deal,
    },
    /// All shares dealt to the sender are right.
    #[codec(index = 4)]
    Confirm {
        /// Of which election.
        election: ElectionId,
        /// The epoch that it is meant for.
        epoch: u32,
        /// The election key as the sender computed it.
        election_key: EncodedPoint,
    },
    /// A share is wrong.
    #[codec(index = 5)]
    Complain {
        /// Of which election.
        election: ElectionId,
        /// The epoch that it is meant for.
        epoch: u32,
        /// Who dealt it.
        dealer: TrusteeIndex,
        /// The sender's decryption key of this epoch, which is void from here on.
        disclosed_key: [u8; 32],
    },
    /// The stage's deadline has passed.
    #[codec(index = 6)]
    ReportSilence {
        /// In which election.
        election: ElectionId,
    },
}

/// Calls of `pallet-ballot-register`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking)]
pub enum BallotRegisterCall {
    /// Casts a ballot.
    #[codec(index = 0)]
    Cast {
        /// In which election.
        election: ElectionId,
        /// In which district.
        district: DistrictId,
        /// What admits the sender.
        credential: Credential,
        /// The ballot.
        ballot: Ballot,
    },
    /// A trustee's shares for one district.
    #[codec(index = 1)]
    SubmitShares {
        /// Of which election.
        election: ElectionId,
        /// Of which district.
        district: DistrictId,
        /// The shares.
        shares: DistrictShares,
    },
}

/// What a signer adds to the call: the transaction extensions' explicit part.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Extra {
    /// Immortal for ballots, since a relay may hold them (PSE-EXT-7).
    pub era: Era,
    /// The voter's number of ballots cast, or the official's number of transactions.
    #[codec(compact)]
    pub nonce: u32,
}

/// What is signed beyond call and extra: the transaction extensions' implicit part.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Implicit {
    /// The runtime's specification version.
    pub spec_version: u32,
    /// The runtime's transaction version.
    pub transaction_version: u32,
    /// The hash of block 0.
    pub genesis_hash: Hash,
    /// The hash of the block that a mortal era begins with; block 0 for immortal ones.
    pub mortality_hash: Hash,
}

/// An extrinsic in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extrinsic {
    /// The author's time, or what is its own proof.
    Unsigned(Call),
    /// Signed, version 4.
    Signed {
        /// Who signed.
        signer: AccountId,
        /// Their signature over [`signing_payload`].
        signature: MultiSignature,
        /// What they added.
        extra: Extra,
        /// What they want done.
        call: Call,
    },
}

/// Bytes of one extrinsic at most: more than a block can hold.
pub const MAX_EXTRINSIC_BYTES: u32 = 8 * 1024 * 1024;
/// Lists and calls within each other at most: a manifest within a motion has 6. A call can hold a
/// call, so without a limit a hostile extrinsic would exhaust the stack.
const MAX_DEPTH: u32 = 16;

const VERSION: u8 = 4;
const UNSIGNED_VERSION_5: u8 = 5;
const SIGNED: u8 = 0b1000_0000;

/// What is signed: call, extra and implicit, hashed when longer than 256 bytes (PSE-WIR-2).
pub fn signing_payload(call: &Call, extra: &Extra, implicit: &Implicit) -> Vec<u8> {
    let payload = (call, extra, implicit).encode();
    if payload.len() > 256 {
        sp_crypto_hashing::blake2_256(&payload).to_vec()
    } else {
        payload
    }
}

impl Encode for Extrinsic {
    fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Unsigned(call) => {
                body.push(UNSIGNED_VERSION_5);
                call.encode_to(&mut body);
            }
            Self::Signed {
                signer,
                signature,
                extra,
                call,
            } => {
                body.push(SIGNED | VERSION);
                MultiAddress::<AccountId, ()>::Id(signer.clone()).encode_to(&mut body);
                signature.encode_to(&mut body);
                extra.encode_to(&mut body);
                call.encode_to(&mut body);
            }
        }
        // With its length in front, as a vector of bytes.
        body.encode()
    }
}

impl Decode for Extrinsic {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let Compact(length) = Compact::<u32>::decode(input)?;
        if length > MAX_EXTRINSIC_BYTES {
            return Err("extrinsic is longer than a block".into());
        }
        if input
            .remaining_len()?
            .is_some_and(|left| left < length as usize)
        {
            return Err("extrinsic is shorter than its length says".into());
        }
        let mut body = alloc::vec![0u8; length as usize];
        input.read(&mut body)?;
        let body = &mut &body[..];
        let extrinsic = match u8::decode(body)? {
            VERSION | UNSIGNED_VERSION_5 => Self::Unsigned(decode_call(body)?),
            version if version == SIGNED | VERSION => {
                let MultiAddress::Id(signer) = MultiAddress::<AccountId, ()>::decode(body)? else {
                    return Err("signer is not given by account".into());
                };
                Self::Signed {
                    signer,
                    signature: Decode::decode(body)?,
                    extra: Decode::decode(body)?,
                    call: decode_call(body)?,
                }
            }
            _ => return Err("extrinsic is of an unknown version".into()),
        };
        if !body.is_empty() {
            return Err("extrinsic is longer than its call".into());
        }
        Ok(extrinsic)
    }
}

fn decode_call(body: &mut &[u8]) -> Result<Call, Error> {
    Call::decode_with_depth_limit(MAX_DEPTH, body)
}

#[cfg(test)]
mod tests;
