use frame_support::assert_noop;
use psephos_primitives::{limits::MAX_TRUSTEES, Manifest};

use crate::{mock::*, sample, Error};

/// Spoils a valid manifest and expects exactly this error and no change of the state.
fn refused(error: Error<Test>, spoil: impl FnOnce(&mut Manifest)) {
    build_and_execute(|| {
        let mut manifest = manifest();
        spoil(&mut manifest);
        assert_noop!(create(manifest), error);
    });
}

#[test]
fn districts() {
    refused(Error::NoDistrict, |m| m.districts.clear());
    refused(Error::DuplicateDistrict, |m| {
        m.districts[1].id = m.districts[0].id
    });
}

#[test]
fn contests() {
    refused(Error::NoContest, |m| m.districts[1].contests.clear());
    refused(Error::DuplicateContest, |m| {
        let contest = m.districts[0].contests[0].clone();
        m.districts[0]
            .contests
            .try_push(contest)
            .expect("there is room");
    });
    refused(Error::NoOption, |m| {
        m.districts[0].contests[0].options.clear()
    });
    refused(Error::DuplicateOption, |m| {
        let options = &mut m.districts[0].contests[0].options;
        options[2] = options[0].clone();
    });
    refused(Error::SelectionRange, |m| {
        m.districts[0].contests[0].max_selections = 4
    });
    refused(Error::SelectionRange, |m| {
        m.districts[0].contests[0].min_selections = 2
    });
}

#[test]
fn trustees() {
    refused(Error::Threshold, |m| m.threshold = 0);
    refused(Error::Threshold, |m| m.threshold = 6);
    refused(Error::Threshold, |m| m.threshold = MAX_TRUSTEES as u8 + 1);
    refused(Error::DuplicateTrustee, |m| {
        m.trustees[4].account = sample::trustee(1)
    });
    refused(Error::TrusteeIsRegistrar, |m| {
        m.trustees[4].account = sample::registrar(0)
    });
}

#[test]
fn registrars() {
    refused(Error::Quorum, |m| m.quorum = 0);
    refused(Error::Quorum, |m| m.quorum = 4);
    refused(Error::DuplicateRegistrar, |m| {
        m.registrars[2].account = sample::registrar(0)
    });
    refused(Error::RegistrarKeys, |m| {
        m.registrars[1].keys.pop();
    });
    refused(Error::RegistrarKey, |m| {
        m.registrars[1].keys[1].modulus.pop();
    });
    refused(Error::DuplicateRegistrarKey, |m| {
        m.registrars[1].keys[1] = m.registrars[0].keys[1].clone();
    });
    refused(Error::DuplicateRegistrarKey, |m| {
        m.registrars[1].keys[1] = m.registrars[1].keys[0].clone();
    });
}

#[test]
fn schedule() {
    refused(Error::Schedule, |m| {
        m.registration.start = m.registration.end
    });
    refused(Error::Schedule, |m| m.registration.end = m.voting.start + 1);
    refused(Error::Schedule, |m| m.voting.end = m.voting.start);
    refused(Error::CeremonyStage, |m| m.ceremony_stage = 0);
}
