//! What anybody checks: archives, receipts and GRANDPA's justifications.
//!
//! The honest ones were written by `make-seeds`. Some bytes of theirs may differ without harm, such as
//! the order of a trie's nodes; what they prove may not.

use std::sync::LazyLock;

use codec::{DecodeAll, Encode};
use psephos_primitives::{AccountId, ElectionId, Hash};
use psephos_verifier::{
    archive::Next,
    audit,
    finality::{self, Justification, Target},
    state_proof::grandpa_authorities,
    ArchiveReader, ArchiveWriter, Options, Receipt, Report,
};

use crate::Verdict;

const HONEST_ARCHIVE: &[u8] = include_bytes!("../seeds/archive/honest");
const HONEST_RECEIPT: &str = include_str!("../seeds/receipt/honest.json");
/// The election of archive and receipt.
const ELECTION: ElectionId = ElectionId(1);

static HONEST_REPORT: LazyLock<Report> =
    LazyLock::new(|| audit(HONEST_ARCHIVE, &Options::default(), |_| ()));

/// Archives: the audit ends in a report that can be printed, and says that all is well only of the
/// honest chain and its result. What is read whole is written as it was.
pub fn archive(bytes: &[u8]) -> Verdict {
    if let Some(written) = rewritten(bytes) {
        assert_eq!(written, bytes);
    }
    let honest = &*HONEST_REPORT;
    let mut last = 0;
    let report = audit(bytes, &Options::default(), |progress| {
        assert!(progress.block > last || last == 0);
        last = progress.block;
    });
    assert!(!report.to_string().is_empty());
    assert!(serde_json::to_string(&report).is_ok());
    assert!(report.ok() || !report.findings.is_empty());
    if !report.ok() {
        return Verdict::Refused;
    }
    assert_eq!(report.genesis_hash, honest.genesis_hash);
    assert_eq!(report.last_block_hash, honest.last_block_hash);
    assert_eq!(report.result, honest.result);
    Verdict::Accepted
}

/// Reads an archive to its end and writes it again.
fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut reader, genesis) = ArchiveReader::new(bytes).ok()?;
    let mut writer = ArchiveWriter::new(Vec::new(), genesis).ok()?;
    loop {
        match reader.next_record().ok()? {
            Next::Block(block) => writer.block(block).ok()?,
            Next::Closing(closing) => return writer.close(closing).ok(),
        }
    }
}

static RECEIPT: LazyLock<Receipt> =
    LazyLock::new(|| Receipt::from_json(HONEST_RECEIPT).expect("is a receipt"));

/// What the records of the honest receipt's page hold: `make-seeds` numbers accounts and trackers.
pub fn numbered_record(number: u8) -> (AccountId, Hash) {
    (
        AccountId::new([number; 32]),
        Hash::repeat_byte(0x40 + number),
    )
}

/// Receipts: one that proves something proves what the register holds.
pub fn receipt(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Verdict::Refused;
    };
    let Ok(receipt) = Receipt::from_json(text) else {
        return Verdict::Refused;
    };
    let written = serde_json::to_string(&receipt).expect("a receipt is JSON");
    assert_eq!(Receipt::from_json(&written), Ok(receipt.clone()));
    let proved = receipt.verify(RECEIPT.genesis.header.hash(), ELECTION);
    if let Ok(included) = &proved {
        let number = included.tracker.as_bytes()[0].wrapping_sub(0x40);
        assert_eq!(
            (included.account.clone(), included.tracker),
            numbered_record(number)
        );
        assert_eq!(included.election, ELECTION);
    }
    Verdict::of(&proved)
}

/// Justifications: accepted only for the honest block, with the authorities' own votes.
pub fn justification(bytes: &[u8]) -> Verdict {
    let decoded = Justification::decode_all(&mut &bytes[..]);
    if let Ok(justification) = &decoded {
        assert_eq!(justification.encode(), bytes);
    }
    let nodes: Vec<_> = RECEIPT
        .genesis
        .proof
        .iter()
        .map(|node| node.0.clone())
        .collect();
    let authorities = grandpa_authorities(RECEIPT.genesis.header.state_root, &nodes)
        .expect("the receipt is honest");
    let block = Target {
        hash: RECEIPT.block.header.hash(),
        number: RECEIPT.block.header.number,
    };
    let checked = finality::check(block, &[], bytes, &authorities);
    if let Ok(voters) = &checked {
        let honest = Justification::decode_all(&mut &RECEIPT.justification.0[..])
            .expect("the receipt is honest");
        let accepted = decoded.expect("was checked");
        assert_eq!(
            (accepted.round, accepted.target),
            (honest.round, honest.target)
        );
        let votes = |justification: &Justification| justification.precommits.encode();
        let own = |vote| honest.precommits.contains(vote);
        assert!(
            accepted.precommits.iter().all(own),
            "{}",
            hex::encode(votes(&accepted))
        );
        assert!(3 * voters > 2 * authorities.len() as u64);
    }
    Verdict::of(&checked)
}
