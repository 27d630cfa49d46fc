//! Where each ceremony stands, what participants have contributed, and the keys.

use alloc::vec::Vec;

use frame_support::ensure;
use pallet_elections::{Pallet as Elections, Terms};
use psephos_crypto::{
    group::EncodedPoint,
    key_ceremony::{combine, package_commitment, verify_package, CeremonyError, Package},
    sealing::validate_public_key,
    transcript::Context,
};
use psephos_primitives::{
    ceremony::{
        Ceremony, CeremonyStatus, Contribution, Deal, ElectionKeys, Exclusion, Fault, Stage,
        VerificationShare,
    },
    phase::CancelReason,
    AccountId, BlockNumber, ElectionId, Hash, Phase, TrusteeIndex,
};
use sp_runtime::BoundedVec;

use crate::{
    Awaited, Call, Candidates, Config, Contributions, Error, Event, Keys, Pallet, Statuses,
    TrusteeSet,
};

/// A trustee who takes part in a ceremony that can still come to an end.
pub(crate) struct Participant {
    pub(crate) election: ElectionId,
    pub(crate) terms: Terms,
    pub(crate) status: CeremonyStatus,
    pub(crate) trustee: TrusteeIndex,
}

impl Participant {
    /// What proofs and envelopes are bound to.
    pub(crate) fn context<T: Config>(&self) -> Context {
        Elections::<T>::context(self.election, &self.terms)
    }

    /// All others, ascending.
    fn others(&self) -> impl Iterator<Item = TrusteeIndex> + '_ {
        let all = self.status.participants.iter().copied();
        all.filter(|other| *other != self.trustee)
    }
}

impl<T: Config> Pallet<T> {
    /// Where the ceremony stands.
    pub fn status(election: ElectionId) -> Option<CeremonyStatus> {
        Statuses::<T>::get(election)
    }

    /// The keys, once the ceremony is complete.
    pub fn keys(election: ElectionId) -> Option<ElectionKeys> {
        Keys::<T>::get(election)
    }

    /// All that the chain knows about the ceremony.
    pub fn ceremony(election: ElectionId) -> Option<Ceremony> {
        let status = Self::status(election)?;
        let contributions = status
            .participants
            .iter()
            .map(|trustee| (*trustee, Self::contribution(election, *trustee)))
            .collect();
        let keys = Self::keys(election);
        Some(Ceremony {
            status,
            contributions,
            keys,
        })
    }

    /// What a participant has done in the current epoch.
    pub(crate) fn contribution(election: ElectionId, trustee: TrusteeIndex) -> Contribution {
        Contributions::<T>::get(election, trustee)
    }

    /// Whether the stage still waits for the trustee.
    pub(crate) fn awaits(election: ElectionId, trustee: TrusteeIndex) -> bool {
        Awaited::<T>::get(election).contains(trustee)
    }

    /// Begins epoch 0 with all trustees (PSE-CER-1).
    pub(crate) fn begin(election: ElectionId, terms: &Terms) {
        let trustees = (1u8..).map(TrusteeIndex).take(terms.trustees.len());
        let status = CeremonyStatus {
            epoch: 0,
            stage: Stage::Registering,
            deadline: deadline::<T>(terms),
            // Nothing is cut off: the terms' own list has the same bound.
            participants: BoundedVec::truncate_from(trustees.collect()),
            excluded: BoundedVec::default(),
        };
        Self::enter(election, status);
    }

