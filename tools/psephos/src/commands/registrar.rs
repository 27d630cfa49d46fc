//! `psephos registrar …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use psephos_client::{Inclusion, Node};
use psephos_crypto::blind_signature::issuing::BlindedMessage;
use psephos_primitives::{
    register::Participation,
    wire::{Call, VoterRegisterCall},
    ElectionId, VoterNumber,
};
use serde_json::json;

use crate::{
    definition::Definition,
    failure::{Failure, InputError, Result},
    files::replace_public,
    issuing_ledger::{LedgerEntry, Standing},
    keys::WorkFactor,
    register_files::{
        parse_participation, parse_voter, read_participations, AnswerFile, BlindAnswer, RequestFile,
    },
    registrar::{check_recorded, issue, participate, RegistrarDesk},
    session::{address, manifest, Session},
};

/// A registrar's work.
#[derive(Subcommand, Debug)]
pub enum RegistrarCommand {
    /// Make a registrar's account, one RSA key for each district, and the public card
    Init {
        /// Person or organisation
        #[arg(long, default_value = "Registrar")]
        name: String,
        /// The election's definition, for its districts
        #[arg(long, value_name = "FILE")]
        election: PathBuf,
        /// The new directory
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// scrypt work factor as a power of two; lower than the default only in tests
        #[arg(long, value_name = "LOG2", value_parser = clap::value_parser!(u8).range(1..=22))]
        work_factor: Option<u8>,
    },
    /// Record on the chain that voters take part
    Participate {
        /// Which registrar, and which election
        #[command(flatten)]
        desk: DeskArguments,
        /// Rows `voter,district` under that header
        #[arg(long, value_name = "FILE")]
        voters: Option<PathBuf>,
        /// Voters, each as NUMBER:DISTRICT
        #[arg(value_name = "NUMBER:DISTRICT", value_parser = parse_participation)]
        voter: Vec<Participation>,
    },
    /// Record on the chain that a voter withdraws
    Withdraw {
        /// Which registrar, and which election
        #[command(flatten)]
        desk: DeskArguments,
        /// The voter's number
        #[arg(value_parser = parse_voter)]
        voter: VoterNumber,
    },
    /// Record on the chain that credentials are about to be signed
    Issue {
        /// Which registrar, and which election
        #[command(flatten)]
        desk: DeskArguments,
        /// Rows `voter,district` under that header
        #[arg(long, value_name = "FILE")]
        voters: Option<PathBuf>,
        /// Voters' numbers
        #[arg(value_name = "NUMBER", value_parser = parse_voter)]
        voter: Vec<VoterNumber>,
    },
    /// Sign blinded requests of voters whose issue is recorded and final
    Sign {
        /// Which registrar, and which election
        #[command(flatten)]
        desk: DeskArguments,
        /// JSON: {"election", "requests": [{"voter", "district", "blinded"}]}
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
        /// Where the answer goes; without it, to the standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Which registrar, and which election.
#[derive(Args, Debug)]
pub struct DeskArguments {
    /// The registrar's directory
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
}

impl RegistrarCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::Init {
                name,
                election,
                out,
                work_factor,
            } => {
                let definition = Definition::read(&election)?;
                let districts: Vec<_> = definition
                    .districts
                    .iter()
                    .map(|district| district.id)
                    .collect();
                let work = WorkFactor(work_factor);
                let card =
                    RegistrarDesk::create(&out, &name, &districts, &session.passphrase, work)?;
                session.output.result(&card, || {
                    format!(
                        "{}\n{} keys in {}",
                        card.account,
                        card.keys.len(),
                        out.display()
                    )
                });
                Ok(())
            }
            Self::Participate {
                desk,
                voters,
                voter,
            } => {
                let mut all = voter;
                if let Some(file) = voters {
                    all.extend(read_participations(&file)?);
                }
                not_empty(all.len())?;
                let (opened, node) = desk.open(session).await?;
                let id = ElectionId(desk.election);
                let manifest = manifest(&node, id).await?;
                for Participation { voter, district } in &all {
                    if manifest.district(*district).is_none() {
                        let message = format!("voter {voter}: there is no district {district}");
                        return Err(InputError::new("voters", message).into());
                    }
                }
                opened.index_in(&manifest)?;
                let office = session.office(opened.vault()).await?;
                let done = participate(&office, id, &all).await?;
                show_recorded(session, all.len(), &done);
                Ok(())
            }
            Self::Withdraw { desk, voter } => {
                let (opened, node) = desk.open(session).await?;
                let election = ElectionId(desk.election);
                opened.index_in(&manifest(&node, election).await?)?;
                let office = session.office(opened.vault()).await?;
                let call = VoterRegisterCall::Withdraw { election, voter };
                let done = office.perform(Call::VoterRegister(call)).await?;
                show_recorded(session, 1, &[done]);
                Ok(())
            }
            Self::Issue {
                desk,
                voters,
                voter,
            } => {
                let mut all = voter;
                if let Some(file) = voters {
                    all.extend(read_participations(&file)?.iter().map(|row| row.voter));
                }
                not_empty(all.len())?;
                let (opened, node) = desk.open(session).await?;
                let id = ElectionId(desk.election);
                opened.index_in(&manifest(&node, id).await?)?;
                let office = session.office(opened.vault()).await?;
                let done = issue(&office, id, &all).await?;
                show_recorded(session, all.len(), &done);
                Ok(())
            }
            Self::Sign { desk, request, out } => {
                sign(session, &desk, &request, out.as_deref()).await
            }
        }
    }
}

