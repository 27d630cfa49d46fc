//! A voter's way natively, each result verified as the chain verifies it, and what is refused.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use codec::{DecodeAll, Encode};
use psephos_crypto::{
    ballot::{self, BallotStatement},
    blind_signature::{
        credential_message,
        issuing::{BlindedMessage, IssuingError, RegistrarKey},
        verify,
    },
    group::GroupError,
};
use psephos_envelope::{open, EnvelopeContext, Hop, OpenError, Opened, RelayKey};
use psephos_primitives::{
    wire::{signing_payload, BallotRegisterCall, Call, Extrinsic, Implicit},
    AccountId, BlockRange, Contest, ContestId, District, DistrictId, ElectionId, Hash, Manifest,
    Registrar, RegistrarIndex, RevotePolicy, Text, Trustee,
};
use rand_core::OsRng;
use sp_runtime::{traits::Verify, BoundedVec};
use zeroize::Zeroizing;

use crate::{
    booth::{Booth, BoothError, CastBallot, RuntimeVersion},
    challenge::{CheckError, OpenedBallot},
    credential::CredentialError,
    election::{Election, ElectionError},
};

const ELECTION: ElectionId = ElectionId(3);
const DISTRICT: DistrictId = DistrictId(7);
const OTHER_DISTRICT: DistrictId = DistrictId(8);
const GENESIS: [u8; 32] = [0x11; 32];
const FIRST: RegistrarIndex = RegistrarIndex(0);
const SECOND: RegistrarIndex = RegistrarIndex(1);
const THIRD: RegistrarIndex = RegistrarIndex(2);
const VERSION: RuntimeVersion = RuntimeVersion {
    spec: 100,
    transaction: 1,
};
/// ristretto255's generator (RFC 9496, appendix A.1).
const KEY: &str = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";

/// By registrar, then by district. Made once: keys take their time.
static REGISTRARS: LazyLock<Vec<Vec<RegistrarKey>>> = LazyLock::new(|| {
    let key = || RegistrarKey::generate(2048, &mut OsRng).unwrap();
    (0..3).map(|_| vec![key(), key()]).collect()
});

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn bounded<T, const N: u32>(items: Vec<T>) -> BoundedVec<T, sp_runtime::traits::ConstU32<N>> {
    BoundedVec::try_from(items).map_err(|_| "too many").unwrap()
}

fn contest(id: u32, options: &[&str], min: u8, max: u8) -> Contest {
    Contest {
        id: ContestId(id),
        title: text("Contest"),
        options: bounded(options.iter().map(|option| text(option)).collect()),
        min_selections: min,
        max_selections: max,
        blank_allowed: false,
    }
}

fn manifest() -> Manifest {
    let district = |id, contests| District {
        id,
        name: text("District"),
        contests: bounded(contests),
    };
    let registrars = (0u8..).zip(&*REGISTRARS).map(|(index, keys)| Registrar {
        name: text("Registrar"),
        account: AccountId::new([0x20 + index; 32]),
        keys: bounded(keys.iter().map(RegistrarKey::public_key).collect()),
    });
    let trustees = (0..2).map(|index| Trustee {
        name: text("Trustee"),
        account: AccountId::new([0x40 + index; 32]),
    });
    let range = |start, end| BlockRange { start, end };
    Manifest {
        title: text("Election"),
        districts: bounded(vec![
            district(
                DISTRICT,
                vec![
                    contest(1, &["A", "B", "C", "D", "E"], 1, 1),
                    contest(2, &["Yes", "No"], 0, 2),
                ],
            ),
            district(OTHER_DISTRICT, vec![contest(1, &["A", "B"], 0, 1)]),
        ]),
        trustees: bounded(trustees.collect()),
        threshold: 2,
        registrars: bounded(registrars.collect()),
        quorum: 2,
        registration: range(1, 10),
        voting: range(20, 500),
        ceremony_stage: 5,
        revote: RevotePolicy::Forbidden,
        minimum_ballots: 0,
        relay_delay: 20,
        code_hash: Hash::zero(),
    }
}

fn key() -> [u8; 32] {
    hex::decode(KEY).unwrap().try_into().unwrap()
}

fn opened(election: ElectionId) -> Booth {
    let mut booth = Booth::new();
    let manifest = manifest();
    let hash = booth.open(&manifest.encode(), election, GENESIS.into(), Some(key()));
    assert_eq!(hash, Ok(manifest.hash()));
    booth
}

