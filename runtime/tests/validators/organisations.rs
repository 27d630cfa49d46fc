use codec::Encode;
use frame_support::assert_ok;
use pallet_elections::sample::Shape;
use psephos_primitives::{
    wire::{Call, ElectionsCall, ValidatorSetCall},
    BlockNumber, Manifest, Refusal,
};
use psephos_runtime::{configuration::CodeHash, Consortium, Elections, Session, ValidatorSet};
use sp_runtime::{generic::Era, DigestItem};

use crate::chain::{account, keys, proof, Chain};

fn admit(seed: u8) -> Call {
    Call::ValidatorSet(ValidatorSetCall::Admit {
        organisation: account(seed),
        keys: keys(seed),
        proof: proof(seed, seed),
    })
}

fn dismiss(seed: u8) -> Call {
    let organisation = account(seed);
    Call::ValidatorSet(ValidatorSetCall::Dismiss { organisation })
}

fn rotate(organisation: u8, seed: u8) -> Call {
    Call::ValidatorSet(ValidatorSetCall::Rotate {
        keys: keys(seed),
        proof: proof(organisation, seed),
    })
}

/// What block `number` announces: a set with the keys made from these numbers.
fn announcement(number: BlockNumber, seeds: &[u8]) -> [(BlockNumber, DigestItem); 2] {
    let aura: Vec<_> = seeds.iter().map(|seed| keys(*seed).aura).collect();
    let voters: Vec<_> = seeds
        .iter()
        .map(|seed| (keys(*seed).grandpa, 1u64))
        .collect();
    [
        (*b"aura", (1u8, aura).encode()),
        (*b"FRNK", (1u8, voters, 0u32).encode()),
    ]
    .map(|(engine, item)| (number, DigestItem::Consensus(engine, item)))
}

/// An election whose voting begins in this block, and whose trustees are strangers.
fn manifest(chain: &mut Chain, opening: BlockNumber) -> Manifest {
    chain.execute(|| {
        use frame_support::traits::Get;
        Shape::default().manifest(opening, CodeHash::get())
    })
}

#[test]
fn the_first_organisations_are_the_consortium_and_the_validators() {
    let mut chain = Chain::begin(4, b"code");
    chain.execute(|| {
        let mut organisations = [1, 2, 3, 4].map(account);
        assert_eq!(ValidatorSet::organisations(), organisations);
        assert_eq!(Session::validators(), organisations);
        organisations.sort();
        assert!(organisations.iter().all(Consortium::is_member));
        assert_ok!(ValidatorSet::check_invariants());
    });
    assert_eq!(chain.run_to(50), []);
}

#[test]
fn organisations_come_and_go_by_vote_and_rotate_by_themselves() {
    let mut chain = Chain::begin(4, b"code");
    assert_ok!(chain.decide(&[1, 2, 3], admit(5)));
    // The newcomer votes at once, and three of five are a majority.
    chain.run_to(10);
    assert_ok!(chain.decide(&[5, 1, 2], dismiss(4)));
    let late = chain.sign(4, Era::immortal(), 0, rotate(4, 44));
    assert_eq!(chain.validate(late), Err(Refusal::NotYourCall.into()));
    chain.run_to(25);
    chain.perform(2, rotate(2, 20));
    let announced = [
        announcement(40, &[1, 2, 3, 5]),
        announcement(60, &[1, 20, 3, 5]),
    ];
    assert_eq!(chain.run_to(100), announced.concat());
    chain.execute(|| {
        assert_ok!(ValidatorSet::check_invariants());
    });
}

#[test]
fn no_minority_decides() {
    let mut chain = Chain::begin(3, b"code");
    // Made once: no two signatures of one key are the same.
    let motion = admit(6);
    let index = chain.put(1, &motion);
    assert_ok!(chain.decide(&[1, 2, 3], admit(4)));
    assert_ok!(chain.decide(&[1, 2, 3], admit(5)));
    // When it was put, two were a majority.
    let outcome = chain.carry(&[1, 2], &motion, index);
    assert_eq!(outcome, Err(sp_runtime::DispatchError::BadOrigin));
}

#[test]
fn an_official_is_no_member_and_a_member_no_official() {
    let mut chain = Chain::begin(4, b"code");
    let mut manifest = manifest(&mut chain, 100);
    manifest.trustees[0].account = account(5);
    let create = |manifest: &Manifest| {
        let manifest = Box::new(manifest.clone());
        Call::Elections(ElectionsCall::Create { manifest })
    };
    assert_ok!(chain.decide(&[1, 2, 3], create(&manifest)));
    let error = pallet_validator_set::Error::<psephos_runtime::Runtime>::HoldsOffice;
    assert_eq!(chain.decide(&[1, 2, 3], admit(5)), Err(error.into()));

    manifest.trustees[0].account = account(4);
    let error = pallet_elections::Error::<psephos_runtime::Runtime>::MemberOfConsortium;
    let outcome = chain.decide(&[1, 2, 3], create(&manifest));
    assert_eq!(outcome, Err(error.into()));
}

#[test]
fn a_session_ends_before_elections_open_in_the_same_block() {
    let mut chain = Chain::begin(4, b"code");
    let manifest = Box::new(manifest(&mut chain, 40));
    assert_ok!(chain.decide(
        &[1, 2, 3],
        Call::Elections(ElectionsCall::Create { manifest })
    ));
    assert_ok!(chain.decide(&[1, 2, 3], admit(5)));
    assert_eq!(chain.run_to(41), announcement(40, &[1, 2, 3, 4, 5]));
    // It had no key; what counts is that it was its block.
    chain.execute(|| assert!(!Elections::any_is_open()));
}
