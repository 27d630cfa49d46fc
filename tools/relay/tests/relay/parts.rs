//! What tests put relays together from.

use std::{
    collections::BTreeMap,
    future::pending,
    net::SocketAddr,
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        Arc, Mutex,
    },
    time::Duration,
};

use axum::{body::Bytes, extract::State, http::StatusCode, routing::post, Router};
use futures::{future::BoxFuture, FutureExt};
use psephos_envelope::{seal, EnvelopeContext, EnvelopeSize, Hop};
use psephos_primitives::ElectionId;
use psephos_relay::{
    api::router,
    chain::{ChainView, Election},
    closing::Moment,
    forward::{Peers, Setback},
    key_file,
    queue::Queue,
    serve::{assemble, install_cryptography, Settings},
    submit::{Delivery, Submitter},
};
use rand_core::OsRng;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    ballots::{rules, ELECTION},
    node::genesis,
};

pub const SIZE: EnvelopeSize = EnvelopeSize::Small;
pub const LIMIT: Duration = Duration::from_secs(60);
/// A mean delay with which hardly anything goes by itself while a test lasts.
pub const LONG: Duration = Duration::from_secs(3_600);

/// Seals for relays at these addresses.
pub fn sealed(path: &[([u8; 32], &str)], extrinsic: &[u8]) -> Vec<u8> {
    sealed_for(ELECTION, path, extrinsic)
}

/// Seals for relays of an election.
pub fn sealed_for(election: u32, path: &[([u8; 32], &str)], extrinsic: &[u8]) -> Vec<u8> {
    let context = EnvelopeContext {
        genesis_hash: genesis(),
        election: ElectionId::from(election),
    };
    let path: Vec<_> = path
        .iter()
        .map(|(public_key, address)| Hop {
            public_key: *public_key,
            address,
        })
        .collect();
    seal(&context, SIZE, &path, extrinsic, &mut OsRng).expect("seals")
}

/// Waits until something holds.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, wait)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

pub async fn hand_in(address: &str, envelope: &[u8]) -> reqwest::Response {
    reqwest::Client::new()
        .post(format!("{address}/v1/envelopes"))
        .body(envelope.to_vec())
        .send()
        .await
        .expect("the relay answers")
}

/// A chain that counts what reaches it, and refuses or stalls on demand.
pub struct FakeChain {
    pub submitted: Mutex<BTreeMap<Vec<u8>, u32>>,
    /// In the order of their arrival.
    pub order: Mutex<Vec<Vec<u8>>>,
    pub setback: Mutex<Option<Setback>>,
    /// Whether what is submitted comes into a finalised block.
    pub finalises: watch::Sender<bool>,
}

impl Default for FakeChain {
    fn default() -> Self {
        Self {
            submitted: Mutex::default(),
            order: Mutex::default(),
            setback: Mutex::default(),
            finalises: watch::Sender::new(true),
        }
    }
}

impl FakeChain {
    pub fn count(&self) -> usize {
        self.submitted.lock().unwrap().len()
    }

    /// How often each ballot came, in any order.
    pub fn times(&self) -> Vec<u32> {
        self.submitted.lock().unwrap().values().copied().collect()
    }
}

/// A relay's way to such a chain.
struct ToChain(Arc<FakeChain>);

impl Submitter for ToChain {
    fn begin(&self, _: &[u8]) -> Box<dyn Delivery> {
        Box::new(Self(Arc::clone(&self.0)))
    }
}

impl Delivery for ToChain {
    fn submit(&mut self, extrinsic: Vec<u8>) -> BoxFuture<'_, Result<(), Setback>> {
        async move {
            if let Some(setback) = self.0.setback.lock().unwrap().clone() {
                return Err(setback);
            }
            self.0.order.lock().unwrap().push(extrinsic.clone());
            let mut submitted = self.0.submitted.lock().unwrap();
            *submitted.entry(extrinsic).or_default() += 1;
            Ok(())
        }
        .boxed()
    }

    fn watch(&mut self) -> BoxFuture<'_, Result<bool, Setback>> {
        let mut finalises = self.0.finalises.subscribe();
        async move {
            let changed = finalises.wait_for(|finalises| *finalises).await;
            Ok(changed.is_ok())
        }
        .boxed()
    }
}

/// A relay beyond: takes anything and counts it, answers something else, or nothing at all.
#[derive(Clone, Default)]
pub struct Downstream {
    stalling: Arc<AtomicBool>,
    stalled: Arc<AtomicU32>,
    pub received: Arc<Mutex<BTreeMap<Vec<u8>, u32>>>,
    pub answer: Arc<Mutex<Option<StatusCode>>>,
}

