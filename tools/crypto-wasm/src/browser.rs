//! The layer for JavaScript: texts in, texts out. Bytes are hexadecimal with `0x`; what a text holds
//! is wiped here, as far as it is ours.

use psephos_envelope::Hop;
use psephos_primitives::{DistrictId, ElectionId, RegistrarIndex};
use psephos_verifier::{
    state_proof::{ballot_page_key, grandpa_key},
    Receipt,
};
use rand_core::OsRng;
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{
    booth::{self, RuntimeVersion},
    challenge::OpenedBallot,
    text,
};

/// One voter's booth.
#[wasm_bindgen]
#[derive(Default)]
pub struct Booth(booth::Booth);

/// What a voter sees of an encrypted ballot.
#[wasm_bindgen(getter_with_clone)]
pub struct Sealed {
    /// Hexadecimal.
    pub tracker: String,
    /// Hexadecimal.
    pub commitment: String,
}

/// A ballot that is signed and can be sent.
#[wasm_bindgen(getter_with_clone)]
pub struct Signed {
    /// Hexadecimal.
    pub extrinsic: String,
    /// Hexadecimal.
    pub tracker: String,
    /// Hexadecimal.
    pub account: String,
}

#[wasm_bindgen]
impl Booth {
    /// A booth that knows nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the election in; gives the manifest's hash as computed here.
    pub fn open(
        &mut self,
        manifest: &str,
        election: u32,
        genesis: &str,
        election_key: Option<String>,
    ) -> Result<String, JsError> {
        let manifest = text::bytes("manifest", manifest)?;
        let genesis = text::array("genesis", genesis)?;
        let key = election_key
            .map(|key| text::array("election key", &key))
            .transpose()?;
        let hash = self
            .0
            .open(&manifest, ElectionId(election), genesis.into(), key)?;
        Ok(text::hex(hash))
    }

    /// Makes a one-time key, or takes up the one that was kept.
    pub fn prepare(&mut self, kept: Option<String>) -> Result<(), JsError> {
        let kept = kept.map(Zeroizing::new);
        let kept = kept.as_ref().map(|kept| kept.as_str());
        Ok(self.0.prepare(kept, &mut OsRng)?)
    }

    /// What a registrar is asked to sign.
    pub fn blind(&mut self, registrar: u8, district: u32) -> Result<String, JsError> {
        let (registrar, district) = (RegistrarIndex(registrar), DistrictId(district));
        Ok(text::hex(self.0.blind(registrar, district, &mut OsRng)?))
    }

    /// Takes a registrar's signature.
    pub fn unblind(&mut self, registrar: u8, signature: &str) -> Result<(), JsError> {
        let signature = text::bytes("signature", signature)?;
        Ok(self.0.unblind(RegistrarIndex(registrar), &signature)?)
    }

    /// Key, blindings and signatures, for the vault.
    pub fn secrets(&self) -> Result<String, JsError> {
        Ok(core::mem::take(&mut *self.0.secrets()?))
    }

    /// Encrypts. The selections are JSON: a list of true and false for each contest.
    pub fn encrypt(&mut self, district: u32, selections: String) -> Result<Sealed, JsError> {
        let selections = Zeroizing::new(selections);
        let selections = serde_json::from_str(&selections).map(Zeroizing::new)?;
        let sealed = self
            .0
            .encrypt(DistrictId(district), selections, &mut OsRng)?;
        Ok(Sealed {
            tracker: text::hex(sealed.tracker),
            commitment: text::hex(sealed.commitment),
        })
    }

    /// Opens the encrypted ballot for a second device; it can no longer be cast.
    pub fn challenge(&mut self) -> Result<String, JsError> {
        Ok(self.0.challenge()?)
    }

    /// Signs the encrypted ballot, and wipes the key and all randomness.
    pub fn cast(&mut self, spec: u32, transaction: u32) -> Result<Signed, JsError> {
        let cast = self
            .0
            .cast(RuntimeVersion { spec, transaction }, &mut OsRng)?;
        Ok(Signed {
            extrinsic: text::hex(cast.extrinsic),
            tracker: text::hex(cast.tracker),
            account: text::hex(cast.account),
        })
    }

    /// Seals an extrinsic for relays. The path is JSON: url and public key of each, the first first.
    pub fn seal(&self, path: &str, extrinsic: &str) -> Result<Vec<u8>, JsError> {
        let relays: Vec<Relay> = serde_json::from_str(path)?;
        let hops = relays
            .iter()
            .map(|relay| {
                Ok(Hop {
                    public_key: text::array("public key of a relay", &relay.public_key)?,
                    address: &relay.url,
                })
            })
            .collect::<Result<Vec<_>, text::HexError>>()?;
        let extrinsic = text::bytes("extrinsic", extrinsic)?;
        Ok(self.0.seal(&hops, &extrinsic, &mut OsRng)?)
    }
}

/// A relay on the path.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relay {
    url: String,
    public_key: String,
}

/// Computes the ciphertexts of an opened ballot again; what they hold, as JSON.
#[wasm_bindgen]
pub fn check_ballot(opened: &str) -> Result<String, JsError> {
    let checked = OpenedBallot::from_text(opened)?.check()?;
    Ok(serde_json::to_string(&checked)?)
}

/// The state key of the authorities that finalise blocks.
#[wasm_bindgen]
pub fn authorities_key() -> String {
    text::hex(grandpa_key())
}

/// The state key of the register's page with a ballot.
#[wasm_bindgen]
pub fn ballot_key(election: u32, index: u32) -> String {
    text::hex(ballot_page_key(ElectionId(election), index))
}

/// Verifies a receipt; what it proves, as JSON.
#[wasm_bindgen]
pub fn verify_receipt(receipt: &str, genesis: &str, election: u32) -> Result<String, JsError> {
    let genesis = text::array("genesis", genesis)?;
    let included = Receipt::from_json(receipt)?.verify(genesis.into(), ElectionId(election))?;
    Ok(serde_json::to_string(&included)?)
}
