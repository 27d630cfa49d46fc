//! The register's rules, as far as what is final tells what would become of a message (PSE-REG-1 to
//! PSE-REG-4).
//!
//! The chain decides. This spares it what it would refuse, and spares the other voters of a list the
//! wait for that.

use psephos_primitives::{limits::CHANGE_INTERVAL, register::VoterRecord, BlockNumber, Phase};

use super::{Election, Standing};
use crate::store::outbox::{Message, Queued};

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
    /// It will never take it, for the reason that the chain would give.
    Refused(String),
    /// It can be told.
    Open,
    /// It can be told later.
    NotYet,
}

impl Verdict {
    /// Of this row, when the register has this record of the voter at the election's standing or
    /// later.
    pub fn of(
        election: &Election,
        row: &Queued,
        record: Option<&VoterRecord>,
        standing: Standing,
    ) -> Self {
        if is_recorded(election, row, record) {
            return Self::Recorded;
        }
        let obstacle = match Window::of(election, row.message, standing) {
            Window::NotYet => return Self::NotYet,
            Window::Open => obstacle(election, row, record, standing.block),
            Window::Over => Some(closed(row.message)),
        };
        obstacle.map_or(Self::Open, |error| {
            Self::Refused(format!("VoterRegister::{error}"))
        })
    }
}

/// Whether the register shows what it was to be told.
pub fn is_recorded(election: &Election, row: &Queued, record: Option<&VoterRecord>) -> bool {
    let stands_behind = record.is_some_and(|record| election.is_ours(record.recorded_by));
    match row.message {
        Message::Participate => stands_behind,
        Message::Withdraw => !stands_behind,
        Message::Issue => record.is_some_and(|record| election.is_ours(record.issued_by)),
    }
}

/// Whether other registrars have issued the voter's one credential: the chain takes no further issue
/// then (PSE-REG-4).
pub const fn is_issued_elsewhere(election: &Election, record: &VoterRecord) -> bool {
    record.issued && !election.is_ours(record.issued_by)
}

/// The block from which the chain takes this message, where it would begin or end the voter's
/// participation: only that is a change, of which there is one a day (PSE-REG-1).
pub fn change_due(
    election: &Election,
    record: &VoterRecord,
    message: Message,
) -> Option<BlockNumber> {
    let supporters = match message {
        Message::Participate => record.recorded_by | election.bit(),
        Message::Withdraw => record.recorded_by & !election.bit(),
        Message::Issue => return None,
    };
    let changes = election.is_quorum(supporters) != record.participating;
    // Block 0 stands for a voter who has never taken part.
    (changes && record.changed != 0).then(|| record.changed.saturating_add(CHANGE_INTERVAL))
}

/// Why the chain would refuse an open row, as far as the voter's record tells.
fn obstacle(
    election: &Election,
    row: &Queued,
    record: Option<&VoterRecord>,
    block: BlockNumber,
) -> Option<&'static str> {
    let Some(record) = record else {
        return (row.message == Message::Issue).then_some("UnknownVoter");
    };
    let is_too_soon = || change_due(election, record, row.message).is_some_and(|due| due > block);
    match row.message {
        Message::Issue if !record.participating => Some("NotParticipating"),
        Message::Issue => is_issued_elsewhere(election, record).then_some("IssuedByEnough"),
        Message::Participate if record.recorded_by != 0 && record.district != row.district => {
            Some("OtherDistrict")
        }
        Message::Participate | Message::Withdraw => is_too_soon().then_some("ChangedTooRecently"),
    }
}

const fn closed(message: Message) -> &'static str {
    match message {
        Message::Issue => "NotVoting",
        Message::Participate | Message::Withdraw => "NotRegistering",
    }
}
