//! How often an observer guesses right whose ballot is whose: `scripts/bench
//! linkage`.
//!
//! Voters get their credentials at random over an hour and hand in their ballots at once, which is the
//! worst case. The observer sees when each credential was signed and when each ballot was cast,
//! knows the distribution of delays, and either takes the likeliest of all pairings (an assignment
//! problem, which is solved exactly) or, for each voter alone, the ballot with the likeliest delay.

use std::time::Duration;

use psephos_relay::delay::draw;
use rand_core::{OsRng, RngCore};

const VOTERS: usize = 1_000;
const HOUR: f64 = 3_600.0;
const MEAN: Duration = Duration::from_secs(300);
const RUNS: usize = 20;
const MAX_HOPS: u32 = 5;

fn main() {
    println!("{VOTERS} voters over an hour, mean delay {MEAN:?} at each relay, {RUNS} elections");
    println!("relays  right at best pairing  right one by one  right in order of time");
    for hops in 0..=MAX_HOPS {
        let (mut best, mut alone, mut ordered) = (0, 0, 0);
        for _ in 0..RUNS {
            let election = Election::draw(hops);
            best += election.right(&election.likeliest_pairing());
            alone += election.right(&election.likeliest_ballots());
            ordered += election.right(&election.pairing_in_order());
        }
        let percent = |right: usize| right as f64 * 100.0 / (VOTERS * RUNS) as f64;
        let (best, alone, ordered) = (percent(best), percent(alone), percent(ordered));
        println!("{hops:>6}  {best:>20.2}%  {alone:>15.2}%  {ordered:>21.2}%");
    }
    let chance = 100.0 / VOTERS as f64;
    println!("chance  {chance:>20.2}%");
}

/// Times in seconds; what belongs together has one index.
struct Election {
    issued: Vec<f64>,
    cast: Vec<f64>,
    hops: u32,
}

impl Election {
    fn draw(hops: u32) -> Self {
        let time = || OsRng.next_u32() as f64 / f64::from(u32::MAX) * HOUR;
        let issued: Vec<f64> = (0..VOTERS).map(|_| time()).collect();
        let delay = |_| draw(MEAN, &mut OsRng).as_secs_f64();
        let cast = issued
            .iter()
            .map(|time| time + (0..hops).map(delay).sum::<f64>())
            .collect();
        Self { issued, cast, hops }
    }

    /// How many voters are paired with their own ballots.
    fn right(&self, pairing: &[usize]) -> usize {
        pairing
            .iter()
            .enumerate()
            .filter(|(voter, ballot)| voter == *ballot)
            .count()
    }

    /// First credential, first ballot, and so on: what needs no knowledge.
    fn pairing_in_order(&self) -> Vec<usize> {
        let mut pairing = vec![0; VOTERS];
        for (voter, ballot) in sorted(&self.issued).into_iter().zip(sorted(&self.cast)) {
            pairing[voter] = ballot;
        }
        pairing
    }

    /// For each voter the ballot whose delay is likeliest, whatever the others get: some ballots are
    /// taken twice and some never, and yet more guesses are right than those of a whole pairing.
    fn likeliest_ballots(&self) -> Vec<usize> {
        let likeliest = |issued: &f64| {
            let costs = self.cast.iter().map(|cast| self.cost(cast - issued));
            let cheapest = costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
            cheapest.map_or(0, |(ballot, _)| ballot)
        };
        self.issued.iter().map(likeliest).collect()
    }

    /// The pairing under which what was seen is likeliest.
    fn likeliest_pairing(&self) -> Vec<usize> {
        let costs: Vec<Vec<f64>> = self
            .issued
            .iter()
            .map(|issued| {
                self.cast
                    .iter()
                    .map(|cast| self.cost(cast - issued))
                    .collect()
            })
            .collect();
        cheapest_assignment(&costs)
    }

    /// Minus the logarithm of the density of a whole delay: a sum of `hops` exponential ones. What
    /// does not depend on the pairing is left out.
    ///
    /// With one relay all pairings without negative delays are equally likely; a millionth of a
    /// random cost makes the observer choose among them blindly.
    fn cost(&self, delay: f64) -> f64 {
        const IMPOSSIBLE: f64 = 1e9;
        if self.hops == 0 {
            return (delay.abs() * 1e6).min(IMPOSSIBLE);
        }
        if delay < 0.0 {
            return IMPOSSIBLE;
        }
        let shape = f64::from(self.hops - 1);
        let blind = OsRng.next_u32() as f64 / f64::from(u32::MAX) * 1e-6;
        delay / MEAN.as_secs_f64() - shape * delay.max(1e-9).ln() + blind
    }
}

/// Indices in the order of time.
fn sorted(times: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|a, b| times[*a].total_cmp(&times[*b]));
    order
}

/// For each row a column of its own, such that the sum of costs is least: the Hungarian method with
/// potentials, in cubic time.
fn cheapest_assignment(costs: &[Vec<f64>]) -> Vec<usize> {
    let size = costs.len();
    // Rows and columns count from 1; row 0 of a column means that it is free.
    let mut row_potential = vec![0.0; size + 1];
    let mut column_potential = vec![0.0; size + 1];
    let mut row_of = vec![0; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; size + 1];
        let mut before = vec![0; size + 1];
        let mut used = vec![false; size + 1];
        while row_of[column] != 0 {
            used[column] = true;
            let current = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for candidate in 1..=size {
                if used[candidate] {
                    continue;
                }
                let reduced = costs[current - 1][candidate - 1]
                    - row_potential[current]
                    - column_potential[candidate];
                if reduced < least[candidate] {
                    least[candidate] = reduced;
                    before[candidate] = column;
                }
                if least[candidate] < step {
                    step = least[candidate];
                    next = candidate;
                }
            }
            for candidate in 0..=size {
                if used[candidate] {
                    row_potential[row_of[candidate]] += step;
                    column_potential[candidate] -= step;
                } else {
                    least[candidate] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut assignment = vec![0; size];
    for (column, row) in row_of.iter().enumerate().skip(1) {
        assignment[row - 1] = column - 1;
    }
    assignment
}
