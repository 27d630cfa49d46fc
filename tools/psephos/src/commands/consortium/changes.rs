//! What changes the consortium itself: its organisations, their keys, and the chain's code.

use std::path::Path;

use psephos_primitives::AccountId;
use serde_json::json;
use sp_core::crypto::Ss58Codec;

use super::move_that;
use crate::{
    consortium::{
        describe,
        organisations::{self, ensure_thawed, read_evidence},
        upgrade::Code,
    },
    failure::Result,
    keys::Vault,
    session::{address, Session},
};

/// Proposes a call that fails while an election is open.
async fn propose(
    session: &Session,
    key: &Path,
    call: psephos_primitives::wire::Call,
) -> Result<()> {
    let node = session.node().await?;
    ensure_thawed(&node, node.finalised_hash().await?).await?;
    session.output.note(format!("to {}", describe(&call)));
    move_that(session, key, call).await
}

/// `admit`
pub async fn admit(session: &Session, card: &Path, key: &Path) -> Result<()> {
    let call = organisations::admit(card)?;
    propose(session, key, call).await
}

/// `dismiss`
pub async fn dismiss(session: &Session, organisation: AccountId, key: &Path) -> Result<()> {
    propose(session, key, organisations::dismiss(organisation)).await
}

/// `rotate`
pub async fn rotate(session: &Session, key: &Path) -> Result<()> {
    let vault = Vault::open(key, &session.passphrase)?;
    let office = session.office(&vault).await?;
    let keys = organisations::rotate(&office).await?;
    let (aura, grandpa) = (keys.aura.to_ss58check(), keys.grandpa.to_ss58check());
    let value = json!({ "account": address(office.account()), "aura": aura, "grandpa": grandpa });
    session.output.result(&value, || {
        format!("new keys: {aura} for blocks, {grandpa} for finality; they count from the second session's end on")
    });
    Ok(())
}

/// `report`
pub async fn report(session: &Session, evidence: &Path) -> Result<()> {
    let evidence = read_evidence(evidence)?;
    let votes = evidence.votes.votes();
    let (set, round) = (evidence.set, votes.round);
    let voter = votes.authority.to_ss58check();
    let block = organisations::report(&session.node().await?, evidence)
        .await?
        .block;
    let value = json!({ "set": set, "round": round, "grandpa": voter, "block": block });
    session.output.result(&value, || {
        format!(
            "reported in block {block}: {voter} voted for two blocks in round {round} of set {set}"
        )
    });
    Ok(())
}

/// `upgrade`
pub async fn authorise_upgrade(session: &Session, code: &Path, key: &Path) -> Result<()> {
    let code = Code::read(code)?;
    propose(session, key, code.authorisation()).await
}

/// `upgrade --apply`
pub async fn apply_upgrade(session: &Session, code: &Path) -> Result<()> {
    let code = Code::read(code)?;
    let hash = code.hash;
    let block = code.apply(&session.node().await?).await?;
    let value = json!({ "code_hash": hash, "block": block });
    session.output.result(&value, || {
        format!("the chain runs {hash:?} from block {} on", block + 1)
    });
    Ok(())
}
