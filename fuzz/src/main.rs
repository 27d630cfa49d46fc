//! The fuzzer: libFuzzer with one of the targets, which `PSEPHOS_FUZZ_TARGET` names.
//!
//! `scripts/fuzz` builds and calls it; its arguments are libFuzzer's.
#![no_main]

use std::{process::exit, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use psephos_fuzz::{Target, TARGETS};

/// What names the target. libFuzzer has the arguments, and starts itself again with others.
const VARIABLE: &str = "PSEPHOS_FUZZ_TARGET";
/// For a command line that makes no sense, as in all programs of the project.
const USAGE: i32 = 2;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var(VARIABLE).unwrap_or_default();
    let mut targets = TARGETS.into_iter();
    targets
        .find(|target| target.name == name)
        .unwrap_or_else(|| {
            eprintln!("{VARIABLE} must name one of these targets:");
            for Target { name, about, .. } in TARGETS {
                eprintln!("  {name:<18}{about}");
            }
            exit(USAGE)
        })
});

fuzz_target!(
    init: {
        LazyLock::force(&TARGET);
    },
    |bytes: &[u8]| {
        (TARGET.check)(bytes);
    }
);
