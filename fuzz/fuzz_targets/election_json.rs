//! Definitions from anybody: reading never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use psephos::definition::Definition;

fuzz_target!(|text: &str| {
    let _ = Definition::parse("election.json", text);
});
