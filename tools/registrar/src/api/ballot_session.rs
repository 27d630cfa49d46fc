//! Ballot sessions, and the one signature that a voter gets.

use axum::{
    extract::{Path, State},
    http::{header::RETRY_AFTER, StatusCode},
    response::{IntoResponse, Response},
    Json,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    bearer::{is_token, Body, SignedIn},
    problem::{Problem, ProblemBody},
};
use crate::{
    clock::written,
    issuing::{self, Signing},
    limits::{CODE_DIGITS, RECORDING_RETRY_SECONDS},
    secrets,
    service::Service,
    store::{
        ballot_sessions::{BallotSession, Look},
        codes::Tried,
    },
};

/// Opens a ballot session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeEntered {
    /// The one-time code: six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
}

/// A ballot session that was made.
#[derive(Serialize, ToSchema)]
pub struct SessionMade {
    /// 64 hexadecimal digits, the end of the session's address.
    link: String,
    /// When the session ends (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// Where the voter votes.
    district: u32,
    /// The number in the chain's register, in decimal.
    voter_number: String,
}

/// A ballot session that was opened.
#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    /// Where the voter votes.
    district: u32,
    /// The number in the chain's register, in decimal.
    voter_number: String,
    /// When the session ends (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// Seconds until then.
    seconds_left: i64,
    /// `open`, or `issued` once a request for a signature was made.
    state: &'static str,
}

/// Asks for a signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureRequest {
    /// The blinded message (RFC 9474): `0x` and as many bytes in hexadecimal as the district's key
    /// has.
    #[schema(pattern = "^0x([0-9a-f]{2}){256,512}$")]
    blinded: String,
}

/// The blind signature.
#[derive(Serialize, ToSchema)]
pub struct SignatureBody {
    /// The blind signature: `0x` and hexadecimal.
    signature: String,
    /// Whose it is: the registrar's place in the manifest.
    registrar: u8,
}

/// The issue is being recorded.
#[derive(Serialize, ToSchema)]
pub struct RecordingBody {
    /// Always `recording`.
    state: &'static str,
}

/// Open a ballot session with the one-time code
#[utoipa::path(post, path = "/v1/ballot-session", security(("bearer" = [])), request_body = CodeEntered, responses(
    (status = 200, body = SessionMade),
    (status = "4XX", description = "bad_field, bad_body, not_signed_in, outside_window, not_participating, districts_differ, wrong_code, code_expired, too_many_tries, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn make(
    State(service): State<Service>,
    signed_in: SignedIn,
    Body(body): Body<CodeEntered>,
) -> Result<Json<SessionMade>, Problem> {
    let voter = signed_in.voter;
    if body.code.len() != CODE_DIGITS || !body.code.bytes().all(|byte| byte.is_ascii_digit()) {
        let detail = format!("a code has {CODE_DIGITS} digits");
        return Err(Problem::BadField {
            field: "code",
            detail,
        });
    }
    service.while_voting().await?;
    service.participant(&voter).await?;
    let link = secrets::token()?;
    let entered = service.secret.code(voter.number, &body.code);
    let mut writing = service.store.write().await?;
    let tried = writing.try_code(voter.number, &entered).await?;
    let expires_at = match tried {
        Tried::Right => writing.make_ballot_session(&link, voter.number).await?,
        Tried::Wrong { .. } | Tried::Expired | Tried::Exhausted => 0,
    };
    writing.commit().await?;
    match tried {
        Tried::Right => Ok(Json(SessionMade {
            link: link.to_string(),
            expires_at: written(expires_at),
            district: voter.district.get(),
            voter_number: voter.number.to_string(),
        })),
        Tried::Wrong { tries_left: 0 } | Tried::Exhausted => Err(Problem::TooManyTries),
        Tried::Wrong { tries_left } => Err(Problem::WrongCode { tries_left }),
        Tried::Expired => Err(Problem::CodeExpired),
    }
}

