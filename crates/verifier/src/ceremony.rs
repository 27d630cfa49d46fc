//! The key ceremony, followed message by message (PSE-AUD-12).

use std::collections::BTreeMap;

use psephos_crypto::{
    group::EncodedPoint,
    key_ceremony::{combine, package_commitment, verify_package, Package},
    sealing::{judge_complaint, validate_public_key, Envelope, Verdict},
    transcript::Context,
};
use psephos_primitives::{
    ceremony::{AddressedShare, Contribution, ElectionKeys, Fault, Stage, VerificationShare},
    wire::KeyCeremonyCall,
    BlockNumber, Manifest, TrusteeIndex,
};
use sp_runtime::BoundedVec;

/// A ceremony that every message was checked of.
#[derive(Clone)]
pub(crate) struct Ceremony {
    epoch: u32,
    stage: Stage,
    deadline: BlockNumber,
    contributions: BTreeMap<TrusteeIndex, Contribution>,
    keys: Option<ElectionKeys>,
}

/// A call that the rules make fail: it has no effect.
pub(crate) struct Ineffective;

/// What a message led to.
#[derive(Default)]
pub(crate) struct Consequences {
    /// Trustees that the ceremony goes on without.
    pub excluded: Vec<(TrusteeIndex, Fault)>,
    /// The threshold is out of reach: the election is cancelled.
    pub too_few: bool,
}

/// Under which circumstances a message stands.
pub(crate) struct Circumstances<'a> {
    pub manifest: &'a Manifest,
    pub context: &'a Context,
    pub now: BlockNumber,
}

impl Ceremony {
    /// Begins with the election's creation, with all trustees.
    pub fn new(manifest: &Manifest, now: BlockNumber) -> Self {
        let everybody = (1u8..).map(TrusteeIndex).take(manifest.trustees.len());
        let mut ceremony = Self {
            epoch: 0,
            stage: Stage::Registering,
            deadline: 0,
            contributions: everybody
                .map(|index| (index, Contribution::default()))
                .collect(),
            keys: None,
        };
        ceremony.enter(Stage::Registering, manifest, now);
        ceremony
    }

    /// What it came to, if it is complete.
    pub const fn keys(&self) -> Option<&ElectionKeys> {
        self.keys.as_ref()
    }

