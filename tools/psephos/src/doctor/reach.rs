//! Who can ask a node, and whether it does for them what is its operator's alone.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use psephos_client::{Error, Node};
use tokio::{
    net::TcpStream,
    time::{timeout, Duration},
};

use crate::failure::Result;

/// A machine of this network either answers at once or is not there.
const PATIENCE: Duration = Duration::from_secs(2);
/// An address that nobody has (RFC 5737). Nothing is sent to it: choosing a route to it tells which
/// address of this machine others see.
const NOBODY: &str = "192.0.2.1:9";
/// A method that nodes keep for their operators, and that changes nothing.
const OPERATORS_METHOD: &str = "system_peers";

/// What a node does for whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// It answers this machine alone.
    ThisMachine,
    /// This machine has no address that others could use.
    NoAddress,
    /// Others too may ask, but not for what is its operator's.
    Others,
    /// Others may ask it for everything.
    OthersForEverything,
}

impl Reach {
    /// Tries it, from where others would.
    pub async fn of(node: &Node, url: &str) -> Result<Self> {
        let Some((scheme, host, port)) = parts(url) else {
            return Ok(Self::NoAddress);
        };
        if !is_loopback(host) {
            return Self::from_outside(node).await;
        }
        let Some(own) = own_address() else {
            return Ok(Self::NoAddress);
        };
        let address = SocketAddr::new(own, port);
        if !matches!(
            timeout(PATIENCE, TcpStream::connect(address)).await,
            Ok(Ok(_))
        ) {
            return Ok(Self::ThisMachine);
        }
        match Node::open(&[format!("{scheme}://{address}")]).await {
            Ok(node) => Self::from_outside(&node).await,
            // Something listens there that is no node, or refuses us.
            Err(_) => Ok(Self::ThisMachine),
        }
    }

    async fn from_outside(node: &Node) -> Result<Self> {
        let answer = node
            .connection()
            .request::<serde_json::Value>(OPERATORS_METHOD, &[])
            .await;
        match answer {
            Ok(_) => Ok(Self::OthersForEverything),
            Err(Error::Rpc { .. }) => Ok(Self::Others),
            Err(error) => Err(error.into()),
        }
    }
}

/// Scheme, host and port of a node's URL.
fn parts(url: &str) -> Option<(&str, &str, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let default = if scheme == "wss" { 443 } else { 80 };
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => Some((scheme, host, port.parse().ok()?)),
        _ => Some((scheme, authority, default)),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(NOBODY).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, expected) in [
            ("ws://127.0.0.1:9944", Some(("ws", "127.0.0.1", 9944))),
            ("wss://node.example/rpc", Some(("wss", "node.example", 443))),
            ("ws://[::1]:7", Some(("ws", "[::1]", 7))),
            ("ws://[::1]", Some(("ws", "[::1]", 80))),
            ("ws://a:b", None),
            ("a", None),
        ] {
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in ["127.0.0.1", "127.3.2.1", "localhost", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["10.0.0.1", "node.example", "[2001:db8::1]"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
