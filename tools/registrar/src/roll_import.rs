//! Reads a voter roll: `full_name,birth_date,identity,telephone,district`.

use std::{collections::HashMap, path::Path};

use psephos::failure::{read_input_text, Failure, InputError};
use psephos_primitives::DistrictId;
use serde::Serialize;

use crate::{
    secrets::{KeyedHash, RollSecret},
    sign_in::identity,
    store::{
        roll::{Added, Voter},
        Store,
    },
};

/// The columns, in their order.
const COLUMNS: [&str; 5] = [
    "full_name",
    "birth_date",
    "identity",
    "telephone",
    "district",
];
/// Characters of the longest name that is believed to be one.
const MAX_NAME: usize = 200;
/// Digits of a telephone number (ITU-T E.164: at most 15).
const TELEPHONE_DIGITS: core::ops::RangeInclusive<usize> = 5..=15;
/// Initials that are kept.
const INITIALS: usize = 4;

/// A row that cannot be taken. What stands in it is not repeated: reports travel further than rolls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BadRow {
    /// Its line in the file.
    pub line: u64,
    /// The column.
    pub field: &'static str,
    /// What is expected.
    pub problem: String,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// Voters that are new on the roll.
    pub added: usize,
    /// Voters that were on the roll with the same data.
    pub unchanged: usize,
    /// Rows that were not taken.
    pub bad: Vec<BadRow>,
}

/// A row that was read.
struct Row {
    line: u64,
    voter: Voter,
}

/// Imports a roll: all of it, or with `skip_bad` all rows that are right, or nothing.
pub async fn import(
    store: &Store,
    secret: &RollSecret,
    path: &Path,
    skip_bad: bool,
) -> Result<Report, Failure> {
    let (rows, mut bad) = read(secret, path)?;
    let mut report = Report::default();
    let mut writing = store.write().await.map_err(anyhow::Error::from)?;
    for row in rows {
        let added = writing.add_voter(&row.voter).await;
        match added.map_err(anyhow::Error::from)? {
            Added::New => report.added += 1,
            Added::Same => report.unchanged += 1,
            Added::Differs => bad.push(BadRow {
                line: row.line,
                field: "identity",
                problem: "is on the roll already with other data".into(),
            }),
        }
    }
    bad.sort_by_key(|row| row.line);
    report.bad = bad;
    if !report.bad.is_empty() && !skip_bad {
        // Dropping the transaction leaves the roll as it was.
        report.added = 0;
        report.unchanged = 0;
        return Ok(report);
    }
    let logged = writing.log_import(report.added, report.bad.len()).await;
    logged.map_err(anyhow::Error::from)?;
    writing.commit().await.map_err(anyhow::Error::from)?;
    Ok(report)
}

fn read(secret: &RollSecret, path: &Path) -> Result<(Vec<Row>, Vec<BadRow>), InputError> {
    let origin = path.display().to_string();
    let text = zeroize::Zeroizing::new(read_input_text(path)?);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| InputError::at(&origin, "line 1", error.to_string()))?;
    if header.iter().ne(COLUMNS) {
        let message = format!("the header must be {}", COLUMNS.join(","));
        return Err(InputError::at(&origin, "line 1", message));
    }
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    let mut lines: HashMap<KeyedHash, u64> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| InputError::new(&origin, error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        match parse(secret, &record) {
            Ok(voter) => match lines.insert(voter.identity.clone(), line) {
                None => rows.push(Row { line, voter }),
                Some(first) => {
                    lines.insert(voter.identity, first);
                    bad.push(BadRow {
                        line,
                        field: "identity",
                        problem: format!("is that of line {first}, too"),
                    });
                }
            },
            Err((field, problem)) => bad.push(BadRow {
                line,
                field,
                problem,
            }),
        }
    }
    Ok((rows, bad))
}

fn parse(secret: &RollSecret, record: &csv::StringRecord) -> Result<Voter, (&'static str, String)> {
    if record.len() != COLUMNS.len() {
        let problem = format!(
            "{} fields are expected, not {}",
            COLUMNS.len(),
            record.len()
        );
        return Err(("row", problem));
    }
    let field = |position: usize| record.get(position).unwrap_or_default();
    let initials = initials(field(0)).map_err(|problem| (COLUMNS[0], problem))?;
    let birth_date = identity::birth_date(field(1)).map_err(|problem| (COLUMNS[1], problem))?;
    let identity = identity::normalised(field(2)).map_err(|problem| (COLUMNS[2], problem))?;
    let telephone = telephone(field(3)).map_err(|problem| (COLUMNS[3], problem))?;
    let district = field(4)
        .parse()
        .map(DistrictId)
        .map_err(|_| (COLUMNS[4], "a district's number is expected".to_owned()))?;
    Ok(Voter {
        number: secret.voter_number(&identity),
        identity: secret.identity(&identity),
        birth_date: secret.birth_date(&identity, &birth_date),
        initials,
        telephone,
        district,
    })
}

