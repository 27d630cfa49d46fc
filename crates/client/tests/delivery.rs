//! Extrinsics reach a finalised block over nodes that restart, fall silent and refuse: each case on
//! nodes that are a few lines of JSON-RPC over one chain in memory.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use jsonrpsee::{
    server::{Server, ServerHandle},
    types::{ErrorObjectOwned, Params},
    Extensions, RpcModule,
};
use psephos_client::{extrinsic_hash, Courier, Error, Header, Node, Patience};
use psephos_primitives::{Hash, Refusal};
use serde_json::{json, Value};
use sp_runtime::traits::Header as _;
use tokio::time::{sleep, timeout};

type Answer = Result<Value, ErrorObjectOwned>;

const LIMIT: Duration = Duration::from_secs(30);
const QUICK: Patience = Patience {
    resubmit: Duration::from_millis(1_500),
    retry: Duration::from_millis(300),
    grace: 3,
    // These chains grow by leaps.
    block: Duration::ZERO,
};

#[derive(Default)]
struct Chain {
    blocks: Vec<(Header, Vec<Vec<u8>>)>,
    pool: Vec<Vec<u8>>,
    finalised: usize,
    submissions: u32,
    refusal: Option<(i32, &'static str, String)>,
    /// Takes the refusal back after so many submissions.
    refusals: Option<u32>,
}

impl Chain {
    fn author(&mut self) {
        let parent = self
            .blocks
            .last()
            .map_or(Hash::zero(), |(header, _)| header.hash());
        let number = self.blocks.len() as u32;
        let root = Hash::zero();
        let header = Header::new(number, root, root, parent, Default::default());
        self.blocks.push((header, std::mem::take(&mut self.pool)));
    }

    fn finalise(&mut self) {
        self.finalised = self.blocks.len() - 1;
    }

    fn find(&self, hash: Hash) -> Option<&(Header, Vec<Vec<u8>>)> {
        self.blocks.iter().find(|(header, _)| header.hash() == hash)
    }

    fn submit(&mut self, extrinsic: Vec<u8>) -> Result<Hash, ErrorObjectOwned> {
        self.submissions += 1;
        if self.refusals.is_none_or(|last| self.submissions <= last) {
            if let Some((code, message, data)) = &self.refusal {
                return Err(ErrorObjectOwned::owned(*code, *message, Some(data.clone())));
            }
        }
        if self.pool.contains(&extrinsic) {
            let none = None::<()>;
            return Err(ErrorObjectOwned::owned(
                1013,
                "Transaction Already Imported",
                none,
            ));
        }
        let hash = extrinsic_hash(&extrinsic);
        self.pool.push(extrinsic);
        Ok(hash)
    }
}

/// A chain that several nodes serve.
#[derive(Clone, Default)]
struct Network(Arc<Mutex<Chain>>);

impl Network {
    fn new() -> Self {
        let network = Self::default();
        network.chain().author();
        network
    }

    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.0.lock().expect("no test panics with the lock held")
    }

    fn next_block(&self) {
        self.chain().author();
        self.chain().finalise();
    }

    fn refuse(&self, refusal: Refusal) {
        let data = format!("Custom error: {}", refusal.code());
        self.chain().refusal = Some((1010, "Invalid Transaction", data));
    }

    /// A node at this address; port 0 for a free one.
    async fn serve(&self, address: &str) -> (ServerHandle, SocketAddr) {
        let server = Server::builder()
            .build(address)
            .await
            .expect("the address is free");
        let address = server.local_addr().expect("is bound");
        (server.start(self.methods()), address)
    }

    fn methods(&self) -> RpcModule<Self> {
        let mut methods = RpcModule::new(self.clone());
        let mut answer = |name, answer: fn(&mut Chain, Params<'_>) -> Answer| {
            let method = move |params: Params<'_>, network: &Self, _: &Extensions| {
                answer(&mut network.chain(), params)
            };
            methods
                .register_method(name, method)
                .expect("is registered once");
        };
        answer("chain_getBlockHash", |chain, params| {
            let number: usize = params.one().expect("is a number");
            Ok(json!(chain
                .blocks
                .get(number)
                .map(|(header, _)| header.hash())))
        });
        answer("chain_getFinalizedHead", |chain, _| {
            Ok(json!(chain.blocks[chain.finalised].0.hash()))
        });
        answer("chain_getHeader", |chain, params| {
            let hash: Hash = params.one().expect("is a hash");
            Ok(json!(chain.find(hash).map(|(header, _)| header)))
        });
        answer("chain_getBlock", |chain, params| {
            let hash: Hash = params.one().expect("is a hash");
            Ok(json!(chain
                .find(hash)
                .map(|(header, extrinsics)| block(header, extrinsics))))
        });
        answer("author_submitExtrinsic", |chain, params| {
            let bytes: String = params.one().expect("are bytes");
            chain.submit(unhex(&bytes)).map(|hash| json!(hash))
        });
        methods
    }
}

