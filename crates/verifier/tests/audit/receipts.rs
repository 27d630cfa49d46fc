//! Receipts: one that proves a ballot, and every way in which one can prove nothing.

use psephos_primitives::{AccountId, BallotRecord, ElectionId, Hash};
use psephos_verifier::{
    finality::FinalityError,
    receipt::{Handover, HandoverError, Included, ProvenHeader, FORMAT},
    state_proof::StateProofError,
    Receipt, ReceiptError,
};
use sp_core::{Bytes, Pair};

use crate::world::{
    chain::{Builder, Keys},
    organisations::keys,
    people::Official,
    NORTH,
};

const ELECTION: ElectionId = ElectionId(1);
/// In the second page of the register, in its seventh place.
const INDEX: u32 = 64 + 6;

fn hash(byte: u8) -> Hash {
    [byte; 32].into()
}

fn record(index: u8) -> BallotRecord {
    BallotRecord {
        account: AccountId::new([index; 32]),
        tracker: hash(0x40 + index),
        district: NORTH,
        block: 2,
        supersedes: None,
    }
}

/// Block 0 of every chain here.
fn genesis() -> Builder {
    let members: Vec<_> = (0..3).map(|i| Official::new("member", i)).collect();
    Builder::new(&members)
}

/// A chain whose register has these ballots of two elections since block 3.
fn chain() -> Builder {
    let mut builder = genesis();
    builder.block(vec![]);
    builder.block(vec![]);
    for election in [ELECTION, ElectionId(2)] {
        let shift = election.get() as u8 * 10;
        let page: Vec<_> = (shift..shift + 8).map(record).collect();
        builder.record(election, 1, &page);
    }
    builder.block(vec![]);
    builder
}

fn nodes(proof: Vec<Vec<u8>>) -> Vec<Bytes> {
    proof.into_iter().map(Bytes).collect()
}

fn receipt_of(builder: &Builder, voters: &[usize]) -> Receipt {
    let genesis = genesis().genesis();
    Receipt {
        format: FORMAT.into(),
        election: ELECTION,
        tracker: record(16).tracker,
        index: INDEX,
        genesis: ProvenHeader {
            header: genesis.header,
            proof: nodes(genesis.proof),
        },
        block: ProvenHeader {
            header: builder.head.clone(),
            proof: nodes(builder.ballot_proof(ELECTION, INDEX)),
        },
        handovers: vec![],
        descendants: vec![],
        justification: Bytes(builder.justify(voters)),
    }
}

/// What comes of verifying it, by way of its text.
fn verify(builder: &Builder, receipt: &Receipt) -> Result<Included, ReceiptError> {
    let text = serde_json::to_string(receipt).expect("a receipt is JSON");
    Receipt::from_json(&text)?.verify(builder.genesis_hash(), ELECTION)
}

#[test]
fn a_receipt_leads_from_the_genesis_hash_to_the_ballot() {
    let builder = chain();
    let included = Included {
        election: ELECTION,
        tracker: record(16).tracker,
        block: 2,
        account: record(16).account,
        voters: 3,
    };
    assert_eq!(
        verify(&builder, &receipt_of(&builder, &[0, 1, 2])),
        Ok(included)
    );
}

#[test]
fn a_justification_for_a_later_block_will_do() {
    let mut builder = chain();
    let mut receipt = receipt_of(&builder, &[]);
    for _ in 0..2 {
        builder.block(vec![]);
        receipt.descendants.push(builder.head.clone());
    }
    receipt.justification = Bytes(builder.justify(&[0, 1, 2]));
    assert!(verify(&builder, &receipt).is_ok());
    receipt.descendants.remove(0);
    assert_eq!(
        verify(&builder, &receipt),
        Err(FinalityError::Descendant { number: 4 }.into())
    );
}

