//! Runs `vectors/envelope.json`, and makes it again from its seed.
#![allow(clippy::unwrap_used)]

#[path = "vectors/cases.rs"]
mod cases;

use cases::{make, Expect, File};

fn file() -> File {
    serde_json::from_str(include_str!("../../../vectors/envelope.json")).unwrap()
}

#[test]
fn every_case_comes_out_as_the_file_says() {
    let cases = file().cases;
    for case in &cases {
        assert_eq!(case.found(), case.expect, "{}", case.name);
    }
    let refused = cases
        .iter()
        .filter(|case| matches!(case.expect, Expect::Error(_)));
    assert_eq!((cases.len(), refused.count()), (14, 10));
}

#[test]
fn sealing_makes_the_file_again() {
    assert_eq!(make(), file());
}
