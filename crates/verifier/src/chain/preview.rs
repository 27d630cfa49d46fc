//! What can be said of a block before the blocks ahead of it have taken effect: decoding, hashing,
//! and the verification of signatures, which is most of an audit's work beside the proofs.
//!
//! Nothing here changes the chain, so any number of blocks and extrinsics can be looked at together.

use std::sync::Arc;

use codec::DecodeAll;
use psephos_crypto::ballot::ciphertexts;
use psephos_primitives::{
    wire::{
        signing_payload, BallotRegisterCall, Call, Extra, Extrinsic, Implicit, ValidatorSetCall,
    },
    AccountId, BlockNumber, Hash,
};
use sp_core::sr25519;
use sp_runtime::{generic::Era, traits::Verify, MultiSignature};

use super::Chain;
use crate::{
    archive::{Between, Runtime},
    ballots::{self, Objection},
    finding::Cause,
    headers::{announced_authors, check_extrinsics_root, check_seal, replaces_code, HeaderError},
    threads::Threads,
    Header,
};

/// Whether a block's signatures and proofs are verified now, or were by an earlier run of the same
/// audit (PSE-AUD-21). Everything else is checked either way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verified {
    /// Nobody has looked at them.
    Now,
    /// All of them were found valid.
    Before,
}

/// A block that comes next, or after others that do.
#[derive(Clone, Copy)]
pub(crate) struct Upcoming<'a> {
    /// What stands behind the block before.
    pub between: &'a Between,
    pub header: &'a Header,
    pub extrinsics: &'a [Vec<u8>],
    pub verified: Verified,
}

/// What a block holds, counted before any rule is applied to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Contents {
    pub extrinsics: u64,
    pub signed: u64,
    /// Of equivocation, which nobody has signed.
    pub reports: u64,
    pub casts: u64,
    /// Registrars' signatures in credentials.
    pub credential_signatures: u64,
    pub ciphertexts: u64,
}

/// A block at which somebody has looked.
pub(super) struct Preview {
    pub hash: Hash,
    pub root: Result<(), HeaderError>,
    pub seal: Result<(), HeaderError>,
    /// By one of whom it was supposed to be sealed: the headers before are believed for that.
    pub authors: Arc<[sr25519::Public]>,
    pub contents: Contents,
    pub extrinsics: Vec<ExtrinsicPreview>,
}

/// An extrinsic at which somebody has looked.
pub(super) struct ExtrinsicPreview {
    /// In bytes, as it stands in the block.
    pub length: usize,
    /// What it says, or why nobody can tell.
    pub decoded: Result<Extrinsic, String>,
    /// Whether it is the signer's; nothing to check where nobody has signed.
    pub signature: Result<(), Cause>,
    /// Of a ballot that is the signer's.
    pub ballot: Option<BallotPreview>,
}

/// A ballot at which somebody has looked.
pub(super) struct BallotPreview {
    pub tracker: Hash,
    /// What its credential is worth; none if the election did not exist yet.
    pub credential: Option<Result<(), Objection>>,
}

/// One extrinsic of the blocks that are looked at.
#[derive(Clone, Copy)]
struct Place<'a> {
    number: BlockNumber,
    runtime: Runtime,
    bytes: &'a [u8],
    verified: Verified,
}

