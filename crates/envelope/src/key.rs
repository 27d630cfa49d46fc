//! The key that a relay opens envelopes with.

use core::convert::Infallible;

use hpke::{
    kem::X25519HkdfSha256,
    rand_core::{TryCryptoRng, TryRng},
    Deserializable, Kem, Serializable,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

pub(crate) type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;

/// An X25519 key of a relay. The secret is wiped when it is dropped, and never printed.
pub struct RelayKey(PrivateKey);

impl RelayKey {
    /// Makes a key.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let (private_key, _) = X25519HkdfSha256::gen_keypair_with_rng(&mut Modern(rng));
        Self(private_key)
    }

    /// From a file; `None` for what is no X25519 key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        PrivateKey::from_bytes(bytes).ok().map(Self)
    }

    /// For a file that only the relay can read.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// What senders seal to.
    pub fn public_key(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into()
    }

    pub(crate) const fn private_key(&self) -> &PrivateKey {
        &self.0
    }
}

impl core::fmt::Debug for RelayKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RelayKey(…)")
    }
}

/// A generator of `rand_core` 0.6, as our callers have, for HPKE, which wants one of 0.10.
pub(crate) struct Modern<'a, R>(pub &'a mut R);

impl<R: RngCore> TryRng for Modern<'_, R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: RngCore + CryptoRng> TryCryptoRng for Modern<'_, R> {}
