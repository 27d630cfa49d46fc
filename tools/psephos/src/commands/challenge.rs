//! `psephos challenge`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    challenge::{
        check::{Challenge, Verdict},
        create, reveal, ThrowAwayKey,
    },
    definition::Definition,
    failure::{read_input, InputError, Result},
    files::create_private,
    keys::Vault,
    session::Session,
};

/// An encrypted election with a throw-away key, for whoever wants to break it.
#[derive(Subcommand, Debug)]
pub enum ChallengeCommand {
    /// Make random ballots and a folder to publish: everything but the key
    New(New),
    /// Publish the key
    Reveal(Reveal),
    /// Check a challenge; with the key, open every ballot and judge a claim
    Check(Check),
}

/// The secret is encrypted to a key file of `psephos key generate`.
#[derive(Args, Debug)]
pub struct New {
    /// What the ballots look like
    #[arg(long, value_name = "FILE")]
    election: PathBuf,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    ballots: u32,
    /// The folder to publish
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    secret: Secret,
}

/// Where the secret is.
#[derive(Args, Debug)]
struct Secret {
    /// The organiser's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The throw-away key, encrypted to it; keep it apart from the folder
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
}

/// Nothing in the folder is changed but that the key is added.
#[derive(Args, Debug)]
pub struct Reveal {
    /// The challenge's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    secret: Secret,
}

/// Exit status 1 if a proof or the key is wrong.
#[derive(Args, Debug)]
pub struct Check {
    /// The challenge's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How somebody believes that ballots were filled in, one a line
    #[arg(long, value_name = "FILE")]
    claim: Option<PathBuf>,
}

impl ChallengeCommand {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::New(new) => new.run(session),
            Self::Reveal(reveal) => reveal.run(session),
            Self::Check(check) => check.run(session),
        }
    }
}

impl New {
    fn run(self, session: &Session) -> Result<()> {
        let definition = Definition::read(&self.election)?;
        let vault = Vault::open(&self.secret.key, &session.passphrase)?;
        if self.secret.secret.exists() {
            let origin = self.secret.secret.display().to_string();
            return Err(InputError::new(origin, "exists already").into());
        }
        let (description, key) = create(&definition, self.ballots, &self.out, session.output)?;
        create_private(&self.secret.secret, &vault.seal(&*key.expose())?)?;
        session.output.result(&description, || {
            format!(
                "{} ballots in {}; election key 0x{}",
                description.ballots,
                self.out.display(),
                hex::encode(&description.election_key.0)
            )
        });
        Ok(())
    }
}

impl Reveal {
    fn run(self, session: &Session) -> Result<()> {
        let challenge = Challenge::open(&self.folder)?;
        let key = open_secret(&self.secret, session)?;
        if key.election_key().0[..] != challenge.description.election_key.0[..] {
            let origin = self.secret.secret.display().to_string();
            return Err(InputError::new(origin, "is the key of another challenge").into());
        }
        reveal(&self.folder, &key)?;
        let value = json!({ "published": self.folder.join(crate::challenge::KEY) });
        session
            .output
            .result(&value, || "the key is published".into());
        Ok(())
    }
}

fn open_secret(secret: &Secret, session: &Session) -> Result<ThrowAwayKey> {
    let vault = Vault::open(&secret.key, &session.passphrase)?;
    let plain = vault.unseal(&read_input(&secret.secret)?)?;
    let none = || InputError::new(display(&secret.secret), "holds no key of a challenge");
    Ok(ThrowAwayKey::from_bytes(&plain).ok_or_else(none)?)
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

impl Check {
    fn run(self, session: &Session) -> Result<()> {
        let checked = Challenge::open(&self.folder)?.check(self.claim.as_deref())?;
        session.output.result(&checked, || {
            let mut lines = vec![format!("challenge {:?}", checked.hash)];
            let ballots = checked.ballots;
            lines.push(match &checked.counts {
                None => {
                    format!("ballots: {ballots}, every proof is right; the key is not published")
                }
                Some(_) => format!(
                    "ballots: {ballots}, every proof is right; the published key opens every one"
                ),
            });
            for (district, contests) in checked.counts.iter().flatten() {
                lines.push(format!("  district {district}: {contests:?}"));
            }
            lines.extend(checked.claim.map(|verdict| claim_words(&verdict)));
            lines.join("\n")
        });
        Ok(())
    }
}

fn claim_words(verdict: &Verdict) -> String {
    let Verdict { claimed, hash, .. } = verdict;
    match verdict.right {
        Some(right) => format!("claim {hash:?}: ballots read: {claimed}, of which right: {right}"),
        None => {
            format!("claim {hash:?}: ballots read: {claimed}; the key will show which are right")
        }
    }
}
