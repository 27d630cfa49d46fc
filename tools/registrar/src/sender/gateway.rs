//! Sends codes through an HTTP gateway for text messages.

use std::{path::PathBuf, time::Duration};

use futures::future::BoxFuture;
use psephos::failure::{read_input_text, InputError};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{CodeMessage, CodeSender, SenderError};

/// Where the gateway is.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Its URL, which takes `POST {"to": …, "text": …}` as JSON.
    pub url: String,
    /// A file with the token that goes into `Authorization: Bearer …`.
    pub token_file: Option<PathBuf>,
    /// A gateway that takes longer has failed.
    pub timeout: Duration,
}

/// A gateway.
pub struct Gateway {
    url: String,
    token: Option<Zeroizing<String>>,
    client: reqwest::Client,
}

#[derive(Serialize)]
struct GatewayRequest<'a> {
    to: &'a str,
    text: &'a str,
}

impl Gateway {
    /// Reads the token, and checks the URL.
    pub fn open(settings: &GatewaySettings) -> Result<Self, InputError> {
        let about = |message: String| InputError::new("--sms-gateway", message);
        let url = reqwest::Url::parse(&settings.url).map_err(|error| about(error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(about(format!("{url} is no http or https URL")));
        }
        let token = match &settings.token_file {
            Some(path) => Some(Zeroizing::new(read_input_text(path)?.trim().to_owned())),
            None => None,
        };
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .build()
            .map_err(|error| about(error.to_string()))?;
        Ok(Self {
            url: settings.url.clone(),
            token,
            client,
        })
    }
}

fn unanswered(error: reqwest::Error) -> SenderError {
    if error.is_timeout() {
        return SenderError("the gateway does not answer in time".into());
    }
    // The URL may hold a key.
    let error = anyhow::Error::from(error.without_url());
    SenderError(format!("the gateway cannot be reached: {error:#}"))
}

impl CodeSender for Gateway {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> BoxFuture<'a, Result<(), SenderError>> {
        Box::pin(async move {
            let text = Zeroizing::new(message.text());
            let body = GatewayRequest {
                to: message.telephone,
                text: &text,
            };
            let mut request = self.client.post(&self.url).json(&body);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token.as_str());
            }
            // An error of this library may name the URL, but never the body.
            let answer = request.send().await;
            let answer = answer.map_err(unanswered)?;
            if answer.status().is_success() {
                return Ok(());
            }
            Err(SenderError(format!(
                "the gateway answers {}",
                answer.status()
            )))
        })
    }
}
