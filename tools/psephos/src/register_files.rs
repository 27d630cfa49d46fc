//! Files with voter numbers and with requests, which registrars are given.

use std::path::Path;

use psephos_primitives::{register::Participation, DistrictId, ElectionId, VoterNumber};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{read_input_text, InputError},
    strict_json::parse,
};

const HEADER: &str = "voter,district";

/// Reads `voter,district` rows.
pub fn read_participations(path: &Path) -> Result<Vec<Participation>, InputError> {
    let origin = path.display().to_string();
    parse_participations(&origin, &read_input_text(path)?)
}

fn parse_participations(origin: &str, text: &str) -> Result<Vec<Participation>, InputError> {
    let about =
        |line: usize, message: String| InputError::at(origin, format!("line {line}"), message);
    let mut lines = text.lines().zip(1usize..);
    match lines.next() {
        Some((HEADER, _)) => {}
        _ => return Err(about(1, format!("the header must be \"{HEADER}\""))),
    }
    let mut seen = std::collections::BTreeSet::new();
    lines
        .map(|(row, line)| {
            let (voter, district) = row
                .split_once(',')
                .ok_or_else(|| about(line, "there must be a voter number and a district".into()))?;
            let voter = parse_voter(voter).map_err(|message| about(line, message))?;
            let district = district
                .parse()
                .map(DistrictId)
                .map_err(|_| about(line, format!("{district:?} is no district number")))?;
            if !seen.insert(voter) {
                return Err(about(line, format!("voter {voter} is named twice")));
            }
            Ok(Participation { voter, district })
        })
        .collect()
}

/// A voter number as people write it.
pub fn parse_voter(text: &str) -> Result<VoterNumber, String> {
    text.parse()
        .map(VoterNumber)
        .map_err(|_| format!("{text:?} is no voter number"))
}

/// `NUMBER:DISTRICT`, as on the command line.
pub fn parse_participation(text: &str) -> Result<Participation, String> {
    let (voter, district) = text
        .split_once(':')
        .ok_or_else(|| format!("{text:?} must be a voter number, a colon and a district"))?;
    let district = district
        .parse()
        .map_err(|_| format!("{district:?} is no district number"))?;
    Ok(Participation {
        voter: parse_voter(voter)?,
        district: DistrictId(district),
    })
}

/// Blinded requests, as a registrar gets them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestFile {
    /// For which election.
    pub election: ElectionId,
    /// What is to be signed.
    pub requests: Vec<BlindRequest>,
}

/// One blinded request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlindRequest {
    /// The voter's number.
    pub voter: VoterNumber,
    /// The voter's district.
    pub district: DistrictId,
    /// The blinded message, in hexadecimal.
    pub blinded: String,
}

/// A registrar's answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFile {
    /// For which election.
    pub election: ElectionId,
    /// The registrar's account.
    pub registrar: String,
    /// In the order of the requests.
    pub signatures: Vec<BlindAnswer>,
}

/// One blind signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlindAnswer {
    /// The voter's number.
    pub voter: VoterNumber,
    /// The blind signature, in hexadecimal.
    pub signature: String,
}

impl RequestFile {
    /// Reads and checks a file; the messages come decoded, in the same order.
    pub fn read(path: &Path) -> Result<(Self, Vec<Vec<u8>>), InputError> {
        let origin = path.display().to_string();
        let file: Self = parse(&origin, &read_input_text(path)?, &["requests"])?;
        let mut messages = Vec::with_capacity(file.requests.len());
        for (position, request) in file.requests.iter().enumerate() {
            let place = format!("$.requests[{position}].blinded");
            let bytes = request
                .blinded
                .strip_prefix("0x")
                .and_then(|digits| hex::decode(digits).ok())
                .ok_or_else(|| {
                    InputError::at(&origin, place, "is not hexadecimal with 0x in front")
                })?;
            messages.push(bytes);
        }
        Ok((file, messages))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_errors_name_their_line() {
        let read = |text: &str| parse_participations("v", text).map_err(|error| error.to_string());
        let expected = vec![Participation {
            voter: VoterNumber(7),
            district: DistrictId(2),
        }];
        assert_eq!(read("voter,district\n7,2\n"), Ok(expected));
        assert_eq!(
            read(""),
            Err("v: line 1: the header must be \"voter,district\"".into())
        );
        let text = "voter,district\n7,2\n7,1";
        assert_eq!(read(text), Err("v: line 3: voter 7 is named twice".into()));
        let text = "voter,district\nx,2";
        assert_eq!(
            read(text),
            Err("v: line 2: \"x\" is no voter number".into())
        );
        let text = "voter,district\n7";
        let message = "v: line 2: there must be a voter number and a district";
        assert_eq!(read(text), Err(message.into()));
    }

    #[test]
    fn a_voter_on_the_command_line_has_a_district() {
        let expected = Participation {
            voter: VoterNumber(7),
            district: DistrictId(2),
        };
        assert_eq!(parse_participation("7:2"), Ok(expected));
        let message = "\"7\" must be a voter number, a colon and a district";
        assert_eq!(parse_participation("7"), Err(message.into()));
    }
}
