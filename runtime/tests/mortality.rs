//! A ballot never expires on its way, an official's message may (PSE-EXT-7).

use codec::{DecodeAll, Encode};
use frame_support::pallet_prelude::{InvalidTransaction, TransactionSource};
use psephos_primitives::{
    wire::{signing_payload, BallotRegisterCall, Call, ElectionsCall, Extra, Extrinsic, Implicit},
    AccountId, Ballot, DistrictId, ElectionId, Hash, Refusal, Text,
};
use psephos_runtime::{Executive, RuntimeGenesisConfig, System, UncheckedExtrinsic, VERSION};
use sp_core::{sr25519, Pair};
use sp_runtime::{
    generic::Era, transaction_validity::TransactionValidityError, BoundedVec, BuildStorage,
    MultiSignature,
};

/// The block in which everything here is sent.
const NOW: u32 = 5;

fn ballot() -> Call {
    Call::BallotRegister(BallotRegisterCall::Cast {
        election: ElectionId(7),
        district: DistrictId(1),
        credential: BoundedVec::default(),
        ballot: Ballot {
            contests: BoundedVec::default(),
        },
    })
}

fn message() -> Call {
    Call::Elections(ElectionsCall::Cancel {
        election: ElectionId(7),
        reason: Text::new("flood").expect("a text"),
    })
}

/// As a stranger signs it.
fn signed(call: Call, era: Era) -> UncheckedExtrinsic {
    let pair = sr25519::Pair::from_seed(&[7; 32]);
    let extra = Extra { era, nonce: 0 };
    let implicit = Implicit {
        spec_version: VERSION.spec_version,
        transaction_version: VERSION.transaction_version,
        genesis_hash: System::block_hash(0),
        mortality_hash: System::block_hash(era.birth(NOW.into()) as u32),
    };
    let signature = pair.sign(&signing_payload(&call, &extra, &implicit));
    let extrinsic = Extrinsic::Signed {
        signer: AccountId::from(pair.public().0),
        signature: MultiSignature::Sr25519(signature),
        extra,
        call,
    };
    UncheckedExtrinsic::decode_all(&mut &extrinsic.encode()[..]).expect("the runtime's own format")
}

/// Why the pool and a block refuse it: for the same reason.
fn refused(call: Call, era: Era) -> TransactionValidityError {
    let storage = RuntimeGenesisConfig::default().build_storage();
    sp_io::TestExternalities::new(storage.expect("a genesis")).execute_with(|| {
        System::set_block_number(NOW);
        for block in 0..NOW {
            let hash = Hash::repeat_byte(block as u8 + 1);
            frame_system::BlockHash::<psephos_runtime::Runtime>::insert(block, hash);
        }
        let extrinsic = signed(call, era);
        let block = Executive::apply_extrinsic(extrinsic.clone()).expect_err("not in a block");
        System::set_block_number(NOW - 1);
        let source = TransactionSource::External;
        let pool = Executive::validate_transaction(source, extrinsic, System::block_hash(NOW - 1))
            .expect_err("not in the pool");
        assert_eq!(pool, block);
        block
    })
}

#[test]
fn a_ballot_that_expires_is_refused_before_anything_else() {
    for era in [Era::mortal(64, 4), Era::mortal(4, 4)] {
        assert_eq!(
            refused(ballot(), era),
            InvalidTransaction::Custom(26).into()
        );
    }
}

#[test]
fn an_immortal_ballot_is_looked_at() {
    assert_eq!(
        refused(ballot(), Era::immortal()),
        Refusal::UnknownElection.into()
    );
}

#[test]
fn an_officials_message_may_expire() {
    for era in [Era::mortal(64, 4), Era::immortal()] {
        assert_eq!(refused(message(), era), Refusal::NotAdmitted.into());
    }
}
