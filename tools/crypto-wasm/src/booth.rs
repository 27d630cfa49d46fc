//! One voter's booth: key and credential, then ballots, of which each is either challenged or cast.

use codec::Encode;
use psephos_crypto::{
    ballot::{
        ciphertexts, commitment, prove, verify, BallotError, BallotRandomness, BallotStatement,
        SelectionError,
    },
    rand_core::{CryptoRng, RngCore},
};
use psephos_envelope::{seal, EnvelopeSize, Hop, SealError};
use psephos_primitives::{
    wire::{signing_payload, BallotRegisterCall, Call, Extra, Extrinsic, Implicit},
    AccountId, Ballot, DistrictId, ElectionId, Hash, RegistrarIndex,
};
use sp_core::sr25519;
use sp_runtime::{generic::Era, MultiSignature};
use zeroize::Zeroizing;

use crate::{
    challenge::{OpenedBallot, MAX_OPENED_BYTES},
    credential::{CredentialError, OneTimeKey},
    election::{Election, ElectionError},
};

/// Why the booth cannot do what it is asked to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BoothError {
    /// Nothing is known of an election yet.
    #[error("no election was opened")]
    NotOpen,
    /// There is no key, or no longer.
    #[error("there is no one-time key: it was not made yet, or a ballot was cast with it")]
    NoKey,
    /// There is no ballot, or no longer.
    #[error("no ballot is encrypted: it was not made yet, or it was challenged or cast")]
    NoBallot,
    /// The election is not as asked.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// The credential is not made, or not whole.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The selections do not fit the ballot paper.
    #[error("the selections: {0}")]
    Selections(SelectionError),
    /// This device computes wrongly: the chain would refuse what it has made.
    #[error("this device has made an invalid ballot ({0}); do not vote with it")]
    Invalid(BallotError),
    /// The path or the extrinsic do not fit an envelope.
    #[error("the envelope: {0}")]
    Envelope(#[from] SealError),
    /// The opened ballot would be too long for anybody to take over.
    #[error("the opened ballot has {found} bytes, a second device takes {MAX_OPENED_BYTES}")]
    TooLongToOpen {
        /// Its bytes.
        found: usize,
    },
}

/// What a voter sees of an encrypted ballot before they choose to challenge or to cast it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// `blake2_256(SCALE(ballot))` (PSE-BAL-2)
    pub tracker: Hash,
    /// What a second device computes, too (PSE-SEL-9).
    pub commitment: [u8; 32],
}

/// The chain's versions that a signature is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeVersion {
    /// `spec_version`
    pub spec: u32,
    /// `transaction_version`
    pub transaction: u32,
}

/// A ballot that is signed and can be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CastBallot {
    /// The signed extrinsic, its length in front (PSE-WIR-1).
    pub extrinsic: Vec<u8>,
    /// Its ballot's tracker.
    pub tracker: Hash,
    /// The one-time account.
    pub account: AccountId,
}

/// Dropped, and with it wiped, when the ballot is challenged or cast.
struct EncryptedBallot {
    district: DistrictId,
    ballot: Ballot,
    selections: Zeroizing<Vec<Vec<bool>>>,
    randomness: BallotRandomness,
}

/// One voter's booth.
#[derive(Default)]
pub struct Booth {
    election: Option<Election>,
    key: Option<OneTimeKey>,
    ballot: Option<EncryptedBallot>,
}

impl Booth {
    /// A booth that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the election in; whatever was there for another one is wiped.
    pub fn open(
        &mut self,
        manifest: &[u8],
        election: ElectionId,
        genesis_hash: Hash,
        key: Option<[u8; 32]>,
    ) -> Result<Hash, BoothError> {
        let election = Election::open(manifest, election, genesis_hash, key)?;
        let hash = election.manifest.hash();
        *self = Self {
            election: Some(election),
            ..Self::default()
        };
        Ok(hash)
    }

    /// Makes a one-time key, or takes up the one that was kept.
    pub fn prepare(
        &mut self,
        kept: Option<&str>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), BoothError> {
        let context = self.election()?.context;
        let key = match kept {
            Some(text) => OneTimeKey::take_up(&context, text)?,
            None => OneTimeKey::generate(&context, rng)?,
        };
        self.key = Some(key);
        self.ballot = None;
        Ok(())
    }

    fn election(&self) -> Result<&Election, BoothError> {
        self.election.as_ref().ok_or(BoothError::NotOpen)
    }

    fn key(&self) -> Result<&OneTimeKey, BoothError> {
        self.key.as_ref().ok_or(BoothError::NoKey)
    }

