//! How often a voter may apply and withdraw: once a day as the chain counts, which is not every
//! message (PSE-REG-1, PSE-RGS-9).

use axum::http::StatusCode;
use psephos_primitives::{
    limits::CHANGE_INTERVAL,
    register::{Support, VoterRecord},
    BlockNumber, DistrictId, Phase, VoterNumber,
};
use psephos_registrar::{
    chain::{
        rules::{change_due, Verdict, Window},
        Election, Registered, Standing,
    },
    store::outbox::{Message, Queued},
};
use serde_json::json;

use super::{
    conversation::Conversation,
    databases::{on_every_database, Database},
};
use crate::support::office::Office;

const DAY_SECONDS: i64 = 24 * 60 * 60;
const VOTER: VoterNumber = VoterNumber(7);

/// A voter with these supporters, whose participation has changed in this block.
const fn record(recorded_by: u8, participating: bool, changed: BlockNumber) -> VoterRecord {
    VoterRecord {
        district: DistrictId(1),
        recorded_by,
        participating,
        issued_by: 0,
        issued: false,
        changed,
    }
}

/// What the register knows where registrars have named district 2, too.
fn disputed(record: VoterRecord, dissenters: u8) -> Registered {
    let dissent = (dissenters != 0).then_some(Support {
        district: DistrictId(2),
        registrars: dissenters,
    });
    let dissents = dissent.into_iter().collect();
    Registered { record, dissents }
}

/// The same, where it is district 1 that is named in the dissent.
fn outvoted(record: VoterRecord, dissenters: u8) -> Registered {
    let mut known = disputed(record, dissenters);
    known.record.district = DistrictId(2);
    for dissent in &mut known.dissents {
        dissent.district = DistrictId(1);
    }
    known
}

/// Registrar 0 of an election in which two are a quorum.
fn election() -> (Election, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("temporary directory");
    let mut election = Office::prepare(folder.path()).election();
    election.manifest.quorum = 2;
    (election, folder)
}

fn row(message: Message) -> Queued {
    Queued {
        voter: VOTER,
        district: DistrictId(1),
        message,
    }
}

#[test]
fn only_what_begins_or_ends_participation_waits_for_a_day() {
    use Message::{Issue, Participate, Withdraw};
    let (election, _folder) = election();
    let due = Some(9 + CHANGE_INTERVAL);
    for (message, record, expected) in [
        // The second supporter begins it, the third changes nothing.
        (Participate, record(0b010, false, 9), due),
        (Participate, record(0b110, true, 9), None),
        (Participate, record(0b000, false, 9), None),
        // Taking the second supporter away ends it, taking the third away does not.
        (Withdraw, record(0b011, true, 9), due),
        (Withdraw, record(0b111, true, 9), None),
        (Withdraw, record(0b001, false, 9), None),
        // Nothing has changed yet.
        (Participate, record(0b010, false, 0), None),
        (Issue, record(0b011, true, 9), None),
    ] {
        let found = change_due(&election, &row(message), &disputed(record, 0));
        assert_eq!(found, expected, "{message:?} {record:?}");
    }
}

#[test]
fn a_quorum_in_any_district_begins_participation_and_one_in_the_records_keeps_it() {
    use Message::{Participate, Withdraw};
    let (election, _folder) = election();
    let due = Some(9 + CHANGE_INTERVAL);
    for (message, known, expected) in [
        // The second supporter in district 1, whatever the record's district.
        (Participate, outvoted(record(0b100, false, 9), 0b010), due),
        (Participate, outvoted(record(0b100, false, 9), 0b000), None),
        // A quorum in district 2 comes first with whatever call is next.
        (Participate, disputed(record(0b000, false, 9), 0b110), due),
        (Withdraw, disputed(record(0b001, false, 9), 0b110), due),
        // Who takes part does so in the record's district.
        (Participate, outvoted(record(0b110, true, 9), 0b000), None),
        (Participate, disputed(record(0b110, true, 9), 0b11000), None),
        (Withdraw, outvoted(record(0b110, true, 9), 0b001), None),
        (Withdraw, disputed(record(0b011, true, 9), 0b1100), due),
        // One supporter less begins nothing.
        (Withdraw, outvoted(record(0b100, false, 9), 0b001), None),
        (Withdraw, outvoted(record(0b100, false, 9), 0b011), None),
        // Nothing has changed yet.
        (Participate, outvoted(record(0b100, false, 0), 0b010), None),
    ] {
        let found = change_due(&election, &row(message), &known);
        assert_eq!(found, expected, "{message:?} {known:?}");
    }
}

