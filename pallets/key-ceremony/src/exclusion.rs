//! Who is excluded: complaints and silence.

use alloc::vec::Vec;

use frame_support::ensure;
use pallet_elections::Pallet as Elections;
use psephos_crypto::{
    key_ceremony::Package,
    sealing::{judge_complaint, Envelope, SealedShare, Verdict},
};
use psephos_primitives::{
    ceremony::{Fault, Stage},
    AccountId, ElectionId, TrusteeIndex,
};

use crate::{ceremony::Participant, Config, Error, Event, Pallet};

/// What a complaint is judged by: all of it was on chain before.
pub(crate) struct Evidence {
    dealer_package: Package,
    sealed: SealedShare,
    registered_key: [u8; 32],
}

impl<T: Config> Pallet<T> {
    /// Judges a complaint and restarts without who is at fault (PSE-CER-8).
    pub(crate) fn judge(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        dealer: TrusteeIndex,
        disclosed_key: &[u8; 32],
    ) -> Result<(), Error<T>> {
        let (participant, evidence) = Self::complainer(who, election, epoch, dealer)?;
        let envelope = Envelope {
            context: &participant.context::<T>(),
            epoch,
            dealer: dealer.get().into(),
            recipient: participant.trustee.get().into(),
            dealer_package: &evidence.dealer_package,
        };
        let verdict = judge_complaint(
            &envelope,
            disclosed_key,
            &evidence.registered_key,
            &evidence.sealed,
        );
        let Participant {
            terms,
            status,
            trustee: complainer,
            ..
        } = participant;
        Self::announce(
            election,
            Event::Complained {
                election,
                epoch,
                complainer,
                dealer,
            },
        );
        let (culprit, fault) = match verdict {
            Verdict::DealerAtFault => (dealer, Fault::BadShare),
            Verdict::ComplainerAtFault => (complainer, Fault::FalseComplaint),
        };
        Self::restart_without(election, &terms, status, &[culprit], fault)
    }

    /// Who may complain about this dealer, and what the complaint is judged by.
    pub(crate) fn complainer(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        dealer: TrusteeIndex,
    ) -> Result<(Participant, Evidence), Error<T>> {
        let participant = Self::actor(who, election, epoch, Stage::Confirming)?;
        let evidence = Self::evidence(&participant, dealer).ok_or(Error::<T>::UnknownDealer)?;
        Ok((participant, evidence))
    }

    /// Restarts without all whom the stage waits for in vain (PSE-CER-9).
    pub(crate) fn exclude_the_silent(
        who: &AccountId,
        election: ElectionId,
    ) -> Result<(), Error<T>> {
        let Participant { terms, status, .. } = Self::reporter(who, election)?;
        let everybody = status.participants.iter().copied();
        let silent: Vec<_> = everybody
            .filter(|each| Self::awaits(election, *each))
            .collect();
        Self::restart_without(election, &terms, status, &silent, Fault::Silent)
    }

    /// Who may report silence: any participant, once the stage's deadline has passed.
    pub(crate) fn reporter(who: &AccountId, election: ElectionId) -> Result<Participant, Error<T>> {
        let participant = Self::participant(who, election)?;
        let status = &participant.status;
        ensure!(status.stage != Stage::Complete, Error::<T>::OtherStage);
        ensure!(
            Elections::<T>::now() > status.deadline,
            Error::<T>::DeadlineNotPassed
        );
        Ok(participant)
    }

    /// The share that `dealer` has dealt to the participant, and what it is judged by.
    fn evidence(participant: &Participant, dealer: TrusteeIndex) -> Option<Evidence> {
        let dealt = Self::contribution(participant.election, dealer);
        let mut shares = dealt.deal?.into_iter();
        let share = shares.find(|share| share.recipient == participant.trustee)?;
        let own = Self::contribution(participant.election, participant.trustee);
        Some(Evidence {
            dealer_package: dealt.package?,
            sealed: share.sealed,
            registered_key: own.encryption_key?,
        })
    }
}
