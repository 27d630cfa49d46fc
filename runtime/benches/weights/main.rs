//! Times transactions in the runtime's own WebAssembly, as a validator executes them, and holds the
//! times against the weights that the calls declare. Ends with an error where a weight is not larger
//! by [`MARGIN`].
//!
//! `scripts/bench weights`

mod election;
mod executor;
mod motions;

use psephos_crypto::blind_signature::issuing::RegistrarKey;
use psephos_runtime::RuntimeOrigin;
use rand_core::OsRng;

use election::{account, carry_out, Election, Shape, CLOSING, ELECTION};
use executor::{Executor, Timed};

/// What is declared is at least so many times what was measured: the machine's speed varies.
const MARGIN: f64 = 1.2;

fn shapes() -> Vec<Shape> {
    let small = Shape {
        contests: 1,
        options: 1,
        max: 1,
        trustees: 3,
        threshold: 2,
        registrars: 1,
    };
    vec![
        small,
        Shape {
            options: 5,
            ..small
        },
        Shape {
            options: 5,
            registrars: 3,
            ..small
        },
        Shape {
            options: 16,
            max: 16,
            trustees: 5,
            threshold: 3,
            ..small
        },
        Shape {
            options: 64,
            max: 63,
            ..small
        },
        Shape {
            contests: 16,
            options: 64,
            max: 63,
            trustees: 32,
            threshold: 32,
            ..small
        },
    ]
}

fn main() {
    // `cargo test --benches` runs this too: there it only has to work.
    let thorough = std::env::args().any(|argument| argument == "--bench");
    let executor = Executor::new();
    let keys = || (0..3).map(|_| RegistrarKey::generate(2048, &mut OsRng).expect("2048 bits"));
    let mut timed = Vec::<Timed>::new();
    for shape in shapes()
        .into_iter()
        .take(if thorough { usize::MAX } else { 1 })
    {
        let keys = keys().take(usize::from(shape.registrars)).collect();
        let mut election = Election::new(shape, keys);
        if timed.is_empty() {
            timed.extend(election.motions(&executor));
        }
        timed.extend(election.hold_ceremony(&executor));
        timed.extend(election.fill_register(&executor));
        let Shape {
            contests,
            options,
            registrars,
            ..
        } = shape;
        let size = format!("{contests} × {options} options");
        let (voter, call) = election.ballot();
        let name = format!("cast, {size}, {registrars} signatures");
        timed.push(election.time(&executor, &name, &voter, 0, call.clone()));
        election.cast(&voter, call);
        let (voter, call) = election.ballot();
        election.cast(&voter, call);
        timed.push(election.time_hooks(&executor, &format!("closing, {size}"), CLOSING));
        election.begin_due(CLOSING);
        for trustee in 0..usize::from(shape.threshold) {
            let call = election.shares(trustee);
            let pair = election.trustees[trustee].clone();
            if trustee == 0 || trustee + 1 == usize::from(shape.threshold) {
                let name = format!("submit_shares {}, {size}", trustee + 1);
                timed.push(election.time(&executor, &name, &pair, 0, call.clone()));
            }
            let origin = RuntimeOrigin::signed(account(&pair));
            election.chain.execute_with(|| carry_out(origin, call));
        }
        let result = election
            .chain
            .execute_with(|| psephos_runtime::BallotRegister::result(ELECTION));
        assert!(result.is_some(), "the election has a result");
    }
    println!("| transaction | bytes | takes, ms | declares, ms | share |");
    println!("|---|---|---|---|---|");
    let mut exceeded = Vec::new();
    for Timed {
        name,
        bytes,
        taken,
        declared,
    } in &timed
    {
        let [taken, declared] = [taken, declared].map(|time| time.as_secs_f64() * 1e3);
        let share = taken / declared;
        println!(
            "| {name} | {bytes} | {taken:.3} | {declared:.3} | {:.0} % |",
            share * 100.
        );
        if share * MARGIN > 1. {
            exceeded.push(name);
        }
    }
    if thorough && !exceeded.is_empty() {
        eprintln!("declared weights are too small for: {exceeded:?}");
        std::process::exit(1);
    }
}
