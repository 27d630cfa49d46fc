//! One of several nodes, and another one when it fails.

use std::{future::Future, sync::Arc, time::Duration};

use psephos_primitives::Hash;
use serde::de::DeserializeOwned;
use serde_json::Value;
use subxt_rpcs::{
    client::{RpcClient, RpcParams},
    Error as RpcError,
};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout, Instant},
};

use crate::{Error, Result};

/// A request that takes longer counts as a failure of the node.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request is tried at all nodes, again and again, before it fails: a validator's restart
/// takes less.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long the first contact is tried: a mistyped URL shall not cost three minutes.
const FIRST_PATIENCE: Duration = Duration::from_secs(20);
/// Pause before a node is tried again.
const PAUSE: Duration = Duration::from_millis(400);

/// A connection to one of several nodes of one chain. Clones share it.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<Inner>,
}

struct Inner {
    urls: Vec<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<RpcClient>,
    /// Which URL is in use, or is tried next.
    position: usize,
    /// Counts connections, so that a failure of an old one does not close the new one.
    generation: u64,
    /// Known after the first contact; every node must then have the same.
    genesis: Option<Hash>,
}

impl Connection {
    /// Connects to the first of these nodes that answers.
    pub async fn open(urls: &[String]) -> Result<Self> {
        for url in urls {
            if !is_websocket(url) {
                return Err(Error::Url { url: url.clone() });
            }
        }
        if urls.is_empty() {
            return Err(Error::Url { url: String::new() });
        }
        let inner = Inner {
            urls: urls.to_vec(),
            state: Mutex::default(),
        };
        let connection = Self {
            inner: Arc::new(inner),
        };
        connection
            .request_within::<Hash>("chain_getBlockHash", &[0.into()], FIRST_PATIENCE)
            .await?;
        Ok(connection)
    }

    /// A connection that prefers the node at `position`, for sharing work between nodes.
    pub async fn open_from(urls: &[String], position: usize) -> Result<Self> {
        let mut rotated = urls.to_vec();
        if !rotated.is_empty() {
            rotated.rotate_left(position % urls.len());
        }
        Self::open(&rotated).await
    }

    /// All nodes, the preferred one first.
    pub fn urls(&self) -> &[String] {
        &self.inner.urls
    }

    /// Calls a method. A node that does not answer is left for the next one; what a node answers,
    /// errors included, is final.
    pub async fn request<T: DeserializeOwned>(&self, method: &str, params: &[Value]) -> Result<T> {
        self.request_within(method, params, PATIENCE).await
    }

    /// The first notification of a subscription, which then ends.
    pub async fn first_of_subscription<T: DeserializeOwned>(
        &self,
        method: &str,
        unsubscribe: &str,
    ) -> Result<T> {
        let first = |client: RpcClient| async move {
            let mut stream = client
                .subscribe::<T>(method, RpcParams::new(), unsubscribe)
                .await?;
            stream
                .next()
                .await
                .unwrap_or_else(|| Err(RpcError::Client("it has ended".into())))
        };
        self.attempt(method, PATIENCE, first).await
    }

