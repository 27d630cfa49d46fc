//! Whole conversations with the service, on every database that is at hand.

mod changing;
mod conversation;
mod databases;
mod delivering;
mod dissenting;
mod exporting;
mod openid;
mod sending;

use axum::http::StatusCode;
use psephos_primitives::{limits::CHANGE_INTERVAL, Phase};
use psephos_registrar::{
    limits::{
        BALLOT_SESSION_SECONDS, CODES_PER_WINDOW, CODE_RESEND_SECONDS, CODE_SECONDS, CODE_TRIES,
        SIGN_IN_SECONDS,
    },
    store::audit_log,
};
use serde_json::json;

use self::{
    conversation::Conversation,
    databases::{on_every_database, Database},
};
use crate::support::office;

#[tokio::test]
async fn a_voter_applies_and_is_given_a_credential() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let token = talk.sign_in(3).await;
        let before = talk.get("/v1/application", &token).await;
        assert_eq!(before.body["status"], "none");
        let applied = talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(applied.status, StatusCode::ACCEPTED);
        assert_eq!(applied.body["pending"], true);
        talk.deliver().await;
        let after = talk.get("/v1/application", &token).await;
        assert_eq!(after.body["status"], "applied");
        assert_eq!(after.body["participating"], true);
        let next_change = after.body["next_change_block"].as_u64();
        assert!(next_change.is_some_and(|block| block >= 5 + u64::from(CHANGE_INTERVAL)));
        talk.open_voting();
        let link = talk.open_session(3, &token).await;
        let credential = talk.blind(3);
        let first = talk
            .request_signature(&token, &link, &credential.blinded)
            .await;
        assert_eq!(first.status, StatusCode::ACCEPTED);
        assert_eq!(first.body, json!({ "state": "recording" }));
        assert_eq!(first.retry_after, Some(2));
        talk.deliver().await;
        let second = talk
            .request_signature(&token, &link, &credential.blinded)
            .await;
        assert_eq!(second.status, StatusCode::OK);
        let again = talk
            .request_signature(&token, &link, &credential.blinded)
            .await;
        assert_eq!(again.body, second.body);
        credential.check(second.body["signature"].as_str().expect("is one"));
        let entries = talk.service.store.audit_log().await.expect("answers");
        assert_eq!(audit_log::check(&entries), Ok(()));
    })
    .await;
}

#[tokio::test]
async fn there_is_one_credential_for_each_voter() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let (token, link) = talk.voter_in_session(4).await;
        let first = talk.blind(4);
        talk.request_signature(&token, &link, &first.blinded).await;
        talk.deliver().await;
        let other = talk
            .request_signature(&token, &link, &talk.blind(4).blinded)
            .await;
        assert_eq!(
            (other.status, other.code()),
            (StatusCode::CONFLICT, "already_issued")
        );
        // A new session changes nothing, and loses nothing either.
        talk.clock.advance(BALLOT_SESSION_SECONDS);
        let token = talk.sign_in(4).await;
        let link = talk.open_session(4, &token).await;
        let looked = talk
            .get(&format!("/v1/ballot-session/{link}"), &token)
            .await;
        assert_eq!(looked.body["state"], "issued");
        let other = talk
            .request_signature(&token, &link, &talk.blind(4).blinded)
            .await;
        assert_eq!(
            (other.status, other.code()),
            (StatusCode::CONFLICT, "already_issued")
        );
        let same = talk.request_signature(&token, &link, &first.blinded).await;
        assert_eq!(same.status, StatusCode::OK);
        first.check(same.body["signature"].as_str().expect("is one"));
    })
    .await;
}

