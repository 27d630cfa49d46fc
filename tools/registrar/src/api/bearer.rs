//! Who is asking.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{header::AUTHORIZATION, request::Parts},
    Json,
};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::problem::Problem;
use crate::{service::Service, store::roll::Voter};

/// A voter who has signed in, and the token that proves it.
#[derive(Debug)]
pub struct SignedIn {
    /// The voter.
    pub voter: Voter,
    /// The token.
    pub token: Zeroizing<String>,
}

impl FromRequestParts<Service> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let token = bearer(parts).ok_or(Problem::NotSignedIn)?;
        let number = service.store.signed_in(&token).await?;
        let number = number.ok_or(Problem::NotSignedIn)?;
        let rates = &service.limits.voter;
        rates
            .take(&number.to_string())
            .map_err(|seconds| Problem::RateLimited { seconds })?;
        let voter = service.voter(number).await?;
        Ok(Self { voter, token })
    }
}

fn bearer(parts: &Parts) -> Option<Zeroizing<String>> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && is_token(token))
        .then(|| Zeroizing::new(token.to_owned()))
}

/// Whether this is of a token's or a link's form.
pub fn is_token(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A JSON body; whatever is wrong with it is a [`Problem`].
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let Json(body) = Json::<T>::from_request(request, service).await?;
        Ok(Self(body))
    }
}
