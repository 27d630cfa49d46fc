//! A conversation between voters' pages and a service in this process.

use std::sync::Arc;

use axum::{
    body::{to_bytes, Body},
    http::{header, HeaderValue, Method, Request, StatusCode},
    Router,
};
use psephos_crypto::blind_signature::{
    self,
    issuing::{blind, BlindingSecret},
    RsaPublicKey,
};
use psephos_primitives::{Phase, VoterNumber};
use psephos_registrar::{
    api,
    clock::Clock,
    delivery::Delivery,
    serve::{self, Settings},
    service::Service,
};
use rand_core::OsRng;
use serde_json::{json, Value};
use tower::ServiceExt;

use super::databases::Database;
use crate::support::{
    file_chain::FileChain,
    office::{Office, ORIGIN},
};

/// Longest answer that is read.
const MAX_ANSWER: usize = 1 << 20;

/// A service and those who talk to it.
pub struct Conversation {
    pub office: Office,
    pub chain: FileChain,
    pub clock: Clock,
    pub service: Service,
    pub delivery: Delivery,
    router: Router,
    _folder: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub retry_after: Option<u64>,
}

impl Answer {
    /// The problem's code.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A credential in the making, as a browser has it.
pub struct Blinded {
    pub blinded: String,
    key: RsaPublicKey,
    message: Vec<u8>,
    secret: BlindingSecret,
}

impl Blinded {
    /// Unblinds a signature and verifies it.
    pub fn check(self, signature: &str) {
        let signature = hex::decode(signature.trim_start_matches("0x")).expect("is hexadecimal");
        let credential = self.secret.finalize(&self.key, &self.message, &signature);
        let credential = credential.expect("unblinds");
        assert_eq!(
            blind_signature::verify(&self.key, &self.message, &credential),
            Ok(())
        );
    }
}

impl Conversation {
    pub async fn begin_on_sqlite() -> Self {
        Self::begin(&Database::Sqlite).await
    }

    pub async fn begin(database: &Database) -> Self {
        Self::begin_with(database, |_| ()).await
    }

    /// With a registrar who alone is no quorum.
    pub async fn begin_among(database: &Database, quorum: u8) -> Self {
        Self::start(database, quorum, |_| ()).await
    }

    /// With other settings than most tests have.
    pub async fn begin_with(database: &Database, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(database, 1, change).await
    }

