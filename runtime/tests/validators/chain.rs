//! A chain in memory whose blocks are executed as a validator does.

use codec::{DecodeAll, Encode};
use psephos_primitives::{
    limits::BLOCK_MILLISECONDS,
    validators::{ownership_statement, OwnershipProof, SessionKeys},
    wire::{signing_payload, Call, ConsortiumCall, Extra, Extrinsic, Implicit, TimestampCall},
    AccountId, BlockNumber, Hash, Refusal,
};
use psephos_runtime::{
    Executive, Header, Runtime, RuntimeEvent, RuntimeGenesisConfig, SessionConfig, System,
    UncheckedExtrinsic, VERSION,
};
use sc_executor::WasmExecutor;
use sp_core::{ed25519, sr25519, traits::ReadRuntimeVersionExt, Pair};
use sp_externalities::Extension;
use sp_io::{SubstrateHostFunctions, TestExternalities};
use sp_runtime::{
    generic::Era,
    traits::{BlakeTwo256, Hash as _},
    transaction_validity::{TransactionSource, TransactionValidity, TransactionValidityError},
    BuildStorage, Digest, DigestItem, DispatchResult, MultiSignature, Weight,
};

/// More than any motion here weighs.
const WEIGHT_BOUND: Weight = Weight::from_parts(600_000_000_000, 1 << 20);

/// Blocks, the last of which is still being executed.
pub struct Chain {
    state: TestExternalities,
    parent: Hash,
    number: BlockNumber,
}

/// Whoever was made from this number.
pub fn signer(seed: u8) -> sr25519::Pair {
    sr25519::Pair::from_seed(&[seed; 32])
}

pub fn account(seed: u8) -> AccountId {
    signer(seed).public().into()
}

pub fn keys(seed: u8) -> SessionKeys {
    SessionKeys {
        aura: signer(seed).public(),
        grandpa: ed25519::Pair::from_seed(&[seed; 32]).public(),
    }
}

/// That an organisation holds the keys made from this number.
pub fn proof(organisation: u8, seed: u8) -> OwnershipProof {
    let statement = ownership_statement(&account(organisation));
    OwnershipProof {
        aura: signer(seed).sign(&statement),
        grandpa: ed25519::Pair::from_seed(&[seed; 32]).sign(&statement),
    }
}

impl Chain {
    /// A chain of so many organisations, in its first block, that runs this code by name.
    pub fn begin(organisations: u8, code: &[u8]) -> Self {
        let organisations = (1..=organisations).map(|seed| {
            let account = account(seed);
            (account.clone(), account, keys(seed).into())
        });
        let genesis = RuntimeGenesisConfig {
            session: SessionConfig {
                keys: organisations.collect(),
                ..Default::default()
            },
            ..Default::default()
        };
        let storage = genesis.build_storage().expect("a genesis");
        let mut state = TestExternalities::new_with_code(code, storage);
        // A node reads a code's version so.
        let executor = WasmExecutor::<SubstrateHostFunctions>::builder().build();
        state.register_extension(ReadRuntimeVersionExt::new(executor));
        let mut chain = Self {
            state,
            parent: Hash::zero(),
            number: 0,
        };
        chain.next_block();
        chain
    }

    /// Gives the runtime something of its node's.
    pub fn provide<E: Extension>(&mut self, extension: E) {
        self.state.register_extension(extension);
    }

    /// Does something with the state.
    pub fn execute<R>(&mut self, work: impl FnOnce() -> R) -> R {
        self.state.execute_with(work)
    }

    /// Ends the block, begins the next, and returns what the ended one has in its digest.
    pub fn next_block(&mut self) -> Vec<DigestItem> {
        let first = self.number == 0;
        let ended = self.execute(|| (!first).then(Executive::finalize_block));
        if let Some(header) = &ended {
            self.parent = header.hash();
        }
        self.number += 1;
        let slot = u64::from(self.number);
        let header = Header {
            parent_hash: self.parent,
            number: self.number,
            state_root: Hash::zero(),
            extrinsics_root: Hash::zero(),
            digest: Digest {
                logs: vec![DigestItem::PreRuntime(*b"aura", slot.encode())],
            },
        };
        let clock = Extrinsic::Unsigned(Call::Timestamp(TimestampCall::Set {
            now: slot * BLOCK_MILLISECONDS,
        }));
        self.execute(|| {
            Executive::initialize_block(&header);
            Executive::apply_extrinsic(decoded(&clock))
                .expect("the clock is admitted")
                .expect("the clock can be set");
        });
        ended.map_or(Vec::new(), |header| header.digest.logs)
    }

    /// Executes the blocks before this one, and its beginning. Returns the consensus items of the
    /// ended ones, without those of their authors.
    pub fn run_to(&mut self, block: BlockNumber) -> Vec<(BlockNumber, DigestItem)> {
        let mut items = Vec::new();
        while self.number < block {
            let number = self.number;
            let logs = self.next_block();
            let announced = logs
                .into_iter()
                .filter(|item| item.as_pre_runtime().is_none());
            items.extend(announced.map(|item| (number, item)));
        }
        items
    }

