//! Whoever needs the validators' signatures under a block takes those of a later one, and does not
//! wait for ever on a node that only has earlier ones.

use std::sync::{
    atomic::{AtomicU32, Ordering},
    Arc,
};

use jsonrpsee::{
    server::{Server, ServerHandle},
    RpcModule, SubscriptionMessage,
};
use psephos_client::Node;
use psephos_primitives::Hash;

/// SCALE of the beginning of a justification: the round, the target's hash and its number.
fn justification(number: u32) -> String {
    let digits: String = number
        .to_le_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("0x{}{}{digits}", "00".repeat(8), "ab".repeat(32))
}

/// A node that justifies block 3 first, and with each subscription the next one up to `last`.
async fn node(last: u32) -> (ServerHandle, Node, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let mut methods = RpcModule::new(asked.clone());
    methods
        .register_method("chain_getBlockHash", |_, _, _| {
            format!("{:?}", Hash::zero())
        })
        .expect("is registered once");
    methods
        .register_subscription(
            "grandpa_subscribeJustifications",
            "grandpa_justifications",
            "grandpa_unsubscribeJustifications",
            move |_, pending, asked, _| async move {
                let number = asked.fetch_add(1, Ordering::Relaxed) + 3;
                let message = SubscriptionMessage::from_json(&justification(number.min(last)))?;
                let sink = pending.accept().await?;
                sink.send(message).await?;
                sink.closed().await;
                Ok(())
            },
        )
        .expect("is registered once");
    let server = Server::builder()
        .build("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let url = format!("ws://{}", server.local_addr().expect("is bound"));
    let server = server.start(methods);
    let node = Node::open(&[url]).await.expect("the node answers");
    (server, node, asked)
}

#[tokio::test]
async fn a_justification_of_the_block_or_of_a_later_one_will_do() {
    let (_server, node, asked) = node(u32::MAX).await;
    let proof = node.finality_of(2).await.expect("block 3 is later");
    assert_eq!((proof.number, proof.target), (3, Hash::repeat_byte(0xab)));
    let proof = node.finality_of(6).await.expect("comes after two more");
    assert_eq!(proof.number, 6);
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_node_that_never_comes_to_the_block_is_not_asked_for_ever() {
    let (_server, node, asked) = node(5).await;
    let words = node
        .finality_of(6)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string());
    assert_eq!(
        words,
        Err(
            "the node has no justification of block 6 or a later one: after 64 it has come to \
             block 5"
                .into()
        )
    );
    assert_eq!(asked.load(Ordering::Relaxed), 64);
}
