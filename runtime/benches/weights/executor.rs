//! Executes the runtime's WebAssembly as a node does.

use std::time::{Duration, Instant};

use codec::{Decode, Encode};
use frame_system::{BlockWeight, ConsumedWeight};
use psephos_runtime::{Header, Runtime, WASM_BINARY};
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_externalities::Externalities;
use sp_io::TestExternalities;
use sp_runtime::{ApplyExtrinsicResult, Weight};

/// What one kind of transaction, or of hook, takes and what it declares.
pub struct Timed {
    pub name: String,
    pub bytes: usize,
    pub taken: Duration,
    pub declared: Duration,
}

/// Executes the runtime as a node does.
pub struct Executor {
    pub wasm: WasmExecutor<sp_io::SubstrateHostFunctions>,
}

impl Executor {
    pub fn new() -> Self {
        Self {
            wasm: WasmExecutor::builder().build(),
        }
    }

    /// Applies an extrinsic, rolls back, and says how long it took.
    pub fn apply(&self, chain: &mut TestExternalities, extrinsic: &[u8]) -> Duration {
        let method = "BlockBuilder_apply_extrinsic";
        let (answer, taken, ()) = self.call(chain, method, extrinsic, |_| ());
        ApplyExtrinsicResult::decode(&mut &answer[..])
            .expect("the runtime's answer")
            .expect("admitted")
            .expect("carried out");
        taken
    }

    /// Begins a block, rolls back, and says how long that took and what weight its hooks declared.
    pub fn begin(&self, chain: &mut TestExternalities, header: &Header) -> (Duration, Weight) {
        let method = "Core_initialize_block";
        let (_, taken, declared) = self.call(chain, method, &header.encode(), |ext| {
            let consumed = ext.storage(&BlockWeight::<Runtime>::hashed_key());
            ConsumedWeight::decode(&mut &consumed.expect("the block has begun")[..])
                .expect("the runtime's own format")
                .total()
        });
        (taken, declared)
    }

    /// Calls the runtime, looks at the state that it leaves, and rolls back.
    fn call<T>(
        &self,
        chain: &mut TestExternalities,
        method: &str,
        arguments: &[u8],
        look: impl FnOnce(&mut dyn Externalities) -> T,
    ) -> (Vec<u8>, Duration, T) {
        let mut ext = chain.ext();
        ext.storage_start_transaction();
        let code = WASM_BINARY.expect("built with its WebAssembly");
        let fetcher = WrappedRuntimeCode(code.into());
        let code = RuntimeCode {
            code_fetcher: &fetcher,
            heap_pages: None,
            hash: psephos_primitives::hashing::blake2_256(code).to_vec(),
        };
        let context = CallContext::Onchain { import: false };
        let start = Instant::now();
        let (answer, _) = self.wasm.call(&mut ext, &code, method, arguments, context);
        let taken = start.elapsed();
        let answer = answer.expect("no trap");
        let seen = look(&mut ext);
        ext.storage_rollback_transaction()
            .expect("it was started above");
        (answer, taken, seen)
    }
}
