//! Nodes that join when all is over: one executes every block, the other believes the validators'
//! signatures and fetches the newest state (warp sync). Both say what the validators say.

use std::{path::Path, time::Duration};

use psephos_client::Node;
use psephos_local_network::{Election, Guest, LocalNetwork};
use psephos_primitives::{BlockNumber, ElectionId, Hash};
use serde_json::{json, Value};
use tokio::time::{sleep, Instant};

/// Between two looks at a node.
const POLL: Duration = Duration::from_millis(500);
/// A node that is not in step by then never will be; it begins by compiling the runtime.
const PATIENCE: Duration = Duration::from_secs(300);
/// A block whose state a node has that has executed it, and no other.
const EARLY: BlockNumber = 5;

/// Both newcomers.
pub struct Newcomers {
    full: Guest,
    warped: Guest,
}

impl Newcomers {
    /// Starts both.
    pub fn join(network: &LocalNetwork, folder: &Path) -> Self {
        let join = |name, options: &[&str]| {
            let guest = network.join(name, &folder.join(name), options);
            guest.expect("it can be started")
        };
        Self {
            full: join("full", &["--state-pruning", "archive"]),
            warped: join("warped", &["--sync", "warp", "--state-pruning", "256"]),
        }
    }

    /// Waits until both are in step, and compares.
    pub async fn agree(mut self, election: &Election) {
        let validator = election.node();
        let published = validator.finalised_header().await.expect("it answers");
        let full = in_step(&mut self.full, published.number).await;
        let warped = in_step(&mut self.warped, published.number).await;
        let id = election.id().expect("the election exists");
        let at = warped.finalised_hash().await.expect("it answers");

        let expected = figures(validator, id, at).await;
        assert_eq!(figures(&full, id, at).await, expected);
        assert_eq!(figures(&warped, id, at).await, expected);
        let of = |name: &str| expected.iter().find(|(method, _)| method == name);
        assert_eq!(of("storedBallots").expect("is asked").1, json!(10));
        assert_eq!(of("votingState").expect("is asked").1["phase"], "published");

        // Neither has taken a shorter way than it says.
        let log = self.warped.log().expect("can be read");
        assert!(log.contains("Warp sync is complete"), "{log}");
        let early = validator.block_hash(EARLY).await.expect("it answers");
        full.elections_at(early)
            .phase(id)
            .await
            .expect("it has executed the block");
        let none = warped.elections_at(early).phase(id).await;
        let words = none.map_err(|error| error.to_string());
        let begins = format!("State already discarded for {early:?}");
        assert!(
            words.as_ref().is_err_and(|words| words.contains(&begins)),
            "{words:?}"
        );
    }
}

/// Waits until this block is final there.
async fn in_step(guest: &mut Guest, block: BlockNumber) -> Node {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(node) = guest.node().await {
            let finalised = node.finalised_header().await;
            if finalised.is_ok_and(|header| header.number >= block) {
                return node;
            }
        }
        assert!(Instant::now() < deadline, "{} is not in step", guest.url());
        sleep(POLL).await;
    }
}

/// What a node answers observers of the state after one block.
async fn figures(node: &Node, election: ElectionId, at: Hash) -> Vec<(String, Value)> {
    let api = node.elections_at(at);
    let ballot = api.ballot_by_index(election, 0).await.expect("it answers");
    let tracker = json!(ballot.expect("there are ballots").record.tracker);
    let questions: [(&str, &[Value]); 16] = [
        ("encryptionSettings", &[]),
        ("ballotConfiguration", &[]),
        ("votingState", &[]),
        ("registeredVoters", &[Value::Null]),
        ("registeredVoters", &[json!(2)]),
        ("voter", &[json!(1)]),
        ("issuedBallots", &[Value::Null]),
        ("issuedBallots", &[json!(2)]),
        ("storedBallots", &[Value::Null]),
        ("storedBallots", &[json!(2)]),
        ("ballots", &[json!(0)]),
        ("ballotByIndex", &[json!(9)]),
        ("ballotByTracker", &[tracker]),
        ("decryptionStatistics", &[]),
        ("result", &[]),
        ("invalidBallots", &[]),
    ];
    let mut answers = Vec::new();
    for (method, params) in questions {
        let params = [&[json!(election)], params, &[json!(at)]].concat();
        let answer: Result<Value, _> = node
            .connection()
            .request(&format!("election_{method}"), &params)
            .await;
        let answer = answer.unwrap_or_else(|error| panic!("{method}: {error}"));
        answers.push((method.into(), answer));
    }
    answers
}
