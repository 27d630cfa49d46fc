//! Executes the runtime's WebAssembly as a node does.

use std::time::{Duration, Instant};

use codec::Decode;
use psephos_runtime::WASM_BINARY;
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_externalities::Externalities;
use sp_io::TestExternalities;
use sp_runtime::ApplyExtrinsicResult;

/// What one kind of transaction takes and what it declares.
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
        let (result, _) = self.wasm.call(
            &mut ext,
            &code,
            "BlockBuilder_apply_extrinsic",
            extrinsic,
            context,
        );
        let taken = start.elapsed();
        ext.storage_rollback_transaction()
            .expect("it was started above");
        let result = ApplyExtrinsicResult::decode(&mut &result.expect("no trap")[..]);
        result
            .expect("the runtime's answer")
            .expect("admitted")
            .expect("carried out");
        taken
    }
}
