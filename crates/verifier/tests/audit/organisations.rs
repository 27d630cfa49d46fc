//! What the consortium decides about organisations, and what they do for themselves: with effect or
//! without.

use codec::Encode;
use psephos_primitives::{
    validators::{DoubleVote, Equivocation, Vote},
    wire::{Call, ConsortiumCall, ValidatorSetCall},
    Phase, Refusal,
};
use psephos_verifier::{Cause, Check};
use sp_core::Pair;
use sp_runtime::Weight;

use crate::world::{
    cancel,
    chain::Keys,
    organisations::{
        account, admit, admit_with, dismiss, keys, motion_hash, organisation, rotate, voting_after,
        with_members,
    },
    people::Official,
    World, ELECTION,
};

/// What the consortium decides without effect leaves the set as it is.
fn has_no_effect(world: &mut World, call: Call) {
    world.decide(call);
    world.advance_to(64);
    assert_eq!(world.chain.handovers(), []);
}

#[test]
fn who_may_not_be_admitted_is_not() {
    let (own, stranger) = (Keys::new(3), Keys::new(8));
    has_no_effect(&mut with_members(3), admit_with(2, &Keys::new(3)));
    for taken in [
        Keys {
            aura: Keys::new(1).aura,
            ..own.clone()
        },
        Keys {
            grandpa: Keys::new(1).grandpa,
            ..own.clone()
        },
    ] {
        has_no_effect(&mut with_members(3), admit_with(3, &taken));
    }
    for forge in [0, 1] {
        let Call::ValidatorSet(ValidatorSetCall::Admit {
            organisation,
            keys,
            mut proof,
        }) = admit(3)
        else {
            panic!("is an admission")
        };
        let forged = stranger.proof(&organisation);
        match forge {
            0 => proof.aura = forged.aura,
            _ => proof.grandpa = forged.grandpa,
        }
        let call = ValidatorSetCall::Admit {
            organisation,
            keys,
            proof,
        };
        has_no_effect(&mut with_members(3), Call::ValidatorSet(call));
    }
    // A proof that was made for another organisation.
    let Call::ValidatorSet(ValidatorSetCall::Admit { keys, proof, .. }) = admit(3) else {
        panic!("is an admission")
    };
    let organisation = account(4);
    let call = ValidatorSetCall::Admit {
        organisation,
        keys,
        proof,
    };
    has_no_effect(&mut with_members(3), Call::ValidatorSet(call));
}

#[test]
fn there_are_so_many_organisations_and_no_more() {
    let mut world = with_members(99);
    world.decide(admit(99));
    world.decide(admit(100));
    let hundred: Vec<_> = (0..100).map(Keys::new).collect();
    world.hand_over_at(40, &hundred);
    world.advance_to(61);
}

#[test]
fn officials_are_not_admitted_while_their_election_lasts() {
    let officials = |world: &World| {
        [
            world.trustees[0].official.account(),
            world.registrars[0].account(),
        ]
    };
    for position in [0, 1] {
        let mut world = with_members(3);
        world.create();
        let organisation = officials(&world)[position].clone();
        let own = Keys::new(3);
        let call = Call::ValidatorSet(ValidatorSetCall::Admit {
            proof: own.proof(&organisation),
            keys: own.public(),
            organisation,
        });
        world.decide(call.clone());
        world.advance_to(22);
        assert_eq!(world.chain.handovers(), []);
        // The ceremony was never held: the election is cancelled in block 30.
        world.advance_to(31);
        let phase = world.chain.election(ELECTION).map(|own| own.phase());
        assert_eq!(phase, Some(Phase::Cancelled));
        world.decide(call);
        world.hand_over_at(60, &keys(&[0, 1, 2, 3]));
        world.advance_to(64);
    }
}

/// And the other way round: members hold no office.
#[test]
fn no_election_has_members_as_officials() {
    for office in ["trustee", "registrar"] {
        let mut world = with_members(3);
        let index = match office {
            "trustee" => 1,
            _ => 0,
        };
        let organisation = Official::new(office, index).account();
        let own = Keys::new(3);
        world.decide(Call::ValidatorSet(ValidatorSetCall::Admit {
            proof: own.proof(&organisation),
            keys: own.public(),
            organisation,
        }));
        world.create();
        assert_eq!(world.chain.elections(), 0, "{office}");
    }
}

#[test]
fn who_may_not_be_dismissed_is_not() {
    has_no_effect(&mut with_members(5), dismiss(7));
    // Four tolerate one fault, three none.
    has_no_effect(&mut with_members(4), dismiss(3));
}

/// Members come and go at once, and whoever goes takes its votes with it.
#[test]
fn a_dismissed_members_votes_do_not_count() {
    let mut world = with_members(5);
    let call = admit(5);
    let hash = motion_hash(&call);
    let length_bound = call.encoded_size() as u32;
    let propose = ConsortiumCall::Propose {
        threshold: 3,
        proposal: Box::new(call),
        length_bound,
    };
    let mut calls = vec![world.by_member(0, propose)];
    world.builder.motions += 1;
    let vote = ConsortiumCall::Vote {
        proposal: hash,
        index: 0,
        approve: true,
    };
    for member in [0, 1, 4] {
        calls.push(world.by_member(member, vote.clone()));
    }
    world.good(calls);
    world.decide(dismiss(4));
    let gone = world.by_member(4, vote.clone());
    let refused = (Check::Officials, Cause::Refused(Refusal::NotYourCall));
    assert_eq!(world.bad(gone), refused);
    let close = ConsortiumCall::Close {
        proposal_hash: hash,
        index: 0,
        proposal_weight_bound: Weight::MAX,
        length_bound,
    };
    let too_early = world.by_member(0, close.clone());
    world.good(vec![too_early]);
    world.hand_over_at(40, &keys(&[0, 1, 2, 3]));
    let calls = vec![world.by_member(2, vote), world.by_member(0, close)];
    world.good(calls);
    world.hand_over_at(80, &keys(&[0, 1, 2, 3, 5]));
    // The new member votes.
    let vote = ConsortiumCall::Vote {
        proposal: hash,
        index: 9,
        approve: true,
    };
    let vote = world.by_organisation(5, Call::Consortium(vote));
    world.good(vec![vote]);
}