#[test]
fn receipts_of_another_chain_or_election_are_refused() {
    let builder = chain();
    let receipt = receipt_of(&builder, &[0, 1, 2]);
    assert_eq!(
        receipt.verify(hash(9), ELECTION),
        Err(ReceiptError::Genesis {
            expected: hash(9),
            found: builder.genesis_hash()
        })
    );
    let other = ElectionId(2);
    assert_eq!(
        receipt.verify(builder.genesis_hash(), other),
        Err(ReceiptError::Election {
            expected: other,
            found: ELECTION
        })
    );
    // Relabelled: the proof does not lead to the other election's page.
    let relabelled = Receipt {
        election: other,
        ..receipt
    };
    let refused = relabelled.verify(builder.genesis_hash(), other);
    assert!(
        matches!(refused, Err(ReceiptError::Record(_))),
        "{refused:?}"
    );
}

#[test]
fn another_ballot_is_not_this_one() {
    let builder = chain();
    let good = receipt_of(&builder, &[0, 1, 2]);
    let mut receipt = good.clone();
    receipt.tracker = hash(1);
    let found = record(16).tracker;
    assert_eq!(
        verify(&builder, &receipt),
        Err(ReceiptError::Tracker {
            expected: hash(1),
            found
        })
    );
    let mut receipt = good.clone();
    receipt.index += 1;
    assert_eq!(
        verify(&builder, &receipt),
        Err(ReceiptError::Tracker {
            expected: found,
            found: record(17).tracker
        })
    );
    let mut receipt = good;
    receipt.index += 2;
    assert_eq!(
        verify(&builder, &receipt),
        Err(ReceiptError::Record(StateProofError::Absent {
            item: "ballot record"
        }))
    );
}

#[test]
fn a_changed_header_is_not_the_one_that_was_signed() {
    let builder = chain();
    let good = receipt_of(&builder, &[0, 1, 2]);
    let not_final = |change: fn(&mut Receipt)| {
        let mut receipt = good.clone();
        change(&mut receipt);
        let refused = verify(&builder, &receipt);
        let for_another = matches!(
            refused,
            Err(ReceiptError::Finality(FinalityError::Target { .. }))
        );
        assert!(for_another, "{refused:?}");
    };
    not_final(|receipt| receipt.block.header.state_root = hash(7));
    not_final(|receipt| receipt.block.header.number += 1);
    not_final(|receipt| receipt.block.header.digest.logs.clear());
    not_final(|receipt| receipt.block.header = receipt.genesis.header.clone());

    let mut receipt = good;
    receipt.genesis.header.state_root = hash(7);
    let refused = verify(&builder, &receipt);
    assert!(
        matches!(refused, Err(ReceiptError::Genesis { .. })),
        "{refused:?}"
    );
}

#[test]
fn votes_of_a_minority_are_not_enough() {
    let builder = chain();
    for voters in [&[][..], &[0], &[0, 2], &[1, 1, 1]] {
        let found = voters
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len() as u128;
        assert_eq!(
            verify(&builder, &receipt_of(&builder, voters)),
            Err(FinalityError::Weight { found, total: 3 }.into())
        );
    }
}

#[test]
fn forged_votes_are_refused() {
    let builder = chain();
    let good = receipt_of(&builder, &[0, 1, 2]);
    let authority = builder.grandpa[2].public();
    // The last vote is the target, its signature and its authority; then come no ancestries.
    let end = good.justification.0.len();
    let mut receipt = good.clone();
    receipt.justification.0[end - 1 - 32 - 64] ^= 1;
    assert_eq!(
        verify(&builder, &receipt),
        Err(FinalityError::Signature { authority }.into())
    );
    // Signed in another round than the justification says.
    let mut receipt = good.clone();
    receipt.justification.0[0] ^= 1;
    let authority = builder.grandpa[0].public();
    assert_eq!(
        verify(&builder, &receipt),
        Err(FinalityError::Signature { authority }.into())
    );
    let mut receipt = good;
    receipt.justification.0.truncate(end - 2);
    let refused = verify(&builder, &receipt);
    assert!(
        matches!(
            refused,
            Err(ReceiptError::Finality(FinalityError::Encoding(_)))
        ),
        "{refused:?}"
    );
}

