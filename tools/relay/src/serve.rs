//! Runs the service: from settings to a listening socket, and to its end.

use std::{
    fs,
    io::Write,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{ensure, Context, Result};
use axum::{http::HeaderValue, Router};
use axum_server::{tls_rustls::RustlsConfig, Handle};
use psephos_client::{Courier, Node};
use psephos_primitives::{BlockNumber, ElectionId};
use tokio::{
    signal::unix::{signal, SignalKind},
    sync::mpsc,
};

use crate::{
    api::{router, Service},
    chain::{watch_closing, ChainView, Election},
    forward::Peers,
    key_file,
    lanes::Lanes,
    limits::{CHAIN_SILENCE, FIRST_REQUEST, METRICS_INTERVAL, SHUTDOWN},
    metrics::Metrics,
    pump::{Hands, Pump},
    queue::Queue,
    submit::{NodeSubmitter, Submitter},
};

/// Where the server's certificate is.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Certificate chain in PEM.
    pub certificate: PathBuf,
    /// Key in PEM.
    pub key: PathBuf,
}

/// Everything that a relay needs to be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Without it, plain HTTP.
    pub tls: Option<Tls>,
    /// The key file.
    pub key: PathBuf,
    /// The queue's file.
    pub queue: PathBuf,
    /// Envelopes held at once.
    pub capacity: u64,
    /// Nodes.
    pub urls: Vec<String>,
    /// Which election.
    pub election: ElectionId,
    /// In place of the manifest's.
    pub mean_delay: Option<Duration>,
    /// Relays that envelopes are passed on to.
    pub peers: Vec<String>,
    /// Certificates that those must have.
    pub trusted: Vec<PathBuf>,
    /// Blocks before the closing block from which on nothing is held.
    pub flush_margin: BlockNumber,
    /// Origins of voters' pages.
    pub origins: Vec<String>,
}

/// Makes libraries use `ring`, of which only one build is in this program.
pub fn install_cryptography() {
    // Fails if it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Serves until the process is told to stop.
pub async fn run(settings: Settings) -> Result<()> {
    install_cryptography();
    let origins = origins(&settings.origins)?;
    let peers = peers(&settings)?;
    let node = Node::open(&settings.urls).await?;
    let election = Election::read(&node, settings.election).await?;
    let courier = Courier::start_now(vec![node.clone()]).await?;
    let submitter = Arc::new(NodeSubmitter::new(courier, election.closing));
    let view = watch_closing(node, &election, settings.flush_margin, CHAIN_SILENCE);
    let (service, pump) = assemble(&settings, election, peers, submitter, view)?;
    let metrics = Arc::clone(&service.hands.metrics);
    let working = tokio::spawn(pump.run());
    let reporting = tokio::spawn(async move { metrics.report().await });
    let served = listen(&settings, router(service, origins)).await;
    working.abort();
    reporting.abort();
    served
}

/// Puts a relay together.
pub fn assemble(
    settings: &Settings,
    election: Election,
    peers: Peers,
    submitter: Arc<dyn Submitter>,
    view: ChainView,
) -> Result<(Arc<Service>, Pump)> {
    let (queue, held) = Queue::open(&settings.queue, &election.owner(), settings.capacity)
        .with_context(|| format!("cannot use the queue {}", settings.queue.display()))?;
    if !held.is_empty() {
        tracing::info!(held = held.len(), "envelopes of an earlier run go on");
    }
    let hands = Arc::new(Hands {
        key: key_file::read(&settings.key)?,
        context: election.envelopes(),
        queue,
        lanes: Lanes::new(peers.addresses().cloned(), settings.capacity),
        peers,
        submitter,
        metrics: Arc::new(Metrics::new(METRICS_INTERVAL)),
    });
    let (arrivals, arriving) = mpsc::unbounded_channel();
    let pump = Pump::new(Arc::clone(&hands), held, arriving, view.moment.clone());
    let mean_delay = settings.mean_delay.unwrap_or(election.mean_delay);
    let service = Service::new(hands, arrivals, election, mean_delay, view);
    Ok((Arc::new(service), pump))
}

fn peers(settings: &Settings) -> Result<Peers> {
    let read = |path: &PathBuf| {
        fs::read(path)
            .with_context(|| format!("cannot read --trust-certificate {}", path.display()))
    };
    let trusted: Vec<_> = settings.trusted.iter().map(read).collect::<Result<_>>()?;
    Peers::new(&settings.peers, &trusted)
}

fn origins(origins: &[String]) -> Result<Vec<HeaderValue>> {
    let parse = |origin: &String| {
        let about = || {
            format!("--allow-origin {origin:?} is no origin (https://HOST or https://HOST:PORT)")
        };
        let url = reqwest::Url::parse(origin).with_context(about)?;
        ensure!(url.origin().ascii_serialization() == *origin, about());
        HeaderValue::from_str(origin).with_context(about)
    };
    origins.iter().map(parse).collect()
}

async fn listen(settings: &Settings, router: Router) -> Result<()> {
    let listener = TcpListener::bind(settings.listen)
        .with_context(|| format!("cannot listen at {}", settings.listen))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone())?);
    let service = router.into_make_service();
    match &settings.tls {
        Some(Tls { certificate, key }) => {
            let config = RustlsConfig::from_pem_file(certificate, key);
            let config = config.await.with_context(|| {
                let (certificate, key) = (certificate.display(), key.display());
                format!("{certificate} and {key} are no certificate and key in PEM")
            })?;
            announce("https", address, settings)?;
            axum_server::from_tcp_rustls(listener, config)?
                .first_request_timeout(FIRST_REQUEST)
                .handle(handle)
                .serve(service)
                .await?;
        }
        None => {
            announce("http", address, settings)?;
            axum_server::from_tcp(listener)?
                .first_request_timeout(FIRST_REQUEST)
                .handle(handle)
                .serve(service)
                .await?;
        }
    }
    Ok(())
}

/// One line of JSON, for whoever started the relay.
fn announce(scheme: &str, address: SocketAddr, settings: &Settings) -> Result<()> {
    let public_key = key_file::read(&settings.key)?.public_key();
    let line = serde_json::json!({
        "address": format!("{scheme}://{address}"),
        "public_key": format!("0x{}", hex::encode(public_key)),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Ends the server on SIGTERM or SIGINT; requests that are being answered may finish.
fn stop_on_signal(
    handle: Handle<SocketAddr>,
) -> std::io::Result<impl core::future::Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        handle.graceful_shutdown(Some(SHUTDOWN));
    })
}
