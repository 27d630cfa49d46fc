//! `votes.csv`: what the voters choose, for rehearsals and load tests (PSE-FIL-2).

use core::fmt;
use std::path::Path;

use psephos_crypto::ballot::ContestRule;
use psephos_primitives::{Contest, District, DistrictId};
use zeroize::Zeroize;

use crate::failure::{read_input_text, InputError};

const HEADER: &str = "district,selections";

/// One voter's choice. What it is does not show in debugging output.
#[derive(Clone, PartialEq, Eq)]
pub struct Vote {
    /// Where it is cast.
    pub district: DistrictId,
    /// For each contest, in the manifest's order, and each of its options: whether it is selected.
    pub selections: Vec<Vec<bool>>,
}

impl fmt::Debug for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vote")
            .field("district", &self.district)
            .field("selections", &"<redacted>")
            .finish()
    }
}

impl Drop for Vote {
    fn drop(&mut self) {
        self.selections.zeroize();
    }
}

/// What a ballot paper of one district looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BallotPaper {
    /// The district.
    pub district: DistrictId,
    /// Its contests' rules, in the manifest's order.
    pub contests: Vec<ContestRule>,
}

/// The ballot papers of these districts, in the same order.
pub fn ballot_papers(districts: &[District]) -> Vec<BallotPaper> {
    let paper = |district: &District| BallotPaper {
        district: district.id,
        contests: district.contests.iter().map(Contest::rule).collect(),
    };
    districts.iter().map(paper).collect()
}

/// Reads and checks a file: one row a voter.
pub fn read(path: &Path, papers: &[BallotPaper]) -> Result<Vec<Vote>, InputError> {
    parse(&path.display().to_string(), &read_input_text(path)?, papers)
}

/// Checks the text of a file; `origin` is its name.
pub fn parse(origin: &str, text: &str, papers: &[BallotPaper]) -> Result<Vec<Vote>, InputError> {
    let about = |line: usize, message| InputError::at(origin, format!("line {line}"), message);
    let mut lines = text.lines().zip(1usize..);
    match lines.next() {
        Some((HEADER, _)) => {}
        Some((other, line)) => {
            return Err(about(
                line,
                format!("the header must be \"{HEADER}\", not {other:?}"),
            ))
        }
        None => return Err(about(1, format!("the header \"{HEADER}\" is missing"))),
    }
    lines
        .map(|(row, line)| parse_row(row, papers).map_err(|message| about(line, message)))
        .collect()
}

fn parse_row(row: &str, papers: &[BallotPaper]) -> Result<Vote, String> {
    let fields: Vec<&str> = row.split(',').collect();
    let [district, selections] = fields[..] else {
        return Err(format!(
            "{} fields instead of 2 (district, selections)",
            fields.len()
        ));
    };
    let (district, selections) = (unquoted(district), unquoted(selections));
    let number = number(district).ok_or_else(|| format!("{district:?} is no district number"))?;
    let paper = papers
        .iter()
        .find(|paper| paper.district == DistrictId(number))
        .ok_or_else(|| {
            let known: Vec<String> = papers
                .iter()
                .map(|paper| paper.district.to_string())
                .collect();
            format!(
                "there is no district {number}; there are {}",
                known.join(", ")
            )
        })?;
    let groups: Vec<&str> = selections.split('|').collect();
    if groups.len() != paper.contests.len() {
        return Err(format!(
            "district {number} has {} contests, but there are {} groups of selections",
            paper.contests.len(),
            groups.len()
        ));
    }
    let mut vote = Vote {
        district: paper.district,
        selections: Vec::with_capacity(groups.len()),
    };
    for (group, rule) in groups.iter().zip(&paper.contests) {
        let chosen = parse_group(group, rule)
            .map_err(|message| format!("contest {}: {message}", rule.id))?;
        vote.selections.push(chosen);
    }
    Ok(vote)
}

fn parse_group(group: &str, rule: &ContestRule) -> Result<Vec<bool>, String> {
    let mut chosen = vec![false; usize::from(rule.options)];
    let mut selected = 0u8;
    for option in group.split(';').filter(|_| !group.is_empty()) {
        let number = number(option).ok_or_else(|| format!("{option:?} is no option number"))?;
        let position = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .wrapping_sub(1);
        let place = chosen.get_mut(position).ok_or_else(|| {
            format!(
                "there is no option {number}; there are 1 to {}",
                rule.options
            )
        })?;
        if core::mem::replace(place, true) {
            return Err(format!("option {number} is selected twice"));
        }
        selected = selected.saturating_add(1);
    }
    if !rule.allows(selected) {
        return Err(format!(
            "{selected} selections, allowed are {} to {}{}",
            rule.min,
            rule.max,
            if rule.blank { " or none" } else { "" }
        ));
    }
    Ok(chosen)
}

