//! Benchmarks.
//!
//! A runtime cannot make proofs or seal shares, which takes secrets. So packages are made of the
//! generator with a wrong proof, and envelopes of nothing: checking them costs what a right one
//! costs, or that is added.

use alloc::{boxed::Box, vec::Vec};

use frame_benchmarking::{v2::*, BenchmarkError};
use frame_support::{
    assert_err,
    traits::{EnsureOrigin, Get},
};
use frame_system::RawOrigin;
use pallet_elections::sample::{trustee, Shape};
use psephos_crypto::{
    group::{EncodedPoint, EncodedScalar},
    key_ceremony::{combine, package_commitment, Package},
    sealing::SealedShare,
};
use psephos_primitives::{
    ceremony::{AddressedShare, Deal, Fault, Stage},
    limits::MAX_TRUSTEES,
    BlockNumber, Hash, TrusteeIndex,
};
use sp_runtime::{BoundedVec, DispatchError};

use crate::{ceremony::Participant, *};

/// No benchmark runs in a later block.
const OPENING: BlockNumber = 1_000_000;

/// The encoding of ristretto255's generator (RFC 9496).
const GENERATOR: EncodedPoint = EncodedPoint([
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
]);

/// The X25519 private key of every trustee here, and its public key (RFC 7748, section 6.1: Alice's).
const DISCLOSED: [u8; 32] = [
    0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
    0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
];
const REGISTERED: [u8; 32] = [
    0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
    0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a,
];

fn stop(_: DispatchError) -> BenchmarkError {
    BenchmarkError::Stop("the benchmark's election is not valid")
}

fn package(commitments: u32) -> Package {
    Package {
        commitments: BoundedVec::truncate_from(alloc::vec![GENERATOR; commitments as usize]),
        proof_commitment: GENERATOR,
        proof_response: EncodedScalar([0; 32]),
    }
}

fn deal(dealer: u8, trustees: u32) -> Deal {
    let sealed = SealedShare {
        encapsulated_key: REGISTERED,
        ciphertext: [0; 48],
    };
    let recipients = (1..=trustees as u8).filter(|recipient| *recipient != dealer);
    let shares = recipients.map(|recipient| AddressedShare {
        recipient: TrusteeIndex(recipient),
        sealed,
    });
    BoundedVec::truncate_from(shares.collect())
}

/// An election with so many trustees and such a threshold.
fn election<T: Config>(trustees: u32, threshold: u32) -> Result<ElectionId, BenchmarkError> {
    let origin = <T as pallet_elections::Config>::AdminOrigin::try_successful_origin()
        .map_err(|()| BenchmarkError::Weightless)?;
    let shape = Shape {
        trustees: trustees as u8,
        threshold: threshold as u8,
        ..Shape::default()
    };
    let code_hash = <T as pallet_elections::Config>::CodeHash::get();
    let manifest = shape.manifest(OPENING, code_hash);
    Elections::<T>::create(origin, Box::new(manifest)).map_err(stop)?;
    let last = Elections::<T>::summaries(ElectionId(1)).pop();
    Ok(last
        .ok_or(BenchmarkError::Stop("the election was not created"))?
        .election)
}

/// The state at the beginning of a stage, with all that came before.
fn at_stage<T: Config>(
    stage: Stage,
    trustees: u32,
    threshold: u32,
) -> Result<Participant, BenchmarkError> {
    let election = election::<T>(trustees, threshold)?;
    let terms = Elections::<T>::terms(election).ok_or(BenchmarkError::Weightless)?;
    let context = Elections::<T>::context(election, &terms);
    let package = package(threshold);
    for index in 1..=trustees as u8 {
        Contributions::<T>::mutate(election, TrusteeIndex(index), |contribution| {
            let committed = package_commitment(&context, 0, index.into(), &package);
            contribution.encryption_key = Some(REGISTERED);
            contribution.commitment = (stage > Stage::Committing).then_some(committed.into());
            contribution.package = (stage > Stage::Revealing).then(|| package.clone());
            contribution.deal = (stage > Stage::Dealing).then(|| deal(index, trustees));
        });
    }
    Statuses::<T>::mutate_extant(election, |status| status.stage = stage);
    let who = trustee(1);
    let participant = Pallet::<T>::participant(&who, election)
        .map_err(|_| BenchmarkError::Stop("trustee 1 takes part"))?;
    if stage > Stage::Revealing {
        let keys = Pallet::<T>::derive_keys(election, &participant.terms, &participant.status)
            .map_err(|_| BenchmarkError::Stop("the generator's multiples are no identity"))?;
        Candidates::<T>::insert(election, keys);
    }
    Ok(participant)
}

/// Leaves trustee 1 as the only one whom the stage waits for.
fn await_the_first_alone<T: Config>(election: ElectionId) {
    Awaited::<T>::insert(election, TrusteeSet::of(&[TrusteeIndex(1)]));
}

