//! OpenID Connect: authorization code with PKCE, nonce, and a state that is good once (PSE-RGS-7).

use std::{borrow::Cow, path::PathBuf};

use futures::future::BoxFuture;
use openidconnect::{
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse,
};
use psephos::failure::{read_input_text, InputError};
use psephos_primitives::RegistrarIndex;
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use zeroize::Zeroizing;

use crate::{api::problem::Problem, limits::REQUEST_TIMEOUT, store::sessions::BegunSignIn};

/// Bytes of an answer of the provider's: its keys and a token are a few thousand.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Which provider, and what it knows this registrar as.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer's URL.
    pub issuer: String,
    /// The client's name there.
    pub client: String,
    /// A file with the client's secret; without one, PKCE alone protects the code.
    pub secret_file: Option<PathBuf>,
    /// The claim that is the identity number of the roll.
    pub claim: String,
    /// Scopes beside `openid` that the claim takes.
    pub scopes: Vec<String>,
}

/// Whatever claims a provider adds.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Claims(serde_json::Map<String, serde_json::Value>);

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type OidcClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The pages that voters are sent back to with what this registrar may redeem.
///
/// Each registrar has addresses of its own. With one address for all, a registrar could begin a
/// sign-in at another one and pass it on to a voter as its own; the voter's page could not tell whose
/// answer came back, and would hand the other registrar's to the one that asked (the mix-up of RFC 9700,
/// section 4.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pages {
    /// Origins of the voters' pages.
    pub origins: Vec<String>,
    /// Whose answers come back there.
    pub registrar: RegistrarIndex,
}

impl Pages {
    /// What a page's address is followed by, and nothing else.
    fn query(&self) -> String {
        format!("registrar={}", self.registrar)
    }

    /// An address of this registrar's on a known page: a code must not travel elsewhere.
    fn redirect(&self, redirect_uri: &str) -> Result<RedirectUrl, Problem> {
        let bad = |detail: String| Problem::BadField {
            field: "redirect_uri",
            detail,
        };
        let no_url = || bad("a URL is expected".into());
        let url = reqwest::Url::parse(redirect_uri).map_err(|_| no_url())?;
        if !self.origins.contains(&url.origin().ascii_serialization()) {
            let detail = "a page of an origin that this registrar knows is expected";
            return Err(bad(detail.into()));
        }
        let query = self.query();
        if url.query() != Some(query.as_str()) || url.fragment().is_some() {
            return Err(bad(format!(
                "the page's address is expected, followed by ?{query}, which is this registrar's, \
                 and by nothing else"
            )));
        }
        RedirectUrl::new(redirect_uri.into()).map_err(|_| no_url())
    }
}

/// A provider that was found.
pub struct Provider {
    settings: OidcSettings,
    secret: Option<Zeroizing<String>>,
    pages: Pages,
    http: reqwest::Client,
    client: RwLock<OidcClient>,
}

/// A sign-in that begins.
#[derive(Debug)]
pub struct Begun {
    /// Where the voter goes.
    pub authorization_url: String,
    /// What the provider returns beside the code.
    pub state: String,
    /// What is kept until then.
    pub kept: BegunSignIn,
}

/// Why the provider's answer could not be had.
#[derive(Debug, thiserror::Error)]
enum HttpFault {
    #[error("{0}")]
    Request(#[from] reqwest::Error),
    #[error("the answer is no HTTP: {0}")]
    Answer(#[from] axum::http::Error),
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
}

impl Provider {
    /// Asks the provider for its description and keys. Voters may be sent back to these pages.
    pub async fn discover(settings: OidcSettings, pages: Pages) -> anyhow::Result<Self> {
        let secret = match &settings.secret_file {
            Some(path) => Some(Zeroizing::new(read_input_text(path)?.trim().to_owned())),
            None => None,
        };
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT / 2)
            // A provider that redirects could send our requests anywhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let client = discovered(&settings, secret.as_ref(), &http).await?;
        Ok(Self {
            settings,
            secret,
            pages,
            http,
            client: RwLock::new(client),
        })
    }

    /// Begins a sign-in that ends at `redirect_uri`.
    pub async fn begin(&self, redirect_uri: &str) -> Result<Begun, Problem> {
        let redirect = self.pages.redirect(redirect_uri)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client.read().await;
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge)
            .set_redirect_uri(Cow::Owned(redirect));
        for scope in &self.settings.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        Ok(Begun {
            authorization_url: url.into(),
            state: state.into_secret(),
            kept: BegunSignIn {
                nonce: nonce.secret().clone(),
                verifier: verifier.into_secret(),
                redirect_uri: redirect_uri.into(),
            },
        })
    }

