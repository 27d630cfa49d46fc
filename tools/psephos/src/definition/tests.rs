use super::*;
use serde_json::{json, Value};

fn sample() -> Value {
    json!({
        "title": "Выборы мэра",
        "trustees": { "count": 5, "threshold": 3 },
        "districts": [
            { "id": 1, "name": "Orsay 1", "contests": [
                { "id": 1, "title": "President", "options": ["A", "B", "C"],
                  "min_selections": 0, "max_selections": 1 },
                { "id": 2, "title": "選挙", "options": ["はい"],
                  "min_selections": 1, "max_selections": 1 } ] },
            { "id": 7, "name": "Orsay 7", "contests": [
                { "id": 1, "title": "President", "options": ["A", "B"],
                  "min_selections": 0, "max_selections": 2 } ] } ]
    })
}

fn changed(pointer: &str, value: Value) -> String {
    let mut definition = sample();
    let (parent, field) = pointer.rsplit_once('/').expect("is a pointer");
    let parent = definition.pointer_mut(parent).expect("exists");
    match parent {
        Value::Object(fields) => {
            fields.insert(field.into(), value);
        }
        Value::Array(items) => items[field.parse::<usize>().expect("is an index")] = value,
        _ => panic!("{pointer} is no place for a value"),
    }
    definition.to_string()
}

fn refused(text: &str) -> String {
    match Definition::parse("election.json", text) {
        Ok(_) => "accepted".into(),
        Err(error) => {
            // serde_json adds the line and the column; these samples have one line.
            let words = error.to_string();
            words.split(" at line ").next().unwrap_or_default().into()
        }
    }
}

#[test]
fn the_sample_of_the_contract_is_accepted() {
    let definition = Definition::parse("election.json", &sample().to_string()).expect("is right");
    assert_eq!(
        definition.trustees,
        TrusteeTerms {
            count: 5,
            threshold: 3
        }
    );
    assert_eq!(
        definition.registrars,
        RegistrarTerms {
            count: 1,
            quorum: 1
        }
    );
    assert_eq!(definition.revote, RevotePolicy::Forbidden);
    assert_eq!(definition.schedule, None);
    assert_eq!(definition.districts[1].id, DistrictId(7));
    assert_eq!(
        definition.districts[0].contests[1].options[0].as_str(),
        "はい"
    );
}

#[test]
fn options_of_the_contract_are_read() {
    let mut definition = sample();
    definition["registrars"] = json!({ "count": 3, "quorum": 2 });
    definition["revote"] = json!("last_counts");
    definition["schedule"] = json!({
        "registration": { "start": 5, "end": 60 }, "voting": { "start": 60, "end": 90 } });
    let definition = Definition::parse("e", &definition.to_string()).expect("is right");
    assert_eq!(
        definition.registrars,
        RegistrarTerms {
            count: 3,
            quorum: 2
        }
    );
    assert_eq!(definition.revote, RevotePolicy::LastCounts);
    let voting = definition.schedule.map(|schedule| schedule.voting);
    assert_eq!(voting, Some(BlockRange { start: 60, end: 90 }));
}

#[test]
fn up_to_64_options_and_not_one_more() {
    let options = |n: usize| json!((0..n).map(|i| format!("option {i}")).collect::<Vec<_>>());
    let pointer = "/districts/0/contests/0/options";
    let parsed = Definition::parse("e", &changed(pointer, options(64)));
    assert_eq!(
        parsed.map(|d| d.districts[0].contests[0].options.len()),
        Ok(64)
    );
    assert_eq!(
        refused(&changed(pointer, options(65))),
        "election.json: $.districts[0].contests[0].options: 65 options, expected 1 to 64"
    );
    assert_eq!(
        refused(&changed(pointer, options(0))),
        "election.json: $.districts[0].contests[0].options: 0 options, expected 1 to 64"
    );
}