fn prepared() -> Booth {
    let mut booth = opened(ELECTION);
    booth.prepare(None, &mut OsRng).unwrap();
    booth
}

fn answer(registrar: RegistrarIndex, blinded: Vec<u8>) -> Vec<u8> {
    let key = &REGISTRARS[usize::from(registrar.get())][0];
    key.blind_sign(&BlindedMessage(blinded)).unwrap()
}

fn issue(booth: &mut Booth, registrar: RegistrarIndex) {
    let blinded = booth.blind(registrar, DISTRICT, &mut OsRng).unwrap();
    booth
        .unblind(registrar, &answer(registrar, blinded))
        .unwrap();
}

/// Signed by the third registrar and the first, in this order.
fn credentialed() -> Booth {
    let mut booth = prepared();
    issue(&mut booth, THIRD);
    issue(&mut booth, FIRST);
    booth
}

fn selections() -> Zeroizing<Vec<Vec<bool>>> {
    Zeroizing::new(vec![
        vec![false, false, true, false, false],
        vec![true, false],
    ])
}

/// Everything that the chain looks at (PSE-EXT-2).
fn admit(cast: &CastBallot) {
    let extrinsic = Extrinsic::decode_all(&mut &cast.extrinsic[..]).unwrap();
    let Extrinsic::Signed {
        signer,
        signature,
        extra,
        call,
    } = extrinsic
    else {
        panic!("a ballot is signed");
    };
    assert_eq!((&signer, extra.nonce), (&cast.account, 0));
    let implicit = Implicit {
        spec_version: VERSION.spec,
        transaction_version: VERSION.transaction,
        genesis_hash: GENESIS.into(),
        mortality_hash: GENESIS.into(),
    };
    let payload = signing_payload(&call, &extra, &implicit);
    assert!(signature.verify(&payload[..], &signer));

    let Call::BallotRegister(BallotRegisterCall::Cast {
        election,
        district,
        credential,
        ballot,
    }) = call
    else {
        panic!("a ballot is cast");
    };
    assert_eq!((election, district), (ELECTION, DISTRICT));
    assert_eq!(ballot.tracker(), cast.tracker);
    let manifest = manifest().encode();
    let election = Election::open(&manifest, ELECTION, GENESIS.into(), Some(key())).unwrap();
    let signed: Vec<_> = credential.iter().map(|one| one.registrar).collect();
    assert_eq!(signed, [FIRST, THIRD]);
    let message = credential_message(&election.context, district.get(), signer.as_ref());
    for one in &credential {
        let key = election.registrar_key(one.registrar, district).unwrap();
        assert_eq!(verify(key, &message, &one.signature), Ok(()));
    }
    let statement = BallotStatement {
        context: &election.context,
        key: election.key().unwrap(),
        district: district.get(),
        account: signer.as_ref(),
        contests: &election.rules(district).unwrap(),
    };
    assert_eq!(ballot::verify(&statement, &ballot.contests), Ok(()));
}

#[test]
fn a_ballot_is_cast_that_the_chain_admits() {
    let mut booth = credentialed();
    let sealed = booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    let cast = booth.cast(VERSION, &mut OsRng).unwrap();
    assert_eq!(cast.tracker, sealed.tracker);
    admit(&cast);
}

#[test]
fn casting_leaves_nothing() {
    let mut booth = credentialed();
    booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    booth.cast(VERSION, &mut OsRng).unwrap();
    assert_eq!(booth.cast(VERSION, &mut OsRng), Err(BoothError::NoKey));
    assert_eq!(booth.challenge(), Err(BoothError::NoBallot));
    assert_eq!(booth.secrets(), Err(BoothError::NoKey));
    assert_eq!(
        booth.encrypt(DISTRICT, selections(), &mut OsRng),
        Err(BoothError::NoKey)
    );
}

#[test]
fn a_challenged_ballot_shows_what_was_committed_to_and_is_not_cast() {
    let mut booth = credentialed();
    let sealed = booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    let text = booth.challenge().unwrap();
    assert_eq!(booth.cast(VERSION, &mut OsRng), Err(BoothError::NoBallot));
    assert_eq!(booth.challenge(), Err(BoothError::NoBallot));

    let opened = OpenedBallot::from_text(&text).unwrap();
    let checked = opened.check().unwrap();
    let commitment = format!("0x{}", hex::encode(sealed.commitment));
    assert_eq!(checked.commitment, commitment);
    assert_eq!(checked.election_key, format!("0x{KEY}"));
    assert_eq!(checked.contests[0].options[2].text, "C");
    assert!(checked.contests[0].options[2].selected);

    // The voter goes on with a new ballot.
    booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    admit(&booth.cast(VERSION, &mut OsRng).unwrap());
}

