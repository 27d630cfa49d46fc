//! `decryption.json`.

use curve25519_dalek::scalar::Scalar;
use psephos_crypto::{
    decryption::{prove_shares, DecryptionShare},
    elgamal::{encrypt, Ciphertext},
    group::{EncodedPoint, EncodedScalar},
};

use crate::{
    fixture::{Election, DISTRICT, EPOCH},
    format::{Decryption, Hex, Shares, Tally, TrusteeShares},
    Cases,
};

const COUNTS: [u32; 3] = [0, 3, 1250];

struct Closed {
    election: Election,
    sums: Vec<Ciphertext>,
    shares: Vec<Vec<DecryptionShare>>,
}

pub fn write() {
    let mut election = Election::new(80, &[1, 2, 3], 2);
    let sums =
        COUNTS.map(|count| encrypt(&election.key, count, &Scalar::random(&mut election.rng)));
    let Election {
        context,
        trustees,
        rng,
        ..
    } = &mut election;
    let shares = trustees
        .iter()
        .map(|key| prove_shares(context, DISTRICT, key, &sums, rng).unwrap())
        .collect();
    let closed = Closed {
        election,
        sums: sums.to_vec(),
        shares,
    };

    let mut cases = Cases::new();
    for trustee in 0..3 {
        let name = format!("the shares of trustee {}", trustee + 1);
        cases.add(&name, Decryption::Shares(closed.input(trustee)), "Ok(())");
    }
    closed.statements(&mut cases);
    closed.fields(&mut cases);
    closed.tallies(&mut cases);
    cases.write(
        "decryption",
        "Decryption shares and counts (PSE-DEC-2 to PSE-DEC-5)",
    );
}

impl Closed {
    fn input(&self, trustee: usize) -> Shares {
        let key = &self.election.trustees[trustee];
        Shares {
            context: (&self.election.context).into(),
            epoch: EPOCH,
            district: DISTRICT,
            trustee: key.trustee(),
            verification_share: Hex::of(&key.verification_share()),
            sums: Hex::of(&self.sums),
            shares: Hex::of(&self.shares[trustee]),
        }
    }

    fn statements(&self, cases: &mut Cases<Decryption>) {
        let mut add = |name, change: &dyn Fn(&mut Shares)| {
            let mut input = self.input(0);
            change(&mut input);
            cases.add(
                name,
                Decryption::Shares(input),
                "Err(InvalidProof { position: 0 })",
            );
        };
        let others = self.election.trustees[1].verification_share();
        let mut sums = self.sums.clone();
        sums[0].c = sums[1].c;
        add("of another chain", &|input| {
            input.context.genesis_hash.0[0] ^= 1
        });
        add("of another election", &|input| input.context.election += 1);
        add("of another manifest", &|input| {
            input.context.manifest_hash.0[0] ^= 1
        });
        add("of another epoch", &|input| input.epoch += 1);
        add("of another district", &|input| input.district += 1);
        add("under another trustee's name", &|input| input.trustee = 2);
        add("under another trustee's verification share", &|input| {
            input.verification_share = Hex::of(&others);
        });
        add("of a sum with another C", &|input| {
            input.sums = Hex::of(&sums)
        });
    }

