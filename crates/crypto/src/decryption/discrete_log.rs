//! Small discrete logarithms by baby steps and giant steps.

use alloc::{collections::BTreeMap, vec::Vec};

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT, ristretto::RistrettoPoint, scalar::Scalar,
    traits::Identity,
};

/// The largest table of baby steps: at about 50 bytes an entry it stays below 4 MB in a runtime.
const MAX_BABY_STEPS: u32 = 1 << 16;

/// Giant steps that are compressed together: enough to share the cost of one inversion.
const GIANT_STEPS_AT_A_TIME: u32 = 256;

/// Finds `v` with `v·G` equal to each of the points, `0 ≤ v ≤ bound`; or names the first without.
///
/// Points are compared by the encoding of their *double*, since doubles can be compressed many at a
/// time with one inversion, and doubling is a bijection on a group of prime order.
pub(super) fn discrete_logs(points: &[RistrettoPoint], bound: u32) -> Result<Vec<u32>, u32> {
    let steps = baby_steps(points.len(), bound);
    let table = baby_step_table(steps);
    let giant_step = RISTRETTO_BASEPOINT_POINT * Scalar::from(steps);
    (0u32..)
        .zip(points)
        .map(|(position, point)| search(&table, &giant_step, steps, *point, bound).ok_or(position))
        .collect()
}

/// All points share one table, so the work, `steps + points·bound/steps`, is least at √(points·bound).
fn baby_steps(points: usize, bound: u32) -> u32 {
    let work = (points as u64).saturating_mul(u64::from(bound));
    let steps = work.isqrt().clamp(1, u64::from(MAX_BABY_STEPS));
    steps as u32
}

/// The encodings of `2·j·G` for every baby step `j`.
fn baby_step_table(steps: u32) -> BTreeMap<[u8; 32], u32> {
    doubled_encodings(RistrettoPoint::identity(), RISTRETTO_BASEPOINT_POINT, steps)
        .zip(0..)
        .collect()
}

fn search(
    table: &BTreeMap<[u8; 32], u32>,
    giant_step: &RistrettoPoint,
    steps: u32,
    point: RistrettoPoint,
    bound: u32,
) -> Option<u32> {
    let giant_steps = bound / steps + 1;
    let mut from = point;
    let mut done = 0;
    while done < giant_steps {
        let now = GIANT_STEPS_AT_A_TIME.min(giant_steps - done);
        for (encoding, giant) in doubled_encodings(from, -giant_step, now).zip(done..) {
            if let Some(baby) = table.get(&encoding) {
                let value = giant.checked_mul(steps)?.checked_add(*baby)?;
                return (value <= bound).then_some(value);
            }
        }
        from -= giant_step * Scalar::from(now);
        done += now;
    }
    None
}

/// The encodings of the doubles of `start`, `start + step`, `start + 2·step`, …
fn doubled_encodings(
    start: RistrettoPoint,
    step: RistrettoPoint,
    count: u32,
) -> impl Iterator<Item = [u8; 32]> {
    let points: Vec<RistrettoPoint> =
        core::iter::successors(Some(start), |point| Some(point + step))
            .take(count as usize)
            .collect();
    RistrettoPoint::double_and_compress_batch(&points)
        .into_iter()
        .map(|encoding| encoding.to_bytes())
}
