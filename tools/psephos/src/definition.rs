//! `election.json`: what is being decided (PSE-FIL-1).

use std::{collections::BTreeMap, path::Path};

use psephos_primitives::{
    limits::{MAX_CONTESTS, MAX_DISTRICTS, MAX_OPTIONS, MAX_REGISTRARS, MAX_TRUSTEES},
    BlockRange, Contest, ContestId, District, DistrictId, RevotePolicy, Text,
};
use serde::{Deserialize, Serialize};
use sp_runtime::BoundedVec;

use crate::{
    failure::{read_input_text, InputError},
    strict_json::{parse, whole_number},
};

/// The fields that hold lists.
const LISTS: [&str; 3] = ["districts", "contests", "options"];
const U32_MAX: u32 = u32::MAX;
const MIN_THRESHOLD: u32 = psephos_crypto::key_ceremony::MIN_THRESHOLD;

/// A checked definition of an election.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Definition {
    /// What the election is called.
    pub title: Text,
    /// How many trustees there are, and how many of them it takes to decrypt.
    pub trustees: TrusteeTerms,
    /// How many registrars there are, and how many of them make a quorum.
    pub registrars: RegistrarTerms,
    /// The districts.
    pub districts: Vec<District>,
    /// Whether voters may cast again.
    pub revote: RevotePolicy,
    /// When; without it, it must be given otherwise.
    pub schedule: Option<Schedule>,
}

/// Trustees of an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrusteeTerms {
    /// How many.
    #[serde(deserialize_with = "whole_number::<_, 1, MAX_TRUSTEES>")]
    pub count: u32,
    /// How many of them it takes to decrypt.
    #[serde(deserialize_with = "whole_number::<_, MIN_THRESHOLD, MAX_TRUSTEES>")]
    pub threshold: u32,
}

/// Registrars of an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrarTerms {
    /// How many.
    #[serde(deserialize_with = "whole_number::<_, 1, MAX_REGISTRARS>")]
    pub count: u32,
    /// How many of them it takes to admit a voter.
    #[serde(deserialize_with = "whole_number::<_, 1, MAX_REGISTRARS>")]
    pub quorum: u32,
}

impl RegistrarTerms {
    /// So many dishonest registrars cannot make a second credential with one voter: each takes the
    /// signatures of as many honest ones as are missing to a quorum, and a quorum is all that signs for
    /// the voter (PSE-REG-4).
    pub const fn withstands(&self) -> u32 {
        self.quorum.saturating_sub(1) / 2
    }
}

impl Default for RegistrarTerms {
    fn default() -> Self {
        Self {
            count: 1,
            quorum: 1,
        }
    }
}

