//! What an audit checks, what it finds, and whom it names.

use psephos_crypto::{
    ballot::BallotError, blind_signature::CredentialError, decryption::TallyError,
    elgamal::SumError,
};
use psephos_primitives::{
    ceremony, AccountId, BlockNumber, DistrictId, ElectionId, Hash, Refusal, RegistrarIndex,
    TrusteeIndex,
};
use serde::{Serialize, Serializer};

use crate::{finality::FinalityError, headers::HeaderError, state_proof::StateProofError};

macro_rules! checks {
    ($($name:ident = $id:literal, $text:literal, $unit:literal;)*) => {
        /// What is checked, in the order of the specification.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Check {
            $(
                #[doc = $text]
                $name,
            )*
        }

        impl Check {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Where the specification defines it.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// What it says.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What is counted.
            pub const fn unit(self) -> &'static str {
                match self {
                    $(Self::$name => $unit,)*
                }
            }
        }
    };
}

checks! {
    Genesis = "PSE-AUD-1", "the facts taken from block 0 are proved by its header", "facts";
    Headers = "PSE-AUD-2", "each header names its number, the hash of the one before, and the validators due", "headers";
    Roots = "PSE-AUD-3", "each header commits to the extrinsics of its block", "blocks";
    Authors = "PSE-AUD-4", "each block is sealed by the authority whose slot it was", "seals";
    Finality = "PSE-AUD-5", "more than two thirds of each set of authorities have finalised its last block", "votes";
    Bodies = "PSE-AUD-6", "blocks hold their time, ballots and officials' messages, and nothing else", "extrinsics";
    Signatures = "PSE-AUD-7", "each extrinsic is signed by the account that it is from", "signatures";
    Officials = "PSE-AUD-8", "officials' messages come from who holds the office, each once", "messages";
    Consortium = "PSE-AUD-9", "elections, members and codes are decided on by a majority of the consortium", "votes and motions";
    Manifests = "PSE-AUD-10", "manifests are consistent and meant for this runtime", "manifests";
    Register = "PSE-AUD-11", "voters take part and get credentials by a quorum of registrars", "records";
    Ceremony = "PSE-AUD-12", "the key ceremony's messages verify and add up to the election key", "messages";
    Admission = "PSE-AUD-13", "ballots come in time, once, and no more than credentials were issued", "ballots";
    Credentials = "PSE-AUD-14", "each ballot carries a quorum of registrars' signatures", "signatures";
    Proofs = "PSE-AUD-15", "each ballot's proofs verify and its tracker is its own", "ballots";
    Sums = "PSE-AUD-16", "the sums are those of the ballots that count", "ciphertexts";
    Shares = "PSE-AUD-17", "each decryption share is judged again", "shares";
    Result = "PSE-AUD-18", "the published result is the one that the ballots give", "counts";
    Coverage = "PSE-AUD-19", "everything that the archive holds went through its checks", "totals";
    Archive = "PSE-AUD-20", "the archive is whole and in order", "records";
    Code = "PSE-AUD-23", "the code is one that the consortium has authorised, of a version known here", "versions";
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Who is to answer for something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The account that signed.
    Account(AccountId),
    /// A trustee.
    Trustee(TrusteeIndex),
    /// A registrar.
    Registrar(RegistrarIndex),
    /// The author of the block, by its place among the authorities.
    Author(u32),
}

