//! `POST /v1/code`

use axum::{extract::State, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    bearer::SignedIn,
    problem::{Problem, ProblemBody},
};
use crate::{
    clock::written,
    limits::{CODE_RESEND_SECONDS, CODE_TRIES},
    secrets,
    sender::{hint, CodeMessage},
    service::Service,
    store::codes::Prepared,
};

/// A code that is on its way.
#[derive(Serialize, ToSchema)]
pub struct CodeBody {
    /// The end of the telephone number that it was sent to.
    phone_hint: String,
    /// When it ceases to be good (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// How often a code may be entered.
    tries_left: i64,
    /// When another one may be sent.
    resend_after_seconds: i64,
}

/// Send the voter a one-time code
#[utoipa::path(post, path = "/v1/code", security(("bearer" = [])), responses(
    (status = 200, body = CodeBody),
    (status = "4XX", description = "not_signed_in, outside_window, not_participating, districts_differ, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "code_not_sent, chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn send(
    State(service): State<Service>,
    signed_in: SignedIn,
) -> Result<Json<CodeBody>, Problem> {
    let voter = signed_in.voter;
    service.while_voting().await?;
    service.participant(&voter).await?;
    let code = secrets::code()?;
    let mut writing = service.store.write().await?;
    let hash = service.secret.code(voter.number, &code);
    let expires_at = match writing.prepare_code(voter.number, &hash).await? {
        Prepared::Ready { expires_at } => expires_at,
        Prepared::Wait { seconds } => {
            let seconds = u64::try_from(seconds).unwrap_or(0);
            return Err(Problem::RateLimited { seconds });
        }
    };
    writing.commit().await?;
    let message = CodeMessage {
        telephone: &voter.telephone,
        code: &code,
        election: service.election.manifest.title.as_str(),
        registrar: service.election.registrar_name(),
    };
    if let Err(error) = service.sender.send(message).await {
        let mut writing = service.store.write().await?;
        writing.unsend_code(voter.number).await?;
        writing.commit().await?;
        return Err(error.into());
    }
    Ok(Json(CodeBody {
        phone_hint: hint(&voter.telephone),
        expires_at: written(expires_at),
        tries_left: CODE_TRIES,
        resend_after_seconds: CODE_RESEND_SECONDS,
    }))
}
