//! What a finding is kept as, so that a stranger can check it without a network (PSE-WAT-1).

use codec::{Decode, DecodeAll};
use psephos_client::{storage_map_key, ChainFacts};
use psephos_primitives::{
    hashing::blake2_256,
    validators::{DoubleVote, Equivocation, Vote},
    wire::{signing_payload, BallotRegisterCall, Call, Extrinsic},
    BlockNumber, DistrictId, ElectionId, Hash, Manifest,
};
use psephos_verifier::{
    finality::{self, AuthoritySet, Precommit, Target},
    headers::announced_authors,
    receipt::{Handover, HandoverError, ProvenHeader},
    state_proof::grandpa_key,
    Header,
};
use serde::{Deserialize, Serialize};
use sp_core::{sr25519, storage::well_known_keys::CODE, Bytes, Pair};
use sp_runtime::{
    traits::{BlakeTwo256, Hash as _},
    MultiSignature, StateVersion,
};
use sp_trie::{read_trie_value, LayoutV1, StorageProof};

use super::headers::{authors_key, authorship};

/// What evidence of this version calls itself (PSE-WAT-1).
pub const FORMAT: &str = "psephos/evidence/2";

/// A finding, and all that it takes to check it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`FORMAT`]
    pub format: String,
    /// Block 0, whose state names who authors and who finalises at first.
    pub genesis: ProvenHeader,
    /// The blocks with which those handed over to others, up to those whom the finding is about.
    pub handovers: Vec<Handover>,
    /// The nodes that it was read from: where to ask, no part of the proof.
    pub nodes: Vec<String>,
    /// Seconds since 1970: when it was found, no part of the proof.
    pub found: u64,
    /// What was found.
    pub finding: Finding,
}

/// What must not happen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Finding {
    /// One author made two blocks in one slot.
    TwoBlocks {
        /// Both headers, with their seals.
        headers: Box<[Header; 2]>,
    },
    /// One authority voted for two blocks in one round of finality.
    TwoVotes {
        /// The round.
        round: u64,
        /// Both votes: SCALE of GRANDPA's signed precommits.
        votes: [Bytes; 2],
    },
    /// Two blocks of one height are final.
    TwoFinalised {
        /// Both justifications, as nodes hand them out.
        justifications: [Bytes; 2],
    },
    /// Blocks are made and not finalised.
    FinalityLag {
        /// The best block of the node.
        best: Box<Header>,
        /// Its last finalised block.
        finalised: Box<Header>,
    },
    /// A node has accepted a ballot, and the chain leaves it out.
    LeftOut {
        /// Its extrinsic, the length in front.
        extrinsic: Bytes,
        /// Versions that its signature covers.
        versions: (u32, u32),
        /// The last finalised block when a node had it in its pool.
        seen: BlockNumber,
        /// The finalised blocks after that one.
        blocks: Vec<FinalBlock>,
    },
    /// A district has more ballots than issued credentials.
    TooManyBallots {
        /// In which election.
        election: ElectionId,
        /// In which district.
        district: DistrictId,
        /// A block, and the proof of both numbers in its state.
        block: Box<ProvenHeader>,
    },
    /// The chain runs other code than the manifest says.
    WrongCode {
        /// In which election.
        election: ElectionId,
        /// SCALE of its manifest.
        manifest: Bytes,
        /// A block, and the proof of the code in its state.
        block: Box<ProvenHeader>,
    },
}

/// A finalised block, with its body where the body is small enough to be kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinalBlock {
    /// Its header.
    pub header: Header,
    /// Its extrinsics, lengths in front.
    pub extrinsics: Option<Vec<Bytes>>,
}

impl Finding {
    /// Its kind, as in JSON and file names.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::TwoBlocks { .. } => "two_blocks",
            Self::TwoVotes { .. } => "two_votes",
            Self::TwoFinalised { .. } => "two_finalised",
            Self::FinalityLag { .. } => "finality_lag",
            Self::LeftOut { .. } => "left_out",
            Self::TooManyBallots { .. } => "too_many_ballots",
            Self::WrongCode { .. } => "wrong_code",
        }
    }
}

impl Evidence {
    /// What anybody can bring to the chain of it (PSE-VAL-10): the number of the set, and the two votes;
    /// nothing if it shows something else. Whether they prove anything is the reader's to check.
    pub fn double_vote(&self) -> Option<(u64, Equivocation)> {
        let Finding::TwoVotes { round, votes } = &self.finding else {
            return None;
        };
        let [first, second] = votes.each_ref().map(|vote| {
            let vote = Precommit::decode_all(&mut &vote.0[..]).ok()?;
            let Target { hash, number } = vote.target;
            Some((vote.authority, (Vote { hash, number }, vote.signature)))
        });
        let ((authority, first), (_, second)) = first.zip(second)?;
        let votes = Equivocation::Precommit(DoubleVote {
            round: *round,
            authority,
            first,
            second,
        });
        Some((self.handovers.len() as u64, votes))
    }
}

