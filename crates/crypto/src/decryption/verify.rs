//! Verification of decryption shares.

use alloc::vec::Vec;

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};

use super::{DecryptionShare, ShareStatement};
use crate::{
    elgamal::Ciphertext,
    group::{decode_nonidentity, decode_point, decode_scalar, EncodedPoint, GroupError},
    multiscalar::Combination,
    transcript::{self, Context, Weights},
};

/// A field of a decryption share or of the sum that it is a share of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShareField {
    /// `R` of the sum.
    SumR,
    /// `C` of the sum.
    SumC,
    /// The share `D`.
    Share,
    /// A commitment of the proof.
    Commitment,
    /// The response of the proof.
    Response,
}

/// Why a trustee's shares are refused. Positions are those of the sums, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShareError {
    /// There must be one share for each sum.
    #[error("{found} shares for {expected} sums")]
    Count {
        /// How many sums there are.
        expected: u32,
        /// How many shares there are.
        found: u32,
    },
    /// The verification share does not decode.
    #[error("verification share: {0}")]
    VerificationShare(GroupError),
    /// A field does not decode.
    #[error("position {position}, {field:?}: {error}")]
    Encoding {
        /// Which sum.
        position: u32,
        /// The field.
        field: ShareField,
        /// What is wrong with it.
        error: GroupError,
    },
    /// The share is not the sum's `R` times the secret behind the verification share.
    #[error("position {position}: the proof of the share is invalid")]
    InvalidProof {
        /// The first such position.
        position: u32,
    },
}

/// Verifies a trustee's shares of a district's sums together; names the first that is wrong
/// (PSE-DEC-3).
pub fn verify_shares(
    context: &Context,
    epoch: u32,
    district: u32,
    trustee: u32,
    verification_share: &EncodedPoint,
    sums: &[Ciphertext],
    shares: &[DecryptionShare],
) -> Result<(), ShareError> {
    if sums.len() != shares.len() {
        return Err(ShareError::Count {
            expected: sums.len() as u32,
            found: shares.len() as u32,
        });
    }
    let statement = ShareStatement {
        context,
        epoch,
        district,
        trustee,
        verification_share,
    };
    let key = decode_nonidentity(verification_share).map_err(ShareError::VerificationShare)?;
    let transcript = transcript::shares(&statement);
    let proofs = (0u32..)
        .zip(sums.iter().zip(shares))
        .map(|(position, (sum, share))| DecodedShare::decode(position, sum, share, &transcript))
        .collect::<Result<Vec<_>, _>>()?;
    let fingerprint = transcript::shares_fingerprint(&transcript, sums, shares);
    if hold_together(&key, &fingerprint, &proofs) {
        return Ok(());
    }
    let wrong = (0u32..)
        .zip(&proofs)
        .find(|(_, proof)| !hold_together(&key, &fingerprint, core::slice::from_ref(proof)));
    match wrong {
        Some((position, _)) => Err(ShareError::InvalidProof { position }),
        None => Ok(()),
    }
}

/// Whether the equations of these proofs hold.
fn hold_together(key: &RistrettoPoint, fingerprint: &[u8; 32], proofs: &[DecodedShare]) -> bool {
    let mut weights = Weights::new(core::iter::once(fingerprint));
    let mut combination = Combination::new(*key, 4 * proofs.len());
    for proof in proofs {
        proof.add_to(&mut combination, &mut weights);
    }
    combination.vanishes()
}

struct DecodedShare {
    r: RistrettoPoint,
    share: RistrettoPoint,
    a: RistrettoPoint,
    b: RistrettoPoint,
    challenge: Scalar,
    response: Scalar,
}

impl DecodedShare {
    /// `R` and what follows from it, `D` and `B`, may be the identity: a sum may happen to be. For
    /// any other `R` the equations leave no room for it, as the verification share is not the identity.
    fn decode(
        position: u32,
        sum: &Ciphertext,
        share: &DecryptionShare,
        transcript: &merlin::Transcript,
    ) -> Result<Self, ShareError> {
        let named = |field| {
            move |error| ShareError::Encoding {
                position,
                field,
                error,
            }
        };
        let DecryptionShare {
            share: d,
            commitment,
            response,
        } = share;
        let [a, b] = commitment;
        // C is not used in the equations, but what the proof is bound to must be a ciphertext.
        decode_point(&sum.c).map_err(named(ShareField::SumC))?;
        Ok(Self {
            r: decode_point(&sum.r).map_err(named(ShareField::SumR))?,
            share: decode_point(d).map_err(named(ShareField::Share))?,
            a: decode_nonidentity(a).map_err(named(ShareField::Commitment))?,
            b: decode_point(b).map_err(named(ShareField::Commitment))?,
            challenge: transcript::share_challenge(transcript, position, sum, d, commitment),
            response: decode_scalar(response).map_err(named(ShareField::Response))?,
        })
    }

    /// Adds `A + c·Y_j − z·G = 0` and `B + c·D − z·R = 0`.
    fn add_to(&self, combination: &mut Combination, weights: &mut Weights) {
        let (on_g, on_r) = (weights.draw(), weights.draw());
        combination.add(on_g, self.a);
        combination.add_key(on_g * self.challenge);
        combination.add_generator(-(on_g * self.response));
        combination.add(on_r, self.b);
        combination.add(on_r * self.challenge, self.share);
        combination.add(-(on_r * self.response), self.r);
    }
}
