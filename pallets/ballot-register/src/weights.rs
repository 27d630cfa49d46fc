//! What the calls cost, and that the heaviest fit into a block.
//!
//! The numbers are upper bounds for a runtime that is executed as wasm on one core: by a fifth and
//! more above what `scripts/bench weights` measures (docs/figures.md), which fails where they are
//! not; `benchmarking.rs` measures the same formulas natively. What a ballot costs at *admission* is
//! part of the weight of `cast`: the transaction extension that admits it declares none.

use core::marker::PhantomData;
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use psephos_crypto::blind_signature::MIN_MODULUS_BYTES;
use psephos_primitives::{
    limits::{
        BLOCK_MILLISECONDS, MAX_BALLOTS_PER_DISTRICT, MAX_CONTESTS, MAX_DISTRICTS,
        MAX_ELECTIONS_PER_BLOCK, MAX_OPTIONS, MAX_REGISTRARS, MAX_TRUSTEES,
    },
    Ballot, Credential, DistrictId, ElectionId,
};

use crate::{ballot_box::MAX_POSITIONS, CastCounts, Config};

/// What the calls cost.
pub trait WeightInfo {
    /// Admission and recording of a ballot with so many contests, options and branches of sum
    /// proofs, and a credential that costs as much as so many RSA-2048 verifications.
    fn cast(verifications: u32, contests: u32, options: u32, branches: u32) -> Weight;
    /// Verifying a trustee's shares of so many sums, one by one where they do not hold together.
    fn verify_shares(positions: u32) -> Weight;
    /// Decrypting so many sums with the shares of so many trustees, the counts found in so many
    /// steps, baby and giant.
    fn decrypt(positions: u32, threshold: u32, steps: u32) -> Weight;
    /// Publishing the result of so many districts.
    fn publish(districts: u32) -> Weight;
    /// Closing an election of so many districts, its publication not included.
    fn close(districts: u32) -> Weight;
    /// Discarding the ciphertexts of so many ballots.
    fn discard(entries: u32) -> Weight;
}

/// One microsecond of computing.
const MICROSECOND: u64 = 1_000_000;

/// Signature recovery aside, which every transaction pays: hashes, decoding, the fixed points of the
/// multiscalar multiplication and what is allocated.
const CAST: u64 = 500 * MICROSECOND;
/// An RSA-2048 public operation with its padding.
const VERIFICATION: u64 = 1_200 * MICROSECOND;
/// Decoding a contest and one clone of its transcript.
const CONTEST: u64 = 40 * MICROSECOND;
/// Six points at 34 µs to decode and to multiply, 40 µs of transcript, and ciphertexts that are
/// added to the sums and taken out again: eight points decoded, four encoded.
const OPTION: u64 = 360 * MICROSECOND;
/// Two points at 34 µs and 22 µs of transcript.
const BRANCH: u64 = 90 * MICROSECOND;
/// Context, keys and the fixed points of a batch of shares.
const SHARES: u64 = 400 * MICROSECOND;
/// Six points decoded, five multiplied together and, where that fails, once more alone.
const SHARE: u64 = 520 * MICROSECOND;
/// Decoding and multiplying the share of one trustee in one sum.
const INTERPOLATION: u64 = 38 * MICROSECOND;
/// A step of the discrete logarithm: addition, its part of a batched encoding, a look-up.
const STEP: u64 = 6 * MICROSECOND;
/// Encoding and decoding the largest outcome of a district: 1,024 counts.
const OUTCOME: u64 = 30 * MICROSECOND;

/// Weights of a runtime with its own prices for storage.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn cast(verifications: u32, contests: u32, options: u32, branches: u32) -> Weight {
        compute(&[
            (CAST, 1),
            (VERIFICATION, verifications),
            (CONTEST, contests),
            (OPTION, options),
            (BRANCH, branches),
        ])
        .saturating_add(T::DbWeight::get().reads_writes(18, 8))
    }

    fn verify_shares(positions: u32) -> Weight {
        compute(&[(SHARES, 1), (SHARE, positions)])
            .saturating_add(T::DbWeight::get().reads_writes(10, 3))
    }

    fn decrypt(positions: u32, threshold: u32, steps: u32) -> Weight {
        let trustees = u64::from(MAX_TRUSTEES);
        let (reads, writes) = (trustees.saturating_add(6), trustees.saturating_add(3));
        compute(&[
            (INTERPOLATION, positions.saturating_mul(threshold)),
            (STEP, steps),
            (OUTCOME, 1),
        ])
        .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
    }

    fn publish(districts: u32) -> Weight {
        // Every official leaves office, and the count of open elections changes.
        let officials = u64::from(MAX_TRUSTEES + MAX_REGISTRARS);
        let reads = u64::from(districts)
            .saturating_add(officials)
            .saturating_add(5);
        let writes = officials.saturating_add(5);
        compute(&[(OUTCOME, districts)])
            .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
    }

    fn close(districts: u32) -> Weight {
        let each = u64::from(districts).saturating_mul(2);
        let (reads, writes) = (each.saturating_add(3), each.saturating_add(2));
        compute(&[(OUTCOME, districts)])
            .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
    }

    fn discard(entries: u32) -> Weight {
        let entries = u64::from(entries).saturating_add(1);
        T::DbWeight::get().reads_writes(entries, entries)
    }
}

fn compute(costs: &[(u64, u32)]) -> Weight {
    let time = costs.iter().fold(0u64, |time, (cost, times)| {
        time.saturating_add(cost.saturating_mul(u64::from(*times)))
    });
    Weight::from_parts(time, 0)
}