    /// Signed by whoever was made from this number, as wallets do.
    pub fn sign(&mut self, seed: u8, era: Era, nonce: u32, call: Call) -> UncheckedExtrinsic {
        let number = self.number;
        let extra = Extra { era, nonce };
        let implicit = self.execute(|| Implicit {
            spec_version: VERSION.spec_version,
            transaction_version: VERSION.transaction_version,
            genesis_hash: System::block_hash(0),
            mortality_hash: System::block_hash(era.birth(number.into()) as BlockNumber),
        });
        let signature = signer(seed).sign(&signing_payload(&call, &extra, &implicit));
        decoded(&Extrinsic::Signed {
            signer: account(seed),
            signature: MultiSignature::Sr25519(signature),
            extra,
            call,
        })
    }

    /// Puts an extrinsic into the block; says why it must not stand there, or why it failed.
    pub fn apply(
        &mut self,
        extrinsic: UncheckedExtrinsic,
    ) -> Result<DispatchResult, TransactionValidityError> {
        self.execute(|| Executive::apply_extrinsic(extrinsic))
    }

    /// What the pool says of an extrinsic.
    pub fn validate(&mut self, extrinsic: UncheckedExtrinsic) -> TransactionValidity {
        let (source, parent) = (TransactionSource::External, self.parent);
        let mut answer = None;
        // The pool works on a state that is thrown away.
        self.execute(|| {
            let _ = frame_support::storage::with_transaction(|| {
                answer = Some(Executive::validate_transaction(source, extrinsic, parent));
                sp_runtime::TransactionOutcome::Rollback(Ok::<(), sp_runtime::DispatchError>(()))
            });
        });
        answer.expect("it was asked")
    }

    /// A member's message, which is admitted and succeeds.
    pub fn perform(&mut self, seed: u8, call: Call) {
        self.attempt(seed, call).expect("it succeeds");
    }

    /// A member's message, which is admitted.
    pub fn attempt(&mut self, seed: u8, call: Call) -> DispatchResult {
        let nonce = self.execute(|| System::account_nonce(account(seed)));
        let extrinsic = self.sign(seed, Era::immortal(), nonce, call);
        self.apply(extrinsic).expect("it is admitted")
    }

    /// Lets these members move and carry a motion; says what came of the call.
    pub fn decide(&mut self, members: &[u8], call: Call) -> DispatchResult {
        let index = self.put(members[0], &call);
        self.carry(members, &call, index)
    }

    /// Lets a member put a motion, which more than half of the members are to carry; its number.
    pub fn put(&mut self, member: u8, call: &Call) -> u32 {
        type Consortium = pallet_collective::Instance1;
        let (index, seats) = self.execute(|| {
            (
                pallet_collective::ProposalCount::<Runtime, Consortium>::get(),
                pallet_collective::Members::<Runtime, Consortium>::get().len(),
            )
        });
        let propose = ConsortiumCall::Propose {
            threshold: seats as u32 / 2 + 1,
            proposal: Box::new(call.clone()),
            length_bound: call.encoded_size() as u32,
        };
        self.perform(member, Call::Consortium(propose));
        index
    }

    /// Lets these members vote for a motion and close it; says what came of the call.
    pub fn carry(&mut self, members: &[u8], call: &Call, index: u32) -> DispatchResult {
        let hash = BlakeTwo256::hash_of(call);
        let length_bound = call.encoded_size() as u32;
        for member in members {
            let vote = ConsortiumCall::Vote {
                proposal: hash,
                index,
                approve: true,
            };
            self.perform(*member, Call::Consortium(vote));
        }
        let close = ConsortiumCall::Close {
            proposal_hash: hash,
            index,
            proposal_weight_bound: WEIGHT_BOUND,
            length_bound,
        };
        self.perform(members[0], Call::Consortium(close));
        self.execute(|| {
            let outcome =
                System::events()
                    .into_iter()
                    .rev()
                    .find_map(|record| match record.event {
                        RuntimeEvent::Consortium(pallet_collective::Event::Executed {
                            result,
                            ..
                        }) => Some(result),
                        _ => None,
                    });
            outcome.expect("the motion was carried out")
        })
    }
}

/// As the runtime reads it.
pub fn decoded(extrinsic: &Extrinsic) -> UncheckedExtrinsic {
    let bytes = extrinsic.encode();
    UncheckedExtrinsic::decode_all(&mut &bytes[..]).expect("the runtime's own format")
}

/// Refused by the pool and in a block, for the same reason.
pub fn refused(chain: &mut Chain, extrinsic: &UncheckedExtrinsic, reason: Refusal) {
    let reason = TransactionValidityError::from(reason);
    assert_eq!(chain.validate(extrinsic.clone()), Err(reason));
    assert_eq!(chain.apply(extrinsic.clone()), Err(reason));
}
