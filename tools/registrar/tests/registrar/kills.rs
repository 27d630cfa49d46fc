//! The service is killed with SIGKILL, at named steps of its talk with the chain and at any time;
//! afterwards every voter still gets their credential, and only one.

use std::time::{Duration, Instant};

use psephos_crypto::blind_signature::{
    self,
    issuing::{blind, BlindingSecret},
    RsaPublicKey,
};
use psephos_primitives::Phase;
use psephos_registrar::{
    clock::Clock,
    store::{audit_log, Store},
};
use rand_core::{OsRng, RngCore};
use serde_json::{json, Value};

use crate::{process::Process, support::office::Office};

/// Longest that a voter asks again before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// A voter's page, which keeps its blinded message.
struct Page {
    token: String,
    link: String,
    blinded: String,
    key: RsaPublicKey,
    message: Vec<u8>,
    secret: BlindingSecret,
}

/// An office, a service, and a client.
struct Scene {
    office: Office,
    process: Process,
    client: reqwest::Client,
    starts: u32,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn open() -> Self {
        psephos_registrar::serve::install_cryptography();
        let folder = tempfile::tempdir().expect("temporary directory");
        let office = Office::prepare(folder.path());
        office.import_roll(&office.sqlite()).await;
        let process = Process::start(folder.path());
        let client = reqwest::Client::new();
        Self {
            office,
            process,
            client,
            starts: 1,
            _folder: folder,
        }
    }

    fn restart_if_dead(&mut self) {
        if self.process.has_died() {
            self.process = Process::start(&self.office.folder);
            self.starts += 1;
        }
    }

    /// One request; nothing where the service died over it.
    async fn ask(&self, path: &str, token: &str, body: Value) -> Option<(u16, Value)> {
        let url = format!("{}{path}", self.process.url);
        let request = self.client.post(url).bearer_auth(token).json(&body);
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }

    async fn sign_in(&self, voter: usize) -> String {
        let birth_date = format!("1990-01-{:02}", 1 + voter % 28);
        let body = json!({ "identity": format!("ID {voter}"), "birth_date": birth_date });
        let (_, answer) = self
            .ask("/v1/sign-in/development", "", body)
            .await
            .expect("lives");
        answer["token"].as_str().expect("is one").to_owned()
    }

