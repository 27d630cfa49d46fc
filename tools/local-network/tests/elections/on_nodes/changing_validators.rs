//! Three organisations begin a chain; two come, one goes, one takes new keys, each by the commands that
//! people have, and one's keys are stolen. Then an election is held, and everything is checked from the
//! first block on.

use std::time::Duration;

use codec::Decode;
use psephos::consortium::organisations::reported;
use psephos_client::{storage_value_key, Node};
use psephos_local_network::{
    chaos::{Organisation, Seven},
    Election, Programs,
};
use psephos_primitives::{
    validators::{SessionKeys, SESSION_BLOCKS},
    AccountId, Phase,
};
use tokio::time::{sleep, Instant};

use crate::{
    organisations::Founded,
    watching::{receipts::lead_to_the_first_ballot, refused, said, text},
};

/// Sessions are a minute long, and a change takes two.
const PATIENCE: Duration = Duration::from_secs(400);
/// Between two looks.
const POLL: Duration = Duration::from_secs(1);

/// Where the organisation that leaves stands.
const LEAVING: usize = 2;
/// Whose keys somebody else uses, too, once that one has gone.
const ROBBED: usize = 1;

#[tokio::test]
async fn organisations_come_and_go_and_an_election_is_audited_from_the_first_block() {
    let programs = Programs::find().expect("the programs are built");
    let mut founded = Founded::start(&programs, "changing-validators", None).await;
    let Founded {
        election, network, ..
    } = &mut founded;
    for _ in 0..2 {
        admit_another(network, election).await;
    }
    dismiss(network, election).await;
    let keys = rotate(election).await;
    election.seat(members(network));
    wait_for_validators(network, &keys).await;
    network.leave(LEAVING).expect("its node runs");
    network
        .recovery()
        .await
        .expect("the four that are left finalise");
    name_the_robbed(network, election).await;

    founded.hold_election(frozen).await;
    // The receipt leads over every change of the set.
    let receipt = lead_to_the_first_ballot(&founded.election, &founded.folder).await;
    let handovers = receipt["handovers"].as_array().expect("are listed");
    assert!((1..=4).contains(&handovers.len()), "{}", handovers.len());
}

fn members(network: &Seven) -> Vec<std::path::PathBuf> {
    (0..network.size())
        .filter(|position| *position != LEAVING)
        .map(|position| organisation(network, position).account_file())
        .collect()
}

fn organisation(network: &Seven, position: usize) -> &Organisation {
    network.organisation(position).expect("there is one")
}

/// Another organisation makes its keys and starts its node; the consortium admits it.
async fn admit_another(network: &mut Seven, election: &mut Election) {
    let position = network.join().expect("a node is started");
    let newcomer = organisation(network, position);
    let card = newcomer.card_file();
    election
        .decide(
            &format!("admit {position}"),
            ["admit", "--card", text(&card)],
        )
        .await
        .expect("it is admitted");
    // It has a voice at once.
    let everybody = (0..network.size()).map(|other| organisation(network, other).account_file());
    election.seat(everybody.collect());
}

async fn dismiss(network: &mut Seven, election: &mut Election) {
    let account = organisation(network, LEAVING).card().account.clone();
    election
        .decide("dismiss", ["dismiss", "--account", &account])
        .await
        .expect("it is dismissed");
}

/// The first organisation's node makes new keys.
async fn rotate(election: &Election) -> (String, String) {
    let key = election.members()[0].clone();
    let command = ["--json", "consortium", "rotate", "--key", text(&key)];
    let rotated = said(election, "rotate", &command).await;
    let rotated: serde_json::Value = serde_json::from_str(&rotated).expect("is JSON");
    let key = |name: &str| {
        let text = rotated[name].as_str();
        text.expect("is a key").to_owned()
    };
    (key("aura"), key("grandpa"))
}

/// Waits until the four that stay are the validators, the first one by its new keys, in a final block.
async fn wait_for_validators(network: &Seven, keys: &(String, String)) {
    let node = organisation(network, 0).node().await.expect("it answers");
    let deadline = Instant::now() + PATIENCE;
    let expected: Vec<_> = (0..network.size())
        .filter(|position| *position != LEAVING)
        .map(|position| organisation(network, position).card().account.clone())
        .collect();
    loop {
        let at = node.finalised_hash().await.expect("it answers");
        let queued: Vec<(AccountId, SessionKeys)> = stored(&node, "QueuedKeys", at).await;
        let active: Vec<AccountId> = stored(&node, "Validators", at).await;
        let named: Vec<_> = active.iter().map(psephos::session::address).collect();
        let (aura, grandpa) = match queued.first() {
            Some((_, keys)) => (written(keys.aura.0), written(keys.grandpa.0)),
            None => Default::default(),
        };
        let changes: bool = stored(&node, "QueuedChanged", at).await;
        if named == expected && !changes && (&aura, &grandpa) == (&keys.0, &keys.1) {
            return;
        }
        assert!(Instant::now() < deadline, "{named:?} are the validators");
        sleep(POLL).await;
    }
}

/// Somebody runs a second node with an organisation's keys: the others' nodes report that it contradicts
/// itself, and the chain names it.
async fn name_the_robbed(network: &mut Seven, election: &Election) {
    let thief = network.double(ROBBED).expect("a second node is started");
    let account = organisation(network, ROBBED).card().account.clone();
    let node = election.node();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let at = node.finalised_hash().await.expect("it answers");
        let reported = reported(node, at).await.expect("it answers");
        let named: Vec<_> = reported.iter().map(|own| &own.organisation).collect();
        if named == [&account] {
            break;
        }
        assert_eq!(named, [] as [&String; 0]);
        assert!(Instant::now() < deadline, "nobody is named");
        sleep(POLL).await;
    }
    let listed = said(election, "list", &["consortium", "list"]).await;
    let line = format!("{account} voted for two blocks at once in set ");
    assert!(listed.contains(&line), "{listed}");
    thief.end().expect("it runs");
    network.recovery().await.expect("four honest nodes");
}

/// A key as people write it.
fn written(key: [u8; 32]) -> String {
    psephos::session::address(&AccountId::new(key))
}

async fn stored<T: Decode + Default>(node: &Node, item: &str, at: psephos_primitives::Hash) -> T {
    let key = storage_value_key("Session", item);
    let value = node.stored(&key, at).await.expect("it answers");
    value.unwrap_or_default()
}

/// While voting is open, nobody comes, goes or takes other keys, and no session ends.
async fn frozen(network: &Seven, election: &Election) {
    let account = organisation(network, 1).card().account.clone();
    let key = election.members()[0].clone();
    for (name, command) in [
        ("frozen dismiss", vec!["dismiss", "--account", &account]),
        ("frozen rotate", vec!["rotate"]),
    ] {
        let command = [&["consortium"], &command[..], &["--key", text(&key)]].concat();
        let said = refused(election, name, 1, &command).await;
        assert!(said.contains("elections are open"), "{said}");
    }
    let node = election.node();
    let index = || async {
        let at = node.finalised_hash().await.expect("it answers");
        stored::<u32>(node, "CurrentIndex", at).await
    };
    let before = index().await;
    let end = node.finalised_header().await.expect("it answers").number + SESSION_BLOCKS;
    while node.finalised_header().await.expect("it answers").number < end {
        sleep(POLL).await;
    }
    let id = election.id().expect("it exists");
    let phase = node.elections().await.expect("it answers").phase(id).await;
    if phase.expect("it answers") == Some(Phase::Voting) {
        assert_eq!(index().await, before);
    }
}
