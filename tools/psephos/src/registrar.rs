//! A registrar's desk: account, one RSA key for each district, and the ledger of what was signed.
//!
//! The rule that everything here serves: for one voter number a registrar signs one request, and
//! only after the chain's finalised state shows that this registrar has recorded the issue
//! (PSE-CRD-3).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{anyhow, Context};
use psephos_client::{Inclusion, Node, Office};
use psephos_crypto::blind_signature::issuing::{BlindedMessage, RegistrarKey};
use psephos_primitives::{
    limits::MAX_VOTERS_PER_CALL,
    register::Participation,
    wire::{Call, VoterRegisterCall},
    DistrictId, ElectionId, Hash, Manifest, RegistrarIndex, VoterNumber,
};
use rand_core::OsRng;
use serde::{Deserialize, Serialize};
use sp_runtime::BoundedVec;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    cards::RegistrarCard,
    failure::{Failure, InputError, Result},
    files::{create_private, create_private_directory, replace_public},
    issuing_ledger::IssuingLedger,
    keys::{Vault, WorkFactor},
    passphrase::PassphraseSource,
    session::address,
};

/// Bits of a registrar's RSA keys.
const RSA_BITS: u32 = 2048;
const ACCOUNT_FILE: &str = "account.key";
const CREDENTIAL_KEYS_FILE: &str = "credential-keys.age";
const CARD_FILE: &str = "registrar.json";

/// PKCS #8 in hexadecimal, as it is sealed.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct StoredKey(String);

/// A registrar's secrets, opened.
pub struct RegistrarDesk {
    directory: PathBuf,
    vault: Vault,
    keys: BTreeMap<DistrictId, RegistrarKey>,
}

impl RegistrarDesk {
    /// Makes a registrar's account and keys in a new directory, and the card for the others.
    pub fn create(
        directory: &Path,
        name: &str,
        districts: &[DistrictId],
        passphrase: &PassphraseSource,
        work: WorkFactor,
    ) -> Result<RegistrarCard> {
        psephos_primitives::Text::new(name)
            .map_err(|error| InputError::new("--name", error.to_string()))?;
        create_private_directory(directory)?;
        let vault = Vault::generate(&directory.join(ACCOUNT_FILE), passphrase, work)?;
        let mut stored = BTreeMap::new();
        let mut card = RegistrarCard {
            name: name.into(),
            account: address(vault.signer().account()),
            keys: BTreeMap::new(),
        };
        for (district, key) in generate_keys(districts)? {
            let modulus = key.public_key().modulus;
            card.keys
                .insert(district, format!("0x{}", hex::encode(modulus)));
            let der = key.to_der().map_err(|error| anyhow!(error))?;
            stored.insert(district, StoredKey(hex::encode(&*der)));
        }
        let plain = Zeroizing::new(serde_json::to_vec(&stored).map_err(anyhow::Error::from)?);
        create_private(&directory.join(CREDENTIAL_KEYS_FILE), &vault.seal(&plain)?)?;
        let json = serde_json::to_string_pretty(&card).map_err(anyhow::Error::from)?;
        replace_public(&directory.join(CARD_FILE), format!("{json}\n").as_bytes())?;
        Ok(card)
    }

    /// Opens a registrar's directory.
    pub fn open(directory: &Path, passphrase: &PassphraseSource) -> Result<Self> {
        let vault = Vault::open(&directory.join(ACCOUNT_FILE), passphrase)?;
        let path = directory.join(CREDENTIAL_KEYS_FILE);
        let about = |reason: String| InputError::new(path.display().to_string(), reason);
        let sealed = crate::failure::read_input(&path)?;
        let plain = vault
            .unseal(&sealed)
            .map_err(|error| about(error.to_string()))?;
        let stored: BTreeMap<DistrictId, StoredKey> =
            serde_json::from_slice(&plain).map_err(|_| about("does not hold keys".into()))?;
        let mut keys = BTreeMap::new();
        for (district, der) in stored {
            let key = hex::decode(&der.0)
                .map(Zeroizing::new)
                .ok()
                .and_then(|der| RegistrarKey::from_der(&der).ok())
                .ok_or_else(|| about(format!("the key of district {district} is damaged")))?;
            keys.insert(district, key);
        }
        Ok(Self {
            directory: directory.into(),
            vault,
            keys,
        })
    }

