//! The ceremony from end to end, and what is refused in it.
#![allow(clippy::unwrap_used)]

use frost_ristretto255::Identifier;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{
    trustee::{round1, round2, Seat, SecretShare, TrusteeError, TrusteeKey},
    *,
};
use crate::fixture::{context, Election, EPOCH};

/// Three of five trustees, whose indices need not be consecutive.
fn election() -> Election {
    Election::new(20, &[1, 2, 4, 5, 9], 3)
}

fn seat(trustee: u32) -> Seat {
    Seat {
        context: context(),
        epoch: EPOCH,
        trustee,
    }
}

fn revealed(election: &Election) -> Vec<(u32, &Package)> {
    election
        .packages
        .iter()
        .map(|(trustee, package)| (*trustee, package))
        .collect()
}

fn contexts() -> [Context; 3] {
    [
        Context {
            genesis_hash: [0x12; 32],
            ..context()
        },
        Context {
            election: 4,
            ..context()
        },
        Context {
            manifest_hash: [0x34; 32],
            ..context()
        },
    ]
}

#[test]
fn identifiers_are_those_of_frost() {
    for (epoch, trustee) in [(0, 0), (1, 2), (2, 1), (u32::MAX, 31)] {
        let preimage = identifier_preimage(&context(), epoch, trustee);
        assert_eq!(
            Identifier::derive(&preimage).unwrap().serialize(),
            trustee_identifier(&context(), epoch, trustee).to_bytes()
        );
    }
}

#[test]
fn every_trustee_ends_with_its_share_of_the_same_key() {
    let election = election();
    let shares: Vec<_> = election
        .trustees
        .iter()
        .map(|key| (key.trustee(), key.verification_share()))
        .collect();
    assert_eq!(shares, election.keys.verification_shares);
    for key in &election.trustees {
        assert_eq!(*key.election_key(), election.keys.election_key);
    }
}

#[test]
fn packages_are_verified() {
    let election = election();
    for (trustee, package) in &election.packages {
        assert_eq!(
            verify_package(&context(), EPOCH, *trustee, 3, package),
            Ok(())
        );
    }
}

/// Attacks 10 and 11: a package is good for one election, epoch and seat.
#[test]
fn a_package_is_bound_to_its_seat() {
    let election = election();
    let (trustee, package) = &election.packages[0];
    let refused = |trustee| Err(CeremonyError::ProofOfKnowledge { trustee });
    assert_eq!(
        verify_package(&context(), EPOCH, *trustee, 3, package),
        Ok(())
    );
    assert_eq!(
        verify_package(&context(), EPOCH + 1, *trustee, 3, package),
        refused(1)
    );
    assert_eq!(verify_package(&context(), EPOCH, 2, 3, package), refused(2));
    for context in contexts() {
        assert_eq!(
            verify_package(&context, EPOCH, *trustee, 3, package),
            refused(1)
        );
    }
}

/// Attack 13: every field is decoded strictly, and no commitment may be the identity.
#[test]
fn bad_packages_are_refused() {
    let election = election();
    let (trustee, package) = &election.packages[3];
    let verdict = |change: fn(&mut Package)| {
        let mut package = package.clone();
        change(&mut package);
        verify_package(&context(), EPOCH, *trustee, 3, &package)
    };
    let encoding = |field, error| {
        Err(CeremonyError::Encoding {
            trustee: 5,
            field,
            error,
        })
    };
    assert_eq!(verdict(|_| ()), Ok(()));
    assert_eq!(
        verdict(|p| p.commitments[0] = EncodedPoint::IDENTITY),
        encoding(PackageField::Commitment(0), GroupError::Identity)
    );
    assert_eq!(
        verdict(|p| p.commitments[2] = EncodedPoint::IDENTITY),
        encoding(PackageField::Commitment(2), GroupError::Identity)
    );
    assert_eq!(
        verdict(|p| p.commitments[1] = EncodedPoint([0xff; 32])),
        encoding(PackageField::Commitment(1), GroupError::PointEncoding)
    );
    assert_eq!(
        verdict(|p| p.proof_commitment = EncodedPoint::IDENTITY),
        encoding(PackageField::ProofCommitment, GroupError::Identity)
    );
    assert_eq!(
        verdict(|p| p.proof_response = EncodedScalar([0xff; 32])),
        encoding(PackageField::ProofResponse, GroupError::ScalarEncoding)
    );
    assert_eq!(
        verdict(|p| p.proof_response = EncodedScalar([1; 32])),
        Err(CeremonyError::ProofOfKnowledge { trustee: 5 })
    );
    let count = |found| {
        Err(CeremonyError::CommitmentCount {
            trustee: 5,
            expected: 3,
            found,
        })
    };
    assert_eq!(verdict(|p| p.commitments.truncate(2)), count(2));
    assert_eq!(verdict(|p| p.commitments.truncate(0)), count(0));
    assert_eq!(
        verdict(|p| {
            let again = p.commitments[0];
            p.commitments.try_push(again).unwrap();
        }),
        count(4)
    );
}

