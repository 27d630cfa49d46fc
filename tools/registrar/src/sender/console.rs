//! Shows codes instead of sending them: for development only.

use std::{fs::create_dir_all, io::Write, path::PathBuf};

use futures::future::BoxFuture;
use psephos::{failure::InputError, files::replace_private};

use super::{CodeMessage, CodeSender, SenderError};

/// Writes each code to the standard output, and to a file that is named after the number's digits.
#[derive(Clone, Debug, Default)]
pub struct Console {
    /// Where the files go.
    pub directory: Option<PathBuf>,
}

impl Console {
    /// Makes the directory where there is none.
    pub fn open(directory: Option<PathBuf>) -> Result<Self, InputError> {
        if let Some(directory) = &directory {
            create_dir_all(directory).map_err(|error| {
                let message = format!("{} cannot be made: {error}", directory.display());
                InputError::new("--code-directory", message)
            })?;
        }
        Ok(Self { directory })
    }

    fn show(&self, message: &CodeMessage<'_>) -> Result<(), SenderError> {
        let failed = |error: String| SenderError(error);
        let digits: String = message
            .telephone
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        if let Some(directory) = &self.directory {
            let path = directory.join(format!("{digits}.txt"));
            replace_private(&path, message.code.as_bytes())
                .map_err(|error| failed(format!("{error:#}")))?;
        }
        let line = serde_json::json!({
            "telephone": digits,
            "code": message.code,
            "registrar": message.registrar,
        });
        writeln!(std::io::stdout(), "{line}").map_err(|error| failed(error.to_string()))
    }
}

impl CodeSender for Console {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> BoxFuture<'a, Result<(), SenderError>> {
        Box::pin(async move { self.show(&message) })
    }
}
