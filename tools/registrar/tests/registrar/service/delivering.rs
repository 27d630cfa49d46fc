//! Lists for the chain: one voter's fault costs the others little, whatever the chain says of it, and
//! nothing is lost or told twice (PSE-RGS-5).

use axum::http::StatusCode;
use psephos_primitives::{register::VoterRecord, Phase};
use psephos_registrar::store::outbox::{Message, Progress, ISSUE, PARTICIPATION};

use super::{conversation::Conversation, databases::on_every_database};
use crate::support::office::VOTERS;

/// Calls that a list of [`VOTERS`] takes with one row at fault: the list, both halves of each refused
/// one, and the row once more.
const CALLS_FOR_ONE_FAULT: u32 = 2 + 2 * VOTERS.next_power_of_two().ilog2();

/// Every voter of the roll takes part and has asked for a signature; nothing is delivered yet.
async fn everybody_asks(talk: &Conversation) {
    for voter in 1..=VOTERS {
        let number = talk.number(voter);
        let known = talk.service.store.voter(number).await.expect("answers");
        let district = known.expect("is on the roll").district;
        talk.chain.change(|state| {
            let record = VoterRecord {
                district,
                recorded_by: 1,
                participating: true,
                issued_by: 0,
                issued: false,
                changed: 5,
            };
            state.voters.insert(number.get(), record);
        });
        let mut writing = talk.service.store.write().await.expect("writes");
        let blinded = voter.to_be_bytes();
        writing
            .request_issue(number, district, &blinded)
            .await
            .expect("writes");
        writing.commit().await.expect("writes");
    }
    talk.open_voting();
}

async fn queue_application(talk: &Conversation, voter: usize) {
    let mut writing = talk.service.store.write().await.expect("writes");
    let queued = writing.queue(talk.number(voter), Message::Participate);
    queued.await.expect("writes");
    writing.commit().await.expect("writes");
}

async fn progress(talk: &Conversation, voter: usize, subject: &str) -> Option<Progress> {
    let progress = talk.service.store.progress(talk.number(voter), subject);
    let progress = progress.await.expect("answers");
    progress.map(|(_, progress)| progress)
}

/// Everybody's issue is recorded and known to be, but for this voter's, which is refused.
async fn check_all_but(talk: &Conversation, faulty: usize) {
    for voter in 1..=VOTERS {
        let record = talk.chain.state().voters[&talk.number(voter).get()];
        let expected = if voter == faulty {
            Progress::Refused("VoterRegister::IssuedByEnough".into())
        } else {
            Progress::Final
        };
        assert_eq!(
            progress(talk, voter, ISSUE).await,
            Some(expected),
            "{voter}"
        );
        assert_eq!(record.issued_by, u8::from(voter != faulty), "{voter}");
    }
}

#[tokio::test]
async fn one_row_at_fault_costs_a_list_a_logarithm_of_calls() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        everybody_asks(&talk).await;
        let number = talk.number(17).get();
        talk.chain.change(|state| {
            state.barred.insert(number);
        });
        assert_eq!(talk.deliver().await, VOTERS);
        check_all_but(&talk, 17).await;
        let attempts = talk.chain.state().attempts;
        assert!(attempts <= CALLS_FOR_ONE_FAULT, "{attempts} calls");
        assert_eq!(talk.deliver().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_is_cut_off_between_its_halves_is_taken_up_again() {
    for unanswered in 1..=CALLS_FOR_ONE_FAULT {
        let talk = Conversation::begin_on_sqlite().await;
        everybody_asks(&talk).await;
        let number = talk.number(17).get();
        talk.chain.change(|state| {
            state.barred.insert(number);
            state.unanswered = Some(unanswered);
        });
        let first = talk.delivery.turn().await;
        if let Err(error) = first {
            let expected = "the chain cannot be asked: the answer is lost";
            assert_eq!(error.to_string(), expected);
            talk.deliver().await;
        }
        check_all_but(&talk, 17).await;
        assert_eq!(talk.deliver().await, 0);
    }
}

#[tokio::test]
async fn what_the_register_tells_already_is_not_sent() {
    let talk = Conversation::begin_on_sqlite().await;
    everybody_asks(&talk).await;
    let number = talk.number(17).get();
    talk.chain.change(|state| {
        let record = state.voters.get_mut(&number).expect("takes part");
        (record.issued_by, record.issued) = (0b10, true);
    });
    assert_eq!(talk.deliver().await, VOTERS);
    assert_eq!(talk.chain.state().attempts, 1);
    let refused = Progress::Refused("VoterRegister::IssuedByEnough".into());
    assert_eq!(progress(&talk, 17, ISSUE).await, Some(refused));
}

#[tokio::test]
async fn a_voter_issued_to_by_other_registrars_is_told_at_once() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let (token, link) = talk.voter_in_session(18).await;
        let number = talk.number(18);
        talk.chain.change(|state| {
            let record = state.voters.get_mut(&number.get()).expect("takes part");
            (record.issued_by, record.issued) = (0b10, true);
        });
        let blinded = talk.blind(18).blinded;
        for _ in 0..2 {
            let refused = talk.request_signature(&token, &link, &blinded).await;
            let found = (refused.status, refused.code());
            assert_eq!(found, (StatusCode::CONFLICT, "already_issued"));
        }
        assert_eq!(
            talk.service.store.issue(number).await.expect("answers"),
            None
        );
        assert_eq!(
            (talk.deliver().await, progress(&talk, 18, ISSUE).await),
            (0, None)
        );
    })
    .await;
}

