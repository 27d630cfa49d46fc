//! A 1-of-5 ballot: proving and verifying, alone and in a batch, beside `elastic-elgamal` doing the
//! same. Ends with a table of the fastest samples, to which nothing else that the machine did was
//! added, of the medians, and of both libraries' ratios.
//!
//! `cargo bench --manifest-path crates/crypto/benches/Cargo.toml`

use std::{
    cell::RefCell,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion};
use elastic_elgamal::{
    app::{ChoiceParams, EncryptedChoice},
    group::Ristretto,
    Keypair,
};
use psephos_crypto::{
    ballot::{prove, verify, BallotStatement, BatchVerifier, ContestRule},
    elgamal::ElectionKey,
    group::EncodedPoint,
    rand_core::OsRng,
    transcript::Context,
};

const OPTIONS: u8 = 5;
const BATCH: usize = 128;

/// Of the samples of one measurement.
#[derive(Clone, Copy)]
struct Figure {
    name: &'static str,
    fastest: Duration,
    median: Duration,
}

/// Every measurement.
#[derive(Default)]
struct Figures(RefCell<Vec<Figure>>);

impl Figures {
    /// Measures `routine`, which handles `items` items at a time, and keeps the times for one.
    fn measure<T>(
        &self,
        criterion: &mut Criterion,
        name: &'static str,
        items: u32,
        mut routine: impl FnMut() -> T,
    ) {
        let mut times = Vec::new();
        criterion.bench_with_input(BenchmarkId::new("1-of-5 ballot", name), &(), |bencher, ()| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                for _ in 0..iterations {
                    black_box(routine());
                }
                let elapsed = start.elapsed();
                times.push(elapsed.div_f64(iterations as f64 * f64::from(items)));
                elapsed
            });
        });
        times.sort();
        if let (Some(&fastest), Some(&median)) = (times.first(), times.get(times.len() / 2)) {
            self.0.borrow_mut().push(Figure { name, fastest, median });
        }
    }

    fn print(&self) {
        self.print_table("fastest sample", |figure| figure.fastest);
        self.print_table("median", |figure| figure.median);
    }

    fn print_table(&self, title: &str, time: impl Fn(&Figure) -> Duration) {
        let figures = self.0.borrow();
        let time_of = |name: &str| {
            figures.iter().find(|figure| figure.name == name).map(|figure| time(figure).as_secs_f64() * 1e6)
        };
        println!("\n{title:<24}{:>12}{:>18}{:>8}", "psephos", "elastic-elgamal", "ratio");
        for (name, peer) in [
            ("prove", "elastic-elgamal/prove"),
            ("verify alone", "elastic-elgamal/verify"),
            ("verify in 128", "elastic-elgamal/verify"),
        ] {
            if let (Some(own), Some(other)) = (time_of(name), time_of(peer)) {
                println!("{name:<24}{own:>9.0} µs{other:>15.0} µs{:>8.2}", other / own);
            }
        }
    }
}

fn psephos(criterion: &mut Criterion, figures: &Figures, encoded_key: [u8; 32]) {
    let context = Context { genesis_hash: [1; 32], election: 1, manifest_hash: [2; 32] };
    let key = ElectionKey::decode(&EncodedPoint(encoded_key)).expect("a key pair's public key");
    let contests = [ContestRule { id: 1, options: OPTIONS, min: 1, max: 1, blank: false }];
    let accounts: Vec<[u8; 32]> = (0..BATCH).map(|voter| [voter as u8; 32]).collect();
    let statement = |voter: usize| BallotStatement {
        context: &context,
        key: &key,
        district: 1,
        account: &accounts[voter],
        contests: &contests,
    };
    let selections = [(0..OPTIONS).map(|option| option == 2).collect::<Vec<_>>()];
    let cast = |voter| {
        prove(&statement(voter), &selections, &mut OsRng).expect("one selection is allowed").0
    };
    let ballots: Vec<_> = (0..BATCH).map(cast).collect();

    figures.measure(criterion, "prove", 1, || cast(0));
    figures.measure(criterion, "verify alone", 1, || {
        verify(&statement(0), &ballots[0]).expect("made by prove")
    });
    figures.measure(criterion, "verify in 128", BATCH as u32, || {
        let mut batch = BatchVerifier::new(&key);
        for (voter, ballot) in ballots.iter().enumerate() {
            batch.add(&statement(voter), ballot);
        }
        batch.verify().expect("made by prove")
    });
}

fn elastic_elgamal(criterion: &mut Criterion, figures: &Figures, keys: &Keypair<Ristretto>) {
    let params = ChoiceParams::single(keys.public().clone(), usize::from(OPTIONS));
    let choice = EncryptedChoice::single(&params, 2, &mut OsRng);
    figures.measure(criterion, "elastic-elgamal/prove", 1, || {
        EncryptedChoice::single(&params, 2, &mut OsRng)
    });
    figures.measure(criterion, "elastic-elgamal/verify", 1, || {
        choice.verify(&params).map(<[_]>::len).expect("made by single")
    });
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(20)
        .configure_from_args();
    let keys = Keypair::<Ristretto>::generate(&mut OsRng);
    let encoded_key = keys.public().as_bytes().try_into().expect("32 bytes");
    let figures = Figures::default();
    psephos(&mut criterion, &figures, encoded_key);
    elastic_elgamal(&mut criterion, &figures, &keys);
    criterion.final_summary();
    figures.print();
}
