//! Votes from anybody: reading never panics, and every row that is read has its district's shape.
#![no_main]

use libfuzzer_sys::fuzz_target;
use psephos::{definition::Definition, votes};

const DEFINITION: &str = r#"{"title":"t","trustees":{"count":3,"threshold":2},"districts":[
    {"id":1,"name":"d","contests":[
        {"id":1,"title":"c","options":["A","B","C"],"min_selections":0,"max_selections":2},
        {"id":2,"title":"c","options":["A","B"],"min_selections":1,"max_selections":1}]}]}"#;

fuzz_target!(|text: &str| {
    let definition = Definition::parse("election.json", DEFINITION).expect("in order");
    if let Ok(votes) = votes::parse(
        "votes.csv",
        text,
        &votes::ballot_papers(&definition.districts),
    ) {
        assert!(votes.iter().all(|vote| vote.selections.len() == 2));
    }
});
