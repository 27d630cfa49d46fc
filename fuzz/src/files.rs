//! Files that officials are given.

use std::{io::Write, path::Path};

use codec::{DecodeAll, Encode};
use psephos::{
    cards::{RegistrarCard, TrusteeCard},
    definition::Definition,
    failure::InputError,
    register_files::{read_participations, RequestFile},
    votes::{self, ballot_papers, BallotPaper, Vote},
};
use psephos_primitives::{Contest, District, DistrictId};

use crate::Verdict;

const DEFINITION: &str = include_str!("../seeds/definition/whole.json");
/// What a file is called in errors.
const ORIGIN: &str = "file";

/// Definitions: districts, contests and options are such as a ballot paper can be made from, and
/// their encoding is read again.
pub fn definition(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Verdict::Refused;
    };
    let read = Definition::parse(ORIGIN, text);
    match &read {
        Ok(definition) => {
            let districts = &definition.districts;
            assert!(!districts.is_empty());
            assert!(definition.trustees.threshold <= definition.trustees.count);
            assert!(definition.registrars.quorum <= definition.registrars.count);
            let encoded = districts.encode();
            assert_eq!(
                Vec::<District>::decode_all(&mut &encoded[..]).as_ref(),
                Ok(districts)
            );
            districts
                .iter()
                .flat_map(|district| &district.contests)
                .for_each(check_contest);
        }
        Err(error) => check_error(error, ORIGIN),
    }
    Verdict::of(&read)
}

fn check_contest(contest: &Contest) {
    let options = u8::try_from(contest.options.len()).expect("at most 64");
    assert!(contest.min_selections <= contest.max_selections);
    assert!(contest.max_selections <= options && options > 0);
}

/// An error says what is wrong, and where.
fn check_error(error: &InputError, origin: &str) {
    assert_eq!(error.origin, origin);
    assert!(!error.message.is_empty());
    assert!(error.to_string().starts_with(origin));
}

/// Votes: one for each row, as its ballot paper allows, and the same when written and read again.
pub fn votes(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Verdict::Refused;
    };
    let definition = Definition::parse(ORIGIN, DEFINITION).expect("the seed is right");
    let papers = ballot_papers(&definition.districts);
    let read = votes::parse(ORIGIN, text, &papers);
    match &read {
        Ok(votes) => {
            assert_eq!(votes.len() + 1, text.lines().count());
            for vote in votes {
                check_vote(vote, &papers);
            }
            assert_eq!(
                votes::parse(ORIGIN, &written(votes), &papers).as_ref(),
                Ok(votes)
            );
        }
        Err(error) => {
            check_error(error, ORIGIN);
            assert!(error.place.is_some());
        }
    }
    Verdict::of(&read)
}

fn check_vote(vote: &Vote, papers: &[BallotPaper]) {
    let mut known = papers.iter();
    let paper = known
        .find(|paper| paper.district == vote.district)
        .expect("the district exists");
    assert_eq!(vote.selections.len(), paper.contests.len());
    for (selections, rule) in vote.selections.iter().zip(&paper.contests) {
        let selected = selections.iter().filter(|selected| **selected).count();
        assert_eq!(selections.len(), usize::from(rule.options));
        assert!(rule.allows(u8::try_from(selected).expect("at most 64")));
    }
}

/// The file that such votes stand in (PSE-FIL-2).
fn written(votes: &[Vote]) -> String {
    let mut text = String::from("district,selections\n");
    for vote in votes {
        let groups: Vec<String> = vote.selections.iter().map(|group| numbers(group)).collect();
        text.push_str(&format!("{},{}\n", vote.district, groups.join("|")));
    }
    text
}

fn numbers(selections: &[bool]) -> String {
    let chosen = (1usize..).zip(selections).filter(|(_, chosen)| **chosen);
    let numbers: Vec<String> = chosen.map(|(number, _)| number.to_string()).collect();
    numbers.join(";")
}

/// A file with these bytes, as programs are given it. `read` is handed its path.
pub(crate) fn with_file<T>(bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let mut file = tempfile::NamedTempFile::new().expect("temporary files can be made");
    file.write_all(bytes)
        .expect("temporary files can be written");
    read(file.path())
}

/// Lists of voters, requests and cards: the first byte says which.
pub fn register_files(bytes: &[u8]) -> Verdict {
    let Some((kind, bytes)) = bytes.split_first() else {
        return Verdict::Refused;
    };
    with_file(bytes, |path| {
        let read = match kind {
            b'v' => voters(path, bytes),
            b'q' => requests(path),
            b't' => TrusteeCard::read(path).map(|trustee| {
                assert!(core::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty()));
                assert!(!trustee.name.as_str().is_empty());
            }),
            b'r' => registrar(path),
            _ => return Verdict::Refused,
        };
        if let Err(error) = &read {
            check_error(error, &path.display().to_string());
        }
        Verdict::of(&read)
    })
}

/// One voter for each row after the header, none of them twice.
fn voters(path: &Path, bytes: &[u8]) -> Result<(), InputError> {
    let read = read_participations(path)?;
    let rows = String::from_utf8_lossy(bytes).lines().count();
    assert_eq!(read.len() + 1, rows);
    let mut numbers: Vec<_> = read.iter().map(|one| one.voter).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), read.len());
    Ok(())
}

/// A message for each request, which is what its digits say.
fn requests(path: &Path) -> Result<(), InputError> {
    let (file, messages) = RequestFile::read(path)?;
    assert_eq!(file.requests.len(), messages.len());
    for (request, message) in file.requests.iter().zip(messages) {
        let digits = request.blinded.strip_prefix("0x").expect("was checked");
        assert_eq!(digits.to_ascii_lowercase(), hex::encode(message));
    }
    Ok(())
}

/// A valid key for each district.
fn registrar(path: &Path) -> Result<(), InputError> {
    let districts = [DistrictId(1), DistrictId(4)];
    let registrar = RegistrarCard::read(path, &districts)?;
    assert_eq!(registrar.keys.len(), districts.len());
    assert!(registrar.keys.iter().all(|key| key.validate().is_ok()));
    Ok(())
}
