//! Merlin transcripts and hashed messages: every label of the system stands in this file.
//!
//! A transcript is built by one function, which prover and verifier both call, and absorbs the
//! whole statement before the first commitment (PSE-TRN-2).

use alloc::vec::Vec;

use codec::Encode;
use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;

use crate::{
    ballot::{BallotStatement, EncryptedContests},
    decryption::{DecryptionShare, ShareStatement},
    elgamal::Ciphertext,
    group::EncodedPoint,
};

/// The name of every transcript and the prefix of every hashed message.
const PROTOCOL: &[u8] = b"psephos/v1";

/// Labels of messages that are hashed, signed or sealed rather than put into a transcript.
pub(crate) mod message {
    /// A trustee's identifier in one epoch of the key ceremony.
    pub const TRUSTEE: &str = "psephos/v1/trustee";
    /// The commitment to a round-1 package.
    pub const PACKAGE: &str = "psephos/v1/package";
    /// A share sealed to another trustee.
    pub const SHARE: &str = "psephos/v1/share";
    /// The message that registrars sign blindly.
    pub const CREDENTIAL: &str = "psephos/v1/credential";
    /// What a voter is shown of an encrypted ballot before they choose to check or to cast it.
    #[cfg(feature = "secrets")]
    pub const COMMITMENT: &str = "psephos/v1/commitment";
}

/// Labels inside transcripts.
mod label {
    pub const GENESIS: &[u8] = b"genesis";
    pub const ELECTION: &[u8] = b"election";
    pub const MANIFEST: &[u8] = b"manifest";
    pub const PURPOSE: &[u8] = b"purpose";
    pub const KEY: &[u8] = b"key";
    pub const DISTRICT: &[u8] = b"district";
    pub const ACCOUNT: &[u8] = b"account";
    pub const RULES: &[u8] = b"rules";
    pub const CIPHERTEXTS: &[u8] = b"ciphertexts";
    pub const CONTEST: &[u8] = b"contest";
    pub const OPTION: &[u8] = b"option";
    pub const EPOCH: &[u8] = b"epoch";
    pub const TRUSTEE: &[u8] = b"trustee";
    pub const VERIFICATION_SHARE: &[u8] = b"verification-share";
    pub const POSITION: &[u8] = b"position";
    pub const SUM: &[u8] = b"sum";
    pub const SHARE: &[u8] = b"share";
    pub const COMMITMENTS: &[u8] = b"commitments";
    pub const PROOFS: &[u8] = b"proofs";
    pub const FINGERPRINT: &[u8] = b"fingerprint";
    pub const CHALLENGE: &[u8] = b"challenge";
    pub const WEIGHTS: &[u8] = b"weights";
}

/// What a transcript is for.
mod purpose {
    pub const BALLOT: &[u8] = b"ballot";
    pub const SELECTION: &[u8] = b"selection-proof";
    pub const SUM: &[u8] = b"sum-proof";
    pub const FINGERPRINT: &[u8] = b"fingerprint";
    pub const SHARES: &[u8] = b"shares";
    pub const SHARE: &[u8] = b"share-proof";
    pub const BATCH: &[u8] = b"batch";
}

/// What every proof and signature is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// The hash of the chain's block 0.
    pub genesis_hash: [u8; 32],
    /// The election's number on that chain.
    pub election: u32,
    /// `blake2_256(SCALE(manifest))`
    pub manifest_hash: [u8; 32],
}

impl Context {
    /// A transcript that has absorbed the context and what it is for (PSE-TRN-1).
    fn transcript(&self, purpose: &'static [u8]) -> Transcript {
        let mut transcript = Transcript::new(PROTOCOL);
        transcript.append_message(label::GENESIS, &self.genesis_hash);
        transcript.append_message(label::ELECTION, &self.election.to_le_bytes());
        transcript.append_message(label::MANIFEST, &self.manifest_hash);
        transcript.append_message(label::PURPOSE, purpose);
        transcript
    }

    /// `SCALE(label, genesis_hash, election, manifest_hash, rest)` (PSE-TRN-3).
    pub(crate) fn message(&self, label: &'static str, rest: impl Encode) -> Vec<u8> {
        let Self {
            genesis_hash,
            election,
            manifest_hash,
        } = self;
        (label, genesis_hash, election, manifest_hash, rest).encode()
    }
}