#[tokio::test]
async fn requests_at_once_come_to_one_issue() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let (token, link) = talk.voter_in_session(5).await;
        let credentials: Vec<_> = (0..6).map(|_| talk.blind(5)).collect();
        let requests = credentials
            .iter()
            .map(|credential| talk.request_signature(&token, &link, &credential.blinded));
        let answers = futures::future::join_all(requests).await;
        let taken = answers
            .iter()
            .filter(|answer| answer.status == StatusCode::ACCEPTED);
        assert_eq!(taken.count(), 1);
        talk.deliver().await;
        let mut signed = 0;
        for credential in &credentials {
            let answer = talk
                .request_signature(&token, &link, &credential.blinded)
                .await;
            signed += usize::from(answer.status == StatusCode::OK);
        }
        assert_eq!(signed, 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_signed_costs_nothing() {
    let talk = Conversation::begin_on_sqlite().await;
    let (token, link) = talk.voter_in_session(6).await;
    for blinded in [
        "0x",
        "00ff",
        "0xzz",
        &format!("0x{}", "ff".repeat(256)),
        &format!("0x{}", "00".repeat(255)),
    ] {
        let refused = talk.request_signature(&token, &link, blinded).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            (refused.code(), &refused.body["field"]),
            ("bad_field", &json!("blinded"))
        );
    }
    assert_eq!(talk.deliver().await, 0);
    let right = talk
        .request_signature(&token, &link, &talk.blind(6).blinded)
        .await;
    assert_eq!(right.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn codes_are_limited() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let token = talk.participant(7).await;
        let none = talk.enter_code(&token, "000000").await;
        assert_eq!(
            (none.status, none.code()),
            (StatusCode::GONE, "code_expired")
        );
        let sent = talk.post("/v1/code", &token, json!({})).await;
        assert_eq!(sent.body["phone_hint"], "••• 07");
        assert_eq!(sent.body["tries_left"], CODE_TRIES);
        let soon = talk.post("/v1/code", &token, json!({})).await;
        assert_eq!(
            (soon.status, soon.code()),
            (StatusCode::TOO_MANY_REQUESTS, "rate_limited")
        );
        assert!(soon
            .retry_after
            .is_some_and(|seconds| seconds <= CODE_RESEND_SECONDS as u64));
        let right = talk.office.code(7);
        let wrong = if right == "123456" {
            "654321"
        } else {
            "123456"
        };
        for tries_left in (1..CODE_TRIES).rev() {
            let answer = talk.enter_code(&token, wrong).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "wrong_code")
            );
            let detail = format!("this is not the code that was sent; {tries_left} tries are left");
            assert_eq!(answer.body["detail"], detail.as_str());
        }
        for code in [wrong, &right] {
            let answer = talk.enter_code(&token, code).await;
            assert_eq!(answer.code(), "too_many_tries");
        }
        talk.clock.advance(CODE_RESEND_SECONDS);
        talk.post("/v1/code", &token, json!({})).await;
        talk.clock.advance(CODE_SECONDS);
        let late = talk.enter_code(&token, &talk.office.code(7)).await;
        assert_eq!(
            (late.status, late.code()),
            (StatusCode::GONE, "code_expired")
        );
        for _ in 2..CODES_PER_WINDOW {
            talk.clock.advance(CODE_RESEND_SECONDS);
            let sent = talk.post("/v1/code", &token, json!({})).await;
            assert_eq!(sent.status, StatusCode::OK);
        }
        talk.clock.advance(CODE_RESEND_SECONDS);
        let many = talk.post("/v1/code", &token, json!({})).await;
        assert_eq!(many.code(), "rate_limited");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_good_once() {
    let talk = Conversation::begin_on_sqlite().await;
    let (token, _) = talk.voter_in_session(8).await;
    let again = talk.enter_code(&token, &talk.office.code(8)).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::GONE, "code_expired")
    );
}

#[tokio::test]
async fn a_link_opens_once_and_for_fifteen_minutes() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let (token, link) = talk.voter_in_session(9).await;
        let path = format!("/v1/ballot-session/{link}");
        let other = talk.sign_in(9).await;
        let stranger = talk.sign_in(10).await;
        let opened = talk.get(&path, &token).await;
        assert_eq!(
            (opened.status, &opened.body["state"]),
            (StatusCode::OK, &json!("open"))
        );
        let again = talk.get(&path, &token).await;
        assert_eq!(again.status, StatusCode::OK);
        let elsewhere = talk.get(&path, &other).await;
        assert_eq!(
            (elsewhere.status, elsewhere.code()),
            (StatusCode::CONFLICT, "link_used")
        );
        let unknown = talk
            .get(&format!("/v1/ballot-session/{}", "0".repeat(64)), &stranger)
            .await;
        assert_eq!(
            (unknown.status, unknown.code()),
            (StatusCode::GONE, "session_expired")
        );
        talk.clock.advance(BALLOT_SESSION_SECONDS);
        let late = talk.get(&path, &token).await;
        assert_eq!(
            (late.status, late.code()),
            (StatusCode::GONE, "session_expired")
        );
        let late = talk
            .request_signature(&token, &link, &talk.blind(9).blinded)
            .await;
        assert_eq!(
            (late.status, late.code()),
            (StatusCode::GONE, "session_expired")
        );
        assert_eq!(talk.deliver().await, 0);
    })
    .await;
}

