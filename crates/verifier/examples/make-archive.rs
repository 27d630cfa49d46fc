//! Makes the archive of an election with any number of ballots, to measure audits with:
//!
//! ```text
//! make-archive BALLOTS FILE
//! ```
//!
//! Everything in it is real, keys, signatures and proofs, but follows from a seed: one district, one
//! contest in which one of five options is selected, one registrar with RSA 2048.

#[path = "../tests/audit/world/mod.rs"]
mod world;

use std::{
    io::{Error, Write},
    process::ExitCode,
};

use psephos_crypto::{
    ballot::{prove, BallotStatement},
    blind_signature::{credential_message, issuing::blind},
    elgamal::ElectionKey,
};
use psephos_primitives::{
    limits::MAX_VOTERS_PER_CALL,
    register::Participation,
    wire::{BallotRegisterCall, Call, VoterRegisterCall},
    Ballot, BlockRange, Contest, ContestId, RegistrarIndex, RegistrarSignature, Text, VoterNumber,
};
use psephos_verifier::Threads;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sp_core::Pair;
use world::{bounded, counted, people::registrar_keys, Setup, World, ELECTION, NORTH};

/// Ballots in a block: what fits beside the chain's own limits, as in the elections that were measured.
const PER_BLOCK: u64 = 400;
/// Registrars' calls in a block.
const CALLS_PER_BLOCK: usize = 40;
const OPTIONS: u64 = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ballots, file] = &arguments[..] else {
        eprintln!("usage: make-archive BALLOTS FILE");
        return ExitCode::from(2);
    };
    let Ok(ballots) = ballots.parse() else {
        eprintln!("{ballots} is no number of ballots");
        return ExitCode::from(2);
    };
    match std::fs::write(file, archive(ballots)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn archive(ballots: u64) -> Vec<u8> {
    let mut world = World::new(Setup::small());
    schedule(&mut world, ballots);
    world.create();
    let voters: Vec<VoterNumber> = (0..ballots).map(VoterNumber).collect();
    by_registrar(&mut world, &voters, |voters| {
        VoterRegisterCall::Participate {
            election: ELECTION,
            voters: bounded(
                voters
                    .iter()
                    .map(|voter| Participation {
                        voter: *voter,
                        district: NORTH,
                    })
                    .collect(),
            ),
        }
    });
    world.hold_ceremony();
    world.advance_to(world.manifest.voting.start);
    by_registrar(&mut world, &voters, |voters| VoterRegisterCall::Issue {
        election: ELECTION,
        voters: bounded(voters.to_vec()),
    });
    for begin in (0..ballots).step_by(PER_BLOCK as usize) {
        let extrinsics = cast(&world, begin..ballots.min(begin + PER_BLOCK));
        world.good(extrinsics);
        let done = ballots.min(begin + PER_BLOCK);
        // Whoever does not want to see it has closed it.
        let _: Result<(), Error> = write!(std::io::stderr(), "\r{done} of {ballots} ballots");
    }
    eprintln!();
    world.advance_to(world.manifest.voting.end + 1);
    let shares = vec![world.shares(1, NORTH)];
    world.good(shares);
    let counts: Vec<u32> = (0..OPTIONS)
        .map(|option| ((ballots + OPTIONS - 1 - option) / OPTIONS) as u32)
        .collect();
    world.expect_result(&[(NORTH, counted(&[(1, &counts)]), ballots as u32)]);
    let shares = vec![world.shares(2, NORTH)];
    world.good(shares);
    world.archive()
}

/// One contest, and as many blocks as everything takes.
fn schedule(world: &mut World, ballots: u64) {
    let text = |text: &str| Text::new(text).expect("is a text");
    let options = ["A", "B", "C", "D", "E"].map(text).to_vec();
    let manifest = &mut world.manifest;
    manifest.districts[0].contests = bounded(vec![Contest {
        id: ContestId(1),
        title: text("One of five"),
        options: bounded(options),
        min_selections: 1,
        max_selections: 1,
        blank_allowed: false,
    }]);
    let calls = ballots.div_ceil(u64::from(MAX_VOTERS_PER_CALL));
    let registering = calls.div_ceil(CALLS_PER_BLOCK as u64) as u32;
    let casting = ballots.div_ceil(PER_BLOCK) as u32;
    let start = registering + 20;
    manifest.registration = BlockRange {
        start: 1,
        end: start - 1,
    };
    manifest.voting = BlockRange {
        start,
        end: start + registering + casting + 2,
    };
}

/// The registrar's calls for all voters.
fn by_registrar(
    world: &mut World,
    voters: &[VoterNumber],
    call: impl Fn(&[VoterNumber]) -> VoterRegisterCall,
) {
    let lists: Vec<_> = voters.chunks(MAX_VOTERS_PER_CALL as usize).collect();
    for lists in lists.chunks(CALLS_PER_BLOCK) {
        let calls = lists
            .iter()
            .map(|list| world.by_registrar(0, call(list)))
            .collect();
        world.good(calls);
    }
}

/// The voters' ballots, made on all cores.
fn cast(world: &World, voters: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let voters: Vec<u64> = voters.collect();
    let each = voters.len().div_ceil(Threads::all().get()).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = voters
            .chunks(each)
            .map(|voters| {
                scope.spawn(move || {
                    voters
                        .iter()
                        .map(|voter| ballot(world, *voter))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("nothing panics"))
            .collect()
    })
}

/// One voter's ballot, ready to be put into a block.
fn ballot(world: &World, voter: u64) -> Vec<u8> {
    let mut rng = ChaCha20Rng::seed_from_u64(voter);
    let pair = World::one_time_key(voter);
    let account = pair.public().0;
    let context = world.context();
    let key = &registrar_keys()[0][0];
    let message = credential_message(&context, NORTH.get(), &account);
    let (secret, blinded) = blind(&key.public_key(), &message, &mut rng).expect("the key is right");
    let signature = key.blind_sign(&blinded).expect("the message is blinded");
    let signature = secret
        .finalize(&key.public_key(), &message, &signature)
        .expect("the signature is right");
    let election_key = ElectionKey::decode(&world.election_key()).expect("the key is right");
    let rules = [world.manifest.districts[0].contests[0].rule()];
    let statement = BallotStatement {
        context: &context,
        key: &election_key,
        district: NORTH.get(),
        account: &account,
        contests: &rules,
    };
    let selections = (0..OPTIONS).map(|option| option == voter % OPTIONS);
    let (contests, _) = prove(&statement, &[selections.collect()], &mut rng).expect("is allowed");
    let call = BallotRegisterCall::Cast {
        election: ELECTION,
        district: NORTH,
        credential: bounded(vec![RegistrarSignature {
            registrar: RegistrarIndex(0),
            signature,
        }]),
        ballot: Ballot { contests },
    };
    world.builder.sign(&pair, 0, Call::BallotRegister(call))
}
