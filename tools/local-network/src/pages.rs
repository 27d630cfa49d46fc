//! Serves the voters' and observers' pages, as any web server could.
//!
//! Everything is a static file but `config.json`, which tells the pages where nodes, registrars and
//! relays are. The policy that a browser enforces on the pages follows from the same list: they can
//! reach nothing else.

use std::{net::Ipv4Addr, path::Path};

use anyhow::{ensure, Context, Result};
use axum::{
    http::{
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
        HeaderName, HeaderValue,
    },
    routing::get,
    Json, Router,
};
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinHandle};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::LightAccess;

/// What the pages are told. Whatever they believe, they read from the chain.
#[derive(Clone, Debug, Serialize)]
pub struct PageConfiguration {
    /// Which election.
    pub election: u32,
    /// The hash of the chain's first block.
    pub genesis: String,
    /// WebSocket addresses of nodes.
    pub nodes: Vec<String>,
    /// The registrars' services.
    pub registrars: Vec<RegistrarAddress>,
    /// The relays.
    pub relays: Vec<RelayAddress>,
    /// How many relays a ballot passes.
    pub hops: usize,
    /// The page on which a second device checks a ballot.
    pub checker: String,
    /// Where the observers' light client finds the chain's specification.
    pub chain_spec: String,
    /// What it finds there, and whom it may then talk to.
    #[serde(skip)]
    pub light: LightAccess,
}

/// Where the chain's specification lies.
pub const CHAIN_SPECIFICATION: &str = "./chain-spec.json";

/// Where a registrar answers.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrarAddress {
    /// Its place in the manifest.
    pub index: usize,
    /// Its address.
    pub url: String,
}

/// Where a relay answers, and what ballots for it are sealed to.
#[derive(Clone, Debug, Serialize)]
pub struct RelayAddress {
    /// Its address.
    pub url: String,
    /// Its X25519 key in hexadecimal.
    pub public_key: String,
}

/// A running web server; ends when it is dropped.
#[derive(Debug)]
pub struct PageServer {
    port: u16,
    task: JoinHandle<std::io::Result<()>>,
}

impl PageServer {
    /// Reserves a port, so that services can be told the pages' origin before the pages are served.
    pub async fn reserve() -> Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("there is no free port for the pages")
    }

    /// Serves the folder `pages` on a reserved port.
    pub fn start(
        listener: TcpListener,
        pages: &Path,
        configuration: PageConfiguration,
    ) -> Result<Self> {
        let index = pages.join("index.html");
        ensure!(
            index.is_file(),
            "there is no {}; build the pages first: web/scripts/build",
            index.display()
        );
        let port = listener
            .local_addr()
            .context("the pages have no port")?
            .port();
        let router = router(pages, configuration)?;
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { port, task })
    }

    /// Where the pages are.
    pub fn url(&self) -> String {
        origin(self.port)
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The origin of pages at this port of this machine.
pub fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn router(pages: &Path, configuration: PageConfiguration) -> Result<Router> {
    let policy = content_security_policy(&configuration);
    let policy = HeaderValue::from_str(&policy).context("an address does not fit into a header")?;
    let specification = configuration.light.specification.clone();
    let set = |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, value);
    Ok(Router::new()
        .route(
            "/config.json",
            get(move || async move { Json(configuration) }),
        )
        .route(
            "/chain-spec.json",
            get(move || async move { Json(specification) }),
        )
        .fallback_service(ServeDir::new(pages))
        .layer(set(CONTENT_SECURITY_POLICY, policy))
        .layer(set(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(set(
            REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ))
        .layer(set(CACHE_CONTROL, HeaderValue::from_static("no-cache"))))
}

/// Scripts, styles and images from here only; connections to the services that are named, and no
/// others.
fn content_security_policy(configuration: &PageConfiguration) -> String {
    let registrars = configuration
        .registrars
        .iter()
        .map(|registrar| registrar.url.as_str());
    let relays = configuration.relays.iter().map(|relay| relay.url.as_str());
    let connections = configuration
        .nodes
        .iter()
        .map(String::as_str)
        .chain(registrars)
        .chain(relays)
        .chain(configuration.light.urls.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ");
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; manifest-src 'self'; connect-src 'self' {connections}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration() -> PageConfiguration {
        PageConfiguration {
            election: 1,
            genesis: "0x00".into(),
            nodes: vec!["ws://127.0.0.1:1".into()],
            registrars: vec![RegistrarAddress {
                index: 0,
                url: "http://127.0.0.1:2".into(),
            }],
            relays: vec![RelayAddress {
                url: "http://127.0.0.1:3".into(),
                public_key: "0x01".into(),
            }],
            hops: 1,
            checker: "./check.html".into(),
            chain_spec: CHAIN_SPECIFICATION.into(),
            light: LightAccess {
                urls: vec!["ws://127.0.0.1:4".into()],
                ..LightAccess::default()
            },
        }
    }

    #[test]
    fn the_pages_can_reach_what_they_are_told_of_and_nothing_else() {
        let policy = content_security_policy(&configuration());
        let directive = policy
            .split("; ")
            .find(|directive| directive.starts_with("connect-src"));
        let expected = "connect-src 'self' ws://127.0.0.1:1 http://127.0.0.1:2 http://127.0.0.1:3 \
                        ws://127.0.0.1:4";
        assert_eq!(directive, Some(expected));
        assert!(policy.starts_with("default-src 'none'"));
        assert!(!policy.contains("unsafe-inline"));
    }

    #[tokio::test]
    async fn pages_that_are_not_built_are_not_served() {
        let folder = tempfile::tempdir().expect("there is room");
        let listener = PageServer::reserve().await.expect("there is a free port");
        let error = PageServer::start(listener, folder.path(), configuration())
            .expect_err("there is nothing");
        let expected = format!(
            "there is no {}; build the pages first: web/scripts/build",
            folder.path().join("index.html").display()
        );
        assert_eq!(error.to_string(), expected);
    }
}