#[tokio::test]
async fn a_refused_voter_cannot_have_the_chain_asked_again_in_vain() {
    let talk = Conversation::begin_on_sqlite().await;
    let (token, link) = talk.voter_in_session(19).await;
    let blinded = talk.blind(19).blinded;
    talk.request_signature(&token, &link, &blinded).await;
    let number = talk.number(19).get();
    talk.chain.change(|state| {
        let record = state.voters.get_mut(&number).expect("takes part");
        (record.issued_by, record.issued) = (0b10, true);
    });
    assert_eq!(talk.deliver().await, 1);
    for _ in 0..2 {
        let refused = talk.request_signature(&token, &link, &blinded).await;
        assert_eq!(refused.code(), "already_issued");
        assert_eq!(talk.deliver().await, 0);
    }
    // The one call is the application.
    assert_eq!(talk.chain.state().attempts, 1);
}

#[tokio::test]
async fn an_issue_before_the_opening_waits_for_it() {
    let talk = Conversation::begin_on_sqlite().await;
    everybody_asks(&talk).await;
    // A node that lags behind the one that was asked before.
    talk.chain.change(|state| state.phase = Phase::Registration);
    assert_eq!(talk.deliver().await, 0);
    assert_eq!(talk.chain.state().attempts, 0);
    // One that has finalised the opening, where calls are still judged by a block before it.
    talk.chain.change(|state| {
        state.phase = Phase::Voting;
        state.phase_of_calls = Some(Phase::Registration);
    });
    assert_eq!(talk.deliver().await, 0);
    assert_eq!(talk.chain.state().attempts, 1);
    assert_eq!(progress(&talk, 1, ISSUE).await, Some(Progress::Queued));
    talk.chain.change(|state| state.phase_of_calls = None);
    assert_eq!(talk.deliver().await, VOTERS);
    assert_eq!(progress(&talk, 1, ISSUE).await, Some(Progress::Final));
}

#[tokio::test]
async fn a_row_is_refused_for_good_when_it_is_refused_twice() {
    for (refusals, expected) in [
        (1, Progress::Final),
        (2, Progress::Refused("it cannot be carried out".into())),
    ] {
        let talk = Conversation::begin_on_sqlite().await;
        queue_application(&talk, 24).await;
        talk.chain.change(|state| state.unexplained = refusals);
        assert_eq!(talk.deliver().await, 1);
        assert_eq!(progress(&talk, 24, PARTICIPATION).await, Some(expected));
        assert_eq!(talk.chain.state().attempts, 2);
    }
}

#[tokio::test]
async fn what_an_earlier_attempt_has_done_is_not_told_again() {
    let talk = Conversation::begin_on_sqlite().await;
    everybody_asks(&talk).await;
    talk.chain.change(|state| state.unanswered = Some(1));
    let failed = talk.delivery.turn().await;
    let error = failed.expect_err("no node answers").to_string();
    assert!(error.contains("the chain cannot be asked"), "{error}");
    assert_eq!(talk.deliver().await, VOTERS);
    assert_eq!(talk.chain.state().attempts, 1);
    assert_eq!(progress(&talk, 1, ISSUE).await, Some(Progress::Final));
}

#[tokio::test]
async fn an_application_waits_for_the_range_and_ends_with_it() {
    let talk = Conversation::begin_on_sqlite().await;
    queue_application(&talk, 20).await;
    talk.chain.change(|state| state.block = 0);
    assert_eq!(talk.deliver().await, 0);
    let waiting = progress(&talk, 20, PARTICIPATION).await;
    assert_eq!(waiting, Some(Progress::Queued));
    talk.chain.change(|state| state.block = 1);
    assert_eq!(talk.deliver().await, 1);
    let recorded = progress(&talk, 20, PARTICIPATION).await;
    assert_eq!(recorded, Some(Progress::Final));
    // In time when it was written down, and too late for the chain.
    queue_application(&talk, 21).await;
    talk.open_voting();
    assert_eq!(talk.deliver().await, 1);
    let late = progress(&talk, 21, PARTICIPATION).await;
    let refused = Progress::Refused("VoterRegister::NotRegistering".into());
    assert_eq!(late, Some(refused));
    assert_eq!(talk.chain.state().attempts, 1);
}
