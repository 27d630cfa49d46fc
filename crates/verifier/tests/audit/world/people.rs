//! Officials and voters: what they know and what they send.

use std::{collections::BTreeMap, sync::OnceLock};

use codec::Encode;
use psephos_crypto::{
    ballot::{prove, BallotStatement},
    blind_signature::{
        credential_message,
        issuing::{blind, RegistrarKey},
        RandomizedSignature,
    },
    decryption::prove_shares,
    elgamal::ElectionKey,
    group::EncodedPoint,
    key_ceremony::{
        package_commitment,
        trustee::{round1, round2, Seat, SecretShare, TrusteeKey},
        Package,
    },
    sealing::{open, seal, Envelope, SealingKey},
    transcript::Context,
};
use psephos_primitives::{
    ceremony::AddressedShare,
    register::Participation,
    tally::DistrictShares,
    wire::{BallotRegisterCall, Call, KeyCeremonyCall, VoterRegisterCall},
    AccountId, Ballot, Credential, DistrictId, RegistrarIndex, RegistrarSignature, TrusteeIndex,
    VoterNumber,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sp_core::{sr25519, Pair};

use super::{bounded, World, ELECTION, NORTH, SOUTH};

/// An official's account.
#[derive(Clone)]
pub struct Official {
    pub pair: sr25519::Pair,
}

impl Official {
    pub fn new(office: &str, index: usize) -> Self {
        let seed = psephos_primitives::hashing::blake2_256(&(office, index as u32).encode());
        Self {
            pair: sr25519::Pair::from_seed(&seed),
        }
    }

    pub fn account(&self) -> AccountId {
        AccountId::new(self.pair.public().0)
    }
}

/// The registrars' private keys: by registrar, then by district. Made once: RSA keys take long.
pub fn registrar_keys() -> &'static Vec<Vec<RegistrarKey>> {
    static KEYS: OnceLock<Vec<Vec<RegistrarKey>>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(9474);
        let mut key = || RegistrarKey::generate(2048, &mut rng).expect("2048 bits are allowed");
        (0..2).map(|_| (0..2).map(|_| key()).collect()).collect()
    })
}

/// What a trustee knows.
pub struct TrusteeTool {
    pub official: Official,
    pub index: u8,
    pub sealing: Option<SealingKey>,
    pub package: Option<Package>,
    pub key: Option<TrusteeKey>,
    round1: Option<round1::Secret>,
    round2: Option<round2::Secret>,
}

impl TrusteeTool {
    pub fn new(index: u8) -> Self {
        Self {
            official: Official::new("trustee", index.into()),
            index,
            sealing: None,
            package: None,
            key: None,
            round1: None,
            round2: None,
        }
    }
}

type Envelopes = BTreeMap<(u8, u8), AddressedShare>;

/// The ceremony.
impl World {
    pub fn by_trustee(&mut self, index: u8, call: Call) -> Vec<u8> {
        let official = self.trustees[usize::from(index) - 1].official.clone();
        self.builder.official(&official, call)
    }

    fn by_trustees(&mut self, who: &[u8], call: impl Fn(&mut Self, u8) -> KeyCeremonyCall) {
        let calls = who
            .iter()
            .map(|index| {
                let call = Call::KeyCeremony(call(self, *index));
                self.by_trustee(*index, call)
            })
            .collect();
        self.good(calls);
    }

    /// The ceremony from its beginning to its end, by all trustees.
    pub fn hold_ceremony(&mut self) {
        let everybody: Vec<u8> = (1..=self.setup.trustees).collect();
        self.hold_ceremony_of(0, &everybody);
    }

    pub fn hold_ceremony_of(&mut self, epoch: u32, who: &[u8]) {
        self.until_dealing(epoch, who);
        let envelopes = self.deal(epoch, who, None);
        self.confirm(epoch, who, &envelopes);
    }