    /// Whether the call could be carried out on the state as it stands. Nothing is written (PSE-EXT-2).
    ///
    /// By the functions that the calls themselves begin with; only that the packages add up to a usable
    /// key is found out when the last one is in.
    pub(crate) fn check(call: &Call<T>, who: &AccountId) -> Result<(), Error<T>> {
        match call {
            Call::register {
                election,
                epoch,
                encryption_key,
            } => Self::registrant(who, *election, *epoch, encryption_key).map(drop),
            Call::commit {
                election, epoch, ..
            } => Self::actor(who, *election, *epoch, Stage::Committing).map(drop),
            Call::reveal {
                election,
                epoch,
                package,
            } => Self::revealer(who, *election, *epoch, package).map(drop),
            Call::deal {
                election,
                epoch,
                shares,
            } => Self::dealer(who, *election, *epoch, shares).map(drop),
            Call::confirm {
                election,
                epoch,
                election_key,
            } => Self::confirmer(who, *election, *epoch, *election_key).map(drop),
            Call::complain {
                election,
                epoch,
                dealer,
                ..
            } => Self::complainer(who, *election, *epoch, *dealer).map(drop),
            Call::report_silence { election } => Self::reporter(who, *election).map(drop),
            Call::__Ignore(_, never) => match *never {},
        }
    }

    /// Stores the key that a trustee wants its shares sealed to (PSE-CER-3).
    pub(crate) fn accept_encryption_key(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        encryption_key: [u8; 32],
    ) -> Result<(), Error<T>> {
        let participant = Self::registrant(who, election, epoch, &encryption_key)?;
        Self::contribute(participant, |mine| {
            mine.encryption_key = Some(encryption_key)
        })?;
        Ok(())
    }

    /// Who may register this key.
    fn registrant(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        encryption_key: &[u8; 32],
    ) -> Result<Participant, Error<T>> {
        let participant = Self::actor(who, election, epoch, Stage::Registering)?;
        validate_public_key(encryption_key).map_err(|_| Error::<T>::EncryptionKey)?;
        Ok(participant)
    }

    /// Stores the hash of a package that nobody has seen (PSE-CER-4).
    pub(crate) fn accept_commitment(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        commitment: Hash,
    ) -> Result<(), Error<T>> {
        let participant = Self::actor(who, election, epoch, Stage::Committing)?;
        Self::contribute(participant, |mine| mine.commitment = Some(commitment))?;
        Ok(())
    }

    /// Stores a package (PSE-CER-5). Returns whether it was the last.
    pub(crate) fn accept_package(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        package: Package,
    ) -> Result<bool, Error<T>> {
        let participant = Self::revealer(who, election, epoch, &package)?;
        Self::contribute(participant, |mine| mine.package = Some(package))
    }

    /// Who may reveal this package, which is verified.
    fn revealer(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        package: &Package,
    ) -> Result<Participant, Error<T>> {
        let participant = Self::actor(who, election, epoch, Stage::Revealing)?;
        let context = participant.context::<T>();
        let trustee = u32::from(participant.trustee.get());
        let committed = Self::contribution(election, participant.trustee).commitment;
        let revealed = Hash::from(package_commitment(&context, epoch, trustee, package));
        ensure!(committed == Some(revealed), Error::<T>::OtherPackage);
        let threshold = u32::from(participant.terms.threshold);
        verify_package(&context, epoch, trustee, threshold, package)?;
        Ok(participant)
    }

    /// Stores the sealed shares for all other participants (PSE-CER-6).
    pub(crate) fn accept_deal(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        shares: Deal,
    ) -> Result<(), Error<T>> {
        let participant = Self::dealer(who, election, epoch, &shares)?;
        Self::contribute(participant, |mine| mine.deal = Some(shares))?;
        Ok(())
    }

    /// Who may deal these shares.
    fn dealer(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        shares: &Deal,
    ) -> Result<Participant, Error<T>> {
        let participant = Self::actor(who, election, epoch, Stage::Dealing)?;
        let recipients = shares.iter().map(|share| share.recipient);
        ensure!(recipients.eq(participant.others()), Error::<T>::Recipients);
        Ok(participant)
    }

    /// Takes note that a participant's shares are right (PSE-CER-7).
    pub(crate) fn accept_confirmation(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        election_key: EncodedPoint,
    ) -> Result<(), Error<T>> {
        let participant = Self::confirmer(who, election, epoch, election_key)?;
        Self::contribute(participant, |mine| mine.confirmed = true)?;
        Ok(())
    }

