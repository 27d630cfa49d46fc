//! The wire format of `primitives` is the runtime's own: what one encodes, the other decodes.

use codec::{Decode, DecodeAll, Encode};
use frame_support::traits::GetCallMetadata;
use psephos_primitives::{
    validators::{DoubleVote, Equivocation, OwnershipProof, SessionKeys, Vote},
    wire::{
        self, BallotRegisterCall, Call, ConsortiumCall, ElectionsCall, Extra, Extrinsic,
        KeyCeremonyCall, SystemCall, TimestampCall, ValidatorSetCall, VoterRegisterCall,
    },
    AccountId, Ballot, DistrictId, ElectionId, Manifest, Text, TrusteeIndex, VoterNumber,
};
use psephos_runtime::{RuntimeCall, UncheckedExtrinsic};
use sp_core::H256;
use sp_runtime::{generic::Era, BoundedVec, MultiSignature, Weight};

fn text(text: &str) -> Text {
    Text::new(text).expect("allowed")
}

fn manifest() -> Manifest {
    Manifest {
        title: text("Election"),
        districts: BoundedVec::default(),
        trustees: BoundedVec::default(),
        threshold: 2,
        registrars: BoundedVec::default(),
        quorum: 1,
        registration: psephos_primitives::BlockRange { start: 1, end: 2 },
        voting: psephos_primitives::BlockRange { start: 3, end: 4 },
        ceremony_stage: 5,
        revote: psephos_primitives::RevotePolicy::LastCounts,
        minimum_ballots: 6,
        relay_delay: 7,
        code_hash: H256::repeat_byte(8),
    }
}

/// Every call there is, with the pallet's and the call's name in the runtime.
fn calls() -> Vec<(&'static str, &'static str, Call)> {
    let election = ElectionId(7);
    let create = Call::Elections(ElectionsCall::Create {
        manifest: Box::new(manifest()),
    });
    let ceremony = |call| Call::KeyCeremony(call);
    let point = psephos_crypto_point();
    vec![
        (
            "System",
            "apply_authorized_upgrade",
            Call::System(SystemCall::ApplyAuthorizedUpgrade { code: vec![1, 2] }),
        ),
        (
            "Timestamp",
            "set",
            Call::Timestamp(TimestampCall::Set { now: 1_234_567 }),
        ),
        (
            "Consortium",
            "propose",
            Call::Consortium(ConsortiumCall::Propose {
                threshold: 2,
                proposal: Box::new(create.clone()),
                length_bound: 100,
            }),
        ),
        (
            "Consortium",
            "vote",
            Call::Consortium(ConsortiumCall::Vote {
                proposal: H256::repeat_byte(1),
                index: 3,
                approve: true,
            }),
        ),
        (
            "Consortium",
            "close",
            Call::Consortium(ConsortiumCall::Close {
                proposal_hash: H256::repeat_byte(1),
                index: 3,
                proposal_weight_bound: Weight::from_parts(5, 6),
                length_bound: 100,
            }),
        ),
        (
            "ValidatorSet",
            "admit",
            Call::ValidatorSet(ValidatorSetCall::Admit {
                organisation: AccountId::new([1; 32]),
                keys: keys(),
                proof: proof(),
            }),
        ),
        (
            "ValidatorSet",
            "dismiss",
            Call::ValidatorSet(ValidatorSetCall::Dismiss {
                organisation: AccountId::new([1; 32]),
            }),
        ),
        (
            "ValidatorSet",
            "rotate",
            Call::ValidatorSet(ValidatorSetCall::Rotate {
                keys: keys(),
                proof: proof(),
            }),
        ),
        (
            "ValidatorSet",
            "report_equivocation",
            Call::ValidatorSet(ValidatorSetCall::ReportEquivocation {
                set: 3,
                evidence: Equivocation::Precommit(double_vote()),
            }),
        ),
        (
            "ValidatorSet",
            "authorize_upgrade",
            Call::ValidatorSet(ValidatorSetCall::AuthorizeUpgrade {
                code_hash: H256::repeat_byte(7),
            }),
        ),
        ("Elections", "create", create),
        (
            "Elections",
            "cancel",
            Call::Elections(ElectionsCall::Cancel {
                election,
                reason: text("flood"),
            }),
        ),
        (
            "VoterRegister",
            "participate",
            Call::VoterRegister(VoterRegisterCall::Participate {
                election,
                voters: vec![psephos_primitives::register::Participation {
                    voter: VoterNumber(9),
                    district: DistrictId(2),
                }]
                .try_into()
                .expect("one"),
            }),
        ),
        (
            "VoterRegister",
            "withdraw",
            Call::VoterRegister(VoterRegisterCall::Withdraw {
                election,
                voter: VoterNumber(9),
            }),
        ),
        (
            "VoterRegister",
            "issue",
            Call::VoterRegister(VoterRegisterCall::Issue {
                election,
                voters: vec![VoterNumber(9)].try_into().expect("one"),
            }),
        ),
        (
            "KeyCeremony",
            "register",
            ceremony(KeyCeremonyCall::Register {
                election,
                epoch: 1,
                encryption_key: [3; 32],
            }),
        ),
        (
            "KeyCeremony",
            "commit",
            ceremony(KeyCeremonyCall::Commit {
                election,
                epoch: 1,
                commitment: H256::repeat_byte(2),
            }),
        ),
        (
            "KeyCeremony",
            "reveal",
            ceremony(KeyCeremonyCall::Reveal {
                election,
                epoch: 1,
                package: Decode::decode(&mut &[0u8; 65][..]).expect("an empty package"),
            }),
        ),
        (
            "KeyCeremony",
            "deal",
            ceremony(KeyCeremonyCall::Deal {
                election,
                epoch: 1,
                shares: BoundedVec::default(),
            }),
        ),
        (
            "KeyCeremony",
            "confirm",
            ceremony(KeyCeremonyCall::Confirm {
                election,
                epoch: 1,
                election_key: point,
            }),
        ),
        (
            "KeyCeremony",
            "complain",
            ceremony(KeyCeremonyCall::Complain {
                election,
                epoch: 1,
                dealer: TrusteeIndex(4),
                disclosed_key: [5; 32],
            }),
        ),
        (
            "KeyCeremony",
            "report_silence",
            ceremony(KeyCeremonyCall::ReportSilence { election }),
        ),
        (
            "BallotRegister",
            "cast",
            Call::BallotRegister(BallotRegisterCall::Cast {
                election,
                district: DistrictId(2),
                credential: BoundedVec::default(),
                ballot: Ballot {
                    contests: BoundedVec::default(),
                },
            }),
        ),
        (
            "BallotRegister",
            "submit_shares",
            Call::BallotRegister(BallotRegisterCall::SubmitShares {
                election,
                district: DistrictId(2),
                shares: BoundedVec::default(),
            }),
        ),
    ]
}

