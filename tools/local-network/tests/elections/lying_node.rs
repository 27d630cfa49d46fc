//! A node that passes on all that another one says, but the validators' signatures: what a node can
//! show of a branch that it made up.

use std::net::SocketAddr;

use codec::{Decode, Encode};
use jsonrpsee::{
    server::{Server, ServerHandle, SubscriptionMessage},
    types::{ErrorObjectOwned, Params},
    Extensions, RpcModule,
};
use psephos_client::Node;
use psephos_verifier::finality::Justification;
use serde_json::{value::RawValue, Value};
use subxt_rpcs::client::RpcClient;

/// All that a trustee's tool asks.
const METHODS: [&str; 11] = [
    "author_submitExtrinsic",
    "chain_getBlock",
    "chain_getBlockHash",
    "chain_getFinalizedHead",
    "chain_getHeader",
    "state_call",
    "state_getReadProof",
    "state_getRuntimeVersion",
    "state_getStorage",
    "system_accountNextIndex",
    "system_chain",
];

/// Stops when it is dropped.
pub struct LyingNode {
    /// Where it listens.
    pub url: String,
    _server: ServerHandle,
}

#[derive(Clone)]
struct Honest {
    rpc: RpcClient,
    node: Node,
}

impl LyingNode {
    /// Stands between a trustee and the honest node at this URL.
    pub async fn start(honest_url: &str) -> Self {
        let urls = [honest_url.to_owned()];
        let honest = Honest {
            rpc: RpcClient::from_insecure_url(honest_url)
                .await
                .expect("the node answers"),
            node: Node::open(&urls).await.expect("the node answers"),
        };
        let mut module = RpcModule::new(honest);
        for method in METHODS {
            module
                .register_async_method(method, move |params, honest, _| {
                    pass_on(method, params.into_owned(), honest.rpc.clone())
                })
                .expect("each once");
        }
        module
            .register_subscription(
                "grandpa_subscribeJustifications",
                "grandpa_justifications",
                "grandpa_unsubscribeJustifications",
                |_, pending, honest, _: Extensions| async move {
                    let Ok(sink) = pending.accept().await else {
                        return;
                    };
                    loop {
                        let unsigned = without_signatures(&honest.node).await;
                        let message =
                            SubscriptionMessage::from_json(&unsigned).expect("a text is JSON");
                        if sink.send(message).await.is_err() {
                            return;
                        }
                    }
                },
            )
            .expect("once");
        let loopback: SocketAddr = ([127, 0, 0, 1], 0).into();
        let server = Server::builder()
            .build(loopback)
            .await
            .expect("a port is free");
        let address = server.local_addr().expect("it listens");
        Self {
            url: format!("ws://{address}"),
            _server: server.start(module),
        }
    }
}

async fn pass_on(
    method: &'static str,
    params: Params<'static>,
    honest: RpcClient,
) -> Result<Value, ErrorObjectOwned> {
    let params = params
        .as_str()
        .map(|text| RawValue::from_string(text.to_owned()).expect("was parsed before"));
    let answer = honest.request_raw(method, params).await;
    let json =
        answer.map_err(|error| ErrorObjectOwned::owned(-32_000, error.to_string(), None::<()>))?;
    Ok(serde_json::from_str(json.get()).expect("the node speaks JSON"))
}

/// The next justification of the honest node, and nobody signed it.
async fn without_signatures(node: &Node) -> String {
    let proof = node.next_justification().await.expect("the node answers");
    let mut justification = Justification::decode(&mut &proof.justification[..])
        .expect("is that of the audit's definition");
    justification.precommits.clear();
    format!("0x{}", hex::encode(justification.encode()))
}
