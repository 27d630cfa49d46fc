//! An election on a chain in memory, with everybody's keys, and its transactions, timed.

use std::time::Duration;

use codec::{DecodeAll, Encode};
use frame_support::{
    dispatch::GetDispatchInfo,
    traits::{Get, Hooks},
};
use psephos_crypto::{
    ballot::{prove, BallotStatement},
    blind_signature::issuing::{blind, RegistrarKey},
    decryption::prove_shares,
    elgamal::ElectionKey,
    key_ceremony::{
        trustee::{Seat, TrusteeKey},
        Package,
    },
    sealing::{seal, Envelope, SealingKey},
    transcript::Context,
};
use psephos_primitives::{
    ceremony::{AddressedShare, Stage},
    limits::CHANGE_INTERVAL,
    register::Participation,
    validators::SessionKeys,
    wire::{
        signing_payload, BallotRegisterCall, Call, ElectionsCall, Extra, Extrinsic, Implicit,
        KeyCeremonyCall, VoterRegisterCall,
    },
    AccountId, Ballot, BlockRange, Contest, ContestId, Credential, District, DistrictId,
    ElectionId, Hash, Manifest, Registrar, RegistrarIndex, RegistrarSignature, RevotePolicy, Text,
    Trustee, TrusteeIndex, VoterNumber,
};
use psephos_runtime::{
    configuration::CodeHash, Header, RuntimeCall, RuntimeGenesisConfig, RuntimeOrigin,
    SessionConfig, System, VERSION, WASM_BINARY,
};
use rand_core::OsRng;
use sp_consensus_aura::AURA_ENGINE_ID;
use sp_core::{ed25519, sr25519, Pair};
use sp_io::TestExternalities;
use sp_runtime::{
    generic::{Digest, DigestItem, Era},
    traits::{Dispatchable, Header as _},
    BoundedVec, BuildStorage, MultiSignature,
};

use crate::executor::{Executor, Timed};

pub const ELECTION: ElectionId = ElectionId(1);
pub const DISTRICT: DistrictId = DistrictId(1);
/// Long enough after the first block that voters who applied in it may withdraw; no session ends then.
pub const OPENING: u32 = CHANGE_INTERVAL + 11;
pub const CLOSING: u32 = OPENING + 1_000;
/// How long trustees have for each stage of the ceremony.
const CEREMONY_STAGE: u32 = 1_000;
/// The fastest of so many runs counts: whatever else the machine does only makes some of them slower,
/// by up to a half.
const RUNS: usize = 7;

/// The size of an election with one district.
#[derive(Clone, Copy)]
pub struct Shape {
    pub contests: u32,
    pub options: u32,
    pub max: u8,
    pub trustees: u8,
    pub threshold: u8,
    pub registrars: u8,
}

/// An election on a chain that exists in memory only, with everybody's keys.
pub struct Election {
    pub chain: TestExternalities,
    pub context: Context,
    pub manifest: Manifest,
    pub trustees: Vec<sr25519::Pair>,
    pub registrar_keys: Vec<RegistrarKey>,
    pub trustee_keys: Vec<TrusteeKey>,
}

pub fn text(text: impl AsRef<str>) -> Text {
    Text::new(text.as_ref()).expect("a plain text")
}

pub fn bounded<T, B: frame_support::traits::Get<u32>>(
    items: impl IntoIterator<Item = T>,
) -> BoundedVec<T, B> {
    BoundedVec::truncate_from(items.into_iter().collect())
}

/// The session keys of an organisation, by their pairs.
pub fn session_pairs(index: u8) -> (sr25519::Pair, ed25519::Pair) {
    let voter = ed25519::Pair::from_seed(&[index + 1; 32]);
    (official("Session", index), voter)
}

/// The session keys of an organisation.
pub fn session_keys(index: u8) -> SessionKeys {
    let (author, voter) = session_pairs(index);
    SessionKeys {
        aura: author.public(),
        grandpa: voter.public(),
    }
}

pub fn official(role: &str, index: u8) -> sr25519::Pair {
    sr25519::Pair::from_string(&format!("//{role}//{index}"), None).expect("a derivation path")
}