#[test]
fn a_lie_about_an_opened_ballot_shows_another_commitment_or_none() {
    let mut booth = prepared();
    let sealed = booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    let text = booth.challenge().unwrap();
    let truth = format!("0x{}", hex::encode(sealed.commitment));
    type Lie = fn(&mut OpenedBallot);
    let lies: [Lie; 5] = [
        |ballot| ballot.selections[0] = vec![true, false, false, false, false],
        |ballot| ballot.randomness[1].swap(0, 1),
        |ballot| ballot.election = ElectionId(4),
        |ballot| ballot.genesis_hash = [0x12; 32],
        |ballot| {
            let mut manifest = Manifest::decode_all(&mut &ballot.manifest[..]).unwrap();
            manifest.districts.as_mut()[0].contests.as_mut()[0]
                .options
                .as_mut()
                .swap(1, 2);
            ballot.manifest = manifest.encode();
        },
    ];
    for lie in lies {
        let mut opened = OpenedBallot::from_text(&text).unwrap();
        lie(&mut opened);
        assert_ne!(opened.check().unwrap().commitment, truth);
    }
    let mut opened = OpenedBallot::from_text(&text).unwrap();
    opened.selections[0] = vec![true; 5];
    assert!(matches!(opened.check(), Err(CheckError::Ballot(_))));
    let mut opened = OpenedBallot::from_text(&text).unwrap();
    opened.district = DistrictId(9);
    assert_eq!(
        opened.check(),
        Err(ElectionError::UnknownDistrict(DistrictId(9)).into())
    );
    let cut = OpenedBallot::from_text(&text[..text.len() - 2]).map(|_| ());
    assert_eq!(cut, Err(CheckError::Text));
}

#[test]
fn secrets_survive_a_reload_at_every_step() {
    let mut booth = prepared();
    let reload = |booth: Booth| {
        let kept = booth.secrets().unwrap();
        let mut again = opened(ELECTION);
        again.prepare(Some(&kept), &mut OsRng).unwrap();
        again
    };
    for registrar in [FIRST, THIRD] {
        booth = reload(booth);
        let blinded = booth.blind(registrar, DISTRICT, &mut OsRng).unwrap();
        booth = reload(booth);
        assert_eq!(
            booth.blind(registrar, DISTRICT, &mut OsRng),
            Ok(blinded.clone())
        );
        let signature = answer(registrar, blinded);
        booth.unblind(registrar, &signature).unwrap();
        booth = reload(booth);
        booth.unblind(registrar, &signature).unwrap();
    }
    booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    admit(&booth.cast(VERSION, &mut OsRng).unwrap());
}

#[test]
fn secrets_are_for_one_election_and_whole() {
    let kept = credentialed().secrets().unwrap();
    let mut other = opened(ElectionId(4));
    let refused = |error: CredentialError| Err(BoothError::Credential(error));
    assert_eq!(
        other.prepare(Some(&kept), &mut OsRng),
        refused(CredentialError::OtherElection)
    );
    let mut booth = opened(ELECTION);
    for text in [
        "",
        "psephos-secrets-1:",
        &kept[1..],
        &kept[..kept.len() - 2],
        &format!("{}00", &*kept),
    ] {
        assert_eq!(
            booth.prepare(Some(text), &mut OsRng),
            refused(CredentialError::Kept)
        );
    }
    booth.prepare(Some(&kept), &mut OsRng).unwrap();
}

