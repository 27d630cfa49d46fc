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
    pub handovers: u64,
    pub runtimes: u64,
    pub contents: Contents,
}

/// What is known of the election, and says how much there must be.
pub(crate) struct Held<'a> {
    result: Option<&'a ElectionResult>,
    quorum: u8,
    threshold: u8,
    ballots: u64,
    by_hour: u64,
    by_author: u64,
}

impl<'a> From<ElectionView<'a>> for Held<'a> {
    fn from(election: ElectionView<'a>) -> Self {
        let hours = election.ballots_by_hour();
        let authors = election.ballots_by_author();
        Self {
            result: election.result(),
            quorum: election.manifest().quorum,
            threshold: election.manifest().threshold,
            ballots: election.ballots(),
            by_hour: hours.iter().map(|hour| hour.ballots).sum(),
            by_author: authors.iter().map(|author| author.ballots).sum(),
        }
    }
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
    held: &Held<'_>,
) -> (u64, Vec<Cause>) {
    let mut totals = of_blocks(read, &items);
    totals.extend(of_election(read, &items, held));
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
    let Read {
        blocks,
        handovers,
        runtimes,
        contents,
    } = *read;
    let records = blocks + handovers + runtimes + 2;
    let others = contents.signed + contents.reports;
    let times = contents.extrinsics.saturating_sub(others);
    vec![
        all("headers", items(Check::Headers), blocks),
        all("seals", items(Check::Authors), blocks),
        all("roots", items(Check::Roots), blocks),
        all("records", items(Check::Archive), records),
        all("extrinsics", items(Check::Bodies), contents.extrinsics),
        all("times", times, blocks),
        all("signatures", items(Check::Signatures), contents.signed),
        all(
            "officials' messages",
            items(Check::Officials),
            others.saturating_sub(contents.casts),
        ),
        all("ballots admitted", items(Check::Admission), contents.casts),
        all(
            "registrars' signatures",
            items(Check::Credentials),
            contents.credential_signatures,
        ),
        all("ballots proved", items(Check::Proofs), contents.casts),
        all("ciphertexts", items(Check::Sums), contents.ciphertexts),
        all("versions", items(Check::Code), runtimes + 1),
    ]
}

/// What an election cannot do without: a check that covered none of it did not happen.
fn of_election(read: &Read, items: &impl Fn(Check) -> u64, held: &Held<'_>) -> Vec<Total> {
    let mut totals = vec![
        at_least("facts of block 0", items(Check::Genesis), 1),
        // For the last block, and for each with which a set ended.
        at_least("votes", items(Check::Finality), read.handovers + 1),
        at_least("motions", items(Check::Consortium), 1),
        at_least("manifests", items(Check::Manifests), 1),
    ];
    let Some(result) = held.result else {
        return totals;
    };
    let districts = result.districts.iter();
    let voters: u64 = districts.map(|own| u64::from(own.ballots)).sum();
    // Both a participation and an issue, by each registrar of a quorum.
    let records = voters * u64::from(held.quorum) * 2;
    // Registering, committing, revealing, dealing, confirming.
    let messages = 5 * u64::from(held.threshold);
    let shares = decrypted(result) * u64::from(held.threshold);
    totals.extend([
        at_least("registrars' records", items(Check::Register), records),
        at_least(
            "messages of the key ceremony",
            items(Check::Ceremony),
            messages,
        ),
        at_least("shares", items(Check::Shares), shares),
        all("counts", items(Check::Result), counts(result)),
        all("ballots by the hour", held.by_hour, held.ballots),
        all("ballots by author", held.by_author, held.ballots),
    ]);
    totals
}

