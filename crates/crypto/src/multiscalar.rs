//! Many equations verified as one multiscalar multiplication.

use alloc::vec::Vec;

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{IsIdentity, VartimeMultiscalarMul},
};

/// A sum of multiples of group elements that is the identity if every equation added to it holds.
///
/// Two bases occur in every equation, the generator and a key; their coefficients are summed up
/// first, so that each costs one point.
pub(crate) struct Combination {
    key: RistrettoPoint,
    generator_scalar: Scalar,
    key_scalar: Scalar,
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

impl Combination {
    /// An empty sum, which is the identity, with room for this many points.
    pub fn new(key: RistrettoPoint, points: usize) -> Self {
        // The two bases are added at the end.
        let capacity = points.saturating_add(2);
        Self {
            key,
            generator_scalar: Scalar::ZERO,
            key_scalar: Scalar::ZERO,
            scalars: Vec::with_capacity(capacity),
            points: Vec::with_capacity(capacity),
        }
    }

    /// Adds `scalar·G`.
    pub fn add_generator(&mut self, scalar: Scalar) {
        self.generator_scalar += scalar;
    }

    /// Adds `scalar·key`.
    pub fn add_key(&mut self, scalar: Scalar) {
        self.key_scalar += scalar;
    }

    /// Adds `scalar·point`.
    pub fn add(&mut self, scalar: Scalar, point: RistrettoPoint) {
        self.scalars.push(scalar);
        self.points.push(point);
    }

    /// Whether the sum is the identity.
    pub fn vanishes(mut self) -> bool {
        self.add(self.generator_scalar, RISTRETTO_BASEPOINT_POINT);
        self.add(self.key_scalar, self.key);
        RistrettoPoint::vartime_multiscalar_mul(&self.scalars, &self.points).is_identity()
    }
}
