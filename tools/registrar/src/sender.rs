//! Sends one-time codes.

use std::path::PathBuf;

use futures::future::BoxFuture;

pub mod console;
pub mod gateway;
pub mod smtp;

/// A code on its way to a voter.
pub struct CodeMessage<'a> {
    /// As the roll has it.
    pub telephone: &'a str,
    /// The code.
    pub code: &'a str,
    /// What the election is called.
    pub election: &'a str,
    /// What the registrar that asks for the code is called in the manifest.
    pub registrar: &'a str,
}

impl CodeMessage<'_> {
    /// The text of the message. It names the registrar, since another one could have had it sent in
    /// order to be told the code.
    pub fn text(&self) -> String {
        format!(
            "{election}: your code is {code}, for {registrar}. Never type it where the page names \
             another registrar. Nobody from the election commission will ever ask you for it.",
            election = self.election,
            code = self.code,
            registrar = self.registrar,
        )
    }
}

/// Why a code was not sent. Neither the code nor the number is in it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the one-time code was not sent: {0}")]
pub struct SenderError(pub String);

/// Something that brings codes to voters.
pub trait CodeSender: Send + Sync {
    /// Returns when the message was handed over.
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> BoxFuture<'a, Result<(), SenderError>>;
}

/// Which sender, as the command line says.
#[derive(Clone, Debug)]
pub enum SenderChoice {
    /// To the standard output and, if given, a directory. In development only.
    Console(Option<PathBuf>),
    /// To an HTTP gateway.
    Gateway(gateway::GatewaySettings),
    /// To an SMTP server whose addresses are telephone numbers at a domain.
    Smtp(smtp::SmtpSettings),
}

/// What a voter is shown of their number: its last two digits.
pub fn hint(telephone: &str) -> String {
    let digits: Vec<char> = telephone.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
    format!("••• {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_two_digits() {
        assert_eq!(hint("+7 916 555-01-23"), "••• 23");
        assert_eq!(hint(""), "••• ");
    }
}
