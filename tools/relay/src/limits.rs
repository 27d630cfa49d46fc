//! A limit on everything, each with its reason.

use std::time::Duration;

/// Envelopes held at once, unless the operator says otherwise: a busy hour of a large town, and 80 MB
/// of envelopes of the smallest size.
pub const CAPACITY: u64 = 20_000;
/// Envelopes that a relay remembers to have taken: twice the largest district's ballots, in half a
/// gigabyte of disk. Beyond, a replay could not be told, so none is taken any more.
pub const MAX_REMEMBERED: u64 = 8_000_000;
/// Envelopes on their way at once, shared equally among the other relays and the chain; each is in
/// memory, half a megabyte at the largest size.
pub const MAX_ON_THE_WAY: usize = 256;
/// Requests in work at once: each may hold an envelope in memory.
pub const MAX_REQUESTS: usize = 256;
/// Orders that wait for the disk; the requests behind them wait, too.
pub const MAX_ORDERS: usize = 1_024;
/// Orders that share one write to the disk.
pub const MAX_ORDERS_A_WRITE: usize = 256;
/// An envelope that takes longer to come is given up: a browser waits no longer for the answer, and
/// whoever sends a byte now and then would keep others out.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// A request that takes longer is given up; what it brought may be durable all the same.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection that sends no request within this time is closed.
pub const FIRST_REQUEST: Duration = Duration::from_secs(20);
/// When a sender shall try again after 503.
pub const RETRY_AFTER: Duration = Duration::from_secs(15);
/// A peer that has not even taken the connection by then drops packets: a handshake over half the
/// world takes a second.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Another relay that answers later counts as unreachable. Longer than its own limit on a request.
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after the first failure; it doubles with each further one.
pub const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: a relay that is back gets what is held for it within this time.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the chain is looked at: once a block.
pub const CHAIN_INTERVAL: Duration = Duration::from_secs(3);
/// A node that answers later is passed over for this time.
pub const CHAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// So long without an answer of the chain, and the relay calls itself failing.
pub const CHAIN_SILENCE: Duration = Duration::from_secs(120);
/// Blocks before the closing block from which on nothing is held any more: two minutes, for five
/// relays that pass on at once and a ballot's way into a block, three times over.
pub const FLUSH_MARGIN: u32 = 40;
/// How often the published figures change: fresher ones would tell anybody when an envelope came in
/// and when one went out.
pub const METRICS_INTERVAL: Duration = Duration::from_secs(60);
/// How long requests may take to end when the process is told to.
pub const SHUTDOWN: Duration = Duration::from_secs(10);
/// Nodes and other relays that one relay is given.
pub const MAX_PEERS: usize = 64;
