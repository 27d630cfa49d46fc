//! A voter, two registrars, and what the chain would check of the extrinsic.

use codec::DecodeAll;
use psephos_crypto::{
    ballot::{verify, BallotError},
    blind_signature::{issuing::RegistrarKey, verify as verify_credential},
    group::EncodedPoint,
};
use psephos_primitives::{
    wire::{signing_payload, Extrinsic},
    Registrar,
};
use sp_runtime::{traits::Verify, BoundedVec};

use super::*;
use crate::testing;

const DISTRICT: DistrictId = DistrictId(7);
/// The generator: somebody's election key, whose secret is 1.
const KEY: &str = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";

struct Office {
    election: Election,
    keys: Vec<RegistrarKey>,
}

fn registrars() -> Vec<RegistrarIndex> {
    vec![RegistrarIndex(0), RegistrarIndex(1)]
}

/// Two registrars with one key each for district 7, which stands second in the manifest.
fn office() -> Office {
    let keys: Vec<_> = (0..2)
        .map(|_| RegistrarKey::generate(2048, &mut OsRng).expect("is a possible size"))
        .collect();
    let mut manifest = testing::manifest();
    let registrar = |number: usize, key: &RegistrarKey| Registrar {
        name: testing::text("City"),
        account: AccountId::new([100 + number as u8; 32]),
        keys: BoundedVec::truncate_from(vec![other_key(), key.public_key()]),
    };
    let all = keys
        .iter()
        .enumerate()
        .map(|(number, key)| registrar(number, key));
    manifest.registrars = BoundedVec::truncate_from(all.collect());
    manifest.quorum = 2;
    let facts = ChainFacts {
        genesis_hash: Hash::repeat_byte(1),
        spec_version: 1,
        transaction_version: 1,
    };
    let keys_on_chain = ElectionKeys {
        epoch: 0,
        election_key: election_key(),
        verification_shares: BoundedVec::default(),
    };
    let election = Election::new(ElectionId(1), manifest, facts, Some(&keys_on_chain));
    Office {
        election: election.expect("the key is one"),
        keys,
    }
}

fn election_key() -> EncodedPoint {
    let bytes = hex::decode(KEY).expect("is hexadecimal");
    EncodedPoint(bytes.try_into().expect("has 32 bytes"))
}

fn other_key() -> RsaPublicKey {
    RsaPublicKey {
        modulus: BoundedVec::truncate_from(vec![0xc1; 256]),
    }
}

impl Office {
    fn sign(&self, requests: &[CredentialRequest]) -> Vec<(RegistrarIndex, Vec<u8>)> {
        let sign = |request: &CredentialRequest| {
            let key = &self.keys[usize::from(request.registrar.get())];
            (
                request.registrar,
                key.blind_sign(&request.blinded).expect("fits the key"),
            )
        };
        requests.iter().map(sign).collect()
    }

    fn holder(&self) -> CredentialHolder {
        let (voter, requests) =
            OneTimeVoter::new(&self.election, DISTRICT, &registrars()).expect("may ask");
        voter
            .finalize(&self.election, &self.sign(&requests))
            .expect("was signed")
    }
}

#[test]
fn what_a_voter_sends_is_what_the_chain_accepts() {
    let office = office();
    let holder = office.holder();
    let cast = holder
        .cast(&office.election, &[vec![false, true]], 0)
        .expect("fits the paper");
    let extrinsic = Extrinsic::decode_all(&mut &cast.encoded[..]).expect("is an extrinsic");
    let Extrinsic::Signed {
        signer,
        signature,
        extra,
        call,
    } = extrinsic
    else {
        panic!("a voter signs");
    };
    assert_eq!(
        (&signer, extra.nonce, extra.era),
        (&cast.account, 0, Era::Immortal)
    );
    let payload = signing_payload(&call, &extra, &office.election.facts.immortal());
    assert!(signature.verify(&payload[..], &signer));
    let Call::BallotRegister(BallotRegisterCall::Cast {
        election,
        district,
        credential,
        ballot,
    }) = call
    else {
        panic!("a voter casts");
    };
    assert_eq!((election, district), (ElectionId(1), DISTRICT));
    assert_eq!(ballot.tracker(), cast.tracker);
    let message = credential_message(&office.election.context, 7, signer.as_ref());
    for (part, key) in credential.iter().zip(&office.keys) {
        assert_eq!(
            verify_credential(&key.public_key(), &message, &part.signature),
            Ok(())
        );
    }
    let order: Vec<_> = credential.iter().map(|part| part.registrar).collect();
    assert_eq!(order, registrars());
    assert_eq!(check(&office.election, &signer, &ballot), Ok(()));
    // Under any other account it is worth nothing.
    let thief = AccountId::new([9; 32]);
    assert_eq!(
        check(&office.election, &thief, &ballot),
        Err(BallotError::SumChallenge { contest: 1 })
    );
}

fn check(election: &Election, account: &AccountId, ballot: &Ballot) -> Result<(), BallotError> {
    let rules = election.rules(DISTRICT).expect("is a district");
    let key = ElectionKey::decode(&election_key()).expect("is a key");
    let statement = BallotStatement {
        context: &election.context,
        key: &key,
        district: DISTRICT.get(),
        account: account.as_ref(),
        contests: &rules,
    };
    verify(&statement, &ballot.contests)
}

#[test]
fn two_voters_share_nothing() {
    let office = office();
    let (first, second) = (office.holder(), office.holder());
    assert_ne!(first.signer.account(), second.signer.account());
    let selections = [vec![true, false]];
    let casts = [&first, &second].map(|holder| {
        holder
            .cast(&office.election, &selections, 0)
            .expect("fits the paper")
            .tracker
    });
    assert_ne!(casts[0], casts[1]);
}

#[test]
fn a_missing_or_wrong_answer_is_named() {
    let office = office();
    let ask = || OneTimeVoter::new(&office.election, DISTRICT, &registrars()).expect("may ask");
    let failed = |voter: OneTimeVoter, answers: &[(RegistrarIndex, Vec<u8>)]| {
        voter.finalize(&office.election, answers).map(|_| ())
    };
    let (voter, requests) = ask();
    let answers = office.sign(&requests);
    assert_eq!(
        failed(voter, &answers[..1]),
        Err(VoterError::NotSigned(RegistrarIndex(1)))
    );
    let (voter, requests) = ask();
    let mut answers = office.sign(&requests);
    answers[1].1 = answers[0].1.clone();
    let registrar = RegistrarIndex(1);
    let error = IssuingError::BlindSignature;
    assert_eq!(
        failed(voter, &answers),
        Err(VoterError::Registrar { registrar, error })
    );
}

#[test]
fn what_the_election_does_not_have_is_refused() {
    let office = office();
    let ask = |district, registrar| {
        OneTimeVoter::new(&office.election, district, &[registrar]).map(|_| ())
    };
    let (nowhere, nobody) = (DistrictId(3), RegistrarIndex(2));
    assert_eq!(
        ask(nowhere, RegistrarIndex(0)),
        Err(VoterError::UnknownDistrict(nowhere))
    );
    assert_eq!(
        ask(DISTRICT, nobody),
        Err(VoterError::UnknownRegistrar(nobody))
    );
    let holder = office.holder();
    let error = holder
        .cast(&office.election, &[vec![true, true]], 0)
        .map(|_| ());
    let expected = SelectionError::Sum {
        contest: 1,
        found: 2,
    };
    assert_eq!(error, Err(VoterError::Selections(expected)));
}
