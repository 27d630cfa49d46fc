//! Observers of the same election: every method that they have, over RPC and, where there is one,
//! over the runtime API, and both say the same.

use std::time::Duration;

use psephos::voter::CastExtrinsic;
use psephos_client::{extrinsic_hash, Node};
use psephos_local_network::{Election, LocalNetwork};
use psephos_primitives::{ElectionId, Hash, Refusal};
use serde::Serialize;
use serde_json::{json, Value};
use subxt_rpcs::{
    client::{rpc_params, RpcClient, RpcSubscription},
    Error,
};
use tokio::time::timeout;

/// Finality takes a block or two, on a busy machine more.
const PATIENCE: Duration = Duration::from_secs(120);

/// Subscriptions from the beginning of voting on.
pub struct Subscriptions {
    from_now: RpcSubscription<Value>,
    phases: RpcSubscription<Value>,
    rpc: RpcClient,
    election: ElectionId,
}

impl Subscriptions {
    pub async fn open(election: &Election) -> Self {
        let url = &election.node().connection().urls()[0];
        let rpc = RpcClient::from_insecure_url(url)
            .await
            .expect("the node answers");
        let election = election.id().expect("the election exists");
        let from_now = ballots(&rpc, election, None).await;
        let unsubscribe = "election_unsubscribePhase";
        let mut phases = rpc
            .subscribe(
                "election_subscribePhase",
                rpc_params![election],
                unsubscribe,
            )
            .await
            .expect("there is the election");
        let first = next(&mut phases).await;
        assert_eq!(first["phase"], "voting", "{first}");
        let nowhere = rpc_params![ElectionId(election.get() + 1)];
        let refused: Result<RpcSubscription<Value>, Error> = rpc
            .subscribe("election_subscribePhase", nowhere, unsubscribe)
            .await;
        let words = refused.map(|_| ()).expect_err("there is no such election");
        assert!(words.to_string().contains("9003"), "{words}");
        Self {
            from_now,
            phases,
            rpc,
            election,
        }
    }

    /// Both those who waited and those who come late see all ballots, in order.
    pub async fn see(&mut self, trackers: &[Hash]) {
        let mut late = ballots(&self.rpc, self.election, Some(1)).await;
        for (stream, expected) in [(&mut self.from_now, trackers), (&mut late, &trackers[1..])] {
            let mut seen = Vec::new();
            while seen.len() < expected.len() {
                let page = next(stream).await;
                let page = page["ballots"].as_array().expect("a list").clone();
                seen.extend(page.into_iter().map(|one| one["record"]["tracker"].clone()));
            }
            let expected: Vec<_> = expected.iter().map(|tracker| json!(tracker)).collect();
            assert_eq!(seen, expected);
        }
    }

    /// The phases that were still to come.
    pub async fn see_the_end(&mut self) {
        for phase in ["tallying", "published"] {
            assert_eq!(next(&mut self.phases).await["phase"], phase);
        }
    }
}

async fn ballots(
    rpc: &RpcClient,
    election: ElectionId,
    from: Option<u32>,
) -> RpcSubscription<Value> {
    let unsubscribe = "election_unsubscribeBallots";
    rpc.subscribe(
        "election_subscribeBallots",
        rpc_params![election, from],
        unsubscribe,
    )
    .await
    .expect("there is the election")
}

async fn next(stream: &mut RpcSubscription<Value>) -> Value {
    let next = timeout(PATIENCE, stream.next()).await.expect("in time");
    next.expect("it goes on").expect("well-formed")
}

/// What an observer asks.
struct Observer {
    node: Node,
    election: ElectionId,
    /// The block whose state is asked for.
    at: Hash,
}

impl Observer {
    async fn new(election: &Election) -> Self {
        let node = election.node().clone();
        let at = node.finalised_hash().await.expect("the node answers");
        let election = election.id().expect("the election exists");
        Self { node, election, at }
    }

    async fn ask(&self, method: &str, params: &[Value]) -> Value {
        let all = [&[json!(self.election)], params].concat();
        self.raw(&format!("election_{method}"), &all).await
    }