    /// Who may confirm this key.
    fn confirmer(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        election_key: EncodedPoint,
    ) -> Result<Participant, Error<T>> {
        let participant = Self::actor(who, election, epoch, Stage::Confirming)?;
        let derived = Candidates::<T>::get(election).map(|keys| keys.election_key);
        ensure!(derived == Some(election_key), Error::<T>::OtherElectionKey);
        Ok(participant)
    }

    /// The participant with this account, while the ceremony can still come to an end (PSE-CER-2).
    pub(crate) fn participant(
        who: &AccountId,
        election: ElectionId,
    ) -> Result<Participant, Error<T>> {
        let terms = Elections::<T>::terms(election).ok_or(Error::<T>::UnknownElection)?;
        let trustee = terms.trustee_index(who).ok_or(Error::<T>::NotATrustee)?;
        let phase = Elections::<T>::phase_of(election, &terms);
        ensure!(phase == Phase::Registration, Error::<T>::TooLate);
        let status = Self::status(election).ok_or(Error::<T>::UnknownElection)?;
        ensure!(status.participants.contains(&trustee), Error::<T>::Excluded);
        Ok(Participant {
            election,
            terms,
            status,
            trustee,
        })
    }

    /// The participant with this account, if the ceremony waits for its part in this stage of this
    /// epoch (PSE-CER-2).
    pub(crate) fn actor(
        who: &AccountId,
        election: ElectionId,
        epoch: u32,
        stage: Stage,
    ) -> Result<Participant, Error<T>> {
        let participant = Self::participant(who, election)?;
        ensure!(participant.status.epoch == epoch, Error::<T>::OtherEpoch);
        ensure!(participant.status.stage == stage, Error::<T>::OtherStage);
        ensure!(
            Self::awaits(election, participant.trustee),
            Error::<T>::AlreadyDone
        );
        Ok(participant)
    }

    /// Stores a participant's part; with the last one the next stage begins. Returns whether it was.
    fn contribute(
        participant: Participant,
        part: impl FnOnce(&mut Contribution),
    ) -> Result<bool, Error<T>> {
        let Participant {
            election,
            terms,
            status,
            trustee,
        } = participant;
        Contributions::<T>::mutate(election, trustee, part);
        let CeremonyStatus { epoch, stage, .. } = status;
        Self::announce(
            election,
            Event::Contributed {
                election,
                epoch,
                stage,
                trustee,
            },
        );
        let awaited = Awaited::<T>::get(election).without(trustee);
        Awaited::<T>::insert(election, awaited);
        if awaited.is_empty() {
            Self::advance(election, &terms, status)?;
        }
        Ok(awaited.is_empty())
    }

    /// Goes on to the next stage, after the last contribution of this one.
    fn advance(
        election: ElectionId,
        terms: &Terms,
        mut status: CeremonyStatus,
    ) -> Result<(), Error<T>> {
        status.stage = match status.stage {
            Stage::Registering => Stage::Committing,
            Stage::Committing => Stage::Revealing,
            Stage::Revealing => {
                let keys = Self::derive_keys(election, terms, &status)?;
                Candidates::<T>::insert(election, keys);
                Stage::Dealing
            }
            Stage::Dealing => Stage::Confirming,
            Stage::Confirming | Stage::Complete => Stage::Complete,
        };
        status.deadline = deadline::<T>(terms);
        Self::enter(election, status);
        Ok(())
    }