#[tokio::test]
async fn participation_changes_once_a_day_inside_the_registration_range() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let token = talk.sign_in(11).await;
        talk.post("/v1/application", &token, json!({})).await;
        let waiting = talk.delete("/v1/application", &token).await;
        assert_eq!(
            (waiting.status, waiting.code()),
            (StatusCode::CONFLICT, "change_pending")
        );
        talk.deliver().await;
        let same = talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(
            (same.status, &same.body["status"]),
            (StatusCode::OK, &json!("applied"))
        );
        let soon = talk.delete("/v1/application", &token).await;
        assert_eq!(
            (soon.status, soon.code()),
            (StatusCode::CONFLICT, "too_soon")
        );
        talk.chain.change(|state| state.block = 5 + CHANGE_INTERVAL);
        talk.clock.advance(24 * 60 * 60);
        let token = talk.sign_in(11).await;
        let withdrawn = talk.delete("/v1/application", &token).await;
        assert_eq!(withdrawn.status, StatusCode::ACCEPTED);
        talk.deliver().await;
        let after = talk.get("/v1/application", &token).await;
        assert_eq!(
            (&after.body["status"], &after.body["participating"]),
            (&json!("withdrawn"), &json!(false))
        );
        talk.open_voting();
        let closed = talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(
            (closed.status, closed.code()),
            (StatusCode::CONFLICT, "outside_window")
        );
        let code = talk.post("/v1/code", &token, json!({})).await;
        assert_eq!(
            (code.status, code.code()),
            (StatusCode::FORBIDDEN, "not_participating")
        );
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_is_away_loses_nothing() {
    let talk = Conversation::begin_on_sqlite().await;
    let (token, link) = talk.voter_in_session(12).await;
    let credential = talk.blind(12);
    talk.request_signature(&token, &link, &credential.blinded)
        .await;
    talk.chain.change(|state| state.reachable = false);
    let error = talk
        .delivery
        .turn()
        .await
        .map_err(|error| error.to_string());
    let expected = "the chain cannot be asked: the nodes are off";
    assert_eq!(error, Err(expected.into()));
    let away = talk.get("/v1/election", &token).await;
    assert_eq!(
        (away.status, away.code()),
        (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable")
    );
    talk.chain.change(|state| state.reachable = true);
    talk.deliver().await;
    let signed = talk
        .request_signature(&token, &link, &credential.blinded)
        .await;
    assert_eq!(signed.status, StatusCode::OK);
}

#[tokio::test]
async fn one_voters_refusal_does_not_hold_up_the_others() {
    let talk = Conversation::begin_on_sqlite().await;
    let mut visits = Vec::new();
    for voter in [13, 14, 15] {
        let (token, link) = talk.voter_in_session(voter).await;
        let credential = talk.blind(voter);
        talk.request_signature(&token, &link, &credential.blinded)
            .await;
        visits.push((token, link, credential));
    }
    let number = talk.office.secret().voter_number("ID14").get();
    talk.chain.change(|state| {
        state
            .voters
            .get_mut(&number)
            .expect("has applied")
            .participating = false;
    });
    assert_eq!(talk.deliver().await, 3);
    let mut answers = Vec::new();
    for (token, link, credential) in &visits {
        let answer = talk
            .request_signature(token, link, &credential.blinded)
            .await;
        answers.push(answer.status);
    }
    assert_eq!(
        answers,
        [StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::OK]
    );
}

#[tokio::test]
async fn sign_ins_end_and_strangers_are_told_little() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        for (identity, birth_date) in [("ID 2", "1990-01-04"), ("nobody", "1990-01-03")] {
            let answer = talk.try_sign_in(identity, birth_date).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "not_on_the_roll")
            );
        }
        let answer = talk.try_sign_in("ID 2", "3.1.1990").await;
        assert_eq!(
            (answer.code(), &answer.body["field"]),
            ("bad_field", &json!("birth_date"))
        );
        let token = talk.sign_in(2).await;
        let out = talk.post("/v1/sign-out", &token, json!({})).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        let after = talk.get("/v1/application", &token).await;
        assert_eq!(
            (after.status, after.code()),
            (StatusCode::UNAUTHORIZED, "not_signed_in")
        );
        let token = talk.sign_in(2).await;
        talk.clock.advance(SIGN_IN_SECONDS);
        let late = talk.get("/v1/application", &token).await;
        assert_eq!(
            (late.status, late.code()),
            (StatusCode::UNAUTHORIZED, "not_signed_in")
        );
    })
    .await;
}