    async fn raw(&self, method: &str, params: &[Value]) -> Value {
        let answer = self.node.connection().request(method, params).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Asks over RPC, and holds the answer against the runtime API's.
    async fn same<T: Serialize>(&self, method: &str, params: &[Value], typed: T) -> Value {
        let at = [params, &[json!(self.at)]].concat();
        let answer = self.ask(method, &at).await;
        let typed = serde_json::to_value(typed).expect("JSON");
        assert_eq!(answer, typed, "{method}");
        answer
    }
}

/// While voting is open, these ballots are in, of voters 1, 2 and 3.
pub async fn ask_during_voting(election: &Election, casts: &[&CastExtrinsic]) {
    let observer = Observer::new(election).await;
    let (id, at) = (observer.election, json!(observer.at));
    let api = observer.node.elections().await.expect("the node answers");

    let settings = observer.ask("encryptionSettings", &[at]).await;
    let typed = api.encryption_settings(id).await.expect("it answers");
    let typed = typed.expect("there is the election");
    let keys = typed.keys.expect("the ceremony is complete");
    let key = format!("0x{}", hex::encode(keys.election_key.0));
    assert_eq!(settings["keys"]["election_key"], key);
    assert_eq!(settings["group"], "ristretto255");
    assert_eq!(
        (&settings["trustees"], &settings["threshold"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(settings["genesis_hash"], json!(typed.genesis_hash));

    let configuration = api.ballot_configuration(id).await.expect("it answers");
    let configuration = observer
        .same("ballotConfiguration", &[], configuration)
        .await;
    let contest = &configuration["districts"][1]["contests"][1];
    assert_eq!(contest["options"], json!(["D", "E"]));

    let state = observer.ask("votingState", &[]).await;
    assert_eq!(state["phase"], "voting");
    assert_eq!(state["next_phase"], state["voting"]["end"]);

    for (district, [registered, issued, stored]) in [
        (None, [6, 6, 3]),
        (Some(1), [4, 4, 2]),
        (Some(2), [2, 2, 1]),
        (Some(9), [-1; 3]),
    ] {
        let district = [json!(district)];
        for (method, expected) in [
            ("registeredVoters", registered),
            ("issuedBallots", issued),
            ("storedBallots", stored),
        ] {
            let expected = if expected < 0 {
                Value::Null
            } else {
                json!(expected)
            };
            assert_eq!(observer.ask(method, &district).await, expected, "{method}");
        }
    }
    let stored = api.stored_ballots(id, None).await.expect("it answers");
    observer.same("storedBallots", &[Value::Null], stored).await;
    let registered = api.registered_voters(id, None).await.expect("it answers");
    observer
        .same("registeredVoters", &[Value::Null], registered)
        .await;
    let issued = api.issued_ballots(id, None).await.expect("it answers");
    observer.same("issuedBallots", &[Value::Null], issued).await;

    let voter = observer.ask("voter", &[json!(1)]).await;
    assert_eq!(
        (&voter["participating"], &voter["issued"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(observer.ask("ballotCount", &[]).await, json!(3));
    let all = api.ballots(id, 0).await.expect("it answers");
    let all = observer.same("ballots", &[json!(0)], all).await;
    assert_eq!(observer.ask("ballots", &[json!(3)]).await, json!([]));
    for (index, cast) in casts.iter().enumerate() {
        let ballot = &all[index];
        assert_eq!(ballot["record"]["tracker"], json!(cast.tracker));
        assert_eq!(
            &observer.ask("ballotByIndex", &[json!(index)]).await,
            ballot
        );
        let tracker = [json!(cast.tracker)];
        assert_eq!(&observer.ask("ballotByTracker", &tracker).await, ballot);
        find_by_transaction(&observer, cast, ballot).await;
    }
    let unknown = observer
        .ask("ballotByTransaction", &[json!(Hash::zero())])
        .await;
    let nothing = json!({ "block": null, "position": null, "ballot": null, "next": null });
    assert_eq!(unknown, nothing);

    let statistics = api.decryption_statistics(id).await.expect("it answers");
    let statistics = observer.same("decryptionStatistics", &[], statistics).await;
    assert_eq!(statistics["districts"][0]["decryption"], "voting");
    let invalid = api.invalid_ballots(id).await.expect("it answers");
    let invalid = observer.same("invalidBallots", &[], invalid).await;
    assert_eq!(invalid, json!({ "superseded": 0, "withheld": 0 }));
    assert_eq!(observer.ask("result", &[]).await, Value::Null);
    let reasons = observer.raw("election_refusals", &[]).await;
    let names = reasons.as_array().expect("is a list").iter();
    let names = names.map(|reason| reason["name"].clone());
    let known = Refusal::ALL.iter().map(|refusal| json!(refusal));
    assert!(names.eq(known), "{reasons}");
}

/// The block that holds the transaction is the record's, and nothing lies below it.
async fn find_by_transaction(observer: &Observer, cast: &CastExtrinsic, ballot: &Value) {
    let transaction = extrinsic_hash(&cast.encoded);
    let found = observer
        .ask("ballotByTransaction", &[json!(transaction)])
        .await;
    assert_eq!(&found["ballot"], ballot);
    let number = &ballot["record"]["block"];
    let hash = observer
        .raw("chain_getBlockHash", std::slice::from_ref(number))
        .await;
    assert_eq!(found["block"], hash);
    let block = observer.raw("chain_getBlock", &[hash]).await;
    let position = found["position"].as_u64().expect("a number") as usize;
    let extrinsic = &block["block"]["extrinsics"][position];
    assert_eq!(*extrinsic, format!("0x{}", hex::encode(&cast.encoded)));
    let below = [json!(transaction), number.clone()];
    let below = observer.ask("ballotByTransaction", &below).await;
    assert_eq!(
        (&below["ballot"], &below["next"]),
        (&Value::Null, &Value::Null)
    );
}

/// What a validator tells Prometheus while people vote, after the pool has refused much.
pub async fn ask_for_metrics(network: &LocalNetwork) {
    let metrics = network.metrics(0).await.expect("the node answers");
    let value = |name: &str, labels: &[&str]| {
        let line = metrics.lines().find(|line| {
            line.starts_with(&format!("{name}{{"))
                && labels.iter().all(|label| line.contains(label))
        });
        let line = line.unwrap_or_else(|| panic!("no {name} with {labels:?} in:\n{metrics}"));
        let number = line
            .rsplit(' ')
            .next()
            .and_then(|number| number.parse::<f64>().ok());
        number.unwrap_or_else(|| panic!("{line} ends with a number"))
    };
    let election = r#"election="1""#;
    assert_eq!(value("psephos_election_phase", &[election]), 1.);
    assert_eq!(value("psephos_election_key", &[election]), 1.);
    for (district, ballots) in [(r#"district="1""#, 2.), (r#"district="2""#, 1.)] {
        assert_eq!(
            value("psephos_election_cast", &[election, district]),
            ballots
        );
    }
    for reason in ["already_voted", "ballot_proof", "credential_invalid"] {
        let reason = format!(r#"reason="{reason}""#);
        assert!(value("psephos_refused_total", &[&reason]) >= 1.);
    }
    assert!(value("psephos_admission_seconds_count", &[]) >= 3.);
}

/// The result is published.
pub async fn ask_after_publication(election: &Election) {
    let observer = Observer::new(election).await;
    let id = observer.election;
    let api = observer.node.elections().await.expect("the node answers");
    let state = api.voting_state(id).await.expect("it answers");
    assert_eq!(observer.ask("votingState", &[]).await["phase"], "published");
    assert_eq!(state.and_then(|state| state.next_phase), None);
    let statistics = observer.ask("decryptionStatistics", &[]).await;
    let districts = statistics["districts"].as_array().expect("a list");
    for (district, ballots) in districts.iter().zip([2, 1]) {
        assert_eq!(district["ballots"], ballots);
        assert_eq!(district["decryption"], "counted");
        assert_eq!(district["shares"], statistics["threshold"]);
    }
    let result = api.result(id).await.expect("it answers");
    assert!(result.is_some());
    observer.same("result", &[], result).await;
}