    /// Adds up the packages of all participants (PSE-CER-5).
    pub(crate) fn derive_keys(
        election: ElectionId,
        terms: &Terms,
        status: &CeremonyStatus,
    ) -> Result<ElectionKeys, Error<T>> {
        let packages: Vec<_> = status
            .participants
            .iter()
            .filter_map(|trustee| Some((*trustee, Self::contribution(election, *trustee).package?)))
            .collect();
        let packages: Vec<_> = packages
            .iter()
            .map(|(trustee, package)| (u32::from(trustee.get()), package))
            .collect();
        let context = Elections::<T>::context(election, terms);
        let combined = combine(&context, status.epoch, &packages)?;
        let shares = status
            .participants
            .iter()
            .zip(combined.verification_shares)
            .map(|(trustee, (_, share))| VerificationShare {
                trustee: *trustee,
                share,
            });
        Ok(ElectionKeys {
            epoch: status.epoch,
            election_key: combined.election_key,
            // Nothing is cut off: participants have the same bound.
            verification_shares: BoundedVec::truncate_from(shares.collect()),
        })
    }

    /// Begins again in a new epoch without the culprits, or cancels the election if fewer than the
    /// threshold are left (PSE-CER-10).
    pub(crate) fn restart_without(
        election: ElectionId,
        terms: &Terms,
        mut status: CeremonyStatus,
        culprits: &[TrusteeIndex],
        fault: Fault,
    ) -> Result<(), Error<T>> {
        let epoch = status.epoch;
        for trustee in &status.participants {
            Contributions::<T>::remove(election, trustee);
        }
        Candidates::<T>::remove(election);
        for trustee in culprits.iter().copied() {
            // Nothing is left out: as many exclusions have room as there are trustees.
            let _ = status.excluded.try_push(Exclusion {
                trustee,
                fault,
                epoch,
            });
            status
                .participants
                .retain(|participant| *participant != trustee);
            Self::announce(
                election,
                Event::Excluded {
                    election,
                    epoch,
                    trustee,
                    fault,
                },
            );
        }
        status.epoch = epoch.saturating_add(1);
        status.stage = Stage::Registering;
        status.deadline = deadline::<T>(terms);
        let left = status.participants.len();
        Self::enter(election, status);
        if left < usize::from(terms.threshold) {
            Elections::<T>::cancel_because(election, CancelReason::TooFewTrustees)
                .map_err(|_| Error::<T>::TooLate)?;
        }
        Ok(())
    }

    /// Stores the status at the beginning of a stage, and waits for everybody.
    fn enter(election: ElectionId, status: CeremonyStatus) {
        let CeremonyStatus {
            epoch,
            stage,
            deadline,
            ..
        } = status;
        Self::announce(
            election,
            Event::StageBegan {
                election,
                epoch,
                stage,
                deadline,
            },
        );
        if stage == Stage::Complete {
            Self::complete(election);
        } else {
            Awaited::<T>::insert(election, TrusteeSet::of(&status.participants));
        }
        Statuses::<T>::insert(election, status);
    }

    /// All have confirmed: the keys stand (PSE-CER-7).
    fn complete(election: ElectionId) {
        Awaited::<T>::remove(election);
        if let Some(keys) = Candidates::<T>::take(election) {
            let ElectionKeys {
                epoch,
                election_key,
                ..
            } = keys;
            Keys::<T>::insert(election, keys);
            Self::announce(
                election,
                Event::Completed {
                    election,
                    epoch,
                    election_key,
                },
            );
        }
    }
}

/// The last block in which a stage that begins now waits for everybody.
fn deadline<T: Config>(terms: &Terms) -> BlockNumber {
    Elections::<T>::now().saturating_add(terms.ceremony_stage)
}

impl<T> From<CeremonyError> for Error<T> {
    fn from(error: CeremonyError) -> Self {
        match error {
            CeremonyError::CommitmentCount { .. } => Self::PackageSize,
            CeremonyError::Encoding { .. } => Self::PackageEncoding,
            CeremonyError::ProofOfKnowledge { .. } => Self::ProofOfKnowledge,
            CeremonyError::NoPackages
            | CeremonyError::DuplicateTrustee { .. }
            | CeremonyError::IdentityKey
            | CeremonyError::IdentityVerificationShare { .. } => Self::UnusableKey,
        }
    }
}
