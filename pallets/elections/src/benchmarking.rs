//! Benchmarks.

use alloc::{boxed::Box, vec::Vec};

use frame_benchmarking::{v2::*, BenchmarkError};
use frame_support::traits::{EnsureOrigin, Get};
use psephos_primitives::{
    limits::{MAX_DISTRICTS, MAX_ELECTIONS_PER_BLOCK, MAX_REGISTRARS, MAX_TRUSTEES},
    phase::CancelReason,
    BlockNumber, ElectionId, Manifest, Text,
};
use sp_runtime::BoundedVec;

use crate::{sample::Shape, *};

/// No block that a benchmark is run in comes later.
const OPENING: BlockNumber = 1_000_000;
/// Bytes of an option's text here: the longest that is allowed.
const OPTION_BYTES: u32 = 512;

fn shaped<T: Config>(districts: u32, officials: u32) -> Manifest {
    let registrars = officials
        .saturating_sub(MAX_TRUSTEES)
        .clamp(1, MAX_REGISTRARS);
    let trustees = officials.saturating_sub(registrars).clamp(2, MAX_TRUSTEES);
    Shape {
        districts,
        trustees: trustees as u8,
        threshold: 2,
        registrars: registrars as u8,
        quorum: 1,
        ..Shape::default()
    }
    .manifest(OPENING, T::CodeHash::get())
}

/// Fills options, contest after contest and district after district, until the manifest is longer
/// by about `bytes`.
fn lengthen(manifest: &mut Manifest, bytes: u32) {
    let contests = manifest
        .districts
        .iter_mut()
        .flat_map(|district| &mut district.contests);
    let mut left = bytes / OPTION_BYTES;
    for contest in contests {
        let count = left.min(psephos_primitives::limits::MAX_OPTIONS);
        left -= count;
        let options = (0..count).map(|number| {
            let text = alloc::format!("{number:0width$}", width = OPTION_BYTES as usize);
            Text::new(&text).expect("as long as allowed, digits only")
        });
        if count > 0 {
            contest.options = BoundedVec::truncate_from(options.collect());
        }
    }
}

fn created<T: Config>(opening: BlockNumber) -> Result<ElectionId, BenchmarkError> {
    let mut manifest = shaped::<T>(1, 3);
    manifest.registration.end = opening;
    manifest.voting = psephos_primitives::BlockRange {
        start: opening,
        end: opening + 10,
    };
    Pallet::<T>::register_election(manifest).map_err(|_| BenchmarkError::Stop("not created"))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn create(
        d: Linear<1, MAX_DISTRICTS>,
        o: Linear<3, { MAX_TRUSTEES + MAX_REGISTRARS }>,
        b: Linear<0, 32_768>,
    ) -> Result<(), BenchmarkError> {
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
        let mut manifest = shaped::<T>(d, o);
        lengthen(&mut manifest, b);
        let number = ElectionCount::<T>::get() + 1;

        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, Box::new(manifest));

        assert_eq!(ElectionCount::<T>::get(), number);
        Ok(())
    }

    #[benchmark]
    fn cancel() -> Result<(), BenchmarkError> {
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
        let elections: Vec<_> = (0..MAX_ELECTIONS_PER_BLOCK)
            .map(|_| created::<T>(OPENING))
            .collect::<Result<_, _>>()?;
        let reason = Text::new("Sample").expect("not blank");

        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, elections[0], reason.clone());

        assert_eq!(
            Pallet::<T>::summary(elections[0]).and_then(|summary| summary.cancelled),
            Some(CancelReason::Consortium(reason))
        );
        Ok(())
    }

    // Elections that open have no key here: cancelling costs more than opening.
    #[benchmark]
    fn keep_agenda(
        o: Linear<0, MAX_ELECTIONS_PER_BLOCK>,
        c: Linear<0, MAX_ELECTIONS_PER_BLOCK>,
    ) -> Result<(), BenchmarkError> {
        let block = OPENING + 10;
        for _ in 0..c {
            created::<T>(OPENING)?;
        }
        for _ in 0..o {
            created::<T>(block)?;
        }
        frame_system::Pallet::<T>::set_block_number(block.into());

        #[block]
        {
            Pallet::<T>::keep_agenda();
        }

        assert!(!Openings::<T>::contains_key(block));
        assert!(!Closings::<T>::contains_key(block));
        Ok(())
    }
}