/// Why evidence proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Of another version, or something else.
    #[error("evidence of the format {0:?}, not of {FORMAT:?}")]
    Format(String),
    /// From another chain.
    #[error("the evidence is of the chain {found:?}, not of {expected:?}")]
    Genesis {
        /// The hash of block 0 that is believed.
        expected: Hash,
        /// That of the evidence's block 0.
        found: Hash,
    },
    /// The authorities are not proved by block 0.
    #[error("block 0 does not prove who authors and who finalises")]
    Authorities,
    /// Others do not follow from those.
    #[error("handover {place}: {error}")]
    Handover {
        /// Counted from 1.
        place: u64,
        /// Why.
        error: HandoverError,
    },
    /// It does not show what it says.
    #[error("{kind}: {reason}")]
    Refuted {
        /// The finding's kind.
        kind: &'static str,
        /// What is missing or wrong.
        reason: String,
    },
}

/// Who must answer for it, and for what, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Proved {
    /// The finding's kind.
    pub kind: &'static str,
    /// What is proved.
    pub words: String,
}

/// Who authors and who finalises for the time being, as block 0 and the handovers since prove.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authorities {
    /// In the order of slots.
    pub authors: Vec<sr25519::Public>,
    /// Who finalises.
    pub set: AuthoritySet,
    /// The block that announced them: they make later ones.
    pub since: BlockNumber,
}

impl Authorities {
    /// Reads them from the proven state of block 0 (PSE-RCP-2).
    pub fn prove(genesis: &ProvenHeader) -> Option<Self> {
        Some(Self {
            authors: proven(genesis, &authors_key()).ok()?,
            set: AuthoritySet::first(genesis).ok()?,
            since: 0,
        })
    }

    /// Those to whom these have handed over (PSE-RCP-6).
    pub fn next(&self, handover: &Handover) -> Result<Self, HandoverError> {
        let set = self.set.next(self.since, handover)?;
        let authors = announced_authors(&handover.header);
        Ok(Self {
            authors: authors.unwrap_or_else(|| self.authors.clone()),
            set,
            since: handover.header.number,
        })
    }
}

/// The state keys of block 0 that evidence proves.
pub fn genesis_keys() -> [Vec<u8>; 2] {
    [authors_key(), grandpa_key()]
}

/// The state keys of a district's issued and cast (PSE-REG-5).
pub fn count_keys(election: ElectionId, district: DistrictId) -> [Vec<u8>; 2] {
    let place = (election, district);
    [
        storage_map_key("VoterRegister", "DistrictCounts", &place),
        storage_map_key("BallotRegister", "CastCounts", &place),
    ]
}

fn read(block: &ProvenHeader, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let nodes = StorageProof::new(block.proof.iter().map(|node| node.0.clone()));
    let database = nodes.into_memory_db::<BlakeTwo256>();
    let root = block.header.state_root;
    read_trie_value::<LayoutV1<BlakeTwo256>, _>(&database, &root, key, None, None)
        .map_err(|_| "the proof does not lead from the state root to the value".into())
}

fn proven<T: Decode>(block: &ProvenHeader, key: &[u8]) -> Result<T, String> {
    let value = read(block, key)?.ok_or("the state has no such value")?;
    T::decode_all(&mut &value[..]).map_err(|_| "the value does not decode".into())
}

impl Evidence {
    /// Checks it from nothing but the hash of block 0 (PSE-WAT-2).
    pub fn check(&self, genesis_hash: Hash) -> Result<Proved, EvidenceError> {
        if self.format != FORMAT {
            return Err(EvidenceError::Format(self.format.clone()));
        }
        let found = self.genesis.header.hash();
        if found != genesis_hash {
            return Err(EvidenceError::Genesis {
                expected: genesis_hash,
                found,
            });
        }
        let mut authorities =
            Authorities::prove(&self.genesis).ok_or(EvidenceError::Authorities)?;
        for (place, handover) in (1..).zip(&self.handovers) {
            authorities = authorities
                .next(handover)
                .map_err(|error| EvidenceError::Handover { place, error })?;
        }
        let kind = self.finding.kind();
        let words = self
            .finding
            .check(genesis_hash, &authorities)
            .map_err(|reason| EvidenceError::Refuted { kind, reason })?;
        Ok(Proved { kind, words })
    }
}

