//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    commands::{
        archive, audit, challenge, consortium, doctor, election, key, observe, org, receipt,
        registrar, rehearse, results, trustee, watch,
    },
    failure::Result,
    output::Output,
    passphrase::PassphraseSource,
    session::Session,
};

const EXAMPLES: &str = "\
Examples, in the order of an election:
  psephos election check election.json
  psephos trustee init --name 'Court' --out court
  psephos registrar init --name 'City' --election election.json --out city
  psephos election create --election election.json --trustee court/trustee.json … \\
      --registrar city/registrar.json --key validator.key --quick --expect-voters 1250
  psephos consortium approve --all --key other-validator.key
  psephos trustee run --election 1 --key court/account.key --state court/state
  psephos rehearse --election 1 --votes votes.csv --registrar city --state rehearsal
  psephos results --election 1 --out results.json --votes votes.csv
  psephos observe --election 1 --tape tape.txt
  psephos watch --url ws://a:9944,ws://b:9944 --evidence evidence
  psephos receipt get --election 1 --tracker 0x… --out receipt.json
  psephos receipt verify receipt.json --genesis 0x…
  psephos archive --election 1 --out election.archive
  psephos audit election.archive

Exit status: 0 done, 1 failed or the answer is no, 2 bad input (nothing was sent).
Passphrases of key files: --passphrase-file, or PSEPHOS_PASSPHRASE, or asked for.";

/// Elections on the chain: for officials, trustees, observers and auditors.
#[derive(Parser, Debug)]
#[command(name = "psephos", version, about, after_help = EXAMPLES)]
pub struct Cli {
    /// Node to talk to; several (repeated, or separated by commas) stand in for each other
    #[arg(
        long,
        global = true,
        env = "PSEPHOS_URL",
        value_delimiter = ',',
        default_value = "ws://127.0.0.1:9944"
    )]
    pub url: Vec<String>,
    /// One JSON object on the standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// File whose first line is the passphrase of the key files
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Account keys, encrypted at rest
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Define, create and inspect elections
    #[command(subcommand)]
    Election(election::ElectionCommand),
    /// Proposals of the validators' consortium
    #[command(subcommand)]
    Consortium(consortium::ConsortiumCommand),
    /// A registrar's work: register, issue, sign
    #[command(subcommand)]
    Registrar(registrar::RegistrarCommand),
    /// A trustee's work: key ceremony and decryption
    #[command(subcommand)]
    Trustee(trustee::TrusteeCommand),
    /// Play all voters of a votes.csv
    Rehearse(rehearse::Rehearse),
    /// The published result, and whether it is what a votes.csv adds up to
    Results(results::ResultsCommand),
    /// Proofs that a ballot is recorded
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// Watch an election, or write its ballots on a tape
    Observe(observe::Observe),
    /// Tapes of ballots
    #[command(subcommand)]
    Tape(observe::TapeCommand),
    /// Watch nodes for what must not happen
    Watch(watch::Watch),
    /// Organisations that run validators: keys, configuration, a chain of their own
    #[command(subcommand)]
    Org(org::OrgCommand),
    /// Check a node, and say what to do about what is wrong
    Doctor(doctor::Doctor),
    /// An encrypted election with a throw-away key, for whoever wants to break it
    #[command(subcommand)]
    Challenge(challenge::ChallengeCommand),
    /// Write everything that an offline audit needs into one file
    Archive(archive::ArchiveCommand),
    /// Check an archive offline: every signature, credential, proof, sum, share and count
    Audit(audit::AuditCommand),
}

impl Cli {
    /// Where results go.
    pub const fn output(&self) -> Output {
        Output { json: self.json }
    }

    /// Does it.
    pub async fn run(self) -> Result<()> {
        let output = self.output();
        let passphrase = PassphraseSource {
            file: self.passphrase_file,
        };
        let session = Session {
            urls: self.url,
            output,
            passphrase,
        };
        match self.command {
            Command::Key(command) => command.run(&session),
            Command::Election(command) => command.run(&session).await,
            Command::Consortium(command) => command.run(&session).await,
            Command::Registrar(command) => command.run(&session).await,
            Command::Trustee(command) => command.run(&session).await,
            Command::Rehearse(command) => command.run(&session).await,
            Command::Results(command) => command.run(&session).await,
            Command::Receipt(command) => command.run(&session).await,
            Command::Observe(command) => command.run(&session).await,
            Command::Tape(command) => command.run(&session).await,
            Command::Watch(command) => command.run(&session).await,
            Command::Org(command) => command.run(&session),
            Command::Doctor(command) => command.run(&session).await,
            Command::Challenge(command) => command.run(&session),
            Command::Archive(command) => command.run(&session).await,
            Command::Audit(command) => command.run(&session),
        }
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
}
