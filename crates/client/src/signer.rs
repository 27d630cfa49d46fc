//! An sr25519 key that signs extrinsics.

use core::str::FromStr;

use psephos_primitives::{
    wire::{signing_payload, Call, Extra, Extrinsic, Implicit},
    AccountId,
};
use rand_core::{OsRng, RngCore};
use sp_core::sr25519::Signature;
use sp_runtime::MultiSignature;
use subxt_signer::{sr25519::Keypair, SecretUri};
use zeroize::{Zeroize, Zeroizing};

/// A one-time account of a voter, or an official's account. The secret is wiped when it is dropped.
#[derive(Clone)]
pub struct Signer {
    keypair: Keypair,
    account: AccountId,
}

/// Why a secret is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignerError {
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(String),
    /// 32 bytes that are no seed.
    #[error("these 32 bytes are no sr25519 seed")]
    Seed,
    /// Neither a mnemonic, a hexadecimal seed nor a derivation path.
    #[error("this is no secret URI (mnemonic or 0x-seed, then //hard/soft junctions): {0}")]
    Uri(String),
}

impl Signer {
    /// A fresh key from the operating system's randomness, with its seed.
    pub fn generate() -> Result<(Self, Zeroizing<[u8; 32]>), SignerError> {
        let mut seed = Zeroizing::new([0; 32]);
        OsRng
            .try_fill_bytes(seed.as_mut())
            .map_err(|error| SignerError::Randomness(error.to_string()))?;
        Ok((Self::from_seed(&seed)?, seed))
    }

    /// The key with this seed.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, SignerError> {
        let mut copy = *seed;
        let keypair = Keypair::from_secret_key(copy).map_err(|_| SignerError::Seed);
        copy.zeroize();
        keypair.map(Self::from_keypair)
    }

    /// The key with this secret URI: `//Alice`, `word word …//path`, `0x…`.
    pub fn from_uri(uri: &str) -> Result<Self, SignerError> {
        let uri = SecretUri::from_str(uri).map_err(|error| SignerError::Uri(error.to_string()))?;
        Keypair::from_uri(&uri)
            .map(Self::from_keypair)
            .map_err(|error| SignerError::Uri(error.to_string()))
    }

    fn from_keypair(keypair: Keypair) -> Self {
        let account = AccountId::new(keypair.public_key().0);
        Self { keypair, account }
    }

    /// The account that this key signs for.
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// A signed extrinsic of version 4 (PSE-WIR-1, PSE-WIR-2).
    pub fn sign(&self, call: Call, extra: Extra, implicit: &Implicit) -> Extrinsic {
        let payload = signing_payload(&call, &extra, implicit);
        let signature = self.keypair.sign(&payload).0;
        Extrinsic::Signed {
            signer: self.account.clone(),
            signature: MultiSignature::Sr25519(Signature::from_raw(signature)),
            extra,
            call,
        }
    }
}

impl core::fmt::Debug for Signer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Signer")
            .field("account", &self.account)
            .field("secret", &"<redacted>")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::wire::TimestampCall;
    use sp_core::{sr25519, Pair};
    use sp_runtime::{generic::Era, traits::Verify};

    #[test]
    fn development_keys_are_those_of_the_platform() {
        for uri in [
            "//Alice",
            "//Bob//stash",
            "bottom drive obey lake curtain smoke basket hold race lonely fit walk",
        ] {
            let ours = Signer::from_uri(uri).expect("is a secret URI");
            let theirs = sr25519::Pair::from_string(uri, None).expect("is a secret URI");
            assert_eq!(
                AsRef::<[u8; 32]>::as_ref(ours.account()),
                &theirs.public().0
            );
        }
    }

    #[test]
    fn the_seed_leads_back_to_the_key() {
        let (signer, seed) = Signer::generate().expect("the system has randomness");
        let again = Signer::from_seed(&seed).expect("is a seed");
        assert_eq!(signer.account(), again.account());
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        assert!(matches!(
            Signer::from_uri("no such words"),
            Err(SignerError::Uri(_))
        ));
        assert!(matches!(
            Signer::from_uri("0x1234"),
            Err(SignerError::Uri(_))
        ));
    }

    #[test]
    fn debug_shows_no_secret() {
        let alice = Signer::from_uri("//Alice").expect("is a secret URI");
        let shown = format!("{alice:?}");
        assert!(shown.ends_with("secret: \"<redacted>\" }"), "{shown}");
    }

    #[test]
    fn signatures_verify_under_the_account() {
        let alice = Signer::from_uri("//Alice").expect("is a secret URI");
        let call = Call::Timestamp(TimestampCall::Set { now: 1 });
        let extra = Extra {
            era: Era::Immortal,
            nonce: 3,
        };
        let implicit = Implicit {
            spec_version: 1,
            transaction_version: 1,
            genesis_hash: [1; 32].into(),
            mortality_hash: [1; 32].into(),
        };
        let payload = signing_payload(&call, &extra, &implicit);
        let Extrinsic::Signed {
            signature, signer, ..
        } = alice.sign(call, extra, &implicit)
        else {
            panic!("a signer signs");
        };
        assert!(signature.verify(&payload[..], &signer));
    }
}
