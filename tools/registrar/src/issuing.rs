//! From a blinded message to its signature (PSE-CRD-3).
//!
//! 1. The message is written down, and that the chain must be told. Before, nothing has happened.
//! 2. The delivery tells the chain, until the issue is final.
//! 3. The finalised register is asked once more, and the message that was written down is signed.
//! 4. The signature is kept, then handed out.
//!
//! The process may die between any two steps: the voter asks again with the same message, and what is
//! missing is done. A blind signature is a function of key and message, so signing twice gives one
//! credential.

use std::sync::Arc;

use psephos::issuing_ledger::{LedgerEntry, Standing};
use psephos_crypto::blind_signature::issuing::BlindedMessage;
use psephos_primitives::{DistrictId, VoterNumber};

use crate::{
    api::problem::Problem,
    chain::rules::is_issued_elsewhere,
    service::{check_district, Service},
    store::{
        issues::Issue,
        outbox::{Message, Progress, ISSUE},
    },
};

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signing {
    /// The blind signature.
    Signed(Vec<u8>),
    /// The issue is not final yet.
    Recording,
}

/// Whether this very message was written down for the voter: then its signature is given even when
/// the session has ended meanwhile (PSE-RGS-4).
pub async fn was_requested(
    service: &Service,
    voter: VoterNumber,
    blinded: &[u8],
) -> Result<bool, Problem> {
    let issue = service.store.issue(voter).await?;
    Ok(issue.is_some_and(|issue| issue.blinded == blinded))
}

/// Does the next step for this request.
pub async fn request(
    service: &Service,
    voter: VoterNumber,
    district: DistrictId,
    blinded: Vec<u8>,
) -> Result<Signing, Problem> {
    let issue = match service.store.issue(voter).await? {
        Some(issue) => issue,
        None => write_down(service, voter, district, &blinded).await?,
    };
    if issue.blinded != blinded {
        return Err(Problem::AlreadyIssued);
    }
    if let Some(signature) = issue.signature {
        return Ok(Signing::Signed(signature));
    }
    match service.store.progress(voter, ISSUE).await? {
        Some((_, Progress::Final)) => sign(service, voter, issue).await,
        Some((_, Progress::Refused(reason))) => refused(service, voter, reason).await,
        Some((_, Progress::Queued)) | None => Ok(Signing::Recording),
    }
}

/// Step 1. Of two requests at once, the first stays.
async fn write_down(
    service: &Service,
    voter: VoterNumber,
    district: DistrictId,
    blinded: &[u8],
) -> Result<Issue, Problem> {
    service.while_voting().await?;
    check_issuable(service, voter).await?;
    if service.ledger.lock().await.has_served(voter) {
        // By hand, with the command line: what was signed there is not in this database.
        return Err(Problem::AlreadyIssued);
    }
    let mut writing = service.store.write().await?;
    writing.request_issue(voter, district, blinded).await?;
    writing.commit().await?;
    service.wake.notify_one();
    let issue = service.store.issue(voter).await?;
    issue.ok_or(Problem::Internal)
}

/// Fails where the finalised register tells that the chain would refuse the issue: asked for all the
/// same, and as often as a voter likes, it would hold up those who are recorded in one list with it.
async fn check_issuable(service: &Service, voter: VoterNumber) -> Result<(), Problem> {
    let known = service.voter(voter).await?;
    let record = service.participant(&known).await?;
    if is_issued_elsewhere(&service.election, &record) {
        return Err(Problem::AlreadyIssued);
    }
    Ok(())
}

/// Nothing was recorded, so nothing was signed: it may be tried again while voting is open.
async fn refused(
    service: &Service,
    voter: VoterNumber,
    reason: String,
) -> Result<Signing, Problem> {
    service.while_voting().await?;
    check_issuable(service, voter).await?;
    let mut writing = service.store.write().await?;
    writing.queue(voter, Message::Issue).await?;
    writing.commit().await?;
    service.wake.notify_one();
    Err(Problem::IssueRefused(reason))
}

/// Steps 3 and 4.
async fn sign(service: &Service, voter: VoterNumber, issue: Issue) -> Result<Signing, Problem> {
    let Some(known) = service.chain.voter(voter).await? else {
        return Ok(Signing::Recording);
    };
    check_district(&known.record, issue.district)?;
    if !service.election.is_ours(known.record.issued_by) {
        return Ok(Signing::Recording);
    }
    let signature = blind_sign(service, issue.district, issue.blinded.clone()).await?;
    let mut ledger = service.ledger.lock().await;
    match ledger.standing(voter, &issue.blinded) {
        Standing::AlreadyServed => return Err(Problem::AlreadyIssued),
        Standing::Repeated(_) => {}
        Standing::New => {
            let entry = LedgerEntry::signed(voter, issue.district, &issue.blinded, &signature);
            ledger.record(vec![entry])?;
        }
    }
    drop(ledger);
    let mut writing = service.store.write().await?;
    writing.keep_signature(voter, &signature).await?;
    writing.commit().await?;
    Ok(Signing::Signed(signature))
}

/// RSA takes milliseconds: not on a thread that serves others.
async fn blind_sign(
    service: &Service,
    district: DistrictId,
    blinded: Vec<u8>,
) -> Result<Vec<u8>, Problem> {
    let desk = Arc::clone(&service.desk);
    let work = move || desk.blind_sign(district, &BlindedMessage(blinded));
    let done = tokio::task::spawn_blocking(work).await;
    let signed = done.map_err(|error| anyhow::anyhow!("signing ended early: {error}"))?;
    signed.map_err(|error| Problem::BadField {
        field: "blinded",
        detail: error.to_string(),
    })
}
