//! `results.json`: what the chain published, and whether it is what the votes add up to (PSE-FIL-3).

use psephos_primitives::{
    tally::{ElectionResult, Outcome},
    BlockNumber, DistrictId, ElectionId, Hash, Manifest,
};
use serde::Serialize;

use crate::votes::Vote;

/// The file's contents: exactly the numbers in the chain's state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Results {
    /// Which election.
    pub election: ElectionId,
    /// The block that the result was published in.
    pub block: BlockNumber,
    /// That block's hash.
    pub block_hash: Hash,
    /// What the election is called.
    pub title: String,
    /// In the manifest's order.
    pub districts: Vec<DistrictResults>,
}

/// One district.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DistrictResults {
    /// Its number.
    pub id: DistrictId,
    /// Its name.
    pub name: String,
    /// Ballots that count.
    pub ballots: u32,
    /// Whether the counts are withheld, because there are fewer ballots than the manifest's minimum.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub withheld: bool,
    /// In the manifest's order; empty if withheld.
    pub contests: Vec<ContestResults>,
}

/// One contest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ContestResults {
    /// Its number.
    pub id: u32,
    /// How often each option was selected, in the manifest's order.
    pub counts: Vec<u32>,
}

impl Results {
    /// From what the chain's state says.
    pub fn new(
        election: ElectionId,
        block_hash: Hash,
        manifest: &Manifest,
        result: &ElectionResult,
    ) -> Self {
        let name = |id| -> String {
            let district = manifest.district(id);
            district
                .map(|district| district.name.to_string())
                .unwrap_or_default()
        };
        let districts = result
            .districts
            .iter()
            .map(|district| {
                let (withheld, contests) = match &district.outcome {
                    Outcome::Withheld => (true, Vec::new()),
                    Outcome::Counted(contests) => (false, contests.iter().map(contest).collect()),
                };
                let (id, ballots) = (district.district, district.ballots);
                DistrictResults {
                    id,
                    name: name(id),
                    ballots,
                    withheld,
                    contests,
                }
            })
            .collect();
        let title = manifest.title.as_str().into();
        Self {
            election,
            block: result.block,
            block_hash,
            title,
            districts,
        }
    }

    /// Where the published result differs from these votes; empty if it does not.
    pub fn differences(&self, manifest: &Manifest, votes: &[Vote]) -> Vec<String> {
        let expected = count(manifest, votes);
        let mut differences = Vec::new();
        for (district, expected) in self.districts.iter().zip(&expected) {
            let place = format!("district {}", district.id);
            if district.ballots != expected.ballots {
                let (found, counted) = (district.ballots, expected.ballots);
                differences.push(format!("{place}: {found} ballots, the file has {counted}"));
            }
            let minimum = manifest.minimum_ballots;
            if district.withheld != (expected.ballots > 0 && expected.ballots < minimum) {
                let is = if district.withheld { "is" } else { "is not" };
                differences.push(format!("{place}: the result {is} withheld"));
            }
            if district.withheld {
                continue;
            }
            for (found, counted) in district.contests.iter().zip(&expected.contests) {
                if found != counted {
                    let place = format!("{place}, contest {}", counted.id);
                    let (found, counted) = (&found.counts, &counted.counts);
                    differences.push(format!("{place}: {found:?}, the file has {counted:?}"));
                }
            }
            if district.contests.len() != expected.contests.len() {
                differences.push(format!("{place}: {} contests", district.contests.len()));
            }
        }
        if self.districts.len() != expected.len() {
            differences.push(format!("{} districts", self.districts.len()));
        }
        differences
    }

    /// A table for people, with the names of the options.
    pub fn table(&self, manifest: &Manifest) -> String {
        let mut lines = vec![format!("{} (election {})", self.title, self.election)];
        for district in &self.districts {
            lines.push(String::new());
            lines.push(format!("{} — {} ballots", district.name, district.ballots));
            if district.withheld {
                let minimum = manifest.minimum_ballots;
                lines.push(format!("  withheld: fewer than {minimum} ballots"));
            }
            let contests = manifest
                .district(district.id)
                .map(|district| &district.contests[..]);
            for (contest, found) in contests.unwrap_or_default().iter().zip(&district.contests) {
                lines.push(format!("  {}", contest.title));
                for (option, count) in contest.options.iter().zip(&found.counts) {
                    lines.push(format!("    {count:>8}  {option}"));
                }
            }
        }
        lines.push(String::new());
        lines.push(format!(
            "published in block {} ({:?})",
            self.block, self.block_hash
        ));
        lines.join("\n")
    }
}

