//! A voter's part: key, credential, ballot, extrinsic (PSE-BAL-1, PSE-CRD-3).
//!
//! Each stage is a type that the next one consumes, so that a secret lives no longer than it is
//! needed: [`OneTimeVoter`] → [`CredentialHolder`] → the signed extrinsic.

use codec::Encode;
use psephos_client::{ChainFacts, Signer, SignerError};
use psephos_crypto::{
    ballot::{prove, BallotStatement, ContestRule, SelectionError},
    blind_signature::{
        credential_message,
        issuing::{blind, BlindedMessage, BlindingSecret, IssuingError},
        RsaPublicKey,
    },
    elgamal::ElectionKey,
    group::GroupError,
    transcript::Context,
};
use psephos_primitives::{
    ceremony::ElectionKeys,
    wire::{BallotRegisterCall, Call, Extra},
    AccountId, Ballot, Credential, DistrictId, ElectionId, Hash, Manifest, RegistrarIndex,
    RegistrarSignature,
};
use rand_core::OsRng;
use sp_runtime::generic::Era;

/// Why a voter cannot go on, and at whom it fails.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VoterError {
    /// No such district.
    #[error("the election has no district {0}")]
    UnknownDistrict(DistrictId),
    /// No such registrar, or more of them than a credential can name.
    #[error("the election has no registrar {0}")]
    UnknownRegistrar(RegistrarIndex),
    /// A registrar's signature is missing.
    #[error("registrar {0} has not signed")]
    NotSigned(RegistrarIndex),
    /// A registrar's key or answer is wrong.
    #[error("registrar {registrar}: {error}")]
    Registrar {
        /// Which one.
        registrar: RegistrarIndex,
        /// What is wrong.
        error: IssuingError,
    },
    /// The election key is none.
    #[error("the election key: {0}")]
    ElectionKey(GroupError),
    /// The selections do not fit the ballot paper.
    #[error("the selections: {0}")]
    Selections(SelectionError),
    /// There is no key to be had.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// All that a voter must know of an election: public, and the same for everybody.
pub struct Election {
    /// Its number.
    pub id: ElectionId,
    /// Its manifest.
    pub manifest: Manifest,
    /// What every proof and signature is bound to.
    pub context: Context,
    /// Genesis hash and versions.
    pub facts: ChainFacts,
    key: Option<ElectionKey>,
}

impl Election {
    /// From what the chain says.
    pub fn new(
        id: ElectionId,
        manifest: Manifest,
        facts: ChainFacts,
        keys: Option<&ElectionKeys>,
    ) -> Result<Self, VoterError> {
        let key = keys
            .map(|keys| ElectionKey::decode(&keys.election_key))
            .transpose()
            .map_err(VoterError::ElectionKey)?;
        let context = manifest.context(facts.genesis_hash, id);
        Ok(Self {
            id,
            manifest,
            context,
            facts,
            key,
        })
    }

    /// The contests' rules of a district.
    pub fn rules(&self, district: DistrictId) -> Result<Vec<ContestRule>, VoterError> {
        let district = self
            .manifest
            .district(district)
            .ok_or(VoterError::UnknownDistrict(district))?;
        Ok(district
            .contests
            .iter()
            .map(psephos_primitives::Contest::rule)
            .collect())
    }

    fn registrar_key(
        &self,
        registrar: RegistrarIndex,
        district: DistrictId,
    ) -> Result<&RsaPublicKey, VoterError> {
        let position = self
            .manifest
            .districts
            .iter()
            .position(|known| known.id == district)
            .ok_or(VoterError::UnknownDistrict(district))?;
        self.manifest
            .registrars
            .get(usize::from(registrar.get()))
            .and_then(|registrar| registrar.keys.get(position))
            .ok_or(VoterError::UnknownRegistrar(registrar))
    }

    /// A ballot of this account's in this district (PSE-BAL-1).
    pub fn ballot(
        &self,
        district: DistrictId,
        account: &AccountId,
        selections: &[Vec<bool>],
    ) -> Result<Ballot, VoterError> {
        let key = self
            .key
            .as_ref()
            .ok_or(VoterError::ElectionKey(GroupError::Identity))?;
        let rules = self.rules(district)?;
        let statement = BallotStatement {
            context: &self.context,
            key,
            district: district.get(),
            account: account.as_ref(),
            contests: &rules,
        };
        // The randomness is dropped, and wiped, here: nobody can ever be shown it.
        let (contests, _) =
            prove(&statement, selections, &mut OsRng).map_err(VoterError::Selections)?;
        Ok(Ballot { contests })
    }
}