/// Attack 13, rushing: whoever reveals last could cancel the others' contributions, if it had not had
/// to commit before, and to prove that it knows its own.
#[test]
fn a_rogue_key_is_refused() {
    let election = election();
    let mut rogue = election.packages[4].1.clone();
    let own = crate::group::decode_point(&rogue.commitments[0]).unwrap();
    let key = crate::group::decode_point(&election.keys.election_key).unwrap();
    rogue.commitments[0] = EncodedPoint::from(&(own + own - key));
    assert_eq!(
        verify_package(&context(), EPOCH, 9, 3, &rogue),
        Err(CeremonyError::ProofOfKnowledge { trustee: 9 })
    );
    // With it, the key would be the attacker's own.
    let mut packages = revealed(&election);
    packages[4].1 = &rogue;
    assert_eq!(
        combine(&context(), EPOCH, &packages).map(|keys| keys.election_key),
        Ok(EncodedPoint::from(&own))
    );
}

#[test]
fn the_commitment_depends_on_everything() {
    let election = election();
    let (_, package) = &election.packages[0];
    let mut others = vec![
        package_commitment(&context(), EPOCH, 1, package),
        package_commitment(&context(), EPOCH + 1, 1, package),
        package_commitment(&context(), EPOCH, 2, package),
        package_commitment(&context(), EPOCH, 1, &election.packages[1].1),
    ];
    others.extend(contexts().map(|context| package_commitment(&context, EPOCH, 1, package)));
    let count = others.len();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), count);
}

#[test]
fn packages_that_do_not_add_up_are_refused() {
    let election = election();
    let packages = revealed(&election);
    let combine = |packages: &[(u32, &Package)]| combine(&context(), EPOCH, packages);
    assert_eq!(combine(&packages), Ok(election.keys.clone()));
    assert_eq!(combine(&[]), Err(CeremonyError::NoPackages));
    assert_eq!(
        combine(&[packages[0], packages[1], packages[0]]),
        Err(CeremonyError::DuplicateTrustee { trustee: 1 })
    );
    let mut short = packages[1].1.clone();
    short.commitments.pop();
    assert_eq!(
        combine(&[packages[0], (2, &short)]),
        Err(CeremonyError::CommitmentCount {
            trustee: 2,
            expected: 3,
            found: 2
        })
    );
    let negated = |package: &Package| {
        let mut negated = package.clone();
        for commitment in &mut negated.commitments {
            *commitment = (&-crate::group::decode_point(commitment).unwrap()).into();
        }
        negated
    };
    assert_eq!(
        combine(&[packages[0], (2, &negated(packages[0].1))]),
        Err(CeremonyError::IdentityKey)
    );
    // C_0 + C_1·x = 0 at the identifier of trustee 1.
    let (base, x) = (
        RistrettoPoint::mul_base(&Scalar::ONE),
        trustee_identifier(&context(), EPOCH, 1),
    );
    let line = [(&(base * -x)).into(), (&base).into()];
    let line = Package {
        commitments: line.to_vec().try_into().unwrap(),
        ..packages[0].1.clone()
    };
    assert_eq!(
        combine(&[(1, &line)]),
        Err(CeremonyError::IdentityVerificationShare { trustee: 1 })
    );
}

/// The rounds of a ceremony, so that each of them can go wrong.
struct Rounds {
    packages: Vec<(u32, Package)>,
    secrets: Vec<round1::Secret>,
}

fn rounds() -> Rounds {
    let mut rng = ChaCha20Rng::seed_from_u64(21);
    let (packages, secrets) = [1, 2, 3]
        .into_iter()
        .map(|trustee| {
            let (secret, package) = seat(trustee).commit(3, 2, &mut rng).unwrap();
            ((trustee, package), secret)
        })
        .unzip();
    Rounds { packages, secrets }
}

#[test]
fn impossible_thresholds_are_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(22);
    for (participants, threshold) in [(1, 1), (3, 1), (2, 3), (33, 2), (3, 0)] {
        assert_eq!(
            seat(1)
                .commit(participants, threshold, &mut rng)
                .map(|_| ())
                .unwrap_err(),
            TrusteeError::Parameters {
                participants,
                threshold
            }
        );
    }
    // As many as there can be are not too many.
    seat(1).commit(MAX_TRUSTEES, 2, &mut rng).unwrap();
}

