//! Encryption under the election key.

use std::sync::{Arc, LazyLock, OnceLock};

use curve25519_dalek::{
    ristretto::{RistrettoBasepointTable, RistrettoPoint},
    scalar::Scalar,
};

use super::{Ciphertext, ElectionKey};
use crate::group::EncodedPoint;

/// Multiples of the election key, made when first needed: a verifier never pays for them.
#[derive(Clone, Default)]
pub(super) struct KeyTable(OnceLock<Arc<RistrettoBasepointTable>>);

impl ElectionKey {
    /// `scalar·Y`, in constant time.
    pub(crate) fn times(&self, scalar: &Scalar) -> RistrettoPoint {
        let table = self
            .table
            .0
            .get_or_init(|| Arc::new(RistrettoBasepointTable::create(&self.point)));
        &**table * scalar
    }
}

/// `(r·G, r·Y + v·G)`, in constant time.
pub fn encrypt(key: &ElectionKey, value: u32, randomness: &Scalar) -> Ciphertext {
    let r = RistrettoPoint::mul_base(randomness);
    let c = key.times(randomness) + RistrettoPoint::mul_base(&Scalar::from(value));
    Ciphertext {
        r: (&r).into(),
        c: (&c).into(),
    }
}

/// `1/2`, by which scalars are multiplied before points are compressed many at a time.
static HALF: LazyLock<Scalar> = LazyLock::new(|| Scalar::from(2u8).invert());

/// Collects halves of points and compresses their doubles with one inversion for all of them.
#[derive(Default)]
pub(crate) struct HalfPoints(Vec<RistrettoPoint>);

impl HalfPoints {
    /// Adds `scalar·G`.
    pub fn push_base(&mut self, scalar: &Scalar) {
        self.0.push(RistrettoPoint::mul_base(&(scalar * *HALF)));
    }

    /// Adds `scalar·Y + offset·G`.
    pub fn push_key(&mut self, key: &ElectionKey, scalar: &Scalar, offset: &Scalar) {
        let on_key = key.times(&(scalar * *HALF));
        self.0
            .push(on_key + RistrettoPoint::mul_base(&(offset * *HALF)));
    }

    /// The encodings, in the order in which the points were added.
    pub fn compress(&self) -> impl Iterator<Item = EncodedPoint> {
        RistrettoPoint::double_and_compress_batch(&self.0)
            .into_iter()
            .map(|compressed| EncodedPoint(compressed.to_bytes()))
    }
}
