//! A small OpenID provider for development and tests: it believes whoever comes.
//!
//! Discovery, keys, authorization with PKCE and the token endpoint, as a provider of a state has them.
//! It is part of no program that registrars run, and listens on loopback only.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    extract::{RawQuery, State},
    http::{header, HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
    Json, Router,
};
use base64::{
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    Engine,
};
use psephos_registrar::{clock::Clock, secrets};
use rand_core::OsRng;
use reqwest::Url;
use rsa::{traits::PublicKeyParts, Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// How long an identity token is good, in seconds.
const TOKEN_SECONDS: i64 = 300;
/// The claim that holds the identity number; the subject is something else, as with most providers.
pub const CLAIM: &str = "national_id";
/// Bits of the keys that tokens are signed with.
const KEY_BITS: usize = 2048;

/// What the provider knows of the registrar.
#[derive(Clone, Debug)]
pub struct Client {
    /// What it is called.
    pub name: String,
    /// Without one, PKCE alone protects the code.
    pub secret: Option<String>,
    /// Pages that voters may be sent back to.
    pub pages: Vec<String>,
}

/// What a provider can do wrong, or somebody who plays one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// The token names another issuer.
    Issuer,
    /// The token is for another client.
    Audience,
    /// The token answers another sign-in.
    Nonce,
    /// The token is too old.
    Expired,
    /// Somebody else has signed the token.
    StrangersKey,
    /// Nobody has signed the token.
    Unsigned,
    /// The token does not say who signs in.
    NoIdentity,
    /// There is no identity token.
    NoToken,
    /// Where codes should be exchanged nobody listens.
    Gone,
}

/// A key and its name.
struct Key {
    name: String,
    secret: RsaPrivateKey,
}

impl Key {
    fn draw(name: String) -> Self {
        let secret = RsaPrivateKey::new(&mut OsRng, KEY_BITS).expect("a key is found");
        Self { name, secret }
    }

    fn public(&self) -> Value {
        let number = |number: Vec<u8>| URL_SAFE_NO_PAD.encode(number);
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.name,
            "n": number(self.secret.n().to_bytes_be()),
            "e": number(self.secret.e().to_bytes_be()),
        })
    }

    /// A token in compact form (RFC 7515).
    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.name });
        let text = format!("{}.{}", encoded(&header), encoded(claims));
        let hash = Sha256::digest(text.as_bytes());
        let signature = self.secret.sign(Pkcs1v15Sign::new::<Sha256>(), &hash);
        let signature = signature.expect("can be signed");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// What somebody who has signed in was given a code for.
struct Granted {
    challenge: String,
    nonce: String,
    page: String,
    identity: String,
}

/// The provider. Clones share it.
#[derive(Clone)]
pub struct Provider(Arc<Parts>);

struct Parts {
    issuer: String,
    client: Client,
    clock: Clock,
    key: Mutex<Key>,
    granted: Mutex<BTreeMap<String, Granted>>,
    flaw: Mutex<Option<Flaw>>,
}

/// Fields of a query or a form.
type Fields = BTreeMap<String, String>;

fn fields(text: &str) -> Fields {
    let url = Url::parse(&format!("http://provider/?{text}")).expect("a query fits into a URL");
    url.query_pairs().into_owned().collect()
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody has panicked with it")
}