impl core::fmt::Display for Party {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Account(account) => {
                write!(
                    f,
                    "account 0x{}",
                    hex::encode(AsRef::<[u8]>::as_ref(account))
                )
            }
            Self::Trustee(trustee) => write!(f, "trustee {trustee}"),
            Self::Registrar(registrar) => write!(f, "registrar {registrar}"),
            Self::Author(author) => write!(f, "authority {author}"),
        }
    }
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cause {
    /// The archive begins with another chain.
    #[error("block 0 has hash {found:?}, not {expected:?}")]
    GenesisHash {
        /// What the auditor asked for.
        expected: Hash,
        /// What the archive begins with.
        found: Hash,
    },
    /// The first header is not that of block 0.
    #[error("the first header has number {found}, not 0")]
    GenesisNumber {
        /// Its number.
        found: BlockNumber,
    },
    /// A read of the state does not verify.
    #[error("{0}")]
    StateProof(#[from] StateProofError),
    /// A header.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The justification.
    #[error("{0}")]
    Finality(#[from] FinalityError),
    /// A header announces validators that are not due, or does not announce those that are.
    #[error("{}", announcement(*.due))]
    Announcement {
        /// Whether others are due.
        due: bool,
    },
    /// The votes of those who ended with a block.
    #[error("the block announces other validators, and those before have not finalised it: {0}")]
    Handover(FinalityError),
    /// No such votes.
    #[error("the block announces other validators, and no votes of those before stand behind it")]
    NoHandover,
    /// Such votes where nobody ended.
    #[error("a handover stands behind a block with which no set of validators ends")]
    NeedlessHandover,
    /// Versions of the runtime where it was not replaced, or none where it was.
    #[error("{}", runtime_record(*.due))]
    RuntimeRecord {
        /// Whether it was replaced.
        due: bool,
    },
    /// A version that does not come after the one before.
    #[error("runtime {found} replaces runtime {before}, which is not older")]
    OlderRuntime {
        /// The one before.
        before: u32,
        /// The one after.
        found: u32,
    },
    /// Rules that this program does not have.
    #[error("runtime {0} is unknown: this verifier is too old for its rules")]
    UnknownRuntime(u32),
    /// The header says that the code was replaced.
    #[error("the header says that the code was replaced, and no authorised code is in the block")]
    UnexplainedCode,
    /// Not an extrinsic of this chain.
    #[error("the extrinsic does not decode: {0}")]
    Undecodable(String),
    /// Neither a ballot nor an official's message nor the block's time.
    #[error("an unsigned extrinsic that is not the block's time")]
    Unsigned,
    /// The block's time does not stand first, or a second one follows.
    #[error("the block's time stands at place {place}, not first")]
    TimePlace {
        /// Counted from 0.
        place: u32,
    },
    /// A block without its time.
    #[error("the block does not begin with its time")]
    NoTime,
    /// The block's time is not in its slot, or hardly after the one before.
    #[error("the time {milliseconds} does not fit slot {slot}, or is too soon after the last")]
    Time {
        /// What the block says.
        milliseconds: u64,
        /// The slot of its author.
        slot: u64,
    },
    /// A mortal extrinsic outside its era.
    #[error("the extrinsic is outside its era")]
    Era,
    /// A signature that does not verify.
    #[error("the signature is not the account's over this extrinsic")]
    Signature,
    /// The account that nobody can hold.
    #[error("the zero account cannot sign")]
    ZeroAccount,
    /// An official's message out of turn.
    #[error("nonce {found} instead of {expected}")]
    Nonce {
        /// How many messages the account has sent.
        expected: u32,
        /// What the message says.
        found: u32,
    },
    /// What the network should have refused.
    #[error("should never have been accepted: {0}")]
    Refused(Refusal),
    /// A registrar's signature in a credential.
    #[error("the credential is invalid: {0}")]
    Credential(CredentialError),
    /// A ballot's shape, encodings or proofs.
    #[error("the ballot is invalid: {0}")]
    Ballot(BallotError),
    /// A ballot that cannot be added.
    #[error("the ballot cannot be added to the sums: {0}")]
    Sum(SumError),
    /// Valid shares that lead to no counts.
    #[error("district {district} cannot be decrypted: {error}")]
    Tally {
        /// Which.
        district: DistrictId,
        /// Why.
        error: TallyError,
    },
    /// Counts that no set of allowed ballots gives.
    #[error("district {district}: contest {contest} has counts that its ballots cannot give")]
    ImpossibleCounts {
        /// Which.
        district: DistrictId,
        /// Which contest.
        contest: u32,
    },
    /// Something in the archive was passed over.
    #[error("{checked} {what} were checked, of {there}")]
    Unchecked {
        /// Of what.
        what: &'static str,
        /// How many went through the check.
        checked: u64,
        /// How many there are, or must be at least.
        there: u64,
    },
    /// The file cannot be read on.
    #[error("the archive is damaged: {0}")]
    Archive(String),
    /// The archive is for another election than the auditor asked for.
    #[error("the archive was made for election {found}, not {expected}")]
    OtherElection {
        /// What the auditor asked for.
        expected: ElectionId,
        /// What the archive closes.
        found: ElectionId,
    },
    /// No such election on this chain.
    #[error("the blocks create no election {0}")]
    NoElection(ElectionId),
    /// The election is neither cancelled nor published.
    #[error("at the last block the election has neither a result nor was it cancelled")]
    Unfinished,
    /// The state is proved for another block than the archive's last one.
    #[error("the result is proved for block {0}, which is not the archive's last one")]
    ProofBlock(BlockNumber),
    /// The state holds another result than the ballots give.
    #[error("the chain published another result than the ballots give")]
    PublishedResult,
    /// The archive claims another result than the ballots give.
    #[error("the archive claims another result than the ballots give")]
    ClaimedResult,
}

const fn announcement(due: bool) -> &'static str {
    match due {
        true => {
            "the header does not announce the validators that are due, or announces others, too"
        }
        false => "the header announces other validators, and none are due",
    }
}

const fn runtime_record(due: bool) -> &'static str {
    match due {
        true => "the block replaced the code, and the versions of the new one do not follow",
        false => "versions of the runtime follow a block that did not replace the code",
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something that must not be: the audit fails.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The check that failed.
    pub check: Check,
    /// The block, where it can be named.
    pub block: Option<BlockNumber>,
    /// Its hash.
    pub block_hash: Option<Hash>,
    /// The extrinsic's place in the block, from 0.
    pub extrinsic: Option<u32>,
    /// Who is to answer for it.
    pub party: Option<Party>,
    /// What is wrong.
    pub cause: Cause,
}

impl Finding {
    /// A finding about the archive as a whole.
    pub(crate) const fn general(check: Check, cause: Cause) -> Self {
        Self {
            check,
            block: None,
            block_hash: None,
            extrinsic: None,
            party: None,
            cause,
        }
    }
}

impl core::fmt::Display for Finding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.check.id())?;
        if let Some(block) = self.block {
            write!(f, ", block {block}")?;
        }
        if let Some(hash) = self.block_hash {
            write!(f, " ({hash:?})")?;
        }
        if let Some(extrinsic) = self.extrinsic {
            write!(f, ", extrinsic {extrinsic}")?;
        }
        if let Some(party) = &self.party {
            write!(f, ", {party}")?;
        }
        write!(f, ": {}", self.cause)
    }
}

