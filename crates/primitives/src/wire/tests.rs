use super::*;
use alloc::{boxed::Box, vec, vec::Vec};
use codec::DecodeAll;
use sp_core::{sr25519, Pair};
use sp_runtime::traits::Verify;

fn decode(bytes: &[u8]) -> Result<Extrinsic, Error> {
    Extrinsic::decode_all(&mut &bytes[..])
}

fn vote() -> Call {
    Call::Consortium(ConsortiumCall::Vote {
        proposal: [7; 32].into(),
        index: 1,
        approve: true,
    })
}

fn signed(call: Call) -> Extrinsic {
    Extrinsic::Signed {
        signer: AccountId::new([1; 32]),
        signature: MultiSignature::Sr25519(sr25519::Signature::from_raw([2; 64])),
        extra: Extra {
            era: Era::mortal(64, 42),
            nonce: 3,
        },
        call,
    }
}

/// The body of an extrinsic with its length in front.
fn with_length(body: &[u8]) -> Vec<u8> {
    body.to_vec().encode()
}

/// A motion about a motion about a motion …
fn nested(levels: usize) -> Call {
    (0..levels).fold(vote(), |call, _| {
        let proposal = Box::new(call);
        Call::Consortium(ConsortiumCall::Propose {
            threshold: 2,
            proposal,
            length_bound: 9,
        })
    })
}

#[test]
fn extrinsics_lead_back_to_themselves() {
    let calls = [
        Call::Timestamp(TimestampCall::Set {
            now: 1_700_000_000_000,
        }),
        vote(),
        nested(3),
        Call::VoterRegister(VoterRegisterCall::Withdraw {
            election: ElectionId(1),
            voter: VoterNumber(u64::MAX),
        }),
        Call::KeyCeremony(KeyCeremonyCall::ReportSilence {
            election: ElectionId(9),
        }),
        Call::BallotRegister(BallotRegisterCall::Cast {
            election: ElectionId(1),
            district: DistrictId(2),
            credential: Default::default(),
            ballot: Ballot {
                contests: Default::default(),
            },
        }),
    ];
    for call in calls {
        for extrinsic in [Extrinsic::Unsigned(call.clone()), signed(call)] {
            assert_eq!(decode(&extrinsic.encode()), Ok(extrinsic));
        }
    }
}

/// Written out by hand from the format of version 4: whatever changes these bytes breaks wallets.
#[test]
fn a_signed_extrinsic_stands_as_wallets_write_it() {
    let body = [
        &[0x84, 0x00][..], // signed, version 4; signer by account
        &[1; 32],          // the account
        &[0x01],           // sr25519
        &[2; 64],          // the signature
        &[0xa5, 0x02],     // an era of 64 blocks, phase 42
        &[0x0c],           // nonce 3
        &[4, 3],           // consortium, vote
        &[7; 32],          // the motion
        &[0x04, 0x01],     // number 1, aye
    ]
    .concat();
    assert_eq!(signed(vote()).encode(), with_length(&body));
}

#[test]
fn an_inherent_may_be_of_version_4_or_5() {
    let call = [1, 0, 0x04];
    let time = Extrinsic::Unsigned(Call::Timestamp(TimestampCall::Set { now: 1 }));
    assert_eq!(
        decode(&with_length(&[&[4][..], &call].concat())),
        Ok(time.clone())
    );
    assert_eq!(
        decode(&with_length(&[&[5][..], &call].concat())),
        Ok(time.clone())
    );
    assert_eq!(time.encode(), with_length(&[&[5][..], &call].concat()));
}

#[test]
fn other_versions_are_refused() {
    for version in [0u8, 3, 6, 0x45, 0x83, 0x85, 0xff] {
        assert_eq!(
            decode(&with_length(&[version, 1, 0, 4])),
            Err("extrinsic is of an unknown version".into())
        );
    }
}

#[test]
fn the_length_must_be_the_body() {
    let mut longer = signed(vote()).encode();
    longer[0] += 4;
    assert_eq!(
        decode(&longer),
        Err("extrinsic is shorter than its length says".into())
    );
    longer.push(0);
    assert_eq!(
        decode(&longer),
        Err("extrinsic is longer than its call".into())
    );
    let huge = [&Compact(MAX_EXTRINSIC_BYTES + 1).encode()[..], &[4]].concat();
    assert_eq!(
        decode(&huge),
        Err("extrinsic is longer than a block".into())
    );
}

#[test]
fn a_signer_stands_by_account_only() {
    let body = [&[0x84, 0x02][..], &[0; 4]].concat();
    assert_eq!(
        decode(&with_length(&body)),
        Err("signer is not given by account".into())
    );
}

#[test]
fn calls_within_calls_do_not_exhaust_the_stack() {
    let depth = MAX_DEPTH as usize;
    assert_eq!(
        decode(&signed(nested(depth)).encode()),
        Ok(signed(nested(depth)))
    );
    // Not built as a value, which could not even be dropped: 60,000 motions within each other.
    let motions = [4u8, 2, 8].repeat(60_000);
    let body = [&[4u8][..], &motions].concat();
    let Err(error) = decode(&with_length(&body)) else {
        panic!("no end of the nesting")
    };
    assert!(
        alloc::string::ToString::to_string(&error).contains("depth"),
        "{error}"
    );
}

#[test]
fn no_prefix_of_an_extrinsic_is_one() {
    let whole = signed(nested(2)).encode();
    for end in 0..whole.len() {
        assert_eq!(
            decode(&whole[..end]).ok(),
            None,
            "{end} bytes of {}",
            whole.len()
        );
    }
}

#[test]
fn the_payload_holds_call_extra_and_implicit() {
    let extra = Extra {
        era: Era::Immortal,
        nonce: 1,
    };
    let implicit = Implicit {
        spec_version: 100,
        transaction_version: 1,
        genesis_hash: [3; 32].into(),
        mortality_hash: [4; 32].into(),
    };
    let payload = signing_payload(&vote(), &extra, &implicit);
    let expected = [
        &[4, 3][..],
        &[7; 32],
        &[0x04, 0x01],
        &[0x00, 0x04],
        &[100, 0, 0, 0, 1, 0, 0, 0],
        &[3; 32],
        &[4; 32],
    ]
    .concat();
    assert_eq!(payload, expected);

    // Long payloads are hashed before they are signed.
    let voters = vec![
        Participation {
            voter: VoterNumber(1),
            district: DistrictId(1)
        };
        20
    ];
    let voters = BoundedVec::try_from(voters).expect("within the limit");
    let long = Call::VoterRegister(VoterRegisterCall::Participate {
        election: ElectionId(1),
        voters,
    });
    let whole = (&long, &extra, &implicit).encode();
    assert!(whole.len() > 256);
    assert_eq!(
        signing_payload(&long, &extra, &implicit),
        sp_crypto_hashing::blake2_256(&whole)
    );
    let pair = sr25519::Pair::from_seed(&[9; 32]);
    let signature = MultiSignature::Sr25519(pair.sign(&signing_payload(&long, &extra, &implicit)));
    let signer = AccountId::new(pair.public().0);
    assert!(signature.verify(&signing_payload(&long, &extra, &implicit)[..], &signer));
}