#[tokio::test]
async fn guessing_dates_of_birth_is_slow() {
    let talk = Conversation::begin_on_sqlite().await;
    let mut codes = Vec::new();
    for day in 1..=12 {
        let answer = talk
            .try_sign_in("ID 30", &format!("1991-01-{day:02}"))
            .await;
        codes.push(answer.code().to_owned());
    }
    assert_eq!(
        codes[9..],
        ["not_on_the_roll", "rate_limited", "rate_limited"]
    );
}

#[tokio::test]
async fn bodies_are_bounded_and_strict_and_pages_of_other_origins_are_kept_out() {
    let talk = Conversation::begin_on_sqlite().await;
    let long = talk.try_sign_in(&"1".repeat(10_000), "1990-01-01").await;
    assert_eq!(
        (long.status, long.code()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too_large")
    );
    let unknown = json!({ "identity": "1", "birth_date": "1990-01-01", "x": 1 });
    let unknown = talk.post("/v1/sign-in/development", "", unknown).await;
    assert_eq!(
        (unknown.status, unknown.code()),
        (StatusCode::BAD_REQUEST, "bad_body")
    );
    let nowhere = talk.get("/v1/nowhere", "").await;
    assert_eq!(
        (nowhere.status, nowhere.code()),
        (StatusCode::NOT_FOUND, "not_found")
    );
    assert_eq!(
        talk.allowed_origin(office::ORIGIN).await.as_deref(),
        Some(office::ORIGIN)
    );
    assert_eq!(talk.allowed_origin("https://elsewhere.example").await, None);
}

#[tokio::test]
async fn nothing_is_issued_outside_the_voting_range() {
    let talk = Conversation::begin_on_sqlite().await;
    let (token, link) = talk.voter_in_session(16).await;
    let credential = talk.blind(16);
    talk.request_signature(&token, &link, &credential.blinded)
        .await;
    talk.chain.change(|state| state.phase = Phase::Tallying);
    talk.deliver().await;
    let late = talk
        .request_signature(&token, &link, &credential.blinded)
        .await;
    assert_eq!(
        (late.status, late.code()),
        (StatusCode::CONFLICT, "outside_window")
    );
    assert_eq!(
        talk.service
            .store
            .issue(talk.number(16))
            .await
            .expect("answers")
            .and_then(|issue| issue.signature),
        None
    );
}

#[tokio::test]
async fn the_audit_log_cannot_be_changed_in_the_database() {
    on_every_database(|database| async move {
        let talk = Conversation::begin(&database).await;
        let url = match database {
            Database::Sqlite => talk.office.sqlite(),
            Database::Postgres(url) => url,
        };
        let pool = sqlx::AnyPool::connect(&url).await.expect("connects");
        for change in ["UPDATE audit_log SET detail = 'x'", "DELETE FROM audit_log"] {
            let error = sqlx::query(change)
                .execute(&pool)
                .await
                .map(|_| ())
                .map_err(|error| error.to_string());
            let refused = error.map_or_else(|error| error, |()| "it was changed".into());
            assert!(
                refused.contains("the audit log is append-only"),
                "{refused}"
            );
        }
        let mut entries = talk.service.store.audit_log().await.expect("answers");
        assert_eq!(audit_log::check(&entries), Ok(()));
        entries[0].detail = "9 added, 0 rows skipped".into();
        let damage = audit_log::Damage::Changed { sequence: 1 };
        assert_eq!(audit_log::check(&entries), Err(damage));
        let damage = audit_log::Damage::Missing { expected: 1 };
        entries[0].sequence = 2;
        assert_eq!(audit_log::check(&entries), Err(damage));
    })
    .await;
}