/// What all proofs of one ballot have in common: the statement and all its ciphertexts (PSE-SEL-2).
pub(crate) fn ballot<'a>(
    statement: &BallotStatement<'_>,
    ciphertexts: impl Iterator<Item = &'a Ciphertext>,
) -> Transcript {
    let mut transcript = statement.context.transcript(purpose::BALLOT);
    transcript.append_message(label::KEY, &statement.key.encoded().0);
    transcript.append_message(label::DISTRICT, &statement.district.to_le_bytes());
    transcript.append_message(label::ACCOUNT, statement.account);
    transcript.append_message(label::RULES, &statement.contests.encode());
    let ciphertexts: Vec<u8> = ciphertexts.flat_map(|c| [c.r.0, c.c.0]).flatten().collect();
    transcript.append_message(label::CIPHERTEXTS, &ciphertexts);
    transcript
}

/// The challenge of one selection proof (PSE-SEL-3).
pub(crate) fn selection_challenge(
    ballot: &Transcript,
    contest: u32,
    option: u32,
    commitments: &[[EncodedPoint; 2]; 2],
) -> Scalar {
    let mut transcript = ballot.clone();
    transcript.append_message(label::PURPOSE, purpose::SELECTION);
    transcript.append_message(label::CONTEST, &contest.to_le_bytes());
    transcript.append_message(label::OPTION, &option.to_le_bytes());
    append_commitments(&mut transcript, commitments.iter());
    challenge(transcript)
}

/// The challenge of one contest's sum proof (PSE-SEL-4).
pub(crate) fn sum_challenge<'a>(
    ballot: &Transcript,
    contest: u32,
    commitments: impl Iterator<Item = &'a [EncodedPoint; 2]>,
) -> Scalar {
    let mut transcript = ballot.clone();
    transcript.append_message(label::PURPOSE, purpose::SUM);
    transcript.append_message(label::CONTEST, &contest.to_le_bytes());
    append_commitments(&mut transcript, commitments);
    challenge(transcript)
}

/// 32 bytes that stand for one ballot, its statement and every byte of its proofs (PSE-SEL-6).
pub(crate) fn ballot_fingerprint(ballot: &Transcript, contests: &EncryptedContests) -> [u8; 32] {
    let mut transcript = ballot.clone();
    transcript.append_message(label::PURPOSE, purpose::FINGERPRINT);
    contests.using_encoded(|bytes| transcript.append_message(label::PROOFS, bytes));
    fingerprint(transcript)
}

/// What a trustee's share proofs have in common (PSE-DEC-2).
pub(crate) fn shares(statement: &ShareStatement<'_>) -> Transcript {
    let mut transcript = statement.context.transcript(purpose::SHARES);
    transcript.append_message(label::EPOCH, &statement.epoch.to_le_bytes());
    transcript.append_message(label::DISTRICT, &statement.district.to_le_bytes());
    transcript.append_message(label::TRUSTEE, &statement.trustee.to_le_bytes());
    transcript.append_message(label::VERIFICATION_SHARE, &statement.verification_share.0);
    transcript
}

/// The challenge of the proof of one decryption share (PSE-DEC-2).
pub(crate) fn share_challenge(
    shares: &Transcript,
    position: u32,
    sum: &Ciphertext,
    share: &EncodedPoint,
    commitment: &[EncodedPoint; 2],
) -> Scalar {
    let mut transcript = shares.clone();
    transcript.append_message(label::PURPOSE, purpose::SHARE);
    transcript.append_message(label::POSITION, &position.to_le_bytes());
    transcript.append_message(label::SUM, &sum.encode());
    transcript.append_message(label::SHARE, &share.0);
    append_commitments(&mut transcript, core::iter::once(commitment));
    challenge(transcript)
}

/// 32 bytes that stand for a trustee's shares, their sums and every byte of their proofs (PSE-DEC-3).
pub(crate) fn shares_fingerprint(
    shares: &Transcript,
    sums: &[Ciphertext],
    proofs: &[DecryptionShare],
) -> [u8; 32] {
    let mut transcript = shares.clone();
    transcript.append_message(label::PURPOSE, purpose::FINGERPRINT);
    transcript.append_message(label::SUM, &sums.encode());
    transcript.append_message(label::PROOFS, &proofs.encode());
    fingerprint(transcript)
}

fn append_commitments<'a>(
    transcript: &mut Transcript,
    commitments: impl Iterator<Item = &'a [EncodedPoint; 2]>,
) {
    let bytes: Vec<u8> = commitments.flatten().flat_map(|point| point.0).collect();
    transcript.append_message(label::COMMITMENTS, &bytes);
}

