//! One-time codes on their way: through a gateway and by mail, taken, refused, and unanswered.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{extract::State, http::HeaderMap, http::StatusCode, routing::post, Json, Router};
use psephos_registrar::{
    limits::CODES_PER_WINDOW,
    sender::{gateway::GatewaySettings, smtp::SmtpSettings, SenderChoice},
};
use serde_json::{json, Value};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{conversation::Conversation, databases::Database};

/// Long enough for an answer over loopback, on a machine that is busy, too.
const TIMEOUT: Duration = Duration::from_secs(2);
const TOKEN: &str = "of the gateway";

/// What the other side does with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    Takes,
    Refuses,
    Sleeps,
}

/// Somebody who takes messages.
#[derive(Clone)]
struct Post {
    manner: Arc<Mutex<Manner>>,
    taken: Arc<Mutex<Vec<String>>>,
    address: SocketAddr,
}

impl Post {
    async fn open() -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("can listen");
        let post = Self {
            manner: Arc::new(Mutex::new(Manner::Takes)),
            taken: Arc::default(),
            address: listener.local_addr().expect("has one"),
        };
        (post, listener)
    }

    fn manner(&self) -> Manner {
        *self.manner.lock().expect("nobody has panicked with it")
    }

    fn behave(&self, manner: Manner) {
        *self.manner.lock().expect("nobody has panicked with it") = manner;
    }

    fn take(&self, message: String) {
        let mut taken = self.taken.lock().expect("nobody has panicked with it");
        taken.push(message);
    }

    fn last(&self) -> String {
        let taken = self.taken.lock().expect("nobody has panicked with it");
        taken.last().expect("one was taken").clone()
    }
}

/// A gateway: takes `{"to", "text"}` from whoever has its token.
async fn gateway() -> (Post, SenderChoice, tempfile::TempDir) {
    let (post_office, listener) = Post::open().await;
    let router = Router::new()
        .route("/send", post(take_text))
        .with_state(post_office.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = tempfile::tempdir().expect("temporary directory");
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, format!("{TOKEN}\n")).expect("writable");
    let choice = SenderChoice::Gateway(GatewaySettings {
        url: format!("http://{}/send", post_office.address),
        token_file: Some(token_file),
        timeout: TIMEOUT,
    });
    (post_office, choice, folder)
}

async fn take_text(
    State(gateway): State<Post>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    match gateway.manner() {
        Manner::Sleeps => std::future::pending().await,
        Manner::Refuses => StatusCode::INTERNAL_SERVER_ERROR,
        Manner::Takes if headers["authorization"] != format!("Bearer {TOKEN}") => {
            StatusCode::UNAUTHORIZED
        }
        Manner::Takes => {
            let text = |field: &str| body[field].as_str().expect("is text").to_owned();
            gateway.take(format!("{}\n{}", text("to"), text("text")));
            StatusCode::ACCEPTED
        }
    }
}

/// A mail server (RFC 5321), as far as one letter needs it.
async fn mail_server() -> (Post, SenderChoice) {
    let (post_office, listener) = Post::open().await;
    let server = post_office.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_mail(stream, server.clone()));
        }
    });
    let choice = SenderChoice::Smtp(SmtpSettings {
        url: format!("smtp://{}", post_office.address),
        password_file: None,
        from: "election@city.example".into(),
        domain: "sms.example".into(),
        timeout: TIMEOUT,
    });
    (post_office, choice)
}