fn block(header: &Header, extrinsics: &[Vec<u8>]) -> Value {
    let extrinsics: Vec<String> = extrinsics.iter().map(|bytes| hex(bytes)).collect();
    json!({ "block": { "header": header, "extrinsics": extrinsics }, "justifications": null })
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold("0x".into(), |text, byte| format!("{text}{byte:02x}"))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").expect("begins with 0x").as_bytes();
    let digit = |d: u8| (d as char).to_digit(16).expect("is hexadecimal") as u8;
    digits
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

async fn courier(addresses: &[SocketAddr]) -> Courier {
    patient(addresses, QUICK).await
}

async fn patient(addresses: &[SocketAddr], patience: Patience) -> Courier {
    let urls: Vec<String> = addresses
        .iter()
        .map(|address| format!("ws://{address}"))
        .collect();
    let node = Node::open(&urls).await.expect("a node answers");
    let courier = Courier::start_now(vec![node]).await.expect("starts");
    courier.with_patience(patience)
}

/// Delivers in the background.
fn deliver(
    courier: &Courier,
    extrinsic: &'static [u8],
    expires: Option<u32>,
) -> tokio::task::JoinHandle<Result<u32, Error>> {
    let courier = courier.clone();
    tokio::spawn(async move {
        courier
            .deliver(extrinsic, expires)
            .await
            .map(|inclusion| inclusion.block)
    })
}

async fn outcome(task: tokio::task::JoinHandle<Result<u32, Error>>) -> Result<u32, String> {
    let done = timeout(LIMIT, task)
        .await
        .expect("ends in time")
        .expect("does not panic");
    done.map_err(|error| error.to_string())
}

async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, wait).await.expect("comes in time");
}

#[tokio::test]
async fn only_a_finalised_block_counts() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    let courier = courier(&[address]).await;
    let task = deliver(&courier, b"ballot", None);
    until(|| !network.chain().pool.is_empty()).await;
    network.chain().author();
    sleep(Duration::from_millis(1_200)).await;
    assert!(!task.is_finished());
    network.chain().finalise();
    assert_eq!(outcome(task).await, Ok(1));
}

#[tokio::test]
async fn a_node_that_restarts_has_forgotten_its_pool_and_gets_the_extrinsic_again() {
    let network = Network::new();
    let (server, address) = network.serve("127.0.0.1:0").await;
    let courier = courier(&[address]).await;
    let task = deliver(&courier, b"ballot", None);
    until(|| !network.chain().pool.is_empty()).await;
    server.stop().expect("was running");
    server.stopped().await;
    network.chain().pool.clear();
    sleep(Duration::from_millis(500)).await;
    let (_server, _) = network.serve(&address.to_string()).await;
    until(|| !network.chain().pool.is_empty()).await;
    network.next_block();
    assert_eq!(outcome(task).await, Ok(1));
}

#[tokio::test]
async fn another_node_takes_the_place_of_one_that_died() {
    let network = Network::new();
    let (first, first_address) = network.serve("127.0.0.1:0").await;
    let (_second, second_address) = network.serve("127.0.0.1:0").await;
    let courier = courier(&[first_address, second_address]).await;
    first.stop().expect("was running");
    first.stopped().await;
    let task = deliver(&courier, b"ballot", None);
    until(|| !network.chain().pool.is_empty()).await;
    network.next_block();
    assert_eq!(outcome(task).await, Ok(1));
}

#[tokio::test]
async fn a_refusal_for_what_is_wrong_is_final_at_once() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    network.refuse(Refusal::CredentialInvalid);
    let task = deliver(&courier(&[address]).await, b"ballot", None);
    let expected = format!("refused: {}", Refusal::CredentialInvalid);
    assert_eq!(outcome(task).await, Err(expected));
    assert_eq!(network.chain().submissions, 1);
}

#[tokio::test]
async fn a_ballot_refused_as_cast_already_may_be_the_one_in_a_block_that_is_not_final_yet() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    let courier = courier(&[address]).await;
    network.chain().pool.push(b"ballot".to_vec());
    network.chain().author();
    network.refuse(Refusal::AlreadyVoted);
    let task = deliver(&courier, b"ballot", None);
    until(|| network.chain().submissions >= 2).await;
    network.chain().finalise();
    assert_eq!(outcome(task).await, Ok(1));
}

