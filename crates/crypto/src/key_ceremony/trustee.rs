//! The trustee's side of the key ceremony, by the `frost-ristretto255` crate.
//!
//! Each stage consumes what the one before has left: [`Seat::commit`] gives [`round1::Secret`],
//! [`Seat::deal`] makes that [`round2::Secret`], and [`Seat::finish`] makes that a [`TrusteeKey`].
//! Each of them can be turned into bytes, which the caller must encrypt before it stores them.

use std::collections::BTreeMap;

use codec::{Decode, Encode};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use frost_ristretto255::{
    keys::{
        dkg::{self, part1, part2, part3},
        SigningShare, VerifiableSecretSharingCommitment,
    },
    Identifier, Signature,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    combine, identifier_preimage, share_fits, verify_package, CeremonyError, Package, MAX_TRUSTEES,
};
use crate::{
    group::{decode_nonidentity, decode_scalar, EncodedPoint, EncodedScalar},
    transcript::Context,
};

/// Why a trustee cannot go on, and whose fault it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TrusteeError {
    /// There must be 2 ≤ threshold ≤ participants ≤ 32.
    #[error("a threshold of {threshold} with {participants} participants is not possible")]
    Parameters {
        /// How many take part.
        participants: u32,
        /// How many are needed to decrypt.
        threshold: u32,
    },
    /// The stored secret does not decode.
    #[error("the stored secret does not decode")]
    StoredSecret,
    /// The stored secret belongs to another election, epoch or trustee.
    #[error("the stored secret is another election's, epoch's or trustee's")]
    ForeignSecret,
    /// The trustee's own package is not among those revealed, or is another one.
    #[error("the trustee's own package is missing or was replaced")]
    OwnPackage,
    /// A package is invalid.
    #[error(transparent)]
    Package(#[from] CeremonyError),
    /// There is not exactly one share from every other participant.
    #[error("the share of dealer {dealer} is missing or not expected")]
    UnexpectedShare {
        /// Who should or should not have dealt it.
        dealer: u32,
    },
    /// The share is not what the dealer has committed to.
    #[error("the share of dealer {dealer} is wrong")]
    WrongShare {
        /// Who has dealt it.
        dealer: u32,
    },
    /// FROST refuses what was verified before.
    #[error(transparent)]
    Frost(#[from] frost_ristretto255::Error),
}

/// A secret share, on its way from a dealer to a recipient.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretShare([u8; 32]);

impl SecretShare {
    /// Takes the bytes as they come out of an envelope, without looking at them.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The scalar's encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

redacted!(SecretShare, round1::Secret, round2::Secret, TrusteeKey);

/// After the commitment: the coefficients of the trustee's polynomial.
pub mod round1 {
    use super::*;

    /// What the trustee keeps until everybody has revealed.
    pub struct Secret(pub(super) dkg::round1::SecretPackage);

    impl Secret {
        /// For encrypted storage.
        pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, TrusteeError> {
            Ok(Zeroizing::new(self.0.serialize()?))
        }

        /// From encrypted storage.
        pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrusteeError> {
            let secret = dkg::round1::SecretPackage::deserialize(bytes);
            secret.map(Self).map_err(|_| TrusteeError::StoredSecret)
        }
    }
}

/// After dealing: what the trustee's own polynomial is worth at its own identifier.
pub mod round2 {
    use super::*;

    /// What the trustee keeps until everybody has dealt.
    pub struct Secret(pub(super) dkg::round2::SecretPackage);

    impl Secret {
        /// For encrypted storage.
        pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, TrusteeError> {
            Ok(Zeroizing::new(self.0.serialize()?))
        }

        /// From encrypted storage.
        pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrusteeError> {
            let secret = dkg::round2::SecretPackage::deserialize(bytes);
            secret.map(Self).map_err(|_| TrusteeError::StoredSecret)
        }
    }
}

/// The end of the ceremony: the trustee's share of the election key.
#[derive(Clone)]
pub struct TrusteeKey {
    epoch: u32,
    trustee: u32,
    election_key: EncodedPoint,
    secret: Zeroizing<Scalar>,
}

impl TrusteeKey {
    /// The epoch of the ceremony that has made it.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The trustee that holds it.
    pub fn trustee(&self) -> u32 {
        self.trustee
    }

    /// The election key that it is a share of.
    pub fn election_key(&self) -> &EncodedPoint {
        &self.election_key
    }

    /// `Y_j = x_j·G`
    pub fn verification_share(&self) -> EncodedPoint {
        (&RistrettoPoint::mul_base(&self.secret)).into()
    }

    pub(crate) fn secret(&self) -> &Scalar {
        &self.secret
    }

    /// For encrypted storage.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let secret = Zeroizing::new(self.secret.to_bytes());
        Zeroizing::new((self.epoch, self.trustee, self.election_key, &*secret).encode())
    }

    /// From encrypted storage.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrusteeError> {
        let stored = |_| TrusteeError::StoredSecret;
        let mut input = bytes;
        let (epoch, trustee, election_key) =
            Decode::decode(&mut input).map_err(|_| TrusteeError::StoredSecret)?;
        let secret = Zeroizing::new(input.try_into().map_err(|_| TrusteeError::StoredSecret)?);
        decode_nonidentity(&election_key).map_err(stored)?;
        let secret = decode_scalar(&EncodedScalar(*secret)).map_err(stored)?;
        Ok(Self {
            epoch,
            trustee,
            election_key,
            secret: Zeroizing::new(secret),
        })
    }
}

