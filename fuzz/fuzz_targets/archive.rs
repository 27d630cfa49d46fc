//! Archives from anybody: an audit ends, and never says that all is well.
#![no_main]

use libfuzzer_sys::fuzz_target;
use psephos_verifier::{audit, Options};

fuzz_target!(|bytes: &[u8]| {
    let report = audit(bytes, &Options::default(), |_| ());
    assert!(!report.ok());
});
