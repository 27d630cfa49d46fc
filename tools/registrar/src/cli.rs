//! `psephos-registrar …`

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use psephos::{
    failure::{Failure, InputError},
    output::Output,
    passphrase::PassphraseSource,
};
use psephos_primitives::ElectionId;
use serde_json::json;

use crate::{
    clock::Clock,
    export_command::ExportArguments,
    limits::SENDER_TIMEOUT,
    roll_import::import,
    secrets::RollSecret,
    sender::{gateway::GatewaySettings, smtp::SmtpSettings, SenderChoice},
    serve::{on_nodes, Settings},
    sign_in::oidc::OidcSettings,
    store::{audit_log::check, Store},
};

/// Keeps the voter register of one election and issues its credentials
#[derive(Parser, Debug)]
#[command(name = "psephos-registrar", version)]
pub struct Cli {
    /// Show results as JSON
    #[arg(long, global = true)]
    json: bool,
    /// The command
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make the secret that the registrars of one election share
    NewRollSecret {
        /// The new file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put the voters of a CSV file on the roll
    ImportRoll {
        /// Columns full_name,birth_date,identity,telephone,district
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the roll is kept
        #[command(flatten)]
        database: DatabaseArguments,
        /// The roll's secret
        #[arg(long, value_name = "FILE")]
        roll_secret: PathBuf,
        /// Take the rows that are right although others are not
        #[arg(long)]
        skip_bad: bool,
    },
    /// Serve voters
    Serve(Box<ServeArguments>),
    /// Write the OpenAPI description of the service
    OpenApi,
    /// Write electronic voters, turnout or result to the standard output
    Export(ExportArguments),
    /// Check that no entry of the audit log was changed or taken out
    CheckAuditLog {
        /// Where the log is kept
        #[command(flatten)]
        database: DatabaseArguments,
    },
}

/// Where the register is kept.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArguments {
    /// sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        value_name = "URL",
        env = "PSEPHOS_REGISTRAR_DATABASE",
        hide_env_values = true,
        default_value = "sqlite:registrar.db"
    )]
    database: String,
}

impl DatabaseArguments {
    /// Opens it.
    pub async fn open(&self) -> Result<Store, Failure> {
        let store = Store::open(&self.database, Clock::default()).await;
        Ok(store.map_err(anyhow::Error::from)?)
    }
}

/// How codes are sent.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum SenderKind {
    /// To the standard output, with --development only
    Console,
    /// Through an HTTP gateway for text messages
    Gateway,
    /// By e-mail to a gateway for text messages
    Smtp,
}

#[derive(Args, Debug)]
struct ServeArguments {
    /// WebSocket URL of a node; several stand in for each other
    #[arg(
        long = "url",
        value_name = "URL",
        default_value = "ws://127.0.0.1:9944"
    )]
    urls: Vec<String>,
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    /// The registrar's directory, as `psephos registrar init` made it
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// A file whose first line is the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The roll's secret
    #[arg(long, value_name = "FILE")]
    roll_secret: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Certificate chain in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Serve without TLS, behind a proxy that has it, or in development
    #[arg(long, conflicts_with = "tls_certificate")]
    plain_http: bool,
    /// Origin of a voters' page, such as https://vote.example
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Allow the log-in by date of birth and the console sender: never in an election
    #[arg(long)]
    development: bool,
    /// How one-time codes are sent
    #[arg(long, value_enum)]
    sender: SenderKind,
    /// Write each code to DIR/<digits of the number>.txt, too
    #[arg(long, value_name = "DIR", requires = "development")]
    code_directory: Option<PathBuf>,
    #[command(flatten)]
    gateway: GatewayArguments,
    #[command(flatten)]
    smtp: SmtpArguments,
    #[command(flatten)]
    oidc: OidcArguments,
}