/// What a trustee did wrong, and the rules coped with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Submitted shares that do not verify.
    InvalidShares {
        /// For which district.
        district: DistrictId,
        /// What is wrong with them.
        reason: String,
    },
    /// Excluded from the key ceremony.
    Excluded {
        /// Why.
        fault: ceremony::Fault,
        /// In which epoch.
        epoch: u32,
    },
}

/// A trustee's fault. It does not make an audit fail: the election went on without them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fault {
    /// In which election.
    pub election: ElectionId,
    /// Whose.
    pub trustee: TrusteeIndex,
    /// In which block.
    pub block: BlockNumber,
    /// In which extrinsic.
    pub extrinsic: u32,
    /// What.
    pub kind: FaultKind,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "election {}, block {}, extrinsic {}: trustee {} ",
            self.election, self.block, self.extrinsic, self.trustee
        )?;
        match &self.kind {
            FaultKind::InvalidShares { district, reason } => {
                write!(
                    f,
                    "submitted invalid shares of district {district}: {reason}"
                )
            }
            FaultKind::Excluded { fault, epoch } => {
                let why = match fault {
                    ceremony::Fault::Silent => "silence",
                    ceremony::Fault::BadShare => "dealing a wrong share",
                    ceremony::Fault::FalseComplaint => "a false complaint",
                };
                write!(
                    f,
                    "was excluded from epoch {epoch} of the key ceremony for {why}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_are_named() {
        let account = format!("account 0x{}", "07".repeat(32));
        for (party, name) in [
            (Party::Account(AccountId::new([7; 32])), &account[..]),
            (Party::Author(3), "authority 3"),
        ] {
            assert_eq!(party.to_string(), name);
        }
    }

    #[test]
    fn a_record_too_many_is_told_from_one_too_few() {
        let words = |due| Cause::RuntimeRecord { due }.to_string();
        assert!(words(true).contains("do not follow"), "{}", words(true));
        assert!(words(false).contains("did not replace"), "{}", words(false));
    }
}
