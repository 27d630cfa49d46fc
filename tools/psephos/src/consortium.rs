//! The consortium of validators: proposals, votes, and their end (PSE-CON-1).
//!
//! * [`organisations`]: who belongs to it, by which keys;
//! * [`upgrade`]: another code for the chain.

pub mod organisations;
pub mod upgrade;

use anyhow::{anyhow, Context};
use codec::Encode;
use psephos_client::{storage_map_key, storage_value_key, Node, Office};
use psephos_primitives::{
    consortium::{majority, Votes},
    hashing::blake2_256,
    wire::{Call, ConsortiumCall, ElectionsCall, ValidatorSetCall},
    AccountId, Hash,
};
use serde::Serialize;
use sp_core::crypto::Ss58Codec;
use sp_runtime::Weight;

use crate::{
    failure::{Failure, InputError, Result},
    session::address,
};

const PALLET: &str = "Consortium";
/// More than any proposal weighs, and less than a block may: 600 ms of computing, a megabyte of proof.
const WEIGHT_BOUND: Weight = Weight::from_parts(600_000_000_000, 1 << 20);

/// An open proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// `blake2_256(SCALE(call))`
    pub hash: Hash,
    /// What would be done.
    pub call: Call,
    /// How the votes stand.
    pub votes: Votes,
}

/// The consortium's members.
pub async fn members(node: &Node, at: Hash) -> Result<Vec<AccountId>> {
    let key = storage_value_key(PALLET, "Members");
    Ok(node.stored(&key, at).await?.unwrap_or_default())
}

/// All open proposals.
pub async fn proposals(node: &Node, at: Hash) -> Result<Vec<Proposal>> {
    let key = storage_value_key(PALLET, "Proposals");
    let hashes: Vec<Hash> = node.stored(&key, at).await?.unwrap_or_default();
    let mut open = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let call = node
            .stored::<Call>(&storage_map_key(PALLET, "ProposalOf", &hash), at)
            .await;
        let call = call.with_context(|| format!("proposal {hash:?} is of an unknown kind"))?;
        let votes = node
            .stored::<Votes>(&storage_map_key(PALLET, "Voting", &hash), at)
            .await?;
        if let (Some(call), Some(votes)) = (call, votes) {
            open.push(Proposal { hash, call, votes });
        }
    }
    Ok(open)
}

/// The open proposal with this hash.
pub async fn proposal(node: &Node, hash: Hash) -> Result<Proposal> {
    let at = node.finalised_hash().await?;
    let open = proposals(node, at)
        .await?
        .into_iter()
        .find(|proposal| proposal.hash == hash);
    open.ok_or_else(|| {
        InputError::new("--proposal", format!("there is no open proposal {hash:?}")).into()
    })
}

/// What came of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The call was carried out, and has succeeded.
    CarriedOut,
    /// There were too many nays, or too few ayes in time: the call was not carried out, and never will be.
    Rejected,
    /// The others' votes are needed.
    Open,
    /// Another member has closed it meanwhile; what came of it was not looked up.
    Gone,
}

impl Outcome {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CarriedOut => "carried out",
            Self::Rejected => "rejected, and not carried out",
            Self::Open => "voted for; the other members must approve it",
            Self::Gone => "closed by another member; whether it was carried out was not looked up",
        }
    }
}

/// Something that was put to the vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Motion {
    /// The proposal's hash.
    pub hash: Hash,
    /// How it stands.
    pub outcome: Outcome,
}

impl Motion {
    /// The answer to whoever wanted it carried out, where that is not done and not to be waited for.
    pub fn failure(self) -> Failure {
        let Self { hash, outcome } = self;
        Failure::verdict(format!("proposal {hash:?}: {}", outcome.words()))
    }
}

/// Puts a call to the consortium's vote. The first of `movers` proposes it, and since to propose is no
/// vote, each of them votes for it, until it is decided.
pub async fn propose(movers: &[Office], call: Call) -> Result<Motion> {
    let first = movers.first().context("no key was given")?;
    let (hash, mut outcome) = submit(first, call).await?;
    if outcome == Outcome::Open {
        let open = proposal(first.node(), hash).await?;
        for mover in movers {
            outcome = approve_one(mover, &open).await?;
            if outcome != Outcome::Open {
                break;
            }
        }
    }
    Ok(Motion { hash, outcome })
}

