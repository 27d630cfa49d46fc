//! The result in NIST's common data format for election results reporting, version 2 (NIST SP
//! 1500-100r2), as JSON.
//!
//! Options are selections of a ballot measure: the manifest does not say whether they are people.

use psephos::results::Results;
use psephos_primitives::Manifest;
use serde_json::{json, Value};

use super::{protocol, ProtocolRow};

/// The unit that all districts of the election make up.
const SCOPE: &str = "election-scope";

/// The report: what was decided on the day `date`, as it stood when it was `generated`.
pub fn report(manifest: &Manifest, results: &Results, date: &str, generated: &str) -> Value {
    let districts = results
        .districts
        .iter()
        .map(|district| (district.id.get(), district.name.as_str()));
    let rows = protocol(manifest, results);
    written(&results.title, districts, &rows, date, generated)
}

fn written<'a>(
    title: &str,
    districts: impl Iterator<Item = (u32, &'a str)>,
    rows: &[ProtocolRow],
    date: &str,
    generated: &str,
) -> Value {
    let mut units = Vec::new();
    let mut composing = Vec::new();
    for (district, name) in districts {
        composing.push(json!(unit(district)));
        units.push(json!({
            "@type": "ElectionResults.ReportingUnit",
            "@id": unit(district),
            "Name": international(name),
            "Type": "other",
            "OtherType": "electoral district",
        }));
    }
    units.push(json!({
        "@type": "ElectionResults.ReportingUnit",
        "@id": SCOPE,
        "Type": "other",
        "OtherType": "all districts of the election",
        "ComposingGpUnitIds": composing,
    }));
    let of_one_contest = |one: &ProtocolRow, next: &ProtocolRow| {
        (one.district, one.contest) == (next.district, next.contest)
    };
    let contests = rows.chunk_by(of_one_contest).filter_map(contest);
    json!({
        "@type": "ElectionResults.ElectionReport",
        "Format": "summary-contest",
        "GeneratedDate": generated,
        "Issuer": title,
        "IssuerAbbreviation": "psephos",
        "SequenceStart": 1,
        "SequenceEnd": 1,
        "Status": "unofficial-complete",
        "VendorApplicationId": "psephos",
        "GpUnit": units,
        "Election": [{
            "@type": "ElectionResults.Election",
            "Name": international(title),
            "StartDate": date,
            "EndDate": date,
            "Type": "other",
            "OtherType": "electronic",
            "ElectionScopeId": SCOPE,
            "Contest": contests.collect::<Vec<_>>(),
        }],
    })
}

fn unit(district: u32) -> String {
    format!("district-{district}")
}

fn international(text: &str) -> Value {
    json!({
        "@type": "ElectionResults.InternationalizedText",
        "Text": [{ "@type": "ElectionResults.LanguageString", "Language": "und", "Content": text }],
    })
}

