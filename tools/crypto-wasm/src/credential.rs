//! The one-time key and the registrars' blind signatures under its account (PSE-CRD-3).
//!
//! A registrar signs one message for one voter. So whatever was sent to one is made once, kept with
//! its blinding, and sent again as it is; and a signature may come in twice.

use std::collections::BTreeMap;

use codec::{Decode, DecodeAll, Encode};
use psephos_crypto::{
    blind_signature::{
        credential_message,
        issuing::{blind, BlindingSecret, IssuingError},
        RandomizedSignature,
    },
    transcript::Context,
};
use psephos_primitives::{
    limits::MAX_REGISTRARS, AccountId, Credential, DistrictId, RegistrarIndex, RegistrarSignature,
};
use rand_core::{CryptoRng, RngCore};
use schnorrkel::{context::attach_rng, signing_context, ExpansionMode, Keypair, MiniSecretKey};
use zeroize::{Zeroize, Zeroizing};

use crate::election::{Election, ElectionError};

/// The context of every sr25519 signature on a Substrate chain.
const SIGNING_CONTEXT: &[u8] = b"substrate";
/// What kept secrets begin with: their version.
const KEPT: &str = "psephos-secrets-1:";
/// Bytes of kept secrets at most: eight registrars' blindings, messages and signatures of 4096 bits
/// are below 13 kB.
const MAX_KEPT_BYTES: usize = 16 * 1024;

/// Why a credential cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CredentialError {
    /// The election does not have it.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// A credential is for one district.
    #[error("this credential is for district {expected}, not for district {found}")]
    OtherDistrict {
        /// What was blinded first.
        expected: DistrictId,
        /// What was asked for.
        found: DistrictId,
    },
    /// Nothing was blinded for this registrar.
    #[error("registrar {0} was not asked to sign")]
    NotAsked(RegistrarIndex),
    /// A registrar's key or answer is wrong.
    #[error("registrar {registrar}: {error}")]
    Registrar {
        /// Which one.
        registrar: RegistrarIndex,
        /// What is wrong.
        error: IssuingError,
    },
    /// Too few signatures.
    #[error("{found} registrars have signed; a credential takes {quorum}")]
    Quorum {
        /// How many it takes.
        quorum: u8,
        /// How many there are.
        found: usize,
    },
    /// What was kept is not what this version keeps.
    #[error("the kept secrets cannot be read")]
    Kept,
    /// What was kept is for something else.
    #[error("the kept secrets are for another election, chain or manifest")]
    OtherElection,
    /// 32 bytes that are no key.
    #[error("the kept key is none")]
    Key,
}

/// What one registrar was asked, and what it answered.
#[derive(Encode, Decode)]
struct Request {
    registrar: RegistrarIndex,
    blinding: Vec<u8>,
    blinded: Vec<u8>,
    signature: Option<RandomizedSignature>,
}

impl Drop for Request {
    fn drop(&mut self) {
        self.blinding.zeroize();
        self.blinded.zeroize();
        if let Some(signature) = &mut self.signature {
            signature.prefix.zeroize();
            signature.signature.as_mut().zeroize();
        }
    }
}

/// Kept until the ballot is cast, and wiped then.
#[derive(Encode, Decode)]
struct Kept {
    genesis_hash: [u8; 32],
    election: u32,
    manifest_hash: [u8; 32],
    seed: [u8; 32],
    district: Option<DistrictId>,
    requests: Vec<Request>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

/// A voter's one-time key and as much of the credential as there is.
pub struct OneTimeKey {
    context: Context,
    seed: Zeroizing<[u8; 32]>,
    keypair: Keypair,
    district: Option<DistrictId>,
    requests: BTreeMap<RegistrarIndex, Request>,
}

impl core::fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("OneTimeKey(<redacted>)")
    }
}

impl OneTimeKey {
    /// A fresh key.
    pub fn generate(
        context: &Context,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, CredentialError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(context, seed)
    }

    fn from_seed(context: &Context, seed: Zeroizing<[u8; 32]>) -> Result<Self, CredentialError> {
        let secret = MiniSecretKey::from_bytes(seed.as_ref()).map_err(|_| CredentialError::Key)?;
        Ok(Self {
            context: *context,
            keypair: secret.expand_to_keypair(ExpansionMode::Ed25519),
            seed,
            district: None,
            requests: BTreeMap::new(),
        })
    }

    /// The account that the registrars' signatures are for.
    pub fn account(&self) -> AccountId {
        AccountId::new(self.keypair.public.to_bytes())
    }

    /// An sr25519 signature.
    pub fn sign(&self, message: &[u8], rng: impl RngCore + CryptoRng) -> [u8; 64] {
        let transcript = signing_context(SIGNING_CONTEXT).bytes(message);
        self.keypair.sign(attach_rng(transcript, rng)).to_bytes()
    }

