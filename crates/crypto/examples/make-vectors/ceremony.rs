//! `key-ceremony.json` and `sealing.json`.

use psephos_crypto::{
    group::{EncodedPoint, EncodedScalar},
    key_ceremony::{
        trustee::{Seat, SecretShare},
        Package,
    },
    sealing::{seal, Envelope, SealedShare, SealingKey},
};

use crate::{
    fixture::{context, Election, EPOCH},
    format::{Hex, KeyCeremony, Sealing, TrusteePackage},
    Cases,
};

type Change<'a> = &'a dyn Fn(&mut Package);

pub fn write_packages() {
    let election = Election::new(70, &[1, 2, 5], 2);
    let (trustee, package) = &election.packages[0];
    let trustee = *trustee;
    let context = crate::format::Context::from(&election.context);
    let input = |package: &Package| KeyCeremony::Package {
        context: context.clone(),
        epoch: EPOCH,
        trustee,
        threshold: 2,
        package: Hex::of(package),
    };

    let mut cases = Cases::new();
    for trustee in [1, 2, 5] {
        let identifier = KeyCeremony::Identifier {
            context: context.clone(),
            epoch: EPOCH,
            trustee,
        };
        cases.add_value(&format!("the identifier of trustee {trustee}"), identifier);
    }
    cases.add_value(
        "the commitment to a package",
        KeyCeremony::Commitment {
            context: context.clone(),
            epoch: EPOCH,
            trustee,
            package: Hex::of(package),
        },
    );
    cases.add("a package", input(package), "Ok(())");
    let mut add = |name: &str, change: Change, expect: &str| {
        let mut package = package.clone();
        change(&mut package);
        cases.add(name, input(&package), &format!("Err({expect})"));
    };
    let encoding = |field: &str, error: &str| {
        format!("Encoding {{ trustee: 1, field: {field}, error: {error} }}")
    };
    let unproved = "ProofOfKnowledge { trustee: 1 }";
    add(
        "a commitment is missing",
        &|package| package.commitments.truncate(1),
        "CommitmentCount { trustee: 1, expected: 2, found: 1 }",
    );
    for (what, point, error) in [
        ("not a point", EncodedPoint([0xff; 32]), "PointEncoding"),
        ("the identity", EncodedPoint::IDENTITY, "Identity"),
    ] {
        for index in [0, 1] {
            add(
                &format!("commitment {index} is {what}"),
                &|package| package.commitments[index] = point,
                &encoding(&format!("Commitment({index})"), error),
            );
        }
        add(
            &format!("R of the proof is {what}"),
            &|package| package.proof_commitment = point,
            &encoding("ProofCommitment", error),
        );
    }
    add(
        "the response of the proof is not canonical",
        &|package| package.proof_response = EncodedScalar([0xff; 32]),
        &encoding("ProofResponse", "ScalarEncoding"),
    );
    add(
        "the response of the proof is another",
        &|package| package.proof_response = EncodedScalar([1; 32]),
        unproved,
    );
    add(
        "the contribution is another's",
        &|package| package.commitments[0] = election.packages[1].1.commitments[0],
        unproved,
    );
    add(
        "R of the proof is another's",
        &|package| package.proof_commitment = election.packages[1].1.proof_commitment,
        unproved,
    );
    bindings(&election, &mut cases);
    sums(&election, &mut cases);
    cases.write(
        "key-ceremony",
        "Packages of the key ceremony (PSE-DKG-2 to PSE-DKG-6)",
    );
}

/// The same package elsewhere.
fn bindings(election: &Election, cases: &mut Cases<KeyCeremony>) {
    let own = crate::format::Context::from(&election.context);
    let mut other_election = own.clone();
    other_election.election += 1;
    let mut other_chain = own.clone();
    other_chain.genesis_hash.0[0] ^= 1;
    let mut other_manifest = own.clone();
    other_manifest.manifest_hash.0[0] ^= 1;
    for (name, context, epoch, trustee) in [
        ("a package of another election", other_election, EPOCH, 1),
        ("a package of another chain", other_chain, EPOCH, 1),
        ("a package under another manifest", other_manifest, EPOCH, 1),
        ("a package of another epoch", own.clone(), EPOCH + 1, 1),
        ("another trustee's package", own, EPOCH, 2),
    ] {
        let package = Hex::of(&election.packages[0].1);
        let input = KeyCeremony::Package {
            context,
            epoch,
            trustee,
            threshold: 2,
            package,
        };
        cases.add(
            name,
            input,
            &format!("Err(ProofOfKnowledge {{ trustee: {trustee} }})"),
        );
    }
}

