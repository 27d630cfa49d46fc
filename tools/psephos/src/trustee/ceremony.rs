//! What a trustee does in the key ceremony, given what the chain shows (PSE-DKG-1 … PSE-DKG-11).
//!
//! [`next_step`] is a function of the finalised chain and of the trustee's state alone: a tool that
//! was killed anywhere comes to the same step again. What the chain shows is a node's word, which no step
//! that uses a secret relies on before the blocks have confirmed it.

use anyhow::{anyhow, ensure, Context as _};
use psephos_crypto::{
    key_ceremony::{
        combine, package_commitment,
        trustee::{round1, round2, Seat, SecretShare, TrusteeKey},
        Package,
    },
    sealing::{open, seal, Envelope, SealedShare, SealingKey},
};
use psephos_primitives::{
    ceremony::{AddressedShare, Ceremony, Contribution, Deal, Fault, Stage},
    wire::KeyCeremonyCall,
    BlockNumber, ElectionId, Hash, Manifest, TrusteeIndex,
};
use rand_core::OsRng;

use crate::{
    failure::Result,
    trustee::{
        recomputed::Recomputed,
        state::{Epoch, Secret},
    },
};

/// What is to be done now.
#[derive(Debug)]
pub enum Step {
    /// This is due; in words.
    Send(KeyCeremonyCall, &'static str),
    /// Others are due.
    Wait,
    /// A secret is to be used, and the blocks have not confirmed yet what the node says (PSE-DKG-10).
    Recompute,
    /// The ceremony goes on without this trustee.
    Excluded(Fault),
    /// The election key stands, and this trustee holds its share.
    Done,
}

/// A trustee's place in an epoch.
pub fn seat(
    manifest: &Manifest,
    genesis: Hash,
    election: ElectionId,
    epoch: u32,
    trustee: TrusteeIndex,
) -> Seat {
    Seat {
        context: manifest.context(genesis, election),
        epoch,
        trustee: trustee.get().into(),
    }
}

/// The step that is due. What it makes, it puts into `state`, which must be stored before the step
/// is taken. `recomputed` is the ceremony as the final blocks have it, as far as it is known.
pub fn next_step(
    ceremony: &Ceremony,
    seat: &Seat,
    manifest: &Manifest,
    now: BlockNumber,
    recomputed: Option<&Recomputed>,
    state: &mut Epoch,
) -> Result<Step> {
    let status = &ceremony.status;
    let own = TrusteeIndex(u8::try_from(seat.trustee).map_err(anyhow::Error::from)?);
    if let Some(exclusion) = status
        .excluded
        .iter()
        .find(|exclusion| exclusion.trustee == own)
    {
        return Ok(Step::Excluded(exclusion.fault));
    }
    let view = View {
        ceremony,
        seat,
        manifest,
    };
    if view.is_secret_due()? {
        match recomputed.filter(|recomputed| recomputed.covers(status)) {
            Some(recomputed) => recomputed.require_same(ceremony)?,
            None => return Ok(Step::Recompute),
        }
    }
    Ok(view.due(now, state)?)
}

struct View<'a> {
    ceremony: &'a Ceremony,
    seat: &'a Seat,
    manifest: &'a Manifest,
}

