//! Three organisations run the code of the last release. They agree on this tree's and bring it to
//! their chain while it runs, by the commands that people have. An election is held under it, during
//! which nobody can bring another; then everything is checked from the first block on.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use psephos::consortium::upgrade::Code;
use psephos_client::Node;
use psephos_local_network::Programs;
use psephos_primitives::Hash;
use tokio::time::{sleep, Instant};

use crate::{
    organisations::Founded,
    watching::{receipts::lead_to_the_first_ballot, refused, said, text},
};

/// A code that is final everywhere by then never will be.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const POLL: Duration = Duration::from_millis(500);

#[tokio::test]
async fn the_last_releases_code_is_replaced_by_this_one_and_none_during_an_election() {
    let programs = Programs::find().expect("the programs are built");
    let released = last_release();
    let old = Code::read(&released).expect("a release is WebAssembly");
    let mut founded = Founded::start(&programs, "upgrade", Some(&old)).await;
    let Founded {
        election, network, ..
    } = &founded;
    let built = founded.folder.join("runtime.wasm");
    fs::write(&built, programs.runtime().expect("the node has it")).expect("can be written");
    let new = Code::read(&built).expect("so is what is built here");
    let before = running(election.node()).await;
    assert_eq!(before.code, old.hash);

    let apply = ["consortium", "upgrade", text(&built), "--apply"];
    let said_no = refused(election, "apply unasked", 1, &apply).await;
    assert!(
        said_no.contains("has not authorised this code"),
        "{said_no}"
    );
    election
        .decide("upgrade", ["upgrade", text(&built)])
        .await
        .expect("a majority allows it");
    said(election, "apply", &apply).await;
    let mut spec = before.spec;
    for position in 0..network.size() {
        let node = network.organisation(position).expect("there is one");
        let node = node.node().await.expect("it answers");
        let after = wait_for_code(&node, new.hash).await;
        assert!(
            after.spec > before.spec,
            "{} after {}",
            after.spec,
            before.spec
        );
        spec = after.spec;
    }

    let report = founded
        .hold_election(async |_, election| {
            let key = election.members()[0].clone();
            let propose = ["consortium", "upgrade", text(&released)];
            let propose = [&propose[..], &["--key", text(&key)]].concat();
            let said_no = refused(election, "frozen upgrade", 1, &propose).await;
            assert!(said_no.contains("elections are open"), "{said_no}");
        })
        .await;
    let replaced = format!("{:?}, runtime {spec}\n", new.hash);
    assert!(report.contains(&replaced), "{report}");
    // The receipt leads from the first block over the upgrade to the ballot.
    lead_to_the_first_ballot(&founded.election, &founded.folder).await;
}

/// What a chain runs.
struct Running {
    code: Hash,
    spec: u32,
}

/// In the last final block's state.
async fn running(node: &Node) -> Running {
    let at = node.finalised_hash().await.expect("it answers");
    let code = node.code_hash(at).await.expect("it answers");
    let spec = node.versions(Some(at)).await.expect("it answers").spec;
    Running { code, spec }
}

async fn wait_for_code(node: &Node, code: Hash) -> Running {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let running = running(node).await;
        if running.code == code {
            return running;
        }
        assert!(Instant::now() < deadline, "{:?} still runs", running.code);
        sleep(POLL).await;
    }
}

/// The code with the greatest version in the folder of releases.
fn last_release() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/releases");
    let files = fs::read_dir(&folder).expect("the releases are in the repository");
    let version = |path: &PathBuf| {
        let stem = path.file_stem()?.to_str()?;
        stem.parse::<u32>().ok()
    };
    files
        .map(|file| file.expect("can be listed").path())
        .filter(|path| version(path).is_some())
        .max_by_key(version)
        .expect("there is a release")
}
