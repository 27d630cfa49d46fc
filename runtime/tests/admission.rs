//! What is let in, and what is not: attacks 3 and 22 at the runtime's own door (PSE-EXT-1, PSE-EXT-2).

use frame_support::{
    dispatch::GetDispatchInfo,
    pallet_prelude::{InvalidTransaction, TransactionSource, TransactionValidityError},
};
use psephos_primitives::{AccountId, Ballot, DistrictId, ElectionId, Refusal, Text};
use psephos_runtime::{
    admission::Admission, ConsortiumConfig, ElectionsConfig, RuntimeCall, RuntimeGenesisConfig,
    RuntimeOrigin, System,
};
use sp_io::TestExternalities;
use sp_runtime::{
    traits::{DispatchTransaction, Hash},
    transaction_validity::ValidTransaction,
    BoundedVec, BuildStorage,
};

const MEMBER: AccountId = AccountId::new([1; 32]);
const STRANGER: AccountId = AccountId::new([9; 32]);

fn chain() -> TestExternalities {
    let members = vec![MEMBER, AccountId::new([2; 32])];
    let storage = RuntimeGenesisConfig {
        consortium: ConsortiumConfig {
            members: members.clone(),
            ..Default::default()
        },
        elections: ElectionsConfig {
            officials: members,
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
    for call in [remark(), time] {
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
