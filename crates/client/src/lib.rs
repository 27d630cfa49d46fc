//! Talks to a node: what the command line, services and load tests share.
//!
//! * [`Connection`] keeps one of several nodes at hand and changes over when it fails.
//! * [`Node`] has one typed method for each question that this system asks a node.
//! * [`ElectionApi`] reads elections at one block.
//! * [`Signer`] signs extrinsics, which are built from `primitives::wire` and need no metadata.
//! * [`FinalisedBlocks`] yields every finalised block once, whatever happens to connections.
//! * [`CastRules`] tell, without a node, of most that no node would take that it is none.
//! * [`Courier`] brings extrinsics into a finalised block and says when they are in.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod cast_rules;
mod connection;
mod courier;
mod dispatch;
mod election_api;
mod error;
mod finality;
mod handovers;
mod node;
mod officials;
mod rpc_types;
mod signer;

pub use cast_rules::{CastError, CastRules};
pub use connection::Connection;
pub use courier::{Courier, Inclusion, Journey, Patience};
pub use election_api::ElectionApi;
pub use error::{Error, Result};
pub use finality::{FinalisedBlock, FinalisedBlocks};
pub use handovers::Handover;
pub use node::{
    extrinsic_hash, storage_map_key, storage_value_key, ChainFacts, FinalityProof, Node, Versions,
};
pub use officials::Office;
pub use rpc_types::{Block, Header, ReadProof};
pub use signer::{Signer, SignerError};
