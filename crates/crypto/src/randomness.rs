//! One source of randomness for crates that want different versions of `rand_core`.

use core::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use rand_core::{CryptoRng, RngCore};

/// A generator of `rand_core` 0.6, as our callers have, for crates that want one of 0.10.
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
