//! Ballots that a colluding majority of validators has let into blocks: sealed and finalised, but
//! against the rules. Each is found, and named.

use psephos_crypto::{
    ballot::{BallotError, BallotField},
    blind_signature::CredentialError,
    group::GroupError,
};
use psephos_primitives::{
    limits::MAX_BALLOTS_PER_ACCOUNT,
    wire::{BallotRegisterCall, Call, ConsortiumCall, Extra, VoterRegisterCall},
    Ballot, DistrictId, ElectionId, Refusal, RegistrarIndex, RevotePolicy, VoterNumber,
};
use psephos_verifier::{Cause, Check};
use sp_core::{sr25519, Pair};
use sp_runtime::generic::Era;

use crate::world::{
    bounded,
    people::{north, south},
    Setup, World, ELECTION, NORTH, SOUTH,
};

const ONE: Setup = Setup {
    members: 3,
    trustees: 2,
    threshold: 2,
    registrars: 2,
    quorum: 2,
    districts: 2,
    revote: RevotePolicy::Forbidden,
    minimum_ballots: 0,
};
const REVOTE: Setup = Setup {
    revote: RevotePolicy::LastCounts,
    ..ONE
};

fn refused(check: Check, refusal: Refusal) -> (Check, Cause) {
    (check, Cause::Refused(refusal))
}

/// Casts a ballot of voter 0 in the north, changed by `change`.
fn changed(
    world: &mut World,
    change: impl FnOnce(&mut World, &mut BallotRegisterCall),
) -> (Check, Cause) {
    changed_by(world, 0, change)
}

/// … of another voter in the north: an account whose proofs fail has cast all the same.
fn changed_by(
    world: &mut World,
    voter: u64,
    change: impl FnOnce(&mut World, &mut BallotRegisterCall),
) -> (Check, Cause) {
    let mut call = world.cast_call(voter, &north(1));
    change(world, &mut call);
    let extrinsic = world.send(voter, 0, call);
    world.bad(extrinsic)
}

#[test]
fn before_voting_opens() {
    let mut world = World::new(ONE);
    world.create();
    world.register(1);
    world.hold_ceremony();
    let ballot = world.cast(0, 0, &north(1));
    assert_eq!(
        world.bad(ballot),
        refused(Check::Admission, Refusal::NotVoting)
    );
}

/// attacks.md 8: the closing block is immutable.
#[test]
fn from_the_closing_block_on() {
    let mut world = World::issued(ONE, 4);
    let ballots = vec![world.cast(0, 0, &north(1))];
    world.good(ballots);
    world.advance_to(world.manifest.voting.end);
    let late = world.cast(2, 0, &north(1));
    assert_eq!(
        world.bad(late),
        refused(Check::Admission, Refusal::NotVoting)
    );
}

#[test]
fn after_the_result() {
    let mut world = World::issued(ONE, 2);
    world.advance_to(world.manifest.voting.end + 1);
    let late = world.cast(0, 0, &north(1));
    assert_eq!(
        world.bad(late),
        refused(Check::Admission, Refusal::ElectionOver)
    );
}

#[test]
fn for_no_election_and_no_district() {
    let mut world = World::issued(ONE, 2);
    let found = changed(&mut world, |_, call| {
        let BallotRegisterCall::Cast { election, .. } = call else {
            panic!()
        };
        *election = ElectionId(2);
    });
    assert_eq!(found, refused(Check::Admission, Refusal::UnknownElection));
    let found = changed(&mut world, |_, call| {
        let BallotRegisterCall::Cast { district, .. } = call else {
            panic!()
        };
        *district = DistrictId(30);
    });
    assert_eq!(found, refused(Check::Admission, Refusal::UnknownDistrict));
}

/// attacks.md 21: double casting counts once.
#[test]
fn a_second_ballot_where_revoting_is_forbidden() {
    let mut world = World::issued(ONE, 4);
    let ballot = world.cast(0, 0, &north(1));
    world.good(vec![ballot]);
    for nonce in [0, 1] {
        let again = world.cast(0, nonce, &north(2));
        assert_eq!(
            world.bad(again),
            refused(Check::Admission, Refusal::AlreadyVoted)
        );
    }
}

