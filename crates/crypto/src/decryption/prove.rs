//! What a trustee does: decryption shares and their proofs.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{DecryptionShare, ShareError, ShareField, ShareStatement};
use crate::{
    elgamal::Ciphertext,
    group::{decode_point, EncodedPoint},
    key_ceremony::trustee::TrusteeKey,
    transcript::{self, Context},
};

/// Makes a trustee's shares of a district's sums, each with its proof, in constant time (PSE-DEC-2).
///
/// It is for the caller to make sure that these *are* the sums of all ballots: a share of a single
/// ballot helps to open it.
pub fn prove_shares(
    context: &Context,
    district: u32,
    key: &TrusteeKey,
    sums: &[Ciphertext],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<DecryptionShare>, ShareError> {
    let statement = ShareStatement {
        context,
        epoch: key.epoch(),
        district,
        trustee: key.trustee(),
        verification_share: &key.verification_share(),
    };
    let transcript = transcript::shares(&statement);
    (0u32..)
        .zip(sums)
        .map(|(position, sum)| {
            let named = |field| {
                move |error| ShareError::Encoding {
                    position,
                    field,
                    error,
                }
            };
            decode_point(&sum.c).map_err(named(ShareField::SumC))?;
            let r = decode_point(&sum.r).map_err(named(ShareField::SumR))?;
            let share = EncodedPoint::from(&(r * key.secret()));
            let nonce = Zeroizing::new(Scalar::random(rng));
            let commitment = [
                (&RistrettoPoint::mul_base(&nonce)).into(),
                (&(r * *nonce)).into(),
            ];
            let challenge =
                transcript::share_challenge(&transcript, position, sum, &share, &commitment);
            let response = (&(*nonce + challenge * key.secret())).into();
            Ok(DecryptionShare {
                share,
                commitment,
                response,
            })
        })
        .collect()
}