#[derive(Args, Debug)]
struct GatewayArguments {
    /// URL that takes POST {"to", "text"}
    #[arg(long, value_name = "URL")]
    sms_gateway: Option<String>,
    /// A file with the gateway's bearer token
    #[arg(long, value_name = "FILE")]
    sms_token_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct SmtpArguments {
    /// smtps://USER@HOST, or smtp://USER@HOST?tls=required
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// A file with the user's password
    #[arg(long, value_name = "FILE")]
    smtp_password_file: Option<PathBuf>,
    /// The sender's address
    #[arg(long, value_name = "ADDRESS")]
    smtp_from: Option<String>,
    /// The domain of the gateway's addresses: NUMBER@DOMAIN
    #[arg(long, value_name = "DOMAIN")]
    smtp_domain: Option<String>,
}

#[derive(Args, Debug)]
struct OidcArguments {
    /// URL of the OpenID provider
    #[arg(long, value_name = "URL", requires = "oidc_client")]
    oidc_issuer: Option<String>,
    /// What this registrar is called there
    #[arg(long, value_name = "NAME")]
    oidc_client: Option<String>,
    /// A file with the client's secret
    #[arg(long, value_name = "FILE")]
    oidc_secret_file: Option<PathBuf>,
    /// The claim that is the roll's identity number
    #[arg(long, value_name = "CLAIM", default_value = "sub")]
    oidc_claim: String,
    /// A scope that the claim takes, beside openid
    #[arg(long = "oidc-scope", value_name = "SCOPE")]
    oidc_scopes: Vec<String>,
}

impl Cli {
    /// Where results go.
    pub const fn output(&self) -> Output {
        Output { json: self.json }
    }

    /// Does it.
    pub async fn run(self) -> Result<(), Failure> {
        let output = self.output();
        match self.command {
            Command::NewRollSecret { file } => {
                RollSecret::create(&file)?;
                let words = || format!("{}: give it to the other registrars", file.display());
                output.result(&json!({ "file": file }), words);
                Ok(())
            }
            Command::ImportRoll {
                file,
                database,
                roll_secret,
                skip_bad,
            } => import_roll(output, &file, &database, &roll_secret, skip_bad).await,
            Command::Serve(arguments) => {
                let urls = arguments.urls.clone();
                on_nodes(arguments.settings()?, &urls).await
            }
            Command::Export(arguments) => arguments.run().await,
            Command::CheckAuditLog { database } => check_audit_log(output, &database).await,
            Command::OpenApi => {
                let json = crate::api::description_json()?;
                output.result(&json!(null), || json.trim_end().to_owned());
                Ok(())
            }
        }
    }
}

async fn check_audit_log(output: Output, database: &DatabaseArguments) -> Result<(), Failure> {
    let store = database.open().await?;
    let entries = store.audit_log().await.map_err(anyhow::Error::from)?;
    check(&entries).map_err(|damage| Failure::verdict(damage.to_string()))?;
    let last = entries.last().map_or("", |entry| entry.hash.as_str());
    let value = json!({ "entries": entries.len(), "last": last });
    output.result(&value, || {
        format!("{} entries, the last with hash {last}", entries.len())
    });
    Ok(())
}

async fn import_roll(
    output: Output,
    file: &std::path::Path,
    database: &DatabaseArguments,
    roll_secret: &std::path::Path,
    skip_bad: bool,
) -> Result<(), Failure> {
    let secret = RollSecret::read(roll_secret)?;
    let store = database.open().await?;
    let belongs = store.belong("roll secret", &secret.fingerprint()).await;
    belongs.map_err(anyhow::Error::from)?;
    let report = import(&store, &secret, file, skip_bad).await?;
    store.close().await;
    for row in &report.bad {
        let (line, field, problem) = (row.line, row.field, &row.problem);
        output.note(format!(
            "{}: line {line}: {field}: {problem}",
            file.display()
        ));
    }
    output.result(&report, || {
        let (added, unchanged, bad) = (report.added, report.unchanged, report.bad.len());
        format!("{added} voters added, {unchanged} unchanged, {bad} rows not taken")
    });
    if report.bad.is_empty() || skip_bad {
        return Ok(());
    }
    let message = format!("{} rows are wrong; nothing was imported", report.bad.len());
    Err(InputError::new(file.display().to_string(), message).into())
}

impl ServeArguments {
    fn settings(self) -> Result<Settings, InputError> {
        let tls = self.tls_certificate.clone().zip(self.tls_key.clone());
        if tls.is_none() && !self.plain_http {
            let message = "and --tls-key are needed, or --plain-http behind a proxy";
            return Err(InputError::new("--tls-certificate", message));
        }
        if self.oidc.oidc_issuer.is_none() && !self.development {
            let message = "is needed: without it nobody can sign in";
            return Err(InputError::new("--oidc-issuer", message));
        }
        let issuer = self.oidc.oidc_issuer.as_deref().unwrap_or_default();
        if issuer.starts_with("http:") && !self.development {
            let message = "has to be https: whoever is on the way could sign in as anybody";
            return Err(InputError::new("--oidc-issuer", message));
        }
        Ok(Settings {
            sender: self.sender()?,
            oidc: self.oidc.settings(),
            directory: self.dir,
            passphrase: PassphraseSource {
                file: self.passphrase_file,
            },
            roll_secret: self.roll_secret,
            database: self.database.database,
            election: ElectionId(self.election),
            listen: self.listen,
            tls,
            origins: self.origins,
            development: self.development,
        })
    }

