//! `psephos-mutants CHECKOUT FOLDER RESULTS [ARGUMENT OF CARGO TEST...] < LIST`
//!
//! Builds the package in CHECKOUT/FOLDER once with all mutants of the list, which
//! `cargo mutants --list --json` writes, and runs its tests with one at a time. Leaves in the folder
//! RESULTS, a line for each: `caught.txt`, `missed.txt`, `timeout.txt`, and in `left.txt` those that
//! cannot be tried in this way: they do not compile, or stand where nothing can be asked, as in a
//! constant. `scripts/mutants` has `cargo mutants` itself try these.

#![forbid(unsafe_code)]

mod list;
mod package;
mod schemata;
mod trial;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs, io,
    path::PathBuf,
    time::Instant,
};

use anyhow::{Context, Result};

use list::Mutant;
use package::Package;
use trial::{run_all, Outcome, Tests};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |name| {
        arguments
            .next()
            .with_context(|| format!("{name} is missing"))
    };
    let checkout = PathBuf::from(next("CHECKOUT")?);
    let folder = next("FOLDER")?;
    let results = PathBuf::from(next("RESULTS")?);
    let package = Package {
        checkout,
        folder,
        arguments: arguments.collect(),
    };
    let listed: Vec<Mutant> =
        serde_json::from_reader(io::stdin()).context("the standard input is no list of mutants")?;
    let mutants: BTreeMap<u32, Mutant> = (1..).zip(listed).collect();
    eprintln!("{} mutants", mutants.len());
    let built = package.build(&mutants)?;
    eprintln!(
        "{} of them are in {} programs",
        built.mutants.len(),
        built.programs.len()
    );

    let home = package.checkout.join(&package.folder);
    let mut programs = Vec::new();
    for program in built.programs {
        programs.push(Tests::try_out(program, &home, &results.join("reached"))?);
    }
    programs.sort_by_key(Tests::takes);
    for tests in &programs {
        eprintln!("a program takes {:.1} s", tests.takes().as_secs_f64());
    }

    let begin = Instant::now();
    let (mut tried, of) = (0, built.mutants.len());
    let outcomes = run_all(&programs, &built.mutants, |number, outcome| {
        tried += 1;
        if outcome != Outcome::Caught {
            eprintln!("{outcome:?}: {}", mutants[&number].name);
        }
        if tried % 25 == 0 {
            eprintln!(
                "{tried} of {of} after {:.0} s",
                begin.elapsed().as_secs_f64()
            );
        }
    })?;
    let left: BTreeSet<u32> = mutants
        .keys()
        .filter(|number| !built.mutants.contains(number))
        .copied()
        .collect();
    let of = |outcome| {
        let those = outcomes.iter().filter(move |(_, found)| **found == outcome);
        those.map(|(number, _)| *number).collect::<BTreeSet<_>>()
    };
    for (file, numbers) in [
        ("caught.txt", of(Outcome::Caught)),
        ("missed.txt", of(Outcome::Survived)),
        ("timeout.txt", of(Outcome::TimeLimit)),
        ("left.txt", left),
    ] {
        let lines: String = numbers
            .iter()
            .map(|number| format!("{}\n", mutants[number].name))
            .collect();
        fs::write(results.join(file), lines)?;
        println!("{file}: {}", numbers.len());
    }
    Ok(())
}
