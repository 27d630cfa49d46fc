//! What a registrar hands to others: electronic voters, turnout, the result's protocol.

use psephos::results::Results;
use psephos_primitives::{
    register::{DistrictCounts, VoterRecord},
    Manifest,
};
use serde::Serialize;
use serde_json::{json, Value};

use crate::store::roll::Voter;

/// A voter who takes part electronically, and so gets no paper ballot.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Elector {
    /// The district.
    pub district: u32,
    /// The number in the chain's register.
    pub voter_number: String,
    /// The first letters of the name.
    pub initials: String,
    /// Whether a credential was issued: then not even a withdrawal could make a paper ballot right.
    pub issued: bool,
}

/// One district's turnout.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Turnout {
    /// The district.
    pub district: u32,
    /// Its name.
    pub name: String,
    /// Voters who take part.
    pub participating: u32,
    /// Voters that a credential was issued to.
    pub issued: u32,
    /// Accounts that have cast a ballot.
    pub cast: u32,
}

/// Those of the roll who take part.
pub fn electors(voters: &[(Voter, Option<VoterRecord>)]) -> Vec<Elector> {
    let taking_part = |(voter, record): &(Voter, Option<VoterRecord>)| {
        let record = record.filter(|record| record.participating)?;
        Some(Elector {
            district: voter.district.get(),
            voter_number: voter.number.to_string(),
            initials: voter.initials.clone(),
            issued: record.issued,
        })
    };
    voters.iter().filter_map(taking_part).collect()
}

/// Turnout by district.
pub fn turnout(manifest: &Manifest, counts: &[DistrictCounts]) -> Vec<Turnout> {
    let row = |counts: &DistrictCounts| Turnout {
        district: counts.district.get(),
        name: manifest
            .district(counts.district)
            .map(|district| district.name.to_string())
            .unwrap_or_default(),
        participating: counts.participating,
        issued: counts.issued,
        cast: counts.cast,
    };
    counts.iter().map(row).collect()
}

/// One row for each option.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct ProtocolRow {
    district: u32,
    district_name: String,
    ballots: u32,
    contest: u32,
    contest_title: String,
    option: String,
    count: u32,
}

/// The result as rows, in the manifest's order; a district whose counts are withheld has none.
pub fn protocol(manifest: &Manifest, results: &Results) -> Vec<ProtocolRow> {
    let mut rows = Vec::new();
    for district in &results.districts {
        let Some(known) = manifest.district(district.id) else {
            continue;
        };
        for (contest, counts) in known.contests.iter().zip(&district.contests) {
            for (option, count) in contest.options.iter().zip(&counts.counts) {
                rows.push(ProtocolRow {
                    district: district.id.get(),
                    district_name: district.name.clone(),
                    ballots: district.ballots,
                    contest: contest.id.get(),
                    contest_title: contest.title.to_string(),
                    option: option.to_string(),
                    count: *count,
                });
            }
        }
    }
    rows
}

/// Rows as CSV with a header.
pub fn csv<T: Serialize>(rows: &[T]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}

/// The result in NIST's common data format for election results reporting, version 2 (NIST SP
/// 1500-100r2), as JSON. Options are selections of a ballot measure: the manifest does not say
/// whether they are people.
pub fn nist_report(manifest: &Manifest, results: &Results, date: &str, generated: &str) -> Value {
    let districts = results.districts.iter().map(|district| {
        json!({
            "@type": "ElectionResults.ReportingUnit",
            "@id": unit(district.id.get()),
            "Name": international(&district.name),
            "Type": "other",
            "OtherType": "electoral district",
        })
    });
    let rows = protocol(manifest, results);
    let mut contests: Vec<Value> = Vec::new();
    for rows in
        rows.chunk_by(|one, next| (one.district, one.contest) == (next.district, next.contest))
    {
        contests.extend(nist_contest(rows));
    }
    let title = &results.title;
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
        "GpUnit": districts.collect::<Vec<_>>(),
        "Election": [{
            "@type": "ElectionResults.Election",
            "Name": international(title),
            "StartDate": date,
            "EndDate": date,
            "Type": "other",
            "OtherType": "electronic",
            "ElectionScopeId": results.districts.first().map(|district| unit(district.id.get())),
            "Contest": contests,
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

fn nist_contest(rows: &[ProtocolRow]) -> Option<Value> {
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
