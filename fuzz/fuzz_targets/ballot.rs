//! Ballots from anybody: decoding and verifying never panic, and nothing random verifies.
#![no_main]

use codec::DecodeAll;
use libfuzzer_sys::fuzz_target;
use psephos_crypto::{
    ballot::{verify, BallotStatement, ContestRule},
    elgamal::ElectionKey,
    group::EncodedPoint,
    transcript::Context,
};
use psephos_primitives::Ballot;

/// The generator of RFC 9496: as good an election key as any.
const KEY: EncodedPoint = EncodedPoint([
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
]);

fuzz_target!(|bytes: &[u8]| {
    let Ok(ballot) = Ballot::decode_all(&mut &bytes[..]) else {
        return;
    };
    // A manifest has no contest without options: such a contest has nothing to prove.
    if ballot
        .contests
        .iter()
        .any(|contest| contest.selections.is_empty())
    {
        return;
    }
    let context = Context {
        genesis_hash: [1; 32],
        election: 1,
        manifest_hash: [2; 32],
    };
    let key = ElectionKey::decode(&KEY).expect("the generator");
    let rules: Vec<ContestRule> = (1u32..)
        .zip(&ballot.contests)
        .map(|(id, contest)| ContestRule {
            id,
            options: contest.selections.len() as u8,
            min: 0,
            max: 1.min(contest.selections.len() as u8),
            blank: false,
        })
        .collect();
    let statement = BallotStatement {
        context: &context,
        key: &key,
        district: 1,
        account: &[3; 32],
        contests: &rules,
    };
    let verified = verify(&statement, &ballot.contests);
    assert!(rules.is_empty() || verified != Ok(()));
});
