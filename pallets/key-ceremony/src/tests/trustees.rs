//! The trustees' side: everything that they keep secret, and what they send.

use frame_support::assert_ok;
use frame_system::RawOrigin;
use pallet_elections::sample;
use psephos_crypto::{
    group::EncodedPoint,
    key_ceremony::{
        package_commitment,
        trustee::{round1, round2, Seat, SecretShare, TrusteeKey},
        Package,
    },
    sealing::{open, seal, Envelope, SealingError, SealingKey},
};
use psephos_primitives::{
    ceremony::{AddressedShare, Contribution, Deal, Stage},
    ElectionId, Hash, TrusteeIndex,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use sp_runtime::{BoundedVec, DispatchResult};

use crate::mock::*;

/// A trustee in one epoch of one election's ceremony.
pub struct Trustee {
    pub seat: Seat,
    pub sealing_key: SealingKey,
    pub package: Package,
    pub polynomial: Option<round1::Secret>,
    pub own_share: Option<round2::Secret>,
    rng: ChaCha20Rng,
}

/// The trustees who take part in the current epoch.
pub fn participants(election: ElectionId) -> Vec<Trustee> {
    let status = KeyCeremony::status(election).expect("the ceremony exists");
    let count = status.participants.len() as u32;
    let each = status.participants.into_iter();
    each.map(|index| Trustee::new(election, status.epoch, index, count))
        .collect()
}

/// Has everybody do their part until the ceremony reaches this stage.
pub fn honest_until(election: ElectionId, goal: Stage) -> Vec<Trustee> {
    let mut trustees = participants(election);
    go_on(election, &mut trustees, goal);
    trustees
}

/// Has everybody do their part, from where the ceremony stands until it reaches this stage.
pub fn go_on(election: ElectionId, trustees: &mut [Trustee], goal: Stage) {
    while stage(election) != goal {
        let stage = stage(election);
        for trustee in trustees.iter_mut() {
            assert_ok!(trustee.act(stage));
        }
    }
}

pub fn stage(election: ElectionId) -> Stage {
    KeyCeremony::status(election)
        .expect("the ceremony exists")
        .stage
}

/// What is on chain: the packages of all participants.
pub fn packages(election: ElectionId) -> Vec<(u32, Package)> {
    let ceremony = KeyCeremony::ceremony(election).expect("the ceremony exists");
    let packages = ceremony.contributions.into_iter();
    packages
        .map(|(index, contribution)| {
            (
                index.get().into(),
                contribution.package.expect("all have revealed"),
            )
        })
        .collect()
}

fn borrowed(packages: &[(u32, Package)]) -> Vec<(u32, &Package)> {
    packages
        .iter()
        .map(|(index, package)| (*index, package))
        .collect()
}

impl Trustee {
    pub fn new(election: ElectionId, epoch: u32, index: TrusteeIndex, participants: u32) -> Self {
        let terms = Elections::terms(election).expect("the election exists");
        let context = Elections::context(election, &terms);
        let seed = u64::from(election.get()) << 16 | u64::from(epoch) << 8 | u64::from(index.get());
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let seat = Seat {
            context,
            epoch,
            trustee: index.get().into(),
        };
        let (polynomial, package) = seat
            .commit(participants, terms.threshold.into(), &mut rng)
            .expect("the numbers are possible");
        Self {
            seat,
            sealing_key: SealingKey::generate(&mut rng),
            package,
            polynomial: Some(polynomial),
            own_share: None,
            rng,
        }
    }

    pub fn index(&self) -> TrusteeIndex {
        TrusteeIndex(self.seat.trustee as u8)
    }

    pub fn election(&self) -> ElectionId {
        ElectionId(self.seat.context.election)
    }

    pub fn origin(&self) -> RuntimeOrigin {
        RawOrigin::Signed(sample::trustee(self.index().get())).into()
    }

    /// Does what an honest trustee does in this stage.
    pub fn act(&mut self, stage: Stage) -> DispatchResult {
        match stage {
            Stage::Registering => self.register(self.sealing_key.public_key()),
            Stage::Committing => self.commit(self.commitment()),
            Stage::Revealing => self.reveal(self.package.clone()),
            Stage::Dealing => {
                let deal = self.make_deal();
                self.deal(deal)
            }
            Stage::Confirming => {
                let key = *self.finish().election_key();
                self.confirm(key)
            }
            Stage::Complete => Ok(()),
        }
    }

    pub fn register(&self, key: [u8; 32]) -> DispatchResult {
        KeyCeremony::register(self.origin(), self.election(), self.seat.epoch, key)
    }

    pub fn commit(&self, commitment: Hash) -> DispatchResult {
        KeyCeremony::commit(self.origin(), self.election(), self.seat.epoch, commitment)
    }

    pub fn reveal(&self, package: Package) -> DispatchResult {
        KeyCeremony::reveal(self.origin(), self.election(), self.seat.epoch, package)
            .map(|_| ())
            .map_err(|failed| failed.error)
    }

    pub fn deal(&self, deal: Deal) -> DispatchResult {
        KeyCeremony::deal(self.origin(), self.election(), self.seat.epoch, deal)
    }

    pub fn confirm(&self, key: EncodedPoint) -> DispatchResult {
        KeyCeremony::confirm(self.origin(), self.election(), self.seat.epoch, key)
    }

    pub fn complain(&self, dealer: TrusteeIndex, disclosed: [u8; 32]) -> DispatchResult {
        KeyCeremony::complain(
            self.origin(),
            self.election(),
            self.seat.epoch,
            dealer,
            disclosed,
        )
    }

    pub fn report_silence(&self) -> DispatchResult {
        KeyCeremony::report_silence(self.origin(), self.election())
    }

    /// The hash of the trustee's own package.
    pub fn commitment(&self) -> Hash {
        self.commitment_to(&self.package)
    }

    /// The hash that the chain expects of this trustee for any package.
    pub fn commitment_to(&self, package: &Package) -> Hash {
        let Seat {
            context,
            epoch,
            trustee,
        } = &self.seat;
        Hash::from(package_commitment(context, *epoch, *trustee, package))
    }

    /// Makes the shares for all others, and seals them.
    pub fn make_deal(&mut self) -> Deal {
        let packages = packages(self.election());
        let polynomial = self.polynomial.take().expect("nobody deals twice");
        let (own_share, shares) = self
            .seat
            .deal(polynomial, &borrowed(&packages))
            .expect("all packages are valid");
        self.own_share = Some(own_share);
        let sealed = shares
            .iter()
            .map(|(recipient, share)| self.seal_to(*recipient, share));
        BoundedVec::truncate_from(sealed.collect())
    }

    /// Seals a share to a trustee.
    pub fn seal_to(&mut self, recipient: u32, share: &SecretShare) -> AddressedShare {
        let index = TrusteeIndex(recipient as u8);
        let key = contribution(self.election(), index)
            .encryption_key
            .expect("it is registered");
        let envelope = Envelope {
            context: &self.seat.context,
            epoch: self.seat.epoch,
            dealer: self.seat.trustee,
            recipient,
            dealer_package: &self.package,
        };
        let sealed = seal(&envelope, &key, share, &mut self.rng).expect("the key is valid");
        AddressedShare {
            recipient: index,
            sealed,
        }
    }

    /// Opens the share that a dealer has dealt to this trustee.
    pub fn open_share_of(&self, dealer: u32) -> Result<SecretShare, SealingError> {
        let dealt = contribution(self.election(), TrusteeIndex(dealer as u8));
        let package = dealt.package.expect("the dealer has revealed");
        let shares = dealt.deal.expect("the dealer has dealt");
        let mine = shares.iter().find(|share| share.recipient == self.index());
        let envelope = Envelope {
            context: &self.seat.context,
            epoch: self.seat.epoch,
            dealer,
            recipient: self.seat.trustee,
            dealer_package: &package,
        };
        open(
            &envelope,
            &self.sealing_key,
            &mine.expect("it has dealt to all").sealed,
        )
    }

    /// Checks and adds up all shares.
    pub fn finish(&self) -> TrusteeKey {
        let packages = packages(self.election());
        let dealers = packages.iter().map(|(dealer, _)| *dealer);
        let shares: Vec<_> = dealers
            .filter(|dealer| *dealer != self.seat.trustee)
            .map(|dealer| {
                (
                    dealer,
                    self.open_share_of(dealer).expect("the share is right"),
                )
            })
            .collect();
        let own_share = self.own_share.as_ref().expect("it has dealt");
        self.seat
            .finish(own_share, &borrowed(&packages), &shares)
            .expect("all shares are right")
    }
}

fn contribution(election: ElectionId, trustee: TrusteeIndex) -> Contribution {
    KeyCeremony::contribution(election, trustee)
}
