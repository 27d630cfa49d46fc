//! Applying and withdrawing, inside the registration range and at most once a day (PSE-RGS-9).
//!
//! What counts as a change of the voter's is the chain's to say: whether a quorum stands behind them. A
//! further registrar's support changes nothing, and is what keeps the voter in when another withdraws
//! theirs on the last day. What the chain does not count is limited here, for every message is work
//! for all.

use axum::{extract::State, http::StatusCode, Json};
use psephos_primitives::{
    limits::{BLOCK_MILLISECONDS, CHANGE_INTERVAL},
    BlockNumber, DistrictId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    bearer::SignedIn,
    problem::{Problem, ProblemBody},
};
use crate::{
    chain::{rules::change_due, Registered},
    service::Service,
    store::{
        outbox::{Message, Progress, Queued, PARTICIPATION},
        roll::Voter,
    },
};

/// Where a voter's application stands.
#[derive(Serialize, ToSchema, PartialEq, Eq, Debug)]
pub struct ApplicationBody {
    /// The number in the chain's register, in decimal.
    voter_number: String,
    /// Where the voter votes.
    district: u32,
    /// With this registrar: `none`, `applied` or `withdrawn`.
    status: &'static str,
    /// Whether the last change is not final on the chain yet.
    pending: bool,
    /// Whether a quorum of registrars stands behind the voter in this district, where they so take part.
    participating: bool,
    /// The district that the register has the voter in, if it is another: registrars differ about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_district: Option<u32>,
    /// The block from which another change is allowed, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_change_block: Option<u32>,
    /// Why the chain has refused the last change, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

/// Seconds between two changes of one voter at this registrar: as many as the chain lets pass.
const CHANGE_SECONDS: i64 = CHANGE_INTERVAL as i64 * BLOCK_MILLISECONDS as i64 / 1_000;

/// Everything that an application's state follows from.
struct Facts {
    known: Option<Registered>,
    last: Option<(Message, Progress)>,
    /// What the voter last had changed here, and when.
    last_change: Option<(Message, i64)>,
    block: BlockNumber,
}

impl Facts {
    async fn read(service: &Service, voter: &Voter) -> Result<Self, Problem> {
        Ok(Self {
            known: service.chain.voter(voter.number).await?,
            last: service.store.progress(voter.number, PARTICIPATION).await?,
            last_change: service.store.last_change(voter.number).await?,
            block: service.chain.standing().await?.block,
        })
    }

    const fn is_pending(&self) -> bool {
        matches!(self.last, Some((_, Progress::Queued)))
    }

    fn has_applied(&self, service: &Service) -> bool {
        match (&self.last, &self.known) {
            (Some((message, Progress::Queued)), _) => *message == Message::Participate,
            (_, Some(known)) => known.is_supported_by(service.election.registrar),
            (_, None) => false,
        }
    }

    /// The block from which this message is let through, if that lies ahead.
    fn next_change(
        &self,
        service: &Service,
        voter: &Voter,
        message: Message,
    ) -> Option<BlockNumber> {
        let row = Queued {
            voter: voter.number,
            district: voter.district,
            message,
        };
        let on_chain = self
            .known
            .as_ref()
            .and_then(|known| change_due(&service.election, &row, known));
        let due = on_chain.max(self.due_here(service.now(), message));
        due.filter(|due| *due > self.block)
    }

    /// The block from which the voter may undo what they had changed here. What others undid meanwhile
    /// the voter may have done again.
    fn due_here(&self, now: i64, message: Message) -> Option<BlockNumber> {
        let (last, at) = self.last_change?;
        if last == message {
            return None;
        }
        let seconds = at.saturating_add(CHANGE_SECONDS).saturating_sub(now);
        let milliseconds = u64::try_from(seconds).ok()?.saturating_mul(1_000);
        let blocks = milliseconds.div_ceil(BLOCK_MILLISECONDS);
        let blocks = BlockNumber::try_from(blocks).unwrap_or(BlockNumber::MAX);
        Some(self.block.saturating_add(blocks))
    }

    /// Whether the voter takes part in this district.
    fn takes_part_in(&self, district: DistrictId) -> bool {
        let record = self.known.as_ref().map(|known| known.record);
        record.is_some_and(|record| record.participating && record.district == district)
    }