    /// How often it began again.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What it waits for.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// What each participant has done in this epoch, by ascending trustee.
    pub fn contributions(&self) -> impl Iterator<Item = (TrusteeIndex, &Contribution)> + '_ {
        self.contributions
            .iter()
            .map(|(trustee, own)| (*trustee, own))
    }

    fn enter(&mut self, stage: Stage, manifest: &Manifest, now: BlockNumber) {
        self.stage = stage;
        self.deadline = now.saturating_add(manifest.ceremony_stage);
    }

    /// Carries out a trustee's message. None comes once voting should have begun: the ceremony is
    /// complete then, or the election cancelled.
    pub fn dispatch(
        &mut self,
        circumstances: &Circumstances<'_>,
        trustee: TrusteeIndex,
        call: &KeyCeremonyCall,
    ) -> Result<Consequences, Ineffective> {
        if !self.contributions.contains_key(&trustee) {
            return Err(Ineffective);
        }
        match call {
            KeyCeremonyCall::ReportSilence { .. } => return self.report_silence(circumstances),
            KeyCeremonyCall::Register {
                epoch,
                encryption_key,
                ..
            } => {
                self.register(
                    self.own(trustee, *epoch, Stage::Registering)?,
                    encryption_key,
                )?;
            }
            KeyCeremonyCall::Commit {
                epoch, commitment, ..
            } => {
                let trustee = self.own(trustee, *epoch, Stage::Committing)?;
                let own = self.contribution(trustee)?;
                set_once(&mut own.commitment, *commitment)?;
            }
            KeyCeremonyCall::Reveal { epoch, package, .. } => {
                let trustee = self.own(trustee, *epoch, Stage::Revealing)?;
                self.reveal(circumstances, trustee, package)?;
            }
            KeyCeremonyCall::Deal { epoch, shares, .. } => {
                let trustee = self.own(trustee, *epoch, Stage::Dealing)?;
                self.check_recipients(trustee, shares)?;
                set_once(&mut self.contribution(trustee)?.deal, shares.clone())?;
            }
            KeyCeremonyCall::Confirm {
                epoch,
                election_key,
                ..
            } => {
                let trustee = self.own(trustee, *epoch, Stage::Confirming)?;
                self.confirm(circumstances, trustee, election_key)?;
            }
            KeyCeremonyCall::Complain {
                epoch,
                dealer,
                disclosed_key,
                ..
            } => {
                let trustee = self.own(trustee, *epoch, Stage::Confirming)?;
                return self.complain(circumstances, trustee, *dealer, disclosed_key);
            }
        }
        self.advance(circumstances);
        Ok(Consequences::default())
    }

    /// The sender, if this is the time for its message.
    fn own(
        &self,
        trustee: TrusteeIndex,
        epoch: u32,
        stage: Stage,
    ) -> Result<TrusteeIndex, Ineffective> {
        let in_turn = epoch == self.epoch && stage == self.stage;
        in_turn.then_some(trustee).ok_or(Ineffective)
    }

    fn contribution(&mut self, trustee: TrusteeIndex) -> Result<&mut Contribution, Ineffective> {
        self.contributions.get_mut(&trustee).ok_or(Ineffective)
    }

    fn register(&mut self, trustee: TrusteeIndex, key: &[u8; 32]) -> Result<(), Ineffective> {
        validate_public_key(key).map_err(|_| Ineffective)?;
        set_once(&mut self.contribution(trustee)?.encryption_key, *key)
    }

    fn reveal(
        &mut self,
        circumstances: &Circumstances<'_>,
        trustee: TrusteeIndex,
        package: &Package,
    ) -> Result<(), Ineffective> {
        let (context, epoch, index) = (circumstances.context, self.epoch, trustee.get().into());
        let threshold = circumstances.manifest.threshold.into();
        let own = self.contribution(trustee)?;
        let hash = package_commitment(context, epoch, index, package);
        if own.commitment.map(|committed| committed.0) != Some(hash) {
            return Err(Ineffective);
        }
        verify_package(context, epoch, index, threshold, package).map_err(|_| Ineffective)?;
        set_once(&mut own.package, package.clone())?;
        // Packages that cancel each other out give no key: then the last one is refused.
        let last = self.contributions.values().all(|own| own.package.is_some());
        if last && self.combined(context).is_none() {
            self.contribution(trustee)?.package = None;
            return Err(Ineffective);
        }
        Ok(())
    }

    /// One share for each of the others, by ascending recipient.
    fn check_recipients(
        &self,
        dealer: TrusteeIndex,
        shares: &[AddressedShare],
    ) -> Result<(), Ineffective> {
        let others = self.contributions.keys().filter(|other| **other != dealer);
        let right = others.eq(shares.iter().map(|share| &share.recipient));
        right.then_some(()).ok_or(Ineffective)
    }

    fn confirm(
        &mut self,
        circumstances: &Circumstances<'_>,
        trustee: TrusteeIndex,
        election_key: &EncodedPoint,
    ) -> Result<(), Ineffective> {
        let keys = self.combined(circumstances.context).ok_or(Ineffective)?;
        let own = self.contribution(trustee)?;
        if keys.election_key != *election_key || own.confirmed {
            return Err(Ineffective);
        }
        own.confirmed = true;
        Ok(())
    }

    /// Judges a complaint; the ceremony begins again without whoever is to blame.
    fn complain(
        &mut self,
        circumstances: &Circumstances<'_>,
        complainer: TrusteeIndex,
        dealer: TrusteeIndex,
        disclosed_key: &[u8; 32],
    ) -> Result<Consequences, Ineffective> {
        let own = self.contributions.get(&complainer).ok_or(Ineffective)?;
        let dealt = self.contributions.get(&dealer).ok_or(Ineffective)?;
        let (Some(registered), Some(package), Some(deal)) =
            (&own.encryption_key, &dealt.package, &dealt.deal)
        else {
            return Err(Ineffective);
        };
        let share = deal
            .iter()
            .find(|s| s.recipient == complainer)
            .ok_or(Ineffective)?;
        if own.confirmed {
            return Err(Ineffective);
        }
        let envelope = Envelope {
            context: circumstances.context,
            epoch: self.epoch,
            dealer: dealer.get().into(),
            recipient: complainer.get().into(),
            dealer_package: package,
        };
        let culprit = match judge_complaint(&envelope, disclosed_key, registered, &share.sealed) {
            Verdict::DealerAtFault => (dealer, Fault::BadShare),
            Verdict::ComplainerAtFault => (complainer, Fault::FalseComplaint),
        };
        Ok(self.restart(circumstances, vec![culprit]))
    }

    /// The ceremony begins again without those who have not done their part in time.
    fn report_silence(
        &mut self,
        circumstances: &Circumstances<'_>,
    ) -> Result<Consequences, Ineffective> {
        if circumstances.now <= self.deadline || self.stage == Stage::Complete {
            return Err(Ineffective);
        }
        let silent = self
            .contributions
            .iter()
            .filter(|(_, contribution)| !has_done(self.stage, contribution))
            .map(|(trustee, _)| (*trustee, Fault::Silent))
            .collect();
        Ok(self.restart(circumstances, silent))
    }

    fn restart(
        &mut self,
        circumstances: &Circumstances<'_>,
        excluded: Vec<(TrusteeIndex, Fault)>,
    ) -> Consequences {
        for (trustee, _) in &excluded {
            self.contributions.remove(trustee);
        }
        let too_few = self.contributions.len() < usize::from(circumstances.manifest.threshold);
        if !too_few {
            self.contributions
                .values_mut()
                .for_each(|own| *own = Contribution::default());
            self.epoch += 1;
            self.enter(
                Stage::Registering,
                circumstances.manifest,
                circumstances.now,
            );
        }
        Consequences { excluded, too_few }
    }

    /// Goes on when every participant has done its part.
    fn advance(&mut self, circumstances: &Circumstances<'_>) {
        if !self
            .contributions
            .values()
            .all(|own| has_done(self.stage, own))
        {
            return;
        }
        let next = match self.stage {
            Stage::Registering => Stage::Committing,
            Stage::Committing => Stage::Revealing,
            Stage::Revealing => Stage::Dealing,
            Stage::Dealing => Stage::Confirming,
            Stage::Confirming => {
                self.keys = self.combined(circumstances.context);
                Stage::Complete
            }
            Stage::Complete => return,
        };
        self.enter(next, circumstances.manifest, circumstances.now);
    }

    /// Adds up the revealed packages: the election key and the verification shares.
    fn combined(&self, context: &Context) -> Option<ElectionKeys> {
        let packages = self
            .contributions
            .iter()
            .map(|(trustee, own)| Some((trustee.get().into(), own.package.as_ref()?)))
            .collect::<Option<Vec<(u32, &Package)>>>()?;
        let combined = combine(context, self.epoch, &packages).ok()?;
        let shares = self.contributions.keys().zip(combined.verification_shares);
        let shares = shares.map(|(trustee, (_, share))| VerificationShare {
            trustee: *trustee,
            share,
        });
        Some(ElectionKeys {
            epoch: self.epoch,
            election_key: combined.election_key,
            verification_shares: BoundedVec::truncate_from(shares.collect()),
        })
    }
}

fn set_once<T>(place: &mut Option<T>, value: T) -> Result<(), Ineffective> {
    if place.is_some() {
        return Err(Ineffective);
    }
    *place = Some(value);
    Ok(())
}

/// Whether a participant has done its part of a stage.
const fn has_done(stage: Stage, own: &Contribution) -> bool {
    match stage {
        Stage::Registering => own.encryption_key.is_some(),
        Stage::Committing => own.commitment.is_some(),
        Stage::Revealing => own.package.is_some(),
        Stage::Dealing => own.deal.is_some(),
        Stage::Confirming => own.confirmed,
        Stage::Complete => true,
    }
}
