//! A destination that does not answer keeps no envelope from another, and no ballot that waits for
//! its block keeps another from a pool.

use std::time::Duration;

use axum::http::StatusCode;
use psephos_relay::{closing::Moment, limits::MAX_ON_THE_WAY};
use serde_json::Value;
use tokio::time::{sleep, Instant};

use crate::{
    ballots::ballot,
    parts::{hand_in, sealed, until, Downstream, Plan, LONG},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_beyond_that_stalls_keeps_no_envelope_from_others() {
    const STUCK: usize = MAX_ON_THE_WAY + 50;
    const HONEST: usize = 40;
    let (black_hole, healthy) = (Downstream::default(), Downstream::default());
    let beyond = [black_hole.serve().await, healthy.serve().await];
    black_hole.stall(true);
    let plan = Plan::new(Duration::ZERO).peer(&beyond[0]).peer(&beyond[1]);
    let relay = plan.start().await;
    // What is within is nobody's business but the next relay's.
    let through = |n: usize, next: &str| sealed(&relay.path_to(next), &n.to_le_bytes());
    for n in 0..STUCK {
        let envelope = through(n, &beyond[0]);
        assert_eq!(hand_in(&relay.address, &envelope).await.status(), 202);
    }
    let share = MAX_ON_THE_WAY / 3;
    until("the stalling one has its share", || {
        black_hole.stalled() as usize == share
    })
    .await;
    let started = Instant::now();
    for n in 0..HONEST {
        let envelope = through(n, &beyond[1]);
        assert_eq!(hand_in(&relay.address, &envelope).await.status(), 202);
        let own = sealed(&[relay.hop()], &ballot(n as u32));
        assert_eq!(hand_in(&relay.address, &own).await.status(), 202);
    }
    until("all others arrive", || {
        healthy.count() == HONEST && relay.chain.count() == HONEST
    })
    .await;
    // Long before anything that stalls is given up.
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(black_hole.stalled() as usize, share);
}

/// Whoever shuts one relay out could otherwise fill the queues of those before it.
#[tokio::test]
async fn what_waits_for_a_dead_relay_fills_no_more_than_half_of_the_queue() {
    let dead = Downstream::default();
    let beyond = dead.serve().await;
    *dead.answer.lock().unwrap() = Some(StatusCode::INTERNAL_SERVER_ERROR);
    let plan = Plan::new(Duration::ZERO).peer(&beyond).capacity(6);
    let relay = plan.start().await;
    let path = relay.path_to(&beyond);
    let mut taken = 0u32;
    loop {
        let envelope = sealed(&path, &taken.to_le_bytes());
        let response = hand_in(&relay.address, &envelope).await;
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["code"], "full");
            break;
        }
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        taken += 1;
        sleep(Duration::from_millis(100)).await;
    }
    // Three, and what came before they were found to be late.
    assert!((3..6).contains(&taken), "{taken}");
    let own = sealed(&[relay.hop()], &ballot(1));
    assert_eq!(hand_in(&relay.address, &own).await.status(), 202);
    until("a ballot for the chain arrives", || {
        relay.chain.count() == 1
    })
    .await;
    *dead.answer.lock().unwrap() = None;
    until("the late ones go", || dead.count() == taken as usize).await;
    let envelope = sealed(&path, b"one more");
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    while status == StatusCode::SERVICE_UNAVAILABLE {
        sleep(Duration::from_millis(50)).await;
        status = hand_in(&relay.address, &envelope).await.status();
    }
    assert_eq!(status, StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_in_line_for_a_relay_goes_when_it_answers_again() {
    const ENVELOPES: usize = MAX_ON_THE_WAY;
    let downstream = Downstream::default();
    let beyond = downstream.serve().await;
    downstream.stall(true);
    let relay = Plan::new(Duration::ZERO).peer(&beyond).start().await;
    let path = relay.path_to(&beyond);
    for n in 0..ENVELOPES {
        let envelope = sealed(&path, &n.to_le_bytes());
        assert_eq!(hand_in(&relay.address, &envelope).await.status(), 202);
    }
    until("its share is on the way", || {
        downstream.stalled() as usize == MAX_ON_THE_WAY / 2
    })
    .await;
    downstream.stall(false);
    until("all arrive", || downstream.count() == ENVELOPES).await;
    assert_eq!(downstream.times(), vec![1; ENVELOPES]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flush_brings_all_ballots_into_a_pool_before_any_block_is_final() {
    const BALLOTS: usize = 3 * MAX_ON_THE_WAY;
    let relay = Plan::new(LONG).start().await;
    relay.chain.finalises.send_replace(false);
    let here = [relay.hop()];
    for n in 0..BALLOTS {
        let envelope = sealed(&here, &ballot(n as u32));
        assert_eq!(hand_in(&relay.address, &envelope).await.status(), 202);
    }
    let started = Instant::now();
    relay.moment.send_replace(Moment::Flushing);
    until("all are submitted", || relay.chain.count() == BALLOTS).await;
    let took = started.elapsed();
    println!("{BALLOTS} ballots submitted within {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(relay.queue.held(), BALLOTS as u64);
    relay.chain.finalises.send_replace(true);
    until("all are let go", || relay.queue.held() == 0).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(relay.chain.times(), vec![1; BALLOTS]);
}