/// attacks.md 16: an old ballot cannot come back over a newer one.
#[test]
fn an_older_ballot_replayed_over_a_newer_one() {
    let mut world = World::issued(REVOTE, 1);
    let first = world.cast(0, 0, &north(1));
    world.good(vec![first.clone()]);
    let second = world.cast(0, 1, &north(2));
    world.good(vec![second]);
    assert_eq!(
        world.bad(first),
        refused(Check::Admission, Refusal::OldBallot)
    );
    let ahead = world.cast(0, 3, &north(2));
    assert_eq!(
        world.bad(ahead),
        refused(Check::Admission, Refusal::NonceAhead)
    );
}

/// One credential cannot fill blocks for ever.
#[test]
fn more_ballots_than_one_account_may_cast() {
    let mut world = World::issued(REVOTE, 1);
    let ballots = (0..MAX_BALLOTS_PER_ACCOUNT).map(|nonce| world.cast(0, nonce, &north(1)));
    let ballots = ballots.collect();
    world.good(ballots);
    let further = world.cast(0, MAX_BALLOTS_PER_ACCOUNT, &north(1));
    assert_eq!(
        world.bad(further),
        refused(Check::Admission, Refusal::TooManyBallots)
    );
}

#[test]
fn a_first_ballot_with_a_nonce() {
    let mut world = World::issued(ONE, 1);
    let ahead = world.cast(0, 1, &north(2));
    assert_eq!(
        world.bad(ahead),
        refused(Check::Admission, Refusal::NonceAhead)
    );
}

/// attacks.md 3: no more accounts vote than credentials were issued, whoever signs more of them.
#[test]
fn more_accounts_than_credentials_were_issued() {
    let mut world = World::until_voting(ONE, 3);
    let early = world.cast(0, 0, &north(1));
    assert_eq!(
        world.bad(early),
        refused(Check::Admission, Refusal::NoIssueLeft)
    );
    // Only one registrar of two has recorded the issue.
    let issue = VoterRegisterCall::Issue {
        election: ELECTION,
        voters: bounded(vec![VoterNumber(0)]),
    };
    let by_one = world.by_registrar(0, issue.clone());
    world.good(vec![by_one]);
    let early = world.cast(0, 0, &north(1));
    assert_eq!(
        world.bad(early),
        refused(Check::Admission, Refusal::NoIssueLeft)
    );
    let by_the_other = world.by_registrar(1, issue);
    world.good(vec![by_the_other]);
    let ballot = world.cast(0, 0, &north(1));
    world.good(vec![ballot]);
    let further = world.cast(2, 0, &north(1));
    assert_eq!(
        world.bad(further),
        refused(Check::Admission, Refusal::NoIssueLeft)
    );
}

#[test]
fn a_revote_in_another_district() {
    let mut world = World::issued(REVOTE, 2);
    let ballot = world.cast(0, 0, &north(1));
    world.good(vec![ballot]);
    let account = World::one_time_key(0).public().0;
    let call = BallotRegisterCall::Cast {
        election: ELECTION,
        district: SOUTH,
        credential: world.credential(SOUTH, &account),
        ballot: world.ballot(SOUTH, &account, &south(1, [true, true])),
    };
    let elsewhere = world.send(0, 1, call);
    assert_eq!(
        world.bad(elsewhere),
        refused(Check::Admission, Refusal::OtherDistrict)
    );
}