/// How many sums were decrypted.
fn decrypted(result: &ElectionResult) -> u64 {
    let with_ballots = result.districts.iter().filter(|own| own.ballots > 0);
    with_ballots.map(|own| options(&own.outcome)).sum()
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

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::{
        tally::{ContestResult, DistrictResult},
        ContestId, DistrictId,
    };

    /// One district with two ballots for two options, one without ballots, one withheld.
    fn result() -> ElectionResult {
        let counted = |counts: &[u32]| {
            let contest = ContestResult {
                contest: ContestId(1),
                counts: counts.to_vec().try_into().expect("few"),
            };
            Outcome::Counted(vec![contest].try_into().expect("one"))
        };
        let district = |id, ballots, outcome| DistrictResult {
            district: DistrictId(id),
            ballots,
            outcome,
        };
        let districts = vec![
            district(1, 2, counted(&[1, 1])),
            district(2, 0, counted(&[0, 0, 0])),
            district(3, 1, Outcome::Withheld),
        ];
        ElectionResult {
            block: 9,
            districts: districts.try_into().expect("few"),
        }
    }

    fn read() -> Read {
        Read {
            blocks: 10,
            handovers: 2,
            runtimes: 1,
            contents: Contents {
                extrinsics: 63,
                signed: 50,
                reports: 3,
                casts: 4,
                credential_signatures: 8,
                ciphertexts: 9,
            },
        }
    }

    fn held(result: &ElectionResult) -> Held<'_> {
        Held {
            result: Some(result),
            quorum: 2,
            threshold: 3,
            ballots: 4,
            by_hour: 4,
            by_author: 4,
        }
    }

    /// As much as there is, or must be at least.
    fn items(check: Check) -> u64 {
        match check {
            Check::Headers | Check::Authors | Check::Roots => 10,
            Check::Archive => 15,
            Check::Bodies => 63,
            Check::Signatures => 50,
            Check::Officials => 49,
            Check::Admission | Check::Proofs => 4,
            Check::Credentials => 8,
            Check::Sums => 9,
            Check::Genesis | Check::Consortium | Check::Manifests => 1,
            Check::Finality => 3,
            // Three accounts, a quorum of two, twice.
            Check::Register => 12,
            Check::Ceremony => 15,
            // Two sums, three trustees.
            Check::Shares => 6,
            Check::Result => 5,
            Check::Code => 2,
            Check::Coverage => 0,
        }
    }

    #[test]
    fn what_was_looked_at_as_a_whole_is_fine() {
        let result = result();
        assert_eq!(compare(&read(), items, &held(&result)), (23, vec![]));
        let cancelled = Held {
            result: None,
            ..held(&result)
        };
        assert_eq!(compare(&read(), items, &cancelled), (17, vec![]));
    }

    #[test]
    fn one_item_less_is_found_for_every_check() {
        let result = result();
        for missing in Check::ALL.iter().filter(|own| **own != Check::Coverage) {
            let fewer = |check| items(check) - u64::from(check == *missing);
            let (_, causes) = compare(&read(), fewer, &held(&result));
            let [Cause::Unchecked { checked, there, .. }] = causes[..] else {
                panic!("{missing:?}: {causes:?}")
            };
            assert_eq!((checked, there), (items(*missing) - 1, items(*missing)));
        }
    }

    #[test]
    fn blocks_have_one_time_each_and_charts_all_ballots() {
        let result = result();
        let what = |read: &Read, held: &Held<'_>| {
            let (_, causes) = compare(read, items, held);
            let names = causes.iter().map(|cause| match cause {
                Cause::Unchecked { what, .. } => *what,
                other => panic!("{other}"),
            });
            names.collect::<Vec<_>>()
        };
        // An unsigned extrinsic in place of a signed one.
        let mut other = read();
        other.contents.signed -= 1;
        let expected = ["times", "signatures", "officials' messages"];
        assert_eq!(what(&other, &held(&result)), expected);
        let fewer = Held {
            by_hour: 3,
            by_author: 5,
            ..held(&result)
        };
        let expected = ["ballots by the hour", "ballots by author"];
        assert_eq!(what(&read(), &fewer), expected);
    }
}
