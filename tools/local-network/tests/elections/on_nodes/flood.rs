//! Attack 22: one node is flooded with ballots that look right until their last and dearest check.
//! Ballots that are right become final all the same, at the flooded node as at the others.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc,
    },
    time::Duration,
};

use psephos::voter::CredentialHolder;
use psephos_client::{Error, Node};
use psephos_local_network::{Pace, PollingStation};
use psephos_primitives::Refusal;
use tokio::{task::JoinSet, time::Instant};

use crate::scene::{two_districts, voters, write, Scene};

/// Whoever votes during the flood, and the attacker, who has a credential but breaks each proof.
const VOTERS: [u32; 6] = [1, 1, 1, 1, 1, 1];
const VOTES: &str = "district,selections\n1,1\n1,1\n1,1\n1,1\n1,1\n";
/// Different ones, since a pool remembers for a while what it has refused.
const FORGERIES: usize = 3_000;
/// Connections that send one after the other, without a pause.
const CONNECTIONS: usize = 24;
/// How long a ballot may take to be final: it takes about three seconds on a quiet machine, and here the attacker, three
/// validators and whatever else runs share two cores.
const FINAL_WITHIN: Duration = Duration::from_secs(60);

/// What became of the attacker's ballots.
#[derive(Default)]
struct Tally {
    /// Refused after their proofs were looked at.
    verified: AtomicU64,
    /// Refused because the pool knew them.
    known: AtomicU64,
    /// Let in. None may be.
    accepted: AtomicU64,
}

fn selections() -> Vec<Vec<bool>> {
    vec![vec![true, false, false]]
}

/// Ballots of one voter, each fresh and each with two selections exchanged: only the proofs tell.
fn forgeries(station: &PollingStation<'_>, attacker: &CredentialHolder) -> Vec<Vec<u8>> {
    let forge = || {
        let account = attacker.signer.account();
        let ballot = station
            .election
            .ballot(attacker.district, account, &selections());
        let mut ballot = ballot.expect("can be made");
        ballot.contests[0].selections.as_mut().swap(0, 1);
        attacker.cast_ballot(&station.election, ballot, 0).encoded
    };
    (0..FORGERIES).map(|_| forge()).collect()
}

/// Sends its part of them over and over until it is told to stop. No two connections send the same: the second would be told
/// that the pool is looking at it already.
async fn flood(node: Node, forgeries: Vec<Vec<u8>>, stop: Arc<AtomicBool>, tally: Arc<Tally>) {
    for forgery in forgeries.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let count = match node.submit(forgery).await {
            Ok(_) => &tally.accepted,
            Err(Error::Refused(refusal)) => {
                assert_eq!(refusal, Refusal::BallotProof);
                &tally.verified
            }
            Err(_) => &tally.known,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_22_a_flood_of_forged_ballots_stops_no_valid_one() {
    let pace = Pace {
        voting_blocks: Some(80),
        ..Pace::default()
    };
    let scene = Scene::open("flood", 3, &two_districts(2, 2), pace, &[]).await;
    let register = voters(&VOTERS);
    let (station, mut holders) = scene.open_polls(&register).await;
    let attacker = holders.pop().expect("the last is the attacker");

    let forged = forgeries(&station, &attacker);
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::new(Tally::default()));
    let mut attack = JoinSet::new();
    for part in forged.chunks(FORGERIES / CONNECTIONS) {
        let node = scene.network.node(0).await.expect("it still listens");
        attack.spawn(flood(node, part.to_vec(), stop.clone(), tally.clone()));
    }
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    for (number, holder) in holders.iter().enumerate() {
        // Every other voter has no node but the one under attack.
        let node = scene.network.node(number % 2).await.expect("it listens");
        let cast = holder
            .cast(&station.election, &selections(), 0)
            .expect("can be made");
        let since = Instant::now();
        node.submit(&cast.encoded).await.expect("it is let in");
        let witness = scene.network.node(2).await.expect("it listens");
        station
            .wait_for_ballot(&witness, cast.tracker)
            .await
            .expect("it becomes final");
        slowest = slowest.max(since.elapsed());
    }
    let seconds = begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    while let Some(connection) = attack.join_next().await {
        connection.expect("the attacker goes on until it is stopped");
    }
    let [verified, known, accepted] =
        [&tally.verified, &tally.known, &tally.accepted].map(|count| count.load(Ordering::Relaxed));
    eprintln!(
        "flood: {:.0} forgeries a second, {:.0} of them verified; the slowest valid ballot was final after {slowest:.1?}",
        (verified + known) as f64 / seconds,
        verified as f64 / seconds,
    );
    assert_eq!(accepted, 0);
    assert!(
        verified > 500,
        "only {verified} forgeries reached their proofs: this was no flood"
    );
    assert!(slowest < FINAL_WITHIN, "{slowest:?}");

    let votes = write(&scene.folder, "votes.csv", VOTES);
    scene.conclude(&votes).await;
}