/// When an election takes place, in blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Blocks in which voters may apply and withdraw.
    pub registration: BlockRange,
    /// Blocks in which ballots are accepted.
    pub voting: BlockRange,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDefinition {
    title: String,
    trustees: TrusteeTerms,
    #[serde(default)]
    registrars: RegistrarTerms,
    districts: Vec<RawDistrict>,
    #[serde(default)]
    revote: RevotePolicy,
    #[serde(default)]
    schedule: Option<Schedule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDistrict {
    #[serde(deserialize_with = "whole_number::<_, 0, U32_MAX>")]
    id: u32,
    name: String,
    contests: Vec<RawContest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContest {
    #[serde(deserialize_with = "whole_number::<_, 0, U32_MAX>")]
    id: u32,
    title: String,
    options: Vec<String>,
    #[serde(deserialize_with = "whole_number::<_, 0, MAX_OPTIONS>")]
    min_selections: u32,
    #[serde(deserialize_with = "whole_number::<_, 0, MAX_OPTIONS>")]
    max_selections: u32,
}

/// Where something is, and what is wrong there.
struct Finding(String, String);

impl Definition {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        Self::parse(&path.display().to_string(), &read_input_text(path)?)
    }

    /// Checks the text of a file; `origin` is its name.
    pub fn parse(origin: &str, text: &str) -> Result<Self, InputError> {
        let raw: RawDefinition = parse(origin, text, &LISTS)?;
        check(raw).map_err(|Finding(path, message)| InputError::at(origin, path, message))
    }
}

fn check(raw: RawDefinition) -> Result<Definition, Finding> {
    let title = text("$.title", &raw.title)?;
    let TrusteeTerms {
        count: trustees,
        threshold,
    } = raw.trustees;
    at_most(
        "$.trustees.threshold",
        threshold,
        "trustees.count",
        trustees,
    )?;
    let RegistrarTerms {
        count: registrars,
        quorum,
    } = raw.registrars;
    at_most(
        "$.registrars.quorum",
        quorum,
        "registrars.count",
        registrars,
    )?;
    count(
        "$.districts",
        "districts",
        raw.districts.len(),
        MAX_DISTRICTS,
    )?;
    unique(
        raw.districts
            .iter()
            .enumerate()
            .map(|(i, d)| (format!("$.districts[{i}].id"), d.id)),
    )?;
    let districts = raw
        .districts
        .into_iter()
        .enumerate()
        .map(|(i, district)| check_district(&format!("$.districts[{i}]"), district))
        .collect::<Result<_, _>>()?;
    if let Some(schedule) = &raw.schedule {
        check_schedule(schedule)?;
    }
    Ok(Definition {
        title,
        trustees: raw.trustees,
        registrars: raw.registrars,
        districts,
        revote: raw.revote,
        schedule: raw.schedule,
    })
}

fn check_district(path: &str, raw: RawDistrict) -> Result<District, Finding> {
    let name = text(&format!("{path}.name"), &raw.name)?;
    let contests_path = format!("{path}.contests");
    count(&contests_path, "contests", raw.contests.len(), MAX_CONTESTS)?;
    unique(
        raw.contests
            .iter()
            .enumerate()
            .map(|(i, c)| (format!("{contests_path}[{i}].id"), c.id)),
    )?;
    let contests = raw
        .contests
        .into_iter()
        .enumerate()
        .map(|(i, contest)| check_contest(&format!("{contests_path}[{i}]"), contest))
        .collect::<Result<Vec<_>, _>>()?;
    let contests = bounded(&contests_path, contests)?;
    Ok(District {
        id: DistrictId(raw.id),
        name,
        contests,
    })
}

fn check_contest(path: &str, raw: RawContest) -> Result<Contest, Finding> {
    let title = text(&format!("{path}.title"), &raw.title)?;
    let options_path = format!("{path}.options");
    count(&options_path, "options", raw.options.len(), MAX_OPTIONS)?;
    let options = raw
        .options
        .iter()
        .enumerate()
        .map(|(i, option)| text(&format!("{options_path}[{i}]"), option))
        .collect::<Result<Vec<_>, _>>()?;
    unique(
        raw.options
            .iter()
            .enumerate()
            .map(|(i, o)| (format!("{options_path}[{i}]"), o)),
    )?;
    let how_many = options.len() as u32;
    let (min, max) = (raw.min_selections, raw.max_selections);
    at_most(
        &format!("{path}.max_selections"),
        max,
        "the number of options",
        how_many,
    )?;
    at_most(
        &format!("{path}.min_selections"),
        min,
        "max_selections",
        max,
    )?;
    Ok(Contest {
        id: ContestId(raw.id),
        title,
        options: bounded(&options_path, options)?,
        // Both are at most 64.
        min_selections: min as u8,
        max_selections: max as u8,
        blank_allowed: false,
    })
}

fn check_schedule(schedule: &Schedule) -> Result<(), Finding> {
    let Schedule {
        registration,
        voting,
    } = schedule;
    let ordered = [
        (
            "$.schedule.registration.end",
            registration.end,
            "registration.start",
            registration.start,
            true,
        ),
        (
            "$.schedule.voting.start",
            voting.start,
            "registration.end",
            registration.end,
            false,
        ),
        (
            "$.schedule.voting.end",
            voting.end,
            "voting.start",
            voting.start,
            true,
        ),
    ];
    for (path, later, name, earlier, strictly) in ordered {
        if later < earlier || (strictly && later == earlier) {
            let how = if strictly {
                "must be greater than"
            } else {
                "must not be less than"
            };
            return Err(Finding(
                path.into(),
                format!("{later} {how} {name}, which is {earlier}"),
            ));
        }
    }
    Ok(())
}

fn text(path: &str, text: &str) -> Result<Text, Finding> {
    Text::new(text).map_err(|error| Finding(path.into(), error.to_string()))
}

fn at_most(path: &str, value: u32, name: &str, most: u32) -> Result<(), Finding> {
    if value > most {
        let message = format!("{value} is more than {name}, which is {most}");
        return Err(Finding(path.into(), message));
    }
    Ok(())
}

fn count(path: &str, what: &str, found: usize, most: u32) -> Result<(), Finding> {
    if found == 0 || found > most as usize {
        return Err(Finding(
            path.into(),
            format!("{found} {what}, expected 1 to {most}"),
        ));
    }
    Ok(())
}

fn unique<T: Ord + core::fmt::Display>(
    values: impl Iterator<Item = (String, T)>,
) -> Result<(), Finding> {
    let mut seen = BTreeMap::new();
    for (path, value) in values {
        let message = |first: &String| format!("\"{value}\" stands at {first} already");
        if let Some(first) = seen.get(&value) {
            return Err(Finding(path, message(first)));
        }
        seen.insert(value, path);
    }
    Ok(())
}

fn bounded<T, const MAX: u32>(
    path: &str,
    values: Vec<T>,
) -> Result<BoundedVec<T, sp_runtime::traits::ConstU32<MAX>>, Finding> {
    BoundedVec::try_from(values).map_err(|values| {
        Finding(
            path.into(),
            format!("{} values, at most {MAX}", values.len()),
        )
    })
}

#[cfg(test)]
mod tests;