    async fn start(database: &Database, quorum: u8, change: impl FnOnce(&mut Settings)) -> Self {
        serve::install_cryptography();
        let folder = tempfile::tempdir().expect("temporary directory");
        let office = Office::prepare(folder.path());
        let database = match database {
            Database::Sqlite => office.sqlite(),
            Database::Postgres(url) => url.clone(),
        };
        office.import_roll(&database).await;
        let (chain, clock) = (office.chain(), Clock::default());
        let mut settings = office.settings(&database);
        change(&mut settings);
        let mut election = office.election();
        election.manifest.quorum = quorum;
        chain.change(|state| state.quorum = quorum);
        let assembled = serve::assemble(
            &settings,
            office.desk(),
            election,
            Arc::new(chain.clone()),
            clock.clone(),
        );
        let (service, delivery) = assembled.await.expect("fits together");
        let router = api::router(service.clone(), &[HeaderValue::from_static(ORIGIN)]);
        Self {
            office,
            chain,
            clock,
            service,
            delivery,
            router,
            _folder: folder,
        }
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).expect("is a request");
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("never fails");
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let bytes = to_bytes(response.into_body(), MAX_ANSWER)
            .await
            .expect("is short");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            body,
            retry_after,
        }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send(Method::DELETE, path, token, None).await
    }

    /// What a page of this origin is told of what it may do.
    pub async fn allowed_origin(&self, origin: &str) -> Option<String> {
        let request = Request::builder()
            .uri("/v1/election")
            .header(header::ORIGIN, origin)
            .body(Body::empty())
            .expect("is a request");
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("never fails");
        let allowed = response
            .headers()
            .get(header::ACCESS_CONTROL_ALLOW_ORIGIN)?;
        Some(allowed.to_str().expect("is text").to_owned())
    }

    /// Tells the chain until there is nothing left to tell; returns how many messages were settled.
    pub async fn deliver(&self) -> usize {
        self.delivery.turn().await.expect("the chain answers")
    }

    pub fn open_voting(&self) {
        self.chain.change(|state| {
            state.phase = Phase::Voting;
            state.block = 50_001;
        });
    }

    pub async fn try_sign_in(&self, identity: &str, birth_date: &str) -> Answer {
        let body = json!({ "identity": identity, "birth_date": birth_date });
        self.post("/v1/sign-in/development", "", body).await
    }

    pub async fn sign_in(&self, voter: usize) -> String {
        let birth_date = format!("1990-01-{:02}", 1 + voter % 28);
        let answer = self.try_sign_in(&format!("id-{voter}"), &birth_date).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let number = self.number(voter).to_string();
        assert_eq!(answer.body["voter"]["voter_number"], number.as_str());
        answer.body["token"].as_str().expect("is one").to_owned()
    }

    pub fn number(&self, voter: usize) -> VoterNumber {
        self.office.secret().voter_number(&format!("ID{voter}"))
    }

    /// A voter who takes part, signed in while voting is open.
    pub async fn participant(&self, voter: usize) -> String {
        self.chain.change(|state| {
            state.phase = Phase::Registration;
            state.block = 5;
        });
        let token = self.sign_in(voter).await;
        let applied = self.post("/v1/application", &token, json!({})).await;
        assert_eq!(applied.status, StatusCode::ACCEPTED, "{}", applied.body);
        self.deliver_participation(voter).await;
        self.open_voting();
        token
    }

    /// What other voters have queued stays as it is where only participation is due.
    async fn deliver_participation(&self, voter: usize) {
        let number = self.number(voter);
        let district = self.service.store.voter(number).await.expect("answers");
        let district = district.expect("is on the roll").district;
        let participation = psephos_primitives::register::Participation {
            voter: number,
            district,
        };
        let chain: &dyn psephos_registrar::chain::Chain = &self.chain;
        chain
            .participate(vec![participation])
            .await
            .expect("is recorded");
        let mut writing = self.service.store.write().await.expect("writes");
        let (message, progress) = (
            psephos_registrar::store::outbox::Message::Participate,
            psephos_registrar::store::outbox::Progress::Final,
        );
        writing
            .settle(number, message, &progress)
            .await
            .expect("writes");
        writing.commit().await.expect("writes");
    }

    pub async fn enter_code(&self, token: &str, code: &str) -> Answer {
        self.post("/v1/ballot-session", token, json!({ "code": code }))
            .await
    }

    /// Has a code sent and enters it; returns the session's link.
    pub async fn open_session(&self, voter: usize, token: &str) -> String {
        let sent = self.post("/v1/code", token, json!({})).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
        let session = self.enter_code(token, &self.office.code(voter)).await;
        assert_eq!(session.status, StatusCode::OK, "{}", session.body);
        session.body["link"].as_str().expect("is one").to_owned()
    }

    /// A voter who takes part, in a ballot session: token and link.
    pub async fn voter_in_session(&self, voter: usize) -> (String, String) {
        let token = self.participant(voter).await;
        let link = self.open_session(voter, &token).await;
        (token, link)
    }

    /// Blinds a fresh message under the key of the voter's district.
    pub fn blind(&self, voter: usize) -> Blinded {
        let election = self.office.election();
        let key = election.manifest.registrars[0].keys[voter % 2].clone();
        let message = b"a one-time account's credential".to_vec();
        let (secret, blinded) = blind(&key, &message, &mut OsRng).expect("can be blinded");
        let blinded = format!("0x{}", hex::encode(blinded.0));
        Blinded {
            blinded,
            key,
            message,
            secret,
        }
    }

    pub async fn request_signature(&self, token: &str, link: &str, blinded: &str) -> Answer {
        let path = format!("/v1/ballot-session/{link}/signature");
        self.post(&path, token, json!({ "blinded": blinded })).await
    }
}
