//! Whether an audit has looked at everything that the archive holds (PSE-AUD-19).
//!
//! What the records hold is counted when they are read; what was checked is counted by each check.
//! Only where both agree was nothing passed over.

use psephos_primitives::tally::{ElectionResult, Outcome};

use crate::{
    chain::{Contents, ElectionView},
    finding::{Cause, Check},
};

/// What was read from the archive.
#[derive(Clone, Copy, Default)]
pub(crate) struct Read {
    pub blocks: u64,
    pub contents: Contents,
}

/// How much of something there is, and how much of it was checked.
struct Total {
    what: &'static str,
    checked: u64,
    there: u64,
    /// There can be more than is known to be there.
    or_more: bool,
}

const fn all(what: &'static str, checked: u64, there: u64) -> Total {
    Total {
        what,
        checked,
        there,
        or_more: false,
    }
}

const fn at_least(what: &'static str, checked: u64, there: u64) -> Total {
    Total {
        what,
        checked,
        there,
        or_more: true,
    }
}

/// Compares all totals; says how many there are, and which differ. `items` tells how many items
/// went through a check.
pub(crate) fn compare(
    read: &Read,
    items: impl Fn(Check) -> u64,
    election: ElectionView<'_>,
) -> (u64, Vec<Cause>) {
    let mut totals = of_blocks(read, &items);
    totals.extend(of_election(&items, election));
    let count = totals.len() as u64;
    let differing = totals.into_iter().filter(|total| {
        if total.or_more {
            total.checked < total.there
        } else {
            total.checked != total.there
        }
    });
    let causes = differing.map(|total| Cause::Unchecked {
        what: total.what,
        checked: total.checked,
        there: total.there,
    });
    (count, causes.collect())
}

/// Every block, extrinsic and ballot.
fn of_blocks(read: &Read, items: &impl Fn(Check) -> u64) -> Vec<Total> {
    let Read { blocks, contents } = *read;
    let times = contents.extrinsics.saturating_sub(contents.signed);
    vec![
        all("headers", items(Check::Headers), blocks),
        all("seals", items(Check::Authors), blocks),
        all("roots", items(Check::Roots), blocks),
        all("records", items(Check::Archive), blocks + 2),
        all("extrinsics", items(Check::Bodies), contents.extrinsics),
        all("times", times, blocks),
        all("signatures", items(Check::Signatures), contents.signed),
        all(
            "officials' messages",
            items(Check::Officials),
            contents.signed.saturating_sub(contents.casts),
        ),
        all("ballots admitted", items(Check::Admission), contents.casts),
        all(
            "registrars' signatures",
            items(Check::Credentials),
            contents.credential_signatures,
        ),
        all("ballots proved", items(Check::Proofs), contents.casts),
        all("ciphertexts", items(Check::Sums), contents.ciphertexts),
    ]
}

/// What an election cannot do without: a check that covered none of it did not happen.
fn of_election(items: &impl Fn(Check) -> u64, election: ElectionView<'_>) -> Vec<Total> {
    let mut totals = vec![
        at_least("facts of block 0", items(Check::Genesis), 1),
        at_least("votes for the last block", items(Check::Finality), 1),
        at_least("motions", items(Check::Consortium), 1),
        at_least("manifests", items(Check::Manifests), 1),
    ];
    let Some(result) = election.result() else {
        return totals;
    };
    let manifest = election.manifest();
    let voters = result
        .districts
        .iter()
        .map(|district| u64::from(district.ballots))
        .sum::<u64>();
    // Both a participation and an issue, by each registrar of a quorum.
    let records = voters * u64::from(manifest.quorum) * 2;
    let stages = 5 * u64::from(manifest.threshold);
    totals.extend([
        at_least("registrars' records", items(Check::Register), records),
        at_least(
            "messages of the key ceremony",
            items(Check::Ceremony),
            stages,
        ),
        at_least("shares", items(Check::Shares), shares(election, result)),
        all("counts", items(Check::Result), counts(result)),
        all("ballots by the hour", by_hour(election), election.ballots()),
        all("ballots by author", by_author(election), election.ballots()),
    ]);
    totals
}

fn by_hour(election: ElectionView<'_>) -> u64 {
    let hours = election.ballots_by_hour();
    hours.iter().map(|hour| hour.ballots).sum()
}

fn by_author(election: ElectionView<'_>) -> u64 {
    let authors = election.ballots_by_author();
    authors.iter().map(|author| author.ballots).sum()
}

/// Shares without which a result cannot be: of a threshold of trustees, for each option.
fn shares(election: ElectionView<'_>, result: &ElectionResult) -> u64 {
    let decrypted = result.districts.iter().filter(|own| own.ballots > 0);
    let options: u64 = decrypted.map(|own| options(&own.outcome)).sum();
    options * u64::from(election.manifest().threshold)
}

fn options(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Counted(contests) => contests.iter().map(|own| own.counts.len() as u64).sum(),
        Outcome::Withheld => 0,
    }
}

/// How many numbers a result consists of.
pub(crate) fn counts(result: &ElectionResult) -> u64 {
    let districts = result.districts.iter();
    districts.map(|district| options(&district.outcome)).sum()
}