async fn serve_mail(mut stream: TcpStream, server: Post) -> std::io::Result<()> {
    if server.manner() == Manner::Sleeps {
        std::future::pending::<()>().await;
    }
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.example\r\n").await?;
    let mut letter: Option<String> = None;
    while let Some(line) = lines.next_line().await? {
        let answer = match (&mut letter, line.as_str()) {
            (Some(text), ".") => {
                server.take(text.clone());
                letter = None;
                "250 taken"
            }
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
                continue;
            }
            (None, "DATA") => {
                letter = Some(String::new());
                "354 go on"
            }
            // As servers do, it repeats whom it refuses.
            (None, line) if line.starts_with("RCPT") && server.manner() == Manner::Refuses => {
                "550 70000000012@sms.example is unknown"
            }
            (None, _) => "250 right",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn service_with(sender: SenderChoice) -> Conversation {
    Conversation::begin_with(&Database::Sqlite, |settings| settings.sender = sender).await
}

/// The six digits in a message.
fn code(message: &str) -> String {
    let (_, rest) = message
        .split_once("your code is ")
        .expect("says what it is");
    rest.chars().take(6).collect()
}

/// However often a message could not be sent, the next one is, at once, and its code is right.
async fn nothing_is_lost_by_failures(post: &Post, talk: &Conversation, voter: usize) {
    let token = talk.participant(voter).await;
    for round in 0..=CODES_PER_WINDOW {
        post.behave(if round == 0 {
            Manner::Sleeps
        } else {
            Manner::Refuses
        });
        let failed = talk.post("/v1/code", &token, json!({})).await;
        let expected = (StatusCode::SERVICE_UNAVAILABLE, "code_not_sent");
        assert_eq!((failed.status, failed.code()), expected, "{round}");
        assert_eq!(
            failed.body["detail"],
            "the code could not be sent: try again in a minute"
        );
        assert_eq!(failed.retry_after, Some(60));
        // The code that nobody has got opens nothing, and costs no try either.
        let entered = talk.enter_code(&token, "000000").await;
        assert_eq!(entered.code(), "code_expired");
    }
    post.behave(Manner::Takes);
    let sent = talk.post("/v1/code", &token, json!({})).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    let session = talk.enter_code(&token, &code(&post.last())).await;
    assert_eq!(session.status, StatusCode::OK, "{}", session.body);
}

#[tokio::test]
async fn a_gateway_brings_codes_and_its_failures_cost_the_voter_nothing() {
    let (gateway, choice, _folder) = gateway().await;
    let talk = service_with(choice).await;
    nothing_is_lost_by_failures(&gateway, &talk, 11).await;
    let message = gateway.last();
    let code = code(&message);
    let expected = format!(
        "+70000000011\nMayor: your code is {code}, for City. Never type it where the page names \
        another registrar. Nobody from the election commission will ever ask you for it."
    );
    assert_eq!(message, expected);
}

#[tokio::test]
async fn a_mail_server_brings_codes_and_its_failures_cost_the_voter_nothing() {
    let (server, choice) = mail_server().await;
    let talk = service_with(choice).await;
    nothing_is_lost_by_failures(&server, &talk, 12).await;
    let letter = server.last();
    for line in [
        "From: election@city.example",
        "To: 70000000012@sms.example",
        "Subject: Mayor",
    ] {
        assert!(letter.lines().any(|found| found == line), "{letter}");
    }
    // The registrar is named, so that the voter can tell whose code it is.
    assert!(letter.contains(", for City. Never type it"), "{letter}");
}

#[tokio::test]
async fn why_a_message_was_not_sent_names_nobody() {
    let (server, choice) = mail_server().await;
    let talk = service_with(choice).await;
    let (gateway, choice, _folder) = gateway().await;
    let other = service_with(choice).await;
    let message = |talk: &Conversation| {
        let sender = Arc::clone(&talk.service.sender);
        async move {
            let message = psephos_registrar::sender::CodeMessage {
                telephone: "+7 000 000-00-12",
                code: "123456",
                election: "Mayor",
                registrar: "City",
            };
            sender.send(message).await.map_err(|error| error.0)
        }
    };
    for (manner, by_mail, by_gateway) in [
        (
            Manner::Refuses,
            "the mail server answers 550",
            "the gateway answers 500 Internal Server Error",
        ),
        (
            Manner::Sleeps,
            "the mail server does not answer in time",
            "the gateway does not answer in time",
        ),
    ] {
        server.behave(manner);
        gateway.behave(manner);
        let (mailed, sent) = tokio::join!(message(&talk), message(&other));
        assert_eq!(
            (mailed, sent),
            (Err(by_mail.into()), Err(by_gateway.into()))
        );
    }
}
