//! `psephos consortium …`

mod changes;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use psephos_primitives::{
    wire::{Call, ElectionsCall},
    AccountId, ElectionId, Hash, Text,
};
use serde_json::{json, Value};

use crate::{
    consortium::{
        approve_one, close, describe, members, organisations::reported, proposal, proposals,
        propose, vote, Motion, Outcome, Proposal,
    },
    failure::{InputError, Result},
    keys::Vault,
    session::{address, parse_account, parse_hash, Session},
};

/// Proposals of the validators' consortium.
#[derive(Subcommand, Debug)]
pub enum ConsortiumCommand {
    /// Members, open proposals, and who has voted for two blocks at once
    List,
    /// Vote on one proposal
    Vote {
        /// The proposal's hash
        #[arg(long, value_name = "HASH", value_parser = parse_hash)]
        proposal: Hash,
        /// Vote against it
        #[arg(long)]
        nay: bool,
        /// A member's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Vote for a proposal, or for all open ones, and close what is decided
    Approve {
        /// The proposal's hash
        #[arg(
            long,
            value_name = "HASH",
            required_unless_present = "all",
            conflicts_with = "all"
        )]
        proposal: Option<Hash>,
        /// Every open proposal
        #[arg(long)]
        all: bool,
        /// A member's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Carry out, or reject, a proposal that is decided
    Close {
        /// The proposal's hash
        #[arg(long, value_name = "HASH", value_parser = parse_hash)]
        proposal: Hash,
        /// A member's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Propose to admit an organisation: a member at once, a validator two sessions later
    Admit {
        /// The card that its `psephos org init` wrote
        #[arg(long, value_name = "FILE")]
        card: PathBuf,
        /// A member's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Propose to dismiss an organisation
    Dismiss {
        /// Its account
        #[arg(long, value_name = "ADDRESS", value_parser = parse_account)]
        account: AccountId,
        /// A member's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Replace the session keys of your own validator, whose node makes and keeps the new ones
    ///
    /// --url must be that node, on its own machine. Let it run with both keys until the new ones count.
    Rotate {
        /// The organisation's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Name an organisation on the chain that voted for two blocks at once; anybody can, without a key
    Report {
        /// A `two_votes` file of `psephos watch`, or GRANDPA's equivocation proof in hexadecimal
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
    },
    /// Propose that a code may replace the chain's, or bring one that is allowed
    Upgrade {
        /// The runtime: psephos_runtime.compact.compressed.wasm
        #[arg(value_name = "FILE")]
        code: PathBuf,
        /// Bring it; anybody can, without a key
        #[arg(long, conflicts_with = "key")]
        apply: bool,
        /// A member's key file, to propose it
        #[arg(long, value_name = "FILE", required_unless_present = "apply")]
        key: Option<PathBuf>,
    },
    /// Propose to cancel an election
    CancelElection {
        /// Its number
        #[arg(long, value_name = "NUMBER")]
        election: u32,
        /// Why; it will stand on the chain
        #[arg(long)]
        reason: String,
        /// A member's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

impl ConsortiumCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List => list(session).await,
            Self::Vote {
                proposal: hash,
                nay,
                key,
            } => {
                let vault = Vault::open(&key, &session.passphrase)?;
                let office = session.office(&vault).await?;
                let open = proposal(office.node(), hash).await?;
                show_before_voting(session, &open);
                vote(&office, &open, !nay).await?;
                let words = if nay {
                    "voted against it"
                } else {
                    "voted for it"
                };
                let value = json!({ "proposal": hash, "approve": !nay });
                session.output.result(&value, || words.into());
                Ok(())
            }
            Self::Approve {
                proposal: hash,
                all: _,
                key,
            } => approve(session, hash, &key).await,
            Self::Close {
                proposal: hash,
                key,
            } => close_one(session, hash, &key).await,
            Self::CancelElection {
                election,
                reason,
                key,
            } => {
                let reason = Text::new(&reason)
                    .map_err(|error| InputError::new("--reason", error.to_string()))?;
                let election = ElectionId(election);
                let call = Call::Elections(ElectionsCall::Cancel { election, reason });
                move_that(session, &key, call).await
            }
            Self::Admit { card, key } => changes::admit(session, &card, &key).await,
            Self::Dismiss { account, key } => changes::dismiss(session, account, &key).await,
            Self::Rotate { key } => changes::rotate(session, &key).await,
            Self::Report { evidence } => changes::report(session, &evidence).await,
            Self::Upgrade {
                code,
                apply: _,
                key: Some(key),
            } => changes::authorise_upgrade(session, &code, &key).await,
            Self::Upgrade {
                code, key: None, ..
            } => changes::apply_upgrade(session, &code).await,
        }
    }
}

/// Moves a call in the consortium and shows what came of it.
async fn move_that(session: &Session, key: &Path, call: Call) -> Result<()> {
    let vault = Vault::open(key, &session.passphrase)?;
    let office = session.office(&vault).await?;
    let motion = propose(&[office], call).await?;
    match motion.outcome {
        Outcome::CarriedOut => {
            session
                .output
                .result(&json!({ "carried_out": true }), || "carried out".into());
            Ok(())
        }
        Outcome::Open => {
            let hash = motion.hash;
            let value = json!({ "carried_out": false, "proposal": hash });
            session.output.result(&value, || {
                format!("proposed, and voted for: {hash:?}; the other members must approve it")
            });
            Ok(())
        }
        Outcome::Rejected | Outcome::Gone => Err(motion.failure()),
    }
}

/// Nobody shall vote on what they have not seen.
fn show_before_voting(session: &Session, proposal: &Proposal) {
    session.output.note(format!(
        "proposal {:?}: {}",
        proposal.hash,
        describe(&proposal.call)
    ));
    if let Call::Elections(ElectionsCall::Create { manifest }) = &proposal.call {
        session
            .output
            .note(serde_json::to_string_pretty(&summary(manifest)).unwrap_or_default());
    }
}

/// A manifest for people, without the RSA keys.
pub fn summary(manifest: &psephos_primitives::Manifest) -> Value {
    let registrars = manifest
        .registrars
        .iter()
        .map(|registrar| json!({ "name": registrar.name, "account": address(&registrar.account) }));
    let trustees = manifest
        .trustees
        .iter()
        .map(|trustee| json!({ "name": trustee.name, "account": address(&trustee.account) }));
    json!({
        "manifest_hash": manifest.hash(),
        "title": manifest.title,
        "districts": manifest.districts.to_vec(),
        "trustees": trustees.collect::<Vec<_>>(),
        "threshold": manifest.threshold,
        "registrars": registrars.collect::<Vec<_>>(),
        "quorum": manifest.quorum,
        "registration": manifest.registration,
        "voting": manifest.voting,
        "ceremony_stage": manifest.ceremony_stage,
        "revote": manifest.revote,
        "minimum_ballots": manifest.minimum_ballots,
        "relay_delay": manifest.relay_delay,
        "code_hash": manifest.code_hash,
    })
}

async fn list(session: &Session) -> Result<()> {
    let node = session.node().await?;
    let at = node.finalised_hash().await?;
    let members: Vec<String> = members(&node, at).await?.iter().map(address).collect();
    let open = proposals(&node, at).await?;
    let reported = reported(&node, at).await?;
    let value = json!({
        "members": members,
        "reported": reported,
        "proposals": open.iter().map(|proposal| json!({
            "hash": proposal.hash,
            "does": describe(&proposal.call),
            "threshold": proposal.votes.threshold,
            "ayes": proposal.votes.ayes.iter().map(address).collect::<Vec<_>>(),
            "nays": proposal.votes.nays.iter().map(address).collect::<Vec<_>>(),
            "end": proposal.votes.end,
        })).collect::<Vec<_>>(),
    });
    session.output.result(&value, || {
        let mut lines = vec![format!("{} members", members.len())];
        lines.extend(members.iter().map(|member| format!("  {member}")));
        lines.push(format!("{} open proposals", open.len()));
        lines.extend(open.iter().map(|proposal| {
            let (ayes, threshold) = (proposal.votes.ayes.len(), proposal.votes.threshold);
            let does = describe(&proposal.call);
            format!("  {:?}: {does} ({ayes} of {threshold} ayes)", proposal.hash)
        }));
        lines.extend(reported.iter().map(|own| {
            let (organisation, set) = (&own.organisation, own.set);
            format!(
                "{organisation} voted for two blocks at once in set {set}, rounds {:?}",
                own.rounds
            )
        }));
        lines.join("\n")
    });
    Ok(())
}

async fn approve(session: &Session, hash: Option<Hash>, key: &Path) -> Result<()> {
    let vault = Vault::open(key, &session.passphrase)?;
    let office = session.office(&vault).await?;
    let node = office.node();
    let open = match hash {
        Some(hash) => vec![proposal(node, hash).await?],
        None => proposals(node, node.finalised_hash().await?).await?,
    };
    let mut motions = Vec::with_capacity(open.len());
    for proposal in open {
        show_before_voting(session, &proposal);
        let outcome = approve_one(&office, &proposal).await?;
        let hash = proposal.hash;
        motions.push(Motion { hash, outcome });
    }
    show_outcomes(session, &motions)
}

async fn close_one(session: &Session, hash: Hash, key: &Path) -> Result<()> {
    let vault = Vault::open(key, &session.passphrase)?;
    let office = session.office(&vault).await?;
    let open = proposal(office.node(), hash).await?;
    let outcome = close(&office, &open).await?;
    let value = json!({ "closed": hash, "outcome": outcome });
    session
        .output
        .result(&value, || format!("closed: {}", outcome.words()));
    require_no_rejection(&[Motion { hash, outcome }])
}

/// Says what came of each proposal that was voted for.
fn show_outcomes(session: &Session, motions: &[Motion]) -> Result<()> {
    let value: Vec<_> = motions.iter().map(outcome_json).collect();
    session.output.result(&value, || {
        let lines = motions
            .iter()
            .map(|Motion { hash, outcome }| format!("{hash:?}: {}", outcome.words()));
        let first = format!("approved {} proposals", motions.len());
        std::iter::once(first)
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    });
    require_no_rejection(motions)
}

fn outcome_json(motion: &Motion) -> Value {
    let Motion { hash, outcome } = motion;
    let is_closed = *outcome != Outcome::Open;
    json!({ "proposal": hash, "outcome": outcome, "closed": is_closed })
}

/// To vote for what another member has closed meanwhile is no failure; to vote for what was rejected is one.
fn require_no_rejection(motions: &[Motion]) -> Result<()> {
    let rejected = motions
        .iter()
        .find(|motion| motion.outcome == Outcome::Rejected);
    rejected.map_or(Ok(()), |motion| Err(motion.failure()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion(byte: u8, outcome: Outcome) -> Motion {
        let hash = Hash::repeat_byte(byte);
        Motion { hash, outcome }
    }

    #[test]
    fn a_rejection_among_others_is_not_passed_over() {
        let mut motions = vec![
            motion(1, Outcome::CarriedOut),
            motion(2, Outcome::Open),
            motion(3, Outcome::Gone),
        ];
        assert!(require_no_rejection(&motions).is_ok());
        motions.push(motion(4, Outcome::Rejected));
        let failure = require_no_rejection(&motions).map_err(|failure| failure.to_string());
        assert_eq!(failure, Err(motions[3].failure().to_string()));
    }

    #[test]
    fn machines_read_what_came_of_a_proposal() {
        let hash = Hash::repeat_byte(5);
        assert_eq!(
            outcome_json(&motion(5, Outcome::Rejected)),
            json!({ "proposal": hash, "outcome": "rejected", "closed": true })
        );
        assert_eq!(outcome_json(&motion(5, Outcome::Open))["closed"], false);
    }
}
