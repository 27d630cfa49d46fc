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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn points(values: &[u32]) -> Vec<RistrettoPoint> {
        values
            .iter()
            .map(|value| RistrettoPoint::mul_base(&Scalar::from(*value)))
            .collect()
    }

    #[test]
    fn finds_every_value_up_to_the_bound() {
        for bound in [0, 1, 2, 3, 15, 16, 17, 300] {
            let values: Vec<u32> = (0..=bound).collect();
            assert_eq!(discrete_logs(&points(&values), bound), Ok(values));
        }
    }

    #[test]
    fn names_the_first_value_above_the_bound() {
        for bound in [0, 1, 15, 16, 17, 300] {
            assert_eq!(discrete_logs(&points(&[bound, bound + 1]), bound), Err(1));
        }
        let negative = -RISTRETTO_BASEPOINT_POINT;
        assert_eq!(discrete_logs(&[negative], 1000), Err(0));
    }

    #[test]
    fn finds_more_than_one_round_of_giant_steps_away() {
        let bound = 400_000;
        assert_eq!(discrete_logs(&points(&[bound]), bound), Ok(vec![bound]));
        assert_eq!(discrete_logs(&points(&[bound + 1]), bound), Err(0));
    }

    #[test]
    fn nothing_has_no_logarithms() {
        assert_eq!(discrete_logs(&[], u32::MAX), Ok(vec![]));
    }

    #[test]
    fn the_table_is_bounded() {
        assert_eq!(baby_steps(16, 10_000), 400);
        assert_eq!(baby_steps(1024, u32::MAX), MAX_BABY_STEPS);
        assert_eq!(baby_steps(0, 0), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn finds_any_values(values in prop::collection::vec(0u32..5_000, 1..8), more in 0u32..1_000) {
            let bound = values.iter().max().copied().unwrap_or(0) + more;
            prop_assert_eq!(discrete_logs(&points(&values), bound), Ok(values));
        }
    }
}