/// attacks.md 3: nobody casts without a credential, with too few signatures, or with one twice.
#[test]
fn credentials_that_are_no_quorum() {
    let mut world = World::issued(ONE, 4);
    let credential = |call: &mut BallotRegisterCall| match call {
        BallotRegisterCall::Cast { credential, .. } => std::mem::take(credential).into_inner(),
        BallotRegisterCall::SubmitShares { .. } => panic!("is a ballot"),
    };
    let with = |call: &mut BallotRegisterCall, signatures| match call {
        BallotRegisterCall::Cast { credential, .. } => *credential = bounded(signatures),
        BallotRegisterCall::SubmitShares { .. } => panic!("is a ballot"),
    };
    let found = changed(&mut world, |_, call| with(call, vec![]));
    assert_eq!(
        found,
        refused(Check::Credentials, Refusal::CredentialQuorum)
    );
    let found = changed(&mut world, |_, call| {
        let mut signatures = credential(call);
        signatures.pop();
        with(call, signatures);
    });
    assert_eq!(
        found,
        refused(Check::Credentials, Refusal::CredentialQuorum)
    );
    let found = changed(&mut world, |_, call| {
        let mut signatures = credential(call);
        signatures[1] = signatures[0].clone();
        with(call, signatures);
    });
    assert_eq!(found, refused(Check::Credentials, Refusal::CredentialOrder));
    let found = changed(&mut world, |_, call| {
        let mut signatures = credential(call);
        signatures.swap(0, 1);
        with(call, signatures);
    });
    assert_eq!(found, refused(Check::Credentials, Refusal::CredentialOrder));
    let found = changed(&mut world, |_, call| {
        let mut signatures = credential(call);
        signatures[1].registrar = RegistrarIndex(2);
        with(call, signatures);
    });
    assert_eq!(
        found,
        refused(Check::Credentials, Refusal::UnknownRegistrar)
    );
}

/// A credential is for one account, one district, one election and one registrar.
#[test]
fn credentials_of_others() {
    let mut world = World::issued(ONE, 4);
    let invalid = (
        Check::Credentials,
        Cause::Credential(CredentialError::InvalidSignature),
    );
    let found = changed(&mut world, |world, call| {
        let BallotRegisterCall::Cast { credential, .. } = call else {
            panic!()
        };
        *credential = world.credential(NORTH, &World::one_time_key(2).public().0);
    });
    assert_eq!(found, invalid);
    let found = changed(&mut world, |world, call| {
        let BallotRegisterCall::Cast { credential, .. } = call else {
            panic!()
        };
        *credential = world.credential(SOUTH, &World::one_time_key(0).public().0);
    });
    assert_eq!(found, invalid);
    let found = changed(&mut world, |_, call| {
        let BallotRegisterCall::Cast { credential, .. } = call else {
            panic!()
        };
        let other = credential[0].signature.clone();
        credential[1].signature = other;
    });
    assert_eq!(found, invalid);
}

fn ballot_of(call: &mut BallotRegisterCall) -> &mut Ballot {
    match call {
        BallotRegisterCall::Cast { ballot, .. } => ballot,
        BallotRegisterCall::SubmitShares { .. } => panic!("is a ballot"),
    }
}

/// attacks.md 10: copies of another's ballot, exact and permuted.
#[test]
fn copies_of_another_ballot() {
    let mut world = World::issued(ONE, 6);
    let mut original = world.cast_call(2, &north(2));
    let extrinsic = world.send(2, 0, original.clone());
    world.good(vec![extrinsic]);
    let found = changed(&mut world, |_, call| {
        *ballot_of(call) = ballot_of(&mut original).clone();
    });
    assert_eq!(found, refused(Check::Proofs, Refusal::DuplicateTracker));
    let found = changed(&mut world, |_, call| {
        *ballot_of(call) = ballot_of(&mut original).clone();
        ballot_of(call).contests[0].selections.as_mut().swap(0, 1);
    });
    // Changed in any way, the sum proof no longer is about these ciphertexts.
    assert_eq!(
        found,
        (
            Check::Proofs,
            Cause::Ballot(BallotError::SumChallenge { contest: 1 })
        )
    );
    let found = changed_by(&mut world, 4, |world, call| {
        let account = World::one_time_key(6).public().0;
        *ballot_of(call) = world.ballot(NORTH, &account, &north(1));
    });
    assert_eq!(
        found,
        (
            Check::Proofs,
            Cause::Ballot(BallotError::SumChallenge { contest: 1 })
        )
    );
}

#[test]
fn ballots_of_another_shape() {
    let mut world = World::issued(ONE, 6);
    // The south's has more than fits in the north.
    let found = changed(&mut world, |world, call| {
        let account = World::one_time_key(0).public().0;
        *ballot_of(call) = world.ballot(SOUTH, &account, &south(1, [true, true]));
    });
    assert_eq!(found, refused(Check::Admission, Refusal::TooLong));
    let found = changed(&mut world, |_, call| {
        ballot_of(call).contests.pop();
    });
    let expected = BallotError::ContestCount {
        expected: 1,
        found: 0,
    };
    assert_eq!(found, (Check::Proofs, Cause::Ballot(expected)));
    let found = changed_by(&mut world, 2, |_, call| {
        ballot_of(call).contests[0].selections.pop();
    });
    let expected = BallotError::OptionCount {
        contest: 1,
        expected: 3,
        found: 2,
    };
    assert_eq!(found, (Check::Proofs, Cause::Ballot(expected)));
}

