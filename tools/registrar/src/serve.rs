//! Runs the service: from the command line's words to a listening socket, and to its end.

use std::{
    collections::BTreeSet,
    io::Write,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::{http::HeaderValue, Router};
use axum_server::{tls_rustls::RustlsConfig, Handle};
use psephos::{
    failure::{Failure, InputError},
    passphrase::PassphraseSource,
    registrar::RegistrarDesk,
    session::manifest,
};
use psephos_client::Node;
use psephos_primitives::ElectionId;
use tokio::{
    signal::unix::{signal, SignalKind},
    sync::{Mutex, Notify},
};

use crate::{
    api,
    chain::{node::NodeChain, Chain, Election},
    clock::Clock,
    delivery::Delivery,
    limits::SHUTDOWN,
    secrets::RollSecret,
    sender::{console::Console, gateway::Gateway, smtp::Smtp, CodeSender, SenderChoice},
    service::{Limits, Parts, Service},
    sign_in::oidc::{OidcSettings, Pages, Provider},
    store::{belonging::Belonging, Store},
    tls,
};

/// A connection that sends no request within this time is closed.
const FIRST_REQUEST: Duration = Duration::from_secs(20);

/// Everything that a service needs to be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The registrar's directory.
    pub directory: PathBuf,
    /// What opens it.
    pub passphrase: PassphraseSource,
    /// The secret of the roll.
    pub roll_secret: PathBuf,
    /// The database's URL.
    pub database: String,
    /// Which election.
    pub election: ElectionId,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Certificate chain and key in PEM; without them, plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Origins of the voters' pages.
    pub origins: Vec<String>,
    /// Whether the development log-in is on.
    pub development: bool,
    /// How codes are sent.
    pub sender: SenderChoice,
    /// The OpenID provider.
    pub oidc: Option<OidcSettings>,
}

