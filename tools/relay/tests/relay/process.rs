//! The program itself, killed while it holds ballots.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use axum::http::StatusCode;
use nix::{
    sys::signal::{kill, Signal},
    unistd::Pid,
};
use psephos_primitives::Phase;
use psephos_relay::{limits::MAX_ON_THE_WAY, serve::install_cryptography};
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    ballots::ballot,
    node::FakeNode,
    parts::{hand_in, sealed, until, Downstream},
};

/// A running program; killed when it is dropped.
struct Program {
    child: Child,
    address: String,
    public_key: [u8; 32],
}

impl Program {
    fn start(folder: &Path, node: &str, arguments: &[&str]) -> Self {
        let key = folder.join("key");
        if !key.exists() {
            let made = run(&["keygen", "--out", path(&key)]);
            assert!(made.status.success(), "{made:?}");
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_psephos-relay"))
            .args(["run", "--election", "3", "--url", node, "--key", path(&key)])
            .args(["--queue", path(&folder.join("queue"))])
            .args(arguments)
            // Louder than a relay may ever be.
            .env("RUST_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("is piped");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("says something");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut errors = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut errors)
                .unwrap();
            panic!("{errors}")
        });
        let text = |name: &str| ready[name].as_str().expect("is there").to_owned();
        let key = hex::decode(&text("public_key")[2..]).expect("is hexadecimal");
        Self {
            child,
            address: text("address"),
            public_key: key.try_into().expect("has 32 bytes"),
        }
    }

    /// As if the machine had lost power.
    fn kill_9(mut self) -> String {
        self.child.kill().expect("runs");
        self.errors()
    }

    fn terminate(mut self) -> (Option<i32>, String) {
        let pid = Pid::from_raw(self.child.id() as i32);
        kill(pid, Signal::SIGTERM).expect("runs");
        let status = self.child.wait().expect("ends");
        (status.code(), self.errors())
    }