/// attacks.md 2 and 7: encodings of nothing are named, and nothing panics.
#[test]
fn ballots_of_no_group_elements() {
    let mut world = World::issued(ONE, 8);
    let mut cast = |voter, change: &dyn Fn(&mut Ballot)| {
        changed_by(&mut world, voter, |_, call| change(ballot_of(call)))
    };
    let selection = |option, field, error| {
        let error = BallotError::Selection {
            contest: 1,
            option,
            field,
            error,
        };
        (Check::Proofs, Cause::Ballot(error))
    };
    let found = cast(0, &|ballot| {
        ballot.contests[0].selections[0].ciphertext.r.0 = [0; 32]
    });
    assert_eq!(found, selection(0, BallotField::R, GroupError::Identity));
    let found = cast(2, &|ballot| {
        ballot.contests[0].selections[1].ciphertext.c.0 = [0xff; 32]
    });
    assert_eq!(
        found,
        selection(1, BallotField::C, GroupError::PointEncoding)
    );
    let found = cast(4, &|ballot| {
        ballot.contests[0].selections[2].proof.responses[1].0 = [0xff; 32];
    });
    assert_eq!(
        found,
        selection(2, BallotField::Response, GroupError::ScalarEncoding)
    );
}

/// A ballot for two options of which one is allowed: its parts are of valid ballots.
#[test]
fn a_ballot_for_too_many_options() {
    let mut world = World::issued(ONE, 2);
    let found = changed(&mut world, |world, call| {
        let account = World::one_time_key(0).public().0;
        let other = world.ballot(NORTH, &account, &north(2));
        let mine = &mut ballot_of(call).contests[0];
        mine.selections[1] = other.contests[0].selections[1];
    });
    let expected = BallotError::SumChallenge { contest: 1 };
    assert_eq!(found, (Check::Proofs, Cause::Ballot(expected)));
}

/// Of many ballots in one block the invalid one is named, and the others count.
#[test]
fn one_bad_ballot_among_good_ones() {
    let mut world = World::issued(ONE, 6);
    let good = [world.cast(0, 0, &north(1)), world.cast(2, 0, &north(1))];
    let mut call = world.cast_call(4, &north(1));
    let proof = &mut ballot_of(&mut call).contests[0].selections[0].proof;
    proof.responses.swap(0, 1);
    let bad = world.send(4, 0, call);
    let [first, second] = good;
    let report = world.block(vec![first, bad, second]);
    let [finding] = &report.findings[..] else {
        panic!("{:?}", report.findings)
    };
    assert_eq!(finding.extrinsic, Some(2));
    assert_eq!(finding.cause, Cause::Ballot(BallotError::InvalidProof));
    world.advance_to(world.manifest.voting.end + 1);
    let counts = world
        .chain
        .election(ELECTION)
        .expect("created")
        .counts(NORTH)
        .expect("exists");
    assert_eq!(
        (counts.participating, counts.issued, counts.cast),
        (3, 3, 3)
    );
}

/// A signature is for this call, nonce, chain and runtime, by this account.
#[test]
fn signatures_of_something_else() {
    let mut world = World::issued(ONE, 2);
    let call = Call::BallotRegister(world.cast_call(0, &north(1)));
    let key = World::one_time_key(0);
    let immortal = Extra {
        era: Era::Immortal,
        nonce: 0,
    };
    let right = world.builder.implicit();
    let mut wrong = vec![right.clone(); 4];
    wrong[0].genesis_hash = [1; 32].into();
    wrong[1].spec_version += 1;
    wrong[2].transaction_version += 1;
    wrong[3].mortality_hash = [1; 32].into();
    for implicit in wrong {
        let extrinsic = world
            .builder
            .sign_for(&key, immortal.clone(), &implicit, call.clone());
        assert_eq!(world.bad(extrinsic), (Check::Signatures, Cause::Signature));
    }
}