/// Look at a ballot session; the first look opens it for the sign-in that looks
#[utoipa::path(get, path = "/v1/ballot-session/{link}", security(("bearer" = [])),
    params(("link" = String, Path, description = "64 hexadecimal digits")), responses(
    (status = 200, body = SessionBody),
    (status = "4XX", description = "not_signed_in, link_used, session_expired, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn look(
    State(service): State<Service>,
    signed_in: SignedIn,
    Path(link): Path<String>,
) -> Result<Json<SessionBody>, Problem> {
    let session = open(&service, &signed_in, &link).await?;
    let issued = service.store.issue(session.voter).await?.is_some();
    Ok(Json(SessionBody {
        district: signed_in.voter.district.get(),
        voter_number: session.voter.to_string(),
        expires_at: written(session.expires_at),
        seconds_left: (session.expires_at - service.now()).max(0),
        state: if issued { "issued" } else { "open" },
    }))
}

/// Have the blinded credential signed, once the issue is final on the chain
#[utoipa::path(post, path = "/v1/ballot-session/{link}/signature", security(("bearer" = [])),
    params(("link" = String, Path, description = "64 hexadecimal digits")),
    request_body = SignatureRequest, responses(
    (status = 200, description = "The same for the same message, however often", body = SignatureBody),
    (status = 202, description = "The chain finalises the issue: ask again with the same message", body = RecordingBody,
        headers(("Retry-After" = u64, description = "seconds"))),
    (status = "4XX", description = "bad_field, bad_body, not_signed_in, link_used, session_expired, outside_window, not_participating, districts_differ, already_issued, issue_refused, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn sign(
    State(service): State<Service>,
    signed_in: SignedIn,
    Path(link): Path<String>,
    Body(body): Body<SignatureRequest>,
) -> Result<Response, Problem> {
    let blinded = blinded_message(&service, &signed_in, &body.blinded)?;
    let voter = signed_in.voter.number;
    if !issuing::was_requested(&service, voter, &blinded).await? {
        open(&service, &signed_in, &link).await?;
    }
    match issuing::request(&service, voter, signed_in.voter.district, blinded).await? {
        Signing::Signed(signature) => Ok(Json(SignatureBody {
            signature: format!("0x{}", hex::encode(signature)),
            registrar: service.election.registrar.get(),
        })
        .into_response()),
        Signing::Recording => {
            let body = Json(RecordingBody { state: "recording" });
            let retry = [(RETRY_AFTER, RECORDING_RETRY_SECONDS.to_string())];
            Ok((StatusCode::ACCEPTED, retry, body).into_response())
        }
    }
}

fn blinded_message(
    service: &Service,
    signed_in: &SignedIn,
    text: &str,
) -> Result<Vec<u8>, Problem> {
    let district = signed_in.voter.district;
    let modulus = service.election.modulus(district).unwrap_or_default();
    let bytes = text
        .strip_prefix("0x")
        .and_then(|digits| hex::decode(digits).ok());
    match bytes {
        // What cannot be signed must not be recorded: it would cost the voter their only issue.
        Some(bytes) if bytes.len() == modulus.len() && bytes.as_slice() < modulus => Ok(bytes),
        _ => Err(Problem::BadField {
            field: "blinded",
            detail: format!(
                "a blinded message of district {district} is 0x and {} bytes in hexadecimal, below \
                 the modulus of the district's key",
                modulus.len()
            ),
        }),
    }
}

/// The session behind a link, opened for this sign-in.
async fn open(
    service: &Service,
    signed_in: &SignedIn,
    link: &str,
) -> Result<BallotSession, Problem> {
    if !is_token(link) {
        return Err(Problem::SessionExpired);
    }
    let token = &signed_in.token;
    match service.store.ballot_session(link, token).await? {
        Look::Open(session) if session.voter == signed_in.voter.number => {}
        // Somebody else's link: whether it exists is none of their business.
        Look::Open(_) | Look::Unknown | Look::Expired => return Err(Problem::SessionExpired),
        Look::OpenedElsewhere => return Err(Problem::LinkUsed),
    }
    let mut writing = service.store.write().await?;
    writing.open_ballot_session(link, token).await?;
    writing.commit().await?;
    // Of two sign-ins that open a link at once, one comes second.
    match service.store.ballot_session(link, token).await? {
        Look::Open(session) => Ok(session),
        Look::OpenedElsewhere => Err(Problem::LinkUsed),
        Look::Unknown | Look::Expired => Err(Problem::SessionExpired),
    }
}