pub fn account(pair: &sr25519::Pair) -> AccountId {
    AccountId::from(pair.public().0)
}

impl Shape {
    pub fn manifest(&self, registrar_keys: &[RegistrarKey], code_hash: Hash) -> Manifest {
        let contest = |id| Contest {
            id: ContestId(id),
            title: text(format!("Contest {id}")),
            options: bounded((1..=self.options).map(|option| text(format!("Option {option}")))),
            min_selections: 0,
            max_selections: self.max,
            blank_allowed: false,
        };
        let trustee = |index| Trustee {
            name: text(format!("Trustee {index}")),
            account: account(&official("Trustee", index)),
        };
        let registrar = |(index, key): (u8, &RegistrarKey)| Registrar {
            name: text(format!("Registrar {index}")),
            account: account(&official("Registrar", index)),
            keys: bounded([key.public_key()]),
        };
        Manifest {
            title: text("Election"),
            districts: bounded([District {
                id: DISTRICT,
                name: text("District"),
                contests: bounded((1..=self.contests).map(contest)),
            }]),
            trustees: bounded((1..=self.trustees).map(trustee)),
            threshold: self.threshold,
            registrars: bounded((0u8..).zip(registrar_keys).map(registrar)),
            quorum: self.registrars,
            registration: BlockRange {
                start: 1,
                end: OPENING,
            },
            voting: BlockRange {
                start: OPENING,
                end: CLOSING,
            },
            ceremony_stage: CEREMONY_STAGE,
            revote: RevotePolicy::Forbidden,
            minimum_ballots: 1,
            relay_delay: 0,
            code_hash,
        }
    }
}

/// Carries a call out natively, to prepare what is measured.
pub fn carry_out(origin: RuntimeOrigin, call: Call) {
    let call = RuntimeCall::decode_all(&mut &call.encode()[..]).expect("the runtime's own format");
    call.dispatch(origin).expect("a call that is in order");
}

impl Election {
    pub fn new(shape: Shape, registrar_keys: Vec<RegistrarKey>) -> Self {
        let member = account(&official("Member", 0));
        let mut storage = RuntimeGenesisConfig {
            session: SessionConfig {
                keys: vec![(member.clone(), member, session_keys(0).into())],
                ..Default::default()
            },
            ..Default::default()
        }
        .build_storage()
        .expect("a genesis");
        let code = WASM_BINARY.expect("built with its WebAssembly");
        storage.top.insert(
            sp_core::storage::well_known_keys::CODE.to_vec(),
            code.to_vec(),
        );
        let mut chain = TestExternalities::new(storage);
        let (manifest, context) = chain.execute_with(|| {
            System::set_block_number(1);
            let manifest = shape.manifest(&registrar_keys, CodeHash::get());
            carry_out(
                pallet_collective::RawOrigin::Members(1, 1).into(),
                Call::Elections(ElectionsCall::Create {
                    manifest: Box::new(manifest.clone()),
                }),
            );
            let context = manifest.context(System::block_hash(0), ELECTION);
            (manifest, context)
        });
        let trustees = (1..=shape.trustees)
            .map(|index| official("Trustee", index))
            .collect();
        Self {
            chain,
            context,
            manifest,
            trustees,
            registrar_keys,
            trustee_keys: Vec::new(),
        }
    }

    pub fn submit_as_trustee(&mut self, trustee: usize, call: KeyCeremonyCall) {
        let origin = RuntimeOrigin::signed(account(&self.trustees[trustee]));
        self.chain
            .execute_with(|| carry_out(origin, Call::KeyCeremony(call)));
    }

    /// The calls of one stage of the ceremony, one for each trustee, in order; `before_last` sees
    /// the chain just before the last.
    pub fn stage(
        &mut self,
        calls: Vec<KeyCeremonyCall>,
        timed: &mut Vec<Timed>,
        name: &str,
        executor: &Executor,
    ) {
        let last = calls.len() - 1;
        for (trustee, call) in calls.into_iter().enumerate() {
            if trustee == last {
                let pair = self.trustees[trustee].clone();
                timed.push(self.time(executor, name, &pair, 0, Call::KeyCeremony(call.clone())));
            }
            self.submit_as_trustee(trustee, call);
        }
    }