    /// Applies until the chain has it.
    async fn apply(&mut self, voter: usize) -> String {
        let token = self.sign_in(voter).await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask("/v1/application", &token, json!({})).await;
            match answer {
                Some((200, body)) if body["participating"] == true => return token,
                _ => self.restart_if_dead(),
            }
            assert!(Instant::now() < deadline, "the application is not final");
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn open_voting(&self) {
        self.office.chain().change(|state| {
            state.phase = Phase::Voting;
            state.block = 50_001;
        });
    }

    async fn enter(&self, voter: usize, token: String) -> Page {
        self.ask("/v1/code", &token, json!({}))
            .await
            .expect("lives");
        let body = json!({ "code": self.office.code(voter) });
        let (_, session) = self
            .ask("/v1/ballot-session", &token, body)
            .await
            .expect("lives");
        let key = self.office.election().manifest.registrars[0].keys[voter % 2].clone();
        let message = format!("credential of {voter}").into_bytes();
        let (secret, blinded) = blind(&key, &message, &mut OsRng).expect("can be blinded");
        Page {
            token,
            link: session["link"].as_str().expect("is one").to_owned(),
            blinded: format!("0x{}", hex::encode(blinded.0)),
            key,
            message,
            secret,
        }
    }

    async fn request(&self, page: &Page) -> Option<(u16, Value)> {
        let path = format!("/v1/ballot-session/{}/signature", page.link);
        self.ask(&path, &page.token, json!({ "blinded": page.blinded }))
            .await
    }

    /// Asks until it is signed, whatever happens to the service meanwhile.
    async fn sign(&mut self, page: &Page) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.request(page).await {
                Some((200, body)) => return body["signature"].as_str().expect("is one").to_owned(),
                Some((202 | 429, _)) => {}
                None => self.restart_if_dead(),
                Some(other) => panic!("an unexpected answer: {other:?}"),
            }
            assert!(Instant::now() < deadline, "the signature was not given");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The credential is valid; another message is refused; the chain and the log know of one issue.
    async fn check(self, voter: usize, page: Page, signature: &str) {
        let other = format!("0x{}", "01".repeat(page.key.modulus.len()));
        let path = format!("/v1/ballot-session/{}/signature", page.link);
        let refused = self
            .ask(&path, &page.token, json!({ "blinded": other }))
            .await;
        let refused = refused.map(|(status, body)| (status, body["code"].clone()));
        assert_eq!(refused, Some((409, json!("already_issued"))));
        let bytes = hex::decode(signature.trim_start_matches("0x")).expect("is hexadecimal");
        let credential = page.secret.finalize(&page.key, &page.message, &bytes);
        let credential = credential.expect("unblinds");
        assert_eq!(
            blind_signature::verify(&page.key, &page.message, &credential),
            Ok(())
        );
        let number = self.office.secret().voter_number(&format!("ID{voter}"));
        let state = self.office.chain().state();
        assert_eq!(state.voters[&number.get()].issued_by, 1);
        drop(self.process);
        let store = Store::open(&self.office.sqlite(), Clock::default())
            .await
            .expect("opens");
        let entries = store.audit_log().await.expect("answers");
        assert_eq!(audit_log::check(&entries), Ok(()));
        let signed = entries.iter().filter(|entry| entry.event == "signed");
        assert_eq!(signed.count(), 1);
    }
}

#[tokio::test]
async fn a_death_at_any_step_of_issuing_costs_no_right_and_gives_no_second() {
    for step in ["issue begins", "issue is final", "the issue is looked up"] {
        let mut scene = Scene::open().await;
        let token = scene.apply(3).await;
        scene.open_voting();
        let page = scene.enter(3, token).await;
        scene.office.chain().let_die_at(step);
        let signature = scene.sign(&page).await;
        assert_eq!(scene.starts, 2, "the service did not die where {step}");
        scene.check(3, page, &signature).await;
    }
}

#[tokio::test]
async fn a_death_at_any_step_of_applying_is_made_good() {
    for step in ["participation begins", "participation is final"] {
        let mut scene = Scene::open().await;
        scene.office.chain().let_die_at(step);
        scene.apply(4).await;
        assert_eq!(scene.starts, 2, "the service did not die where {step}");
        let number = scene.office.secret().voter_number("ID4");
        let state = scene.office.chain().state();
        let calls = (state.calls, state.voters[&number.get()].participating);
        assert_eq!(calls, (1, true));
    }
}

#[tokio::test]
async fn deaths_at_random_times_change_nothing() {
    let mut scene = Scene::open().await;
    let mut tokens = Vec::new();
    for voter in 1..=12 {
        tokens.push((voter, scene.apply(voter).await));
    }
    scene.open_voting();
    let mut pages = Vec::new();
    for (voter, token) in tokens {
        pages.push((voter, scene.enter(voter, token).await));
    }
    let mut signatures = Vec::new();
    for (_, page) in &pages {
        // Somewhere between writing the request down and handing the signature out.
        scene.request(page).await;
        let micros = u64::from(OsRng.next_u32() % 60_000);
        tokio::time::sleep(Duration::from_micros(micros)).await;
        let _ = tokio::time::timeout(Duration::from_millis(micros % 7), scene.request(page)).await;
        scene.process.kill();
        let first = scene.sign(page).await;
        scene.process.kill();
        assert_eq!(scene.sign(page).await, first);
        signatures.push(first);
    }
    assert_eq!(scene.starts, 1 + 2 * pages.len() as u32);
    let issued = scene.office.chain().state();
    let issued = issued
        .voters
        .values()
        .filter(|record| record.issued)
        .count();
    assert_eq!(issued, pages.len());
    for ((_, page), signature) in pages.into_iter().zip(signatures) {
        let bytes = hex::decode(signature.trim_start_matches("0x")).expect("is hexadecimal");
        let credential = page.secret.finalize(&page.key, &page.message, &bytes);
        let credential = credential.expect("unblinds");
        assert_eq!(
            blind_signature::verify(&page.key, &page.message, &credential),
            Ok(())
        );
    }
}