    fn errors(&mut self) -> String {
        self.child.wait().expect("ends");
        let mut errors = String::new();
        let mut pipe = self.child.stderr.take().expect("is piped");
        pipe.read_to_string(&mut errors).expect("is text");
        errors
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("is text")
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_psephos-relay"))
        .args(arguments)
        .output()
        .expect("starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_while_holding_loses_nothing_and_doubles_nothing() {
    const BALLOTS: u32 = 60;
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let (node, downstream) = (FakeNode::new(), Downstream::default());
    let (_server, url) = node.serve().await;
    let beyond = downstream.serve().await;
    let arguments = ["--plain-http", "--mean-delay", "1.5", "--peer", &beyond];
    let mut program = Program::start(folder.path(), &url, &arguments);
    let mut envelopes = Vec::new();
    for n in 0..BALLOTS {
        let path = [
            (program.public_key, "http://first"),
            ([8; 32], beyond.as_str()),
        ];
        let envelope = sealed(&path, &ballot(n));
        assert_eq!(hand_in(&program.address, &envelope).await.status(), 202);
        envelopes.push(envelope);
        // In the midst of taking and of passing on.
        if n % 20 == 19 {
            program.kill_9();
            program = Program::start(folder.path(), &url, &arguments);
        }
    }
    // Senders who have heard nothing hand in again.
    for envelope in &envelopes {
        assert_eq!(hand_in(&program.address, envelope).await.status(), 202);
    }
    until("all come", || downstream.count() == BALLOTS as usize).await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(downstream.count(), BALLOTS as usize);
    // What was on its way when the process died may come twice, as the same bytes, which a relay
    // knows; three kills cannot catch many.
    let times: u32 = downstream.times().iter().sum();
    assert!(times < BALLOTS + 20, "{times} for {BALLOTS} ballots");
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_reach_the_chain_once_over_two_programs_of_which_the_last_is_killed() {
    const BALLOTS: u32 = 30;
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    fs::create_dir(&one).unwrap();
    fs::create_dir(&two).unwrap();
    let node = FakeNode::new();
    let (_server, url) = node.serve().await;
    let quick = ["--plain-http", "--mean-delay", "0.5"];
    let last = Program::start(&two, &url, &quick);
    let address = last.address.clone();
    let port = address.trim_start_matches("http://").to_owned();
    let to_last = [&quick[..], &["--peer", &address]].concat();
    let first = Program::start(&one, &url, &to_last);
    for n in 0..BALLOTS {
        let path = [
            (first.public_key, "http://one"),
            (last.public_key, address.as_str()),
        ];
        let envelope = sealed(&path, &ballot(n));
        assert_eq!(hand_in(&first.address, &envelope).await.status(), 202);
    }
    until("some are in the pool", || !node.chain().pool.is_empty()).await;
    last.kill_9();
    // A pool is forgotten, too: only a finalised block counts.
    node.chain().pool.clear();
    let _last = Program::start(&two, &url, &[&quick[..], &["--listen", &port]].concat());
    until("all are in blocks", || {
        node.next_block();
        node.included().len() >= BALLOTS as usize
    })
    .await;
    (0..3).for_each(|_| node.next_block());
    let mut included = node.included();
    included.sort();
    let mut expected: Vec<_> = (0..BALLOTS).map(ballot).collect();
    expected.sort();
    assert_eq!(included, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_ballots_than_may_be_on_their_way_wait_in_a_pool_and_outlive_it_and_the_relay() {
    const BALLOTS: usize = MAX_ON_THE_WAY + 44;
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let node = FakeNode::new();
    let (_server, url) = node.serve().await;
    let quick = ["--plain-http", "--mean-delay", "0"];
    let program = Program::start(folder.path(), &url, &quick);
    for n in 0..BALLOTS {
        let envelope = sealed(&[(program.public_key, "http://one")], &ballot(n as u32));
        assert_eq!(hand_in(&program.address, &envelope).await.status(), 202);
    }
    until("all are in the pool", || node.chain().pool.len() == BALLOTS).await;
    program.kill_9();
    node.chain().pool.clear();
    let _program = Program::start(folder.path(), &url, &quick);
    until("all are in the pool again", || {
        node.chain().pool.len() == BALLOTS
    })
    .await;
    node.next_block();
    sleep(Duration::from_secs(2)).await;
    let mut included = node.included();
    included.sort();
    let mut expected: Vec<_> = (0..BALLOTS).map(|n| ballot(n as u32)).collect();
    expected.sort();
    assert_eq!(included, expected);
    assert_eq!(node.chain().submissions.len(), 2 * BALLOTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_ends_gracefully_keeps_what_it_holds_and_says_nothing_of_clients() {
    const CLIENT: [u8; 4] = [127, 77, 66, 55];
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let node = FakeNode::new();
    let (_server, url) = node.serve().await;
    let program = Program::start(folder.path(), &url, &["--plain-http"]);
    let client = reqwest::Client::builder();
    let client = client
        .local_address(std::net::IpAddr::from(CLIENT))
        .build()
        .unwrap();
    let post = |body: Vec<u8>| {
        let url = format!("{}/v1/envelopes", program.address);
        client.post(url).body(body).send()
    };
    let envelope = sealed(&[(program.public_key, "http://one")], &ballot(1));
    assert_eq!(post(envelope.clone()).await.unwrap().status(), 202);
    assert_eq!(post(vec![1; 10]).await.unwrap().status(), 400);
    let described = client.get(format!("{}/v1/relay", program.address));
    let described: Value = described.send().await.unwrap().json().await.unwrap();
    assert_eq!(described["mean_delay_seconds"], 600.0, "the manifest's");
    let (code, errors) = program.terminate();
    assert_eq!(code, Some(0), "{errors}");
    assert!(!errors.contains("127.77.66.55"), "{errors}");
    let queue = fs::read(folder.path().join("queue")).unwrap();
    let holds = |bytes: &[u8]| queue.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(&envelope[..200]), "the envelope is held");
    assert!(!holds(&CLIENT) && !holds(b"127.77.66.55"));
    // Started again near the closing block, it passes on what it held.
    let margin = ["--plain-http", "--flush-margin", "10000"];
    let _program = Program::start(folder.path(), &url, &margin);
    until("the ballot is submitted", || {
        node.chain().pool == [ballot(1)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_relays_speak_tls_and_trust_the_certificates_they_are_given() {
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let place = folder.path().join(name);
        fs::create_dir(&place).unwrap();
        place
    };
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let node = FakeNode::new();
    let (_server, url) = node.serve().await;
    let tls = [
        "--tls-certificate",
        path(&certificate),
        "--tls-key",
        path(&key),
    ];
    let tls = [&tls[..], &["--mean-delay", "0"]].concat();
    let before = |name: &str, next: &Program| {
        let trust = ["--trust-certificate", path(&certificate)];
        let to_next = ["--peer", &next.address, trust[0], trust[1]];
        Program::start(&place(name), &url, &[&tls[..], &to_next].concat())
    };
    let last = Program::start(&place("three"), &url, &tls);
    let middle = before("two", &last);
    let first = before("one", &middle);
    let programs = [&first, &middle, &last];
    for program in programs {
        let address = &program.address;
        assert!(address.starts_with("https://"), "{address}");
    }
    let path = programs.map(|program| (program.public_key, program.address.as_str()));
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([trusted])
        .build()
        .unwrap();
    let posted = client
        .post(format!("{}/v1/envelopes", first.address))
        .body(sealed(&path, &ballot(5)))
        .send();
    assert_eq!(posted.await.unwrap().status(), 202);
    until("the ballot is submitted", || {
        node.chain().pool == [ballot(5)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_while_the_next_one_stalls_passes_on_after_its_restart() {
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let (node, downstream) = (FakeNode::new(), Downstream::default());
    let (_server, url) = node.serve().await;
    let beyond = downstream.serve().await;
    let arguments = ["--plain-http", "--mean-delay", "0", "--peer", &beyond];
    let program = Program::start(folder.path(), &url, &arguments);
    downstream.stall(true);
    let path = [
        (program.public_key, "http://first"),
        ([8; 32], beyond.as_str()),
    ];
    let envelope = sealed(&path, &ballot(1));
    assert_eq!(hand_in(&program.address, &envelope).await.status(), 202);
    until("the next relay stalls", || downstream.stalled() == 1).await;
    program.kill_9();
    downstream.stall(false);
    assert_eq!(downstream.count(), 0);
    let _program = Program::start(folder.path(), &url, &arguments);
    until("the envelope is passed on", || downstream.count() == 1).await;
    assert_eq!(downstream.times(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_follows_the_chain_flushes_before_closing_and_ends_with_the_vote() {
    const BALLOTS: u32 = 5;
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let node = FakeNode::new();
    let (_server, url) = node.serve().await;
    // Voting closes at block 10,000: flushed is from block 10 on.
    let margin = ["--mean-delay", "86400", "--flush-margin", "9990"];
    let program = Program::start(
        folder.path(),
        &url,
        &[&margin[..], &["--plain-http"]].concat(),
    );
    let envelope = |n| sealed(&[(program.public_key, "http://one")], &ballot(n));
    for n in 0..BALLOTS {
        let response = hand_in(&program.address, &envelope(n)).await;
        assert_eq!(response.status(), 202);
    }
    (0..7).for_each(|_| node.next_block());
    // Longer than between two looks at the chain.
    sleep(Duration::from_secs(4)).await;
    assert!(node.chain().pool.is_empty(), "a ballot went too early");
    (0..3).for_each(|_| node.next_block());
    until("everything held is submitted", || {
        node.chain().pool.len() == BALLOTS as usize
    })
    .await;
    node.next_block();
    let late = hand_in(&program.address, &envelope(BALLOTS)).await;
    assert_eq!(late.status(), 202);
    until("a late one is not held", || node.chain().pool.len() == 1).await;
    node.chain().phase = Phase::Tallying;
    let after = envelope(BALLOTS + 1);
    let mut status = 202;
    while status == 202 {
        sleep(Duration::from_millis(200)).await;
        status = hand_in(&program.address, &after).await.status().as_u16();
    }
    assert_eq!(status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_no_line_for_an_envelope_whatever_becomes_of_it() {
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    let (node, downstream) = (FakeNode::new(), Downstream::default());
    let (_server, url) = node.serve().await;
    let beyond = downstream.serve().await;
    let arguments = ["--plain-http", "--mean-delay", "0", "--peer", &beyond];
    let program = Program::start(folder.path(), &url, &arguments);
    let here = (program.public_key, "http://first");
    let forwarded = |n| sealed(&[here, ([8; 32], beyond.as_str())], &ballot(n));
    for (n, status) in [(1, 503), (2, 400), (3, 202)] {
        *downstream.answer.lock().unwrap() = StatusCode::from_u16(status).ok();
        assert_eq!(hand_in(&program.address, &forwarded(n)).await.status(), 202);
        sleep(Duration::from_millis(500)).await;
    }
    let delivered = sealed(&[here], &ballot(4));
    assert_eq!(hand_in(&program.address, &delivered).await.status(), 202);
    until("one is submitted", || node.chain().pool == [ballot(4)]).await;
    let metrics = reqwest::get(format!("{}/metrics", program.address));
    let metrics = metrics.await.unwrap().text().await.unwrap();
    for line in [
        "outcome=\"put_off\",reason=\"next_relay_answered_503\"",
        "outcome=\"refused\",reason=\"next_relay_answered_400\"",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let (code, errors) = program.terminate();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}

#[test]
fn wrong_words_on_the_command_line_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let made = run(&["keygen", "--out", path(&key)]);
    let printed: Value = serde_json::from_slice(&made.stdout).expect("is JSON");
    assert_eq!(printed["public_key"].as_str().map(str::len), Some(66));
    let secret = fs::read_to_string(&key).unwrap();
    assert!(!String::from_utf8_lossy(&made.stdout).contains(secret.trim()));
    let again = run(&["keygen", "--out", path(&key)]);
    assert_eq!(again.status.code(), Some(1));
    let common = [
        "run",
        "--election",
        "3",
        "--url",
        "ws://127.0.0.1:1",
        "--key",
        path(&key),
    ];
    let queue = folder.path().join("queue");
    let common = [&common[..], &["--queue", path(&queue)]].concat();
    let said = |more: &[&str]| {
        let output = run(&[&common[..], more].concat());
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, words) = said(&[]);
    assert!(
        code == Some(2) && words.contains("--tls-certificate"),
        "{words}"
    );
    let (code, words) = said(&["--plain-http", "--mean-delay", "90000"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        words,
        "error: --mean-delay 90000 is not between 0 and 86400 seconds\n"
    );
    let (code, words) = said(&["--plain-http", "--peer", "relay.example"]);
    assert!(
        code == Some(1) && words.contains("--peer \"relay.example\""),
        "{words}"
    );
    let (code, words) = said(&["--plain-http", "--allow-origin", "https://a.example/page"]);
    assert!(code == Some(1) && words.contains("is no origin"), "{words}");
}