/// A trustee's place in one epoch of one election's ceremony.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Chain, election and manifest.
    pub context: Context,
    /// The epoch of the ceremony.
    pub epoch: u32,
    /// The trustee's index in the manifest.
    pub trustee: u32,
}

impl Seat {
    /// Round 1: makes a polynomial, commitments to it and a proof of knowledge (PSE-DKG-1).
    pub fn commit(
        &self,
        participants: u32,
        threshold: u32,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(round1::Secret, Package), TrusteeError> {
        if participants > MAX_TRUSTEES
            || threshold > participants
            || threshold < super::MIN_THRESHOLD
        {
            return Err(TrusteeError::Parameters {
                participants,
                threshold,
            });
        }
        let (n, t) = (participants as u16, threshold as u16);
        let (secret, package) = part1(self.identifier(self.trustee)?, n, t, rng)?;
        Ok((round1::Secret(secret), package_from_frost(&package)?))
    }

    /// Round 2: verifies everybody's packages and makes a share for each other participant
    /// (PSE-DKG-5).
    ///
    /// `packages` are those of all participants, the trustee's own among them.
    pub fn deal(
        &self,
        secret: round1::Secret,
        packages: &[(u32, &Package)],
    ) -> Result<(round2::Secret, Vec<(u32, SecretShare)>), TrusteeError> {
        self.check_owner(secret.0.identifier())?;
        self.check_own_package(secret.0.commitment(), packages)?;
        let threshold = u32::from(*secret.0.min_signers());
        for (trustee, package) in packages {
            verify_package(&self.context, self.epoch, *trustee, threshold, package)?;
        }
        let (secret, dealt) = part2(secret.0, &self.packages_of_others(packages)?)?;
        let shares = self
            .others(packages)
            .map(|trustee| {
                let share = dealt
                    .get(&self.identifier(trustee)?)
                    .ok_or(frost_ristretto255::Error::PackageNotFound)?;
                Ok((trustee, SecretShare(share_bytes(share.signing_share())?)))
            })
            .collect::<Result<_, TrusteeError>>()?;
        Ok((round2::Secret(secret), shares))
    }

    /// The end: verifies everybody's shares and adds them up (PSE-DKG-9).
    ///
    /// `packages` are the same as in [`Seat::deal`]; `shares` have one from every other participant.
    pub fn finish(
        &self,
        secret: &round2::Secret,
        packages: &[(u32, &Package)],
        shares: &[(u32, SecretShare)],
    ) -> Result<TrusteeKey, TrusteeError> {
        self.check_owner(secret.0.identifier())?;
        self.check_own_package(secret.0.commitment(), packages)?;
        self.check_shares(packages, shares)?;
        let received = shares
            .iter()
            .map(|(dealer, share)| {
                let share = SigningShare::deserialize(share.as_bytes())?;
                Ok((self.identifier(*dealer)?, dkg::round2::Package::new(share)))
            })
            .collect::<Result<BTreeMap<_, _>, TrusteeError>>()?;
        let (key, _) = part3(&secret.0, &self.packages_of_others(packages)?, &received)?;
        let bytes = Zeroizing::new(share_bytes(key.signing_share())?);
        let scalar =
            decode_scalar(&EncodedScalar(*bytes)).map_err(|_| TrusteeError::StoredSecret)?;
        Ok(TrusteeKey {
            epoch: self.epoch,
            trustee: self.trustee,
            election_key: combine(&self.context, self.epoch, packages)?.election_key,
            secret: Zeroizing::new(scalar),
        })
    }

    fn identifier(&self, trustee: u32) -> Result<Identifier, TrusteeError> {
        Ok(Identifier::derive(&identifier_preimage(
            &self.context,
            self.epoch,
            trustee,
        ))?)
    }

    fn check_owner(&self, identifier: &Identifier) -> Result<(), TrusteeError> {
        if *identifier != self.identifier(self.trustee)? {
            return Err(TrusteeError::ForeignSecret);
        }
        Ok(())
    }

    /// What is on the chain under the trustee's name must be what it has made.
    fn check_own_package(
        &self,
        commitment: &VerifiableSecretSharingCommitment,
        packages: &[(u32, &Package)],
    ) -> Result<(), TrusteeError> {
        let own = packages
            .iter()
            .find(|(trustee, _)| *trustee == self.trustee);
        let (_, own) = own.ok_or(TrusteeError::OwnPackage)?;
        if encode_commitment(commitment)? != own.commitments.as_slice() {
            return Err(TrusteeError::OwnPackage);
        }
        Ok(())
    }

    fn check_shares(
        &self,
        packages: &[(u32, &Package)],
        shares: &[(u32, SecretShare)],
    ) -> Result<(), TrusteeError> {
        for dealer in self.others(packages) {
            if shares.iter().filter(|(of, _)| *of == dealer).count() != 1 {
                return Err(TrusteeError::UnexpectedShare { dealer });
            }
        }
        for (dealer, share) in shares {
            let package = packages
                .iter()
                .find(|(trustee, _)| trustee == dealer && *trustee != self.trustee);
            let (_, package) = package.ok_or(TrusteeError::UnexpectedShare { dealer: *dealer })?;
            let share = Zeroizing::new(*share.as_bytes());
            if !share_fits(
                &self.context,
                self.epoch,
                self.trustee,
                &EncodedScalar(*share),
                package,
            ) {
                return Err(TrusteeError::WrongShare { dealer: *dealer });
            }
        }
        Ok(())
    }

    fn others<'a>(&self, packages: &'a [(u32, &Package)]) -> impl Iterator<Item = u32> + 'a {
        let own = self.trustee;
        packages
            .iter()
            .map(|(trustee, _)| *trustee)
            .filter(move |trustee| *trustee != own)
    }

    fn packages_of_others(
        &self,
        packages: &[(u32, &Package)],
    ) -> Result<BTreeMap<Identifier, dkg::round1::Package>, TrusteeError> {
        packages
            .iter()
            .filter(|(trustee, _)| *trustee != self.trustee)
            .map(|(trustee, package)| Ok((self.identifier(*trustee)?, package_to_frost(package)?)))
            .collect()
    }
}

