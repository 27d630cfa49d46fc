//! What a ballot is bound to, computed from the manifest's bytes.

use codec::DecodeAll;
use psephos_crypto::{
    ballot::ContestRule,
    blind_signature::RsaPublicKey,
    elgamal::ElectionKey,
    group::{EncodedPoint, GroupError},
    transcript::Context,
};
use psephos_envelope::EnvelopeContext;
use psephos_primitives::{
    Contest, District, DistrictId, ElectionId, Hash, Manifest, RegistrarIndex,
};

/// Why an election cannot be voted in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ElectionError {
    /// The manifest does not decode.
    #[error("the manifest does not decode: {0}")]
    Manifest(String),
    /// The election key is no group element.
    #[error("the election key: {0}")]
    Key(GroupError),
    /// There is no election key yet.
    #[error("the trustees have not made the election key yet")]
    NoKey,
    /// No such district.
    #[error("the election has no district {0}")]
    UnknownDistrict(DistrictId),
    /// No such registrar.
    #[error("the election has no registrar {0}")]
    UnknownRegistrar(RegistrarIndex),
}

/// Public, and the same for every voter.
pub struct Election {
    /// Its number.
    pub id: ElectionId,
    /// Its manifest.
    pub manifest: Manifest,
    /// What every proof and signature is bound to.
    pub context: Context,
    key: Option<ElectionKey>,
}

impl Election {
    /// From the manifest's SCALE encoding, whose hash is computed here (PSE-ELE-2); without a key
    /// until the ceremony has made it.
    pub fn open(
        manifest: &[u8],
        id: ElectionId,
        genesis_hash: Hash,
        key: Option<[u8; 32]>,
    ) -> Result<Self, ElectionError> {
        let manifest = Manifest::decode_all(&mut &manifest[..])
            .map_err(|error| ElectionError::Manifest(error.to_string()))?;
        let key = key
            .map(|key| ElectionKey::decode(&EncodedPoint(key)))
            .transpose()
            .map_err(ElectionError::Key)?;
        let context = manifest.context(genesis_hash, id);
        Ok(Self {
            id,
            manifest,
            context,
            key,
        })
    }

    /// What envelopes are sealed for.
    pub fn envelopes(&self) -> EnvelopeContext {
        EnvelopeContext {
            genesis_hash: self.context.genesis_hash.into(),
            election: self.id,
        }
    }

    /// What ballots are encrypted to.
    pub fn key(&self) -> Result<&ElectionKey, ElectionError> {
        self.key.as_ref().ok_or(ElectionError::NoKey)
    }

    /// A district.
    pub fn district(&self, district: DistrictId) -> Result<&District, ElectionError> {
        self.manifest
            .district(district)
            .ok_or(ElectionError::UnknownDistrict(district))
    }

    /// The contests' rules of a district, in the order of the manifest.
    pub fn rules(&self, district: DistrictId) -> Result<Vec<ContestRule>, ElectionError> {
        let contests = self.district(district)?.contests.iter();
        Ok(contests.map(Contest::rule).collect())
    }

    /// A registrar's key for a district.
    pub fn registrar_key(
        &self,
        registrar: RegistrarIndex,
        district: DistrictId,
    ) -> Result<&RsaPublicKey, ElectionError> {
        let mut districts = self.manifest.districts.iter();
        let position = districts
            .position(|known| known.id == district)
            .ok_or(ElectionError::UnknownDistrict(district))?;
        self.manifest
            .registrars
            .get(usize::from(registrar.get()))
            .and_then(|registrar| registrar.keys.get(position))
            .ok_or(ElectionError::UnknownRegistrar(registrar))
    }
}
