//! An official learns that another's message came first, although no pool says so of itself.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use codec::Encode;
use jsonrpsee::{
    server::{Server, ServerHandle},
    types::{ErrorObjectOwned, Params},
    Extensions, RpcModule,
};
use psephos_client::{Courier, Error, Header, Node, Office, Signer};
use psephos_primitives::{
    wire::{Call, VoterRegisterCall},
    ElectionId, Hash, Refusal, VoterNumber,
};
use serde_json::{json, Value};
use sp_runtime::{
    traits::Header as _,
    transaction_validity::{InvalidTransaction, TransactionValidity},
};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);

/// A node whose pool takes everything, whose chain stands at block 0, and whose runtime gives these
/// answers, one after the other.
#[derive(Clone)]
struct Scripted(Arc<Mutex<VecDeque<TransactionValidity>>>);

impl Scripted {
    fn new(answers: impl IntoIterator<Item = TransactionValidity>) -> Self {
        Self(Arc::new(Mutex::new(answers.into_iter().collect())))
    }

    /// How many answers are left.
    fn left(&self) -> usize {
        self.0.lock().expect("no test panics with it held").len()
    }

    fn answer(&self, method: &str) -> Value {
        let header = header();
        match method {
            "chain_getBlockHash" | "chain_getFinalizedHead" | "author_submitExtrinsic" => {
                json!(header.hash())
            }
            "chain_getHeader" => json!(header),
            "chain_getBlock" => {
                json!({ "block": { "header": header, "extrinsics": [] }, "justifications": null })
            }
            "system_accountNextIndex" => json!(0),
            "state_getRuntimeVersion" => {
                json!({ "specName": "psephos", "specVersion": 101, "transactionVersion": 1 })
            }
            "state_call" => json!(self.next_validity()),
            other => panic!("nobody asks for {other}"),
        }
    }

    fn next_validity(&self) -> String {
        let mut answers = self.0.lock().expect("no test panics with it held");
        let answer = answers.pop_front().expect("the script is longer");
        let bytes = answer.encode();
        bytes
            .iter()
            .fold("0x".into(), |text, byte| format!("{text}{byte:02x}"))
    }

    async fn serve(&self) -> (ServerHandle, Node) {
        let mut methods = RpcModule::new(self.clone());
        for name in [
            "chain_getBlockHash",
            "chain_getFinalizedHead",
            "chain_getHeader",
            "chain_getBlock",
            "author_submitExtrinsic",
            "system_accountNextIndex",
            "state_getRuntimeVersion",
            "state_call",
        ] {
            let method = move |_: Params<'_>, node: &Self, _: &Extensions| {
                Ok::<Value, ErrorObjectOwned>(node.answer(name))
            };
            methods
                .register_method(name, method)
                .expect("is registered once");
        }
        let server = Server::builder()
            .build("127.0.0.1:0")
            .await
            .expect("a port is free");
        let url = format!("ws://{}", server.local_addr().expect("is bound"));
        let handle = server.start(methods);
        let node = Node::open(&[url]).await.expect("it answers");
        (handle, node)
    }
}

fn header() -> Header {
    let none = Hash::zero();
    Header::new(0, none, none, none, Default::default())
}

#[tokio::test]
async fn what_can_no_longer_be_carried_out_is_not_waited_for() {
    let not_now = || -> TransactionValidity { Err(Refusal::NotNow.into()) };
    // Once is not enough, as one node may be behind another; a used nonce means that it arrived.
    let stale: TransactionValidity = Err(InvalidTransaction::Stale.into());
    let scripted = Scripted::new([not_now(), stale, not_now(), not_now()]);
    let (_server, node) = scripted.serve().await;
    let courier = Courier::start_now(vec![node.clone()])
        .await
        .expect("it starts");
    let signer = Signer::from_seed(&[7; 32]).expect("a seed");
    let office = Office::new(node, courier, signer);
    let call = Call::VoterRegister(VoterRegisterCall::Withdraw {
        election: ElectionId(1),
        voter: VoterNumber(7),
    });
    let outcome = timeout(LIMIT, office.perform(call))
        .await
        .expect("it ends in time");
    assert!(
        matches!(outcome, Err(Error::Refused(Refusal::NotNow))),
        "{outcome:?}"
    );
    assert_eq!(scripted.left(), 0);
}
