//! Ports that nobody else uses.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
};

use anyhow::{ensure, Result};
use rand_core::{OsRng, RngCore};

/// Where the kernel says from which ports it picks when a program asks for any port at all.
const KERNELS_OWN: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Below this stand the ports of well-known services.
const LOWEST: u16 = 10_000;

/// `count` different TCP ports on the loopback address that were free a moment ago.
///
/// None is a port that the kernel itself gives away: between this call and the start of the
/// process that listens, or while a killed validator is down, the far end of any connection on
/// this machine could be put there.
pub fn free_ports(count: usize) -> Result<Vec<u16>> {
    let candidates = ours(&fs::read_to_string(KERNELS_OWN).unwrap_or_default());
    // Networks that start side by side look in different places.
    let start = OsRng.next_u32() as usize % candidates.len();
    let ports = first_free(
        candidates
            .clone()
            .cycle()
            .skip(start)
            .take(candidates.len()),
        count,
    );
    ensure!(
        ports.len() == count,
        "only {} of {count} ports are free between {} and {}",
        ports.len(),
        candidates.start,
        candidates.end - 1,
    );
    Ok(ports)
}

/// The first `count` of `candidates` on which one can listen, or fewer.
fn first_free(candidates: impl Iterator<Item = u16>, count: usize) -> Vec<u16> {
    // All are held until the last is found, so that none is taken from under the others.
    let held: Vec<(u16, TcpListener)> = candidates
        .filter_map(|port| Some((port, TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?)))
        .take(count)
        .collect();
    held.into_iter().map(|(port, _)| port).collect()
}

/// The ports that stay ours beside `kernels_own`, two numbers: the first and the last port that
/// the kernel gives away.
fn ours(kernels_own: &str) -> Range<u16> {
    // Linux's default, in case that the file cannot be read.
    let mut range = 32_768..60_999;
    let mut numbers = kernels_own.split_whitespace().map(str::parse::<u16>);
    if let (Some(Ok(first)), Some(Ok(last))) = (numbers.next(), numbers.next()) {
        range = first..last;
    }
    // The greater of the two sides, should somebody have moved the kernel's range down.
    let above = range.end.saturating_add(1)..u16::MAX;
    let below = LOWEST..range.start.max(LOWEST);
    if below.len() >= above.len() {
        below
    } else {
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_different_and_none_is_the_kernels() {
        let own = fs::read_to_string(KERNELS_OWN).expect("Linux tells its range");
        let bounds: Vec<u16> = own
            .split_whitespace()
            .map(|number| number.parse().expect("a port"))
            .collect();
        let ports = free_ports(20).expect("there are free ports");
        let mut different = ports.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 20);
        for port in ports {
            assert!(port < bounds[0] || port > bounds[1], "{port} in {own}");
        }
    }

    #[test]
    fn a_port_in_use_is_passed_over() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let taken = held.local_addr().expect("bound").port();
        assert!(first_free([taken, taken].into_iter(), 1).is_empty());
        drop(held);
    }

    #[test]
    fn the_kernels_range_is_left_to_it_wherever_it_lies() {
        assert_eq!(ours("32768\t60999\n"), 10_000..32_768);
        assert_eq!(ours("1024 40000"), 40_001..65_535);
        assert_eq!(ours("not a range"), 10_000..32_768);
    }
}
