//! The way to other relays (PSE-RLY-10).

use std::{borrow::Cow, collections::BTreeSet, time::Duration};

use anyhow::{ensure, Context, Result};
use reqwest::{
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
    Certificate, Client, StatusCode, Url,
};

use crate::limits::{CONNECT_TIMEOUT, FORWARD_TIMEOUT, LONGEST_PAUSE, MAX_PEERS};

/// What figures and reports call a reason. One of few: nothing in it is an envelope's own.
pub type Reason = Cow<'static, str>;

/// Why an envelope or an extrinsic could not be passed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setback {
    /// It may go later, after this pause if the other side named one.
    Later(Reason, Option<Duration>),
    /// It will never be taken.
    ForGood(Reason),
}

/// The relays that this one passes envelopes on to, and no others: it would be an open proxy.
#[derive(Clone, Debug)]
pub struct Peers {
    client: Client,
    addresses: BTreeSet<String>,
}

impl Peers {
    /// With these addresses. If certificates (PEM) are given, peers need one of theirs, and those
    /// that the system trusts do not count.
    pub fn new(addresses: &[String], certificates: &[Vec<u8>]) -> Result<Self> {
        ensure!(
            addresses.len() <= MAX_PEERS,
            "{} peers are given, more than {MAX_PEERS}",
            addresses.len()
        );
        for address in addresses {
            check(address)?;
        }
        let mut trusted = Vec::new();
        for pem in certificates {
            let chain = Certificate::from_pem_bundle(pem).context("no certificates in PEM")?;
            ensure!(!chain.is_empty(), "no certificates in PEM");
            trusted.extend(chain);
        }
        let builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(FORWARD_TIMEOUT)
            .no_proxy();
        let builder = if trusted.is_empty() {
            builder
        } else {
            builder.tls_certs_only(trusted)
        };
        Ok(Self {
            client: builder.build().context("cannot set up TLS")?,
            addresses: addresses.iter().map(|one| plain(one).into()).collect(),
        })
    }

    /// Whether this one is a peer.
    pub fn knows(&self, address: &str) -> bool {
        self.find(address).is_some()
    }

    /// The address that a peer is known by, if this is one.
    pub fn find(&self, address: &str) -> Option<&String> {
        self.addresses.get(plain(address))
    }

    /// All of them.
    pub fn addresses(&self) -> impl Iterator<Item = &String> {
        self.addresses.iter()
    }

    /// Gives an envelope to a peer; returns when it is durable there.
    pub async fn forward(&self, address: &str, envelope: Vec<u8>) -> Result<(), Setback> {
        if !self.knows(address) {
            // It was one when the envelope was taken: the operator may have left it out by mistake.
            return Err(Setback::Later("next_relay_no_peer".into(), None));
        }
        let sent = self
            .client
            .post(format!("{}/v1/envelopes", plain(address)))
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(envelope)
            .send()
            .await;
        match sent {
            Ok(response) if response.status() == StatusCode::ACCEPTED => Ok(()),
            Ok(response) => Err(setback(response.status(), pause(&response))),
            Err(error) => Err(unreached(&error)),
        }
    }
}

/// Without the slash that people put behind an address.
fn plain(address: &str) -> &str {
    address.trim_end_matches('/')
}

fn check(address: &str) -> Result<()> {
    let url = Url::parse(address).with_context(|| format!("--peer {address:?} is no URL"))?;
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "--peer {address:?} is no https:// or http:// URL"
    );
    Ok(())
}

fn pause(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let pause = Duration::from_secs(seconds.parse().ok()?);
    Some(pause.min(LONGEST_PAUSE))
}

/// Not the error's own words, which may name an address.
fn unreached(error: &reqwest::Error) -> Setback {
    let reason = if error.is_timeout() {
        "next_relay_timed_out"
    } else {
        "next_relay_unreachable"
    };
    Setback::Later(reason.into(), None)
}

fn setback(status: StatusCode, pause: Option<Duration>) -> Setback {
    let reason = format!("next_relay_answered_{}", status.as_u16()).into();
    match status {
        // It does not open, has the wrong size, goes nowhere, or comes too late.
        StatusCode::BAD_REQUEST | StatusCode::GONE => Setback::ForGood(reason),
        _ => Setback::Later(reason, pause),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_two_answers_are_final() {
        for status in [400u16, 410] {
            let status = StatusCode::from_u16(status).unwrap();
            let reason = format!("next_relay_answered_{}", status.as_u16());
            assert_eq!(setback(status, None), Setback::ForGood(reason.into()));
        }
        for status in [200u16, 301, 404, 408, 413, 429, 500, 502, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(matches!(setback(status, None), Setback::Later(_, None)));
        }
    }

    #[test]
    fn peers_are_known_with_and_without_a_slash() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let peers = Peers::new(&["https://a.example/".into()], &[]).unwrap();
        assert!(peers.knows("https://a.example") && peers.knows("https://a.example/"));
        assert!(!peers.knows("https://a.example.evil") && !peers.knows("http://a.example"));
        for wrong in ["a.example", "ftp://a.example", "ws://a.example"] {
            let error = Peers::new(&[wrong.into()], &[]).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
        let error = Peers::new(&[], &[b"nothing".to_vec()]).unwrap_err();
        assert_eq!(error.to_string(), "no certificates in PEM");
    }
}
