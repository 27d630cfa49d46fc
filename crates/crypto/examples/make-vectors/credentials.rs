//! `credential.json`.

use psephos_crypto::{
    blind_signature::{
        credential_message,
        issuing::{blind, RegistrarKey},
        RandomizedSignature,
    },
    rand_core::SeedableRng,
};
use rand_chacha::ChaCha20Rng;

use crate::{
    fixture::{context, ALICE, BOB, DISTRICT},
    format::{Credential, Hex},
    Cases,
};

pub fn write() {
    let mut rng = ChaCha20Rng::seed_from_u64(90);
    let [registrar, other] = [(), ()].map(|()| RegistrarKey::generate(2048, &mut rng).unwrap());
    let key = registrar.public_key();
    let message = credential_message(&context(), DISTRICT, &ALICE);
    let (secret, blinded) = blind(&key, &message, &mut rng).unwrap();
    let signed = registrar.blind_sign(&blinded).unwrap();
    let RandomizedSignature { prefix, signature } =
        secret.finalize(&key, &message, &signed).unwrap();
    let input = Credential {
        context: (&context()).into(),
        district: DISTRICT,
        account: Hex::of(&ALICE),
        modulus: Hex(key.modulus.to_vec()),
        prefix: Hex::of(&prefix),
        signature: Hex(signature.to_vec()),
    };

    let mut cases = Cases::new();
    cases.add("a credential", input.clone(), "Ok(())");
    let mut add = |name, change: &dyn Fn(&mut Credential), expect: &str| {
        let mut input = input.clone();
        change(&mut input);
        cases.add(name, input, &format!("Err({expect})"));
    };
    let invalid = "InvalidSignature";
    add(
        "of another account",
        &|input| input.account = Hex::of(&BOB),
        invalid,
    );
    add("of another district", &|input| input.district += 1, invalid);
    add(
        "of another election",
        &|input| input.context.election += 1,
        invalid,
    );
    add(
        "of another chain",
        &|input| input.context.genesis_hash.0[0] ^= 1,
        invalid,
    );
    add(
        "of another manifest",
        &|input| input.context.manifest_hash.0[0] ^= 1,
        invalid,
    );
    add(
        "with another prefix",
        &|input| input.prefix.0[0] ^= 1,
        invalid,
    );
    add(
        "with another signature",
        &|input| input.signature.0[200] ^= 1,
        invalid,
    );
    let others = other.public_key().modulus.to_vec();
    add(
        "under another key",
        &|input| input.modulus = Hex(others.clone()),
        invalid,
    );
    add(
        "not below the modulus",
        &|input| input.signature = input.modulus.clone(),
        invalid,
    );
    add(
        "a signature that is too short",
        &|input| input.signature.0.truncate(255),
        "SignatureLength { expected: 256, found: 255 }",
    );
    add(
        "a modulus that is too short",
        &|input| input.modulus.0.truncate(255),
        "ModulusLength { found: 255 }",
    );
    add(
        "a modulus with a leading zero",
        &|input| input.modulus.0.insert(0, 0),
        "ModulusTopBit",
    );
    add(
        "an even modulus",
        &|input| input.modulus.0[255] &= 0xfe,
        "EvenModulus",
    );
    cases.write(
        "credential",
        "Unblinded credentials (PSE-CRD-1 to PSE-CRD-4)",
    );
}
