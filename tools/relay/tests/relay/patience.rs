//! Senders, relays and nodes that do not answer in time, and more senders than a relay can serve.

use std::time::Duration;

use axum::http::StatusCode;
use psephos_client::Node;
use psephos_relay::{
    chain::{watch_closing, Election},
    limits::MAX_REQUESTS,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use crate::{
    ballots::{ballot, ELECTION},
    node::FakeNode,
    parts::{hand_in, sealed, until, Downstream, Plan, Relay, SIZE},
};

async fn figures(relay: &Relay) -> String {
    let metrics = reqwest::get(format!("{}/metrics", relay.address));
    metrics.await.unwrap().text().await.unwrap()
}

/// A sender who says how much is to come, and sends half of it.
async fn half_a_request(relay: &Relay) -> TcpStream {
    let host = relay.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let length = SIZE.bytes();
    let head =
        format!("POST /v1/envelopes HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![0; length / 2]).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_who_stall_keep_others_out_for_as_long_as_one_body_may_take() {
    let relay = Plan::new(Duration::ZERO).start().await;
    let here = relay.hop();
    let envelope = sealed(&[here], &ballot(1));
    let mut stalling = Vec::new();
    for _ in 0..MAX_REQUESTS {
        stalling.push(half_a_request(&relay).await);
    }
    let mut refused = hand_in(&relay.address, &envelope).await;
    // A sender's first bytes may be on their way still.
    while refused.status() == StatusCode::ACCEPTED {
        sleep(Duration::from_millis(50)).await;
        refused = hand_in(&relay.address, &envelope).await;
    }
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "15");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "busy");
    assert_eq!(problem["retry_after_seconds"], 15);

    let mut answer = String::new();
    stalling[0].read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"too_slow\""), "{answer}");
    let other = sealed(&[here], &ballot(2));
    let mut accepted = hand_in(&relay.address, &other).await.status();
    while accepted == StatusCode::SERVICE_UNAVAILABLE {
        sleep(Duration::from_millis(50)).await;
        accepted = hand_in(&relay.address, &other).await.status();
    }
    assert_eq!(accepted, StatusCode::ACCEPTED);
    until("what came in whole arrives", || relay.chain.count() >= 1).await;
    let figures = figures(&relay).await;
    assert!(
        figures.contains("received_total{outcome=\"too_slow\"}"),
        "{figures}"
    );
    assert!(
        figures.contains("received_total{outcome=\"busy\"}"),
        "{figures}"
    );
}

#[tokio::test]
async fn a_relay_beyond_that_stalls_is_given_up_and_tried_again() {
    let downstream = Downstream::default();
    let beyond = downstream.serve().await;
    let relay = Plan::new(Duration::ZERO).peer(&beyond).start().await;
    downstream.stall(true);
    let path = relay.path_to(&beyond);
    let envelope = sealed(&path, &ballot(1));
    assert_eq!(hand_in(&relay.address, &envelope).await.status(), 202);
    until("the relay beyond stalls", || downstream.stalled() == 1).await;
    downstream.stall(false);
    until("it comes later", || downstream.count() == 1).await;
    let figures = figures(&relay).await;
    let line = "setbacks_total{outcome=\"put_off\",reason=\"next_relay_timed_out\"} 1";
    assert!(figures.contains(line), "{figures}");
}

#[tokio::test]
async fn a_relay_that_hears_of_no_node_calls_itself_failing() {
    let relay = Plan::new(Duration::ZERO).start().await;
    let health = || async {
        let response = reqwest::get(format!("{}/health", relay.address));
        let response = response.await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        (status, body)
    };
    assert_eq!(health().await.0, 200);
    relay.silent.send_replace(true);
    let (status, body) = health().await;
    assert_eq!(status, 503);
    assert_eq!(body["reason"], "no node answers");
    relay.silent.send_replace(false);
    assert_eq!(health().await.0, 200);
}

#[tokio::test]
async fn a_chain_counts_as_silent_when_no_node_has_answered_for_long() {
    const PATIENCE: Duration = Duration::from_secs(2);
    let node = FakeNode::new();
    let (server, url) = node.serve().await;
    let client = Node::open(&[url]).await.unwrap();
    let election = Election::read(&client, ELECTION.into()).await.unwrap();
    let view = watch_closing(client, &election, 0, PATIENCE);
    sleep(Duration::from_millis(300)).await;
    assert!(!*view.silent.borrow(), "the node has just answered");
    server.stop().unwrap();
    server.stopped().await;
    until("the silence is noticed", || *view.silent.borrow()).await;
}