#[test]
fn a_credential_is_whole_for_one_district_and_of_valid_signatures() {
    let mut booth = prepared();
    let blinded = booth.blind(FIRST, DISTRICT, &mut OsRng).unwrap();
    let refused = |error: CredentialError| Err(BoothError::Credential(error));
    assert_eq!(
        booth.blind(SECOND, OTHER_DISTRICT, &mut OsRng),
        refused(CredentialError::OtherDistrict {
            expected: DISTRICT,
            found: OTHER_DISTRICT
        })
    );
    assert_eq!(
        booth.unblind(SECOND, &[0; 256]),
        Err(CredentialError::NotAsked(SECOND).into())
    );
    assert_eq!(
        booth.unblind(FIRST, &answer(SECOND, blinded.clone())),
        Err(CredentialError::Registrar {
            registrar: FIRST,
            error: IssuingError::BlindSignature
        }
        .into())
    );
    let unknown = RegistrarIndex(3);
    assert_eq!(
        booth.blind(unknown, DISTRICT, &mut OsRng),
        refused(ElectionError::UnknownRegistrar(unknown).into())
    );
    booth.unblind(FIRST, &answer(FIRST, blinded)).unwrap();
    booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    let quorum = CredentialError::Quorum {
        quorum: 2,
        found: 1,
    };
    assert_eq!(
        booth.cast(VERSION, &mut OsRng),
        Err(BoothError::Credential(quorum))
    );
    // Nothing is lost by trying too early.
    issue(&mut booth, THIRD);
    admit(&booth.cast(VERSION, &mut OsRng).unwrap());
}

#[test]
fn more_signatures_than_a_quorum_make_a_quorum() {
    let mut booth = prepared();
    for registrar in [THIRD, SECOND, FIRST] {
        issue(&mut booth, registrar);
    }
    booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    let cast = booth.cast(VERSION, &mut OsRng).unwrap();
    let extrinsic = Extrinsic::decode_all(&mut &cast.extrinsic[..]).unwrap();
    let Extrinsic::Signed {
        call: Call::BallotRegister(BallotRegisterCall::Cast { credential, .. }),
        ..
    } = extrinsic
    else {
        panic!("a ballot is cast");
    };
    let signed: Vec<_> = credential.iter().map(|one| one.registrar).collect();
    assert_eq!(signed, [FIRST, SECOND]);
}

#[test]
fn an_election_that_is_none_is_refused() {
    let mut booth = Booth::new();
    assert_eq!(booth.prepare(None, &mut OsRng), Err(BoothError::NotOpen));
    let manifest = manifest().encode();
    let mut open = |manifest: &[u8], key| {
        booth
            .open(manifest, ELECTION, GENESIS.into(), key)
            .map(|_| ())
    };
    let refused = open(&manifest[1..], None);
    assert!(
        matches!(
            refused,
            Err(BoothError::Election(ElectionError::Manifest(_)))
        ),
        "{refused:?}"
    );
    assert_eq!(
        open(&manifest, Some([0; 32])),
        Err(ElectionError::Key(GroupError::Identity).into())
    );
    assert_eq!(open(&manifest, None), Ok(()));
    booth.prepare(None, &mut OsRng).unwrap();
    assert_eq!(
        booth.encrypt(DISTRICT, selections(), &mut OsRng),
        Err(ElectionError::NoKey.into())
    );
}

#[test]
fn opening_another_election_forgets_the_key() {
    let mut booth = credentialed();
    let manifest = manifest().encode();
    booth
        .open(&manifest, ElectionId(4), GENESIS.into(), None)
        .unwrap();
    assert_eq!(booth.secrets(), Err(BoothError::NoKey));
}

#[test]
fn an_envelope_reaches_the_last_relay() {
    let mut booth = credentialed();
    booth.encrypt(DISTRICT, selections(), &mut OsRng).unwrap();
    let cast = booth.cast(VERSION, &mut OsRng).unwrap();
    let relays = [
        RelayKey::generate(&mut OsRng),
        RelayKey::generate(&mut OsRng),
    ];
    let path = [
        Hop {
            public_key: relays[0].public_key(),
            address: "https://one.example",
        },
        Hop {
            public_key: relays[1].public_key(),
            address: "https://two.example",
        },
    ];
    let envelope = booth.seal(&path, &cast.extrinsic, &mut OsRng).unwrap();
    let context = EnvelopeContext {
        genesis_hash: GENESIS.into(),
        election: ELECTION,
    };
    let other = EnvelopeContext {
        election: ElectionId(ELECTION.get() + 1),
        ..context
    };
    let opened = open(&relays[0], &other, &envelope);
    assert_eq!(opened, Err(OpenError::DoesNotOpen));
    let opened = open(&relays[0], &context, &envelope).unwrap();
    let Opened::Forward { address, envelope } = opened else {
        panic!("the first of two relays forwards");
    };
    assert_eq!(address, "https://two.example");
    let Opened::Deliver { extrinsic } = open(&relays[1], &context, &envelope).unwrap() else {
        panic!("the last relay delivers");
    };
    assert_eq!(extrinsic, cast.extrinsic);
}
