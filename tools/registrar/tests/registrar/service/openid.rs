//! Signing in by way of an OpenID provider, right and wrong.

use axum::http::StatusCode;
use psephos_primitives::RegistrarIndex;
use psephos_registrar::{
    limits::{OPEN_SIGN_INS, PROVIDER_SECONDS, SIGN_IN_RATE},
    rates::Rates,
    serve::Settings,
    sign_in::oidc::{OidcSettings, Pages, Provider as Found},
};
use reqwest::{redirect::Policy, Url};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use super::{
    conversation::{Answer, Conversation},
    databases::{on_every_database, Database},
};
use crate::support::{
    office::{ORIGIN, VOTERS},
    provider::{Client, Flaw, Provider, CLAIM},
};

/// What the registrar is called at the provider.
const NAME: &str = "registrar-0";
/// Where voters are sent back to by this registrar's provider.
fn page() -> String {
    format!("{ORIGIN}/vote?registrar=0")
}

/// A service, and the provider that it trusts.
struct Scene {
    talk: Conversation,
    provider: Provider,
}

/// What a browser brings back from the provider.
struct Return {
    code: String,
    state: String,
}

fn provider(secret: Option<&str>) -> Provider {
    let client = Client {
        name: NAME.into(),
        secret: secret.map(str::to_owned),
        pages: vec![page()],
    };
    Provider::serve(([127, 0, 0, 1], 0).into(), client)
}

fn settings(provider: &Provider) -> OidcSettings {
    OidcSettings {
        issuer: provider.issuer().into(),
        client: NAME.into(),
        secret_file: None,
        claim: CLAIM.into(),
        scopes: vec!["profile".into()],
    }
}

impl Scene {
    async fn open(database: &Database, provider: Provider) -> Self {
        let oidc = settings(&provider);
        let change = |settings: &mut Settings| {
            settings.oidc = Some(oidc);
            settings.development = false;
        };
        let talk = Conversation::begin_with(database, change).await;
        Self { talk, provider }
    }

    async fn begin(&self) -> (Url, String) {
        let body = json!({ "redirect_uri": page() });
        let begun = self.talk.post("/v1/sign-in/oidc", "", body).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        let text = |field: &str| begun.body[field].as_str().expect("is text").to_owned();
        let url = Url::parse(&text("authorization_url")).expect("is a URL");
        (url, text("state"))
    }