#[test]
fn the_register_tells_of_a_registrar_who_dissents() {
    let (election, _folder) = election();
    let refused = |reason: &str| Verdict::Refused(reason.into());
    let issue = row(Message::Issue);
    let (participate, withdraw) = (row(Message::Participate), row(Message::Withdraw));
    let (registration, voting) = (Phase::Registration, Phase::Voting);
    for (row, known, phase, expected) in [
        (
            participate,
            outvoted(record(0b100, false, 0), 0b001),
            registration,
            Verdict::Recorded,
        ),
        (
            participate,
            outvoted(record(0b100, false, 0), 0b010),
            registration,
            Verdict::Open,
        ),
        (
            participate,
            outvoted(record(0b100, false, 9), 0b010),
            registration,
            refused("VoterRegister::ChangedTooRecently"),
        ),
        (
            withdraw,
            outvoted(record(0b100, false, 0), 0b001),
            registration,
            Verdict::Open,
        ),
        (
            withdraw,
            outvoted(record(0b100, false, 0), 0b010),
            registration,
            Verdict::Recorded,
        ),
        (
            issue,
            outvoted(record(0b110, true, 9), 0b001),
            voting,
            refused("the register has the voter in another district"),
        ),
        (
            issue,
            disputed(record(0b110, true, 9), 0b001),
            voting,
            Verdict::Open,
        ),
    ] {
        let standing = Standing { block: 10, phase };
        let found = Verdict::of(&election, &row, Some(&known), standing);
        assert_eq!(found, expected, "{row:?} {known:?}");
    }
}

#[test]
fn messages_have_their_time() {
    let (election, _folder) = election();
    let registration = election.registration();
    let window = |message, phase, block| Window::of(&election, message, Standing { block, phase });
    for message in [Message::Participate, Message::Withdraw] {
        for (phase, block, expected) in [
            (Phase::Registration, registration.start - 1, Window::NotYet),
            (Phase::Registration, registration.start, Window::Open),
            (Phase::Registration, registration.end - 1, Window::Open),
            (Phase::Registration, registration.end, Window::Over),
            (Phase::Voting, registration.end, Window::Over),
            (Phase::Cancelled, registration.start, Window::Over),
        ] {
            assert_eq!(window(message, phase, block), expected, "{phase:?} {block}");
        }
    }
    for (phase, expected) in [
        (Phase::Registration, Window::NotYet),
        (Phase::Voting, Window::Open),
        (Phase::Tallying, Window::Over),
        (Phase::Published, Window::Over),
        (Phase::Cancelled, Window::Over),
    ] {
        let found = window(Message::Issue, phase, registration.end);
        assert_eq!(found, expected, "{phase:?}");
    }
}

#[test]
fn the_register_tells_what_the_chain_would_refuse() {
    let (election, _folder) = election();
    let refused = |error: &str| Verdict::Refused(format!("VoterRegister::{error}"));
    let issued = |issued_by, issued| VoterRecord {
        issued_by,
        issued,
        ..record(0b011, true, 9)
    };
    let other_district = VoterRecord {
        district: DistrictId(2),
        ..record(0b010, false, 0)
    };
    let abandoned = VoterRecord {
        district: DistrictId(2),
        ..record(0, false, 9)
    };
    let issue = row(Message::Issue);
    let (participate, withdraw) = (row(Message::Participate), row(Message::Withdraw));
    for (row, record, phase, expected) in [
        (
            issue,
            Some(issued(0b001, false)),
            Phase::Voting,
            Verdict::Recorded,
        ),
        (
            issue,
            Some(issued(0b011, true)),
            Phase::Tallying,
            Verdict::Recorded,
        ),
        (
            issue,
            Some(issued(0b010, false)),
            Phase::Voting,
            Verdict::Open,
        ),
        (
            issue,
            Some(issued(0b110, true)),
            Phase::Voting,
            refused("IssuedByEnough"),
        ),
        (
            issue,
            Some(record(1, false, 9)),
            Phase::Voting,
            refused("NotParticipating"),
        ),
        (issue, None, Phase::Voting, refused("UnknownVoter")),
        (issue, None, Phase::Registration, Verdict::NotYet),
        (
            issue,
            Some(issued(0, false)),
            Phase::Tallying,
            refused("NotVoting"),
        ),
        (participate, None, Phase::Registration, Verdict::Open),
        (participate, None, Phase::Voting, refused("NotRegistering")),
        (
            participate,
            Some(record(1, false, 0)),
            Phase::Voting,
            Verdict::Recorded,
        ),
        (
            participate,
            Some(other_district),
            Phase::Registration,
            Verdict::Open,
        ),
        (
            participate,
            Some(abandoned),
            Phase::Registration,
            Verdict::Open,
        ),
        (
            participate,
            Some(record(0b010, false, 9)),
            Phase::Registration,
            refused("ChangedTooRecently"),
        ),
        (withdraw, None, Phase::Registration, Verdict::Recorded),
        (
            withdraw,
            Some(record(0b111, true, 9)),
            Phase::Registration,
            Verdict::Open,
        ),
        (
            withdraw,
            Some(record(0b011, true, 9)),
            Phase::Registration,
            refused("ChangedTooRecently"),
        ),
    ] {
        let standing = Standing { block: 10, phase };
        let known = record.map(|record| disputed(record, 0));
        let found = Verdict::of(&election, &row, known.as_ref(), standing);
        assert_eq!(found, expected, "{row:?} {record:?}");
    }
}

