//! Benchmarks.
//!
//! A runtime has no secrets, so proofs here are well-formed and false: verifying them takes as long
//! as verifying true ones, except where noted.

use alloc::{boxed::Box, vec, vec::Vec};
use frame_benchmarking::{v2::*, BenchmarkError};
use frame_support::traits::{EnsureOrigin, Get};
use pallet_elections::{sample::Shape, OnClosing};
use psephos_crypto::{
    ballot::{
        verify, BallotStatement, ContestRule, EncryptedContest, EncryptedSelection, SelectionProof,
    },
    blind_signature::{self, RandomizedSignature, RsaPublicKey},
    decryption::{verify_shares as verify_all, DecryptionShare},
    elgamal::{Ciphertext, ElectionKey},
    group::{EncodedPoint, EncodedScalar},
    transcript::Context,
};
use psephos_primitives::{
    limits::{MAX_CONTESTS, MAX_DISTRICTS, MAX_OPTIONS, MAX_REGISTRARS, MAX_TRUSTEES},
    AccountId, Ballot, BlockNumber, DistrictId, ElectionId,
};
use sp_runtime::BoundedVec;

use crate::{
    ballot_box::{FlatSums, MAX_POSITIONS},
    tally::DistrictTally,
    *,
};

/// The generator of ristretto255.
const POINT: EncodedPoint = EncodedPoint([
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
]);
/// A scalar with as many digits as one can have.
const SCALAR: EncodedScalar = EncodedScalar([0x07; 32]);
const CIPHERTEXT: Ciphertext = Ciphertext { r: POINT, c: POINT };
/// The block in which voting opens.
const OPENING: BlockNumber = 100;
const DISTRICT: DistrictId = DistrictId(1);

fn created<T: Config>(shape: Shape) -> Result<ElectionId, BenchmarkError> {
    let stop = |_| BenchmarkError::Stop("the election was not created");
    let origin = <T as pallet_elections::Config>::AdminOrigin::try_successful_origin()
        .map_err(|()| BenchmarkError::Weightless)?;
    let code_hash = <T as pallet_elections::Config>::CodeHash::get();
    let manifest = shape.manifest(OPENING, code_hash);
    let closing = manifest.voting.end;
    pallet_elections::Pallet::<T>::create(origin, Box::new(manifest)).map_err(stop)?;
    frame_system::Pallet::<T>::set_block_number(closing.into());
    let elections = pallet_elections::Pallet::<T>::summaries(ElectionId(1));
    elections
        .last()
        .map(|summary| summary.election)
        .ok_or(BenchmarkError::Stop("no election"))
}

/// Contests of 64 options each.
fn ballot(contests: u32) -> Ballot {
    let proof = SelectionProof {
        commitments: [[POINT; 2]; 2],
        challenge: SCALAR,
        responses: [SCALAR; 2],
    };
    let selection = EncryptedSelection {
        ciphertext: CIPHERTEXT,
        proof,
    };
    let contest = EncryptedContest {
        selections: BoundedVec::truncate_from(vec![selection; MAX_OPTIONS as usize]),
        sum_proof: BoundedVec::default(),
    };
    Ballot {
        contests: BoundedVec::truncate_from(vec![contest; contests as usize]),
    }
}

#[benchmarks]
mod benchmarks {
    use super::*;

    // Branches of sum proofs are not measured: each takes two of the seven points of an option.
    #[benchmark]
    fn cast(
        v: Linear<1, MAX_REGISTRARS>,
        c: Linear<1, MAX_CONTESTS>,
    ) -> Result<(), BenchmarkError> {
        let shape = Shape {
            contests: c,
            options: MAX_OPTIONS,
            ..Shape::default()
        };
        let election = created::<T>(shape)?;
        let context = Context {
            genesis_hash: [1; 32],
            election: 1,
            manifest_hash: [2; 32],
        };
        let key = ElectionKey::decode(&POINT).map_err(|_| BenchmarkError::Stop("no key"))?;
        let options = MAX_OPTIONS as u8;
        let rules: Vec<ContestRule> = (1..=c)
            .map(|id| ContestRule {
                id,
                options,
                min: 0,
                max: options,
                blank: false,
            })
            .collect();
        let modulus = RsaPublicKey {
            modulus: BoundedVec::truncate_from(vec![0xFF; 256]),
        };
        let signature = RandomizedSignature {
            prefix: [3; 32],
            signature: BoundedVec::truncate_from(vec![0x7F; 256]),
        };
        let statement = BallotStatement {
            context: &context,
            key: &key,
            district: 1,
            account: &[4; 32],
            contests: &rules,
        };
        let ballot = ballot(c);
        let account = AccountId::new([4; 32]);

        #[block]
        {
            for _ in 0..v {
                let _ = blind_signature::verify(&modulus, b"credential", &signature);
            }
            let _ = verify(&statement, &ballot.contests);
            Pallet::<T>::put_into_ballot_box(election, DISTRICT, account.clone(), &ballot)
                .map_err(|_| BenchmarkError::Stop("not recorded"))?;
        }

        assert_eq!(Pallet::<T>::ballot_nonce(election, &account), 1);
        Ok(())
    }