/// Whoever makes up a chain can sign it, but its authorities are not those of the genesis hash.
#[test]
fn made_up_authorities_are_refused() {
    let builder = chain();
    let mut impostor = chain();
    impostor.grandpa.reverse();
    impostor.grandpa[0] = sp_core::ed25519::Pair::from_seed(&[7; 32]);
    let authority = impostor.grandpa[0].public();
    assert_eq!(
        verify(&builder, &receipt_of(&impostor, &[0, 1, 2])),
        Err(FinalityError::UnknownAuthority { authority }.into())
    );
    let mut receipt = receipt_of(&builder, &[0, 1, 2]);
    receipt.genesis.proof.clear();
    assert_eq!(
        verify(&builder, &receipt),
        Err(ReceiptError::Authorities(StateProofError::Incomplete {
            item: "GRANDPA authorities"
        }))
    );
}

#[test]
fn changed_proofs_are_refused() {
    let builder = chain();
    let good = receipt_of(&builder, &[0, 1, 2]);
    assert!(good.block.proof.len() > 1);
    for node in 0..good.block.proof.len() {
        let mut receipt = good.clone();
        let last = receipt.block.proof[node].0.len() - 1;
        receipt.block.proof[node].0[last] ^= 1;
        assert_eq!(
            verify(&builder, &receipt),
            Err(ReceiptError::Record(StateProofError::Incomplete {
                item: "ballot record"
            })),
            "node {node}"
        );
    }
}

#[test]
fn what_is_no_receipt_is_refused() {
    let text = serde_json::to_string(&receipt_of(&chain(), &[0])).expect("a receipt is JSON");
    let refused = |text: &str| Receipt::from_json(text).expect_err("is no receipt");
    for text in [
        "",
        "{}",
        "[]",
        &text[1..],
        &text.replace("\"index\":", "\"place\":"),
    ] {
        assert!(matches!(refused(text), ReceiptError::Json(_)), "{text}");
    }
    assert_eq!(
        refused(&text.replace(FORMAT, "psephos/receipt/1")),
        ReceiptError::Format {
            found: "psephos/receipt/1".into()
        }
    );
    // A mebibyte, and not a byte more.
    let longest = format!("{text}{}", " ".repeat((1 << 20) - text.len()));
    assert!(Receipt::from_json(&longest).is_ok());
    let found = longest.len() + 1;
    let error = refused(&format!("{longest} "));
    assert_eq!(error, ReceiptError::Length { found });
    let words = "a receipt has at most 1048576 bytes, this has 1048577";
    assert_eq!(error.to_string(), words);
}

/// The next block, with which those before hand over to these.
fn hand_over(builder: &mut Builder, next: &[Keys]) -> Handover {
    builder.announce(next);
    builder.block(vec![]);
    let handover = Handover {
        header: builder.head.clone(),
        justification: Bytes(builder.justify_all()),
    };
    builder.take_over(next);
    handover
}

/// A chain on which two sets of authorities have taken over, in blocks 4 and 6, and a receipt of
/// block 7.
fn after_handovers() -> (Builder, Receipt) {
    let mut builder = chain();
    let first = hand_over(&mut builder, &keys(&[0, 1, 2, 3]));
    builder.block(vec![]);
    let second = hand_over(&mut builder, &keys(&[3, 4, 5, 6, 7]));
    builder.block(vec![]);
    let mut receipt = receipt_of(&builder, &[0, 1, 2, 3]);
    receipt.handovers = vec![first, second];
    (builder, receipt)
}

#[test]
fn a_receipt_leads_through_every_set_of_authorities() {
    let (builder, receipt) = after_handovers();
    let included = verify(&builder, &receipt).expect("it proves the ballot");
    assert_eq!(included.voters, 4);
}