    /// To the provider and back, as somebody.
    async fn visit(&self, mut url: Url, identity: &str) -> Return {
        url.query_pairs_mut().append_pair("login_hint", identity);
        let browser = reqwest::Client::builder().redirect(Policy::none()).build();
        let answer = browser
            .expect("is one")
            .get(url)
            .send()
            .await
            .expect("answers");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let back = answer.headers()["location"].to_str().expect("is text");
        assert!(back.starts_with(&format!("{}&", page())), "{back}");
        let back = Url::parse(back).expect("is a URL");
        let field = |name: &str| {
            let found = back.query_pairs().find(|(field, _)| field == name);
            found
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        Return {
            code: field("code"),
            state: field("state"),
        }
    }

    async fn complete(&self, code: &str, state: &str) -> Answer {
        let body = json!({ "code": code, "state": state });
        self.talk.post("/v1/sign-in/oidc/complete", "", body).await
    }

    /// The whole way.
    async fn sign_in(&self, identity: &str) -> Answer {
        let (url, state) = self.begin().await;
        let back = self.visit(url, identity).await;
        assert_eq!(back.state, state);
        self.complete(&back.code, &back.state).await
    }

    async fn signed_in(&self) -> usize {
        let entries = self.talk.service.store.audit_log().await.expect("answers");
        entries
            .iter()
            .filter(|entry| entry.event == "signed_in")
            .count()
    }
}

/// Why nobody was signed in.
fn refusal(answer: &Answer) -> (StatusCode, &str, &str) {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    (answer.status, answer.code(), detail)
}

const fn refused(detail: &str) -> (StatusCode, &'static str, &str) {
    (StatusCode::FORBIDDEN, "sign_in_refused", detail)
}

const UNKNOWN: &str = "this sign-in was not begun here, or too long ago";
const UNCONFIRMED: &str = "the provider does not confirm this sign-in";
const INVALID: &str = "the provider's identity token is not valid";

#[tokio::test]
async fn a_provider_confirms_who_signs_in() {
    on_every_database(|database| async move {
        let scene = Scene::open(&database, provider(None)).await;
        let office = scene.talk.get("/v1/election", "").await;
        assert_eq!(office.body["sign_in"], json!(["oidc"]));
        let answer = scene.sign_in("id 3").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let number = scene.talk.number(3).to_string();
        assert_eq!(answer.body["voter"]["voter_number"], number.as_str());
        let token = answer.body["token"].as_str().expect("is one");
        let application = scene.talk.get("/v1/application", token).await;
        assert_eq!(application.status, StatusCode::OK);
        assert_eq!(scene.signed_in().await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_registrar_proves_itself_with_its_secret() {
    let provider = provider(Some("of-registrar-0"));
    let folder = tempfile::tempdir().expect("temporary directory");
    let file = folder.path().join("oidc.secret");
    for (secret, status) in [
        ("of-registrar-0\n", StatusCode::OK),
        ("of-another", StatusCode::FORBIDDEN),
    ] {
        std::fs::write(&file, secret).expect("writable");
        let oidc = OidcSettings {
            secret_file: Some(file.clone()),
            ..settings(&provider)
        };
        let change = |settings: &mut Settings| settings.oidc = Some(oidc);
        let scene = Scene {
            talk: Conversation::begin_with(&Database::Sqlite, change).await,
            provider: provider.clone(),
        };
        assert_eq!(scene.sign_in("ID 4").await.status, status);
    }
}

#[tokio::test]
async fn a_state_is_good_once_and_not_for_ever() {
    on_every_database(|database| async move {
        let scene = Scene::open(&database, provider(None)).await;
        let (url, _) = scene.begin().await;
        let back = scene.visit(url, "ID 5").await;
        let other = scene.complete(&back.code, "of nobody").await;
        assert_eq!(refusal(&other), refused(UNKNOWN));
        let right = scene.complete(&back.code, &back.state).await;
        assert_eq!(right.status, StatusCode::OK, "{}", right.body);
        let again = scene.complete(&back.code, &back.state).await;
        assert_eq!(refusal(&again), refused(UNKNOWN));
        let (url, _) = scene.begin().await;
        let back = scene.visit(url, "ID 5").await;
        scene.talk.clock.advance(PROVIDER_SECONDS);
        let late = scene.complete(&back.code, &back.state).await;
        assert_eq!(refusal(&late), refused(UNKNOWN));
        assert_eq!(scene.signed_in().await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_code_belongs_to_one_sign_in() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    let (url, _) = scene.begin().await;
    let voters = scene.visit(url, "ID 6").await;
    let right = scene.complete(&voters.code, &voters.state).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
    // Used before.
    let (_, state) = scene.begin().await;
    let replayed = scene.complete(&voters.code, &state).await;
    assert_eq!(refusal(&replayed), refused(UNCONFIRMED));
    // Somebody else's, seen on its way and never used: PKCE binds it to the sign-in that it answers.
    let (url, _) = scene.begin().await;
    let voters = scene.visit(url, "ID 6").await;
    let (_, state) = scene.begin().await;
    let stolen = scene.complete(&voters.code, &state).await;
    assert_eq!(refusal(&stolen), refused(UNCONFIRMED));
    assert_eq!(scene.signed_in().await, 1);
}

#[tokio::test]
async fn what_a_provider_says_wrong_signs_nobody_in() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    for (flaw, detail) in [
        (Flaw::Issuer, INVALID),
        (Flaw::Audience, INVALID),
        (Flaw::Nonce, INVALID),
        (Flaw::Expired, INVALID),
        (Flaw::StrangersKey, INVALID),
        (Flaw::Unsigned, INVALID),
        (Flaw::NoIdentity, "the provider does not say who this is"),
        (Flaw::NoToken, "the provider sends no identity token"),
    ] {
        scene.provider.misbehave(flaw);
        let answer = scene.sign_in("ID 7").await;
        assert_eq!(refusal(&answer), refused(detail), "{flaw:?}");
    }
    assert_eq!(scene.signed_in().await, 0);
}

#[tokio::test]
async fn a_provider_may_change_its_key() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    assert_eq!(scene.sign_in("ID 8").await.status, StatusCode::OK);
    scene.provider.change_key();
    assert_eq!(scene.sign_in("ID 8").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_is_not_on_the_roll_is_told_so() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    for identity in ["ID 999", "?"] {
        let answer = scene.sign_in(identity).await;
        let expected = (StatusCode::FORBIDDEN, "not_on_the_roll");
        assert_eq!((answer.status, answer.code()), expected);
    }
    // Somebody who declines has no code to bring.
    let (url, state) = scene.begin().await;
    let back = scene.visit(url, "").await;
    assert_eq!((back.code.as_str(), &back.state), ("", &state));
}

#[tokio::test]
async fn voters_are_sent_back_to_known_pages_only() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    let stranger = "a page of an origin that this registrar knows is expected";
    for (page, detail) in [
        ("vote", "a URL is expected"),
        (
            "https://vote.example.evil.example/vote?registrar=0",
            stranger,
        ),
        ("http://vote.example/vote?registrar=0", stranger),
    ] {
        let body = json!({ "redirect_uri": page });
        let answer = scene.talk.post("/v1/sign-in/oidc", "", body).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, "bad_field", detail);
        assert_eq!(refusal(&answer), expected);
        assert_eq!(answer.body["field"], "redirect_uri");
    }
}

/// Another registrar that begins a sign-in here in a voter's name has to have it end where the voter's
/// page sees whose it is.
#[tokio::test]
async fn a_sign_in_ends_at_this_registrars_own_address_only() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    for question in [
        "",
        "?",
        "?registrar=1",
        "?registrar=00",
        "?registrar=0&registrar=1",
        "?registrar=1&registrar=0",
        "?registrar=0#registrar=1",
        "#registrar=0",
    ] {
        let body = json!({ "redirect_uri": format!("{ORIGIN}/vote{question}") });
        let answer = scene.talk.post("/v1/sign-in/oidc", "", body).await;
        let detail = "the page's address is expected, followed by ?registrar=0, which is this \
            registrar's, and by nothing else";
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, "bad_field", detail);
        assert_eq!(refusal(&answer), expected, "{question}");
        assert_eq!(answer.body["field"], "redirect_uri");
    }
}

/// How many can be taken at once.
fn drain(rates: &Rates) -> usize {
    core::iter::repeat_with(|| rates.take(""))
        .take_while(Result::is_ok)
        .count()
}

#[tokio::test]
async fn who_begins_without_end_or_makes_states_up_stops_nobody_who_comes_back() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    let limits = &scene.talk.service.limits;
    let (url, _) = scene.begin().await;
    let back = scene.visit(url, "ID 10").await;
    for _ in 0..300 {
        scene.begin().await;
        let made_up = scene.complete("code", "of nobody").await;
        assert_eq!(refusal(&made_up), refused(UNKNOWN));
    }
    // None of it has cost the bucket of those who come back anything.
    assert!(drain(&limits.sign_in) >= SIGN_IN_RATE.burst as usize);
    // Not even an empty bucket makes a difference to what was made up.
    let made_up = scene.complete("code", "of nobody").await;
    assert_eq!(refusal(&made_up), refused(UNKNOWN));
    drain(&limits.begun_sign_in);
    tokio::time::sleep(core::time::Duration::from_secs(1)).await;
    drain(&limits.begun_sign_in);
    let right = scene.complete(&back.code, &back.state).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
}

#[tokio::test]
async fn who_is_told_to_wait_may_come_back_with_the_same_state() {
    let scene = Scene::open(&Database::Sqlite, provider(None)).await;
    // A busy machine may have refilled the bucket before the request comes to it: then once more, as
    // another voter, since each has a bucket as well.
    for voter in 1..=VOTERS {
        let (url, _) = scene.begin().await;
        let back = scene.visit(url, &format!("ID {voter}")).await;
        drain(&scene.talk.service.limits.sign_in);
        let answer = scene.complete(&back.code, &back.state).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = answer.retry_after.expect("says when");
            tokio::time::sleep(core::time::Duration::from_secs(seconds)).await;
            let again = scene.complete(&back.code, &back.state).await;
            assert_eq!(again.status, StatusCode::OK, "{}", again.body);
            return;
        }
    }
    panic!("the bucket was never empty");
}

#[tokio::test]
async fn sign_ins_that_are_open_are_bounded_and_the_oldest_makes_room() {
    on_every_database(|database| async move {
        let scene = Scene::open(&database, provider(None)).await;
        let url = match database {
            Database::Sqlite => scene.talk.office.sqlite(),
            Database::Postgres(url) => url,
        };
        let pool = sqlx::AnyPool::connect(&url).await.expect("connects");
        let soon = scene.talk.clock.now() + 60;
        let flood = format!(
            "WITH RECURSIVE flood (n) AS \
                (SELECT 1 UNION ALL SELECT n + 1 FROM flood WHERE n < {OPEN_SIGN_INS}) \
             INSERT INTO sign_ins (state_hash, nonce, verifier, redirect_uri, expires_at) \
             SELECT 'flood-' || n, '', '', '', {soon} + n FROM flood"
        );
        let flooded = sqlx::query(AssertSqlSafe(flood)).execute(&pool).await;
        flooded.expect("is taken");
        let (url, _) = scene.begin().await;
        let count = |condition: &str| {
            let query = format!("SELECT COUNT(*) FROM sign_ins WHERE {condition}");
            let pool = pool.clone();
            async move {
                let row = sqlx::query(AssertSqlSafe(query)).fetch_one(&pool).await;
                row.expect("answers").try_get::<i64, _>(0).expect("is one")
            }
        };
        assert_eq!(count("expires_at > 0").await, OPEN_SIGN_INS);
        assert_eq!(count("state_hash = 'flood-1'").await, 0);
        assert_eq!(count("state_hash = 'flood-2'").await, 1);
        pool.close().await;
        let back = scene.visit(url, "ID 12").await;
        let right = scene.complete(&back.code, &back.state).await;
        assert_eq!(right.status, StatusCode::OK, "{}", right.body);
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_told_from_one_that_refuses() {
    let provider = provider(None);
    provider.misbehave(Flaw::Gone);
    let scene = Scene::open(&Database::Sqlite, provider.clone()).await;
    let answer = scene.sign_in("ID 9").await;
    let detail = "the provider cannot be reached: sign in again in a minute";
    assert_eq!(refusal(&answer), refused(detail));
    for (issuer, reason) in [
        (
            "http://127.0.0.1:9".to_owned(),
            "the provider cannot be asked: ",
        ),
        // The description there names another issuer, by one character.
        (
            format!("{}/", provider.issuer()),
            "the provider cannot be asked: ",
        ),
        ("id.example".to_owned(), "relative URL without a base"),
    ] {
        let elsewhere = OidcSettings {
            issuer,
            ..settings(&provider)
        };
        let pages = Pages {
            origins: vec![ORIGIN.into()],
            registrar: RegistrarIndex(0),
        };
        let found = Found::discover(elsewhere, pages).await;
        let error = found.map(|_| ()).map_err(|error| error.to_string());
        let error = error.expect_err("cannot be found");
        assert!(
            error.starts_with(&format!("--oidc-issuer: {reason}")),
            "{error}"
        );
    }
}