/// Signs a call with an era that began with the last block.
fn mortal(world: &World, key: &sr25519::Pair, nonce: u32, call: Call) -> Vec<u8> {
    let extra = Extra {
        era: Era::mortal(4, world.chain.height().into()),
        nonce,
    };
    let mut implicit = world.builder.implicit();
    implicit.mortality_hash = world.chain.head();
    world.builder.sign_for(key, extra, &implicit, call)
}

/// A relay may hold a ballot for long, so none may expire (PSE-BAL-3, PSE-EXT-7).
#[test]
fn a_ballot_that_expires() {
    let mut world = World::issued(ONE, 2);
    let call = Call::BallotRegister(world.cast_call(0, &north(1)));
    let ballot = mortal(&world, &World::one_time_key(0), 0, call);
    assert_eq!(
        world.bad(ballot),
        refused(Check::Admission, Refusal::MortalBallot)
    );
}

/// A mortal message is for the branch that it was signed on, until its era is over.
#[test]
fn messages_outside_their_eras() {
    let mut world = World::issued(ONE, 2);
    let member = world.members[0].pair.clone();
    // The member has proposed the election, voted for it, and closed the motion.
    let nonce = 3;
    let vote = || {
        Call::Consortium(ConsortiumCall::Vote {
            proposal: [7; 32].into(),
            index: 0,
            approve: true,
        })
    };
    let message = mortal(&world, &member, nonce, vote());
    let again = message.clone();
    world.good(vec![message]);
    world.good(vec![]);
    world.good(vec![]);
    world.good(vec![]);
    assert_eq!(world.bad(again), (Check::Signatures, Cause::Signature));
    // An era that has not begun: its first block is the one that it stands in.
    let early = Extra {
        era: Era::mortal(4, u64::from(world.chain.height()) + 1),
        nonce,
    };
    let implicit = world.builder.implicit();
    let message = world.builder.sign_for(&member, early, &implicit, vote());
    assert_eq!(world.bad(message), (Check::Signatures, Cause::Era));
}

/// The longest extrinsic that can cast a ballot in a district, and one byte more (PSE-EXT-5).
#[test]
fn a_ballot_longer_than_any_of_its_district() {
    let mut world = World::issued(ONE, 6);
    // Two signatures under keys of 256 bytes; three options of which at most one can be selected,
    // so that the sum proof has two branches; lists of 2, 1, 3 and 2.
    let around = 4 + 1 + 33 + 66 + 2 + 5 + 2 + 4 + 4;
    let longest = around + 1 + 2 * (1 + 32 + 2 + 256) + 1 + 1 + 3 * 288 + 1 + 2 * 128;
    let of_length = |world: &mut World, voter: u64, bytes: usize| {
        let mut call = world.cast_call(voter, &north(1));
        let length = world.send(voter, 0, call.clone()).len();
        let BallotRegisterCall::Cast { credential, .. } = &mut call else {
            panic!("is a ballot")
        };
        let signature = &mut credential[0].signature.signature;
        let longer = bytes - length + signature.len();
        *signature = bounded([signature.as_slice(), &[0; 256]].concat()[..longer].to_vec());
        let extrinsic = world.send(voter, 0, call);
        assert_eq!(extrinsic.len(), bytes);
        world.bad(extrinsic)
    };
    let (check, _) = of_length(&mut world, 0, longest);
    assert_eq!(check, Check::Credentials);
    assert_eq!(
        of_length(&mut world, 0, longest + 1),
        refused(Check::Admission, Refusal::TooLong)
    );
}

/// The identity of the group as a public key: everybody can sign for it.
#[test]
fn the_account_that_anybody_can_sign_for() {
    use codec::{Decode, Encode};
    use psephos_primitives::{wire::Extrinsic, AccountId};
    let mut world = World::issued(ONE, 2);
    let extrinsic = world.cast(0, 0, &north(1));
    let mut extrinsic = Extrinsic::decode(&mut &extrinsic[..]).expect("is an extrinsic");
    let Extrinsic::Signed { signer, .. } = &mut extrinsic else {
        panic!("is signed")
    };
    *signer = AccountId::new([0; 32]);
    assert_eq!(
        world.bad(extrinsic.encode()),
        (Check::Signatures, Cause::ZeroAccount)
    );
}