impl Chain {
    /// Looks at blocks that follow the last one, on several threads.
    pub(super) fn preview(&self, blocks: &[Upcoming<'_>], threads: Threads) -> Vec<Preview> {
        let hashes = threads.map(blocks, |block| block.header.hash());
        let first = self.height().saturating_add(1);
        let (authors, runtimes) = (self.suppose_authors(blocks), self.runtimes(blocks));
        let places: Vec<Place<'_>> = (first..)
            .zip(blocks)
            .zip(runtimes)
            .flat_map(|((number, block), runtime)| {
                block.extrinsics.iter().map(move |bytes| Place {
                    number,
                    runtime,
                    bytes,
                    verified: block.verified,
                })
            })
            .collect();
        let mut extrinsics = threads
            .map(&places, |place| self.preview_extrinsic(*place, &hashes))
            .into_iter();
        let sealed: Vec<_> = blocks.iter().zip(authors).collect();
        let mut headers = threads
            .map(&sealed, |(block, authors)| {
                let root = check_extrinsics_root(block.header, block.extrinsics);
                let seal = check_seal(block.header, authors, block.verified);
                (root, seal, authors.clone())
            })
            .into_iter();
        let blocks = hashes.iter().zip(blocks);
        blocks
            .filter_map(|(hash, block)| {
                let (root, seal, authors) = headers.next()?;
                let own = extrinsics.by_ref().take(block.extrinsics.len());
                let extrinsics: Vec<_> = own.collect();
                Some(Preview {
                    hash: *hash,
                    root,
                    seal,
                    authors,
                    contents: Contents::of(&extrinsics),
                    extrinsics,
                })
            })
            .collect()
    }

    /// Who should seal each block, if the headers before announce what they have to. Whoever applies
    /// the block knows, and looks again if it was somebody else.
    fn suppose_authors(&self, blocks: &[Upcoming<'_>]) -> Vec<Arc<[sr25519::Public]>> {
        let mut current = self.validators.authors().clone();
        let supposed = blocks.iter().map(|block| {
            let own = current.clone();
            if let Some(authors) = announced_authors(block.header) {
                current = authors.into();
            }
            own
        });
        supposed.collect()
    }

    /// What signatures in each block cover: the records before say so, where they are due.
    fn runtimes(&self, blocks: &[Upcoming<'_>]) -> Vec<Runtime> {
        let (mut current, mut due) = (self.code.runtime, self.code.is_due());
        let runtimes = blocks.iter().map(|block| {
            let next = block.between.runtime.filter(|_| due);
            current = next.unwrap_or(current);
            due = replaces_code(block.header);
            current
        });
        runtimes.collect()
    }

    fn preview_extrinsic(&self, place: Place<'_>, upcoming: &[Hash]) -> ExtrinsicPreview {
        let decoded = Extrinsic::decode_all(&mut &place.bytes[..]);
        let decoded = decoded.map_err(|error| error.to_string());
        let (signature, ballot) = match &decoded {
            Ok(Extrinsic::Signed {
                signer,
                signature,
                extra,
                call,
            }) => {
                let implicit = self.implicit(extra.era, place, upcoming);
                let valid =
                    check_signature(place.verified, signer, signature, extra, call, implicit);
                let ballot = match valid {
                    Ok(()) => self.preview_ballot(place.verified, signer, call),
                    Err(_) => None,
                };
                (valid, ballot)
            }
            Ok(Extrinsic::Unsigned(_)) | Err(_) => (Ok(()), None),
        };
        ExtrinsicPreview {
            length: place.bytes.len(),
            decoded,
            signature,
            ballot,
        }
    }

    fn preview_ballot(
        &self,
        verified: Verified,
        signer: &AccountId,
        call: &Call,
    ) -> Option<BallotPreview> {
        let Call::BallotRegister(BallotRegisterCall::Cast {
            election,
            district,
            credential,
            ballot,
        }) = call
        else {
            return None;
        };
        // Elections are never changed or taken back once they were created.
        let election = self.election(*election).map(|view| view.election);
        let credential = election.map(|election| {
            let (manifest, context) = (&election.manifest, &election.context);
            let holder = ballots::Holder {
                district: *district,
                account: signer,
            };
            ballots::check_credential(manifest, context, holder, credential, verified)
        });
        Some(BallotPreview {
            tracker: ballot.tracker(),
            credential,
        })
    }

    /// What an extrinsic's signature covers beside itself, in its place; the era must have begun
    /// before. `upcoming` are the hashes of the blocks that follow the last one.
    fn implicit(&self, era: Era, place: Place<'_>, upcoming: &[Hash]) -> Option<Implicit> {
        let now = place.number;
        // An era that is over begins anew with another hash, and the signature does not verify.
        let birth = BlockNumber::try_from(era.birth(now.into())).ok()?;
        let known = usize::try_from(birth).ok().filter(|_| birth < now)?;
        let mortality_hash = self.hash(birth).or_else(|| {
            let position = known.checked_sub(self.hashes.len())?;
            upcoming.get(position).copied()
        })?;
        Some(Implicit {
            spec_version: place.runtime.spec_version,
            transaction_version: place.runtime.transaction_version,
            genesis_hash: self.genesis_hash(),
            mortality_hash,
        })
    }
}

/// Whether the account has signed exactly this extrinsic for this chain and runtime (PSE-AUD-7).
fn check_signature(
    verified: Verified,
    signer: &AccountId,
    signature: &MultiSignature,
    extra: &Extra,
    call: &Call,
    implicit: Option<Implicit>,
) -> Result<(), Cause> {
    // The identity of the group: anybody can sign for it.
    if *signer == AccountId::new([0; 32]) {
        return Err(Cause::ZeroAccount);
    }
    let payload = signing_payload(call, extra, &implicit.ok_or(Cause::Era)?);
    if verified == Verified::Before || signature.verify(&payload[..], signer) {
        Ok(())
    } else {
        Err(Cause::Signature)
    }
}

impl Contents {
    fn of(extrinsics: &[ExtrinsicPreview]) -> Self {
        let mut contents = Self {
            extrinsics: extrinsics.len() as u64,
            ..Self::default()
        };
        for extrinsic in extrinsics {
            let call = match &extrinsic.decoded {
                Ok(Extrinsic::Signed { call, .. }) => call,
                Ok(Extrinsic::Unsigned(Call::ValidatorSet(
                    ValidatorSetCall::ReportEquivocation { .. },
                ))) => {
                    contents.reports += 1;
                    continue;
                }
                Ok(Extrinsic::Unsigned(_)) | Err(_) => continue,
            };
            contents.signed += 1;
            if let Call::BallotRegister(BallotRegisterCall::Cast {
                credential, ballot, ..
            }) = call
            {
                contents.casts += 1;
                contents.credential_signatures += credential.len() as u64;
                contents.ciphertexts += ciphertexts(&ballot.contests).count() as u64;
            }
        }
        contents
    }
}

impl core::ops::AddAssign for Contents {
    fn add_assign(&mut self, other: Self) {
        self.extrinsics += other.extrinsics;
        self.signed += other.signed;
        self.reports += other.reports;
        self.casts += other.casts;
        self.credential_signatures += other.credential_signatures;
        self.ciphertexts += other.ciphertexts;
    }
}
