//! Watches several nodes at once for what must not happen, and keeps the evidence (PSE-WAT-1 …).
//!
//! * [`headers`]: who authored a block, and when;
//! * [`evidence`]: what a finding is kept as, and how a stranger checks it without a network;
//! * [`authors`], [`finality`], [`ballots`]: what is found in headers, justifications and pools;
//! * [`patrol`]: reads one node, and hands what it reads to these.

pub mod authors;
pub mod ballots;
pub mod evidence;
pub mod finality;
pub mod headers;
pub mod patrol;