    /// Runs the ceremony and times the last message of each stage, which also ends it.
    pub fn hold_ceremony(&mut self, executor: &Executor) -> Vec<Timed> {
        let mut timed = Vec::new();
        let count = self.trustees.len() as u32;
        let threshold = u32::from(self.manifest.threshold);
        let seat = |trustee: u32| Seat {
            context: self.context,
            epoch: 0,
            trustee,
        };
        let seats = (1..=count).map(seat).collect::<Vec<_>>();
        let sealing = seats
            .iter()
            .map(|_| SealingKey::generate(&mut OsRng))
            .collect::<Vec<_>>();
        let (secrets, packages): (Vec<_>, Vec<Package>) = seats
            .iter()
            .map(|seat| {
                seat.commit(count, threshold, &mut OsRng)
                    .expect("valid parameters")
            })
            .unzip();
        let numbered = (1..=count).zip(&packages).collect::<Vec<_>>();
        let election = ELECTION;
        let epoch = 0;
        let of = |name: &str| format!("{name}, {count} trustees");

        // Nobody has done anything when the first stage's time is over.
        let pair = self.trustees[0].clone();
        let call = Call::KeyCeremony(KeyCeremonyCall::ReportSilence { election });
        self.go_to(2 + CEREMONY_STAGE);
        timed.push(self.time(executor, &of("report_silence"), &pair, 0, call));
        self.go_to(1);

        let calls = sealing.iter().map(|key| KeyCeremonyCall::Register {
            election,
            epoch,
            encryption_key: key.public_key(),
        });
        self.stage(calls.collect(), &mut timed, &of("register"), executor);
        let calls = numbered
            .iter()
            .map(|(trustee, package)| KeyCeremonyCall::Commit {
                election,
                epoch,
                commitment: psephos_crypto::key_ceremony::package_commitment(
                    &self.context,
                    epoch,
                    *trustee,
                    package,
                )
                .into(),
            });
        self.stage(calls.collect(), &mut timed, &of("commit"), executor);
        let calls = packages.iter().map(|package| KeyCeremonyCall::Reveal {
            election,
            epoch,
            package: package.clone(),
        });
        self.stage(calls.collect(), &mut timed, &of("reveal"), executor);

        let mut finishing = Vec::new();
        let mut received: Vec<Vec<_>> = vec![Vec::new(); count as usize];
        let mut calls = Vec::new();
        for ((seat, secret), package) in seats.iter().zip(secrets).zip(&packages) {
            let (secret, shares) = seat.deal(secret, &numbered).expect("packages in order");
            finishing.push(secret);
            let deal = shares.into_iter().map(|(recipient, share)| {
                let envelope = Envelope {
                    context: &self.context,
                    epoch,
                    dealer: seat.trustee,
                    recipient,
                    dealer_package: package,
                };
                let place = recipient as usize - 1;
                let key = sealing[place].public_key();
                let sealed = seal(&envelope, &key, &share, &mut OsRng).expect("a valid key");
                received[place].push((seat.trustee, share));
                AddressedShare {
                    recipient: TrusteeIndex(recipient as u8),
                    sealed,
                }
            });
            calls.push(KeyCeremonyCall::Deal {
                election,
                epoch,
                shares: bounded(deal),
            });
        }
        self.stage(calls, &mut timed, &of("deal"), executor);

        self.trustee_keys = seats
            .iter()
            .zip(&finishing)
            .zip(&received)
            .map(|((seat, secret), shares)| {
                seat.finish(secret, &numbered, shares)
                    .expect("shares in order")
            })
            .collect();
        let key = *self.trustee_keys[0].election_key();
        // A complaint that is wrong costs as much as one that is right.
        let complaint = KeyCeremonyCall::Complain {
            election,
            epoch,
            dealer: TrusteeIndex(1),
            disclosed_key: *sealing[1].to_bytes(),
        };
        let pair = self.trustees[1].clone();
        let name = of("complain");
        timed.push(self.time(executor, &name, &pair, 0, Call::KeyCeremony(complaint)));
        let calls = (0..count).map(|_| KeyCeremonyCall::Confirm {
            election,
            epoch,
            election_key: key,
        });
        self.stage(calls.collect(), &mut timed, &of("confirm"), executor);
        let status = self
            .chain
            .execute_with(|| psephos_runtime::KeyCeremony::ceremony(ELECTION));
        assert_eq!(
            status.map(|ceremony| ceremony.status.stage),
            Some(Stage::Complete)
        );
        timed
    }

