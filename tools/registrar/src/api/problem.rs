//! What a voter is told when something does not work (RFC 9457).

use axum::{
    extract::rejection::JsonRejection,
    http::{header, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    Json,
};
use psephos_primitives::DistrictId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{chain::ChainError, sender::SenderError, store::StoreError};

/// An error, as it is answered with the content type `application/problem+json`.
#[derive(Serialize, ToSchema, Debug)]
pub struct ProblemBody {
    /// Always `about:blank`: the code says which problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
    /// Which problem it is, for machines.
    code: &'static str,
    /// The field of the request that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// Why a request was not done.
#[derive(Debug)]
pub enum Problem {
    /// A field of the request is not what it should be.
    BadField {
        /// Which.
        field: &'static str,
        /// What is expected.
        detail: String,
    },
    /// The body is no JSON of the right form.
    BadBody(String),
    /// The body is longer than any that is right.
    TooLarge,
    /// The body is not said to be JSON.
    NotJson,
    /// No valid token.
    NotSignedIn,
    /// Nobody with these data is on the roll.
    NotOnTheRoll,
    /// This way of signing in is switched off.
    SignInUnavailable,
    /// The provider did not confirm the sign-in.
    SignInRefused(String),
    /// The voter does not take part.
    NotParticipating,
    /// The voter takes part in another district than the roll's.
    DistrictsDiffer {
        /// Where the register has them.
        register: DistrictId,
        /// Where the roll has them.
        roll: DistrictId,
    },
    /// The election does not allow it now.
    OutsideWindow(&'static str),
    /// The last change is less than a day ago.
    TooSoon {
        /// The block from which it is allowed.
        block: u32,
        /// Seconds until then.
        seconds: u64,
    },
    /// The last change is not final yet.
    ChangePending,
    /// A wrong one-time code.
    WrongCode {
        /// How often another may be entered.
        tries_left: i64,
    },
    /// No code was sent, or it is too old.
    CodeExpired,
    /// Too many wrong codes.
    TooManyTries,
    /// The ballot session is over, or there is none behind the link.
    SessionExpired,
    /// Another sign-in has opened the link.
    LinkUsed,
    /// Another message of this voter is being signed, or was, here or by other registrars.
    AlreadyIssued,
    /// The chain has refused the issue.
    IssueRefused(String),
    /// Too many requests.
    RateLimited {
        /// How long to wait.
        seconds: u64,
    },
    /// The code could not be sent.
    CodeNotSent,
    /// The chain cannot be asked.
    ChainUnavailable,
    /// Something of ours failed.
    Internal,
    /// There is nothing here.
    NotFound,
    /// Not with this method.
    MethodNotAllowed,
}

impl Problem {
    /// Status and code.
    const fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadField { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad_field"),
            Self::BadBody(_) => (StatusCode::BAD_REQUEST, "bad_body"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json"),
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "not_signed_in"),
            Self::NotOnTheRoll => (StatusCode::FORBIDDEN, "not_on_the_roll"),
            Self::SignInUnavailable => (StatusCode::NOT_FOUND, "sign_in_unavailable"),
            Self::SignInRefused(_) => (StatusCode::FORBIDDEN, "sign_in_refused"),
            Self::NotParticipating => (StatusCode::FORBIDDEN, "not_participating"),
            Self::DistrictsDiffer { .. } => (StatusCode::CONFLICT, "districts_differ"),
            Self::OutsideWindow(_) => (StatusCode::CONFLICT, "outside_window"),
            Self::TooSoon { .. } => (StatusCode::CONFLICT, "too_soon"),
            Self::ChangePending => (StatusCode::CONFLICT, "change_pending"),
            Self::WrongCode { .. } => (StatusCode::FORBIDDEN, "wrong_code"),
            Self::CodeExpired => (StatusCode::GONE, "code_expired"),
            Self::TooManyTries => (StatusCode::TOO_MANY_REQUESTS, "too_many_tries"),
            Self::SessionExpired => (StatusCode::GONE, "session_expired"),
            Self::LinkUsed => (StatusCode::CONFLICT, "link_used"),
            Self::AlreadyIssued => (StatusCode::CONFLICT, "already_issued"),
            Self::IssueRefused(_) => (StatusCode::CONFLICT, "issue_refused"),
            Self::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::CodeNotSent => (StatusCode::SERVICE_UNAVAILABLE, "code_not_sent"),
            Self::ChainUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        }
    }

    /// What is wrong, and what to do.
    fn detail(&self) -> String {
        let fixed = match self {
            Self::BadField { detail, .. } | Self::BadBody(detail) => return detail.clone(),
            Self::SignInRefused(reason) | Self::IssueRefused(reason) => return reason.clone(),
            Self::OutsideWindow(what) => what,
            Self::DistrictsDiffer { register, roll } => {
                return format!(
                    "the register has the voter in district {register}, and this registrar's roll in {roll}: \
                     it does not sign until they agree"
                )
            }
            Self::TooSoon { block, .. } => {
                return format!("one change a day is possible, the next from block {block} on")
            }
            Self::WrongCode { tries_left } => {
                return format!("this is not the code that was sent; {tries_left} tries are left")
            }
            Self::TooLarge => "the body is longer than any request's",
            Self::NotJson => {
                "the body must be JSON and be said to be: Content-Type: application/json"
            }
            Self::NotSignedIn => "the sign-in is missing or is no longer valid: sign in again",
            Self::NotOnTheRoll => "nobody with these data is on this registrar's roll",
            Self::SignInUnavailable => "this registrar does not offer this way of signing in",
            Self::NotParticipating => {
                "the voter does not take part in this election's electronic vote"
            }
            Self::ChangePending => "the last change is not final yet: wait for it",
            Self::CodeExpired => {
                "no code was sent, or it is too old or used: have another one sent"
            }
            Self::TooManyTries => "too many wrong codes were entered: have another one sent",
            Self::SessionExpired => "the ballot session is over, or there is none behind this link",
            Self::LinkUsed => "the link was opened by another sign-in; a link opens once",
            Self::AlreadyIssued => {
                "a credential was requested in this voter's name with another message, here or from \
                other registrars; there is one for each voter"
            }
            Self::RateLimited { .. } => "too many requests: wait a little",
            Self::CodeNotSent => "the code could not be sent: try again in a minute",
            Self::ChainUnavailable => {
                "the chain's nodes cannot be reached: nothing is lost, try again"
            }
            Self::Internal => "the service failed: nothing is lost, try again",
            Self::NotFound => "there is nothing at this address; see /docs",
            Self::MethodNotAllowed => "this address does not take this method; see /docs",
        };
        fixed.into()
    }

    const fn field(&self) -> Option<&'static str> {
        match self {
            Self::BadField { field, .. } => Some(field),
            Self::WrongCode { .. } => Some("code"),
            _ => None,
        }
    }

    const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooSoon { seconds, .. } | Self::RateLimited { seconds } => Some(*seconds),
            Self::ChainUnavailable | Self::ChangePending => Some(3),
            Self::CodeNotSent => Some(60),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.kind();
        let body = ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: self.detail(),
            code,
            field: self.field(),
            retry_after_seconds: self.retry_after(),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        let problem = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem);
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Internal
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!("a request failed: {error:#}");
        Self::Internal
    }
}

impl From<ChainError> for Problem {
    fn from(error: ChainError) -> Self {
        tracing::warn!(%error, "a request failed");
        Self::ChainUnavailable
    }
}

impl From<SenderError> for Problem {
    fn from(error: SenderError) -> Self {
        tracing::error!(%error, "a request failed");
        Self::CodeNotSent
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::NotJson,
            _ => Self::BadBody(rejection.body_text()),
        }
    }
}