fn sums(election: &Election, cases: &mut Cases<KeyCeremony>) {
    let input = |packages: &[(u32, Package)]| KeyCeremony::Combine {
        context: (&election.context).into(),
        epoch: EPOCH,
        packages: packages
            .iter()
            .map(|(trustee, package)| TrusteePackage {
                trustee: *trustee,
                package: Hex::of(package),
            })
            .collect(),
    };
    cases.add_value("what the packages add up to", input(&election.packages));
    cases.add("no packages", input(&[]), "Err(NoPackages)");
    let mut packages = election.packages.clone();
    packages[2] = packages[0].clone();
    cases.add(
        "a package twice",
        input(&packages),
        "Err(DuplicateTrustee { trustee: 1 })",
    );
    let mut packages = election.packages.clone();
    packages[1].1.commitments.truncate(1);
    cases.add(
        "packages of another threshold",
        input(&packages),
        "Err(CommitmentCount { trustee: 2, expected: 2, found: 1 })",
    );
}

pub fn write_envelopes() {
    let mut rng = Election::new(71, &[1, 2], 2).rng;
    let seat = |trustee| Seat {
        context: context(),
        epoch: EPOCH,
        trustee,
    };
    let (secret, package) = seat(1).commit(2, 2, &mut rng).unwrap();
    let (_, recipients) = seat(2).commit(2, 2, &mut rng).unwrap();
    let (_, shares) = seat(1)
        .deal(secret, &[(1, &package), (2, &recipients)])
        .unwrap();
    let [key, other_key] = [(), ()].map(|()| SealingKey::generate(&mut rng));
    let envelope = Envelope {
        context: &context(),
        epoch: EPOCH,
        dealer: 1,
        recipient: 2,
        dealer_package: &package,
    };
    let mut sealed =
        |share: &SecretShare| seal(&envelope, &key.public_key(), share, &mut rng).unwrap();
    let right = sealed(&shares[0].1);
    let wrong = sealed(&SecretShare::from_bytes([1; 32]));
    let not_canonical = sealed(&SecretShare::from_bytes([0xff; 32]));
    let input = |sealed: &SealedShare, disclosed: &SealingKey| Sealing::Complaint {
        context: (&context()).into(),
        epoch: EPOCH,
        dealer: 1,
        recipient: 2,
        dealer_package: Hex::of(&package),
        disclosed_private_key: Hex(disclosed.to_bytes().to_vec()),
        registered_public_key: Hex::of(&key.public_key()),
        sealed_share: Hex::of(sealed),
    };
    let (dealer, complainer) = ("DealerAtFault", "ComplainerAtFault");

    let mut cases = Cases::new();
    cases.add(
        "a complaint of a right share",
        input(&right, &key),
        complainer,
    );
    cases.add(
        "a share that is not the committed one",
        input(&wrong, &key),
        dealer,
    );
    cases.add(
        "a share that is not canonical",
        input(&not_canonical, &key),
        dealer,
    );
    let mut garbage = right;
    garbage.ciphertext[0] ^= 1;
    cases.add(
        "an envelope that does not open",
        input(&garbage, &key),
        dealer,
    );
    garbage = right;
    garbage.encapsulated_key = [0; 32];
    cases.add(
        "an encapsulated key of low order",
        input(&garbage, &key),
        dealer,
    );
    cases.add(
        "a disclosed key that is not the registered one",
        input(&wrong, &other_key),
        complainer,
    );
    let mut elsewhere = input(&right, &key);
    if let Sealing::Complaint { epoch, .. } = &mut elsewhere {
        *epoch += 1;
    }
    cases.add("an envelope of another epoch", elsewhere, dealer);

    let public_key = |key: &[u8; 32]| Sealing::PublicKey { key: Hex::of(key) };
    cases.add("a public key", public_key(&key.public_key()), "Ok(())");
    cases.add(
        "0 as a public key",
        public_key(&[0; 32]),
        "Err(LowOrderPublicKey)",
    );
    let mut one = [0; 32];
    one[0] = 1;
    cases.add(
        "1 as a public key",
        public_key(&one),
        "Err(LowOrderPublicKey)",
    );
    cases.add(
        "2^256 - 1 as a public key",
        public_key(&[0xff; 32]),
        "Err(PublicKeyEncoding)",
    );
    cases.write(
        "sealing",
        "Complaints about sealed shares (PSE-DKG-5, PSE-DKG-8)",
    );
}
