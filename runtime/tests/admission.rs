//! What is let in, and what is not: attacks 3 and 22 at the runtime's own door (PSE-EXT-1, PSE-EXT-2).

use frame_support::{
    dispatch::GetDispatchInfo,
    pallet_prelude::{InvalidTransaction, TransactionSource, TransactionValidityError, Weight},
};
use psephos_primitives::{
    limits::BLOCKS_PER_DAY,
    validators::{self, DoubleVote, Equivocation, OwnershipProof, Vote},
    AccountId, Ballot, DistrictId, ElectionId, Hash, Refusal, Text,
};
use psephos_runtime::{
    admission::Admission, Consortium, RuntimeCall, RuntimeGenesisConfig, RuntimeOrigin,
    SessionConfig, SessionKeys, System,
};
use sp_core::{ed25519, sr25519, Pair};
use sp_io::TestExternalities;
use sp_runtime::{
    traits::{BlakeTwo256, DispatchTransaction, Hash as _},
    transaction_validity::ValidTransaction,
    BoundedVec, BuildStorage,
};

const MEMBER: AccountId = AccountId::new([1; 32]);
const STRANGER: AccountId = AccountId::new([9; 32]);
/// More bytes than any motion here has.
const LENGTH_BOUND: u32 = 1_000;

fn keys(seed: u8) -> validators::SessionKeys {
    validators::SessionKeys {
        aura: sr25519::Pair::from_seed(&[seed; 32]).public(),
        grandpa: ed25519::Pair::from_seed(&[seed; 32]).public(),
    }
}

/// A chain of so many organisations, numbered from 1.
fn chain(organisations: u8) -> TestExternalities {
    let organisation = |seed: u8| {
        let account = AccountId::new([seed; 32]);
        (account.clone(), account, SessionKeys::from(keys(seed)))
    };
    let storage = RuntimeGenesisConfig {
        session: SessionConfig {
            keys: (1..=organisations).map(organisation).collect(),
            ..Default::default()
        },
        ..Default::default()
    };
    storage.build_storage().expect("a genesis").into()
}

fn admit(
    who: AccountId,
    nonce: u32,
    call: &RuntimeCall,
) -> Result<ValidTransaction, TransactionValidityError> {
    chain(2).execute_with(|| {
        System::set_block_number(1);
        admit_here(who, nonce, call)
    })
}

/// On the state as it stands.
fn admit_here(
    who: AccountId,
    nonce: u32,
    call: &RuntimeCall,
) -> Result<ValidTransaction, TransactionValidityError> {
    let info = call.get_dispatch_info();
    Admission(nonce)
        .validate_only(
            RuntimeOrigin::signed(who),
            call,
            &info,
            0,
            TransactionSource::External,
            0,
        )
        .map(|(valid, _, _)| valid)
}

fn refused(refusal: Refusal) -> Result<ValidTransaction, TransactionValidityError> {
    Err(refusal.into())
}

fn cancel() -> RuntimeCall {
    cancel_number(1)
}

fn cancel_number(election: u32) -> RuntimeCall {
    let reason = Text::new("flood").expect("a text");
    pallet_elections::Call::cancel {
        election: ElectionId(election),
        reason,
    }
    .into()
}

fn remark() -> RuntimeCall {
    frame_system::Call::remark { remark: vec![0; 9] }.into()
}

fn propose(proposal: RuntimeCall) -> RuntimeCall {
    propose_with(2, proposal)
}

fn propose_with(threshold: u32, proposal: RuntimeCall) -> RuntimeCall {
    RuntimeCall::Consortium(pallet_collective::Call::propose {
        threshold,
        proposal: Box::new(proposal),
        length_bound: LENGTH_BOUND,
    })
}

#[test]
fn a_member_moves_about_elections_before_all_voters() {
    let valid = admit(MEMBER, 0, &propose(cancel())).expect("a member's motion");
    assert!(valid.priority > pallet_ballot_register::admission::BALLOT_PRIORITY);
    assert!(valid.propagate);
}

#[test]
fn an_officials_nonce_is_counted() {
    let ahead = admit(MEMBER, 1, &propose(cancel())).expect("waits for the one before");
    assert_eq!(ahead.requires.len(), 1);
}

#[test]
fn nobody_moves_about_anything_else() {
    assert_eq!(
        admit(MEMBER, 0, &propose(remark())),
        refused(Refusal::NotAdmitted)
    );
}

fn proof() -> OwnershipProof {
    OwnershipProof {
        aura: [0; 64].into(),
        grandpa: [0; 64].into(),
    }
}

fn rotate() -> RuntimeCall {
    pallet_validator_set::Call::rotate {
        keys: keys(3),
        proof: proof(),
    }
    .into()
}

