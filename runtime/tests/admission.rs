//! What is let in, and what is not: attacks 3 and 22 at the runtime's own door (PSE-EXT-1, PSE-EXT-2).

use frame_support::{
    dispatch::GetDispatchInfo,
    pallet_prelude::{InvalidTransaction, TransactionSource, TransactionValidityError},
};
use psephos_primitives::{
    validators::{self, DoubleVote, Equivocation, OwnershipProof, Vote},
    AccountId, Ballot, DistrictId, ElectionId, Hash, Refusal, Text,
};
use psephos_runtime::{
    admission::Admission, RuntimeCall, RuntimeGenesisConfig, RuntimeOrigin, SessionConfig,
    SessionKeys, System,
};
use sp_core::{ed25519, sr25519, Pair};
use sp_io::TestExternalities;
use sp_runtime::{
    traits::{DispatchTransaction, Hash as _},
    transaction_validity::ValidTransaction,
    BoundedVec, BuildStorage,
};

const MEMBER: AccountId = AccountId::new([1; 32]);
const STRANGER: AccountId = AccountId::new([9; 32]);

fn keys(seed: u8) -> validators::SessionKeys {
    validators::SessionKeys {
        aura: sr25519::Pair::from_seed(&[seed; 32]).public(),
        grandpa: ed25519::Pair::from_seed(&[seed; 32]).public(),
    }
}

fn chain() -> TestExternalities {
    let organisation = |seed: u8| {
        let account = AccountId::new([seed; 32]);
        (account.clone(), account, SessionKeys::from(keys(seed)))
    };
    let storage = RuntimeGenesisConfig {
        session: SessionConfig {
            keys: vec![organisation(1), organisation(2)],
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
    chain().execute_with(|| {
        System::set_block_number(1);
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
    })
}

fn refused(refusal: Refusal) -> Result<ValidTransaction, TransactionValidityError> {
    Err(refusal.into())
}

fn cancel() -> RuntimeCall {
    let reason = Text::new("flood").expect("a text");
    pallet_elections::Call::cancel {
        election: ElectionId(1),
        reason,
    }
    .into()
}

fn remark() -> RuntimeCall {
    frame_system::Call::remark { remark: vec![0; 9] }.into()
}

fn propose(proposal: RuntimeCall) -> RuntimeCall {
    RuntimeCall::Consortium(pallet_collective::Call::propose {
        threshold: 2,
        proposal: Box::new(proposal),
        length_bound: 1_000,
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
    for call in [rotate(), report()] {
        assert!(admit(MEMBER, 0, &call).is_ok());
        assert_eq!(admit(STRANGER, 0, &call), refused(Refusal::NotYourCall));
        assert_eq!(
            admit(MEMBER, 0, &propose(call)),
            refused(Refusal::NotAdmitted)
        );
    }
}

#[test]
fn a_stranger_moves_and_votes_nothing() {
    let vote = RuntimeCall::Consortium(pallet_collective::Call::vote {
        proposal: sp_runtime::traits::BlakeTwo256::hash(b"x"),
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
