//! What a result has to be: the votes counted by hand, as it were, from the two files alone.
//!
//! This knows nothing of the command line's own reading of the files, which is one of the things
//! that a whole election puts to the test. That the files are well-formed is checked there.

use std::{fs, path::Path};

use anyhow::{bail, Context, Result};
use serde::{de::DeserializeOwned, Deserialize};

/// The part of `election.json` that counting takes.
#[derive(Clone, Debug, Deserialize)]
pub struct Definition {
    /// What the election is called.
    pub title: String,
    /// How many trustees there are, and how many of them it takes.
    pub trustees: TrusteeTerms,
    /// How many registrars there are.
    #[serde(default)]
    pub registrars: RegistrarTerms,
    /// Its districts.
    pub districts: Vec<District>,
}

/// `trustees` of `election.json`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct TrusteeTerms {
    /// How many there are.
    pub count: usize,
    /// How many of them it takes.
    pub threshold: usize,
}

/// `registrars` of `election.json`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct RegistrarTerms {
    /// How many there are.
    pub count: usize,
}

impl Default for RegistrarTerms {
    fn default() -> Self {
        Self { count: 1 }
    }
}

/// A district.
#[derive(Clone, Debug, Deserialize)]
pub struct District {
    /// Its number.
    pub id: u32,
    /// What people call it.
    pub name: String,
    /// What is decided there.
    pub contests: Vec<Contest>,
}

/// A contest.
#[derive(Clone, Debug, Deserialize)]
pub struct Contest {
    /// Its number.
    pub id: u32,
    /// What is asked.
    pub title: String,
    /// What may be selected.
    pub options: Vec<String>,
}

/// `results.json`, as far as the file contract fixes it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Results {
    /// In the order of the definition.
    pub districts: Vec<DistrictCounts>,
}

/// The counts of a district.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct DistrictCounts {
    /// The district.
    pub id: u32,
    /// Its ballots.
    pub ballots: u32,
    /// In the order of the definition.
    pub contests: Vec<ContestCounts>,
}

/// The counts of a contest.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct ContestCounts {
    /// The contest.
    pub id: u32,
    /// One number for each option.
    pub counts: Vec<u32>,
}

/// Reads a JSON file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
}

/// Counts the votes of `votes.csv`.
pub fn count(definition: &Definition, votes: &Path) -> Result<Results> {
    let text =
        fs::read_to_string(votes).with_context(|| format!("cannot read {}", votes.display()))?;
    let mut results = blank(definition);
    for (row, line) in text.lines().zip(1..).skip(1) {
        count_row(&mut results, row)
            .with_context(|| format!("cannot count line {line} of {}", votes.display()))?;
    }
    Ok(results)
}

/// No votes at all.
fn blank(definition: &Definition) -> Results {
    let contest = |contest: &Contest| ContestCounts {
        id: contest.id,
        counts: vec![0; contest.options.len()],
    };
    let district = |district: &District| DistrictCounts {
        id: district.id,
        ballots: 0,
        contests: district.contests.iter().map(contest).collect(),
    };
    Results {
        districts: definition.districts.iter().map(district).collect(),
    }
}

fn count_row(results: &mut Results, row: &str) -> Result<()> {
    let (district, selections) = row.split_once(',').context("there is no comma")?;
    let district: u32 = district
        .trim_matches('"')
        .parse()
        .context("the district is no number")?;
    let district = results
        .districts
        .iter_mut()
        .find(|known| known.id == district)
        .context("there is no such district")?;
    let groups = selections.trim_matches('"').split('|').collect::<Vec<_>>();
    if groups.len() != district.contests.len() {
        bail!(
            "{} groups for {} contests",
            groups.len(),
            district.contests.len()
        );
    }
    district.ballots += 1;
    for (group, contest) in groups.iter().zip(&mut district.contests) {
        for option in group.split(';').filter(|option| !option.is_empty()) {
            let position: usize = option.parse().context("an option is no number")?;
            let count = position
                .checked_sub(1)
                .and_then(|place| contest.counts.get_mut(place));
            *count.context("there is no such option")? += 1;
        }
    }
    Ok(())
}

/// Where a result differs from what it has to be; empty when it does not.
pub fn differences(expected: &Results, published: &Results) -> Vec<String> {
    let mut differences = Vec::new();
    if expected.districts.len() != published.districts.len() {
        let (one, other) = (published.districts.len(), expected.districts.len());
        differences.push(format!("{one} districts were published, not {other}"));
    }
    for (expected, published) in expected.districts.iter().zip(&published.districts) {
        if expected != published {
            differences.push(format!(
                "published {published:?}, but the votes are {expected:?}"
            ));
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::Write;

    fn definition() -> Definition {
        let contest =
            |id: u32, options: &[&str]| json!({ "id": id, "title": "T", "options": options });
        serde_json::from_value(json!({
            "title": "E",
            "trustees": { "count": 3, "threshold": 2 },
            "districts": [
                { "id": 1, "name": "A",
                  "contests": [contest(1, &["a", "b", "c"]), contest(4, &["d", "e"])] },
                { "id": 8, "name": "B", "contests": [contest(1, &["a", "b"])] },
            ],
        }))
        .expect("is a definition")
    }

    fn counted(votes: &str) -> Result<Results, String> {
        let mut file = tempfile::NamedTempFile::new().expect("there is room");
        file.write_all(votes.as_bytes()).expect("it can be written");
        count(&definition(), file.path()).map_err(|error| error.root_cause().to_string())
    }

    #[test]
    fn selections_and_blank_groups_are_counted() {
        let results =
            counted("district,selections\n1,1;3|\n1,|2\n1,3|2\n").expect("is well-formed");
        let counts = |position: usize| {
            let district: &DistrictCounts = &results.districts[position];
            let contests = district
                .contests
                .iter()
                .map(|contest| contest.counts.clone());
            (district.ballots, contests.collect::<Vec<_>>())
        };
        assert_eq!(counts(0), (3, vec![vec![1, 0, 2], vec![0, 2]]));
        assert_eq!(counts(1), (0, vec![vec![0, 0]]));
    }

    #[test]
    fn rows_that_fit_no_ballot_paper_are_errors() {
        for (row, problem) in [
            ("1", "there is no comma"),
            ("2,1|1", "there is no such district"),
            ("1,1", "1 groups for 2 contests"),
            ("1,0|1", "there is no such option"),
            ("1,4|1", "there is no such option"),
        ] {
            assert_eq!(
                counted(&format!("district,selections\n{row}\n")),
                Err(problem.into()),
                "{row}"
            );
        }
    }

    #[test]
    fn one_vote_too_many_is_a_difference() {
        let expected = counted("district,selections\n8,1\n").expect("is well-formed");
        assert_eq!(differences(&expected, &expected), Vec::<String>::new());
        let mut published = expected.clone();
        published.districts[1].contests[0].counts[0] += 1;
        let words = differences(&expected, &published);
        assert_eq!(words.len(), 1);
        assert!(
            words[0].contains("counts: [2, 0]") && words[0].contains("counts: [1, 0]"),
            "{words:?}"
        );
        published.districts.pop();
        assert_eq!(
            differences(&expected, &published),
            ["1 districts were published, not 2"]
        );
    }
}