    /// Registering, committing and revealing.
    pub fn until_dealing(&mut self, epoch: u32, who: &[u8]) {
        self.register_keys(epoch, who);
        self.make_packages(epoch, who);
        self.by_trustees(who, |world, index| {
            let package = world.package(index);
            let commitment = package_commitment(&world.context(), epoch, index.into(), &package);
            KeyCeremonyCall::Commit {
                election: ELECTION,
                epoch,
                commitment: commitment.into(),
            }
        });
        self.by_trustees(who, |world, index| KeyCeremonyCall::Reveal {
            election: ELECTION,
            epoch,
            package: world.package(index),
        });
    }

    pub fn register_keys(&mut self, epoch: u32, who: &[u8]) {
        self.by_trustees(who, |world, index| {
            let key = SealingKey::generate(&mut world.rng);
            let encryption_key = key.public_key();
            world.trustees[usize::from(index) - 1].sealing = Some(key);
            KeyCeremonyCall::Register {
                election: ELECTION,
                epoch,
                encryption_key,
            }
        });
    }

    pub fn make_packages(&mut self, epoch: u32, who: &[u8]) {
        for index in who {
            let seat = self.seat(epoch, *index);
            let (n, t) = (who.len() as u32, self.setup.threshold.into());
            let (secret, package) = seat.commit(n, t, &mut self.rng).expect("n and t are fine");
            let tool = &mut self.trustees[usize::from(*index) - 1];
            (tool.round1, tool.package) = (Some(secret), Some(package));
        }
    }

    pub fn package(&self, index: u8) -> Package {
        self.trustees[usize::from(index) - 1]
            .package
            .clone()
            .expect("has a package")
    }

    fn seat(&self, epoch: u32, index: u8) -> Seat {
        Seat {
            context: self.context(),
            epoch,
            trustee: index.into(),
        }
    }

    fn packages(&self, who: &[u8]) -> Vec<(u32, Package)> {
        who.iter()
            .map(|index| (u32::from(*index), self.package(*index)))
            .collect()
    }

    /// Everybody deals; `cheat` deals a wrong share to all.
    pub fn deal(&mut self, epoch: u32, who: &[u8], cheat: Option<u8>) -> Envelopes {
        let owned = self.packages(who);
        let packages: Vec<_> = owned
            .iter()
            .map(|(index, package)| (*index, package))
            .collect();
        let mut envelopes = Envelopes::new();
        let mut calls = Vec::new();
        for dealer in who {
            let seat = self.seat(epoch, *dealer);
            let secret = self.trustees[usize::from(*dealer) - 1]
                .round1
                .take()
                .expect("has one");
            let (secret, shares) = seat.deal(secret, &packages).expect("packages are right");
            self.trustees[usize::from(*dealer) - 1].round2 = Some(secret);
            let mut deal = Vec::new();
            for (recipient, share) in shares {
                let share = match cheat == Some(*dealer) {
                    true => SecretShare::from_bytes([1; 32]),
                    false => share,
                };
                let recipient = u8::try_from(recipient).expect("few trustees");
                let context = self.context();
                let package = self.package(*dealer);
                let envelope = envelope(&context, epoch, *dealer, recipient, &package);
                let sealing = self.trustees[usize::from(recipient) - 1].sealing.as_ref();
                let key = sealing.expect("has registered").public_key();
                let sealed = seal(&envelope, &key, &share, &mut self.rng).expect("key is right");
                let addressed = AddressedShare {
                    recipient: TrusteeIndex(recipient),
                    sealed,
                };
                envelopes.insert((*dealer, recipient), addressed);
                deal.push(addressed);
            }
            let shares = bounded(deal);
            let call = KeyCeremonyCall::Deal {
                election: ELECTION,
                epoch,
                shares,
            };
            calls.push(self.by_trustee(*dealer, Call::KeyCeremony(call)));
        }
        self.good(calls);
        envelopes
    }

