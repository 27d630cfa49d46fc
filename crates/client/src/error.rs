//! What can go wrong between us and a node.

use psephos_primitives::Refusal;

/// Result of talking to a node.
pub type Result<T> = core::result::Result<T, Error>;

/// Why a node did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A URL is none, or of a scheme that nodes do not speak.
    #[error("{url:?} is no WebSocket URL (ws://HOST:PORT or wss://HOST:PORT)")]
    Url {
        /// What was given.
        url: String,
    },
    /// None of the nodes answers.
    #[error("none of the nodes answers ({urls}): {reason}")]
    Unreachable {
        /// All that were tried.
        urls: String,
        /// What the last one said.
        reason: String,
    },
    /// The node answered with an error.
    #[error("{method}: {message}{} (code {code})", detail(.data))]
    Rpc {
        /// The method called.
        method: String,
        /// The JSON-RPC error code.
        code: i32,
        /// The node's words.
        message: String,
        /// More of the node's words.
        data: Option<String>,
    },
    /// The pool refuses the extrinsic for a reason of this chain's.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The pool refuses the extrinsic for one of the platform's reasons.
    #[error("the pool refuses the extrinsic: {0}")]
    Invalid(String),
    /// The extrinsic stands in a finalised block, but the call failed there.
    #[error("the call failed in block {block}: {reason}")]
    CallFailed {
        /// Where.
        block: u32,
        /// Why, as the runtime's metadata name it.
        reason: String,
    },
    /// The node's answer is not of the form it should have.
    #[error("{method} answered something unexpected: {reason}")]
    Malformed {
        /// The method called.
        method: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The node does not have what was asked for.
    #[error("the node has no {0}")]
    Missing(String),
    /// The extrinsic did not get into a finalised block before it ceased to be valid.
    #[error("the extrinsic did not get into a block within {blocks} blocks")]
    Expired {
        /// How long it was waited for.
        blocks: u32,
    },
    /// The node belongs to another chain.
    #[error("{url} serves another chain: its genesis is {found:?}, not {expected:?}")]
    OtherChain {
        /// Which node.
        url: String,
        /// Our chain's genesis hash.
        expected: psephos_primitives::Hash,
        /// Its chain's.
        found: psephos_primitives::Hash,
    },
    /// The task that follows the chain has ended.
    #[error("the task that follows the chain has ended")]
    CourierGone,
}

impl Error {
    /// The refusal, if it is one.
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(*refusal),
            _ => None,
        }
    }

    pub(crate) fn malformed(method: &str, reason: impl core::fmt::Display) -> Self {
        Self::Malformed {
            method: method.into(),
            reason: reason.to_string(),
        }
    }
}

fn detail(data: &Option<String>) -> String {
    data.as_ref()
        .map(|data| format!(": {data}"))
        .unwrap_or_default()
}