fn contest(rows: &[ProtocolRow]) -> Option<Value> {
    let first = rows.first()?;
    let id = format!("contest-{}-{}", first.district, first.contest);
    let selections = rows.iter().enumerate().map(|(position, row)| {
        json!({
            "@type": "ElectionResults.BallotMeasureSelection",
            "@id": format!("{id}-option-{position}"),
            "Selection": international(&row.option),
            "SequenceOrder": position + 1,
            "VoteCounts": [{
                "@type": "ElectionResults.VoteCounts",
                "GpUnitId": unit(row.district),
                "Type": "total",
                "Count": row.count,
            }],
        })
    });
    Some(json!({
        "@type": "ElectionResults.BallotMeasureContest",
        "@id": id,
        "ElectionDistrictId": unit(first.district),
        "Name": first.contest_title,
        "ContestSelection": selections.collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What the format asks of each class that we write: members that have to be there, others that
    /// may be, and members whose value is one of a list.
    struct Class {
        name: &'static str,
        needed: &'static [&'static str],
        allowed: &'static [&'static str],
        fixed: &'static [(&'static str, &'static [&'static str])],
    }

    /// NIST SP 1500-100r2, section 4: classes and enumerations.
    const CLASSES: &[Class] = &[
        Class {
            name: "ElectionReport",
            needed: &[
                "Format",
                "GeneratedDate",
                "Issuer",
                "IssuerAbbreviation",
                "SequenceEnd",
                "SequenceStart",
                "Status",
                "VendorApplicationId",
            ],
            allowed: &["Election", "GpUnit"],
            fixed: &[
                ("Format", &["summary-contest"]),
                ("Status", &["unofficial-complete"]),
            ],
        },
        Class {
            name: "Election",
            needed: &["ElectionScopeId", "EndDate", "Name", "StartDate", "Type"],
            allowed: &["Contest", "OtherType"],
            fixed: &[("Type", &["other"])],
        },
        Class {
            name: "ReportingUnit",
            needed: &["@id", "Type"],
            allowed: &["ComposingGpUnitIds", "Name", "OtherType"],
            fixed: &[("Type", &["other"])],
        },
        Class {
            name: "BallotMeasureContest",
            needed: &["@id", "ElectionDistrictId", "Name"],
            allowed: &["ContestSelection"],
            fixed: &[],
        },
        Class {
            name: "BallotMeasureSelection",
            needed: &["@id", "Selection"],
            allowed: &["SequenceOrder", "VoteCounts"],
            fixed: &[],
        },
        Class {
            name: "VoteCounts",
            needed: &["Count", "GpUnitId", "Type"],
            allowed: &[],
            fixed: &[("Type", &["total"])],
        },
        Class {
            name: "InternationalizedText",
            needed: &["Text"],
            allowed: &[],
            fixed: &[],
        },
        Class {
            name: "LanguageString",
            needed: &["Content", "Language"],
            allowed: &[],
            fixed: &[],
        },
    ];

    /// Goes through a report: every object is of a class, with its members and no others; identifiers
    /// are unique, and whatever refers to a unit refers to one that is there.
    #[derive(Default)]
    struct Examination {
        classes: BTreeSet<&'static str>,
        identifiers: BTreeSet<String>,
        references: BTreeSet<String>,
    }

    impl Examination {
        fn examine(&mut self, value: &Value) {
            match value {
                Value::Array(values) => values.iter().for_each(|value| self.examine(value)),
                Value::Object(members) => {
                    let name = members["@type"].as_str().expect("has a class");
                    let name = name
                        .strip_prefix("ElectionResults.")
                        .expect("of the format");
                    let class = CLASSES.iter().find(|class| class.name == name);
                    let class = class.unwrap_or_else(|| panic!("{name} is no class"));
                    self.classes.insert(class.name);
                    for needed in class.needed {
                        assert!(members.contains_key(*needed), "{name} without {needed}");
                    }
                    for member in members.keys().map(String::as_str) {
                        let known = class.needed.contains(&member)
                            || class.allowed.contains(&member)
                            || member == "@type";
                        assert!(known, "{name} has no {member}");
                    }
                    for (member, values) in class.fixed {
                        let value = members[*member].as_str().expect("is text");
                        assert!(values.contains(&value), "{name}: {member} is {value}");
                    }
                    self.refer(members);
                    members.values().for_each(|value| self.examine(value));
                }
                _ => {}
            }
        }

        fn refer(&mut self, members: &serde_json::Map<String, Value>) {
            let text = |value: &Value| value.as_str().expect("is text").to_owned();
            if let Some(identifier) = members.get("@id") {
                let fresh = self.identifiers.insert(text(identifier));
                assert!(fresh, "{identifier} is there twice");
            }
            for member in ["ElectionScopeId", "ElectionDistrictId", "GpUnitId"] {
                self.references.extend(members.get(member).map(text));
            }
            if let Some(Value::Array(units)) = members.get("ComposingGpUnitIds") {
                self.references.extend(units.iter().map(text));
            }
        }
    }

    fn row(district: u32, contest: u32, option: &str, count: u32) -> ProtocolRow {
        ProtocolRow {
            district,
            district_name: "South".into(),
            ballots: 5,
            contest,
            contest_title: "Question".into(),
            option: option.into(),
            count,
        }
    }

    #[test]
    fn a_report_has_what_the_format_asks_for_and_nothing_else() {
        let rows = [
            row(1, 1, "A", 3),
            row(1, 1, "B", 2),
            row(1, 2, "A", 5),
            row(2, 1, "A", 0),
        ];
        let districts = [(1, "North"), (2, "South"), (3, "withheld")].into_iter();
        let report = written(
            "Mayor",
            districts,
            &rows,
            "2026-11-26",
            "2026-11-26T16:00:00Z",
        );
        let mut examination = Examination::default();
        examination.examine(&report);
        assert_eq!(examination.classes.len(), CLASSES.len());
        let missing: Vec<_> = examination
            .references
            .difference(&examination.identifiers)
            .collect();
        assert!(missing.is_empty(), "{missing:?} are nowhere");
        let contests = &report["Election"][0]["Contest"];
        assert_eq!(contests.as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_contest_holds_every_option_and_its_count() {
        let contest = contest(&[row(2, 1, "A", 3), row(2, 1, "B", 2)]).expect("has rows");
        let count = |option: usize| &contest["ContestSelection"][option]["VoteCounts"][0]["Count"];
        assert_eq!((count(0), count(1)), (&json!(3), &json!(2)));
        assert_eq!(contest["@id"], "contest-2-1");
        assert_eq!(super::contest(&[]), None);
    }
}