/// The weight of casting this ballot with this credential.
pub(crate) fn cast<T: Config>(credential: &Credential, ballot: &Ballot) -> Weight {
    let verifications = credential
        .iter()
        .map(|signature| verifications(signature.signature.signature.len()))
        .fold(0u32, u32::saturating_add);
    let options: usize = ballot
        .contests
        .iter()
        .map(|contest| contest.selections.len())
        .sum();
    let branches: usize = ballot
        .contests
        .iter()
        .map(|contest| contest.sum_proof.len())
        .sum();
    <T as Config>::WeightInfo::cast(
        verifications,
        ballot.contests.len() as u32,
        options as u32,
        branches as u32,
    )
}

/// RSA-2048 verifications that cost as much as one of a signature of so many bytes: the work grows
/// with the square of the length.
fn verifications(signature_bytes: usize) -> u32 {
    let length = (signature_bytes as u32).div_ceil(MIN_MODULUS_BYTES);
    length.saturating_mul(length)
}

/// The weight of shares that are verified and do not decrypt the district.
pub(crate) fn verify_shares<T: Config>(positions: u32) -> Weight {
    <T as Config>::WeightInfo::verify_shares(positions)
}

/// The weight of so many shares for a district, if they are the last that it needs and it is the
/// last district.
///
/// Read from the state, since it varies by a factor of thousands with ballots and threshold; and at
/// most what one call may weigh, since a trustee's shares must never be too heavy for every block:
/// the largest tally that the limits allow takes one block of its own (see
/// [`assert_that_the_heaviest_calls_fit`]).
pub(crate) fn submit_shares<T: Config>(
    election: ElectionId,
    district: DistrictId,
    positions: u32,
) -> Weight {
    let Some(terms) = pallet_elections::Pallet::<T>::terms(election) else {
        return verify_shares::<T>(positions);
    };
    let ballots = CastCounts::<T>::get(election, district);
    let districts = pallet_elections::Pallet::<T>::district_ids(election).len() as u32;
    let weight = tally::<T>(positions, u32::from(terms.threshold), ballots, districts);
    let limits = <T as frame_system::Config>::BlockWeights::get();
    match limits.get(DispatchClass::Operational).max_extrinsic {
        Some(most) => weight.min(most.saturating_sub(Weight::from_parts(EXTENSIONS, 0))),
        None => weight,
    }
}

/// What the transaction extensions may weigh, which count against the same limit as the call.
const EXTENSIONS: u64 = 5_000 * MICROSECOND;

fn tally<T: Config>(positions: u32, threshold: u32, ballots: u32, districts: u32) -> Weight {
    verify_shares::<T>(positions)
        .saturating_add(<T as Config>::WeightInfo::decrypt(
            positions,
            threshold,
            logarithm_steps(positions, ballots),
        ))
        .saturating_add(<T as Config>::WeightInfo::publish(districts))
}

/// Steps, baby and giant, that it takes to find so many counts (PSE-DEC-5).
fn logarithm_steps(positions: u32, ballots: u32) -> u32 {
    let work = u64::from(positions).saturating_mul(u64::from(ballots));
    let baby = work.isqrt().clamp(1, 1 << 16);
    let giant = (u64::from(ballots) / baby).saturating_add(1);
    u32::try_from(baby.saturating_add(giant.saturating_mul(u64::from(positions))))
        .unwrap_or(u32::MAX)
}

/// The weight of closing an election, with the result where nothing is left to decrypt.
pub(crate) fn close<T: Config>(districts: u32) -> Weight {
    <T as Config>::WeightInfo::close(districts)
        .saturating_add(<T as Config>::WeightInfo::publish(districts))
}

/// Bytes of the longest ballot of all: every limit at its largest.
const LONGEST_BALLOT: u32 =
    MAX_POSITIONS * (64 + 224) + MAX_POSITIONS * 128 + MAX_REGISTRARS * (33 + 2 + 512) + 512;

const _: () = assert!(
    LONGEST_BALLOT < 1024 * 1024,
    "a ballot must not fill a block"
);

/// Checks that nothing that the limits allow is too heavy or too long for a block.
///
/// Called by the runtime's integrity test, so a runtime with smaller blocks does not pass its tests.
pub fn assert_that_the_heaviest_calls_fit<T: Config>() {
    let weights = <T as frame_system::Config>::BlockWeights::get();
    let ballot = <T as Config>::WeightInfo::cast(
        MAX_REGISTRARS.saturating_mul(verifications(512)),
        MAX_CONTESTS,
        MAX_POSITIONS,
        MAX_CONTESTS.saturating_mul(MAX_OPTIONS),
    );
    let most = weights
        .get(DispatchClass::Normal)
        .max_extrinsic
        .unwrap_or(weights.max_block);
    assert!(
        ballot.all_lte(most),
        "the heaviest ballot, {ballot}, must fit into {most}"
    );

    let lengths = <T as frame_system::Config>::BlockLength::get();
    let longest = *lengths.max.get(DispatchClass::Normal);
    assert!(
        LONGEST_BALLOT <= longest,
        "the longest ballot must fit into {longest} bytes"
    );

    let slot = BLOCK_MILLISECONDS
        .saturating_mul(1_000)
        .saturating_mul(MICROSECOND);
    let tally = tally::<T>(
        MAX_POSITIONS,
        MAX_TRUSTEES,
        MAX_BALLOTS_PER_DISTRICT,
        MAX_DISTRICTS,
    );
    assert!(
        tally.ref_time() <= slot,
        "the largest tally, {tally}, must end within its slot"
    );

    let closing = close::<T>(MAX_DISTRICTS).saturating_mul(u64::from(MAX_ELECTIONS_PER_BLOCK));
    let quarter = weights.max_block.saturating_div(4);
    assert!(
        closing.ref_time() <= quarter.ref_time(),
        "closing, {closing}, must leave room"
    );
}