    /// What a registrar is asked to sign (PSE-CRD-3).
    pub fn blind(
        &mut self,
        registrar: RegistrarIndex,
        district: DistrictId,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, BoothError> {
        let election = self.election.as_ref().ok_or(BoothError::NotOpen)?;
        let key = self.key.as_mut().ok_or(BoothError::NoKey)?;
        Ok(key.blind(election, registrar, district, rng)?)
    }

    /// Takes a registrar's signature (PSE-CRD-3).
    pub fn unblind(&mut self, registrar: RegistrarIndex, answer: &[u8]) -> Result<(), BoothError> {
        let election = self.election.as_ref().ok_or(BoothError::NotOpen)?;
        let key = self.key.as_mut().ok_or(BoothError::NoKey)?;
        Ok(key.unblind(election, registrar, answer)?)
    }

    /// Key, blindings and signatures as one text, for encrypted storage.
    pub fn secrets(&self) -> Result<Zeroizing<String>, BoothError> {
        Ok(self.key()?.keep())
    }

    /// Encrypts a ballot and proves that it is valid; one that was encrypted before is wiped
    /// (PSE-SEL-2 … PSE-SEL-4).
    pub fn encrypt(
        &mut self,
        district: DistrictId,
        selections: Zeroizing<Vec<Vec<bool>>>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Sealed, BoothError> {
        self.ballot = None;
        let (election, account) = (self.election()?, self.key()?.account());
        let key = election.key()?;
        let rules = election.rules(district)?;
        let statement = BallotStatement {
            context: &election.context,
            key,
            district: district.get(),
            account: account.as_ref(),
            contests: &rules,
        };
        let (contests, randomness) =
            prove(&statement, &selections, rng).map_err(BoothError::Selections)?;
        // As the chain will: once it is cast, there is no key to make another with.
        verify(&statement, &contests).map_err(BoothError::Invalid)?;
        let commitment = commitment(
            &election.context,
            key,
            district.get(),
            ciphertexts(&contests),
        );
        let ballot = Ballot { contests };
        let tracker = ballot.tracker();
        self.ballot = Some(EncryptedBallot {
            district,
            ballot,
            selections,
            randomness,
        });
        Ok(Sealed {
            tracker,
            commitment,
        })
    }

    /// Opens the encrypted ballot for a second device (PSE-SEL-8). It is gone from here, and nobody
    /// can cast it any more.
    pub fn challenge(&mut self) -> Result<String, BoothError> {
        let EncryptedBallot {
            district,
            selections,
            randomness,
            ..
        } = self.ballot.take().ok_or(BoothError::NoBallot)?;
        let election = self.election()?;
        let opened = OpenedBallot {
            genesis_hash: election.context.genesis_hash,
            election: election.id,
            manifest: election.manifest.encode(),
            key: *election.key()?.encoded(),
            district,
            selections: selections.to_vec(),
            randomness: randomness.reveal(),
        };
        let text = opened.to_text();
        if text.len() > MAX_OPENED_BYTES {
            return Err(BoothError::TooLongToOpen { found: text.len() });
        }
        Ok(text)
    }

    /// Signs the encrypted ballot, then wipes the key and all randomness (PSE-BAL-3). Where the
    /// credential is not whole, nothing is lost.
    pub fn cast(
        &mut self,
        version: RuntimeVersion,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<CastBallot, BoothError> {
        let (election, key) = (self.election()?, self.key()?);
        let district = self.ballot.as_ref().ok_or(BoothError::NoBallot)?.district;
        let credential = key.credential(election, district)?;
        let genesis_hash = election.context.genesis_hash.into();
        let (election, account) = (election.id, key.account());

        let EncryptedBallot { ballot, .. } = self.ballot.take().ok_or(BoothError::NoBallot)?;
        let key = self.key.take().ok_or(BoothError::NoKey)?;
        let tracker = ballot.tracker();
        let call = Call::BallotRegister(BallotRegisterCall::Cast {
            election,
            district,
            credential,
            ballot,
        });
        // Immortal, since a relay may hold it; the first ballot of its account (PSE-BAL-5).
        let extra = Extra {
            era: Era::Immortal,
            nonce: 0,
        };
        let implicit = Implicit {
            spec_version: version.spec,
            transaction_version: version.transaction,
            genesis_hash,
            mortality_hash: genesis_hash,
        };
        let signature = key.sign(&signing_payload(&call, &extra, &implicit), rng);
        let extrinsic = Extrinsic::Signed {
            signer: account.clone(),
            signature: MultiSignature::Sr25519(sr25519::Signature::from_raw(signature)),
            extra,
            call,
        };
        Ok(CastBallot {
            extrinsic: extrinsic.encode(),
            tracker,
            account,
        })
    }

    /// Seals an extrinsic for relays, the first hop first (PSE-RLY-4). Also after a reload: the
    /// envelope's size follows from the manifest alone.
    pub fn seal(
        &self,
        path: &[Hop<'_>],
        extrinsic: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<u8>, BoothError> {
        let election = self.election()?;
        let size = EnvelopeSize::of_election(&election.manifest);
        Ok(seal(&election.envelopes(), size, path, extrinsic, rng)?)
    }
}