#[test]
fn keys_that_may_not_be_taken_are_not() {
    let (own, another) = (Keys::new(9), Keys::new(1));
    let mut without_effect = Vec::new();
    let of = |keys: &Keys| (keys.public(), keys.proof(&account(0)));
    for taken in [
        Keys {
            aura: another.aura.clone(),
            ..own.clone()
        },
        Keys {
            grandpa: another.grandpa,
            ..own.clone()
        },
    ] {
        without_effect.push(of(&taken));
    }
    let (keys, proof) = of(&own);
    let forged = another.proof(&account(0));
    let mut by_half = proof.clone();
    by_half.aura = forged.aura;
    without_effect.push((keys.clone(), by_half));
    let mut by_half = proof;
    by_half.grandpa = forged.grandpa;
    without_effect.push((keys.clone(), by_half));
    without_effect.push((keys, own.proof(&account(1))));
    for (keys, proof) in without_effect {
        let mut world = with_members(3);
        let call = world.by_organisation(0, rotate(keys, proof));
        world.good(vec![call]);
        world.advance_to(64);
        assert_eq!(world.chain.handovers(), []);
    }
    // By nobody.
    let mut world = with_members(3);
    let stranger = organisation(7);
    let call = rotate(own.public(), own.proof(&stranger.account()));
    let call = world.builder.official(&stranger, call);
    let refused = (Check::Officials, Cause::Refused(Refusal::NotYourCall));
    assert_eq!(world.bad(call), refused);
}

fn report_equivocation() -> Call {
    let vote = |number| Vote {
        hash: [1; 32].into(),
        number,
    };
    let pair = Keys::new(1).grandpa;
    let signed = |number| (vote(number), pair.sign(b"whatever"));
    Call::ValidatorSet(ValidatorSetCall::ReportEquivocation {
        set: 0,
        evidence: Equivocation::Precommit(DoubleVote {
            round: 1,
            authority: pair.public(),
            first: signed(1),
            second: signed(2),
        }),
    })
}

#[test]
fn members_report_equivocations_each_once() {
    let mut world = with_members(3);
    let report = world.by_organisation(0, report_equivocation());
    world.good(vec![report.clone()]);
    let replayed = Cause::Nonce {
        expected: 1,
        found: 0,
    };
    assert_eq!(world.bad(report), (Check::Officials, replayed));
    let by_nobody = world
        .builder
        .official(&organisation(7), report_equivocation());
    let refused = (Check::Officials, Cause::Refused(Refusal::NotYourCall));
    assert_eq!(world.bad(by_nobody), refused);
}

#[test]
fn no_member_decides_alone_who_is_one() {
    let authorise = || {
        let code_hash = [1; 32].into();
        Call::ValidatorSet(ValidatorSetCall::AuthorizeUpgrade { code_hash })
    };
    let refused = (Check::Officials, Cause::Refused(Refusal::NotAdmitted));
    for call in [admit(3), dismiss(4), authorise()] {
        let mut world = with_members(5);
        let member = organisation(0);
        let directly = world.builder.sign(&member.pair, 0, call.clone());
        assert_eq!(world.bad(directly), refused);
        // One aye of five is no majority.
        let alone = ConsortiumCall::Propose {
            threshold: 1,
            length_bound: call.encoded_size() as u32,
            proposal: Box::new(call),
        };
        let alone = world.by_member(0, alone);
        world.good(vec![alone]);
        world.advance_to(64);
        assert_eq!(world.chain.handovers(), []);
    }
    // Motions are not about what members do for themselves.
    let own = Keys::new(9);
    for call in [
        rotate(own.public(), own.proof(&account(0))),
        report_equivocation(),
    ] {
        let mut world = with_members(3);
        let motion = ConsortiumCall::Propose {
            threshold: 2,
            proposal: Box::new(call),
            length_bound: 1_000,
        };
        let motion = world.by_member(0, motion);
        assert_eq!(world.bad(motion), refused);
    }
}

/// While an election is open, nobody comes or goes: neither who was decided on before, nor anew.
#[test]
fn nobody_takes_over_while_an_election_is_open() {
    // Voting begins with block 30. Queued in block 20, who was admitted waits in 40 and 60.
    let mut world = voting_after(5, admit(5));
    world.decide(admit(6));
    world.decide(dismiss(4));
    world.rotate(3, &Keys::new(9));
    world.advance_to(61);
    let view = world.chain.election(ELECTION).expect("was created");
    assert_eq!(view.phase(), Phase::Tallying);
    world.decide(cancel());
    world.hand_over_at(80, &keys(&[0, 1, 2, 3, 4, 5]));
    world.advance_to(101);
    assert_eq!(world.chain.handovers().len(), 1);
}