    pub fn as_registrar(&mut self, call: impl Fn() -> VoterRegisterCall) {
        for registrar in 0..self.manifest.registrars.len() as u8 {
            let origin = RuntimeOrigin::signed(account(&official("Registrar", registrar)));
            let call = Call::VoterRegister(call());
            self.chain.execute_with(|| carry_out(origin, call));
        }
    }

    /// Registers voters and issues to them, timing a full batch of each.
    pub fn fill_register(&mut self, executor: &Executor) -> Vec<Timed> {
        let registrar = official("Registrar", 0);
        let voters = || (0..256).map(VoterNumber);
        let participate = || VoterRegisterCall::Participate {
            election: ELECTION,
            voters: bounded(voters().map(|voter| Participation {
                voter,
                district: DISTRICT,
            })),
        };
        let issue = || VoterRegisterCall::Issue {
            election: ELECTION,
            voters: bounded(voters()),
        };
        let mut timed = Vec::new();
        let call = Call::VoterRegister(participate());
        timed.push(self.time(executor, "participate, 256 voters", &registrar, 0, call));
        self.as_registrar(participate);
        self.go_to(1 + CHANGE_INTERVAL);
        let call = Call::VoterRegister(VoterRegisterCall::Withdraw {
            election: ELECTION,
            voter: VoterNumber(0),
        });
        timed.push(self.time(executor, "withdraw", &registrar, 0, call));
        timed.push(self.time_hooks(executor, "opening", OPENING));
        self.begin_due(OPENING);
        let call = Call::VoterRegister(issue());
        timed.push(self.time(executor, "issue, 256 voters", &registrar, 0, call));
        self.as_registrar(issue);
        timed
    }

    pub fn go_to(&mut self, block: u32) {
        self.chain.execute_with(|| System::set_block_number(block));
    }

    /// Opens or closes what is due in this block.
    pub fn begin_due(&mut self, block: u32) {
        self.go_to(block);
        self.chain.execute_with(|| {
            psephos_runtime::Elections::on_initialize(block);
        });
    }

    pub fn key(&self) -> ElectionKey {
        ElectionKey::decode(self.trustee_keys[0].election_key()).expect("the ceremony made it")
    }

    /// A voter's key and their signed call.
    pub fn ballot(&self) -> (sr25519::Pair, Call) {
        let (voter, _) = sr25519::Pair::generate();
        let rules = self.manifest.districts[0]
            .contests
            .iter()
            .map(Contest::rule)
            .collect::<Vec<_>>();
        let key = self.key();
        let statement = BallotStatement {
            context: &self.context,
            key: &key,
            district: DISTRICT.get(),
            account: &voter.public().0,
            contests: &rules,
        };
        let selections = rules
            .iter()
            .map(|rule| (0..rule.options).map(|option| option == 0).collect())
            .collect::<Vec<Vec<bool>>>();
        let (contests, _) = prove(&statement, &selections, &mut OsRng).expect("valid selections");
        let message = psephos_crypto::blind_signature::credential_message(
            &self.context,
            DISTRICT.get(),
            &voter.public().0,
        );
        let credential: Credential =
            bounded((0u8..).zip(&self.registrar_keys).map(|(index, key)| {
                let (secret, blinded) =
                    blind(&key.public_key(), &message, &mut OsRng).expect("a valid key");
                let signed = key.blind_sign(&blinded).expect("a blinded message");
                let signature = secret.finalize(&key.public_key(), &message, &signed);
                RegistrarSignature {
                    registrar: RegistrarIndex(index),
                    signature: signature.expect("signed by that key"),
                }
            }));
        let call = Call::BallotRegister(BallotRegisterCall::Cast {
            election: ELECTION,
            district: DISTRICT,
            credential,
            ballot: Ballot { contests },
        });
        (voter, call)
    }

