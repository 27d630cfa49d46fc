//! The result as people read it.

use std::fmt::Write;

use crate::expected::{Definition, Results};

/// Longest bar behind a count.
const BAR: u32 = 30;

/// The counts of every option, with its name.
pub fn render(definition: &Definition, results: &Results) -> String {
    let mut table = format!("\n{}\n", definition.title);
    for (district, counts) in definition.districts.iter().zip(&results.districts) {
        // Writing to a string does not fail.
        let _ = write!(
            table,
            "\n{} ({}), ballots: {}\n",
            district.name, district.id, counts.ballots
        );
        for (contest, contest_counts) in district.contests.iter().zip(&counts.contests) {
            let _ = writeln!(table, "  {}", contest.title);
            for (option, count) in contest.options.iter().zip(&contest_counts.counts) {
                let length = (count * BAR).checked_div(counts.ballots).unwrap_or(0);
                let bar = "█".repeat(usize::try_from(length.min(BAR)).unwrap_or_default());
                let _ = writeln!(table, "    {count:>7}  {bar:<30}  {option}");
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_option_shows_with_its_count() {
        let definition = serde_json::from_value(json!({
            "title": "E", "trustees": { "count": 1, "threshold": 1 },
            "districts": [
                { "id": 1, "name": "Север", "contests": [{ "id": 1, "title": "?", "options": ["да", "нет"] }] },
                { "id": 2, "name": "Юг", "contests": [{ "id": 1, "title": "?", "options": ["да"] }] },
            ],
        }))
        .expect("is a definition");
        let results = serde_json::from_value(json!({ "districts": [
            { "id": 1, "ballots": 4, "contests": [{ "id": 1, "counts": [3, 1] }] },
            { "id": 2, "ballots": 0, "contests": [{ "id": 1, "counts": [0] }] },
        ] }))
        .expect("is a result");
        let table = render(&definition, &results);
        let lines = table.lines().collect::<Vec<_>>();
        assert_eq!(lines[3], "Север (1), ballots: 4");
        assert_eq!(lines[5], format!("          3  {:<30}  да", "█".repeat(22)));
        assert_eq!(lines[6], format!("          1  {:<30}  нет", "█".repeat(7)));
        assert_eq!(lines[10], format!("          0  {:<30}  да", ""));
    }
}
