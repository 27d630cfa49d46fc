//! Reports that nobody has signed: what GRANDPA's voter hands to the runtime, and what pool and blocks
//! make of it (PSE-VAL-10, PSE-EXT-1).

use codec::{DecodeAll, Encode};
use psephos_primitives::{
    validators::{DoubleVote, Equivocation, Vote},
    wire::{Call, Extrinsic, KeyCeremonyCall, ValidatorSetCall},
    ElectionId, Hash, Refusal,
};
use psephos_runtime::{Runtime, RuntimeEvent, System, UncheckedExtrinsic};
use sp_consensus_grandpa::{
    runtime_decl_for_grandpa_api::GrandpaApiV3, EquivocationProof, OpaqueKeyOwnershipProof,
};
use sp_core::{
    ed25519,
    offchain::{testing::TestTransactionPoolExt, TransactionPoolExt},
    Pair,
};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

use crate::chain::{account, decoded, keys, refused, Chain};

/// Whose votes these are.
const OFFENDER: u8 = 2;
const ROUND: u64 = 3;

/// Two precommits for different blocks, as whoever was made from this number signs them.
fn votes(of: u8, set: u64) -> Equivocation {
    let pair = ed25519::Pair::from_seed(&[of; 32]);
    let vote = |byte| {
        let vote = Vote {
            hash: Hash::repeat_byte(byte),
            number: 7,
        };
        (vote, pair.sign(&(1u8, vote, ROUND, set).encode()))
    };
    Equivocation::Precommit(DoubleVote {
        round: ROUND,
        authority: pair.public(),
        first: vote(1),
        second: vote(2),
    })
}

/// As GRANDPA's voter hands it to the runtime.
fn proof(of: u8, set: u64) -> EquivocationProof<Hash, u32> {
    let bytes = (set, votes(of, set)).encode();
    EquivocationProof::decode_all(&mut &bytes[..]).expect("is GRANDPA's own")
}

/// A report that nobody has signed.
fn report(of: u8, set: u64) -> UncheckedExtrinsic {
    let call = ValidatorSetCall::ReportEquivocation {
        set,
        evidence: votes(of, set),
    };
    decoded(&Extrinsic::Unsigned(Call::ValidatorSet(call)))
}

/// What a node's voter gets its runtime to send to the pool.
fn sent_by_a_node(chain: &mut Chain, of: u8, set: u64) -> Vec<UncheckedExtrinsic> {
    let (pool, sent) = TestTransactionPoolExt::new();
    chain.provide(TransactionPoolExt::new(pool));
    let ownership = OpaqueKeyOwnershipProof::new(vec![]);
    let accepted = chain.execute(|| {
        Runtime::submit_report_equivocation_unsigned_extrinsic(proof(of, set), ownership)
    });
    assert_eq!(accepted, Some(()));
    let sent = sent.read().transactions.clone();
    sent.iter()
        .map(|bytes| UncheckedExtrinsic::decode_all(&mut &bytes[..]).expect("the runtime's own"))
        .collect()
}

#[test]
fn a_node_reports_what_its_voter_saw_and_the_chain_names_the_organisation() {
    let mut chain = Chain::begin(4, b"code");
    let sent = sent_by_a_node(&mut chain, OFFENDER, 0);
    assert_eq!(sent, [report(OFFENDER, 0)]);
    let valid = chain.validate(sent[0].clone()).expect("it is evidence");
    assert!(valid.propagate);
    assert!(valid.priority > pallet_ballot_register::admission::BALLOT_PRIORITY);
    assert_eq!(chain.apply(sent[0].clone()), Ok(Ok(())));
    let named = pallet_validator_set::Event::Equivocated {
        organisation: account(OFFENDER),
        set: 0,
        round: ROUND,
    };
    let events = chain.execute(System::events);
    let named = RuntimeEvent::ValidatorSet(named);
    assert!(events.iter().any(|record| record.event == named));
    // Once: another node's report of the same round is stale.
    refused(&mut chain, &sent[0], Refusal::NotNow);
}

/// Every node that saw both votes reports them, each with others in front; the pool keeps one.
#[test]
fn two_reports_of_one_round_are_one_for_the_pool() {
    let mut chain = Chain::begin(4, b"code");
    let turned = |mut votes: DoubleVote| {
        core::mem::swap(&mut votes.first, &mut votes.second);
        votes
    };
    let Equivocation::Precommit(votes) = votes(OFFENDER, 0) else {
        panic!("they are precommits")
    };
    let call = ValidatorSetCall::ReportEquivocation {
        set: 0,
        evidence: Equivocation::Precommit(turned(votes)),
    };
    let other = decoded(&Extrinsic::Unsigned(Call::ValidatorSet(call)));
    let [one, other, third] = [report(OFFENDER, 0), other, report(3, 0)]
        .map(|report| chain.validate(report).expect("it is evidence").provides);
    assert_eq!(one, other);
    assert_ne!(one, third);
}

#[test]
fn a_voter_reports_organisations_of_sets_that_can_be_reported() {
    let mut chain = Chain::begin(4, b"code");
    let mut owned = |set, seed| {
        let key = keys(seed).grandpa.into();
        chain.execute(|| Runtime::generate_key_ownership_proof(set, key))
    };
    assert_eq!(owned(0, 4), Some(OpaqueKeyOwnershipProof::new(vec![])));
    assert_eq!(owned(0, 5), None);
    assert_eq!(owned(1, 4), None);
}

#[test]
fn what_proves_nothing_stays_out() {
    let mut chain = Chain::begin(4, b"code");
    // Of no organisation; of a set to come.
    for report in [report(9, 0), report(OFFENDER, 1)] {
        refused(&mut chain, &report, Refusal::NotNow);
    }
}

#[test]
fn nothing_else_comes_without_a_signature() {
    let mut chain = Chain::begin(4, b"code");
    let silence = Call::KeyCeremony(KeyCeremonyCall::ReportSilence {
        election: ElectionId(1),
    });
    let dismiss = Call::ValidatorSet(ValidatorSetCall::Dismiss {
        organisation: account(1),
    });
    for call in [silence, dismiss] {
        let bare = decoded(&Extrinsic::Unsigned(call));
        refused(&mut chain, &bare, Refusal::NotAdmitted);
    }
    // The clock is the author's: no pool takes it.
    let clock = psephos_primitives::wire::TimestampCall::Set { now: 3_000 };
    let clock = decoded(&Extrinsic::Unsigned(Call::Timestamp(clock)));
    let refused = TransactionValidityError::from(InvalidTransaction::MandatoryValidation);
    assert_eq!(chain.validate(clock), Err(refused));
}