    /// Everybody opens what was dealt to it and confirms.
    pub fn confirm(&mut self, epoch: u32, who: &[u8], envelopes: &Envelopes) {
        self.finish(epoch, who, envelopes);
        self.by_trustees(who, |world, index| world.confirmation(epoch, index));
    }

    pub fn confirmation(&self, epoch: u32, index: u8) -> KeyCeremonyCall {
        let key = self.trustees[usize::from(index) - 1].key.as_ref();
        KeyCeremonyCall::Confirm {
            election: ELECTION,
            epoch,
            election_key: *key.expect("has a key").election_key(),
        }
    }

    /// Everybody opens what was dealt to it.
    pub fn finish(&mut self, epoch: u32, who: &[u8], envelopes: &Envelopes) {
        let owned = self.packages(who);
        let packages: Vec<_> = owned
            .iter()
            .map(|(index, package)| (*index, package))
            .collect();
        for recipient in who {
            let context = self.context();
            let tool = &self.trustees[usize::from(*recipient) - 1];
            let sealing = tool.sealing.as_ref().expect("has registered");
            let shares: Vec<(u32, SecretShare)> = who
                .iter()
                .filter(|dealer| *dealer != recipient)
                .map(|dealer| {
                    let package = self.package(*dealer);
                    let envelope = envelope(&context, epoch, *dealer, *recipient, &package);
                    let sealed = &envelopes[&(*dealer, *recipient)].sealed;
                    let share = open(&envelope, sealing, sealed).expect("the share is right");
                    (u32::from(*dealer), share)
                })
                .collect();
            let secret = tool.round2.as_ref().expect("has dealt");
            let key = self
                .seat(epoch, *recipient)
                .finish(secret, &packages, &shares);
            self.trustees[usize::from(*recipient) - 1].key = Some(key.expect("all is right"));
        }
    }

    pub fn election_key(&self) -> EncodedPoint {
        *self
            .trustees
            .iter()
            .rev()
            .find_map(|trustee| trustee.key.as_ref())
            .expect("the ceremony is complete")
            .election_key()
    }

    /// A trustee's message with its shares of the sums as the verifier has recomputed them.
    pub fn shares(&mut self, index: u8, district: DistrictId) -> Vec<u8> {
        let shares = self.make_shares(index, district);
        self.submit(index, district, shares)
    }

    pub fn make_shares(&mut self, index: u8, district: DistrictId) -> DistrictShares {
        let view = self.chain.election(ELECTION).expect("was created");
        let sums = view.sums(district).expect("the district exists").concat();
        let context = self.context();
        let key = self.trustees[usize::from(index) - 1]
            .key
            .as_ref()
            .expect("has a key");
        let shares = prove_shares(&context, district.get(), key, &sums, &mut self.rng);
        bounded(shares.expect("sums are points"))
    }

    pub fn submit(&mut self, index: u8, district: DistrictId, shares: DistrictShares) -> Vec<u8> {
        let call = BallotRegisterCall::SubmitShares {
            election: ELECTION,
            district,
            shares,
        };
        self.by_trustee(index, Call::BallotRegister(call))
    }
}

fn envelope<'a>(
    context: &'a Context,
    epoch: u32,
    dealer: u8,
    recipient: u8,
    dealer_package: &'a Package,
) -> Envelope<'a> {
    let (dealer, recipient) = (dealer.into(), recipient.into());
    Envelope {
        context,
        epoch,
        dealer,
        recipient,
        dealer_package,
    }
}

/// Registrars and voters.
impl World {
    pub fn by_registrar(&mut self, index: usize, call: VoterRegisterCall) -> Vec<u8> {
        let official = self.registrars[index].clone();
        self.builder.official(&official, Call::VoterRegister(call))
    }

    pub fn by_quorum(&mut self, call: &VoterRegisterCall) {
        let quorum = usize::from(self.setup.quorum);
        let calls = (0..quorum)
            .map(|index| self.by_registrar(index, call.clone()))
            .collect();
        self.good(calls);
    }