    fn fields(&self, cases: &mut Cases<Decryption>) {
        let mut add = |name, change: &dyn Fn(&mut DecryptionShare), expect: &str| {
            let mut changed = self.shares[0].clone();
            change(&mut changed[1]);
            let mut input = self.input(0);
            input.shares = Hex::of(&changed);
            cases.add(name, Decryption::Shares(input), &format!("Err({expect})"));
        };
        let not_a_point = EncodedPoint([0xff; 32]);
        let encoding = |field: &str, error: &str| {
            format!("Encoding {{ position: 1, field: {field}, error: {error} }}")
        };
        let invalid = "InvalidProof { position: 1 }";
        add(
            "a share is not a point",
            &|s| s.share = not_a_point,
            &encoding("Share", "PointEncoding"),
        );
        add(
            "commitment A is not a point",
            &|s| s.commitment[0] = not_a_point,
            &encoding("Commitment", "PointEncoding"),
        );
        add(
            "commitment A is the identity",
            &|s| s.commitment[0] = EncodedPoint::IDENTITY,
            &encoding("Commitment", "Identity"),
        );
        add(
            "commitment B is not a point",
            &|s| s.commitment[1] = not_a_point,
            &encoding("Commitment", "PointEncoding"),
        );
        add(
            "the response is not canonical",
            &|s| s.response = EncodedScalar([0xff; 32]),
            &encoding("Response", "ScalarEncoding"),
        );
        add(
            "the share is another's",
            &|s| s.share = self.shares[1][1].share,
            invalid,
        );
        add(
            "the share is the identity",
            &|s| s.share = EncodedPoint::IDENTITY,
            invalid,
        );
        add(
            "commitment A is another's",
            &|s| s.commitment[0] = self.shares[1][1].commitment[0],
            invalid,
        );
        add(
            "commitment B is another's",
            &|s| s.commitment[1] = self.shares[1][1].commitment[1],
            invalid,
        );
        add(
            "the response is another",
            &|s| s.response = EncodedScalar([1; 32]),
            invalid,
        );
        add(
            "the share of another sum",
            &|s| *s = self.shares[0][0],
            invalid,
        );

        let mut input = self.input(0);
        input.shares = Hex::of(&self.shares[0][..2].to_vec());
        cases.add(
            "a share is missing",
            Decryption::Shares(input),
            "Err(Count { expected: 3, found: 2 })",
        );
        let mut input = self.input(0);
        input.verification_share = Hex::of(&EncodedPoint::IDENTITY);
        cases.add(
            "the verification share is the identity",
            Decryption::Shares(input),
            "Err(VerificationShare(Identity))",
        );
        for (name, change, field) in [
            (
                "R of a sum is not a point",
                (|sum| sum.r = EncodedPoint([0xff; 32])) as fn(&mut Ciphertext),
                "SumR",
            ),
            (
                "C of a sum is not a point",
                |sum| sum.c = EncodedPoint([0xff; 32]),
                "SumC",
            ),
        ] {
            let mut input = self.input(0);
            let mut changed = self.sums.clone();
            change(&mut changed[1]);
            input.sums = Hex::of(&changed);
            cases.add(
                name,
                Decryption::Shares(input),
                &format!("Err({})", encoding(field, "PointEncoding")),
            );
        }
    }

    fn tallies(&self, cases: &mut Cases<Decryption>) {
        let input = |sums: &[Ciphertext], shares: &[(u32, &[DecryptionShare])], bound| {
            Decryption::Tally(Tally {
                context: (&self.election.context).into(),
                epoch: EPOCH,
                sums: Hex::of(&sums.to_vec()),
                shares: shares
                    .iter()
                    .map(|(trustee, shares)| TrusteeShares {
                        trustee: *trustee,
                        shares: Hex::of(&shares.to_vec()),
                    })
                    .collect(),
                bound,
            })
        };
        let [one, two, three] = [0, 1, 2].map(|trustee| self.shares[trustee].as_slice());
        let counts = "Ok([0, 3, 1250])";
        cases.add(
            "two trustees",
            input(&self.sums, &[(1, one), (2, two)], 1250),
            counts,
        );
        cases.add(
            "two others",
            input(&self.sums, &[(3, three), (1, one)], 5000),
            counts,
        );
        cases.add(
            "all",
            input(&self.sums, &[(1, one), (2, two), (3, three)], 1250),
            counts,
        );
        let out = "Err(OutOfRange { position: 0 })";
        cases.add(
            "too few trustees",
            input(&self.sums, &[(1, one)], 1250),
            out,
        );
        cases.add(
            "shares under other names",
            input(&self.sums, &[(1, two), (2, one)], 1250),
            out,
        );
        cases.add(
            "a count above the bound",
            input(&self.sums, &[(1, one), (2, two)], 1249),
            "Err(OutOfRange { position: 2 })",
        );
        cases.add("no shares", input(&self.sums, &[], 1250), "Err(NoShares)");
        cases.add(
            "a trustee twice",
            input(&self.sums, &[(1, one), (1, one)], 1250),
            "Err(DuplicateTrustee { trustee: 1 })",
        );
        cases.add(
            "a share is missing for the tally",
            input(&self.sums, &[(1, one), (2, &two[..2])], 1250),
            "Err(ShareCount { trustee: 2, expected: 3, found: 2 })",
        );
        let mut bad = two.to_vec();
        bad[1].share = EncodedPoint([0xff; 32]);
        cases.add(
            "a share for the tally is not a point",
            input(&self.sums, &[(1, one), (2, &bad)], 1250),
            "Err(Share { trustee: 2, position: 1, error: PointEncoding })",
        );
        let mut sums = self.sums.clone();
        sums[2].c = EncodedPoint([0xff; 32]);
        cases.add(
            "a sum for the tally is not a point",
            input(&sums, &[(1, one), (2, two)], 1250),
            "Err(Sum { position: 2, error: PointEncoding })",
        );
    }
}