fn report() -> RuntimeCall {
    let vote = |number| {
        let hash = Hash::zero();
        (Vote { hash, number }, [0; 64].into())
    };
    let votes = DoubleVote {
        round: 1,
        authority: keys(2).grandpa,
        first: vote(1),
        second: vote(2),
    };
    pallet_validator_set::Call::report_equivocation {
        set: 0,
        evidence: Box::new(Equivocation::Prevote(votes)),
    }
    .into()
}

fn decided_by_the_consortium() -> [RuntimeCall; 3] {
    [
        pallet_validator_set::Call::admit {
            organisation: STRANGER,
            keys: keys(9),
            proof: proof(),
        }
        .into(),
        pallet_validator_set::Call::dismiss {
            organisation: MEMBER,
        }
        .into(),
        pallet_validator_set::Call::authorize_upgrade {
            code_hash: Hash::zero(),
        }
        .into(),
    ]
}

#[test]
fn members_move_about_organisations_and_code_and_nobody_decides_alone() {
    for call in decided_by_the_consortium() {
        assert!(admit(MEMBER, 0, &propose(call.clone())).is_ok());
        for who in [MEMBER, STRANGER] {
            assert_eq!(admit(who, 0, &call), refused(Refusal::NotAdmitted));
        }
        assert_eq!(
            admit(STRANGER, 0, &propose(call)),
            refused(Refusal::NotYourCall)
        );
    }
}

#[test]
fn members_speak_for_themselves_and_no_motion_does() {
    assert!(admit(MEMBER, 0, &rotate()).is_ok());
    // It proves nothing; what does is in pallets/validator-set.
    assert_eq!(admit(MEMBER, 0, &report()), refused(Refusal::NotNow));
    for call in [rotate(), report()] {
        assert_eq!(admit(STRANGER, 0, &call), refused(Refusal::NotYourCall));
        assert_eq!(
            admit(MEMBER, 0, &propose(call)),
            refused(Refusal::NotAdmitted)
        );
    }
}

/// A chain of four organisations, three of which are a majority.
fn four_members(test: impl FnOnce()) {
    chain(4).execute_with(|| {
        System::set_block_number(1);
        test();
    });
}

fn member(number: u8) -> AccountId {
    AccountId::new([number; 32])
}

fn not_now() -> Result<ValidTransaction, TransactionValidityError> {
    refused(Refusal::NotNow)
}

/// Puts a motion, as it was admitted.
fn put(by: u8, proposal: RuntimeCall) {
    let call = propose_with(3, proposal.clone());
    admit_here(member(by), 0, &call).expect("there is a place");
    let origin = RuntimeOrigin::signed(member(by));
    Consortium::propose(origin, 3, Box::new(proposal), LENGTH_BOUND).expect("it is put");
}

fn vote(proposal: &RuntimeCall, index: u32, approve: bool) -> RuntimeCall {
    RuntimeCall::Consortium(pallet_collective::Call::vote {
        proposal: BlakeTwo256::hash_of(proposal),
        index,
        approve,
    })
}

fn close(proposal: &RuntimeCall, index: u32, weight: u64, length_bound: u32) -> RuntimeCall {
    RuntimeCall::Consortium(pallet_collective::Call::close {
        proposal_hash: BlakeTwo256::hash_of(proposal),
        index,
        proposal_weight_bound: Weight::from_parts(weight, weight),
        length_bound,
    })
}

#[test]
fn a_motion_needs_more_than_half_of_the_members_and_is_put_once() {
    four_members(|| {
        for threshold in [0, 1, 2, 4] {
            let call = propose_with(threshold, cancel());
            assert_eq!(admit_here(MEMBER, 0, &call), not_now(), "{threshold}");
        }
        let too_long = RuntimeCall::Consortium(pallet_collective::Call::propose {
            threshold: 3,
            proposal: Box::new(cancel()),
            length_bound: 3,
        });
        assert_eq!(admit_here(MEMBER, 0, &too_long), not_now());
        put(1, cancel());
        assert_eq!(
            admit_here(member(2), 0, &propose_with(3, cancel())),
            not_now()
        );
    });
}

/// One member's motions, which nobody votes on, must not keep out those of the others.
#[test]
fn no_minority_takes_all_places_for_motions() {
    four_members(|| {
        let mut numbers = 1..;
        let mut another = || cancel_number(numbers.next().expect("there are more"));
        for by in [1, 2, 3] {
            for _ in 0..8 {
                put(by, another());
            }
            let ninth = propose_with(3, another());
            assert_eq!(admit_here(member(by), 0, &ninth), not_now());
        }
        put(4, another());
        // A day later whatever is undecided can be closed, and the place is free.
        let first = cancel_number(1);
        let closing = close(&first, 0, u64::MAX, LENGTH_BOUND);
        assert_eq!(admit_here(MEMBER, 0, &closing), not_now());
        System::set_block_number(1 + BLOCKS_PER_DAY);
        assert!(admit_here(MEMBER, 0, &closing).is_ok());
        let hash = BlakeTwo256::hash_of(&first);
        let origin = RuntimeOrigin::signed(MEMBER);
        Consortium::close(origin, hash, 0, Weight::MAX, LENGTH_BOUND).expect("its time is up");
        put(1, first);
    });
}

