//! An archive byte by byte, put together by hand from the specification (PSE-ARC-1 … PSE-ARC-8,
//! PSE-ENC-8 … PSE-ENC-10).

use codec::{Decode, Encode};
use psephos_primitives::{
    tally::{ContestResult, DistrictResult, ElectionResult, Outcome},
    ContestId, DistrictId, ElectionId, Hash,
};
use psephos_verifier::{
    archive::{Between, Block, Closing, Genesis, Next, Runtime, MAX_BLOCK_EXTRINSICS},
    ArchiveReader, ArchiveWriter, Header,
};
use sp_runtime::{
    generic::{Digest, DigestItem},
    traits::Header as _,
};

/// A record: its length in four bytes, little-endian, and its encoding.
fn record(parts: &[&[u8]]) -> Vec<u8> {
    let encoding = parts.concat();
    let length = u32::try_from(encoding.len()).expect("is short");
    [&length.to_le_bytes()[..], &encoding].concat()
}

fn header(number: u32, logs: Vec<DigestItem>) -> Header {
    let [parent, state, extrinsics] = [[1; 32], [2; 32], [3; 32]].map(Hash::from);
    Header::new(number, extrinsics, state, parent, Digest { logs })
}

#[test]
fn every_byte_is_where_the_specification_has_it() {
    let seal = DigestItem::Seal(*b"aura", vec![4; 64]);
    let slot = DigestItem::PreRuntime(*b"aura", vec![5; 8]);
    let genesis = Genesis {
        header: header(0, vec![]),
        spec_version: 100,
        transaction_version: 1,
        proof: vec![vec![0xaa, 0xbb], vec![]],
    };
    let block = Block {
        header: header(64, vec![slot, seal]),
        // Its length in front, as it stands in the block's body.
        extrinsics: vec![vec![0x08, 0x05, 0x01]],
    };
    let result = ElectionResult {
        block: 9,
        districts: vec![
            DistrictResult {
                district: DistrictId(1),
                ballots: 3,
                outcome: Outcome::Counted(
                    vec![ContestResult {
                        contest: ContestId(7),
                        counts: vec![2, 1].try_into().expect("few"),
                    }]
                    .try_into()
                    .expect("few"),
                ),
            },
            DistrictResult {
                district: DistrictId(2),
                ballots: 1,
                outcome: Outcome::Withheld,
            },
        ]
        .try_into()
        .expect("few"),
    };
    let closing = Closing {
        election: ElectionId(1),
        descendants: vec![],
        justification: vec![6; 3],
        proof_block: 64,
        proof: vec![vec![0xcc]],
        result: Some(result),
    };

    let hashes = [[1; 32], [2; 32], [3; 32]];
    let [parent, state, extrinsics] = hashes.each_ref().map(|hash| &hash[..]);
    let by_hand = [
        b"PSEPHOS\x02".to_vec(),
        record(&[
            &[0],
            // Parent, compact number, state root, extrinsics root, no digest.
            parent,
            &[0],
            state,
            extrinsics,
            &[0],
            &[100, 0, 0, 0],
            &[1, 0, 0, 0],
            // Two nodes.
            &[8],
            &[8, 0xaa, 0xbb],
            &[0],
        ]),
        record(&[
            &[1],
            // 64 no longer fits into one byte of a compact number.
            parent,
            &[0x01, 0x01],
            state,
            extrinsics,
            // A pre-runtime item of 8 bytes and a seal of 64.
            &[8],
            &[6],
            b"aura",
            &[32],
            &[5; 8],
            &[5],
            b"aura",
            &[0x01, 0x01],
            &[4; 64],
            // One extrinsic of 3 bytes: a list's length in front of the extrinsic's own.
            &[4],
            &[12],
            &[0x08, 0x05, 0x01],
        ]),
        // A justification of two bytes, then the versions of the next code.
        record(&[&[3], &[8], &[7, 8]]),
        record(&[&[4], &[101, 0, 0, 0], &[2, 0, 0, 0]]),
        record(&[
            &[2],
            &[1, 0, 0, 0],
            &[0],
            &[12],
            &[6; 3],
            &[64, 0, 0, 0],
            &[4],
            &[4, 0xcc],
            // A result: block, two districts.
            &[1],
            &[9, 0, 0, 0],
            &[8],
            &[1, 0, 0, 0],
            &[3, 0, 0, 0],
            &[0],
            &[4],
            &[7, 0, 0, 0],
            &[8],
            &[2, 0, 0, 0],
            &[1, 0, 0, 0],
            &[2, 0, 0, 0],
            &[1, 0, 0, 0],
            &[1],
        ]),
    ]
    .concat();

    let mut writer =
        ArchiveWriter::new(Vec::new(), genesis.clone()).expect("memory can be written");
    writer.block(block.clone()).expect("memory can be written");
    let (handover, runtime) = (
        vec![7, 8],
        Runtime {
            spec_version: 101,
            transaction_version: 2,
        },
    );
    let between = Between {
        handover: Some(handover.clone()),
        runtime: Some(runtime),
    };
    writer.between(between).expect("memory can be written");
    let written = writer
        .close(closing.clone())
        .expect("memory can be written");
    assert_eq!(written, by_hand);

    let (mut reader, first) = ArchiveReader::new(&by_hand[..]).expect("is an archive");
    assert_eq!(first, genesis);
    let next = reader.next_record().expect("is a block");
    assert_eq!(next, Next::Block(block));
    let next = reader.next_record().expect("is a handover");
    assert_eq!(next, Next::Handover(handover));
    let next = reader.next_record().expect("is a runtime");
    assert_eq!(next, Next::Runtime(runtime));
    let next = reader.next_record().expect("is the end");
    assert_eq!(next, Next::Closing(closing));
    assert_eq!(reader.offset(), by_hand.len() as u64);
}

/// In memory every extrinsic takes far more than the byte or two that an empty one has in a file.
#[test]
fn a_block_with_more_extrinsics_than_any_can_have_is_no_record() {
    let block = |count: u32| Block {
        header: header(1, vec![]),
        extrinsics: vec![vec![]; count as usize],
    };
    let most = block(MAX_BLOCK_EXTRINSICS);
    assert_eq!(Block::decode(&mut &most.encode()[..]), Ok(most));
    let more = block(MAX_BLOCK_EXTRINSICS + 1).encode();
    let error = Block::decode(&mut &more[..]).expect_err("holds too many");
    assert!(error.to_string().contains("more extrinsics"), "{error}");
}
