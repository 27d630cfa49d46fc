//! What a sender is told when an envelope is not taken (RFC 9457).

use axum::{
    http::{header, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    Json,
};
use psephos_client::CastError;
use psephos_envelope::OpenError;
use serde::Serialize;

use crate::{
    limits::{BODY_TIMEOUT, RETRY_AFTER},
    queue::QueueError,
};

/// Why a request was not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// Not the size of this election's envelopes.
    WrongSize {
        /// Bytes that it should have.
        expected: usize,
    },
    /// The envelope did not come in time.
    TooSlow,
    /// The envelope is not for this relay, or is damaged.
    DoesNotOpen(OpenError),
    /// It is to go to a relay that this one does not work with.
    UnknownRelay,
    /// This relay is the last, and what it found is no ballot of this election.
    NotABallot,
    /// The same, and no node would ever take the ballot.
    InvalidBallot(CastError),
    /// Voting is over.
    ElectionOver,
    /// No room, or none for where it is to go.
    Full,
    /// Too many requests at once.
    Busy,
    /// The disk does not take it.
    Storage,
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// Which problem it is, for machines and for figures.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongSize { .. } => "wrong_size",
            Self::TooSlow => "too_slow",
            Self::DoesNotOpen(_) => "does_not_open",
            Self::UnknownRelay => "unknown_relay",
            Self::NotABallot => "not_a_ballot",
            Self::InvalidBallot(_) => "invalid_ballot",
            Self::ElectionOver => "election_over",
            Self::Full => "full",
            Self::Busy => "busy",
            Self::Storage => "storage",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::WrongSize { .. }
            | Self::DoesNotOpen(_)
            | Self::UnknownRelay
            | Self::NotABallot
            | Self::InvalidBallot(_) => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::ElectionOver => StatusCode::GONE,
            Self::Full | Self::Busy | Self::Storage => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::WrongSize { expected } => {
                format!("an envelope of this election has exactly {expected} bytes")
            }
            Self::TooSlow => format!(
                "the envelope did not come within {} s",
                BODY_TIMEOUT.as_secs()
            ),
            Self::DoesNotOpen(error) => error.to_string(),
            Self::UnknownRelay => "the next relay is none that this one passes envelopes to".into(),
            Self::NotABallot => "the envelope holds no ballot of this relay's election".into(),
            Self::InvalidBallot(error) => format!("no node would take the ballot: {error}"),
            Self::ElectionOver => "voting is over; no ballot is accepted any more".into(),
            Self::Full => "the relay holds as many envelopes as it can, for all or for the next one; choose others".into(),
            Self::Busy => "the relay has too much to do at once; choose another".into(),
            Self::Storage => "the relay cannot write to its disk; choose another".into(),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Full => Self::Full,
            QueueError::Storage(_) | QueueError::OtherElection => Self::Storage,
        }
    }
}

impl From<CastError> for Problem {
    fn from(error: CastError) -> Self {
        match error {
            CastError::NoCast => Self::NotABallot,
            CastError::Signature | CastError::Refused(_) => Self::InvalidBallot(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let wait = (status == StatusCode::SERVICE_UNAVAILABLE).then(|| RETRY_AFTER.as_secs());
        let body = Json(Body {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.detail(),
            code: self.code(),
            retry_after_seconds: wait,
        });
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
