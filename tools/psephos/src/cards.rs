//! Public cards: what officials hand to whoever creates an election.

use std::{collections::BTreeMap, path::Path};

use psephos_crypto::blind_signature::RsaPublicKey;
use psephos_primitives::{limits::MAX_DISTRICTS, AccountId, DistrictId, Registrar, Text, Trustee};
use serde::{Deserialize, Serialize};
use sp_core::crypto::Ss58Codec;
use sp_runtime::BoundedVec;

use crate::{
    failure::{read_input_text, InputError},
    strict_json::parse,
};

/// A trustee's public card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrusteeCard {
    /// Person or organisation.
    pub name: String,
    /// The account, as an SS58 address.
    pub account: String,
}

/// A registrar's public card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrarCard {
    /// Person or organisation.
    pub name: String,
    /// The account, as an SS58 address.
    pub account: String,
    /// For each district the modulus of its RSA key, big-endian, in hexadecimal.
    pub keys: BTreeMap<DistrictId, String>,
}

impl TrusteeCard {
    /// Reads and checks a card.
    pub fn read(path: &Path) -> Result<Trustee, InputError> {
        let origin = path.display().to_string();
        let card: Self = parse(&origin, &read_input_text(path)?, &[])?;
        Ok(Trustee {
            name: name(&origin, &card.name)?,
            account: account(&origin, &card.account)?,
        })
    }
}

impl RegistrarCard {
    /// Reads and checks a card against an election's districts.
    pub fn read(path: &Path, districts: &[DistrictId]) -> Result<Registrar, InputError> {
        let origin = path.display().to_string();
        let card: Self = parse(&origin, &read_input_text(path)?, &[])?;
        if let Some(unknown) = card.keys.keys().find(|id| !districts.contains(id)) {
            let message = "the election has no district with this number";
            return Err(InputError::at(
                &origin,
                format!("$.keys.{unknown}"),
                message,
            ));
        }
        let keys = districts
            .iter()
            .map(|district| rsa_key(&origin, *district, card.keys.get(district)))
            .collect::<Result<Vec<_>, _>>()?;
        let keys = BoundedVec::try_from(keys).map_err(|_| {
            InputError::at(
                &origin,
                "$.keys",
                format!("more than {MAX_DISTRICTS} districts"),
            )
        })?;
        Ok(Registrar {
            name: name(&origin, &card.name)?,
            account: account(&origin, &card.account)?,
            keys,
        })
    }
}

fn name(origin: &str, text: &str) -> Result<Text, InputError> {
    Text::new(text).map_err(|error| InputError::at(origin, "$.name", error.to_string()))
}

fn account(origin: &str, address: &str) -> Result<AccountId, InputError> {
    AccountId::from_ss58check(address).map_err(|error| {
        InputError::at(
            origin,
            "$.account",
            format!("{address:?} is no account: {error}"),
        )
    })
}

fn rsa_key(
    origin: &str,
    district: DistrictId,
    modulus: Option<&String>,
) -> Result<RsaPublicKey, InputError> {
    let about = |message: String| InputError::at(origin, format!("$.keys.{district}"), message);
    let modulus = modulus.ok_or_else(|| about("there is no key for this district".into()))?;
    let bytes = modulus
        .strip_prefix("0x")
        .and_then(|digits| hex::decode(digits).ok())
        .ok_or_else(|| about("is not hexadecimal with 0x in front".into()))?;
    let length = bytes.len();
    let key = BoundedVec::try_from(bytes)
        .map(|modulus| RsaPublicKey { modulus })
        .map_err(|_| about(format!("{length} bytes are more than RSA 4096 has")))?;
    key.validate().map_err(|error| about(error.to_string()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, Value};

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    fn registrar(card: Value) -> Result<usize, String> {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), card.to_string()).expect("writable");
        let prefix = format!("{}: ", file.path().display());
        RegistrarCard::read(file.path(), &[DistrictId(1), DistrictId(4)])
            .map(|registrar| registrar.keys.len())
            .map_err(|error| error.to_string().replacen(&prefix, "", 1))
    }

    fn modulus() -> String {
        format!("0x{}", "c1".repeat(256))
    }

    #[test]
    fn a_registrar_needs_one_key_for_each_district() {
        let card = |keys: Value| json!({ "name": "City", "account": ALICE, "keys": keys });
        assert_eq!(
            registrar(card(json!({ "1": modulus(), "4": modulus() }))),
            Ok(2)
        );
        assert_eq!(
            registrar(card(json!({ "1": modulus() }))),
            Err("$.keys.4: there is no key for this district".into())
        );
        assert_eq!(
            registrar(card(
                json!({ "1": modulus(), "4": modulus(), "5": modulus() })
            )),
            Err("$.keys.5: the election has no district with this number".into())
        );
        assert_eq!(
            registrar(card(json!({ "1": "c1c1", "4": modulus() }))),
            Err("$.keys.1: is not hexadecimal with 0x in front".into())
        );
        assert_eq!(
            registrar(card(json!({ "1": "0xc1c1", "4": modulus() }))),
            Err("$.keys.1: a modulus of 2 bytes, not 256 to 512".into())
        );
    }

    #[test]
    fn a_mistyped_account_is_noticed() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        let address = ALICE.replace("5Grw", "5Grv");
        let card = json!({ "name": "A", "account": address }).to_string();
        std::fs::write(file.path(), card).expect("writable");
        let error = TrusteeCard::read(file.path())
            .map(|_| ())
            .map_err(|e| (e.place, e.message));
        let message = format!("{address:?} is no account: Invalid checksum");
        assert_eq!(error, Err((Some("$.account".into()), message)));
    }
}