fn handover_refused(change: impl FnOnce(&Builder, &mut Receipt)) -> (u64, HandoverError) {
    let (builder, mut receipt) = after_handovers();
    change(&builder, &mut receipt);
    match verify(&builder, &receipt) {
        Err(ReceiptError::Handover { place, error }) => (place, error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn handovers_that_are_missing_or_out_of_order_are_refused() {
    let (place, error) = handover_refused(|_, receipt| drop(receipt.handovers.remove(0)));
    // Signed by a set of another number, if its authorities are known at all.
    let number = 6;
    assert!(
        matches!(&error, HandoverError::Finality { number: 6, .. }) && place == 1,
        "{error:?}"
    );
    let found = handover_refused(|_, receipt| receipt.handovers.swap(0, 1));
    assert!(matches!(
        found,
        (1, HandoverError::Finality { number: 6, .. })
    ));
    let found = handover_refused(|_, receipt| {
        let again = receipt.handovers[1].clone();
        receipt.handovers.push(again);
    });
    let last = number;
    assert_eq!(found, (3, HandoverError::Order { last, number }));

    let (builder, mut receipt) = after_handovers();
    receipt.handovers.pop();
    let refused = verify(&builder, &receipt);
    let of_others = matches!(refused, Err(ReceiptError::Finality(_)));
    assert!(of_others, "{refused:?}");
}

#[test]
fn a_handover_is_announced_and_signed_by_those_before() {
    let found = handover_refused(|builder, receipt| {
        receipt.handovers[0].header = builder.head.clone();
    });
    let number = 7;
    assert_eq!(found, (1, HandoverError::NoAnnouncement { number }));
    // Others than those that were announced.
    let found = handover_refused(|_, receipt| {
        let header = &mut receipt.handovers[0].header;
        let mut logs = Builder::new(&[Official::new("member", 9)]);
        logs.announce(&keys(&[8, 9]));
        header.digest.logs = logs.logs;
    });
    let of_another = |error: &HandoverError| match error {
        HandoverError::Finality { error, .. } => matches!(error, FinalityError::Target { .. }),
        HandoverError::Order { .. } | HandoverError::NoAnnouncement { .. } => false,
    };
    assert!(found.0 == 1 && of_another(&found.1), "{found:?}");
    let signed_by = |sign: fn(&mut Builder) -> Vec<u8>| {
        let (place, error) = handover_refused(|_, receipt| {
            let mut old = chain();
            old.announce(&keys(&[0, 1, 2, 3]));
            old.block(vec![]);
            receipt.handovers[0] = Handover {
                header: old.head.clone(),
                justification: Bytes(sign(&mut old)),
            };
        });
        match error {
            HandoverError::Finality { number: 4, error } if place == 1 => error,
            other => panic!("{other:?}"),
        }
    };
    let by_a_minority = signed_by(|old| old.justify(&[0, 1]));
    assert_eq!(by_a_minority, FinalityError::Weight { found: 2, total: 3 });
    let by_those_who_take_over = signed_by(|old| {
        old.take_over(&keys(&[0, 1, 2, 3]));
        old.justify_all()
    });
    let authority = Keys::new(0).grandpa.public();
    let expected = FinalityError::Signature { authority };
    assert_eq!(by_those_who_take_over, expected);
}

#[test]
fn a_handover_comes_before_the_final_block() {
    let mut builder = chain();
    let mut receipt = receipt_of(&builder, &[0, 1, 2]);
    assert!(verify(&builder, &receipt).is_ok());
    let handover = hand_over(&mut builder, &keys(&[0, 1, 2, 3]));
    receipt.handovers.push(handover.clone());
    assert_eq!(
        verify(&builder, &receipt),
        Err(ReceiptError::NeedlessHandover { number: 4, last: 3 })
    );
    // The block with which a set ends is still that set's.
    let mut of_the_last = receipt.clone();
    of_the_last.handovers.clear();
    of_the_last.descendants = vec![handover.header.clone()];
    of_the_last.justification = handover.justification.clone();
    assert!(verify(&builder, &of_the_last).is_ok());
    // What follows is the next set's, who took over on the way.
    builder.block(vec![]);
    let mut of_the_next = receipt;
    of_the_next.descendants = vec![handover.header.clone(), builder.head.clone()];
    of_the_next.justification = Bytes(builder.justify_all());
    let refused = verify(&builder, &of_the_next);
    assert_eq!(refused, Err(FinalityError::Change { number: 4 }.into()));
}
