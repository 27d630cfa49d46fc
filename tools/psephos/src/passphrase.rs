//! Passphrases: from a file, from the environment, or asked for at the terminal.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use crate::failure::{read_input, InputError};

/// The environment variable that may hold the passphrase.
pub const VARIABLE: &str = "PSEPHOS_PASSPHRASE";

/// Where the passphrase comes from.
#[derive(Clone, Debug, Default)]
pub struct PassphraseSource {
    /// A file whose first line it is.
    pub file: Option<PathBuf>,
}

impl PassphraseSource {
    /// The passphrase of an existing key file.
    pub fn existing(&self, key_file: &Path) -> Result<SecretString, InputError> {
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => ask(&format!("Passphrase of {}: ", key_file.display())),
        }
    }

    /// A passphrase for a new key file: at a terminal it is asked for twice.
    pub fn chosen(&self, key_file: &Path) -> Result<SecretString, InputError> {
        use age::secrecy::ExposeSecret;
        if let Some(passphrase) = self.given()? {
            return Ok(passphrase);
        }
        let first = ask(&format!("New passphrase for {}: ", key_file.display()))?;
        let second = ask("The same again: ")?;
        if first.expose_secret() == second.expose_secret() {
            Ok(first)
        } else {
            Err(InputError::new("passphrase", "the two differ"))
        }
    }

    fn given(&self) -> Result<Option<SecretString>, InputError> {
        if let Some(file) = &self.file {
            let origin = file.display().to_string();
            let bytes = Zeroizing::new(read_input(file)?);
            let text = core::str::from_utf8(&bytes)
                .map_err(|_| InputError::new(&origin, "is not UTF-8"))?;
            let line = text.lines().next().unwrap_or_default();
            return not_empty(&origin, line).map(Some);
        }
        match std::env::var(VARIABLE) {
            Ok(passphrase) => not_empty(VARIABLE, &Zeroizing::new(passphrase)).map(Some),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(InputError::new(VARIABLE, error.to_string())),
        }
    }
}

fn not_empty(origin: &str, passphrase: &str) -> Result<SecretString, InputError> {
    if passphrase.is_empty() {
        return Err(InputError::new(origin, "the passphrase is empty"));
    }
    Ok(SecretString::from(passphrase.to_owned()))
}

fn ask(prompt: &str) -> Result<SecretString, InputError> {
    if !std::io::stdin().is_terminal() {
        let message = format!("none given: use --passphrase-file or {VARIABLE}");
        return Err(InputError::new("passphrase", message));
    }
    let typed = rpassword::prompt_password(prompt)
        .map_err(|error| InputError::new("passphrase", error.to_string()))?;
    not_empty("passphrase", &Zeroizing::new(typed))
}
