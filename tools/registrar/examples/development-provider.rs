//! An OpenID provider for trying the sign-in on one machine: it believes whoever comes, and serves at
//! an address of this machine only. `development-provider --development 127.0.0.1:PORT PAGE…`

#[path = "../tests/registrar/support/mod.rs"]
mod support;

use std::{net::SocketAddr, process::ExitCode};

use serde_json::json;
use support::provider::{Client, Provider, CLAIM};

/// What the registrar calls itself here.
const NAME: &str = "registrar";
const USAGE: &str = "development-provider --development 127.0.0.1:PORT PAGE…\n\
    PAGE is where a registrar has voters sent back to, as in http://127.0.0.1:8080/?registrar=0";

fn asked_for(arguments: &[String]) -> Option<(SocketAddr, Vec<String>)> {
    let [flag, listen, pages @ ..] = arguments else {
        return None;
    };
    let listen = listen.parse::<SocketAddr>().ok()?;
    let right = flag == "--development" && listen.ip().is_loopback() && !pages.is_empty();
    right.then(|| (listen, pages.to_vec()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let Some((listen, pages)) = asked_for(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let client = Client {
        name: NAME.into(),
        secret: None,
        pages,
    };
    let provider = Provider::serve(listen, client);
    eprintln!("DEVELOPMENT ONLY: this provider believes whoever comes");
    let line = json!({ "issuer": provider.issuer(), "client": NAME, "claim": CLAIM });
    println!("{line}");
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