/// Makes libraries use `ring`, of which only one build is in this program.
pub fn install_cryptography() {
    // Fails if it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Serves an election on the chain of these nodes until the process is told to stop.
pub async fn on_nodes(settings: Settings, urls: &[String]) -> Result<(), Failure> {
    let desk = RegistrarDesk::open(&settings.directory, &settings.passphrase)?;
    let node = Node::open(urls).await?;
    let genesis = node.facts().await?.genesis_hash;
    let manifest = manifest(&node, settings.election).await?;
    let registrar = desk.index_in(&manifest)?;
    let election = Election {
        id: settings.election,
        genesis,
        manifest,
        registrar,
    };
    let signer = desk.vault().signer().clone();
    let chain = NodeChain::open(settings.election, node, signer).await?;
    run(settings, desk, election, Arc::new(chain)).await
}

/// Serves an election on any chain.
pub async fn run(
    settings: Settings,
    desk: RegistrarDesk,
    election: Election,
    chain: Arc<dyn Chain>,
) -> Result<(), Failure> {
    install_cryptography();
    let allowed = origins(&settings.origins)?;
    let tls = match &settings.tls {
        Some((certificate, key)) => Some(tls::configuration(certificate, key)?),
        None => None,
    };
    let (service, delivery) = assemble(&settings, desk, election, chain, Clock::default()).await?;
    let router = api::router(service.clone(), &allowed);
    let delivery = tokio::spawn(delivery.run());
    let served = listen(settings.listen, tls, &service.election, router).await;
    delivery.abort();
    service.store.close().await;
    Ok(served?)
}

/// Puts a service together, and what tells the chain for it. Fails if anything of it belongs to
/// another election, registrar or chain.
pub async fn assemble(
    settings: &Settings,
    desk: RegistrarDesk,
    election: Election,
    chain: Arc<dyn Chain>,
    clock: Clock,
) -> Result<(Service, Delivery), Failure> {
    let store = open_store(settings, &election, clock).await?;
    check_districts(&store, &election).await?;
    let ledger = desk.ledger(election.genesis, election.id)?;
    let provider = match settings.oidc.clone() {
        Some(oidc) => {
            let pages = Pages {
                origins: settings.origins.clone(),
                registrar: election.registrar,
            };
            Some(Provider::discover(oidc, pages).await?)
        }
        None => None,
    };
    let wake = Arc::new(Notify::new());
    let election = Arc::new(election);
    let delivery = Delivery {
        store: store.clone(),
        chain: Arc::clone(&chain),
        election: Arc::clone(&election),
        wake: Arc::clone(&wake),
    };
    let service = Service::new(Parts {
        store,
        chain,
        election,
        desk: Arc::new(desk),
        ledger: Mutex::new(ledger),
        secret: RollSecret::read(&settings.roll_secret)?,
        sender: sender(&settings.sender)?,
        provider,
        development: settings.development,
        wake,
        limits: Limits::default(),
    });
    Ok((service, delivery))
}

/// Opens the database and checks that it is this registrar's in this election.
async fn open_store(
    settings: &Settings,
    election: &Election,
    clock: Clock,
) -> anyhow::Result<Store> {
    let secret = RollSecret::read(&settings.roll_secret)?;
    let store = Store::open(&settings.database, clock).await?;
    store.belong("roll secret", &secret.fingerprint()).await?;
    let belonging = Belonging::of(election.genesis, election.id, &election.manifest);
    for (what, expected) in belonging.facts() {
        store.belong(what, expected).await?;
    }
    let registrar = election.registrar.to_string();
    store.belong("registrar", &registrar).await?;
    Ok(store)
}

/// A voter in a district that the election does not have could never be recorded.
async fn check_districts(store: &Store, election: &Election) -> Result<(), Failure> {
    let voters = store.voters().await.map_err(anyhow::Error::from)?;
    let districts: BTreeSet<_> = voters.iter().map(|voter| voter.district).collect();
    for district in districts {
        if election.manifest.district(district).is_none() {
            let message = format!("has voters of district {district}, which the election has not");
            return Err(InputError::new("the roll", message).into());
        }
    }
    Ok(())
}

fn sender(choice: &SenderChoice) -> Result<Arc<dyn CodeSender>, InputError> {
    Ok(match choice {
        SenderChoice::Console(directory) => Arc::new(Console::open(directory.clone())?),
        SenderChoice::Gateway(settings) => Arc::new(Gateway::open(settings)?),
        SenderChoice::Smtp(settings) => Arc::new(Smtp::open(settings)?),
    })
}

fn origins(origins: &[String]) -> Result<Vec<HeaderValue>, InputError> {
    let parse = |origin: &String| {
        let message = "is no origin (https://HOST or https://HOST:PORT, without a path)";
        let about = || InputError::new("--origin", format!("{origin:?} {message}"));
        let url = reqwest::Url::parse(origin).map_err(|_| about())?;
        if url.origin().ascii_serialization() != *origin {
            return Err(about());
        }
        HeaderValue::from_str(origin).map_err(|_| about())
    };
    origins.iter().map(parse).collect()
}

async fn listen(
    at: SocketAddr,
    tls: Option<RustlsConfig>,
    election: &Election,
    router: Router,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(at).with_context(|| format!("cannot listen at {at}"))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone())?);
    let service = router.into_make_service();
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce(scheme, address, election)?;
    match tls {
        Some(config) => {
            axum_server::from_tcp_rustls(listener, config)?
                .first_request_timeout(FIRST_REQUEST)
                .handle(handle)
                .serve(service)
                .await?;
        }
        None => {
            axum_server::from_tcp(listener)?
                .first_request_timeout(FIRST_REQUEST)
                .handle(handle)
                .serve(service)
                .await?;
        }
    }
    Ok(())
}

/// One line of JSON, for whoever started the service.
fn announce(scheme: &str, address: SocketAddr, election: &Election) -> std::io::Result<()> {
    let line = serde_json::json!({
        "url": format!("{scheme}://{address}"),
        "address": address.to_string(),
        "election": election.id,
        "registrar": election.registrar,
    });
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
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
