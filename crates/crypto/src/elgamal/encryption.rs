//! Encryption under the election key.

use std::sync::{Arc, LazyLock, OnceLock};

use curve25519_dalek::{
    ristretto::{RistrettoBasepointTable, RistrettoPoint},
    scalar::Scalar,
    traits::Identity,
};
use subtle::{Choice, ConditionallySelectable};

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

/// `G/2`
static HALF_GENERATOR: LazyLock<RistrettoPoint> = LazyLock::new(|| RistrettoPoint::mul_base(&HALF));

/// Half of a point: what [`HalfPoints`] collects.
#[derive(Clone, Copy)]
pub(crate) struct HalfPoint(RistrettoPoint);

impl HalfPoint {
    /// Half of the identity, which is the identity.
    pub fn identity() -> Self {
        Self(RistrettoPoint::identity())
    }

    /// Half of `G`.
    pub fn generator() -> Self {
        Self(*HALF_GENERATOR)
    }

    /// Half of `scalar·G`.
    pub fn times_generator(scalar: &Scalar) -> Self {
        Self(RistrettoPoint::mul_base(&(scalar * *HALF)))
    }

    /// This point if `choice` is 1, otherwise the identity.
    pub fn only_if(&self, choice: Choice) -> Self {
        Self(RistrettoPoint::conditional_select(
            &RistrettoPoint::identity(),
            &self.0,
            choice,
        ))
    }
}

/// Collects halves of points and compresses their doubles with one inversion for all of them.
#[derive(Default)]
pub(crate) struct HalfPoints(Vec<RistrettoPoint>);

impl HalfPoints {
    /// Adds `scalar·G`.
    pub fn push_base(&mut self, scalar: &Scalar) {
        self.0.push(HalfPoint::times_generator(scalar).0);
    }

    /// Adds `scalar·Y` and what `offset` is half of.
    pub fn push_key(&mut self, key: &ElectionKey, scalar: &Scalar, offset: HalfPoint) {
        self.0.push(key.times(&(scalar * *HALF)) + offset.0);
    }

    /// The encodings, in the order in which the points were added.
    pub fn compress(&self) -> impl Iterator<Item = EncodedPoint> {
        RistrettoPoint::double_and_compress_batch(&self.0)
            .into_iter()
            .map(|compressed| EncodedPoint(compressed.to_bytes()))
    }
}