    /// The districts have the voters in turn.
    pub fn district_of(&self, voter: u64) -> DistrictId {
        [NORTH, SOUTH][voter as usize % self.setup.districts]
    }

    /// Voters number 0, 1, 2 … take part.
    pub fn register(&mut self, voters: u64) {
        let voters = (0..voters)
            .map(|v| Participation {
                voter: VoterNumber(v),
                district: self.district_of(v),
            })
            .collect();
        self.by_quorum(&VoterRegisterCall::Participate {
            election: ELECTION,
            voters: bounded(voters),
        });
    }

    pub fn issue(&mut self, voters: u64) {
        let voters = bounded((0..voters).map(VoterNumber).collect());
        self.by_quorum(&VoterRegisterCall::Issue {
            election: ELECTION,
            voters,
        });
    }

    /// A voter's one-time key.
    pub fn one_time_key(voter: u64) -> sr25519::Pair {
        Official::new("voter", voter as usize).pair
    }

    /// One registrar's blind signature for an account.
    pub fn sign_blindly(
        &mut self,
        registrar: usize,
        district: DistrictId,
        account: &[u8; 32],
    ) -> RandomizedSignature {
        let position = usize::from(district == SOUTH);
        let key = &registrar_keys()[registrar][position];
        let message = credential_message(&self.context(), district.get(), account);
        let (secret, blinded) =
            blind(&key.public_key(), &message, &mut self.rng).expect("the key is right");
        let signature = key.blind_sign(&blinded).expect("the message is blinded");
        secret
            .finalize(&key.public_key(), &message, &signature)
            .expect("the signature is right")
    }

    pub fn credential(&mut self, district: DistrictId, account: &[u8; 32]) -> Credential {
        let signatures = (0..self.setup.quorum).map(|registrar| RegistrarSignature {
            registrar: RegistrarIndex(registrar),
            signature: self.sign_blindly(registrar.into(), district, account),
        });
        bounded(signatures.collect())
    }

    pub fn ballot(
        &mut self,
        district: DistrictId,
        account: &[u8; 32],
        selections: &[Vec<bool>],
    ) -> Ballot {
        let context = self.context();
        let key = ElectionKey::decode(&self.election_key()).expect("the key is right");
        let contests = self
            .manifest
            .district(district)
            .expect("exists")
            .contests
            .iter();
        let contests: Vec<_> = contests.map(|contest| contest.rule()).collect();
        let statement = BallotStatement {
            context: &context,
            key: &key,
            district: district.get(),
            account,
            contests: &contests,
        };
        let (contests, _) = prove(&statement, selections, &mut self.rng).expect("is allowed");
        Ballot { contests }
    }

    /// The call of a voter's ballot.
    pub fn cast_call(&mut self, voter: u64, selections: &[Vec<bool>]) -> BallotRegisterCall {
        let district = self.district_of(voter);
        let account = Self::one_time_key(voter).public().0;
        BallotRegisterCall::Cast {
            election: ELECTION,
            district,
            credential: self.credential(district, &account),
            ballot: self.ballot(district, &account, selections),
        }
    }

    /// A voter's ballot, ready to be put into a block.
    pub fn cast(&mut self, voter: u64, nonce: u32, selections: &[Vec<bool>]) -> Vec<u8> {
        let call = self.cast_call(voter, selections);
        self.send(voter, nonce, call)
    }

    pub fn send(&self, voter: u64, nonce: u32, call: BallotRegisterCall) -> Vec<u8> {
        self.builder.sign(
            &Self::one_time_key(voter),
            nonce,
            Call::BallotRegister(call),
        )
    }
}

/// Selections of the one contest in the north: option 1 … 3, or none.
pub fn north(option: usize) -> Vec<Vec<bool>> {
    vec![(1..=3).map(|other| other == option).collect()]
}

/// Selections in the south: option 1 or 2, then any of two.
pub fn south(option: usize, any: [bool; 2]) -> Vec<Vec<bool>> {
    vec![vec![option == 1, option == 2], any.to_vec()]
}
