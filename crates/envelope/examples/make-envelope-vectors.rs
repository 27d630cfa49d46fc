//! Writes `vectors/envelope.json` from its seed: `cargo run --release -p psephos-envelope --example
//! make-envelope-vectors`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/vectors/cases.rs"]
mod cases;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/envelope.json");
    let text = serde_json::to_string_pretty(&cases::make())?;
    std::fs::write(path, text + "\n")?;
    println!("{path}");
    Ok(())
}