    fn sender(&self) -> Result<SenderChoice, InputError> {
        let needed = |option: &str, value: &Option<String>| {
            let missing = || InputError::new(option, "is needed by this --sender");
            value.clone().ok_or_else(missing)
        };
        match self.sender {
            SenderKind::Console if !self.development => {
                let message = "console shows codes instead of sending them: --development only";
                Err(InputError::new("--sender", message))
            }
            SenderKind::Console => Ok(SenderChoice::Console(self.code_directory.clone())),
            SenderKind::Gateway => Ok(SenderChoice::Gateway(GatewaySettings {
                url: needed("--sms-gateway", &self.gateway.sms_gateway)?,
                token_file: self.gateway.sms_token_file.clone(),
                timeout: SENDER_TIMEOUT,
            })),
            SenderKind::Smtp => Ok(SenderChoice::Smtp(SmtpSettings {
                url: needed("--smtp", &self.smtp.smtp)?,
                password_file: self.smtp.smtp_password_file.clone(),
                from: needed("--smtp-from", &self.smtp.smtp_from)?,
                domain: needed("--smtp-domain", &self.smtp.smtp_domain)?,
                timeout: SENDER_TIMEOUT,
            })),
        }
    }
}

impl OidcArguments {
    fn settings(&self) -> Option<OidcSettings> {
        Some(OidcSettings {
            issuer: self.oidc_issuer.clone()?,
            client: self.oidc_client.clone()?,
            secret_file: self.oidc_secret_file.clone(),
            claim: self.oidc_claim.clone(),
            scopes: self.oidc_scopes.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn settings(arguments: &[&str]) -> Result<Settings, String> {
        let common = [
            "psephos-registrar",
            "serve",
            "--election",
            "1",
            "--dir",
            "d",
            "--roll-secret",
            "s",
        ];
        let cli = Cli::try_parse_from(common.iter().chain(arguments));
        let cli = cli.map_err(|error| error.to_string())?;
        match cli.command {
            Command::Serve(arguments) => arguments.settings().map_err(|error| error.to_string()),
            other => panic!("another command: {other:?}"),
        }
    }

    #[test]
    fn nothing_of_development_goes_unsaid() {
        let error = settings(&["--sender", "console", "--plain-http"]).map(|_| ());
        let message = "--oidc-issuer: is needed: without it nobody can sign in";
        assert_eq!(error, Err(message.into()));
        let oidc = ["--oidc-issuer", "https://id.example", "--oidc-client", "r"];
        let console = [&["--sender", "console", "--plain-http"][..], &oidc].concat();
        let message = "--sender: console shows codes instead of sending them: --development only";
        assert_eq!(settings(&console).map(|_| ()), Err(message.into()));
        let gateway = [&["--sender", "gateway", "--plain-http"][..], &oidc].concat();
        let message = "--sms-gateway: is needed by this --sender";
        assert_eq!(settings(&gateway).map(|_| ()), Err(message.into()));
        let plain = [&["--sender", "gateway"][..], &oidc].concat();
        let message = "--tls-certificate: and --tls-key are needed, or --plain-http behind a proxy";
        assert_eq!(settings(&plain).map(|_| ()), Err(message.into()));
        let unsafely = ["--oidc-issuer", "http://id.example", "--oidc-client", "r"];
        let unsafely = [&["--sender", "gateway", "--plain-http"][..], &unsafely].concat();
        let message =
            "--oidc-issuer: has to be https: whoever is on the way could sign in as anybody";
        assert_eq!(settings(&unsafely).map(|_| ()), Err(message.into()));
        let development = settings(&["--sender", "console", "--plain-http", "--development"]);
        assert!(development.is_ok_and(|settings| settings.development && settings.tls.is_none()));
    }
}