#[test]
fn votes_and_closings_are_admitted_once_they_can_take_effect() {
    four_members(|| {
        let motion = cancel();
        let aye = vote(&motion, 0, true);
        assert_eq!(admit_here(MEMBER, 0, &aye), not_now(), "no such motion");
        put(1, motion.clone());
        assert_eq!(admit_here(MEMBER, 0, &vote(&motion, 1, true)), not_now());
        let closing = close(&motion, 0, u64::MAX, LENGTH_BOUND);
        let hash = BlakeTwo256::hash_of(&motion);
        for by in [1, 2, 3] {
            assert_eq!(admit_here(MEMBER, 0, &closing), not_now(), "undecided");
            assert!(admit_here(member(by), 0, &aye).is_ok());
            Consortium::vote(RuntimeOrigin::signed(member(by)), hash, 0, true).expect("is counted");
            assert_eq!(admit_here(member(by), 0, &aye), not_now(), "stands");
            assert!(admit_here(member(by), 0, &vote(&motion, 0, false)).is_ok());
        }
        assert!(admit_here(MEMBER, 0, &closing).is_ok());
        for call in [
            close(&motion, 1, u64::MAX, LENGTH_BOUND),
            close(&motion, 0, 0, LENGTH_BOUND),
            close(&motion, 0, u64::MAX, 3),
        ] {
            assert_eq!(admit_here(MEMBER, 0, &call), not_now());
        }
        // Two nays of four make three ayes impossible; whoever rejects need not bound the call.
        for by in [3, 4] {
            Consortium::vote(RuntimeOrigin::signed(member(by)), hash, 0, false)
                .expect("is counted");
        }
        assert!(admit_here(MEMBER, 0, &close(&motion, 0, 0, 0)).is_ok());
    });
}

/// A tool that asks again must learn that its message stands in a block, not that it cannot be sent.
#[test]
fn what_was_carried_out_is_told_by_its_nonce() {
    four_members(|| {
        put(1, cancel());
        System::inc_account_nonce(MEMBER);
        assert_eq!(
            admit_here(MEMBER, 0, &propose_with(3, cancel())),
            Err(InvalidTransaction::Stale.into())
        );
        assert_eq!(admit_here(MEMBER, 1, &propose_with(3, cancel())), not_now());
    });
}

#[test]
fn a_stranger_moves_and_votes_nothing() {
    let vote = RuntimeCall::Consortium(pallet_collective::Call::vote {
        proposal: BlakeTwo256::hash(b"x"),
        index: 0,
        approve: true,
    });
    for call in [propose(cancel()), vote] {
        assert_eq!(admit(STRANGER, 0, &call), refused(Refusal::NotYourCall));
    }
}

#[test]
fn attack_3_nobody_creates_or_cancels_alone() {
    for who in [MEMBER, STRANGER] {
        assert_eq!(admit(who, 0, &cancel()), refused(Refusal::NotAdmitted));
    }
}

#[test]
fn attack_22_what_is_no_message_of_an_election_stays_out() {
    let time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: 1 });
    // Keys come through the organisations' own pallet, and a code by its hash first.
    let keys = RuntimeCall::Session(pallet_session::Call::set_keys {
        keys: keys(1).into(),
        proof: vec![],
    });
    let code = frame_system::Call::set_code { code: vec![1] }.into();
    for call in [remark(), time, keys, code] {
        assert_eq!(admit(STRANGER, 0, &call), refused(Refusal::NotAdmitted));
        assert_eq!(admit(MEMBER, 0, &call), refused(Refusal::NotAdmitted));
    }
}

#[test]
fn a_ballot_needs_an_election() {
    let cast = RuntimeCall::BallotRegister(pallet_ballot_register::Call::cast {
        election: ElectionId(7),
        district: DistrictId(1),
        credential: BoundedVec::default(),
        ballot: Ballot {
            contests: BoundedVec::default(),
        },
    });
    assert_eq!(admit(STRANGER, 0, &cast), refused(Refusal::UnknownElection));
}

#[test]
fn codes_reach_the_wallet() {
    assert_eq!(
        TransactionValidityError::from(Refusal::NotAdmitted),
        InvalidTransaction::Custom(1).into()
    );
}