/// A voter with a fresh one-time key, whose credential is being signed.
pub struct OneTimeVoter {
    signer: Signer,
    district: DistrictId,
    blinding: Vec<(RegistrarIndex, BlindingSecret)>,
}

/// What one registrar is asked to sign.
pub struct CredentialRequest {
    /// Whom it is for.
    pub registrar: RegistrarIndex,
    /// What they sign without being able to read it.
    pub blinded: BlindedMessage,
}

impl OneTimeVoter {
    /// Makes a key and blinds its account for each of these registrars (PSE-CRD-3).
    pub fn new(
        election: &Election,
        district: DistrictId,
        registrars: &[RegistrarIndex],
    ) -> Result<(Self, Vec<CredentialRequest>), VoterError> {
        let (signer, _) = Signer::generate()?;
        Self::with_signer(election, district, registrars, signer)
    }

    /// The same with a key that exists already: for tests.
    pub fn with_signer(
        election: &Election,
        district: DistrictId,
        registrars: &[RegistrarIndex],
        signer: Signer,
    ) -> Result<(Self, Vec<CredentialRequest>), VoterError> {
        let message =
            credential_message(&election.context, district.get(), signer.account().as_ref());
        let mut blinding = Vec::with_capacity(registrars.len());
        let mut requests = Vec::with_capacity(registrars.len());
        for registrar in registrars {
            let key = election.registrar_key(*registrar, district)?;
            let (secret, blinded) =
                blind(key, &message, &mut OsRng).map_err(|error| VoterError::Registrar {
                    registrar: *registrar,
                    error,
                })?;
            blinding.push((*registrar, secret));
            requests.push(CredentialRequest {
                registrar: *registrar,
                blinded,
            });
        }
        Ok((
            Self {
                signer,
                district,
                blinding,
            },
            requests,
        ))
    }

    /// Unblinds and checks the registrars' answers (PSE-CRD-3, PSE-CRD-4).
    pub fn finalize(
        self,
        election: &Election,
        answers: &[(RegistrarIndex, Vec<u8>)],
    ) -> Result<CredentialHolder, VoterError> {
        let account = self.signer.account();
        let message = credential_message(&election.context, self.district.get(), account.as_ref());
        let mut credential = Credential::default();
        for (registrar, secret) in self.blinding {
            let (_, answer) = answers
                .iter()
                .find(|(of, _)| *of == registrar)
                .ok_or(VoterError::NotSigned(registrar))?;
            let key = election.registrar_key(registrar, self.district)?;
            let signature = secret
                .finalize(key, &message, answer)
                .map_err(|error| VoterError::Registrar { registrar, error })?;
            credential
                .try_push(RegistrarSignature {
                    registrar,
                    signature,
                })
                .map_err(|_| VoterError::UnknownRegistrar(registrar))?;
        }
        Ok(CredentialHolder {
            signer: self.signer,
            district: self.district,
            credential,
        })
    }
}

/// A voter who may cast. Tests make unlawful ones of it by changing its public fields.
#[derive(Clone)]
pub struct CredentialHolder {
    /// The one-time key.
    pub signer: Signer,
    /// Where the credential is valid.
    pub district: DistrictId,
    /// The credential.
    pub credential: Credential,
}

impl CredentialHolder {
    /// The signed extrinsic that casts a ballot with these selections, the voter's `nonce`th
    /// (PSE-BAL-3).
    pub fn cast(
        &self,
        election: &Election,
        selections: &[Vec<bool>],
        nonce: u32,
    ) -> Result<CastExtrinsic, VoterError> {
        let ballot = election.ballot(self.district, self.signer.account(), selections)?;
        Ok(self.cast_ballot(election, ballot, nonce))
    }

    /// The same with a ballot that was made before, by whomever.
    pub fn cast_ballot(&self, election: &Election, ballot: Ballot, nonce: u32) -> CastExtrinsic {
        let tracker = ballot.tracker();
        let call = Call::BallotRegister(BallotRegisterCall::Cast {
            election: election.id,
            district: self.district,
            credential: self.credential.clone(),
            ballot,
        });
        // Immortal, since a relay may hold it for long.
        let extra = Extra {
            era: Era::Immortal,
            nonce,
        };
        let extrinsic = self.signer.sign(call, extra, &election.facts.immortal());
        CastExtrinsic {
            account: self.signer.account().clone(),
            tracker,
            encoded: extrinsic.encode(),
        }
    }
}

/// A signed extrinsic that casts a ballot: all that a voter has to keep until it is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CastExtrinsic {
    /// The one-time account.
    pub account: AccountId,
    /// `blake2_256(SCALE(ballot))`
    pub tracker: Hash,
    /// The extrinsic, its length in front.
    pub encoded: Vec<u8>,
}

#[cfg(test)]
mod tests;
