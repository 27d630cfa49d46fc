//! The code is replaced by whoever has what the consortium authorised, once, and by nobody else
//! (PSE-UPG).

use codec::{DecodeAll, Encode};
use frame_support::assert_ok;
use psephos_primitives::{
    hashing::blake2_256,
    wire::{Call, SystemCall, ValidatorSetCall},
    Hash, Refusal,
};
use psephos_runtime::{RuntimeCall, RuntimeEvent, System, UncheckedExtrinsic, VERSION};
use sp_core::storage::well_known_keys::CODE;
use sp_runtime::{generic::Era, DigestItem, DispatchError};
use sp_version::{embed::embed_runtime_version, RuntimeVersion};

use crate::chain::{account, refused, Chain};

/// Who has no account on the chain.
const STRANGER: u8 = 99;
/// WebAssembly that holds nothing.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

/// A code that says no more than its name and version.
fn code(name: &'static str, spec_version: u32) -> Vec<u8> {
    let version = RuntimeVersion {
        spec_name: name.into(),
        spec_version,
        ..VERSION
    };
    embed_runtime_version(EMPTY, version).expect("it has room for a section")
}

fn next() -> Vec<u8> {
    code("psephos", VERSION.spec_version + 1)
}

fn apply(code: Vec<u8>) -> Call {
    Call::System(SystemCall::ApplyAuthorizedUpgrade { code })
}

fn authorized(code: &[u8]) -> Chain {
    let mut chain = Chain::begin(4, b"code");
    let code_hash = Hash::from(blake2_256(code));
    let authorize = Call::ValidatorSet(ValidatorSetCall::AuthorizeUpgrade { code_hash });
    assert_ok!(chain.decide(&[1, 2, 3], authorize));
    chain.next_block();
    chain
}

fn current(chain: &mut Chain) -> Option<Vec<u8>> {
    chain.execute(|| frame_support::storage::unhashed::get_raw(CODE))
}

#[test]
fn anybody_brings_the_authorised_code_and_leaves_no_account() {
    let code = next();
    let mut chain = authorized(&code);
    let upgrade = chain.sign(STRANGER, Era::immortal(), 0, apply(code.clone()));
    let valid = chain.validate(upgrade.clone()).expect("it is admitted");
    assert_eq!(valid.requires, Vec::<Vec<u8>>::new());
    assert_eq!(valid.provides, [("upgrade", blake2_256(&code)).encode()]);
    assert!(valid.propagate);
    assert_eq!(chain.apply(upgrade.clone()), Ok(Ok(())));
    assert_eq!(current(&mut chain), Some(code));
    chain.execute(|| {
        let stranger = account(STRANGER);
        assert!(!frame_system::Account::<psephos_runtime::Runtime>::contains_key(stranger));
    });
    // It cannot be brought a second time.
    refused(&mut chain, &upgrade, Refusal::CodeNotAuthorized);
    let logs = chain.execute(|| System::digest().logs);
    let announced = |item: &&DigestItem| **item == DigestItem::RuntimeEnvironmentUpdated;
    assert_eq!(logs.iter().filter(announced).count(), 1);
}

#[test]
fn no_other_code_is_let_in() {
    let code = next();
    let mut chain = authorized(&code);
    let mut other = code;
    other.push(0);
    let upgrade = chain.sign(1, Era::immortal(), 0, apply(other));
    refused(&mut chain, &upgrade, Refusal::CodeNotAuthorized);
}

#[test]
fn nothing_is_let_in_that_nobody_authorised() {
    let mut chain = Chain::begin(4, b"code");
    let upgrade = chain.sign(STRANGER, Era::immortal(), 0, apply(next()));
    refused(&mut chain, &upgrade, Refusal::CodeNotAuthorized);
}

#[test]
fn an_upgrade_is_immortal_and_has_the_nonce_0() {
    let code = next();
    let mut chain = authorized(&code);
    let mortal = chain.sign(STRANGER, Era::mortal(64, 1), 0, apply(code.clone()));
    refused(&mut chain, &mortal, Refusal::UpgradeEnvelope);
    let numbered = chain.sign(1, Era::immortal(), 1, apply(code));
    refused(&mut chain, &numbered, Refusal::UpgradeEnvelope);
}

#[test]
fn nothing_is_replaced_while_an_election_is_open() {
    let code = next();
    let mut chain = authorized(&code);
    let upgrade = chain.sign(STRANGER, Era::immortal(), 0, apply(code.clone()));
    // `Elections.OpenElections`: to open one by its ceremony would say nothing more here.
    let open = [
        sp_io::hashing::twox_128(b"Elections"),
        sp_io::hashing::twox_128(b"OpenElections"),
    ]
    .concat();
    let set = |count: u32| frame_support::storage::unhashed::put(&open, &count);
    chain.execute(|| set(1));
    refused(&mut chain, &upgrade, Refusal::Frozen);
    // The authorisation waits (PSE-UPG-4).
    chain.execute(|| set(0));
    assert_eq!(chain.apply(upgrade), Ok(Ok(())));
    assert_eq!(current(&mut chain), Some(code));
}

#[test]
fn an_upgrade_that_nobody_signed_stays_out() {
    let code = next();
    let mut chain = authorized(&code);
    let call = RuntimeCall::decode_all(&mut &apply(code).encode()[..]).expect("a call");
    let bare = UncheckedExtrinsic::new_bare(call);
    refused(&mut chain, &bare, Refusal::NotAdmitted);
}

#[test]
fn a_code_that_is_not_the_next_one_of_this_runtime_changes_nothing() {
    let same = VERSION.spec_version;
    for (code, error) in [
        (
            code("psephos", same),
            frame_system::Error::<psephos_runtime::Runtime>::SpecVersionNeedsToIncrease,
        ),
        (
            code("other", same + 1),
            frame_system::Error::InvalidSpecName,
        ),
        (
            b"no code at all".to_vec(),
            frame_system::Error::FailedToExtractRuntimeVersion,
        ),
    ] {
        let mut chain = authorized(&code);
        let upgrade = chain.sign(STRANGER, Era::immortal(), 0, apply(code));
        assert_eq!(chain.apply(upgrade.clone()), Ok(Ok(())));
        assert_eq!(current(&mut chain), Some(b"code".to_vec()));
        let error = DispatchError::from(error);
        chain.execute(|| {
            let rejected = System::events().into_iter().any(|record| {
                matches!(
                    record.event,
                    RuntimeEvent::System(frame_system::Event::RejectedInvalidAuthorizedUpgrade {
                        error: found, ..
                    }) if found == error
                )
            });
            assert!(rejected);
        });
        // The authorisation is used up.
        refused(&mut chain, &upgrade, Refusal::CodeNotAuthorized);
    }
}