fn share_bytes(share: &SigningShare) -> Result<[u8; 32], TrusteeError> {
    let bytes = Zeroizing::new(share.serialize());
    bytes
        .as_slice()
        .try_into()
        .map_err(|_| TrusteeError::StoredSecret)
}

fn encode_commitment(
    commitment: &VerifiableSecretSharingCommitment,
) -> Result<Vec<EncodedPoint>, TrusteeError> {
    let whole = commitment.serialize_whole()?;
    Ok(whole
        .chunks_exact(32)
        .flat_map(|bytes| bytes.try_into().map(EncodedPoint))
        .collect())
}

fn package_from_frost(package: &dkg::round1::Package) -> Result<Package, TrusteeError> {
    let proof = package.proof_of_knowledge().serialize()?;
    let (commitment, response) = proof.split_at_checked(32).unwrap_or_default();
    let malformed = frost_ristretto255::Error::MalformedSignature;
    Ok(Package {
        commitments: encode_commitment(package.commitment())?
            .try_into()
            .map_err(|_| frost_ristretto255::Error::IncorrectNumberOfCommitments)?,
        proof_commitment: EncodedPoint(commitment.try_into().map_err(|_| malformed.clone())?),
        proof_response: EncodedScalar(response.try_into().map_err(|_| malformed)?),
    })
}

fn package_to_frost(package: &Package) -> Result<dkg::round1::Package, TrusteeError> {
    let commitments = package.commitments.iter().map(|commitment| commitment.0);
    let proof = [package.proof_commitment.0, package.proof_response.0].concat();
    Ok(dkg::round1::Package::new(
        VerifiableSecretSharingCommitment::deserialize(commitments)?,
        Signature::deserialize(&proof)?,
    ))
}
