//! Organisations that make a chain of their own, by the commands that people have, and change it before
//! they hold an election on it.

use std::path::PathBuf;

use psephos::consortium::upgrade::Code;
use psephos_local_network::{chaos::Seven, Election, Pace, Programs};
use psephos_primitives::Phase;

use crate::scene::{conclude, fresh_folder, two_districts, write};

const VOTES: &str = "district,selections\n1,1\n1,2\n2,3|1\n2,1|\n1,3\n2,2|1;2\n";

/// Three organisations' nodes, and the officials of an election that does not exist yet.
pub struct Founded {
    /// Its officials.
    pub election: Election,
    /// The organisations.
    pub network: Seven,
    /// Where the test may write.
    pub folder: PathBuf,
    votes: PathBuf,
}

impl Founded {
    /// Starts the nodes, on a chain that begins with this code, or with that of the nodes.
    pub async fn start(programs: &Programs, test: &str, code: Option<&Code>) -> Self {
        let folder = fresh_folder(test);
        let definition = write(&folder, "election.json", &two_districts(3, 2).to_string());
        let votes = write(&folder, "votes.csv", VOTES);
        let network = Seven::start(programs, &folder, 3, None, code)
            .await
            .expect("three organisations begin a chain");
        let ground = network.ground().await.expect("the first node answers");
        let election = Election::prepare_on(ground, &folder, &definition)
            .await
            .expect("officials make their keys");
        Self {
            election,
            network,
            folder,
            votes,
        }
    }

    /// Holds the election; something else is tried while people vote. Returns the report of the audit,
    /// which begins at the first block.
    pub async fn hold_election(
        &mut self,
        meanwhile: impl AsyncFnOnce(&Seven, &Election),
    ) -> String {
        let Self {
            election,
            network,
            folder,
            votes,
        } = self;
        election
            .create(Pace::default())
            .await
            .expect("it is created");
        let (election, network) = (&*election, &*network);
        let _trustees = election.start_trustees().expect("trustees begin");
        let attempt = async {
            election
                .wait_for_phase(Phase::Voting, Pace::PATIENCE)
                .await
                .expect("voting begins");
            meanwhile(network, election).await;
        };
        let (rehearsed, ()) = tokio::join!(election.rehearse(votes), attempt);
        rehearsed.expect("every ballot is cast");
        conclude(election, folder, votes).await
    }
}
