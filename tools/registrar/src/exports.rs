//! What a registrar hands to others: electronic voters, turnout, the result's protocol.

use psephos::results::Results;
use psephos_primitives::{
    register::{DistrictCounts, VoterRecord},
    Manifest,
};
use serde::Serialize;

use crate::store::roll::Voter;

pub mod nist;

/// A voter who takes part electronically, and so gets no paper ballot.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Elector {
    /// Where they take part, as the chain has it.
    pub district: u32,
    /// Where this registrar's roll has them, and with it the paper roll that they are struck off.
    pub roll_district: u32,
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

/// Those of the roll who take part, in whichever district: who takes part in another one than the roll's gets
/// no paper ballot either.
pub fn electors(voters: &[(Voter, Option<VoterRecord>)]) -> Vec<Elector> {
    let taking_part = |(voter, record): &(Voter, Option<VoterRecord>)| {
        let record = record.filter(|record| record.participating)?;
        Some(Elector {
            district: record.district.get(),
            roll_district: voter.district.get(),
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
    /// The district.
    pub district: u32,
    /// Its name.
    pub district_name: String,
    /// Ballots that were counted there.
    pub ballots: u32,
    /// The contest.
    pub contest: u32,
    /// Its title.
    pub contest_title: String,
    /// The option.
    pub option: String,
    /// How many ballots select it.
    pub count: u32,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::RollSecret;
    use psephos_primitives::{DistrictId, VoterNumber};

    fn voter(number: u64) -> Voter {
        let secret = RollSecret::from_bytes([1; 32]);
        Voter {
            number: VoterNumber(number),
            identity: secret.identity("1"),
            birth_date: secret.birth_date("1", "1990-01-01"),
            initials: "A.B.".into(),
            telephone: "+700000001".into(),
            district: DistrictId(2),
        }
    }

    fn record(participating: bool, issued: bool) -> VoterRecord {
        VoterRecord {
            district: DistrictId(2),
            recorded_by: 1,
            participating,
            issued_by: u8::from(issued),
            issued,
            changed: 3,
        }
    }

    #[test]
    fn only_those_who_take_part_are_struck_off_the_paper_roll() {
        let voters = [
            (voter(u64::MAX), Some(record(true, true))),
            (voter(8), Some(record(false, false))),
            (voter(9), None),
        ];
        let text = csv(&electors(&voters)).expect("is written");
        let expected = "district,roll_district,voter_number,initials,issued\n\
            2,2,18446744073709551615,A.B.,true\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn who_takes_part_in_another_district_is_listed_there() {
        let elsewhere = VoterRecord {
            district: DistrictId(3),
            ..record(true, false)
        };
        let text = csv(&electors(&[(voter(8), Some(elsewhere))])).expect("is written");
        let expected = "district,roll_district,voter_number,initials,issued\n3,2,8,A.B.,false\n";
        assert_eq!(text, expected);
    }
}