#[test]
fn secrets_survive_storage_and_print_nothing() {
    let Rounds { packages, secrets } = rounds();
    let packages: Vec<_> = packages
        .iter()
        .map(|(trustee, package)| (*trustee, package))
        .collect();
    let mut dealt = Vec::new();
    for (trustee, secret) in (1..).zip(secrets) {
        assert!(format!("{secret:?}").ends_with("(<redacted>)"));
        let restored = round1::Secret::from_bytes(&secret.to_bytes().unwrap()).unwrap();
        dealt.push(seat(trustee).deal(restored, &packages).unwrap());
    }
    let (secret, _) = &dealt[0];
    assert!(format!("{secret:?}").ends_with("(<redacted>)"));
    assert_eq!(format!("{:?}", dealt[1].1[0].1), "SecretShare(<redacted>)");
    let restored = round2::Secret::from_bytes(&secret.to_bytes().unwrap()).unwrap();
    let received = [(2, dealt[1].1[0].1.clone()), (3, dealt[2].1[0].1.clone())];
    let key = seat(1).finish(&restored, &packages, &received).unwrap();
    assert_eq!(format!("{key:?}"), "TrusteeKey(<redacted>)");
    let restored = TrusteeKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(restored.to_bytes(), key.to_bytes());
    assert_eq!(restored.verification_share(), key.verification_share());

    for bytes in [&key.to_bytes()[1..], &[]] {
        assert_eq!(
            TrusteeKey::from_bytes(bytes).unwrap_err(),
            TrusteeError::StoredSecret
        );
        assert_eq!(
            round1::Secret::from_bytes(bytes).unwrap_err(),
            TrusteeError::StoredSecret
        );
        assert_eq!(
            round2::Secret::from_bytes(bytes).unwrap_err(),
            TrusteeError::StoredSecret
        );
    }
}

#[test]
fn a_trustee_deals_only_for_its_own_seat_and_package() {
    let Rounds { packages, secrets } = rounds();
    let bytes = secrets[0].to_bytes().unwrap();
    let deal = |seat: Seat, packages: &[(u32, &Package)]| {
        let secret = round1::Secret::from_bytes(&bytes).unwrap();
        seat.deal(secret, packages).map(|(_, shares)| shares.len())
    };
    let revealed: Vec<_> = packages
        .iter()
        .map(|(trustee, package)| (*trustee, package))
        .collect();
    assert_eq!(deal(seat(1), &revealed), Ok(2));
    assert_eq!(deal(seat(2), &revealed), Err(TrusteeError::ForeignSecret));
    let next_epoch = Seat {
        epoch: EPOCH + 1,
        ..seat(1)
    };
    assert_eq!(
        deal(next_epoch, &revealed),
        Err(TrusteeError::ForeignSecret)
    );
    assert_eq!(deal(seat(1), &revealed[1..]), Err(TrusteeError::OwnPackage));
    let mut replaced = revealed.clone();
    replaced[0].1 = &packages[1].1;
    assert_eq!(deal(seat(1), &replaced), Err(TrusteeError::OwnPackage));
    let mut bad = packages[2].1.clone();
    bad.proof_response = EncodedScalar([1; 32]);
    replaced = revealed.clone();
    replaced[2].1 = &bad;
    assert_eq!(
        deal(seat(1), &replaced),
        Err(TrusteeError::Package(CeremonyError::ProofOfKnowledge {
            trustee: 3
        }))
    );
}

#[test]
fn a_wrong_share_is_blamed_on_its_dealer() {
    let Rounds { packages, secrets } = rounds();
    let revealed: Vec<_> = packages
        .iter()
        .map(|(trustee, package)| (*trustee, package))
        .collect();
    let dealt: Vec<_> = (1..)
        .zip(secrets)
        .map(|(trustee, secret)| seat(trustee).deal(secret, &revealed).unwrap())
        .collect();
    let (from_two, from_three) = (dealt[1].1[0].1.clone(), dealt[2].1[0].1.clone());
    let finish = |shares: &[(u32, SecretShare)]| {
        seat(1)
            .finish(&dealt[0].0, &revealed, shares)
            .map(|key| key.trustee())
    };
    assert_eq!(
        finish(&[(3, from_three.clone()), (2, from_two.clone())]),
        Ok(1)
    );
    assert_eq!(
        finish(&[(2, from_three.clone()), (3, from_three.clone())]),
        Err(TrusteeError::WrongShare { dealer: 2 })
    );
    assert_eq!(
        finish(&[
            (2, from_two.clone()),
            (3, SecretShare::from_bytes([0xff; 32]))
        ]),
        Err(TrusteeError::WrongShare { dealer: 3 })
    );
    assert_eq!(
        finish(&[(2, from_two.clone())]),
        Err(TrusteeError::UnexpectedShare { dealer: 3 })
    );
    assert_eq!(
        finish(&[
            (2, from_two.clone()),
            (3, from_three.clone()),
            (3, from_three.clone())
        ]),
        Err(TrusteeError::UnexpectedShare { dealer: 3 })
    );
    assert_eq!(
        finish(&[(2, from_two), (3, from_three.clone()), (4, from_three)]),
        Err(TrusteeError::UnexpectedShare { dealer: 4 })
    );
}
