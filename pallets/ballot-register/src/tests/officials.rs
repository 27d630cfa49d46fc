//! What officials do: an election is set up, the key ceremony held, credentials issued, shares sent.

use crate::{mock::*, shares::ShareRecord, Error, Results, ShareRecords};
use codec::Encode;
use core::cell::RefCell;
use frame_support::{
    assert_ok,
    dispatch::DispatchResultWithPostInfo,
    storage::{storage_prefix, unhashed},
};
use frame_system::RawOrigin;
use pallet_elections::sample::{registrar, trustee, Shape};
use psephos_crypto::{
    ballot::ContestRule,
    blind_signature::issuing::RegistrarKey,
    decryption::prove_shares,
    elgamal::ElectionKey,
    key_ceremony::{
        package_commitment,
        trustee::{Seat, SecretShare, TrusteeKey},
        Package,
    },
    sealing::{open, seal, Envelope, SealingKey},
    transcript::Context,
};
use psephos_primitives::hashing::blake2_256;
use psephos_primitives::{
    ceremony::{AddressedShare, ElectionKeys},
    limits::MAX_VOTERS_PER_CALL,
    register::Participation,
    tally::{DistrictShares, ElectionResult, Outcome},
    AccountId, Contest, ContestId, District, DistrictId, ElectionId, Manifest, Refusal,
    RevotePolicy, Text, TrusteeIndex, VoterNumber,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::sync::OnceLock;

/// Registrars of every election here; any [`QUORUM`] of them make a credential.
pub const REGISTRARS: u8 = 3;
pub const QUORUM: u8 = 2;
/// Block in which voting opens, unless a plan says otherwise.
const OPENING: u32 = 20;

/// What an election is to be like.
#[derive(Clone)]
pub struct Plan {
    /// For each district, numbered from 1, the rules of its contests.
    pub districts: Vec<Vec<ContestRule>>,
    /// For each district, how many credentials are issued.
    pub issued: Vec<u32>,
    pub revote: RevotePolicy,
    pub minimum_ballots: u32,
    pub trustees: u8,
    pub threshold: u8,
    /// The block in which voting opens.
    pub opening: u32,
}

/// Exactly one of three.
pub const PICK_ONE: ContestRule = ContestRule {
    id: 1,
    options: 3,
    min: 1,
    max: 1,
    blank: false,
};

impl Default for Plan {
    /// One district, where four voters pick one of three; 2 of 3 trustees decrypt.
    fn default() -> Self {
        Self {
            districts: vec![vec![PICK_ONE]],
            issued: vec![4],
            revote: RevotePolicy::Forbidden,
            minimum_ballots: 0,
            trustees: 3,
            threshold: 2,
            opening: OPENING,
        }
    }
}

/// An election with all its secrets.
pub struct Election {
    pub id: ElectionId,
    pub manifest: Manifest,
    pub context: Context,
    pub key: ElectionKey,
    pub trustees: Vec<TrusteeKey>,
    pub rng: RefCell<ChaCha20Rng>,
}

impl Election {
    /// Creates an election and takes it to the block before voting opens, key and voters ready.
    pub fn prepare(plan: Plan) -> Self {
        let manifest = manifest(&plan);
        assert_ok!(Elections::create(
            RawOrigin::Root.into(),
            Box::new(manifest.clone())
        ));
        let id =
            ElectionId(pallet_elections::Pallet::<Test>::summaries(ElectionId(1)).len() as u32);
        let context = manifest.context(Elections::genesis_hash(), id);
        let rng = RefCell::new(seeded(&context.manifest_hash));
        let trustees = hold_ceremony(id, &context, &plan, &mut rng.borrow_mut());
        let keys = KeyCeremony::keys(id).expect("the ceremony is complete");
        let key = ElectionKey::decode(&keys.election_key).expect("a key");
        for (district, voters) in (1..).map(DistrictId).zip(&plan.issued) {
            participate(id, district, *voters);
        }
        Self {
            id,
            manifest,
            context,
            key,
            trustees,
            rng,
        }
    }

    /// The same, and opens voting and issues all credentials.
    pub fn open(plan: Plan) -> Self {
        let issued = plan.issued.clone();
        let election = Self::prepare(plan);
        run_to(election.manifest.voting.start);
        for (district, voters) in (1..).map(DistrictId).zip(issued) {
            issue(election.id, district, voters);
        }
        election
    }

    pub fn close(&self) {
        run_to(self.manifest.voting.end);
    }

    /// A trustee's right shares; trustees are numbered from 1.
    pub fn shares(&self, trustee: u8, district: u32) -> DistrictShares {
        let sums = BallotRegister::flat_sums(self.id, DistrictId(district)).expect("a district");
        let key = &self.trustees[usize::from(trustee) - 1];
        prove_shares(
            &self.context,
            district,
            key,
            &sums,
            &mut *self.rng.borrow_mut(),
        )
        .expect("the sums decode")
        .try_into()
        .expect("not more than options")
    }

    pub fn submit(
        &self,
        from: u8,
        district: u32,
        shares: DistrictShares,
    ) -> DispatchResultWithPostInfo {
        let origin = RawOrigin::Signed(trustee(from)).into();
        let admitted = BallotRegister::admits_shares(&trustee(from), self.id, DistrictId(district));
        let result = BallotRegister::submit_shares(origin, self.id, DistrictId(district), shares);
        // The pool and the dispatch agree.
        let refusal = result.as_ref().err().map(|error| refusal_of(error.error));
        assert_eq!(admitted.err(), refusal);
        result
    }

    /// Closes voting and has as many trustees as it takes decrypt every district.
    pub fn tally(&self) -> ElectionResult {
        self.close();
        for district in 1..=self.manifest.districts.len() as u32 {
            for trustee in 1..=self.manifest.threshold {
                if BallotRegister::result(self.id).is_none() && self.is_pending(district) {
                    assert_ok!(self.submit(trustee, district, self.shares(trustee, district)));
                }
            }
        }
        Results::<Test>::get(self.id).expect("published")
    }

    pub fn is_pending(&self, district: u32) -> bool {
        let tally = crate::Tallies::<Test>::get(self.id, DistrictId(district));
        tally == Some(crate::tally::DistrictTally::Pending)
    }

    pub fn share_record(&self, trustee: u8, district: u32) -> ShareRecord {
        ShareRecords::<Test>::get((self.id, DistrictId(district), TrusteeIndex(trustee)))
    }
}

fn refusal_of(error: sp_runtime::DispatchError) -> Refusal {
    let sp_runtime::DispatchError::Module(module) = error else {
        panic!("{error:?}")
    };
    let error: Error<Test> =
        codec::Decode::decode(&mut &module.error[..]).expect("an error of this pallet");
    error.refusal()
}

/// Where the key ceremony keeps an election's keys, for tests of what happens without.
pub struct StoredKeys(Vec<u8>);

impl StoredKeys {
    pub fn of(election: ElectionId) -> Self {
        let prefix = storage_prefix(b"KeyCeremony", b"Keys");
        Self([&prefix[..], &election.encode()].concat())
    }

    pub fn get(&self) -> ElectionKeys {
        unhashed::get(&self.0).expect("the ceremony is complete")
    }

    pub fn put(&self, keys: &ElectionKeys) {
        unhashed::put(&self.0, keys);
    }

    pub fn remove(&self) {
        unhashed::kill(&self.0);
    }
}

/// The counts of a district by contest; none if they are withheld.
pub fn counts(result: &ElectionResult, district: u32) -> Option<Vec<Vec<u32>>> {
    let district = result
        .districts
        .iter()
        .find(|result| result.district.get() == district);
    match &district.expect("a district").outcome {
        Outcome::Counted(contests) => Some(
            contests
                .iter()
                .map(|contest| contest.counts.to_vec())
                .collect(),
        ),
        Outcome::Withheld => None,
    }
}

fn manifest(plan: &Plan) -> Manifest {
    let shape = Shape {
        districts: plan.districts.len() as u32,
        trustees: plan.trustees,
        threshold: plan.threshold,
        registrars: REGISTRARS,
        quorum: QUORUM,
        ..Shape::default()
    };
    let mut manifest = shape.manifest(plan.opening, CodeHash::get());
    manifest.revote = plan.revote;
    manifest.minimum_ballots = plan.minimum_ballots;
    for (district, rules) in manifest.districts.iter_mut().zip(&plan.districts) {
        set_rules(district, rules);
    }
    for (registrar, index) in manifest.registrars.iter_mut().zip(0..) {
        for (key, position) in registrar.keys.iter_mut().zip(0..) {
            *key = registrar_key(index, position).public_key();
        }
    }
    manifest
}

fn set_rules(district: &mut District, rules: &[ContestRule]) {
    let contests = rules.iter().map(|rule| Contest {
        id: ContestId(rule.id),
        title: Text::new("Question").expect("a title"),
        options: (1..=rule.options)
            .map(|option| Text::new(&format!("Option {option}")).expect("a name"))
            .collect::<Vec<_>>()
            .try_into()
            .expect("at most 64"),
        min_selections: rule.min,
        max_selections: rule.max,
        blank_allowed: rule.blank,
    });
    district.contests = contests.collect::<Vec<_>>().try_into().expect("at most 16");
}

/// A registrar's key for the district at a position: made once, since that takes its time.
pub fn registrar_key(registrar: u8, position: usize) -> &'static RegistrarKey {
    const DISTRICTS: usize = 4;
    static KEYS: [OnceLock<RegistrarKey>; DISTRICTS * REGISTRARS as usize] =
        [const { OnceLock::new() }; DISTRICTS * REGISTRARS as usize];
    let seat = usize::from(registrar) * DISTRICTS + position;
    KEYS[seat].get_or_init(|| {
        let mut rng = seeded(&[b"registrar", &[registrar, position as u8][..]].concat());
        RegistrarKey::generate(2048, &mut rng).expect("a size that is allowed")
    })
}