    /// The record's district, where somebody stands behind the voter there and it is not this one.
    fn other_than(&self, district: DistrictId) -> Option<DistrictId> {
        let record = self.known.as_ref().map(|known| known.record);
        record
            .filter(|record| record.recorded_by != 0 && record.district != district)
            .map(|record| record.district)
    }

    fn body(&self, service: &Service, voter: &Voter) -> ApplicationBody {
        let known = self.known.is_some() || self.is_pending();
        let has_applied = self.has_applied(service);
        let other = if has_applied {
            Message::Withdraw
        } else {
            Message::Participate
        };
        let status = match (has_applied, known) {
            (true, _) => "applied",
            (false, true) => "withdrawn",
            (false, false) => "none",
        };
        let refusal = match &self.last {
            Some((_, Progress::Refused(reason))) => Some(reason.clone()),
            _ => None,
        };
        ApplicationBody {
            voter_number: voter.number.to_string(),
            district: voter.district.get(),
            status,
            pending: self.is_pending(),
            participating: self.takes_part_in(voter.district),
            other_district: self.other_than(voter.district).map(DistrictId::get),
            next_change_block: self.next_change(service, voter, other),
            refusal,
        }
    }
}

type Answered = Result<(StatusCode, Json<ApplicationBody>), Problem>;

/// Where the voter's application stands
#[utoipa::path(get, path = "/v1/application", security(("bearer" = [])), responses(
    (status = 200, body = ApplicationBody),
    (status = "4XX", description = "not_signed_in, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn show(State(service): State<Service>, signed_in: SignedIn) -> Answered {
    let facts = Facts::read(&service, &signed_in.voter).await?;
    Ok((StatusCode::OK, Json(facts.body(&service, &signed_in.voter))))
}

/// Apply for the electronic vote
#[utoipa::path(post, path = "/v1/application", security(("bearer" = [])), responses(
    (status = 200, description = "The voter has applied already", body = ApplicationBody),
    (status = 202, description = "Written down; `pending` until it is final on the chain", body = ApplicationBody),
    (status = "4XX", description = "not_signed_in, outside_window, too_soon, change_pending, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn apply(State(service): State<Service>, signed_in: SignedIn) -> Answered {
    change(&service, &signed_in.voter, Message::Participate).await
}

/// Withdraw from the electronic vote
#[utoipa::path(delete, path = "/v1/application", security(("bearer" = [])), responses(
    (status = 200, description = "The voter has not applied, or has withdrawn already", body = ApplicationBody),
    (status = 202, description = "Written down; `pending` until it is final on the chain", body = ApplicationBody),
    (status = "4XX", description = "not_signed_in, outside_window, too_soon, change_pending, rate_limited", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn withdraw(State(service): State<Service>, signed_in: SignedIn) -> Answered {
    change(&service, &signed_in.voter, Message::Withdraw).await
}

async fn change(service: &Service, voter: &Voter, message: Message) -> Answered {
    let facts = Facts::read(service, voter).await?;
    let wanted = message == Message::Participate;
    if facts.has_applied(service) == wanted {
        let status = if facts.is_pending() {
            StatusCode::ACCEPTED
        } else {
            StatusCode::OK
        };
        return Ok((status, Json(facts.body(service, voter))));
    }
    if !service.election.registration().contains(facts.block) {
        let what = "voters apply and withdraw inside the registration range only";
        return Err(Problem::OutsideWindow(what));
    }
    if facts.is_pending() {
        return Err(Problem::ChangePending);
    }
    if let Some(block) = facts.next_change(service, voter, message) {
        let blocks = u64::from(block.saturating_sub(facts.block));
        let seconds = blocks * BLOCK_MILLISECONDS / 1_000;
        return Err(Problem::TooSoon { block, seconds });
    }
    let mut writing = service.store.write().await?;
    writing.queue(voter.number, message).await?;
    writing.commit().await?;
    service.wake.notify_one();
    let facts = Facts::read(service, voter).await?;
    Ok((StatusCode::ACCEPTED, Json(facts.body(service, voter))))
}