fn contest(contest: &psephos_primitives::tally::ContestResult) -> ContestResults {
    ContestResults {
        id: contest.contest.get(),
        counts: contest.counts.to_vec(),
    }
}

/// What these votes add up to, in the manifest's order.
fn count(manifest: &Manifest, votes: &[Vote]) -> Vec<DistrictResults> {
    manifest
        .districts
        .iter()
        .map(|district| {
            let cast: Vec<_> = votes
                .iter()
                .filter(|vote| vote.district == district.id)
                .collect();
            let contests = district
                .contests
                .iter()
                .enumerate()
                .map(|(position, contest)| {
                    let chosen = |option: usize| {
                        cast.iter()
                            .filter(|vote| vote.selections[position][option])
                            .count() as u32
                    };
                    let counts = (0..contest.options.len()).map(chosen).collect();
                    ContestResults {
                        id: contest.id.get(),
                        counts,
                    }
                });
            DistrictResults {
                id: district.id,
                name: district.name.as_str().into(),
                ballots: cast.len() as u32,
                withheld: false,
                contests: contests.collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{testing, votes};
    use psephos_primitives::{
        tally::{ContestResult, DistrictResult},
        ContestId,
    };
    use sp_runtime::BoundedVec;

    fn published(first: &[u32], second: &[u32]) -> Results {
        let contest = |id, counts: &[u32]| ContestResult {
            contest: ContestId(id),
            counts: BoundedVec::truncate_from(counts.to_vec()),
        };
        let counted = vec![contest(1, first), contest(2, second)];
        let district = |id, ballots, outcome| DistrictResult {
            district: DistrictId(id),
            ballots,
            outcome,
        };
        let result = ElectionResult {
            block: 123,
            districts: BoundedVec::truncate_from(vec![
                district(1, 2, Outcome::Counted(BoundedVec::truncate_from(counted))),
                district(7, 1, Outcome::Withheld),
            ]),
        };
        Results::new(
            ElectionId(1),
            Hash::repeat_byte(0xab),
            &testing::manifest(),
            &result,
        )
    }

    fn ballots() -> Vec<Vote> {
        let text = "district,selections\n1,1;3|2\n7,1\n1,1|";
        votes::parse(
            "votes.csv",
            text,
            &votes::ballot_papers(&testing::manifest().districts),
        )
        .expect("right")
    }

    #[test]
    fn the_file_is_as_the_contract_says() {
        let json = serde_json::to_value(published(&[2, 0, 1], &[0, 1])).expect("serializes");
        assert_eq!(json["election"], 1);
        assert_eq!(json["block"], 123);
        assert_eq!(json["block_hash"], format!("0x{}", "ab".repeat(32)));
        assert_eq!(json["districts"][0]["id"], 1);
        assert_eq!(json["districts"][0]["ballots"], 2);
        assert_eq!(json["districts"][0]["contests"][1]["id"], 2);
        assert_eq!(
            json["districts"][0]["contests"][0]["counts"],
            serde_json::json!([2, 0, 1])
        );
        assert_eq!(json["districts"][1]["withheld"], true);
    }

    #[test]
    fn votes_are_compared_number_by_number() {
        let manifest = testing::manifest();
        let right = published(&[2, 0, 1], &[0, 1]);
        assert_eq!(
            right.differences(&manifest, &ballots()),
            Vec::<String>::new()
        );
        let wrong = published(&[2, 1, 1], &[0, 1]);
        assert_eq!(
            wrong.differences(&manifest, &ballots()),
            ["district 1, contest 1: [2, 1, 1], the file has [2, 0, 1]"]
        );
        assert_eq!(
            right.differences(&manifest, &ballots()[..2]),
            [
                "district 1: 2 ballots, the file has 1",
                "district 1: the result is not withheld",
                "district 1, contest 1: [2, 0, 1], the file has [1, 0, 1]"
            ]
        );
    }

    #[test]
    fn the_table_names_options() {
        let table = published(&[2, 0, 1], &[0, 1]).table(&testing::manifest());
        assert!(table.contains("           2  はい"), "{table}");
        assert!(table.contains("withheld: fewer than 2 ballots"), "{table}");
    }
}
