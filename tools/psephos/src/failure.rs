//! How a command ends when it does not end well.

use std::path::Path;

/// Result of a command.
pub type Result<T, E = Failure> = core::result::Result<T, E>;

/// Why a command failed; the exit status says which kind.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something that was given is wrong; nothing was sent.
    #[error("{0}")]
    Input(#[from] InputError),
    /// The command did its work, and the answer is no.
    #[error("{0}")]
    Verdict(String),
    /// A node, a file or another party did not do its part.
    #[error("{0:#}")]
    Operation(#[from] anyhow::Error),
}

impl Failure {
    /// The exit status: 2 for bad input, 1 for everything else.
    pub const fn exit_status(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Verdict(_) | Self::Operation(_) => 1,
        }
    }

    /// The kind, for machines.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Verdict(_) => "verdict",
            Self::Operation(_) => "operation",
        }
    }

    /// An answer that is no.
    pub fn verdict(reason: impl Into<String>) -> Self {
        Self::Verdict(reason.into())
    }
}

impl From<psephos_client::Error> for Failure {
    fn from(error: psephos_client::Error) -> Self {
        Self::Operation(error.into())
    }
}

/// What is wrong with something that was given, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{origin}: {}{message}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
pub struct InputError {
    /// The file, or the option, that it is about.
    pub origin: String,
    /// The line or the JSON path within.
    pub place: Option<String>,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl InputError {
    /// About a whole file or option.
    pub fn new(origin: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            place: None,
            message: message.into(),
        }
    }

    /// About a place in it.
    pub fn at(
        origin: impl Into<String>,
        place: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            origin: origin.into(),
            place: Some(place.into()),
            message: message.into(),
        }
    }
}

/// Largest file that is read as a whole: a definition with 256 districts of 16 contests of 64 options
/// is smaller, and so is a ballot file of a million rows.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Reads a file that was given.
pub fn read_input(path: &Path) -> Result<Vec<u8>, InputError> {
    let origin = path.display().to_string();
    let about = |error: std::io::Error| InputError::new(&origin, error.to_string());
    let length = std::fs::metadata(path).map_err(about)?.len();
    if length > MAX_FILE_BYTES {
        let message = format!("is {length} bytes long, at most {MAX_FILE_BYTES} are read");
        return Err(InputError::new(&origin, message));
    }
    std::fs::read(path).map_err(about)
}

/// Reads a text file that was given; a byte order mark is dropped.
pub fn read_input_text(path: &Path) -> Result<String, InputError> {
    let text = String::from_utf8(read_input(path)?).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        InputError::at(
            path.display().to_string(),
            format!("line {line}"),
            "is not UTF-8",
        )
    })?;
    Ok(text
        .strip_prefix('\u{FEFF}')
        .map(String::from)
        .unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_file_and_place() {
        let error = InputError::at("votes.csv", "line 7", "district 9 does not exist");
        assert_eq!(
            error.to_string(),
            "votes.csv: line 7: district 9 does not exist"
        );
        assert_eq!(Failure::from(error).exit_status(), 2);
        assert_eq!(
            InputError::new("--url", "is none").to_string(),
            "--url: is none"
        );
        assert_eq!(Failure::verdict("differs").exit_status(), 1);
    }

    #[test]
    fn a_file_that_is_not_utf8_is_refused_with_its_line() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), b"a\nb\xff").expect("writable");
        let error = read_input_text(file.path()).map_err(|error| (error.place, error.message));
        assert_eq!(error, Err((Some("line 2".into()), "is not UTF-8".into())));
    }
}