impl Downstream {
    pub async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/v1/envelopes", post(Self::take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}")
    }

    /// From now on requests are never answered, or are again.
    pub fn stall(&self, stalling: bool) {
        self.stalling.store(stalling, Ordering::Relaxed);
    }

    /// Requests that came and were never answered.
    pub fn stalled(&self) -> u32 {
        self.stalled.load(Ordering::Relaxed)
    }

    async fn take(State(this): State<Self>, body: Bytes) -> StatusCode {
        if this.stalling.load(Ordering::Relaxed) {
            this.stalled.fetch_add(1, Ordering::Relaxed);
            return pending().await;
        }
        if let Some(status) = *this.answer.lock().unwrap() {
            return status;
        }
        let mut received = this.received.lock().unwrap();
        *received.entry(body.to_vec()).or_default() += 1;
        StatusCode::ACCEPTED
    }

    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    pub fn times(&self) -> Vec<u32> {
        self.received.lock().unwrap().values().copied().collect()
    }
}

/// A relay within this process.
pub struct Relay {
    pub address: String,
    pub public_key: [u8; 32],
    pub moment: watch::Sender<Moment>,
    pub silent: watch::Sender<bool>,
    pub queue: Queue,
    pub chain: Arc<FakeChain>,
    tasks: Vec<JoinHandle<()>>,
    /// Removed with the relay.
    _folder: TempDir,
}

impl Relay {
    /// Its place in a path.
    pub fn hop(&self) -> ([u8; 32], &str) {
        (self.public_key, self.address.as_str())
    }

    /// A path over it to a relay beyond, which opens nothing.
    pub fn path_to<'a>(&'a self, beyond: &'a str) -> [([u8; 32], &'a str); 2] {
        [self.hop(), ([8; 32], beyond)]
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What a relay within this process is made of: a folder and a chain of its own, and room for more than a
/// test sends, unless it says otherwise.
pub struct Plan {
    folder: TempDir,
    chain: Arc<FakeChain>,
    mean_delay: Duration,
    capacity: u64,
    peers: Vec<String>,
}

impl Plan {
    pub fn new(mean_delay: Duration) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            chain: Arc::default(),
            mean_delay,
            capacity: 1_000,
            peers: Vec::new(),
        }
    }

    pub fn chain(mut self, chain: &Arc<FakeChain>) -> Self {
        self.chain = Arc::clone(chain);
        self
    }

    pub fn capacity(mut self, envelopes: u64) -> Self {
        self.capacity = envelopes;
        self
    }

    /// Adds a relay that it passes on to.
    pub fn peer(mut self, address: &str) -> Self {
        self.peers.push(address.to_owned());
        self
    }

    pub async fn start(self) -> Relay {
        install_cryptography();
        let folder = self.folder.path();
        let key = folder.join("key");
        let public_key = key_file::generate(&key).unwrap().public_key();
        let settings = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            key,
            queue: folder.join("queue"),
            capacity: self.capacity,
            urls: Vec::new(),
            election: ElectionId::from(ELECTION),
            mean_delay: Some(self.mean_delay),
            peers: self.peers.clone(),
            trusted: Vec::new(),
            flush_margin: 0,
            origins: Vec::new(),
        };
        let election = Election {
            id: ElectionId::from(ELECTION),
            genesis: genesis(),
            closing: 1_000,
            mean_delay: Duration::ZERO,
            size: SIZE,
            casts: Arc::new(rules()),
        };
        let (moment, moment_seen) = watch::channel(Moment::Holding);
        let (silent, silent_seen) = watch::channel(false);
        let view = ChainView {
            moment: moment_seen,
            silent: silent_seen,
        };
        let peers = Peers::new(&self.peers, &[]).unwrap();
        let (service, pump) = assemble(
            &settings,
            election,
            peers,
            Arc::new(ToChain(Arc::clone(&self.chain))),
            view,
        )
        .unwrap();
        let queue = service.hands.queue.clone();
        let origin = "https://vote.example".parse().unwrap();
        let routes = router(service, vec![origin]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("serves");
        });
        Relay {
            address,
            public_key,
            moment,
            silent,
            queue,
            chain: self.chain,
            tasks: vec![tokio::spawn(pump.run()), serving],
            _folder: self.folder,
        }
    }
}