fn origin() -> RawOrigin<AccountId> {
    RawOrigin::Signed(trustee(1))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn begin() -> Result<(), BenchmarkError> {
        let election = election::<T>(MAX_TRUSTEES, MAX_TRUSTEES)?;
        let terms = Elections::<T>::terms(election).ok_or(BenchmarkError::Weightless)?;

        #[block]
        {
            Pallet::<T>::begin(election, &terms);
        }

        assert!(Statuses::<T>::contains_key(election));
        Ok(())
    }

    #[benchmark]
    fn register() -> Result<(), BenchmarkError> {
        let election = election::<T>(MAX_TRUSTEES, MAX_TRUSTEES)?;
        await_the_first_alone::<T>(election);

        #[extrinsic_call]
        _(origin(), election, 0, REGISTERED);

        assert_eq!(
            Pallet::<T>::status(election).map(|s| s.stage),
            Some(Stage::Committing)
        );
        Ok(())
    }

    #[benchmark]
    fn commit() -> Result<(), BenchmarkError> {
        let election = at_stage::<T>(Stage::Committing, MAX_TRUSTEES, MAX_TRUSTEES)?.election;
        await_the_first_alone::<T>(election);

        #[extrinsic_call]
        _(origin(), election, 0, Hash::zero());

        assert_eq!(
            Pallet::<T>::status(election).map(|s| s.stage),
            Some(Stage::Revealing)
        );
        Ok(())
    }

    // What is stored in the end costs as much as in `commit`, and is added in the weight.
    #[benchmark]
    fn reveal(t: Linear<2, MAX_TRUSTEES>) -> Result<(), BenchmarkError> {
        let election = at_stage::<T>(Stage::Revealing, MAX_TRUSTEES, t)?.election;
        let verdict;

        #[block]
        {
            verdict = Pallet::<T>::accept_package(&trustee(1), election, 0, package(t));
        }

        assert_err!(verdict, Error::<T>::ProofOfKnowledge);
        Ok(())
    }

    #[benchmark]
    fn derive_keys(
        n: Linear<2, MAX_TRUSTEES>,
        t: Linear<2, MAX_TRUSTEES>,
    ) -> Result<(), BenchmarkError> {
        let participant = at_stage::<T>(Stage::Dealing, MAX_TRUSTEES, t)?;
        let Participant {
            election,
            terms,
            mut status,
            ..
        } = participant;
        status.participants.truncate(n as usize);
        let keys;

        #[block]
        {
            keys = Pallet::<T>::derive_keys(election, &terms, &status);
        }

        assert_eq!(
            keys.map(|keys| keys.verification_shares.len() as u32),
            Ok(n)
        );
        Ok(())
    }

    #[benchmark]
    fn deal(n: Linear<1, { MAX_TRUSTEES - 1 }>) -> Result<(), BenchmarkError> {
        let election = at_stage::<T>(Stage::Dealing, n + 1, 2)?.election;
        await_the_first_alone::<T>(election);

        #[extrinsic_call]
        _(origin(), election, 0, super::deal(1, n + 1));

        assert_eq!(
            Pallet::<T>::status(election).map(|s| s.stage),
            Some(Stage::Confirming)
        );
        Ok(())
    }

    #[benchmark]
    fn confirm() -> Result<(), BenchmarkError> {
        let election = at_stage::<T>(Stage::Confirming, MAX_TRUSTEES, MAX_TRUSTEES)?.election;
        await_the_first_alone::<T>(election);
        let keys = Candidates::<T>::get(election).ok_or(BenchmarkError::Weightless)?;

        #[extrinsic_call]
        _(origin(), election, 0, keys.election_key);

        assert!(Keys::<T>::contains_key(election));
        Ok(())
    }

    // An envelope of nothing does not open, so no share is held against the dealer's polynomial:
    // evaluating that is added here.
    #[benchmark]
    fn complain() -> Result<(), BenchmarkError> {
        let participant = at_stage::<T>(Stage::Confirming, MAX_TRUSTEES, 31)?;
        let context = participant.context::<T>();
        let election = participant.election;
        let package = package(MAX_TRUSTEES);

        #[block]
        {
            Pallet::<T>::judge(&trustee(1), election, 0, TrusteeIndex(2), &DISCLOSED)
                .map_err(|_| BenchmarkError::Stop("the complaint is judged"))?;
            combine(&context, 0, &[(1, &package)])
                .map_err(|_| BenchmarkError::Stop("one package is a key"))?;
        }

        let excluded = Pallet::<T>::status(election).map(|status| status.excluded.into_inner());
        let faults: Option<Vec<_>> = excluded.map(|all| all.iter().map(|e| e.fault).collect());
        assert_eq!(faults, Some(alloc::vec![Fault::BadShare]));
        Ok(())
    }

    #[benchmark]
    fn report_silence() -> Result<(), BenchmarkError> {
        let participant = at_stage::<T>(Stage::Confirming, MAX_TRUSTEES, 2)?;
        let after = participant.status.deadline.saturating_add(1);
        frame_system::Pallet::<T>::set_block_number(after.into());
        let silent = &participant.status.participants[1..];
        Awaited::<T>::insert(participant.election, TrusteeSet::of(silent));

        #[extrinsic_call]
        _(origin(), participant.election);

        assert!(Elections::<T>::is_over(participant.election));
        Ok(())
    }
}
