//! Registrars who have a voter in different districts (PSE-REG-7, PSE-RGS-10).

use axum::http::StatusCode;
use psephos_primitives::{register::Support, DistrictId};
use serde_json::{json, Value};

use super::{
    conversation::Conversation,
    databases::{on_every_database, Database},
};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The other registrars' bits.
const SECOND: u8 = 0b010;
const THIRD: u8 = 0b100;
/// Every voter here is of an even number, which the roll of the tests has in this district.
const RIGHT: DistrictId = DistrictId(1);
const WRONG: DistrictId = DistrictId(2);

/// Other registrars name a district for a voter.
fn name_district(talk: &Conversation, registrars: &[u8], voter: usize, district: DistrictId) {
    let number = talk.number(voter);
    talk.chain.change(|state| {
        for registrar in registrars {
            let done = state.stand_behind(*registrar, number, district);
            assert_eq!(done, Ok(()));
        }
    });
}

/// The voter applies, and the chain is told.
async fn apply(talk: &Conversation, voter: usize) -> String {
    let token = talk.sign_in(voter).await;
    let applied = talk.post("/v1/application", &token, json!({})).await;
    assert_eq!(applied.status, StatusCode::ACCEPTED, "{}", applied.body);
    assert_eq!(talk.deliver().await, 1);
    token
}

/// What the voter is told: status, whether they take part, in which other district the register has them.
async fn told(talk: &Conversation, token: &str) -> [Value; 3] {
    let mut body = talk.get("/v1/application", token).await.body;
    assert_eq!(body["district"], RIGHT.get());
    assert_eq!(
        (&body["pending"], body.get("refusal")),
        (&json!(false), None)
    );
    ["status", "participating", "other_district"].map(|field| body[field].take())
}

fn dissent(district: DistrictId, registrars: u8) -> Option<Vec<Support>> {
    Some(vec![Support {
        district,
        registrars,
    }])
}

#[tokio::test]
async fn a_registrar_who_names_a_wrong_district_first_keeps_no_voter_out() {
    on_every_database(|database| async move {
        let talk = Conversation::begin_among(&database, 2).await;
        name_district(&talk, &[THIRD], 24, WRONG);
        let token = apply(&talk, 24).await;
        let number = talk.number(24).get();
        let state = talk.chain.state();
        assert_eq!(state.voters[&number].recorded_by, THIRD);
        assert_eq!(state.dissents.get(&number).cloned(), dissent(RIGHT, 0b001));
        let expected = [json!("applied"), json!(false), json!(WRONG.get())];
        assert_eq!(told(&talk, &token).await, expected);
        let again = talk.post("/v1/application", &token, json!({})).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!((talk.deliver().await, talk.chain.state().attempts), (0, 1));

        name_district(&talk, &[SECOND], 24, RIGHT);
        let state = talk.chain.state();
        assert_eq!(state.dissents.get(&number).cloned(), dissent(WRONG, THIRD));
        let expected = [json!("applied"), json!(true), Value::Null];
        assert_eq!(told(&talk, &token).await, expected);
        talk.open_voting();
        talk.open_session(24, &token).await;
    })
    .await;
}

#[tokio::test]
async fn a_voter_withdraws_from_a_registrar_who_dissents() {
    on_every_database(|database| async move {
        let talk = Conversation::begin_among(&database, 2).await;
        name_district(&talk, &[THIRD], 26, WRONG);
        apply(&talk, 26).await;
        talk.clock.advance(DAY_SECONDS);
        let token = talk.sign_in(26).await;
        let withdrawn = talk.delete("/v1/application", &token).await;
        assert_eq!(withdrawn.status, StatusCode::ACCEPTED, "{}", withdrawn.body);
        assert_eq!(talk.deliver().await, 1);
        let number = talk.number(26).get();
        let state = talk.chain.state();
        assert_eq!(state.voters[&number].recorded_by, THIRD);
        assert_eq!(state.dissents.get(&number), None);
        let expected = [json!("withdrawn"), json!(false), json!(WRONG.get())];
        assert_eq!(told(&talk, &token).await, expected);
    })
    .await;
}

#[tokio::test]
async fn who_takes_part_in_another_district_is_told_and_given_no_code() {
    let talk = Conversation::begin_among(&Database::Sqlite, 2).await;
    name_district(&talk, &[SECOND, THIRD], 28, WRONG);
    let token = apply(&talk, 28).await;
    let expected = [json!("applied"), json!(false), json!(WRONG.get())];
    assert_eq!(told(&talk, &token).await, expected);
    talk.open_voting();
    let code = talk.post("/v1/code", &token, json!({})).await;
    let found = (code.status, code.code());
    assert_eq!(found, (StatusCode::CONFLICT, "districts_differ"));
    let expected = "the register has the voter in district 2, and this registrar's roll in 1: \
        it does not sign until they agree";
    assert_eq!(code.body["detail"], expected);
}

/// How far a request for a signature is when the register is seen to have the voter elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Unwritten,
    WrittenDown,
    Recorded,
}

#[tokio::test]
async fn nothing_is_signed_for_a_voter_whom_the_register_has_in_another_district() {
    for step in [Step::Unwritten, Step::WrittenDown, Step::Recorded] {
        let talk = Conversation::begin_on_sqlite().await;
        let (token, link) = talk.voter_in_session(30).await;
        let number = talk.number(30);
        let blinded = talk.blind(30).blinded;
        if step != Step::Unwritten {
            let first = talk.request_signature(&token, &link, &blinded).await;
            assert_eq!(first.status, StatusCode::ACCEPTED);
        }
        if step == Step::Recorded {
            assert_eq!(talk.deliver().await, 1);
        }
        talk.chain.change(|state| {
            let record = state.voters.get_mut(&number.get()).expect("takes part");
            record.district = WRONG;
        });
        let attempts = talk.chain.state().attempts;
        let settled = talk.deliver().await;
        assert_eq!(settled, usize::from(step == Step::WrittenDown), "{step:?}");
        for _ in 0..2 {
            let refused = talk.request_signature(&token, &link, &blinded).await;
            let found = (refused.status, refused.code());
            let expected = (StatusCode::CONFLICT, "districts_differ");
            assert_eq!(found, expected, "{step:?}");
            assert_eq!(talk.deliver().await, 0);
        }
        assert_eq!(talk.chain.state().attempts, attempts, "{step:?}");
        let issue = talk.service.store.issue(number).await.expect("answers");
        let signature = issue.and_then(|issue| issue.signature);
        assert_eq!(signature, None, "{step:?}");
    }
}
