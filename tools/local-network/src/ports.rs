//! Ports that nobody else uses.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// `count` different TCP ports on the loopback address that were free a moment ago.
pub fn free_ports(count: usize) -> Result<Vec<u16>> {
    // All are held until the last is found, or one could be handed out twice.
    let listeners = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<Vec<_>, _>>()
        .context("cannot find a free port")?;
    listeners
        .iter()
        .map(|listener| {
            Ok(listener
                .local_addr()
                .context("cannot find a free port")?
                .port())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_different_and_free_again() {
        let ports = free_ports(20).expect("there are free ports");
        let mut different = ports.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 20);
        for port in ports {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
        }
    }
}
