//! One of three validators dies during voting and comes back. Those who watch see it, and everything
//! else that anybody may see of an election.

use std::time::Duration;

use psephos_local_network::Pace;
use psephos_primitives::Phase;
use tokio::time::sleep;

use crate::{
    scene::{two_districts, write, Scene},
    watching::{
        newcomers::Newcomers,
        receipts,
        tape::{self, Printer},
        watchdog::{self, Watchdog},
    },
};

const VOTES: &str =
    "district,selections\n1,1\n1,2\n2,3|1\n2,1|\n1,3\n2,2|1;2\n1,1\n2,1|2\n1,1\n2,3|\n";
/// Which validator dies: not the one whose node the test itself asks.
const VICTIM: usize = 2;
/// How long it stays dead at least: several blocks.
const ABSENCE: Duration = Duration::from_secs(15);
/// How many ballots are cast.
const BALLOTS: usize = 10;

#[tokio::test]
async fn no_vote_is_lost_or_doubled_when_a_validator_is_killed() {
    let pace = Pace {
        voting_blocks: Some(40),
        ..Pace::default()
    };
    let mut scene = Scene::open("restarted-validator", 3, &two_districts(3, 2), pace, &[]).await;
    let votes = write(&scene.folder, "votes.csv", VOTES);
    let tape = scene.folder.join("tape.txt");
    let mut watchdog = Watchdog::start(&scene.election, &scene.folder).await;
    let printer = Printer::start(&scene.election, &tape);
    let rehearsal = scene.election.rehearse(&votes);
    let accident = async {
        scene
            .election
            .wait_for_phase(Phase::Voting, Pace::PATIENCE)
            .await
            .expect("voting begins");
        scene.network.kill(VICTIM).expect("the validator runs");
        sleep(ABSENCE).await;
        // All three must sign, so that nothing is final without one.
        let lag = watchdog.find("finality_lag").await;
        scene
            .network
            .restart(VICTIM)
            .expect("the validator can start again");
        watchdog::check_lag(&scene.election, &lag).await;
        printer.power_failure().await;
        Printer::start(&scene.election, &tape).close().await;
    };
    let (rehearsed, ()) = tokio::join!(rehearsal, accident);
    rehearsed.expect("every ballot is cast");
    let newcomers = Newcomers::join(&scene.network, &scene.folder);
    let report = scene.conclude(&votes).await;
    assert!(report.contains("10"), "{report}");
    tape::is_whole(&scene.election, &tape, BALLOTS).await;
    receipts::are_right(&scene.election, &scene.folder).await;

    // The one that was gone has the same chain as the others.
    scene
        .network
        .wait_until_finalising()
        .await
        .expect("all three finalise");
    let number = 5;
    let mut hashes = Vec::new();
    for position in 0..scene.network.size() {
        let node = scene
            .network
            .node(position)
            .await
            .expect("the validator answers");
        let id = scene.election.id().expect("the election exists");
        let at = node.elections().await.expect("it has elections");
        assert_eq!(
            at.phase(id).await.expect("it answers"),
            Some(Phase::Published)
        );
        assert_eq!(at.ballot_count(id).await.expect("it answers"), 10);
        hashes.push(node.block_hash(number).await.expect("it has the block"));
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");

    newcomers.agree(&scene.election).await;
    assert_eq!(watchdog.kinds(), ["finality_lag"]);
    watchdog::catch_double(
        &mut watchdog,
        &scene.election,
        &scene.network,
        &scene.folder,
    )
    .await;
}