fn challenge(mut transcript: Transcript) -> Scalar {
    let mut wide = [0; 64];
    transcript.challenge_bytes(label::CHALLENGE, &mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn fingerprint(mut transcript: Transcript) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    transcript.challenge_bytes(label::FINGERPRINT, &mut fingerprint);
    fingerprint
}

/// Weights drawn at a time: what one squeeze of the transcript's sponge yields.
const WEIGHTS_PER_DRAW: usize = 10;
const WEIGHT_BYTES: usize = 16;

/// 128-bit weights of a random linear combination, drawn from everything that is being verified.
///
/// They are deterministic, since a runtime has no randomness, and unpredictable to whoever made the
/// proofs, since every commitment *and* response has been absorbed before (PSE-TRN-4).
pub(crate) struct Weights {
    transcript: Transcript,
    drawn: [u8; WEIGHTS_PER_DRAW * WEIGHT_BYTES],
    next: usize,
}

impl Weights {
    /// The weights for verifying together what these fingerprints stand for.
    pub fn new<'a>(fingerprints: impl Iterator<Item = &'a [u8; 32]>) -> Self {
        let mut transcript = Transcript::new(PROTOCOL);
        transcript.append_message(label::PURPOSE, purpose::BATCH);
        for fingerprint in fingerprints {
            transcript.append_message(label::FINGERPRINT, fingerprint);
        }
        Self {
            transcript,
            drawn: [0; WEIGHTS_PER_DRAW * WEIGHT_BYTES],
            next: WEIGHTS_PER_DRAW,
        }
    }

    /// The next weight.
    pub fn draw(&mut self) -> Scalar {
        if self.next == WEIGHTS_PER_DRAW {
            self.transcript
                .challenge_bytes(label::WEIGHTS, &mut self.drawn);
            self.next = 0;
        }
        let mut weight = [0; WEIGHT_BYTES];
        weight.copy_from_slice(&self.drawn[self.next * WEIGHT_BYTES..][..WEIGHT_BYTES]);
        self.next += 1;
        Scalar::from(u128::from_le_bytes(weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::EncodedScalar;

    /// Weights that do not depend on every byte could be chosen by whoever makes the proofs.
    #[test]
    fn shares_stand_for_their_sums_and_proofs() {
        let statement = |name| Transcript::new(name);
        let sum = |byte| Ciphertext {
            r: EncodedPoint([byte; 32]),
            c: EncodedPoint([0; 32]),
        };
        let proof = |byte| DecryptionShare {
            share: EncodedPoint([0; 32]),
            commitment: [EncodedPoint([0; 32]); 2],
            response: EncodedScalar([byte; 32]),
        };
        let of = |name, sums: &[u8], proofs: &[u8]| {
            let sums: Vec<_> = sums.iter().copied().map(sum).collect();
            let proofs: Vec<_> = proofs.iter().copied().map(proof).collect();
            shares_fingerprint(&statement(name), &sums, &proofs)
        };
        let different = [
            of(b"a", &[1, 2], &[1, 2]),
            of(b"b", &[1, 2], &[1, 2]),
            of(b"a", &[1, 3], &[1, 2]),
            of(b"a", &[1, 2], &[1, 3]),
            of(b"a", &[1], &[1]),
        ];
        for (position, one) in different.iter().enumerate() {
            assert!(!different[..position].contains(one), "{position}");
        }
        assert_eq!(different[0], of(b"a", &[1, 2], &[1, 2]));
    }

    #[test]
    fn no_byte_is_drawn_twice() {
        let fingerprint = [1; 32];
        let mut weights = Weights::new(core::iter::once(&fingerprint));
        let drawn: Vec<Scalar> = (0..2 * WEIGHTS_PER_DRAW).map(|_| weights.draw()).collect();
        let mut transcript = Transcript::new(PROTOCOL);
        transcript.append_message(label::PURPOSE, purpose::BATCH);
        transcript.append_message(label::FINGERPRINT, &fingerprint);
        let mut expected = Vec::new();
        for _ in 0..2 {
            let mut bytes = [0; WEIGHTS_PER_DRAW * WEIGHT_BYTES];
            transcript.challenge_bytes(label::WEIGHTS, &mut bytes);
            let weights = bytes.chunks_exact(WEIGHT_BYTES).map(|weight| {
                let weight = weight.try_into().expect("as long as a weight");
                Scalar::from(u128::from_le_bytes(weight))
            });
            expected.extend(weights);
        }
        assert_eq!(drawn, expected);
    }
}