#[tokio::test]
async fn a_ballot_refused_as_cast_already_and_in_no_block_was_not_cast() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    let courier = courier(&[address]).await;
    network.refuse(Refusal::AlreadyVoted);
    let task = deliver(&courier, b"ballot", None);
    until(|| network.chain().submissions >= 1).await;
    (0..5).for_each(|_| network.next_block());
    assert_eq!(
        outcome(task).await,
        Err(format!("refused: {}", Refusal::AlreadyVoted))
    );
}

/// A node comes back, has not come to the opening block, refuses, and is far beyond it a moment
/// later: what it said then is no word about now.
#[tokio::test]
async fn a_refusal_counts_only_if_it_is_given_again_after_the_grace() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    // Long enough for all blocks to be looked through before the second submission.
    let retry = Duration::from_secs(3);
    let courier = patient(&[address], Patience { retry, ..QUICK }).await;
    network.refuse(Refusal::NotVoting);
    network.chain().refusals = Some(1);
    let task = deliver(&courier, b"ballot", None);
    until(|| network.chain().submissions == 1).await;
    (0..50).for_each(|_| network.next_block());
    until(|| courier.scanned() == 50).await;
    assert_eq!(network.chain().submissions, 1, "it was not refused again");
    until(|| task.is_finished() || !network.chain().pool.is_empty()).await;
    network.next_block();
    assert_eq!(outcome(task).await, Ok(51));
}

/// The same where it is still on its way when it is asked again, and again.
#[tokio::test]
async fn refusals_by_a_node_that_catches_up_do_not_count() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    let block = Duration::from_secs(3);
    let courier = patient(&[address], Patience { block, ..QUICK }).await;
    network.refuse(Refusal::NotVoting);
    let task = deliver(&courier, b"ballot", None);
    for _ in 0..3 {
        let before = network.chain().submissions;
        (0..50).for_each(|_| network.next_block());
        let finalised = network.chain().finalised as u32;
        until(|| courier.scanned() == finalised).await;
        until(|| task.is_finished() || network.chain().submissions >= before + 4).await;
    }
    network.chain().refusal = None;
    until(|| task.is_finished() || !network.chain().pool.is_empty()).await;
    network.next_block();
    assert_eq!(outcome(task).await, Ok(151));
}

#[tokio::test]
async fn what_comes_into_no_block_expires() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    let courier = courier(&[address]).await;
    let task = deliver(&courier, b"ballot", Some(2));
    until(|| !network.chain().pool.is_empty()).await;
    network.chain().pool.clear();
    network.chain().refusal = Some((1016, "Immediately Dropped", "the pool is full".into()));
    (0..3).for_each(|_| network.next_block());
    let expected = "the extrinsic did not get into a block within 3 blocks";
    assert_eq!(outcome(task).await, Err(expected.into()));
}

#[tokio::test]
async fn what_was_delivered_before_a_restart_of_ours_is_found_again() {
    let network = Network::new();
    let (_server, address) = network.serve("127.0.0.1:0").await;
    network.chain().pool.push(b"ballot".to_vec());
    (0..4).for_each(|_| network.next_block());
    let url = format!("ws://{address}");
    let node = Node::open(&[url]).await.expect("a node answers");
    network.refuse(Refusal::AlreadyVoted);
    let courier = Courier::start(vec![node], 1)
        .expect("starts")
        .with_patience(QUICK);
    assert_eq!(outcome(deliver(&courier, b"ballot", None)).await, Ok(1));
}

#[tokio::test]
async fn a_node_of_another_chain_is_refused() {
    let (ours, theirs) = (Network::new(), Network::default());
    let header = Header::new(
        0,
        Hash::zero(),
        Hash::zero(),
        Hash::repeat_byte(9),
        Default::default(),
    );
    theirs.chain().blocks.push((header, Vec::new()));
    let (server, address) = ours.serve("127.0.0.1:0").await;
    let (_other, other_address) = theirs.serve("127.0.0.1:0").await;
    let urls = [format!("ws://{address}"), format!("ws://{other_address}")];
    let node = Node::open(&urls).await.expect("the first answers");
    server.stop().expect("was running");
    server.stopped().await;
    let (expected, found) = (genesis(&ours), genesis(&theirs));
    let error = node
        .finalised_hash()
        .await
        .map_err(|error| error.to_string());
    let url = &urls[1];
    let message = format!("{url} serves another chain: its genesis is {found:?}, not {expected:?}");
    assert_eq!(error, Err(message));
}

fn genesis(network: &Network) -> Hash {
    network.chain().blocks[0].0.hash()
}