    /// Exchanges the code, verifies the identity token, and returns the claim that is the identity.
    pub async fn complete(&self, code: String, begun: BegunSignIn) -> Result<String, Problem> {
        let refused = |reason: &str| Problem::SignInRefused(reason.to_owned());
        let redirect = self.pages.redirect(&begun.redirect_uri)?;
        let http = fetcher(&self.http);
        let client = self.client.read().await.clone();
        let exchange = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| refused("the provider has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .set_redirect_uri(Cow::Owned(redirect));
        let answer = exchange.request_async(&http).await.map_err(|error| {
            tracing::warn!(%error, "the provider does not exchange a code");
            refused(match error {
                RequestTokenError::Request(_) => {
                    "the provider cannot be reached: sign in again in a minute"
                }
                _ => "the provider does not confirm this sign-in",
            })
        })?;
        let token = answer
            .id_token()
            .ok_or_else(|| refused("the provider sends no identity token"))?;
        let nonce = Nonce::new(begun.nonce);
        let claims = match token.claims(&client.id_token_verifier(), &nonce) {
            Ok(claims) => claims.clone(),
            Err(openidconnect::ClaimsVerificationError::SignatureVerification(_)) => {
                // Providers change their keys now and then.
                let renewed = self.renew().await.map_err(Problem::from)?;
                let claims = token.claims(&renewed.id_token_verifier(), &nonce).cloned();
                claims.map_err(|error| invalid_token(&error))?
            }
            Err(error) => return Err(invalid_token(&error)),
        };
        let claims = serde_json::to_value(&claims).map_err(anyhow::Error::from)?;
        match &claims[&self.settings.claim] {
            serde_json::Value::String(identity) => Ok(identity.clone()),
            serde_json::Value::Number(identity) => Ok(identity.to_string()),
            _ => Err(refused("the provider does not say who this is")),
        }
    }

    async fn renew(&self) -> anyhow::Result<OidcClient> {
        let renewed = discovered(&self.settings, self.secret.as_ref(), &self.http).await?;
        *self.client.write().await = renewed.clone();
        Ok(renewed)
    }
}

fn invalid_token(error: &openidconnect::ClaimsVerificationError) -> Problem {
    tracing::warn!(%error, "an identity token is not valid");
    Problem::SignInRefused("the provider's identity token is not valid".into())
}

async fn discovered(
    settings: &OidcSettings,
    secret: Option<&Zeroizing<String>>,
    http: &reqwest::Client,
) -> anyhow::Result<OidcClient> {
    let about = |reason: String| InputError::new("--oidc-issuer", reason);
    let issuer =
        IssuerUrl::new(settings.issuer.clone()).map_err(|error| about(error.to_string()))?;
    let fetch = fetcher(http);
    let metadata = CoreProviderMetadata::discover_async(issuer, &fetch)
        .await
        .map_err(|error| {
            let error = anyhow::Error::from(error);
            about(format!("the provider cannot be asked: {error:#}"))
        })?;
    let secret = secret.map(|secret| ClientSecret::new(secret.to_string()));
    let client = ClientId::new(settings.client.clone());
    Ok(OidcClient::from_provider_metadata(metadata, client, secret))
}

/// What the OpenID library sends its requests with.
fn fetcher(
    client: &reqwest::Client,
) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpFault>> {
    let client = client.clone();
    move |request| Box::pin(fetch(client.clone(), request))
}

async fn fetch(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
    let (parts, body) = request.into_parts();
    let mut answer = client
        .request(parts.method, parts.uri.to_string())
        .headers(parts.headers)
        .body(body)
        .send()
        .await?;
    let mut response = axum::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(HttpFault::TooLong);
        }
    }
    Ok(response.body(body)?)
}
