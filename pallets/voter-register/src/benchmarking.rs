//! Benchmarks.

use alloc::{boxed::Box, vec::Vec};

use frame_benchmarking::{v2::*, BenchmarkError};
use frame_support::traits::{EnsureOrigin, Get};
use frame_system::RawOrigin;
use pallet_elections::sample::{registrar, Shape};
use psephos_primitives::{
    limits::{MAX_DISTRICTS, MAX_VOTERS_PER_CALL},
    register::{Participation, VoterRecord},
    BlockNumber, BlockRange, DistrictId,
};
use sp_runtime::{BoundedVec, DispatchError};

use crate::*;

/// The block of every benchmark that concerns registration; voting opens in the next.
const REGISTERING: BlockNumber = 1_000_000;
const VOTING: BlockNumber = REGISTERING + 1;

fn stop(_: DispatchError) -> BenchmarkError {
    BenchmarkError::Stop("the benchmark's election is not valid")
}

/// An election with as many districts as there can be; every registrar is a quorum.
fn election<T: Config>() -> Result<ElectionId, BenchmarkError> {
    let origin = <T as pallet_elections::Config>::AdminOrigin::try_successful_origin()
        .map_err(|()| BenchmarkError::Weightless)?;
    let shape = Shape {
        districts: MAX_DISTRICTS,
        quorum: 1,
        ..Shape::default()
    };
    let code_hash = <T as pallet_elections::Config>::CodeHash::get();
    let mut manifest = shape.manifest(VOTING, code_hash);
    manifest.registration = BlockRange {
        start: 1,
        end: VOTING,
    };
    pallet_elections::Pallet::<T>::create(origin, Box::new(manifest)).map_err(stop)?;
    let last = pallet_elections::Pallet::<T>::summaries(ElectionId(1)).pop();
    let election = last
        .ok_or(BenchmarkError::Stop("the election was not created"))?
        .election;
    frame_system::Pallet::<T>::set_block_number(REGISTERING.into());
    Ok(election)
}

/// Voters, each in a district of its own.
fn voters(count: u32) -> Vec<Participation> {
    (1..=count)
        .map(|number| Participation {
            voter: VoterNumber(number.into()),
            district: DistrictId((number - 1) % MAX_DISTRICTS + 1),
        })
        .collect()
}

/// Stores voters who have taken part for long.
fn taking_part<T: Config>(election: ElectionId, count: u32) {
    for Participation { voter, district } in voters(count) {
        let record = VoterRecord {
            district,
            recorded_by: 1,
            participating: true,
            issued_by: 0,
            issued: false,
            changed: 1,
        };
        Voters::<T>::insert(election, voter, record);
        DistrictCounts::<T>::insert(
            election,
            district,
            Counts {
                participating: 1,
                issued: 0,
            },
        );
    }
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn participate(v: Linear<1, MAX_VOTERS_PER_CALL>) -> Result<(), BenchmarkError> {
        let election = election::<T>()?;

        #[extrinsic_call]
        _(
            RawOrigin::Signed(registrar(0)),
            election,
            BoundedVec::truncate_from(voters(v)),
        );

        assert_eq!(
            Pallet::<T>::counts(election, DistrictId(1)).participating,
            1
        );
        Ok(())
    }

    #[benchmark]
    fn withdraw() -> Result<(), BenchmarkError> {
        let election = election::<T>()?;
        taking_part::<T>(election, 1);

        #[extrinsic_call]
        _(RawOrigin::Signed(registrar(0)), election, VoterNumber(1));

        assert_eq!(
            Pallet::<T>::counts(election, DistrictId(1)).participating,
            0
        );
        Ok(())
    }

    #[benchmark]
    fn issue(v: Linear<1, MAX_VOTERS_PER_CALL>) -> Result<(), BenchmarkError> {
        let election = election::<T>()?;
        taking_part::<T>(election, v);
        frame_system::Pallet::<T>::set_block_number(VOTING.into());
        let numbers = voters(v)
            .into_iter()
            .map(|participation| participation.voter);

        #[extrinsic_call]
        _(
            RawOrigin::Signed(registrar(0)),
            election,
            BoundedVec::truncate_from(numbers.collect()),
        );

        assert_eq!(Pallet::<T>::issued(election, DistrictId(1)), 1);
        Ok(())
    }
}
