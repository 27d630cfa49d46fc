//! Signing in and out.

use axum::{extract::State, http::StatusCode, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    bearer::{Body, SignedIn},
    problem::{Problem, ProblemBody},
};
use crate::{
    clock::written, rates::Rates, secrets, sender::hint, service::Service, sign_in::identity,
    store::roll::Voter,
};

/// The log-in of development.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DevelopmentSignIn {
    /// The identity number, as the roll has it; spaces do not matter.
    #[schema(min_length = 1, max_length = 64)]
    identity: String,
    /// The date of birth, `YYYY-MM-DD`.
    #[schema(format = Date)]
    birth_date: String,
}

/// Begins a sign-in with OpenID Connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcBegin {
    /// Where the provider sends the voter back to: a page of an origin that the registrar knows,
    /// followed by `?registrar=` and the registrar's place in the manifest.
    redirect_uri: String,
}

/// Where to go to sign in.
#[derive(Serialize, ToSchema)]
pub struct OidcBegun {
    /// The provider's page.
    authorization_url: String,
    /// What the provider returns beside the code; the page compares it with this.
    state: String,
}

/// Completes a sign-in with OpenID Connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcComplete {
    /// The code that the provider returned.
    code: String,
    /// The state that it returned.
    state: String,
}

/// A voter who has signed in.
#[derive(Serialize, ToSchema)]
pub struct SignedInBody {
    /// For `Authorization: Bearer …`: 64 hexadecimal digits.
    token: String,
    /// When it ceases to be valid (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// Who.
    voter: VoterBody,
}

/// A voter.
#[derive(Serialize, ToSchema)]
pub struct VoterBody {
    /// The number in the chain's register, in decimal.
    voter_number: String,
    /// Where they vote.
    district: u32,
    /// The first letters of the name.
    name_initials: String,
    /// The end of the telephone number that codes are sent to.
    phone_hint: String,
}

/// Sign in with identity number and date of birth, where development is on
#[utoipa::path(post, path = "/v1/sign-in/development", request_body = DevelopmentSignIn, responses(
    (status = 200, body = SignedInBody),
    (status = "4XX", description = "bad_field, bad_body, not_on_the_roll, sign_in_unavailable, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn development(
    State(service): State<Service>,
    Body(body): Body<DevelopmentSignIn>,
) -> Result<Json<SignedInBody>, Problem> {
    if !service.development {
        return Err(Problem::SignInUnavailable);
    }
    let identity = identity::normalised(&body.identity).map_err(|detail| Problem::BadField {
        field: "identity",
        detail,
    })?;
    let birth_date =
        identity::birth_date(&body.birth_date).map_err(|detail| Problem::BadField {
            field: "birth_date",
            detail,
        })?;
    take(&service.limits.sign_in)?;
    let found = by_identity(&service, &identity).await?;
    let expected = service.secret.birth_date(&identity, &birth_date);
    match found {
        Some(voter) if voter.birth_date == expected => begin_session(&service, voter).await,
        _ => Err(Problem::NotOnTheRoll),
    }
}

/// Begin to sign in with OpenID Connect
#[utoipa::path(post, path = "/v1/sign-in/oidc", request_body = OidcBegin, responses(
    (status = 200, body = OidcBegun),
    (status = "4XX", description = "bad_field, bad_body, sign_in_unavailable, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn begin_oidc(
    State(service): State<Service>,
    Body(body): Body<OidcBegin>,
) -> Result<Json<OidcBegun>, Problem> {
    let provider = service
        .provider
        .as_ref()
        .ok_or(Problem::SignInUnavailable)?;
    take(&service.limits.begun_sign_in)?;
    let begun = provider.begin(&body.redirect_uri).await?;
    let mut writing = service.store.write().await?;
    writing.begin_sign_in(&begun.state, &begun.kept).await?;
    writing.commit().await?;
    Ok(Json(OidcBegun {
        authorization_url: begun.authorization_url,
        state: begun.state,
    }))
}

/// Complete signing in with OpenID Connect
#[utoipa::path(post, path = "/v1/sign-in/oidc/complete", request_body = OidcComplete, responses(
    (status = 200, body = SignedInBody),
    (status = "4XX", description = "bad_body, sign_in_unavailable, sign_in_refused, not_on_the_roll, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn complete_oidc(
    State(service): State<Service>,
    Body(body): Body<OidcComplete>,
) -> Result<Json<SignedInBody>, Problem> {
    let provider = service
        .provider
        .as_ref()
        .ok_or(Problem::SignInUnavailable)?;
    let unknown =
        || Problem::SignInRefused("this sign-in was not begun here, or too long ago".into());
    // A look only: a state that was made up costs neither the bucket, which is the voters', nor the
    // turn to write.
    if !service.store.has_begun_sign_in(&body.state).await? {
        return Err(unknown());
    }
    // Before the state is used up, so that who is told to wait may come back with it.
    take(&service.limits.sign_in)?;
    let mut writing = service.store.write().await?;
    let begun = writing.take_sign_in(&body.state).await?;
    writing.commit().await?;
    let claim = provider
        .complete(body.code, begun.ok_or_else(unknown)?)
        .await?;
    let identity = identity::normalised(&claim).map_err(|_| Problem::NotOnTheRoll)?;
    match by_identity(&service, &identity).await? {
        Some(voter) => begin_session(&service, voter).await,
        None => Err(Problem::NotOnTheRoll),
    }
}

/// End the sign-in
#[utoipa::path(post, path = "/v1/sign-out", security(("bearer" = [])), responses(
    (status = 204, description = "The token is no longer valid"),
    (status = 401, description = "not_signed_in", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn sign_out(
    State(service): State<Service>,
    signed_in: SignedIn,
) -> Result<StatusCode, Problem> {
    let mut writing = service.store.write().await?;
    writing.end_session(&signed_in.token).await?;
    writing.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes one from a bucket that all voters share.
fn take(rates: &Rates) -> Result<(), Problem> {
    let taken = rates.take("");
    taken.map_err(|seconds| Problem::RateLimited { seconds })
}

async fn by_identity(service: &Service, identity: &str) -> Result<Option<Voter>, Problem> {
    let identity = service.secret.identity(identity);
    let taken = service.limits.identity.take(&identity.0);
    taken.map_err(|seconds| Problem::RateLimited { seconds })?;
    Ok(service.store.voter_by_identity(&identity).await?)
}

async fn begin_session(service: &Service, voter: Voter) -> Result<Json<SignedInBody>, Problem> {
    let token = secrets::token()?;
    let mut writing = service.store.write().await?;
    let expires_at = writing.begin_session(&token, voter.number).await?;
    writing.commit().await?;
    Ok(Json(SignedInBody {
        token: token.to_string(),
        expires_at: written(expires_at),
        voter: VoterBody {
            voter_number: voter.number.to_string(),
            district: voter.district.get(),
            phone_hint: hint(&voter.telephone),
            name_initials: voter.initials,
        },
    }))
}
