//! Relays within this process, over a chain that counts.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use psephos_client::CastError;
use psephos_primitives::{hashing::blake2_256, Hash, Refusal};
use psephos_relay::{closing::Moment, forward::Setback};
use serde_json::Value;
use sp_runtime::generic::Era;
use tokio::time::sleep;

use crate::{
    ballots::{ballot, Cast, ELECTION},
    parts::{hand_in, sealed, sealed_for, until, Downstream, FakeChain, Plan, Relay, LONG, SIZE},
};

/// Makes a ballot one that no node would take.
type Spoil = fn(&mut Cast);

async fn problem(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(kind, "application/problem+json");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_no_relay_could_pass_on_is_refused_exactly() {
    let relay = Plan::new(LONG).start().await;
    let here = relay.hop();
    let good = sealed(&[here], &ballot(1));
    let refused = |envelope: Vec<u8>| {
        let address = relay.address.clone();
        async move { problem(hand_in(&address, &envelope).await).await }
    };
    let expect = |code: &str| (400, code.to_owned());
    assert_eq!(refused(Vec::new()).await, expect("wrong_size"));
    assert_eq!(refused(good[1..].to_vec()).await, expect("wrong_size"));
    assert_eq!(
        refused([&good[..], &[0]].concat()).await,
        expect("wrong_size")
    );
    assert_eq!(refused(vec![0; 3 << 20]).await, expect("wrong_size"));
    let mut damaged = good.clone();
    damaged[SIZE.bytes() - 1] ^= 1;
    assert_eq!(refused(damaged).await, expect("does_not_open"));
    // This relay's key served an election before, whose envelopes somebody has kept.
    let old = sealed_for(ELECTION - 1, &[here], &ballot(1));
    assert_eq!(refused(old).await, expect("does_not_open"));
    let stranger = sealed(&[here, (relay.public_key, "https://x.example")], &ballot(1));
    assert_eq!(refused(stranger).await, expect("unknown_relay"));
    assert_eq!(
        refused(sealed(&[here], b"no ballot")).await,
        expect("not_a_ballot")
    );
    let mut other = Cast::of(1);
    other.election = 99;
    let other = sealed(&[here], &other.encode());
    assert_eq!(refused(other).await, expect("not_a_ballot"));

    let response = hand_in(&relay.address, &good).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let body: Value = response.json().await.unwrap();
    let expected = format!("0x{}", hex::encode(blake2_256(&good)));
    assert_eq!(body["accepted"], expected);
    relay.moment.send_replace(Moment::Over);
    let late = sealed(&[here], &ballot(2));
    assert_eq!(refused(late).await, (410, "election_over".into()));
    assert_eq!(relay.chain.count(), 0);
}

/// Each would otherwise stay until voting ends or be tried in vain, and twenty thousand of them keep
/// every honest ballot out.
#[tokio::test]
async fn ballots_that_no_node_would_take_are_refused_by_the_last_relay_with_the_reason() {
    let relay = Plan::new(Duration::ZERO).start().await;
    let here = relay.hop();
    let spoilt: [(Spoil, String); 10] = [
        (
            |cast| cast.district = 2,
            Refusal::UnknownDistrict.to_string(),
        ),
        (
            |cast| cast.era = Era::mortal(64, 5),
            Refusal::MortalBallot.to_string(),
        ),
        (|cast| cast.shape = vec![], Refusal::BallotShape.to_string()),
        (
            |cast| cast.shape = vec![(2, 2)],
            Refusal::BallotShape.to_string(),
        ),
        (
            |cast| cast.shape = vec![(3, 1)],
            Refusal::BallotShape.to_string(),
        ),
        (
            |cast| cast.registrars = vec![],
            Refusal::CredentialQuorum.to_string(),
        ),
        (
            |cast| cast.registrars = vec![0, 0],
            Refusal::CredentialQuorum.to_string(),
        ),
        (
            |cast| cast.registrars = vec![1],
            Refusal::UnknownRegistrar.to_string(),
        ),
        // Somebody else's credential: it stands on the chain for everybody to copy.
        (
            |cast| cast.holder = Some([3; 32]),
            Refusal::CredentialInvalid.to_string(),
        ),
        // Signed for another chain.
        (
            |cast| cast.genesis = Hash::repeat_byte(1),
            CastError::Signature.to_string(),
        ),
    ];
    for (spoil, reason) in spoilt {
        let mut cast = Cast::of(1);
        spoil(&mut cast);
        let response = hand_in(&relay.address, &sealed(&[here], &cast.encode())).await;
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!((status, &body["code"]), (400, &"invalid_ballot".into()));
        let detail = format!("no node would take the ballot: {reason}");
        assert_eq!(body["detail"], detail);
    }
    let good = sealed(&[here], &Cast::of(1).encode());
    assert_eq!(hand_in(&relay.address, &good).await.status(), 202);
    until("the good one arrives", || relay.chain.count() == 1).await;
}

#[tokio::test]
async fn a_full_relay_says_so_and_takes_more_when_something_has_gone() {
    let relay = Plan::new(LONG).capacity(2).start().await;
    let envelope = |n| sealed(&[relay.hop()], &ballot(n));
    for n in 0..2 {
        assert_eq!(hand_in(&relay.address, &envelope(n)).await.status(), 202);
    }
    let third = envelope(2);
    let response = hand_in(&relay.address, &third).await;
    assert_eq!(response.headers()["retry-after"], "15");
    assert_eq!(problem(response).await, (503, "full".into()));
    relay.moment.send_replace(Moment::Flushing);
    until("two ballots arrive", || relay.chain.count() == 2).await;
    let mut status = 503;
    for _ in 0..100 {
        status = hand_in(&relay.address, &third).await.status().as_u16();
        if status == 202 {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status, 202);
    until("the third arrives", || relay.chain.count() == 3).await;
}

#[tokio::test]
async fn ballots_travel_over_three_relays_once_each_and_in_another_order() {
    const BALLOTS: u32 = 40;
    let chain = Arc::<FakeChain>::default();
    let plan = || Plan::new(Duration::from_millis(300)).chain(&chain);
    let last = plan().start().await;
    let middle = plan().peer(&last.address).start().await;
    let first = plan().peer(&middle.address).start().await;
    let relays = [&first, &middle, &last];
    let path = relays.map(Relay::hop);
    let envelopes: Vec<_> = (0..BALLOTS).map(|n| sealed(&path, &ballot(n))).collect();
    for envelope in &envelopes {
        assert_eq!(hand_in(&first.address, envelope).await.status(), 202);
    }
    until("all arrive", || chain.count() == BALLOTS as usize).await;
    let in_order: Vec<_> = (0..BALLOTS).map(ballot).collect();
    assert_ne!(*chain.order.lock().unwrap(), in_order);
    // Whoever hands in the same again, at any time, adds nothing.
    for envelope in &envelopes {
        assert_eq!(hand_in(&first.address, envelope).await.status(), 202);
    }
    sleep(Duration::from_secs(2)).await;
    assert_eq!(chain.times(), [1; BALLOTS as usize]);
}

#[tokio::test]
async fn everything_held_goes_before_voting_closes_and_nothing_is_held_after() {
    let relay = Plan::new(LONG).start().await;
    let envelope = |n| sealed(&[relay.hop()], &ballot(n));
    for n in 0..10 {
        assert_eq!(hand_in(&relay.address, &envelope(n)).await.status(), 202);
    }
    sleep(Duration::from_millis(500)).await;
    // Each of ten would come within half a second with a probability of 1 in 7,200.
    let early = relay.chain.count();
    assert!(early <= 1, "{early} came early");
    relay.moment.send_replace(Moment::Flushing);
    until("all held ballots arrive", || relay.chain.count() == 10).await;
    assert_eq!(hand_in(&relay.address, &envelope(10)).await.status(), 202);
    until("a late one arrives at once", || relay.chain.count() == 11).await;
    assert_eq!(relay.chain.times(), [1; 11]);
}

#[tokio::test]
async fn a_setback_is_tried_again_and_a_refusal_is_not() {
    let relay = Plan::new(Duration::ZERO).start().await;
    let envelope = |n| sealed(&[relay.hop()], &ballot(n));
    let say = |setback| *relay.chain.setback.lock().unwrap() = setback;
    say(Some(Setback::Later("no node answers".into(), None)));
    assert_eq!(hand_in(&relay.address, &envelope(0)).await.status(), 202);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(relay.chain.count(), 0);
    say(None);
    until("the ballot is tried again", || relay.chain.count() == 1).await;
    say(Some(Setback::ForGood("refused".into())));
    assert_eq!(hand_in(&relay.address, &envelope(1)).await.status(), 202);
    sleep(Duration::from_millis(300)).await;
    say(None);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(relay.chain.count(), 1);
}

#[tokio::test]
async fn another_relay_that_is_full_or_dead_gets_the_envelope_later() {
    let downstream = Downstream::default();
    let beyond = downstream.serve().await;
    let relay = Plan::new(Duration::ZERO).peer(&beyond).start().await;
    *downstream.answer.lock().unwrap() = Some(StatusCode::SERVICE_UNAVAILABLE);
    let path = relay.path_to(&beyond);
    let envelope = sealed(&path, &ballot(1));
    assert_eq!(hand_in(&relay.address, &envelope).await.status(), 202);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(downstream.count(), 0);
    *downstream.answer.lock().unwrap() = None;
    until("it comes later", || downstream.count() == 1).await;
    let received = downstream.received.lock().unwrap();
    let (passed_on, times) = received.first_key_value().unwrap();
    assert_eq!((passed_on.len(), *times), (SIZE.bytes(), 1));
    assert_ne!(*passed_on, envelope);
}

#[tokio::test]
async fn a_relay_describes_itself_and_pages_may_ask_it() {
    let relay = Plan::new(LONG).start().await;
    let get = |path: &str| reqwest::get(format!("{}{path}", relay.address));
    let described: Value = get("/v1/relay").await.unwrap().json().await.unwrap();
    let key = format!("0x{}", hex::encode(relay.public_key));
    assert_eq!(described["public_key"], key);
    assert_eq!(described["envelope_bytes"], SIZE.bytes());
    assert_eq!(described["mean_delay_seconds"], 3_600.0);
    assert_eq!(described["election"], 3);
    let health: Value = get("/health").await.unwrap().json().await.unwrap();
    assert_eq!(health["status"], "ok");
    let metrics = get("/metrics").await.unwrap().text().await.unwrap();
    assert!(metrics.contains("psephos_relay_held 0"), "{metrics}");
    let asked = |origin: &'static str| {
        reqwest::Client::new()
            .request(
                reqwest::Method::OPTIONS,
                format!("{}/v1/envelopes", relay.address),
            )
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
    };
    let allowed = asked("https://vote.example").await.unwrap();
    let header = "access-control-allow-origin";
    assert_eq!(allowed.headers()[header], "https://vote.example");
    let other = asked("https://other.example").await.unwrap();
    assert_eq!(other.headers().get(header), None);
}