impl Provider {
    /// Serves at an address of this machine until the process ends.
    pub fn serve(listen: SocketAddr, client: Client) -> Self {
        assert!(
            listen.ip().is_loopback(),
            "{listen} is no address of this machine's own"
        );
        let listener = TcpListener::bind(listen).expect("can listen");
        listener.set_nonblocking(true).expect("is a socket");
        let provider = Self(Arc::new(Parts {
            issuer: format!("http://{}", listener.local_addr().expect("has an address")),
            client,
            clock: Clock::default(),
            key: Mutex::new(Key::draw("first".into())),
            granted: Mutex::default(),
            flaw: Mutex::default(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(exchange))
            .with_state(provider.clone());
        let listener = tokio::net::TcpListener::from_std(listener).expect("is a socket");
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Its URL.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Does this wrong from now on.
    pub fn misbehave(&self, flaw: Flaw) {
        *locked(&self.0.flaw) = Some(flaw);
    }

    /// Signs with another key from now on, and publishes it in place of the one before.
    pub fn change_key(&self) {
        *locked(&self.0.key) = Key::draw("second".into());
    }

    /// Why a voter may not be asked who they are.
    fn objection(&self, question: &Fields) -> Option<&'static str> {
        let client = &self.0.client;
        let expected = [
            ("response_type", "code"),
            ("client_id", client.name.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let pages = &client.pages;
        if !pages
            .iter()
            .any(|page| page == field(question, "redirect_uri"))
        {
            return Some("redirect_uri is no page that this client has registered");
        }
        if expected
            .iter()
            .any(|(name, value)| field(question, name) != *value)
        {
            return Some("response_type, client_id or code_challenge_method is not right");
        }
        let scopes = field(question, "scope");
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return Some("the scope openid is missing");
        }
        let needed = ["state", "nonce", "code_challenge"];
        needed
            .iter()
            .any(|name| field(question, name).is_empty())
            .then_some("state, nonce or code_challenge is missing")
    }

    /// Back to the page, with a code for whoever signs in; an empty identity declines.
    fn send_back(&self, question: &Fields, identity: &str) -> Response {
        let page = field(question, "redirect_uri");
        let mut back = Url::parse(page).expect("was registered");
        if identity.is_empty() {
            back.query_pairs_mut().append_pair("error", "access_denied");
        } else {
            let code = secrets::token().expect("there is randomness").to_string();
            back.query_pairs_mut().append_pair("code", &code);
            let granted = Granted {
                challenge: field(question, "code_challenge").into(),
                nonce: field(question, "nonce").into(),
                page: page.into(),
                identity: identity.into(),
            };
            locked(&self.0.granted).insert(code, granted);
        }
        let state = field(question, "state");
        back.query_pairs_mut().append_pair("state", state);
        Redirect::to(back.as_str()).into_response()
    }

    /// Whether the registrar's word is the registrar's.
    fn knows(&self, headers: &HeaderMap, form: &Fields) -> bool {
        let client = &self.0.client;
        let Some(secret) = &client.secret else {
            return field(form, "client_id") == client.name;
        };
        let expected = format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{secret}", client.name))
        );
        let sent = headers.get(header::AUTHORIZATION);
        sent.is_some_and(|sent| sent.as_bytes() == expected.as_bytes())
    }

    fn identity_token(&self, granted: &Granted) -> String {
        let flaw = *locked(&self.0.flaw);
        let now = self.0.clock.now();
        let claims = claims(&self.0.issuer, &self.0.client.name, now, granted, flaw);
        let key = locked(&self.0.key);
        match flaw {
            // As the provider's key is called: only the signature is another.
            Some(Flaw::StrangersKey) => Key::draw(key.name.clone()).sign(&claims),
            Some(Flaw::Unsigned) => {
                let header = json!({ "alg": "none", "typ": "JWT" });
                format!("{}.{}.", encoded(&header), encoded(&claims))
            }
            _ => key.sign(&claims),
        }
    }
}

fn claims(issuer: &str, client: &str, now: i64, granted: &Granted, flaw: Option<Flaw>) -> Value {
    let mut claims = json!({
        "iss": issuer,
        "sub": hex::encode(Sha256::digest(granted.identity.as_bytes())),
        "aud": client,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "nonce": granted.nonce,
        CLAIM: granted.identity,
    });
    match flaw {
        Some(Flaw::Issuer) => claims["iss"] = json!("https://elsewhere.example"),
        Some(Flaw::Audience) => claims["aud"] = json!("another client"),
        Some(Flaw::Nonce) => claims["nonce"] = json!("of another sign-in"),
        Some(Flaw::Expired) => {
            claims["iat"] = json!(now - 2 * TOKEN_SECONDS);
            claims["exp"] = json!(now - TOKEN_SECONDS);
        }
        Some(Flaw::NoIdentity) => claims[CLAIM] = Value::Null,
        _ => {}
    }
    claims
}

async fn describe(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    let exchange = match *locked(&provider.0.flaw) {
        // The port of the discard service, which no machine has any more.
        Some(Flaw::Gone) => "http://127.0.0.1:9/token".into(),
        _ => format!("{issuer}/token"),
    };
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": exchange,
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let key = locked(&provider.0.key).public();
    Json(json!({ "keys": [key] }))
}

/// Asks who somebody is; `login_hint` answers at once.
async fn authorize(State(provider): State<Provider>, RawQuery(query): RawQuery) -> Response {
    let question = fields(query.as_deref().unwrap_or_default());
    if let Some(objection) = provider.objection(&question) {
        return (StatusCode::BAD_REQUEST, objection).into_response();
    }
    match question.get("login_hint") {
        Some(identity) => provider.send_back(&question, identity),
        None => Html(form(&question)).into_response(),
    }
}

fn form(question: &Fields) -> String {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
    };
    let kept = question.iter().map(|(name, value)| {
        let (name, value) = (escaped(name), escaped(value));
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    });
    format!(
        "<!doctype html><html lang=\"en\"><title>Development sign-in</title>\
        <h1>Development sign-in</h1><p>Believes whoever comes. Never for an election.</p>\
        <form>{}<label>Identity number <input name=\"login_hint\"></label>\
        <button>Sign in</button></form></html>",
        kept.collect::<String>()
    )
}

async fn exchange(
    State(provider): State<Provider>,
    headers: HeaderMap,
    form: String,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let refused = |status, error: &str| (status, Json(json!({ "error": error })));
    let form = fields(&form);
    if !provider.knows(&headers, &form) {
        return Err(refused(StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    // A code is good once, whatever comes of it.
    let granted = locked(&provider.0.granted).remove(field(&form, "code"));
    let granted = granted.filter(|granted| {
        let verifier = Sha256::digest(field(&form, "code_verifier").as_bytes());
        granted.challenge == URL_SAFE_NO_PAD.encode(verifier)
            && granted.page == field(&form, "redirect_uri")
            && field(&form, "grant_type") == "authorization_code"
    });
    let Some(granted) = granted else {
        return Err(refused(StatusCode::BAD_REQUEST, "invalid_grant"));
    };
    let mut answer = json!({
        "access_token": "opens nothing",
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
    });
    if *locked(&provider.0.flaw) != Some(Flaw::NoToken) {
        answer["id_token"] = json!(provider.identity_token(&granted));
    }
    Ok(Json(answer))
}