impl DeskArguments {
    async fn open(&self, session: &Session) -> Result<(RegistrarDesk, Node)> {
        let desk = RegistrarDesk::open(&self.dir, &session.passphrase)?;
        Ok((desk, session.node().await?))
    }
}

fn not_empty(voters: usize) -> Result<(), InputError> {
    if voters == 0 {
        return Err(InputError::new("voters", "none were given"));
    }
    Ok(())
}

fn show_recorded(session: &Session, voters: usize, done: &[Inclusion]) {
    let block = done.iter().map(|inclusion| inclusion.block).max();
    let value = json!({ "voters": voters, "block": block });
    session.output.result(&value, || {
        format!(
            "{voters} voters recorded, final in block {}",
            block.unwrap_or_default()
        )
    });
}

async fn sign(
    session: &Session,
    arguments: &DeskArguments,
    request: &Path,
    out: Option<&Path>,
) -> Result<()> {
    let (file, messages) = RequestFile::read(request)?;
    let election = ElectionId(arguments.election);
    if file.election != election {
        let message = format!("is {}, not {election}", file.election);
        let origin = request.display().to_string();
        return Err(InputError::at(origin, "$.election", message).into());
    }
    let (desk, node) = arguments.open(session).await?;
    let index = desk.index_in(&manifest(&node, election).await?)?;
    let mut ledger = desk.ledger(node.facts().await?.genesis_hash, election)?;
    let mut signatures = Vec::with_capacity(messages.len());
    for (request, message) in file.requests.iter().zip(messages) {
        let (voter, district) = (request.voter, request.district);
        let signature = match ledger.standing(voter, &message) {
            Standing::Repeated(signature) => signature,
            Standing::AlreadyServed => {
                let message = format!("voter {voter} has been given another signature already");
                return Err(Failure::verdict(message));
            }
            Standing::New => {
                check_recorded(&node, election, index, voter, district).await?;
                let signature = desk.blind_sign(district, &BlindedMessage(message.clone()))?;
                let entry = LedgerEntry::signed(voter, district, &message, &signature);
                ledger.record(vec![entry])?;
                signature
            }
        };
        let signature = format!("0x{}", hex::encode(signature));
        signatures.push(BlindAnswer { voter, signature });
    }
    let registrar = address(desk.vault().signer().account());
    let answer = AnswerFile {
        election,
        registrar,
        signatures,
    };
    let json = serde_json::to_string_pretty(&answer).map_err(anyhow::Error::from)?;
    match out {
        Some(path) => {
            replace_public(path, format!("{json}\n").as_bytes())?;
            let count = answer.signatures.len();
            let words = || format!("{count} requests signed: {}", path.display());
            session.output.result(&json!({ "signed": count }), words);
        }
        None => session.output.result(&answer, || json),
    }
    Ok(())
}
