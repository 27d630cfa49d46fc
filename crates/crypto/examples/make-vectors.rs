//! Writes `vectors/*.json`, all from fixed seeds: `cargo run --release -p psephos-crypto --features
//! secrets --example make-vectors`. Running it again must change nothing.
//!
//! Every case says what it expects; the generator runs it before it writes it.
#![allow(clippy::unwrap_used)]

#[path = "make-vectors/ballots.rs"]
mod ballots;
#[path = "make-vectors/ceremony.rs"]
mod ceremony;
#[path = "make-vectors/credentials.rs"]
mod credentials;
#[path = "../src/fixture.rs"]
#[allow(dead_code)]
mod fixture;
#[path = "../tests/vectors/format.rs"]
mod format;
#[path = "make-vectors/shares.rs"]
mod shares;

use format::{Case, File, Group, Hex, Run};
use serde::Serialize;

/// Cases of one file, in the order in which they are added.
pub(crate) struct Cases<C>(Vec<Case<C>>);

impl<C: Run + Serialize> Cases<C> {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a case whose result must be this.
    pub fn add(&mut self, name: &str, input: C, expect: &str) {
        assert_eq!(input.run(), expect, "{name}");
        self.0.push(Case {
            name: name.into(),
            input,
            expect: expect.into(),
        });
    }

    /// Adds a case for its value, which an accepting case beside it proves to be right.
    pub fn add_value(&mut self, name: &str, input: C) {
        let expect = input.run();
        self.0.push(Case {
            name: name.into(),
            input,
            expect,
        });
    }

    pub fn write(self, file: &str, about: &str) {
        // Asked for when it runs: it may have been built in another checkout with the same target folder.
        let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this");
        let path = format!("{package}/../../vectors/{file}.json");
        let contents = File {
            about: about.into(),
            cases: self.0,
        };
        let text = serde_json::to_string_pretty(&contents).unwrap();
        std::fs::write(path, text + "\n").unwrap();
    }
}

fn main() {
    group();
    ballots::write();
    ceremony::write_packages();
    ceremony::write_envelopes();
    shares::write();
    credentials::write();
}

fn group() {
    let bytes = |digits: &str| Hex(hex::decode(digits).unwrap());
    let generator = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";
    let identity = "0000000000000000000000000000000000000000000000000000000000000000";
    let one = "0100000000000000000000000000000000000000000000000000000000000000";
    let largest = "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let point = |digits| Group::Point {
        encoding: bytes(digits),
    };
    let other = |digits| Group::PointOtherThanTheIdentity {
        encoding: bytes(digits),
    };
    let scalar = |digits| Group::Scalar {
        encoding: bytes(digits),
    };
    let ok = |digits: &str| format!("Ok({digits:?})");
    let no_point = "Err(PointEncoding)";
    let no_scalar = "Err(ScalarEncoding)";

    let mut cases = Cases::new();
    cases.add("the generator", point(generator), &ok(generator));
    cases.add("the identity", point(identity), &ok(identity));
    cases.add(
        "the generator is not the identity",
        other(generator),
        &ok(generator),
    );
    cases.add("the identity, refused", other(identity), "Err(Identity)");
    cases.add("a negative field element", point(one), no_point);
    cases.add(
        "a negative field element, refused first for that",
        other(one),
        no_point,
    );
    let high_bit = "0000000000000000000000000000000000000000000000000000000000000080";
    cases.add(
        "the identity with the high bit set",
        point(high_bit),
        no_point,
    );
    let modulus = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    cases.add("the identity as p", point(modulus), no_point);
    let order_four = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    cases.add("a point of order 4", point(order_four), no_point);
    let edwards = "5866666666666666666666666666666666666666666666666666666666666666";
    cases.add(
        "the generator of edwards25519, compressed",
        point(edwards),
        no_point,
    );
    cases.add("0", scalar(identity), &ok(identity));
    cases.add("1", scalar(one), &ok(one));
    cases.add("the order minus 1", scalar(largest), &ok(largest));
    cases.add("the order", scalar(order), no_scalar);
    let all = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    cases.add("2^256 - 1", scalar(all), no_scalar);
    cases.write(
        "group",
        "Decoding of ristretto255 elements and scalars (PSE-GRP-2 to PSE-GRP-4)",
    );
}
