//! How many blind signatures one core makes in a second: `scripts/bench signatures`.

use std::time::{Duration, Instant};

use psephos_crypto::blind_signature::issuing::{blind, RegistrarKey};
use rand_core::OsRng;

const BITS: u32 = 2048;
const MEASURED: Duration = Duration::from_secs(5);

fn main() {
    let key = RegistrarKey::generate(BITS, &mut OsRng).expect("a key is found");
    let public = key.public_key();
    let (_, blinded) = blind(&public, b"credential", &mut OsRng).expect("can be blinded");
    let begun = Instant::now();
    let mut signatures = 0u32;
    while begun.elapsed() < MEASURED {
        key.blind_sign(&blinded).expect("can be signed");
        signatures += 1;
    }
    let rate = f64::from(signatures) / begun.elapsed().as_secs_f64();
    println!("RSA {BITS}: {rate:.0} blind signatures a second on one core");
}