    // The first share is wrong here; looking for the last would verify all of them once more.
    #[benchmark]
    fn verify_shares(p: Linear<1, MAX_POSITIONS>) -> Result<(), BenchmarkError> {
        let context = Context {
            genesis_hash: [1; 32],
            election: 1,
            manifest_hash: [2; 32],
        };
        let sums = vec![CIPHERTEXT; p as usize];
        let share = DecryptionShare {
            share: POINT,
            commitment: [POINT; 2],
            response: SCALAR,
        };
        let shares = vec![share; p as usize];

        #[block]
        {
            let _ = verify_all(&context, 0, 1, 1, &POINT, &sums, &shares);
        }
        Ok(())
    }

    // Sums of no votes: the counts are found in the first giant step, after all baby steps.
    #[benchmark]
    fn decrypt(
        p: Linear<1, MAX_POSITIONS>,
        t: Linear<2, MAX_TRUSTEES>,
    ) -> Result<(), BenchmarkError> {
        let context = Context {
            genesis_hash: [1; 32],
            election: 1,
            manifest_hash: [2; 32],
        };
        let sums = FlatSums::truncate_from(vec![Ciphertext::ZERO; p as usize]);
        let share = DecryptionShare {
            share: EncodedPoint::IDENTITY,
            commitment: [POINT; 2],
            response: SCALAR,
        };
        let shares = vec![share; p as usize];
        let of_all: Vec<(u32, &[DecryptionShare])> = (1..=t)
            .map(|trustee| (trustee, shares.as_slice()))
            .collect();
        let counts;

        #[block]
        {
            counts = psephos_crypto::decryption::combine(&context, 0, &sums, &of_all, 1_000_000);
        }

        assert_eq!(counts, Ok(vec![0; p as usize]));
        Ok(())
    }

    // Nobody voted: every district is settled, and the result published, in the closing block.
    #[benchmark]
    fn close(d: Linear<1, MAX_DISTRICTS>) -> Result<(), BenchmarkError> {
        let election = created::<T>(Shape {
            districts: d,
            ..Shape::default()
        })?;

        #[block]
        {
            Pallet::<T>::on_closing(election);
        }

        assert_eq!(PendingDistricts::<T>::get(election), Some(0));
        Ok(())
    }

    #[benchmark]
    fn publish(d: Linear<1, MAX_DISTRICTS>) -> Result<(), BenchmarkError> {
        let election = created::<T>(Shape {
            districts: d,
            ..Shape::default()
        })?;
        for district in pallet_elections::Pallet::<T>::district_ids(election) {
            let outcome = psephos_primitives::tally::Outcome::Withheld;
            let result = psephos_primitives::tally::DistrictResult {
                district,
                ballots: 1,
                outcome,
            };
            Tallies::<T>::insert(election, district, DistrictTally::Settled(result));
        }
        PendingDistricts::<T>::insert(election, 0);

        #[block]
        {
            Pallet::<T>::publish_if_settled(election);
        }

        assert!(Results::<T>::contains_key(election));
        Ok(())
    }

    #[benchmark]
    fn discard(e: Linear<0, 1_000>) -> Result<(), BenchmarkError> {
        let election = created::<T>(Shape::default())?;
        for number in 0..e {
            let mut account = [0; 32];
            account[..4].copy_from_slice(&number.to_le_bytes());
            let kept = FlatSums::truncate_from(vec![CIPHERTEXT; 3]);
            LatestCiphertexts::<T>::insert(election, AccountId::new(account), kept);
        }

        #[block]
        {
            let _ = LatestCiphertexts::<T>::clear_prefix(election, e, None);
        }
        Ok(())
    }
}