/// Proposes a call; it is open if others must vote on it, and carried out if a sole member decided at once.
async fn submit(office: &Office, call: Call) -> Result<(Hash, Outcome)> {
    let node = office.node();
    let members = members(node, node.finalised_hash().await?).await?;
    if !members.contains(office.account()) {
        let message = format!(
            "{} is no member of the consortium",
            address(office.account())
        );
        return Err(InputError::new("--key", message).into());
    }
    let threshold = majority(members.len() as u32);
    let encoded = call.encode();
    let hash = Hash::from(blake2_256(&encoded));
    let length_bound = u32::try_from(encoded.len()).map_err(|_| anyhow!("the call is too long"))?;
    let proposal = Box::new(call);
    let propose = ConsortiumCall::Propose {
        threshold,
        proposal,
        length_bound,
    };
    office.perform(Call::Consortium(propose)).await?;
    let outcome = match threshold {
        0 | 1 => Outcome::CarriedOut,
        _ => Outcome::Open,
    };
    Ok((hash, outcome))
}

/// Votes on a proposal; a vote that stands already is not repeated.
pub async fn vote(office: &Office, proposal: &Proposal, approve: bool) -> Result<()> {
    let votes = &proposal.votes;
    let standing = if approve { &votes.ayes } else { &votes.nays };
    if standing.contains(office.account()) {
        return Ok(());
    }
    let vote = ConsortiumCall::Vote {
        proposal: proposal.hash,
        index: votes.index,
        approve,
    };
    office.perform(Call::Consortium(vote)).await?;
    Ok(())
}

/// Carries out, or rejects, a proposal that is decided; which of them, the closing block says.
pub async fn close(office: &Office, proposal: &Proposal) -> Result<Outcome> {
    let length_bound =
        u32::try_from(proposal.call.encoded_size()).map_err(|_| anyhow!("the call is too long"))?;
    let close = ConsortiumCall::Close {
        proposal_hash: proposal.hash,
        index: proposal.votes.index,
        proposal_weight_bound: WEIGHT_BOUND,
        length_bound,
    };
    let inclusion = office.perform(Call::Consortium(close)).await?;
    let node = office.node();
    let is_carried_out = node.carried_out(&inclusion, &proposal.hash).await?;
    Ok(match is_carried_out {
        true => Outcome::CarriedOut,
        false => Outcome::Rejected,
    })
}

/// Votes for a proposal and closes it if it is decided then, by this vote or by the others'.
pub async fn approve_one(office: &Office, open: &Proposal) -> Result<Outcome> {
    vote(office, open, true).await?;
    let node = office.node();
    let at = node.finalised_hash().await?;
    let now = proposals(node, at)
        .await?
        .into_iter()
        .find(|proposal| proposal.hash == open.hash);
    let Some(now) = now else {
        return Ok(Outcome::Gone);
    };
    let members = members(node, at).await?.len() as u32;
    let is_decided = now.votes.is_carried() || now.votes.is_rejected(members);
    if !is_decided {
        return Ok(Outcome::Open);
    }
    close(office, &now).await
}

/// What a call would do, for people who decide on it.
pub fn describe(call: &Call) -> String {
    match call {
        Call::Elections(ElectionsCall::Create { manifest }) => {
            format!(
                "create the election {:?} with manifest {:?}",
                manifest.title.as_str(),
                manifest.hash()
            )
        }
        Call::Elections(ElectionsCall::Cancel { election, reason }) => {
            format!("cancel election {election}: {reason}")
        }
        Call::ValidatorSet(ValidatorSetCall::Admit {
            organisation, keys, ..
        }) => {
            format!(
                "admit the organisation {}, which makes blocks by {} and votes by {}",
                address(organisation),
                keys.aura.to_ss58check(),
                keys.grandpa.to_ss58check()
            )
        }
        Call::ValidatorSet(ValidatorSetCall::Dismiss { organisation }) => {
            format!("dismiss the organisation {}", address(organisation))
        }
        Call::ValidatorSet(ValidatorSetCall::AuthorizeUpgrade { code_hash }) => {
            format!("allow the code {code_hash:?} to replace the chain's")
        }
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_a_verdict() {
        let (hash, outcome) = (Hash::repeat_byte(1), Outcome::Rejected);
        let failure = Motion { hash, outcome }.failure();
        assert_eq!((failure.exit_status(), failure.kind()), (1, "verdict"));
        assert_eq!(
            failure.to_string(),
            format!("proposal {hash:?}: rejected, and not carried out")
        );
    }

    #[test]
    fn outcomes_are_told_apart_by_machines() {
        let json = |outcome: Outcome| serde_json::to_value(outcome).expect("is JSON");
        assert_eq!(json(Outcome::CarriedOut), "carried_out");
        assert_eq!(json(Outcome::Rejected), "rejected");
        assert_eq!(json(Outcome::Open), "open");
        assert_eq!(json(Outcome::Gone), "gone");
    }
}