impl View<'_> {
    /// Whether the step that is due uses a secret: shares are given away, or a key that opens some is
    /// disclosed, or the trustee's share of the election key is taken for good.
    fn is_secret_due(&self) -> anyhow::Result<bool> {
        let contribution = self.own()?;
        Ok(match self.ceremony.status.stage {
            Stage::Registering | Stage::Committing | Stage::Revealing => false,
            Stage::Dealing => contribution.deal.is_none(),
            Stage::Confirming => !contribution.confirmed,
            Stage::Complete => true,
        })
    }

    fn due(&self, now: BlockNumber, state: &mut Epoch) -> anyhow::Result<Step> {
        let (status, contribution) = (&self.ceremony.status, self.own()?);
        match status.stage {
            Stage::Registering if contribution.encryption_key.is_none() => self.register(state),
            Stage::Committing if contribution.commitment.is_none() => self.commit(state),
            Stage::Revealing if contribution.package.is_none() => self.reveal(state),
            Stage::Dealing if contribution.deal.is_none() => self.deal(state),
            Stage::Confirming if !contribution.confirmed => self.confirm(state),
            Stage::Complete => self.check_key(state),
            _ if now > status.deadline.saturating_add(self.turn()) => Ok(self.report_silence()),
            _ => Ok(Step::Wait),
        }
    }

    fn election(&self) -> ElectionId {
        ElectionId(self.seat.context.election)
    }

    fn send(&self, call: KeyCeremonyCall, what: &'static str) -> anyhow::Result<Step> {
        Ok(Step::Send(call, what))
    }

    fn own(&self) -> anyhow::Result<&Contribution> {
        let contribution = self.contribution(self.seat.trustee);
        contribution.ok_or_else(|| anyhow!("trustee {} takes no part", self.seat.trustee))
    }

    fn contribution(&self, trustee: u32) -> Option<&Contribution> {
        let found = self
            .ceremony
            .contributions
            .iter()
            .find(|(of, _)| u32::from(of.get()) == trustee);
        found.map(|(_, contribution)| contribution)
    }

    /// The first participant reports silence at once, the second a block later, and so on: the
    /// others' reports would fail.
    fn turn(&self) -> BlockNumber {
        let participants = self.ceremony.status.participants.iter();
        participants
            .take_while(|index| u32::from(index.get()) != self.seat.trustee)
            .count() as u32
    }

    fn report_silence(&self) -> Step {
        let call = KeyCeremonyCall::ReportSilence {
            election: self.election(),
        };
        Step::Send(call, "reporting that somebody is silent")
    }

    fn register(&self, state: &mut Epoch) -> anyhow::Result<Step> {
        if state.sealing_key.is_none() {
            let key = SealingKey::generate(&mut OsRng);
            state.sealing_key = Some(Secret(key.to_bytes().to_vec()));
        }
        let encryption_key = sealing_key(state)?.public_key();
        let (election, epoch) = (self.election(), self.seat.epoch);
        self.send(
            KeyCeremonyCall::Register {
                election,
                epoch,
                encryption_key,
            },
            "registering a key that shares can be sealed to",
        )
    }

    fn commit(&self, state: &mut Epoch) -> anyhow::Result<Step> {
        if state.package.is_none() {
            let participants = self.ceremony.status.participants.len() as u32;
            let threshold = self.manifest.threshold.into();
            let (secret, package) = self.seat.commit(participants, threshold, &mut OsRng)?;
            state.round1 = Some(Secret(secret.to_bytes()?.to_vec()));
            state.package = Some(package);
        }
        let Seat {
            context,
            epoch,
            trustee,
        } = *self.seat;
        let commitment = package_commitment(&context, epoch, trustee, own_package(state)?).into();
        self.send(
            KeyCeremonyCall::Commit {
                election: self.election(),
                epoch,
                commitment,
            },
            "committing to a polynomial",
        )
    }

    fn reveal(&self, state: &Epoch) -> anyhow::Result<Step> {
        let Seat {
            context,
            epoch,
            trustee,
        } = *self.seat;
        let package = own_package(state)?.clone();
        let commitment: Hash = package_commitment(&context, epoch, trustee, &package).into();
        ensure!(
            self.own()?.commitment == Some(commitment),
            "the chain holds another commitment than this trustee made: was its state lost?"
        );
        self.send(
            KeyCeremonyCall::Reveal {
                election: self.election(),
                epoch,
                package,
            },
            "revealing the polynomial's commitments",
        )
    }

    fn deal(&self, state: &mut Epoch) -> anyhow::Result<Step> {
        if state.deal.is_none() {
            let secret = state
                .round1
                .as_ref()
                .context("the polynomial is missing in the state")?;
            let secret = round1::Secret::from_bytes(&secret.0)?;
            let (left, shares) = self.seat.deal(secret, &self.packages()?)?;
            let mut deal = Deal::default();
            for (recipient, share) in &shares {
                deal.try_push(self.sealed(state, *recipient, share)?)
                    .map_err(|_| anyhow!("more shares than trustees"))?;
            }
            state.deal = Some(deal);
            state.round2 = Some(Secret(left.to_bytes()?.to_vec()));
            state.round1 = None;
        }
        let shares = state
            .deal
            .clone()
            .context("the shares are missing in the state")?;
        let (election, epoch) = (self.election(), self.seat.epoch);
        self.send(
            KeyCeremonyCall::Deal {
                election,
                epoch,
                shares,
            },
            "dealing sealed shares to the other trustees",
        )
    }

    fn sealed(
        &self,
        state: &Epoch,
        recipient: u32,
        share: &SecretShare,
    ) -> anyhow::Result<AddressedShare> {
        let key = self
            .contribution(recipient)
            .and_then(|contribution| contribution.encryption_key)
            .with_context(|| format!("trustee {recipient} has registered no key"))?;
        let envelope = self.envelope(self.seat.trustee, recipient, own_package(state)?);
        let sealed = seal(&envelope, &key, share, &mut OsRng)
            .with_context(|| format!("the key of trustee {recipient}"))?;
        Ok(AddressedShare {
            recipient: TrusteeIndex(u8::try_from(recipient)?),
            sealed,
        })
    }

    fn confirm(&self, state: &mut Epoch) -> anyhow::Result<Step> {
        let packages = self.packages()?;
        let key = sealing_key(state)?;
        let mut shares = Vec::with_capacity(packages.len());
        for (dealer, package) in &packages {
            if *dealer == self.seat.trustee {
                continue;
            }
            let sealed = self.dealt_by(*dealer)?;
            match open(
                &self.envelope(*dealer, self.seat.trustee, package),
                &key,
                &sealed,
            ) {
                Ok(share) => shares.push((*dealer, share)),
                Err(_) => return self.complain(*dealer, &key),
            }
        }
        let secret = state
            .round2
            .as_ref()
            .context("the own share is missing in the state")?;
        let secret = round2::Secret::from_bytes(&secret.0)?;
        let key = self.seat.finish(&secret, &packages, &shares)?;
        let election_key = *key.election_key();
        state.key = Some(Secret(key.to_bytes().to_vec()));
        let (election, epoch) = (self.election(), self.seat.epoch);
        self.send(
            KeyCeremonyCall::Confirm {
                election,
                epoch,
                election_key,
            },
            "confirming that all shares are right",
        )
    }

    fn complain(&self, dealer: u32, key: &SealingKey) -> anyhow::Result<Step> {
        let call = KeyCeremonyCall::Complain {
            election: self.election(),
            epoch: self.seat.epoch,
            dealer: TrusteeIndex(u8::try_from(dealer)?),
            disclosed_key: *key.to_bytes(),
        };
        self.send(call, "complaining about a wrong share")
    }

    /// The key that the chain computed must be the one that this trustee holds a share of.
    fn check_key(&self, state: &Epoch) -> anyhow::Result<Step> {
        let keys = self
            .ceremony
            .keys
            .as_ref()
            .context("the ceremony has ended without a key")?;
        let secret = state
            .key
            .as_ref()
            .context("the share of the election key is missing")?;
        let key = TrusteeKey::from_bytes(&secret.0)?;
        ensure!(
            (key.epoch(), key.election_key()) == (keys.epoch, &keys.election_key),
            "the chain has another election key than this trustee's"
        );
        let own = keys
            .verification_shares
            .iter()
            .find(|share| u32::from(share.trustee.get()) == self.seat.trustee);
        ensure!(
            own.is_some_and(|own| own.share == key.verification_share()),
            "the chain has another public share of this trustee than it holds"
        );
        let packages = self.packages()?;
        let combined = combine(&self.seat.context, self.seat.epoch, &packages)?;
        ensure!(
            combined.election_key == keys.election_key,
            "the chain's election key is not the sum of the trustees' packages"
        );
        Ok(Step::Done)
    }

    fn packages(&self) -> anyhow::Result<Vec<(u32, &Package)>> {
        let contributions = self.ceremony.contributions.iter();
        contributions
            .map(|(trustee, contribution)| {
                let package = contribution.package.as_ref();
                let trustee = u32::from(trustee.get());
                Ok((
                    trustee,
                    package.with_context(|| format!("trustee {trustee} has no package"))?,
                ))
            })
            .collect()
    }

    fn dealt_by(&self, dealer: u32) -> anyhow::Result<SealedShare> {
        let deal = self
            .contribution(dealer)
            .and_then(|contribution| contribution.deal.as_ref());
        let shares = deal.map(|deal| deal.as_slice()).unwrap_or_default();
        let own = shares
            .iter()
            .find(|share| u32::from(share.recipient.get()) == self.seat.trustee);
        own.map(|share| share.sealed)
            .with_context(|| format!("trustee {dealer} has dealt nothing to this one"))
    }

    fn envelope<'a>(&'a self, dealer: u32, recipient: u32, package: &'a Package) -> Envelope<'a> {
        let Seat { context, epoch, .. } = self.seat;
        Envelope {
            context,
            epoch: *epoch,
            dealer,
            recipient,
            dealer_package: package,
        }
    }
}

fn own_package(state: &Epoch) -> anyhow::Result<&Package> {
    state
        .package
        .as_ref()
        .context("the package is missing in the state: was it lost?")
}

fn sealing_key(state: &Epoch) -> anyhow::Result<SealingKey> {
    let secret = state
        .sealing_key
        .as_ref()
        .context("the sealing key is missing in the state")?;
    let bytes: &[u8; 32] = secret
        .0
        .as_slice()
        .try_into()
        .context("the sealing key is damaged")?;
    Ok(SealingKey::from_bytes(bytes))
}

#[cfg(test)]
mod tests;