fn keys() -> SessionKeys {
    SessionKeys {
        aura: [1; 32].into(),
        grandpa: [2; 32].into(),
    }
}

fn proof() -> OwnershipProof {
    OwnershipProof {
        aura: [3; 64].into(),
        grandpa: [4; 64].into(),
    }
}

fn double_vote() -> DoubleVote {
    let vote = |number| {
        let hash = H256::repeat_byte(5);
        (Vote { hash, number }, [6; 64].into())
    };
    DoubleVote {
        round: 7,
        authority: [8; 32].into(),
        first: vote(1),
        second: vote(2),
    }
}

#[test]
fn session_keys_and_their_proof_have_no_length_in_front() {
    use psephos_runtime::SessionKeys as Opaque;
    assert_eq!(keys().encode().len(), 64);
    assert_eq!(proof().encode().len(), 128);
    let opaque = Opaque::from(keys());
    assert_eq!(opaque.encode(), keys().encode());
    assert_eq!(SessionKeys::from(opaque), keys());
}

fn psephos_crypto_point<T: Decode>() -> T {
    T::decode(&mut &[6u8; 32][..]).expect("32 bytes")
}

#[test]
fn every_call_is_the_runtimes_own() {
    for (pallet, name, call) in calls() {
        let encoded = call.encode();
        let runtime = RuntimeCall::decode_all(&mut &encoded[..]).expect(name);
        let metadata = runtime.get_call_metadata();
        assert_eq!(
            (metadata.pallet_name, metadata.function_name),
            (pallet, name)
        );
        assert_eq!(runtime.encode(), encoded, "{pallet}.{name}");
        assert_eq!(Call::decode_all(&mut &encoded[..]), Ok(call));
    }
}

#[test]
fn no_call_of_our_pallets_is_missing() {
    let known = calls()
        .into_iter()
        .map(|(pallet, name, _)| (pallet, name))
        .collect::<Vec<_>>();
    for pallet in [
        "ValidatorSet",
        "Elections",
        "VoterRegister",
        "KeyCeremony",
        "BallotRegister",
    ] {
        for name in RuntimeCall::get_call_names(pallet) {
            assert!(
                known.contains(&(pallet, name)),
                "{pallet}.{name} is not on the wire"
            );
        }
    }
}

#[test]
fn an_extrinsic_is_the_runtimes_own() {
    for (_, name, call) in calls() {
        let signed = Extrinsic::Signed {
            signer: AccountId::new([1; 32]),
            signature: MultiSignature::Sr25519([2; 64].into()),
            extra: Extra {
                era: Era::mortal(64, 77),
                nonce: 300,
            },
            call: call.clone(),
        };
        for extrinsic in [signed, Extrinsic::Unsigned(call)] {
            let encoded = extrinsic.encode();
            let runtime = UncheckedExtrinsic::decode_all(&mut &encoded[..]).expect(name);
            assert_eq!(runtime.encode(), encoded, "{name}");
        }
    }
}

#[test]
fn the_signed_payload_is_the_runtimes_own() {
    let (_, name, call) = calls().remove(8);
    assert_eq!(name, "report_equivocation");
    let genesis_hash = H256::repeat_byte(9);
    let extra = Extra {
        era: Era::immortal(),
        nonce: 5,
    };
    let implicit = wire::Implicit {
        spec_version: psephos_runtime::VERSION.spec_version,
        transaction_version: psephos_runtime::VERSION.transaction_version,
        genesis_hash,
        mortality_hash: genesis_hash,
    };
    let runtime_extensions: psephos_runtime::TransactionExtensions = (
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        psephos_runtime::mortality::Mortality(Era::immortal()),
        psephos_runtime::admission::Admission(5),
        frame_system::CheckWeight::new(),
    );
    let mut chain = sp_io::TestExternalities::default();
    chain.execute_with(|| {
        frame_system::BlockHash::<psephos_runtime::Runtime>::insert(0, genesis_hash);
        let payload = sp_runtime::generic::SignedPayload::new(
            RuntimeCall::decode_all(&mut &call.encode()[..]).expect("a call"),
            runtime_extensions,
        )
        .expect("block 0 is there");
        payload.using_encoded(|payload| {
            assert_eq!(wire::signing_payload(&call, &extra, &implicit), payload);
        });
    });
}