/// A number as people write it: digits only, no leading zero.
fn number(text: &str) -> Option<u32> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn unquoted(field: &str) -> &str {
    field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'))
        .unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn papers() -> Vec<BallotPaper> {
        let rule = |id, options, min, max, blank| ContestRule {
            id,
            options,
            min,
            max,
            blank,
        };
        vec![
            BallotPaper {
                district: DistrictId(1),
                contests: vec![rule(1, 3, 0, 2, false)],
            },
            BallotPaper {
                district: DistrictId(2),
                contests: vec![rule(1, 3, 1, 1, false), rule(5, 4, 2, 3, true)],
            },
        ]
    }

    fn refused(text: &str) -> String {
        match parse("votes.csv", text, &papers()) {
            Ok(votes) => format!("accepted {}", votes.len()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn rows_are_read_as_the_contract_says() {
        let text = "district,selections\r\n1,2\r\n1,1;3\n2,1|2;4\n1,\n2,3|\n\"1\",\"3\"";
        let votes = parse("votes.csv", text, &papers()).expect("is right");
        let chosen: Vec<_> = votes
            .iter()
            .map(|v| (v.district.get(), v.selections.clone()))
            .collect();
        let (y, n) = (true, false);
        assert_eq!(
            chosen,
            [
                (1, vec![vec![n, y, n]]),
                (1, vec![vec![y, n, y]]),
                (2, vec![vec![y, n, n], vec![n, y, n, y]]),
                (1, vec![vec![n, n, n]]),
                (2, vec![vec![n, n, y], vec![n, n, n, n]]),
                (1, vec![vec![n, n, y]]),
            ]
        );
        assert_eq!(refused("district,selections\n"), "accepted 0");
    }

    #[test]
    fn every_error_names_its_line() {
        let cases = [
            ("", "line 1: the header \"district,selections\" is missing"),
            (
                "1,2\n",
                "line 1: the header must be \"district,selections\", not \"1,2\"",
            ),
            (
                "district,selections\n1,2\n1\n",
                "line 3: 1 fields instead of 2 (district, selections)",
            ),
            (
                "district,selections\n1,2,3\n",
                "line 2: 3 fields instead of 2 (district, selections)",
            ),
            (
                "district,selections\n1,2\n\n1,2\n",
                "line 3: 1 fields instead of 2 (district, selections)",
            ),
            (
                "district,selections\nx,2\n",
                "line 2: \"x\" is no district number",
            ),
            (
                "district,selections\n3,2\n",
                "line 2: there is no district 3; there are 1, 2",
            ),
            (
                "district,selections\n1,x\n",
                "line 2: contest 1: \"x\" is no option number",
            ),
            (
                "district,selections\n1, 2\n",
                "line 2: contest 1: \" 2\" is no option number",
            ),
            (
                "district,selections\n1,02\n",
                "line 2: contest 1: \"02\" is no option number",
            ),
            (
                "district,selections\n1,+2\n",
                "line 2: contest 1: \"+2\" is no option number",
            ),
            (
                "district,selections\n1,1;\n",
                "line 2: contest 1: \"\" is no option number",
            ),
            (
                "district,selections\n1,0\n",
                "line 2: contest 1: there is no option 0; there are 1 to 3",
            ),
            (
                "district,selections\n1,4\n",
                "line 2: contest 1: there is no option 4; there are 1 to 3",
            ),
            (
                "district,selections\n1,99999999999\n",
                "line 2: contest 1: \"99999999999\" is no option number",
            ),
            (
                "district,selections\n1,2;2\n",
                "line 2: contest 1: option 2 is selected twice",
            ),
            (
                "district,selections\n1,1;2;3\n",
                "line 2: contest 1: 3 selections, allowed are 0 to 2",
            ),
            (
                "district,selections\n2,|\n",
                "line 2: contest 1: 0 selections, allowed are 1 to 1",
            ),
            (
                "district,selections\n2,1|1\n",
                "line 2: contest 5: 1 selections, allowed are 2 to 3 or none",
            ),
            (
                "district,selections\n2,1\n",
                "line 2: district 2 has 2 contests, but there are 1 groups of selections",
            ),
            (
                "district,selections\n1,1|2\n",
                "line 2: district 1 has 1 contests, but there are 2 groups of selections",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(refused(text), format!("votes.csv: {expected}"));
        }
    }

    #[test]
    fn a_vote_does_not_show() {
        let votes = parse("v", "district,selections\n1,2", &papers()).expect("is right");
        assert_eq!(
            format!("{votes:?}"),
            "[Vote { district: DistrictId(1), selections: \"<redacted>\" }]"
        );
    }
}
