//! The register's rules, as far as what is final tells what would become of a message (PSE-REG-1 to
//! PSE-REG-4, PSE-REG-7).
//!
//! The chain decides. This spares it what it would refuse, and spares the other voters of a list the
//! wait for that.

use psephos_primitives::{
    limits::CHANGE_INTERVAL,
    register::{Support, VoterRecord},
    BlockNumber, Phase,
};

use super::{Election, Registered, Standing};
use crate::store::outbox::{Message, Queued};

/// Why an issue is not recorded that the chain would take: it would use up one of the quorum's, and this
/// registrar would not sign.
const DISTRICTS_DIFFER: &str = "the register has the voter in another district";

/// Whether the chain takes messages of a kind, whoever they are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// It will.
    NotYet,
    /// It does.
    Open,
    /// It never will again.
    Over,
}

impl Window {
    /// Where the election stands so.
    pub const fn of(election: &Election, message: Message, standing: Standing) -> Self {
        match (message, standing.phase) {
            (Message::Issue, Phase::Registration) => Self::NotYet,
            (Message::Issue, Phase::Voting) => Self::Open,
            (Message::Participate | Message::Withdraw, Phase::Registration) => {
                let registration = election.registration();
                if standing.block < registration.start {
                    Self::NotYet
                } else if standing.block < registration.end {
                    Self::Open
                } else {
                    Self::Over
                }
            }
            (_, _) => Self::Over,
        }
    }
}

/// What the register says of a row that it was to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It was told.
    Recorded,
    /// It will never take it, for the reason that the chain would give, or must not be asked to.
    Refused(String),
    /// It can be told.
    Open,
    /// It can be told later.
    NotYet,
}

impl Verdict {
    /// Of this row, when the register knows this of the voter at the election's standing or later.
    pub fn of(
        election: &Election,
        row: &Queued,
        known: Option<&Registered>,
        standing: Standing,
    ) -> Self {
        if is_recorded(election, row, known) {
            return Self::Recorded;
        }
        let error = match Window::of(election, row.message, standing) {
            Window::NotYet => return Self::NotYet,
            Window::Open if is_issue_in_another_district(row, known) => {
                return Self::Refused(DISTRICTS_DIFFER.into());
            }
            Window::Open => obstacle(election, row, known, standing.block),
            Window::Over => Some(closed(row.message)),
        };
        error.map_or(Self::Open, |error| {
            Self::Refused(format!("VoterRegister::{error}"))
        })
    }
}

/// Whether the register shows what it was to be told. A registrar who stands behind the voter in whichever
/// district has told it: the chain takes no second one of its (PSE-REG-2).
fn is_recorded(election: &Election, row: &Queued, known: Option<&Registered>) -> bool {
    let stands_behind = known.is_some_and(|known| known.is_supported_by(election.registrar));
    match row.message {
        Message::Participate => stands_behind,
        Message::Withdraw => !stands_behind,
        Message::Issue => known.is_some_and(|known| election.is_ours(known.record.issued_by)),
    }
}

/// Whether a credential is to be issued to a voter who takes part, but in another district than the roll's.
fn is_issue_in_another_district(row: &Queued, known: Option<&Registered>) -> bool {
    let is_elsewhere =
        |record: &VoterRecord| record.participating && record.district != row.district;
    row.message == Message::Issue && known.is_some_and(|known| is_elsewhere(&known.record))
}

/// Whether other registrars have issued the voter's one credential: the chain takes no further issue
/// then (PSE-REG-4).
pub const fn is_issued_elsewhere(election: &Election, record: &VoterRecord) -> bool {
    record.issued && !election.is_ours(record.issued_by)
}

/// The block from which the chain takes this message, where it would begin or end the voter's
/// participation: only that is a change, of which there is one a day (PSE-REG-1).
pub fn change_due(election: &Election, row: &Queued, known: &Registered) -> Option<BlockNumber> {
    let record = &known.record;
    let changes = takes_part_after(election, row, known) != record.participating;
    // Block 0 stands for a voter who has never taken part.
    (changes && record.changed != 0).then(|| record.changed.saturating_add(CHANGE_INTERVAL))
}

/// Whether the voter takes part once the chain has carried this message out (PSE-REG-7). Of a voter who
/// does not take part, any call has the chain look for a quorum in every district that was named.
fn takes_part_after(election: &Election, row: &Queued, known: &Registered) -> bool {
    let record = &known.record;
    let is_quorum = |support: Support| election.is_quorum(support.registrars);
    let is_quorum_without_us =
        |support: Support| election.is_quorum(support.registrars & !election.bit());
    match row.message {
        Message::Issue => record.participating,
        Message::Participate => {
            let with_us = known.supporters_in(row.district) | election.bit();
            record.participating || election.is_quorum(with_us) || known.supports().any(is_quorum)
        }
        // Their district does not change while they take part.
        Message::Withdraw if record.participating => {
            election.is_quorum(record.recorded_by & !election.bit())
        }
        Message::Withdraw => known.supports().any(is_quorum_without_us),
    }
}

/// Why the chain would refuse an open row, as far as what it knows of the voter tells.
fn obstacle(
    election: &Election,
    row: &Queued,
    known: Option<&Registered>,
    block: BlockNumber,
) -> Option<&'static str> {
    let Some(known) = known else {
        return (row.message == Message::Issue).then_some("UnknownVoter");
    };
    let record = &known.record;
    let is_too_soon = || change_due(election, row, known).is_some_and(|due| due > block);
    match row.message {
        Message::Issue if !record.participating => Some("NotParticipating"),
        Message::Issue => is_issued_elsewhere(election, record).then_some("IssuedByEnough"),
        Message::Participate | Message::Withdraw => is_too_soon().then_some("ChangedTooRecently"),
    }
}

const fn closed(message: Message) -> &'static str {
    match message {
        Message::Issue => "NotVoting",
        Message::Participate | Message::Withdraw => "NotRegistering",
    }
}