fn initials(name: &str) -> Result<String, String> {
    let letters = name.chars().filter(|character| character.is_alphabetic());
    if letters.count() == 0 || name.chars().count() > MAX_NAME {
        return Err(format!("a name of 1 to {MAX_NAME} characters is expected"));
    }
    let first = |word: &str| word.chars().find(|character| character.is_alphabetic());
    let initials = name.split_whitespace().filter_map(first).take(INITIALS);
    Ok(initials.map(|letter| format!("{letter}.")).collect())
}

fn telephone(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let written = text.strip_prefix('+').unwrap_or(text);
    let plain = written.chars().all(|character| {
        character.is_ascii_digit() || matches!(character, ' ' | '-' | '(' | ')' | '.')
    });
    if !plain || !TELEPHONE_DIGITS.contains(&digits.len()) {
        let (least, most) = (TELEPHONE_DIGITS.start(), TELEPHONE_DIGITS.end());
        return Err(format!("+ and {least} to {most} digits are expected"));
    }
    Ok(format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const HEADER: &str = "full_name,birth_date,identity,telephone,district\n";

    async fn store(directory: &tempfile::TempDir) -> Store {
        let url = format!("sqlite:{}", directory.path().join("register.db").display());
        Store::open(&url, Clock::default()).await.expect("opens")
    }

    async fn import_text(store: &Store, text: &str, skip_bad: bool) -> Result<Report, Failure> {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), text).expect("writable");
        let secret = RollSecret::from_bytes([7; 32]);
        import(store, &secret, file.path(), skip_bad).await
    }

    fn bad(line: u64, field: &'static str, problem: &str) -> BadRow {
        BadRow {
            line,
            field,
            problem: problem.into(),
        }
    }

    #[tokio::test]
    async fn every_bad_row_is_named_and_nothing_is_half_done() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let store = store(&directory).await;
        let text = format!(
            "{HEADER}Anna Maria Blum,1990-01-02,4510 123,+7 916 555-01-23,1\n\
             1,1990-01-02,4510 124,+79165550124,1\n\
             Bo Li,1990-13-02,4510 125,+79165550125,1\n\
             Bo Li,1990-12-02,,+79165550125,1\n\
             Bo Li,1990-12-02,4510-126,12,1\n\
             Bo Li,1990-12-02,4510-126,+79165550125,x\n\
             Anna Blum,1990-01-02,4510-123,+79165550123,1\n\
             Bo Li,1990-12-02,4510-126\n"
        );
        let report = import_text(&store, &text, false).await.expect("is read");
        let expected = [
            bad(3, "full_name", "a name of 1 to 200 characters is expected"),
            bad(4, "birth_date", "a date YYYY-MM-DD is expected"),
            bad(5, "identity", "1 to 64 letters and digits are expected"),
            bad(6, "telephone", "+ and 5 to 15 digits are expected"),
            bad(7, "district", "a district's number is expected"),
            bad(8, "identity", "is that of line 2, too"),
            bad(9, "row", "5 fields are expected, not 3"),
        ];
        assert_eq!(report.bad, expected);
        assert_eq!(
            (report.added, store.roll_length().await.expect("answers")),
            (0, 0)
        );
        let report = import_text(&store, &text, true).await.expect("is read");
        assert_eq!((report.added, report.bad.len()), (1, 7));
        let voters = store.voters().await.expect("answers");
        let kept: Vec<_> = voters
            .iter()
            .map(|voter| (voter.initials.as_str(), voter.telephone.as_str()))
            .collect();
        assert_eq!(kept, [("A.M.B.", "+79165550123")]);
    }

    #[tokio::test]
    async fn a_roll_can_be_imported_again_and_a_changed_voter_is_reported() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let store = store(&directory).await;
        let row =
            |district: u32| format!("{HEADER}Bo Li,1990-12-02,4510,+79165550125,{district}\n");
        let report = import_text(&store, &row(1), false).await.expect("is read");
        assert_eq!((report.added, report.unchanged), (1, 0));
        let report = import_text(&store, &row(1), false).await.expect("is read");
        assert_eq!((report.added, report.unchanged), (0, 1));
        let report = import_text(&store, &row(2), false).await.expect("is read");
        let expected = [bad(2, "identity", "is on the roll already with other data")];
        assert_eq!(report.bad, expected);
    }

    #[tokio::test]
    async fn another_header_is_refused() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let store = store(&directory).await;
        let error = import_text(&store, "name\nx\n", false).await;
        let message = "the header must be full_name,birth_date,identity,telephone,district";
        match error {
            Err(Failure::Input(error)) => assert_eq!(
                (error.place.as_deref(), error.message.as_str()),
                (Some("line 1"), message)
            ),
            other => panic!("not an input error: {other:?}"),
        }
    }
}