/// A voter whom two other registrars stand behind since block 5; it is block 6.
async fn supported_by_others(talk: &Conversation, voter: usize) {
    let number = talk.number(voter);
    let known = talk.service.store.voter(number).await.expect("answers");
    let district = known.expect("is on the roll").district;
    talk.chain.change(|state| {
        let others = VoterRecord {
            district,
            ..record(0b110, true, 5)
        };
        state.voters.insert(number.get(), others);
        state.block = 6;
    });
}

#[tokio::test]
async fn a_third_registrar_takes_an_application_on_the_day_of_a_change() {
    on_every_database(|database| async move {
        let talk = Conversation::begin_among(&database, 2).await;
        supported_by_others(&talk, 21).await;
        let number = talk.number(21).get();
        let token = talk.sign_in(21).await;
        let before = talk.get("/v1/application", &token).await;
        assert_eq!(before.body["participating"], true);
        assert_eq!(before.body.get("next_change_block"), None);
        let applied = talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(applied.status, StatusCode::ACCEPTED, "{}", applied.body);
        assert_eq!(talk.deliver().await, 1);
        let record = talk.chain.state().voters[&number];
        assert_eq!((record.recorded_by, record.changed), (0b111, 5));
        // One of the others withdraws on the last day: the voter stays in.
        talk.chain.change(|state| {
            let record = state.voters.get_mut(&number).expect("is recorded");
            record.recorded_by = 0b011;
        });
        let after = talk.get("/v1/application", &token).await;
        assert_eq!(after.body["participating"], true);
        // Withdrawing here would end it, which the chain takes a day after the beginning only.
        talk.clock.advance(DAY_SECONDS);
        let token = talk.sign_in(21).await;
        let soon = talk.delete("/v1/application", &token).await;
        assert_eq!(
            (soon.status, soon.code()),
            (StatusCode::CONFLICT, "too_soon")
        );
        talk.chain.change(|state| state.block = 5 + CHANGE_INTERVAL);
        let withdrawn = talk.delete("/v1/application", &token).await;
        assert_eq!(withdrawn.status, StatusCode::ACCEPTED);
        assert_eq!(talk.deliver().await, 1);
        assert!(!talk.chain.state().voters[&number].participating);
    })
    .await;
}

#[tokio::test]
async fn a_registrar_lets_a_voter_undo_what_the_chain_does_not_count_once_a_day() {
    on_every_database(|database| async move {
        let talk = Conversation::begin_among(&database, 2).await;
        supported_by_others(&talk, 22).await;
        let number = talk.number(22).get();
        let token = talk.sign_in(22).await;
        talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(talk.deliver().await, 1);
        let soon = talk.delete("/v1/application", &token).await;
        assert_eq!(
            (soon.status, soon.code()),
            (StatusCode::CONFLICT, "too_soon")
        );
        assert!(soon
            .retry_after
            .is_some_and(|seconds| seconds <= DAY_SECONDS as u64));
        talk.clock.advance(DAY_SECONDS);
        let token = talk.sign_in(22).await;
        let withdrawn = talk.delete("/v1/application", &token).await;
        assert_eq!(withdrawn.status, StatusCode::ACCEPTED);
        assert_eq!(talk.deliver().await, 1);
        let record = talk.chain.state().voters[&number];
        assert_eq!((record.recorded_by, record.participating), (0b110, true));
        let soon = talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(
            (soon.status, soon.code()),
            (StatusCode::CONFLICT, "too_soon")
        );
    })
    .await;
}

#[tokio::test]
async fn what_somebody_else_has_undone_the_voter_may_have_done_again_at_once() {
    let talk = Conversation::begin_among(&Database::Sqlite, 2).await;
    supported_by_others(&talk, 23).await;
    let number = talk.number(23).get();
    let token = talk.sign_in(23).await;
    talk.post("/v1/application", &token, json!({})).await;
    assert_eq!(talk.deliver().await, 1);
    // By this registrar's command line, in error.
    talk.chain.change(|state| {
        let record = state.voters.get_mut(&number).expect("is recorded");
        record.recorded_by = 0b110;
    });
    let again = talk.post("/v1/application", &token, json!({})).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
    assert_eq!(talk.deliver().await, 1);
    assert_eq!(talk.chain.state().voters[&number].recorded_by, 0b111);
}