fn voter_number(district: DistrictId, voter: u32) -> VoterNumber {
    VoterNumber(u64::from(district.get()) << 32 | u64::from(voter))
}

fn participate(election: ElectionId, district: DistrictId, voters: u32) {
    let voters: Vec<_> = (0..voters)
        .map(|voter| Participation {
            voter: voter_number(district, voter),
            district,
        })
        .collect();
    for some in voters.chunks(MAX_VOTERS_PER_CALL as usize) {
        for index in 0..QUORUM {
            let origin = RawOrigin::Signed(registrar(index)).into();
            let some = some.to_vec().try_into().expect("in chunks");
            assert_ok!(VoterRegister::participate(origin, election, some));
        }
    }
}

pub fn issue(election: ElectionId, district: DistrictId, voters: u32) {
    let voters: Vec<_> = (0..voters)
        .map(|voter| voter_number(district, voter))
        .collect();
    for some in voters.chunks(MAX_VOTERS_PER_CALL as usize) {
        for index in 0..QUORUM {
            let origin = RawOrigin::Signed(registrar(index)).into();
            let some = some.to_vec().try_into().expect("in chunks");
            assert_ok!(VoterRegister::issue(origin, election, some));
        }
    }
}

/// The key ceremony, every message through the pallet.
fn hold_ceremony(
    election: ElectionId,
    context: &Context,
    plan: &Plan,
    rng: &mut ChaCha20Rng,
) -> Vec<TrusteeKey> {
    const EPOCH: u32 = 0;
    let indices = || 1..=plan.trustees;
    let by = |index: u8| RuntimeOrigin::from(RawOrigin::Signed(trustee(index)));
    let seat = |index: u8| Seat {
        context: *context,
        epoch: EPOCH,
        trustee: u32::from(index),
    };

    let sealing: Vec<SealingKey> = indices().map(|_| SealingKey::generate(rng)).collect();
    for (index, key) in indices().zip(&sealing) {
        assert_ok!(KeyCeremony::register(
            by(index),
            election,
            EPOCH,
            key.public_key()
        ));
    }
    let (secrets, packages): (Vec<_>, Vec<Package>) = indices()
        .map(|index| {
            let (n, t) = (u32::from(plan.trustees), u32::from(plan.threshold));
            seat(index).commit(n, t, rng).expect("valid parameters")
        })
        .unzip();
    for (index, package) in indices().zip(&packages) {
        let commitment = package_commitment(context, EPOCH, u32::from(index), package);
        assert_ok!(KeyCeremony::commit(
            by(index),
            election,
            EPOCH,
            commitment.into()
        ));
    }
    for (index, package) in indices().zip(&packages) {
        assert_ok!(KeyCeremony::reveal(
            by(index),
            election,
            EPOCH,
            package.clone()
        ));
    }
    let named: Vec<(u32, &Package)> = (1..).zip(&packages).collect();
    let mut secrets_of_round_2 = Vec::new();
    let mut received: Vec<Vec<(u32, SecretShare)>> = indices().map(|_| Vec::new()).collect();
    for (dealer, secret) in indices().zip(secrets) {
        let (secret, shares) = seat(dealer).deal(secret, &named).expect("valid packages");
        secrets_of_round_2.push(secret);
        let mut deal = Vec::new();
        for (recipient, share) in shares {
            let place = recipient as usize - 1;
            let envelope = Envelope {
                context,
                epoch: EPOCH,
                dealer: u32::from(dealer),
                recipient,
                dealer_package: &packages[usize::from(dealer) - 1],
            };
            let sealed =
                seal(&envelope, &sealing[place].public_key(), &share, rng).expect("a valid key");
            let opened = open(&envelope, &sealing[place], &sealed).expect("what was sealed");
            received[place].push((u32::from(dealer), opened));
            deal.push(AddressedShare {
                recipient: TrusteeIndex(recipient as u8),
                sealed,
            });
        }
        let deal = deal.try_into().expect("at most 32");
        assert_ok!(KeyCeremony::deal(by(dealer), election, EPOCH, deal));
    }
    let keys: Vec<TrusteeKey> = indices()
        .zip(secrets_of_round_2.iter().zip(&received))
        .map(|(index, (secret, shares))| {
            seat(index)
                .finish(secret, &named, shares)
                .expect("valid shares")
        })
        .collect();
    for (index, key) in indices().zip(&keys) {
        assert_ok!(KeyCeremony::confirm(
            by(index),
            election,
            EPOCH,
            *key.election_key()
        ));
    }
    keys
}

/// Randomness that is the same in every run: a failure can be repeated.
fn seeded(seed: &[u8]) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(blake2_256(seed))
}

/// An account that holds no office.
pub fn stranger() -> AccountId {
    AccountId::new([0xEE; 32])
}