#[test]
fn every_error_names_its_place_and_what_was_expected() {
    let cases = [
        ("/colour", json!(1), "$.colour: unknown field `colour`, expected one of `title`, `trustees`, `registrars`, `districts`, `revote`, `schedule`"),
        ("/title", json!(7), "$.title: invalid type: integer `7`, expected a string"),
        ("/title", json!("  "), "$.title: must not be empty"),
        ("/title", json!("a\nb"), "$.title: holds the control character U+000A"),
        ("/trustees/count", json!(0), "$.trustees.count: invalid value: integer `0`, expected a whole number from 1 to 32"),
        ("/trustees/count", json!(-1), "$.trustees.count: invalid value: integer `-1`, expected a whole number from 1 to 32"),
        ("/trustees/count", json!(2.5), "$.trustees.count: invalid type: floating point `2.5`, expected a whole number from 1 to 32"),
        ("/trustees/count", json!("5"), "$.trustees.count: invalid type: string \"5\", expected a whole number from 1 to 32"),
        ("/trustees/threshold", json!(6), "$.trustees.threshold: 6 is more than trustees.count, which is 5"),
        ("/trustees/threshold", json!(1), "$.trustees.threshold: invalid value: integer `1`, expected a whole number from 2 to 32"),
        ("/registrars", json!({"count": 2, "quorum": 3}), "$.registrars.quorum: 3 is more than registrars.count, which is 2"),
        ("/trustees", json!([5, 3]), "$.trustees: a list where none is expected"),
        ("/revote", json!("often"), "$.revote: unknown variant `often`, expected `forbidden` or `last_counts`"),
        ("/districts", json!([]), "$.districts: 0 districts, expected 1 to 256"),
        ("/districts/1/id", json!(1), "$.districts[1].id: \"1\" stands at $.districts[0].id already"),
        ("/districts/1/id", json!(4294967296u64), "$.districts[1].id: invalid value: integer `4294967296`, expected a whole number from 0 to 4294967295"),
        ("/districts/0/contests", json!([]), "$.districts[0].contests: 0 contests, expected 1 to 16"),
        ("/districts/0/contests/1/id", json!(1), "$.districts[0].contests[1].id: \"1\" stands at $.districts[0].contests[0].id already"),
        ("/districts/0/contests/0/options/2", json!("A"), "$.districts[0].contests[0].options[2]: \"A\" stands at $.districts[0].contests[0].options[0] already"),
        ("/districts/0/contests/0/max_selections", json!(4), "$.districts[0].contests[0].max_selections: 4 is more than the number of options, which is 3"),
        ("/districts/0/contests/0/min_selections", json!(2), "$.districts[0].contests[0].min_selections: 2 is more than max_selections, which is 1"),
        ("/schedule", json!({"registration": {"start": 5, "end": 5}, "voting": {"start": 6, "end": 7}}), "$.schedule.registration.end: 5 must be greater than registration.start, which is 5"),
        ("/schedule", json!({"registration": {"start": 5, "end": 9}, "voting": {"start": 6, "end": 7}}), "$.schedule.voting.start: 6 must not be less than registration.end, which is 9"),
    ];
    for (pointer, value, expected) in cases {
        assert_eq!(
            refused(&changed(pointer, value)),
            format!("election.json: {expected}")
        );
    }
}

#[test]
fn a_quorum_withstands_fewer_than_half_of_itself() {
    let withstands = |quorum| RegistrarTerms { count: 8, quorum }.withstands();
    assert_eq!([1, 2, 3, 4, 5, 8].map(withstands), [0, 0, 1, 1, 2, 3]);
    for quorum in 1..=8 {
        // What one voter has honest registrars sign is not enough for two credentials; a further
        // dishonest one changes that.
        let enough_for_two = |dishonest| quorum >= 2 * (quorum - dishonest);
        assert!(!enough_for_two(withstands(quorum)));
        assert!(enough_for_two(withstands(quorum) + 1));
    }
}

#[test]
fn what_is_double_or_missing_or_too_much_is_refused() {
    let twice = sample()
        .to_string()
        .replacen("\"title\"", "\"title\":\"x\",\"title\"", 1);
    // Fields are sorted: the first title is a contest's.
    assert_eq!(
        refused(&twice),
        "election.json: $.districts[0].contests[0]: duplicate field `title`"
    );
    assert_eq!(refused("{}"), "election.json: $: missing field `title`");
    assert_eq!(
        refused("{"),
        "election.json: $: EOF while parsing an object"
    );
    assert_eq!(
        refused(&format!("{} x", sample())),
        "election.json: $: trailing characters"
    );
    assert_eq!(
        refused("[]"),
        "election.json: $: a list where none is expected"
    );
}
