//! The listener: TLS with certificates right and wrong, and an end that cuts nobody off.

use std::time::{Duration, Instant};

use crate::{process::Process, support::office::Office};

/// Longest that something is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

async fn office() -> (Office, tempfile::TempDir) {
    psephos_registrar::serve::install_cryptography();
    let folder = tempfile::tempdir().expect("temporary directory");
    let office = Office::prepare(folder.path());
    office.import_roll(&office.sqlite()).await;
    (office, folder)
}

/// A client that trusts one certificate and no other.
fn client_that_trusts(certificate: &str) -> reqwest::Client {
    let certificate = reqwest::Certificate::from_pem(certificate.as_bytes()).expect("is one");
    reqwest::Client::builder()
        .tls_certs_only([certificate])
        .build()
        .expect("is one")
}

#[tokio::test]
async fn a_voter_reaches_the_service_by_https() {
    let (office, folder) = office().await;
    let certificate = office.certify();
    let service = Process::start(folder.path());
    assert!(
        service.url.starts_with("https://127.0.0.1:"),
        "{}",
        service.url
    );
    let address = format!("{}/v1/election", service.url);
    let answer = client_that_trusts(&certificate).get(&address).send().await;
    let answer = answer.expect("answers");
    let body: serde_json::Value = answer.json().await.expect("is JSON");
    assert_eq!(body["title"], "Mayor");
    // Another certificate for the same address is not the service's.
    let another = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("is made");
    let stranger = client_that_trusts(&another.cert.pem());
    let refused = stranger.get(&address).send().await.map(|_| ());
    assert!(refused.is_err_and(|error| error.is_connect()));
    // And nothing is said in plain text.
    let plain = address.replace("https:", "http:");
    let refused = stranger.get(plain).send().await.map(|_| ());
    assert!(refused.is_err_and(|error| error.is_request()));
}

#[tokio::test]
async fn a_service_without_a_usable_certificate_does_not_start() {
    let (office, folder) = office().await;
    office.certify();
    let (chain, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&chain, "no certificate\n").expect("writable");
    let (said, status) = Process::start_in_vain(folder.path());
    let expected = format!(
        "error: {}: holds no certificate chain in PEM\n",
        chain.display()
    );
    assert_eq!((said, status.code()), (expected, Some(2)));
    office.certify();
    std::fs::remove_file(&key).expect("is there");
    let (said, status) = Process::start_in_vain(folder.path());
    let expected = format!(
        "error: {}: No such file or directory (os error 2)\n",
        key.display()
    );
    assert_eq!((said, status.code()), (expected, Some(2)));
}

#[tokio::test]
async fn a_service_that_is_told_to_end_answers_whom_it_has_begun_to_serve() {
    let (office, folder) = office().await;
    let chain = office.chain();
    chain.hold();
    let mut service = Process::start(folder.path());
    let client = reqwest::Client::new();
    let address = format!("{}/v1/election", service.url);
    let waiting = tokio::spawn(client.get(&address).send());
    let deadline = Instant::now() + PATIENCE;
    while !chain.holds_somebody() {
        assert!(Instant::now() < deadline, "the request has not arrived");
        tokio::time::sleep(PAUSE).await;
    }
    service.terminate();
    // New callers are turned away, while the one before them still waits.
    while std::net::TcpStream::connect(service.url.trim_start_matches("http://")).is_ok() {
        assert!(Instant::now() < deadline, "the service still listens");
        tokio::time::sleep(PAUSE).await;
    }
    assert!(!service.has_died() && !waiting.is_finished());
    chain.go_on();
    let answer = waiting.await.expect("has not panicked").expect("answers");
    assert_eq!(answer.status(), reqwest::StatusCode::OK);
    let body: serde_json::Value = answer.json().await.expect("is JSON");
    assert_eq!(body["title"], "Mayor");
    assert_eq!(service.end().code(), Some(0));
}
