//! A small election for tests and vectors; everything in it follows from one seed.

use psephos_crypto::{
    ballot::{prove, BallotStatement, ContestRule, EncryptedContests},
    elgamal::ElectionKey,
    key_ceremony::{
        combine,
        trustee::{Seat, SecretShare, TrusteeKey},
        CombinedKeys, Package,
    },
    rand_core::SeedableRng,
    transcript::Context,
};
use rand_chacha::ChaCha20Rng;

pub const EPOCH: u32 = 2;
pub const DISTRICT: u32 = 7;
pub const ALICE: [u8; 32] = [0xa1; 32];
pub const BOB: [u8; 32] = [0xb0; 32];

/// One of three options; up to two of three, or nothing; anything from none to both.
pub const CONTESTS: [ContestRule; 3] = [
    ContestRule {
        id: 1,
        options: 3,
        min: 1,
        max: 1,
        blank: false,
    },
    ContestRule {
        id: 4,
        options: 3,
        min: 1,
        max: 2,
        blank: true,
    },
    ContestRule {
        id: 9,
        options: 2,
        min: 0,
        max: 2,
        blank: false,
    },
];

pub fn context() -> Context {
    Context {
        genesis_hash: [0x11; 32],
        election: 3,
        manifest_hash: [0x33; 32],
    }
}

pub fn selections() -> Vec<Vec<bool>> {
    vec![
        vec![false, true, false],
        vec![true, false, true],
        vec![true, false],
    ]
}

pub struct Election {
    pub context: Context,
    pub rng: ChaCha20Rng,
    pub packages: Vec<(u32, Package)>,
    pub trustees: Vec<TrusteeKey>,
    pub keys: CombinedKeys,
    pub key: ElectionKey,
}

impl Election {
    /// After a ceremony of these trustees, any `threshold` of whom can decrypt.
    pub fn new(seed: u64, trustees: &[u32], threshold: u32) -> Self {
        let context = context();
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let seats: Vec<Seat> = trustees
            .iter()
            .map(|trustee| Seat {
                context,
                epoch: EPOCH,
                trustee: *trustee,
            })
            .collect();
        let (secrets, packages): (Vec<_>, Vec<_>) = seats
            .iter()
            .map(|seat| {
                let (secret, package) = seat
                    .commit(trustees.len() as u32, threshold, &mut rng)
                    .expect("everybody is honest");
                (secret, (seat.trustee, package))
            })
            .unzip();
        let revealed: Vec<_> = packages
            .iter()
            .map(|(trustee, package)| (*trustee, package))
            .collect();
        let dealt: Vec<_> = seats
            .iter()
            .zip(secrets)
            .map(|(seat, secret)| seat.deal(secret, &revealed).expect("everybody is honest"))
            .collect();
        let trustees = seats
            .iter()
            .zip(&dealt)
            .map(|(seat, (secret, _))| {
                let received = shares_for(seat.trustee, &seats, &dealt);
                seat.finish(secret, &revealed, &received)
                    .expect("everybody is honest")
            })
            .collect();
        let keys = combine(&context, EPOCH, &revealed).expect("everybody is honest");
        let key = ElectionKey::decode(&keys.election_key).expect("everybody is honest");
        Self {
            context,
            rng,
            trustees,
            keys,
            key,
            packages: packages.clone(),
        }
    }

    pub fn statement<'a>(&'a self, account: &'a [u8; 32]) -> BallotStatement<'a> {
        BallotStatement {
            context: &self.context,
            key: &self.key,
            district: DISTRICT,
            account,
            contests: &CONTESTS,
        }
    }

    pub fn ballot(&mut self, account: &[u8; 32]) -> EncryptedContests {
        let mut rng = self.rng.clone();
        let (ballot, _) =
            prove(&self.statement(account), &selections(), &mut rng).expect("everybody is honest");
        self.rng = rng;
        ballot
    }
}

type Dealt<S> = (S, Vec<(u32, SecretShare)>);

fn shares_for<S>(recipient: u32, seats: &[Seat], dealt: &[Dealt<S>]) -> Vec<(u32, SecretShare)> {
    seats
        .iter()
        .zip(dealt)
        .flat_map(|(dealer, (_, shares))| {
            shares
                .iter()
                .filter(|(to, _)| *to == recipient)
                .map(|(_, share)| (dealer.trustee, share.clone()))
        })
        .collect()
}