impl Finding {
    /// What is proved about these authorities, in words; or why nothing is.
    pub(super) fn check(&self, genesis: Hash, authorities: &Authorities) -> Result<String, String> {
        match self {
            Self::TwoBlocks { headers } => check_two_blocks(headers, authorities),
            Self::TwoVotes { round, votes } => check_two_votes(*round, votes, authorities),
            Self::TwoFinalised { justifications } => {
                check_two_finalised(justifications, authorities)
            }
            Self::FinalityLag { best, finalised } => {
                let behind = best.number.saturating_sub(finalised.number);
                Err(format!(
                    "a node said that finality was {behind} blocks behind; only those who saw it \
                     can say so, nobody can prove it to others"
                ))
            }
            Self::LeftOut {
                extrinsic,
                versions,
                seen,
                blocks,
            } => {
                let ballot = SignedBallot::check(extrinsic, *versions, genesis)?;
                check_left_out(&ballot, *seen, blocks, authorities)
            }
            Self::TooManyBallots {
                election,
                district,
                block,
            } => check_counts(*election, *district, block, authorities),
            Self::WrongCode {
                election,
                manifest,
                block,
            } => check_code(*election, manifest, block, authorities),
        }
    }
}

fn sealed(
    header: &Header,
    authorities: &Authorities,
) -> Result<super::headers::Authorship, String> {
    let number = header.number;
    let sealed = authorship(header, &authorities.authors).ok_or_else(|| {
        format!("header {number} is not sealed by the authority whose slot it is")
    })?;
    if number > authorities.since {
        Ok(sealed)
    } else {
        Err(format!("header {number} is from before these authorities"))
    }
}

fn check_two_blocks(headers: &[Header; 2], authorities: &Authorities) -> Result<String, String> {
    let [first, second] = headers;
    let (one, other) = (sealed(first, authorities)?, sealed(second, authorities)?);
    if one != other {
        return Err("the headers are of different slots".into());
    }
    let (first, second) = (first.hash(), second.hash());
    if first == second {
        return Err("both headers are the same".into());
    }
    Ok(format!(
        "author {} sealed two blocks in slot {}: {first:?} and {second:?}",
        one.author, one.slot
    ))
}

/// A vote, if the authority signed it in this round.
fn signed_vote(round: u64, vote: &Bytes, authorities: &Authorities) -> Result<Precommit, String> {
    let vote = Precommit::decode_all(&mut &vote.0[..]).map_err(|error| error.to_string())?;
    let mut known = authorities.set.voters.iter();
    if !known.any(|(voter, _)| *voter == vote.authority) {
        return Err("a vote by nobody".into());
    }
    if vote.is_signed(round, authorities.set.number) {
        Ok(vote)
    } else {
        Err("a vote is not signed by its authority in this round".into())
    }
}

fn check_two_votes(
    round: u64,
    votes: &[Bytes; 2],
    authorities: &Authorities,
) -> Result<String, String> {
    let first = signed_vote(round, &votes[0], authorities)?;
    let second = signed_vote(round, &votes[1], authorities)?;
    if first.authority != second.authority {
        return Err("the votes are of two authorities".into());
    }
    if first.target == second.target {
        return Err("both votes are for the same block".into());
    }
    Ok(format!(
        "authority 0x{} voted in round {round} for block {} ({:?}) and for block {} ({:?})",
        hex::encode(first.authority),
        first.target.number,
        first.target.hash,
        second.target.number,
        second.target.hash,
    ))
}

/// The target of a justification, without a check of it.
pub(super) fn target(justification: &[u8]) -> Result<Target, String> {
    <(u64, Target)>::decode(&mut &justification[..])
        .map(|(_, target)| target)
        .map_err(|error| error.to_string())
}

fn check_two_finalised(
    justifications: &[Bytes; 2],
    authorities: &Authorities,
) -> Result<String, String> {
    let mut targets = Vec::new();
    for justification in justifications {
        let target = target(&justification.0)?;
        finality::check(target, &[], &justification.0, &authorities.set)
            .map_err(|error| error.to_string())?;
        targets.push(target);
    }
    match targets[..] {
        [first, second] if first.number != second.number => {
            Err("the blocks are of different heights".into())
        }
        [first, second] if first.hash == second.hash => Err("both blocks are the same".into()),
        [first, second] => Ok(format!(
            "the authorities have finalised two blocks {}: {:?} and {:?}",
            first.number, first.hash, second.hash
        )),
        _ => Err("it takes two justifications".into()),
    }
}

