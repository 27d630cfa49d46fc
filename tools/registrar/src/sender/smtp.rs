//! Sends codes by e-mail to a gateway that turns `NUMBER@DOMAIN` into a text message.

use std::{path::PathBuf, time::Duration};

use futures::future::BoxFuture;
use lettre::{
    message::Mailbox,
    transport::smtp::{authentication::Credentials, Error},
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
};
use psephos::failure::{read_input_text, InputError};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{CodeMessage, CodeSender, SenderError};

/// Where the mail server is.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// `smtps://USER@HOST:PORT`, `smtp://USER@HOST:PORT?tls=required`, or in development `smtp://…`.
    pub url: String,
    /// A file with the user's password.
    pub password_file: Option<PathBuf>,
    /// The sender's address.
    pub from: String,
    /// The domain that turns a number into an address.
    pub domain: String,
    /// A server that takes longer has failed.
    pub timeout: Duration,
}

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
    timeout: Duration,
}

impl Smtp {
    /// Reads the password, and checks address and URL.
    pub fn open(settings: &SmtpSettings) -> Result<Self, InputError> {
        let from = settings
            .from
            .parse()
            .map_err(|error| InputError::new("--smtp-from", format!("{error}")))?;
        let about = |message: String| InputError::new("--smtp", message);
        let url = reqwest::Url::parse(&settings.url).map_err(|error| about(error.to_string()))?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .map_err(|error| about(error.to_string()))?
            .timeout(Some(settings.timeout));
        if let Some(path) = &settings.password_file {
            let password = Zeroizing::new(read_input_text(path)?);
            let user = url.username().to_owned();
            builder = builder.credentials(Credentials::new(user, password.trim().to_owned()));
        }
        Ok(Self {
            transport: builder.build(),
            from,
            domain: settings.domain.clone(),
            timeout: settings.timeout,
        })
    }

    fn letter(&self, message: &CodeMessage<'_>) -> Result<Message, String> {
        let digits: String = message
            .telephone
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let to = format!("{digits}@{}", self.domain)
            .parse()
            .map_err(|_| "the number makes no address".to_owned())?;
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(message.election)
            .body(message.text())
            .map_err(|error| error.to_string())
    }
}

const SLOW: &str = "the mail server does not answer in time";

/// The server's own words are left out: they may repeat the number.
fn untaken(error: &Error) -> SenderError {
    SenderError(match error.status() {
        Some(code) => format!("the mail server answers {code}"),
        None if error.is_timeout() => SLOW.into(),
        None => format!("the mail server cannot be reached: {error}"),
    })
}

impl CodeSender for Smtp {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> BoxFuture<'a, Result<(), SenderError>> {
        Box::pin(async move {
            let letter = self.letter(&message).map_err(SenderError)?;
            // The library's own limit is one for connecting only.
            let sent = timeout(self.timeout, self.transport.send(letter)).await;
            match sent {
                Ok(sent) => sent.map(|_| ()).map_err(|error| untaken(&error)),
                Err(_) => Err(SenderError(SLOW.into())),
            }
        })
    }
}