    async fn request_within<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &[Value],
        patience: Duration,
    ) -> Result<T> {
        let params = build(method, params)?;
        let call = |client: RpcClient| {
            let params = params.clone();
            async move { client.request::<T>(method, params).await }
        };
        self.attempt(method, patience, call).await
    }

    /// Tries this at one node after the other, until one answers.
    async fn attempt<T, F>(
        &self,
        method: &str,
        patience: Duration,
        call: impl Fn(RpcClient) -> F,
    ) -> Result<T>
    where
        F: Future<Output = core::result::Result<T, RpcError>>,
    {
        let deadline = Instant::now() + patience;
        loop {
            let reason = match self.client().await {
                Ok((client, generation)) => match timeout(REQUEST_TIMEOUT, call(client)).await {
                    Ok(Ok(answer)) => return Ok(answer),
                    Ok(Err(error)) => {
                        let reason = lost_connection(method, error)?;
                        self.abandon(generation).await;
                        reason
                    }
                    Err(_) => {
                        self.abandon(generation).await;
                        format!("{method} was not answered within {REQUEST_TIMEOUT:?}")
                    }
                },
                Err(Error::Unreachable { reason, .. }) => reason,
                Err(error) => return Err(error),
            };
            tracing::debug!(method, reason, "node failed");
            if Instant::now() > deadline {
                return Err(self.unreachable(reason));
            }
            sleep(PAUSE).await;
        }
    }

    /// The connection in use, or a new one to the next node that takes it.
    async fn client(&self) -> Result<(RpcClient, u64)> {
        let mut state = self.inner.state.lock().await;
        if let Some(client) = &state.client {
            return Ok((client.clone(), state.generation));
        }
        let mut reason = String::new();
        for _ in &self.inner.urls {
            let url = &self.inner.urls[state.position];
            match self.connect(url, state.genesis).await {
                Ok((client, genesis)) => {
                    state.client = Some(client.clone());
                    state.genesis = Some(genesis);
                    state.generation += 1;
                    return Ok((client, state.generation));
                }
                Err(Error::Unreachable { reason: why, .. }) => reason = why,
                Err(error) => return Err(error),
            }
            state.position = (state.position + 1) % self.inner.urls.len();
        }
        Err(self.unreachable(reason))
    }

    async fn connect(&self, url: &str, expected: Option<Hash>) -> Result<(RpcClient, Hash)> {
        let connecting = timeout(REQUEST_TIMEOUT, RpcClient::from_insecure_url(url)).await;
        let client = match connecting {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(self.unreachable(format!("{url}: {}", in_full(&error)))),
            Err(_) => return Err(self.unreachable(format!("{url}: no connection in time"))),
        };
        let genesis = client.request::<Hash>("chain_getBlockHash", build("", &[0.into()])?);
        match timeout(REQUEST_TIMEOUT, genesis).await {
            Ok(Ok(found)) => match expected {
                Some(expected) if expected != found => Err(Error::OtherChain {
                    url: url.into(),
                    expected,
                    found,
                }),
                _ => Ok((client, found)),
            },
            Ok(Err(error)) => Err(self.unreachable(format!("{url}: {}", in_full(&error)))),
            Err(_) => Err(self.unreachable(format!("{url}: no answer in time"))),
        }
    }

    /// Leaves a connection that failed for the next node.
    async fn abandon(&self, generation: u64) {
        let mut state = self.inner.state.lock().await;
        if state.generation == generation && state.client.take().is_some() {
            state.position = (state.position + 1) % self.inner.urls.len();
        }
    }

    fn unreachable(&self, reason: String) -> Error {
        Error::Unreachable {
            urls: self.inner.urls.join(", "),
            reason,
        }
    }
}

impl core::fmt::Debug for Connection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Connection")
            .field("urls", &self.inner.urls)
            .finish()
    }
}

fn is_websocket(url: &str) -> bool {
    ["ws://", "wss://"]
        .iter()
        .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
}

fn build(method: &str, params: &[Value]) -> Result<RpcParams> {
    let mut built = RpcParams::new();
    for param in params {
        built
            .push(param)
            .map_err(|error| Error::malformed(method, error))?;
    }
    Ok(built)
}

/// Why the connection is lost, or the answer that is final.
fn lost_connection(method: &str, error: RpcError) -> core::result::Result<String, Error> {
    match error {
        RpcError::User(answer) => Err(Error::Rpc {
            method: method.into(),
            code: answer.code,
            message: answer.message,
            data: answer.data.map(|data| plain(data.get())),
        }),
        RpcError::Deserialization(error) => Err(Error::malformed(method, error)),
        other => Ok(in_full(&other)),
    }
}

/// A JSON string without its quotes; other JSON as it is.
fn plain(json: &str) -> String {
    serde_json::from_str::<String>(json).unwrap_or_else(|_| json.into())
}

/// An error and what caused it.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urls_are_checked_before_anything_is_sent() {
        for url in ["", "http://127.0.0.1:9944", "ws://", "127.0.0.1:9944"] {
            let error = Connection::open(&[url.into()])
                .await
                .map(|_| ())
                .map_err(|e| e.to_string());
            let expected =
                format!("{url:?} is no WebSocket URL (ws://HOST:PORT or wss://HOST:PORT)");
            assert_eq!(error, Err(expected));
        }
    }

    #[test]
    fn a_nodes_words_are_kept() {
        assert_eq!(plain("\"Custom error: 7\""), "Custom error: 7");
        assert_eq!(plain("{\"a\":1}"), "{\"a\":1}");
    }
}