    /// What a registrar is asked to sign: the same however often it is asked for (PSE-CRD-3).
    pub fn blind(
        &mut self,
        election: &Election,
        registrar: RegistrarIndex,
        district: DistrictId,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, CredentialError> {
        self.check_district(district)?;
        if let Some(request) = self.requests.get(&registrar) {
            return Ok(request.blinded.clone());
        }
        let key = election.registrar_key(registrar, district)?;
        let (secret, blinded) = blind(key, &self.message(district), rng)
            .map_err(|error| CredentialError::Registrar { registrar, error })?;
        let request = Request {
            registrar,
            blinding: secret.to_bytes().to_vec(),
            blinded: blinded.0.clone(),
            signature: None,
        };
        self.requests.insert(registrar, request);
        self.district = Some(district);
        Ok(blinded.0)
    }

    fn check_district(&self, found: DistrictId) -> Result<(), CredentialError> {
        match self.district {
            Some(expected) if expected != found => {
                Err(CredentialError::OtherDistrict { expected, found })
            }
            _ => Ok(()),
        }
    }

    fn message(&self, district: DistrictId) -> Vec<u8> {
        credential_message(&self.context, district.get(), self.account().as_ref())
    }

    /// Takes a registrar's answer: unblinds it and checks it (PSE-CRD-3, PSE-CRD-4).
    pub fn unblind(
        &mut self,
        election: &Election,
        registrar: RegistrarIndex,
        answer: &[u8],
    ) -> Result<(), CredentialError> {
        let district = self.district.ok_or(CredentialError::NotAsked(registrar))?;
        let message = self.message(district);
        let request = self
            .requests
            .get_mut(&registrar)
            .ok_or(CredentialError::NotAsked(registrar))?;
        let key = election.registrar_key(registrar, district)?;
        let signature = BlindingSecret::from_bytes(&request.blinding)
            .and_then(|secret| secret.finalize(key, &message, answer))
            .map_err(|error| CredentialError::Registrar { registrar, error })?;
        request.signature = Some(signature);
        Ok(())
    }

    /// A quorum of signatures for this district, by ascending registrar (PSE-CRD-4).
    pub fn credential(
        &self,
        election: &Election,
        district: DistrictId,
    ) -> Result<Credential, CredentialError> {
        self.check_district(district)?;
        let quorum = election.manifest.quorum;
        let signed: Vec<_> = self
            .requests
            .values()
            .filter_map(|request| {
                Some(RegistrarSignature {
                    registrar: request.registrar,
                    signature: request.signature.clone()?,
                })
            })
            .take(quorum.into())
            .collect();
        let found = signed.len();
        Credential::try_from(signed)
            .ok()
            .filter(|_| found == usize::from(quorum))
            .ok_or(CredentialError::Quorum { quorum, found })
    }

    /// Key, blindings and signatures as one text, for encrypted storage.
    pub fn keep(&self) -> Zeroizing<String> {
        let kept = Kept {
            genesis_hash: self.context.genesis_hash,
            election: self.context.election,
            manifest_hash: self.context.manifest_hash,
            seed: *self.seed,
            district: self.district,
            requests: self.requests.values().map(Request::copy).collect(),
        };
        // Of the right size at once: a vector that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(kept.encoded_size()));
        kept.encode_to(&mut *bytes);
        let digits = Zeroizing::new(hex::encode(&*bytes));
        let mut text = Zeroizing::new(String::with_capacity(KEPT.len() + digits.len()));
        text.push_str(KEPT);
        text.push_str(&digits);
        text
    }

    /// Takes up what was kept, for the same election.
    pub fn take_up(context: &Context, text: &str) -> Result<Self, CredentialError> {
        let digits = text.strip_prefix(KEPT).ok_or(CredentialError::Kept)?;
        if digits.len() > 2 * MAX_KEPT_BYTES {
            return Err(CredentialError::Kept);
        }
        let bytes = Zeroizing::new(hex::decode(digits).map_err(|_| CredentialError::Kept)?);
        let mut kept = Kept::decode_all(&mut &bytes[..]).map_err(|_| CredentialError::Kept)?;
        let found = (kept.genesis_hash, kept.election, kept.manifest_hash);
        if found
            != (
                context.genesis_hash,
                context.election,
                context.manifest_hash,
            )
        {
            return Err(CredentialError::OtherElection);
        }
        if kept.requests.len() > MAX_REGISTRARS as usize {
            return Err(CredentialError::Kept);
        }
        let mut key = Self::from_seed(context, Zeroizing::new(kept.seed))?;
        key.district = kept.district;
        let requests = core::mem::take(&mut kept.requests);
        key.requests = requests
            .into_iter()
            .map(|request| (request.registrar, request))
            .collect();
        Ok(key)
    }
}

impl Request {
    fn copy(&self) -> Self {
        Self {
            registrar: self.registrar,
            blinding: self.blinding.clone(),
            blinded: self.blinded.clone(),
            signature: self.signature.clone(),
        }
    }
}