/// A ballot's extrinsic whose voter's signature is right.
struct SignedBallot {
    bytes: Vec<u8>,
    words: String,
}

impl SignedBallot {
    fn check(extrinsic: &Bytes, versions: (u32, u32), genesis_hash: Hash) -> Result<Self, String> {
        let bytes = extrinsic.0.clone();
        let decoded = Extrinsic::decode_all(&mut &bytes[..]).map_err(|error| error.to_string())?;
        let Extrinsic::Signed {
            signer,
            signature: MultiSignature::Sr25519(signature),
            extra,
            call,
        } = decoded
        else {
            return Err("the extrinsic is not signed as ballots are".into());
        };
        let Call::BallotRegister(BallotRegisterCall::Cast {
            election, ballot, ..
        }) = &call
        else {
            return Err("the extrinsic casts no ballot".into());
        };
        let words = format!("ballot {:?} of election {election}", ballot.tracker());
        let facts = ChainFacts {
            genesis_hash,
            spec_version: versions.0,
            transaction_version: versions.1,
        };
        let payload = signing_payload(&call, &extra, &facts.immortal());
        let signer = sr25519::Public::from_raw(*AsRef::<[u8; 32]>::as_ref(&signer));
        if sr25519::Pair::verify(&signature, payload, &signer) {
            Ok(Self { bytes, words })
        } else {
            Err("the ballot is not signed by its account".into())
        }
    }
}

fn check_left_out(
    ballot: &SignedBallot,
    seen: BlockNumber,
    blocks: &[FinalBlock],
    authorities: &Authorities,
) -> Result<String, String> {
    let (mut parent, mut authorities) = (None, authorities.clone());
    for (block, number) in blocks.iter().zip(seen.saturating_add(1)..) {
        let header = &block.header;
        sealed(header, &authorities)?;
        if let Some(authors) = announced_authors(header) {
            authorities.authors = authors;
        }
        if header.number != number || parent.is_some_and(|parent| parent != header.parent_hash) {
            return Err(format!("block {number} does not follow"));
        }
        parent = Some(header.hash());
        let Some(extrinsics) = &block.extrinsics else {
            return Err(format!(
                "the body of block {number} was too large to be kept: look it up"
            ));
        };
        let bodies: Vec<_> = extrinsics.iter().map(|bytes| bytes.0.clone()).collect();
        if bodies.contains(&ballot.bytes) {
            return Err(format!("block {number} holds the ballot"));
        }
        // Extrinsics stand in the first trie layout (PSE-AUD-3).
        if BlakeTwo256::ordered_trie_root(bodies, StateVersion::V0) != header.extrinsics_root {
            return Err(format!("the extrinsics are not those of block {number}"));
        }
    }
    if blocks.is_empty() {
        return Err("it names no block".into());
    }
    Ok(format!(
        "{}, which its voter signed, is in none of {} blocks from {} on; that a node had it before \
         is its word",
        ballot.words,
        blocks.len(),
        seen.saturating_add(1),
    ))
}

fn check_counts(
    election: ElectionId,
    district: DistrictId,
    block: &ProvenHeader,
    authorities: &Authorities,
) -> Result<String, String> {
    sealed(&block.header, authorities)?;
    let [issued_key, cast_key] = count_keys(election, district);
    let (_, issued): (u32, u32) = match read(block, &issued_key)? {
        Some(_) => proven(block, &issued_key)?,
        None => (0, 0),
    };
    let cast: u32 = proven(block, &cast_key)?;
    if cast <= issued {
        return Err(format!("{cast} ballots, {issued} issued: that is right"));
    }
    Ok(format!(
        "after block {}, district {district} of election {election} has {cast} ballots, and \
         {issued} credentials were issued",
        block.header.number
    ))
}

fn check_code(
    election: ElectionId,
    manifest: &Bytes,
    block: &ProvenHeader,
    authorities: &Authorities,
) -> Result<String, String> {
    sealed(&block.header, authorities)?;
    let manifest = Manifest::decode_all(&mut &manifest.0[..]).map_err(|error| error.to_string())?;
    let code = read(block, CODE)?.ok_or("the state has no code")?;
    let found = Hash::from(blake2_256(&code));
    if found == manifest.code_hash {
        return Err("the code is the manifest's".into());
    }
    Ok(format!(
        "after block {}, the runtime's code is {found:?}; the manifest {:?} of election {election} \
         says {:?}",
        block.header.number,
        manifest.hash(),
        manifest.code_hash
    ))
}

#[cfg(test)]
mod tests;