    /// The account's key file, opened.
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// This registrar's place in an election; checks that the manifest names the very keys.
    pub fn index_in(&self, manifest: &Manifest) -> Result<RegistrarIndex, InputError> {
        let origin = self.directory.display().to_string();
        let account = self.vault.signer().account();
        let index = manifest.registrar_index(account).ok_or_else(|| {
            let message = format!("{} is no registrar of this election", address(account));
            InputError::new(&origin, message)
        })?;
        let named = &manifest.registrars[usize::from(index.get())].keys;
        for (district, public) in manifest.districts.iter().zip(named) {
            if self
                .keys
                .get(&district.id)
                .map(RegistrarKey::public_key)
                .as_ref()
                != Some(public)
            {
                let message = format!(
                    "the manifest names another key for district {}",
                    district.id
                );
                return Err(InputError::new(&origin, message));
            }
        }
        Ok(index)
    }

    /// The ledger of one election. Only one process can hold it.
    pub fn ledger(&self, genesis: Hash, election: ElectionId) -> anyhow::Result<IssuingLedger> {
        let name = format!("issued-{}-{election}.jsonl", hex::encode(&genesis.0[..4]));
        IssuingLedger::open(&self.directory.join(name))
    }

    /// Signs a request, whatever the ledger says: the caller has asked it (PSE-CRD-3).
    pub fn blind_sign(&self, district: DistrictId, blinded: &BlindedMessage) -> Result<Vec<u8>> {
        let key = self.keys.get(&district).ok_or_else(|| {
            let message = format!("holds no key for district {district}");
            InputError::new(self.directory.display().to_string(), message)
        })?;
        key.blind_sign(blinded)
            .map_err(|error| InputError::new("blinded message", error.to_string()).into())
    }
}

impl core::fmt::Debug for RegistrarDesk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RegistrarDesk")
            .field("directory", &self.directory)
            .field("vault", &self.vault)
            .field("keys", &"<redacted>")
            .finish()
    }
}

/// Several at a time: finding a 2048-bit key takes a second or so.
fn generate_keys(districts: &[DistrictId]) -> Result<Vec<(DistrictId, RegistrarKey)>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = districts.len().div_ceil(cores).max(1);
    let generate = |part: &[DistrictId]| {
        part.iter()
            .map(|district| Ok((*district, RegistrarKey::generate(RSA_BITS, &mut OsRng)?)))
            .collect::<anyhow::Result<Vec<_>>>()
    };
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = districts
            .chunks(share)
            .map(|part| scope.spawn(move || generate(part)))
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .map_err(|_| anyhow!("a key could not be made"))?
            })
            .collect::<anyhow::Result<Vec<_>>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

/// Records that these voters take part (PSE-REG-2), as many in one extrinsic as may be.
pub async fn participate(
    office: &Office,
    election: ElectionId,
    voters: &[Participation],
) -> Result<Vec<Inclusion>> {
    let calls = voters.chunks(MAX_VOTERS_PER_CALL as usize).map(|chunk| {
        let voters = BoundedVec::truncate_from(chunk.to_vec());
        Call::VoterRegister(VoterRegisterCall::Participate { election, voters })
    });
    Ok(office
        .perform_all(calls.collect())
        .await
        .context("recording participation")?)
}

/// Records that credentials are about to be signed for these voters (PSE-REG-4).
pub async fn issue(
    office: &Office,
    election: ElectionId,
    voters: &[VoterNumber],
) -> Result<Vec<Inclusion>> {
    let calls = voters.chunks(MAX_VOTERS_PER_CALL as usize).map(|chunk| {
        let voters = BoundedVec::truncate_from(chunk.to_vec());
        Call::VoterRegister(VoterRegisterCall::Issue { election, voters })
    });
    Ok(office
        .perform_all(calls.collect())
        .await
        .context("recording issues")?)
}

/// Whether the finalised chain shows that this registrar recorded the issue for this voter in this
/// district (PSE-CRD-3).
pub async fn check_recorded(
    node: &Node,
    election: ElectionId,
    registrar: RegistrarIndex,
    voter: VoterNumber,
    district: DistrictId,
) -> Result<()> {
    let record = node.elections().await?.voter(election, voter).await?;
    let reason = match record {
        None => "is not in the register".into(),
        Some(record) if record.district != district => {
            format!("votes in district {}, not in {district}", record.district)
        }
        Some(record) if !record.participating => "does not take part".into(),
        Some(record) if record.issued_by & registrar.bit() == 0 => {
            "has no issue recorded by this registrar in a finalised block".into()
        }
        Some(_) => return Ok(()),
    };
    Err(Failure::verdict(format!("voter {voter} {reason}")))
}
