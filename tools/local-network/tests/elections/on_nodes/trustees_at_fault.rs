//! Trustees who are silent, one who sends shares that are wrong, and one whose node lies: the rest
//! publishes the result, and whoever was at fault is named.

use std::{ffi::OsString, time::Duration};

use psephos::{keys::Vault, passphrase::PassphraseSource};
use psephos_client::{Courier, Office};
use psephos_crypto::{
    decryption::DecryptionShare,
    group::{EncodedPoint, EncodedScalar},
};
use psephos_local_network::{CommandFailed, CommandLine, Pace};
use psephos_primitives::{
    ceremony::Fault,
    tally::{DistrictShares, ShareStatus},
    wire::{BallotRegisterCall, Call},
    DistrictId, Phase, TrusteeIndex,
};

use crate::lying_node::LyingNode;
use crate::scene::{two_districts, write, Scene};

const VOTES: &str = "district,selections\n1,1\n1,2\n2,3|1\n2,1|\n1,3\n2,2|1;2\n";
/// Two of five are enough.
const THRESHOLD: usize = 2;
/// Never begins: excluded from the key ceremony.
const ABSENT: usize = 5;
/// Takes part in the ceremony, then falls silent.
const SILENT: usize = 3;
/// Takes part in the ceremony, then sends shares that are wrong.
const SABOTEUR: usize = 4;
const DISTRICT: DistrictId = DistrictId(1);
/// The encoding of ristretto255's generator (RFC 9496): a group element like any other.
const GENERATOR: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];

#[tokio::test]
async fn two_of_five_publish_and_the_others_are_named() {
    let pace = Pace {
        registration_blocks: Some(60),
        voting_blocks: Some(25),
        ceremony_stage: Some(8),
        ..Pace::default()
    };
    let definition = two_districts(5, THRESHOLD);
    let mut scene = Scene::open("trustees-at-fault", 1, &definition, pace, &[ABSENT]).await;
    let votes = write(&scene.folder, "votes.csv", VOTES);
    scene
        .election
        .rehearse(&votes)
        .await
        .expect("every ballot is cast");

    let id = scene.election.id().expect("the election exists");
    let node = scene.election.node().clone();
    let ceremony = node
        .elections()
        .await
        .expect("the node answers")
        .ceremony(id)
        .await;
    let ceremony = ceremony
        .expect("the node answers")
        .expect("the ceremony took place");
    let excluded = ceremony
        .status
        .excluded
        .iter()
        .map(|e| (e.trustee, e.fault))
        .collect::<Vec<_>>();
    assert_eq!(excluded, [(TrusteeIndex(ABSENT as u8), Fault::Silent)]);

    // Nobody sends a good share before the bad ones are in: with two of them the tally would be over.
    for tool in std::mem::take(&mut scene.trustees) {
        tool.stop(Duration::ZERO)
            .await
            .expect("the tool can be ended");
    }
    scene
        .election
        .wait_for_phase(Phase::Tallying, Pace::PATIENCE)
        .await
        .expect("voting ends");
    sabotage(&scene).await;
    a_trustee_believes_no_node(&scene).await;
    // Whoever is killed can go on where they were.
    for index in 1..=THRESHOLD {
        let tool = scene.election.start_trustee(index);
        scene.trustees.push(tool.expect("the tool starts again"));
    }
    let report = scene.conclude(&votes).await;
    assert!(report.contains(&format!("trustee {SABOTEUR}")), "{report}");

    let shares = node
        .elections()
        .await
        .expect("the node answers")
        .shares(id)
        .await;
    let shares = shares
        .expect("the node answers")
        .expect("there was a tally");
    let of = |trustee: usize| -> Vec<&ShareStatus> {
        shares
            .iter()
            .filter(|share| share.trustee == TrusteeIndex(trustee as u8))
            .collect()
    };
    for good in [1, 2] {
        assert!(of(good)
            .iter()
            .all(|share| share.accepted.is_some() && share.invalid == 0));
        assert_eq!(of(good).len(), 2);
    }
    assert!(of(SILENT)
        .iter()
        .all(|share| share.accepted.is_none() && share.invalid == 0));
    let caught = of(SABOTEUR)
        .iter()
        .map(|s| (s.district, s.accepted, s.invalid))
        .collect::<Vec<_>>();
    assert!(caught.contains(&(DISTRICT, None, 1)), "{caught:?}");
}

/// A node says that the closing block is final and cannot show it: whoever asked it decrypts nothing.
async fn a_trustee_believes_no_node(scene: &Scene) {
    let liar = LyingNode::start(&scene.network.urls()[0]).await;
    let common = vec![
        "--passphrase-file".into(),
        scene.election.passphrase_file().into(),
        "--url".into(),
        (&liar.url).into(),
    ];
    let tool = CommandLine::new(
        &scene.network.programs().psephos,
        common,
        scene.network.logs(),
    );
    let folder = scene.election.trustee_folder(1);
    let id = scene.election.id().expect("the election exists");
    let run: [OsString; 8] = [
        "trustee".into(),
        "run".into(),
        "--election".into(),
        id.to_string().into(),
        "--key".into(),
        folder.join("account.key").into(),
        "--state".into(),
        folder.join("state").into(),
    ];
    let error = tool.run("trustee 1 with a lying node", run).await;
    let error = error.expect_err("it refuses");
    let failed = error
        .downcast_ref::<CommandFailed>()
        .expect("the tool ran to its end");
    let reason = "is not final: votes of weight 0, of 1, are not more than two thirds";
    assert!(failed.message.contains("refusing to go on"), "{failed}");
    assert!(failed.message.contains(reason), "{failed}");
    assert_eq!(failed.status.code(), Some(1), "{failed}");
}

/// Sends shares that are well-formed and wrong, signed by the saboteur.
async fn sabotage(scene: &Scene) {
    let file = scene.election.trustee_folder(SABOTEUR).join("account.key");
    let passphrase = PassphraseSource {
        file: Some(scene.folder.join("passphrase")),
    };
    let vault = Vault::open(&file, &passphrase).expect("the key file opens");
    let node = scene.election.node().clone();
    let courier = Courier::start_now(vec![node.clone()])
        .await
        .expect("the node answers");
    let office = Office::new(node, courier, vault.signer().clone());
    let election = scene.election.id().expect("the election exists");
    let mut one = [0; 32];
    one[0] = 1;
    let wrong = DecryptionShare {
        share: EncodedPoint(GENERATOR),
        commitment: [EncodedPoint(GENERATOR); 2],
        response: EncodedScalar(one),
    };
    let shares = DistrictShares::try_from(vec![wrong; 3]).expect("three are not too many");
    let call = BallotRegisterCall::SubmitShares {
        election,
        district: DISTRICT,
        shares,
    };
    office
        .perform(Call::BallotRegister(call))
        .await
        .expect("the chain takes note of them");
}
