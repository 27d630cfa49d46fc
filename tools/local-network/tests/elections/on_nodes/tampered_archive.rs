//! An archive in which one byte was changed: the audit fails and says where.

use std::{fs::File, io::BufReader};

use codec::{Decode, Encode};
use psephos_local_network::{CommandFailed, Pace};
use psephos_primitives::{
    tally::Outcome,
    wire::{BallotRegisterCall, Call, Extrinsic},
    BlockNumber,
};
use psephos_verifier::{
    archive::{Between, Block, Closing, Genesis, Next},
    audit, ArchiveReader, ArchiveWriter, Check, Finding, Options, Report,
};

use crate::scene::{two_districts, write, Scene};

const VOTES: &str = "district,selections\n1,1\n1,2\n2,3|1\n2,1|\n";

#[tokio::test]
async fn one_changed_byte_is_found_and_located() {
    let scene = Scene::open(
        "tampered-archive",
        1,
        &two_districts(3, 2),
        Pace::default(),
        &[],
    )
    .await;
    let votes = write(&scene.folder, "votes.csv", VOTES);
    scene
        .election
        .rehearse(&votes)
        .await
        .expect("every ballot is cast");
    scene.conclude(&votes).await;
    let archive = Archive::read(&File::open(scene.archive()).expect("there is an archive"));
    assert!(archive.audit().ok(), "reading and writing changes nothing");

    let is_ballot = |call: &BallotRegisterCall| matches!(call, BallotRegisterCall::Cast { .. });
    let is_share =
        |call: &BallotRegisterCall| matches!(call, BallotRegisterCall::SubmitShares { .. });
    let ballots = archive.extrinsics(&is_ballot);
    let shares = archive.extrinsics(&is_share);
    assert_eq!((ballots.len(), shares.len() >= 4), (4, true));
    for place in ballots.iter().chain(&shares) {
        archive.check_changes_within(place);
    }
    archive.check_changed_results(&shares);

    // The same through the command line: exit status 1, and the place in words.
    let place = &ballots[0];
    let changed = archive.with_changed_byte(place, place.bytes - 1);
    let file = write(&scene.folder, "changed.psephos", "");
    changed.write(File::create(&file).expect("the folder can be written"));
    let error = scene
        .election
        .audit(&file)
        .await
        .expect_err("the audit fails");
    let failed = error
        .downcast_ref::<CommandFailed>()
        .expect("the command ran");
    assert_eq!(failed.status.code(), Some(1));
    let words = format!("extrinsic {}", place.position);
    assert!(
        failed.message.contains(&words) && failed.message.contains("AUDIT FAILED"),
        "{failed}"
    );
}

/// Where an extrinsic stands.
#[derive(Debug)]
struct Place {
    block: BlockNumber,
    position: usize,
    bytes: usize,
    /// Where what it carries begins: the ballot, or the shares.
    payload: usize,
}

#[derive(Clone)]
struct Archive {
    genesis: Genesis,
    blocks: Vec<Block>,
    /// What stands behind each of them.
    behind: Vec<Between>,
    closing: Closing,
}

impl Archive {
    fn read(file: &File) -> Self {
        let (mut reader, genesis) =
            ArchiveReader::new(BufReader::new(file)).expect("is an archive");
        let (mut blocks, mut behind) = (Vec::new(), Vec::<Between>::new());
        loop {
            let last = behind.last_mut();
            match reader.next_record().expect("is an archive") {
                Next::Block(block) => {
                    blocks.push(block);
                    behind.push(Between::default());
                }
                Next::Handover(handover) => {
                    last.expect("follows a block").handover = Some(handover);
                }
                Next::Runtime(runtime) => last.expect("follows a block").runtime = Some(runtime),
                Next::Closing(closing) => {
                    return Self {
                        genesis,
                        blocks,
                        behind,
                        closing,
                    }
                }
            }
        }
    }

    fn write(&self, file: impl std::io::Write) {
        let mut writer = ArchiveWriter::new(file, self.genesis.clone()).expect("can be written");
        for (block, behind) in self.blocks.iter().zip(&self.behind) {
            writer.block(block.clone()).expect("can be written");
            writer.between(behind.clone()).expect("can be written");
        }
        writer.close(self.closing.clone()).expect("can be written");
    }

    fn audit(&self) -> Report {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        audit(&bytes[..], &Options::default(), |_| {})
    }

    fn extrinsics(&self, wanted: &dyn Fn(&BallotRegisterCall) -> bool) -> Vec<Place> {
        let mut places = Vec::new();
        for (block, number) in self.blocks.iter().zip(1..) {
            for (position, encoded) in block.extrinsics.iter().enumerate() {
                let extrinsic = Extrinsic::decode(&mut &encoded[..]).expect("stands in a block");
                let Extrinsic::Signed {
                    call: Call::BallotRegister(call),
                    ..
                } = extrinsic
                else {
                    continue;
                };
                if wanted(&call) {
                    let payload = match &call {
                        BallotRegisterCall::Cast { ballot, .. } => ballot.encoded_size(),
                        BallotRegisterCall::SubmitShares { shares, .. } => shares.encoded_size(),
                    };
                    let bytes = encoded.len();
                    places.push(Place {
                        block: number,
                        position,
                        bytes,
                        payload: bytes - payload,
                    });
                }
            }
        }
        places
    }

    fn with_changed_byte(&self, place: &Place, byte: usize) -> Self {
        let mut changed = self.clone();
        let block = &mut changed.blocks[place.block as usize - 1];
        block.extrinsics[place.position][byte] ^= 1;
        changed
    }

    /// Bytes at the beginning, in the middle and at the end of what an extrinsic carries.
    fn check_changes_within(&self, place: &Place) {
        let middle = (place.payload + place.bytes) / 2;
        for byte in [place.payload, place.payload + 1, middle, place.bytes - 1] {
            let report = self.with_changed_byte(place, byte).audit();
            assert!(!report.ok(), "{place:?}, byte {byte}");
            assert!(
                report.findings.iter().any(|finding| names(finding, place)),
                "{place:?}, byte {byte}: {:?}",
                report.findings
            );
        }
    }

    /// The finding names the shares that completed the result.
    fn check_changed_results(&self, shares: &[Place]) {
        let result = self.closing.result.clone().expect("there is a result");
        for (district, position) in [(0, 0), (1, 0), (1, 1)] {
            let mut changed = self.clone();
            let mut result = result.clone();
            let Outcome::Counted(contests) = &mut result.districts[district].outcome else {
                panic!("no district is withheld");
            };
            contests[position].counts[0] ^= 1;
            changed.closing.result = Some(result.clone());
            let report = changed.audit();
            assert!(!report.ok());
            let named = report.findings.iter().any(|finding| {
                let mut completing = shares.iter().filter(|place| place.block == result.block);
                finding.check == Check::Result && completing.any(|place| names(finding, place))
            });
            assert!(
                named,
                "district {district}, contest {position}: {:?}",
                report.findings
            );
        }
    }
}

fn names(finding: &Finding, place: &Place) -> bool {
    finding.block == Some(place.block)
        && finding.extrinsic.map(|extrinsic| extrinsic as usize) == Some(place.position)
}