    /// Casts a ballot for good, past the admission, which [`Self::time`] goes through.
    pub fn cast(&mut self, voter: &sr25519::Pair, call: Call) {
        let origin =
            pallet_ballot_register::Origin::<psephos_runtime::Runtime>::Voter(account(voter));
        self.chain.execute_with(|| carry_out(origin.into(), call));
    }

    pub fn shares(&mut self, trustee: usize) -> Call {
        let sums = self
            .chain
            .execute_with(|| psephos_runtime::BallotRegister::sums(ELECTION, DISTRICT));
        let sums = sums.expect("ballots were cast").concat();
        let shares = prove_shares(
            &self.context,
            DISTRICT.get(),
            &self.trustee_keys[trustee],
            &sums,
            &mut OsRng,
        );
        Call::BallotRegister(BallotRegisterCall::SubmitShares {
            election: ELECTION,
            district: DISTRICT,
            shares: bounded(shares.expect("sums in order")),
        })
    }

    /// Runs the hooks at the beginning of a block in WebAssembly, and leaves the chain as it was. What
    /// they take and declare in a block without anything on the agenda is left out.
    pub fn time_hooks(&mut self, executor: &Executor, name: &str, block: u32) -> Timed {
        let mut begin = |number| {
            self.go_to(number - 1);
            self.chain.commit_all().expect("no transaction is open");
            let digest = Digest {
                logs: vec![DigestItem::PreRuntime(
                    AURA_ENGINE_ID,
                    u64::from(number).encode(),
                )],
            };
            let header = Header::new(
                number,
                Default::default(),
                Default::default(),
                Hash::repeat_byte(1),
                digest,
            );
            (0..RUNS)
                .map(|_| executor.begin(&mut self.chain, &header))
                .min_by_key(|(taken, _)| *taken)
                .expect("there are runs")
        };
        let (idle_taken, idle_declared) = begin(block - 1);
        let (taken, declared) = begin(block);
        let declared = declared.saturating_sub(idle_declared).ref_time();
        Timed {
            name: name.to_owned(),
            bytes: 0,
            taken: taken.saturating_sub(idle_taken),
            declared: Duration::from_nanos(declared / 1_000),
        }
    }

    /// Runs a transaction in WebAssembly, and leaves the chain as it was.
    pub fn time(
        &mut self,
        executor: &Executor,
        name: &str,
        pair: &sr25519::Pair,
        nonce: u32,
        call: Call,
    ) -> Timed {
        let runtime_call =
            RuntimeCall::decode_all(&mut &call.encode()[..]).expect("the runtime's own format");
        // Some weights depend on the state.
        let declared = self
            .chain
            .execute_with(|| runtime_call.get_dispatch_info().total_weight().ref_time());
        let genesis_hash = self.chain.execute_with(|| System::block_hash(0));
        let extra = Extra {
            era: Era::immortal(),
            nonce,
        };
        let implicit = Implicit {
            spec_version: VERSION.spec_version,
            transaction_version: VERSION.transaction_version,
            genesis_hash,
            mortality_hash: genesis_hash,
        };
        let signature = pair.sign(&signing_payload(&call, &extra, &implicit));
        let extrinsic = Extrinsic::Signed {
            signer: account(pair),
            signature: MultiSignature::Sr25519(signature),
            extra,
            call,
        };
        let encoded = extrinsic.encode();
        self.chain.commit_all().expect("no transaction is open");
        let taken = (0..RUNS)
            .map(|_| executor.apply(&mut self.chain, &encoded))
            .min()
            .expect("there are runs");
        Timed {
            name: name.to_owned(),
            bytes: encoded.len(),
            taken,
            declared: Duration::from_nanos(declared / 1_000),
        }
    }
}
