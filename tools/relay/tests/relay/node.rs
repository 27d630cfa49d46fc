//! A node that is a few lines of JSON-RPC: one election, a block whenever the test wants one.

use std::sync::{Arc, Mutex, MutexGuard};

use codec::Encode;
use jsonrpsee::{
    server::{Server, ServerHandle},
    types::{ErrorObjectOwned, Params},
    Extensions, RpcModule,
};
use psephos_client::{extrinsic_hash, Header};
use psephos_primitives::{Hash, Phase, Refusal};
use serde_json::{json, Value};
use sp_runtime::traits::Header as _;

use crate::ballots::{facts, manifest, CODE};

type Answer = Result<Value, ErrorObjectOwned>;

pub struct Chain {
    blocks: Vec<(Header, Vec<Vec<u8>>)>,
    pub pool: Vec<Vec<u8>>,
    /// Where its election stands.
    pub phase: Phase,
    /// Everything that was ever submitted, with repetitions.
    pub submissions: Vec<Vec<u8>>,
}

/// A chain and its node. Clones share it.
#[derive(Clone)]
pub struct FakeNode(Arc<Mutex<Chain>>);

impl FakeNode {
    pub fn new() -> Self {
        let node = Self(Arc::new(Mutex::new(Chain {
            blocks: Vec::new(),
            pool: Vec::new(),
            phase: Phase::Voting,
            submissions: Vec::new(),
        })));
        node.next_block();
        node
    }

    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.0.lock().expect("no test panics with the lock held")
    }

    /// Puts the pool into a block, which is final at once.
    pub fn next_block(&self) {
        let mut chain = self.chain();
        let parent = chain.blocks.last().map(|(header, _)| header.hash());
        let header = header(chain.blocks.len() as u32, parent.unwrap_or_default());
        let extrinsics = std::mem::take(&mut chain.pool);
        chain.blocks.push((header, extrinsics));
    }

    /// Everything in blocks.
    pub fn included(&self) -> Vec<Vec<u8>> {
        let chain = self.chain();
        chain
            .blocks
            .iter()
            .flat_map(|block| block.1.clone())
            .collect()
    }

    /// The node's URL.
    pub async fn serve(&self) -> (ServerHandle, String) {
        let server = Server::builder().build("127.0.0.1:0").await.expect("binds");
        let url = format!("ws://{}", server.local_addr().expect("is bound"));
        (server.start(self.methods()), url)
    }

    fn methods(&self) -> RpcModule<Self> {
        let mut methods = RpcModule::new(self.clone());
        let mut answer = |name, answer: fn(&mut Chain, Params<'_>) -> Answer| {
            let method = move |params: Params<'_>, node: &Self, _: &Extensions| {
                answer(&mut node.chain(), params)
            };
            methods
                .register_method(name, method)
                .expect("is registered once");
        };
        answer("chain_getBlockHash", |chain, params| {
            let number: usize = params.one().expect("is a number");
            let block = chain.blocks.get(number);
            Ok(json!(block.map(|(header, _)| header.hash())))
        });
        answer("chain_getFinalizedHead", |chain, _| {
            Ok(json!(chain.blocks.last().map(|(header, _)| header.hash())))
        });
        answer("chain_getHeader", |chain, params| {
            let hash: Option<Hash> = params.sequence().optional_next().expect("is a hash");
            let found = match hash {
                Some(hash) => chain
                    .blocks
                    .iter()
                    .find(|(header, _)| header.hash() == hash),
                None => chain.blocks.last(),
            };
            Ok(json!(found.map(|(header, _)| header)))
        });
        answer("chain_getBlock", |chain, params| {
            let hash: Hash = params.one().expect("is a hash");
            let found = chain
                .blocks
                .iter()
                .find(|(header, _)| header.hash() == hash);
            Ok(json!(
                found.map(|(header, extrinsics)| block(header, extrinsics))
            ))
        });
        answer("author_submitExtrinsic", |chain, params| {
            let bytes: String = params.one().expect("are bytes");
            let digits = bytes.strip_prefix("0x").expect("begins with 0x");
            let extrinsic = hex::decode(digits).expect("is hexadecimal");
            let hash = extrinsic_hash(&extrinsic);
            chain.submissions.push(extrinsic.clone());
            if chain
                .blocks
                .iter()
                .any(|block| block.1.contains(&extrinsic))
            {
                let data = Some(format!("Custom error: {}", Refusal::AlreadyVoted.code()));
                return Err(ErrorObjectOwned::owned(1010, "Invalid Transaction", data));
            }
            if !chain.pool.contains(&extrinsic) {
                chain.pool.push(extrinsic);
            }
            Ok(json!(hash))
        });
        answer("state_getStorage", |_, params| {
            let key: String = params.sequence().next().expect("is a key");
            assert_eq!(key, format!("0x{}", hex::encode(b":code")));
            Ok(json!(format!("0x{}", hex::encode(CODE))))
        });
        answer("state_getRuntimeVersion", |_, _| {
            Ok(json!({
                "specName": "psephos",
                "specVersion": facts().spec_version,
                "transactionVersion": facts().transaction_version,
            }))
        });
        answer("state_call", |chain, params| {
            let function: String = params.sequence().next().expect("is a name");
            let answer = match function.as_str() {
                "ElectionApi_manifest" => Some(manifest()).encode(),
                "ElectionApi_phase" => Some(chain.phase).encode(),
                other => panic!("{other} is not what a relay asks"),
            };
            Ok(json!(format!("0x{}", hex::encode(answer))))
        });
        methods
    }
}

/// The hash of every such chain's block 0.
pub fn genesis() -> Hash {
    header(0, Hash::zero()).hash()
}

fn header(number: u32, parent: Hash) -> Header {
    let root = Hash::zero();
    Header::new(number, root, root, parent, Default::default())
}

fn block(header: &Header, extrinsics: &[Vec<u8>]) -> Value {
    let extrinsics: Vec<_> = extrinsics
        .iter()
        .map(|bytes| format!("0x{}", hex::encode(bytes)))
        .collect();
    json!({ "block": { "header": header, "extrinsics": extrinsics }, "justifications": null })
}
