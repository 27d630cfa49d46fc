//! The voters' records and their counts.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::ensure;
use pallet_elections::{event_topic, Pallet as Elections, Terms};
use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_BALLOTS_PER_DISTRICT},
    register::{Participation, VoterRecord},
    AccountId, DistrictId, ElectionId, Phase, RegistrarIndex, VoterNumber,
};
use scale_info::TypeInfo;

use crate::{voter_topic, Config, DistrictCounts, Error, Event, Pallet, Voters};

/// How many voters of a district take part, and to how many a credential was issued.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Counts {
    /// Voter numbers that take part.
    pub participating: u32,
    /// Voter numbers that a credential was issued to.
    pub issued: u32,
}

/// A registrar who is about to record something in an election.
struct Recorder {
    election: ElectionId,
    terms: Terms,
    registrar: RegistrarIndex,
}

impl Recorder {
    /// The registrar's bit in a [`VoterRecord`].
    fn bit(&self) -> u8 {
        // An election has at most eight registrars.
        1u8.checked_shl(self.registrar.get().into()).unwrap_or(0)
    }

    /// Whether so many registrars are a quorum.
    fn is_quorum(&self, registrars: u8) -> bool {
        registrars.count_ones() >= u32::from(self.terms.quorum)
    }
}

impl<T: Config> Pallet<T> {
    /// What the register knows of a voter number.
    pub fn voter(election: ElectionId, voter: VoterNumber) -> Option<VoterRecord> {
        Voters::<T>::get(election, voter)
    }

    /// How many voters of the district take part, and to how many a credential was issued.
    pub fn counts(election: ElectionId, district: DistrictId) -> Counts {
        DistrictCounts::<T>::get(election, district)
    }

    /// To how many voters of the district a credential was issued: so many accounts may vote there.
    pub fn issued(election: ElectionId, district: DistrictId) -> u32 {
        Self::counts(election, district).issued
    }

    /// Records that voters take part (PSE-REG-2).
    pub(crate) fn record_participation(
        who: &AccountId,
        election: ElectionId,
        voters: &[Participation],
    ) -> Result<(), Error<T>> {
        let recorder = Self::registering(who, election)?;
        ensure!(!voters.is_empty(), Error::<T>::NoVoters);
        for participation in voters {
            Self::stand_behind(&recorder, participation)?;
        }
        let registrar = recorder.registrar;
        let voters = voters.len() as u32;
        Self::announce(
            event_topic(election),
            Event::ParticipationRecorded {
                election,
                registrar,
                voters,
            },
        );
        Ok(())
    }

    /// Records that a voter withdraws (PSE-REG-3).
    pub(crate) fn record_withdrawal(
        who: &AccountId,
        election: ElectionId,
        voter: VoterNumber,
    ) -> Result<(), Error<T>> {
        let recorder = Self::registering(who, election)?;
        let mut record = Voters::<T>::get(election, voter).ok_or(Error::<T>::UnknownVoter)?;
        ensure!(
            record.recorded_by & recorder.bit() != 0,
            Error::<T>::NotRecorded
        );
        record.recorded_by &= !recorder.bit();
        let registrar = recorder.registrar;
        Self::announce(
            voter_topic(election, voter),
            Event::WithdrawalRecorded {
                election,
                registrar,
                voter,
            },
        );
        Self::settle_participation(&recorder, voter, record)
    }

    /// Records that a registrar is about to sign credentials (PSE-REG-4).
    pub(crate) fn record_issue(
        who: &AccountId,
        election: ElectionId,
        voters: &[VoterNumber],
    ) -> Result<(), Error<T>> {
        let recorder = Self::recorder(who, election)?;
        let phase = Elections::<T>::phase_of(election, &recorder.terms);
        ensure!(phase == Phase::Voting, Error::<T>::NotVoting);
        ensure!(!voters.is_empty(), Error::<T>::NoVoters);
        for voter in voters {
            Self::issue_to(&recorder, *voter)?;
        }
        let registrar = recorder.registrar;
        let voters = voters.len() as u32;
        Self::announce(
            event_topic(election),
            Event::IssueRecorded {
                election,
                registrar,
                voters,
            },
        );
        Ok(())
    }

    fn recorder(who: &AccountId, election: ElectionId) -> Result<Recorder, Error<T>> {
        let terms = Elections::<T>::terms(election).ok_or(Error::<T>::UnknownElection)?;
        let registrar = terms
            .registrar_index(who)
            .ok_or(Error::<T>::NotARegistrar)?;
        Ok(Recorder {
            election,
            terms,
            registrar,
        })
    }

    fn registering(who: &AccountId, election: ElectionId) -> Result<Recorder, Error<T>> {
        let recorder = Self::recorder(who, election)?;
        let phase = Elections::<T>::phase_of(election, &recorder.terms);
        let open = phase == Phase::Registration
            && recorder.terms.registration.contains(Elections::<T>::now());
        ensure!(open, Error::<T>::NotRegistering);
        Ok(recorder)
    }

    fn stand_behind(
        recorder: &Recorder,
        Participation { voter, district }: &Participation,
    ) -> Result<(), Error<T>> {
        let election = recorder.election;
        ensure!(
            Elections::<T>::has_district(election, *district),
            Error::<T>::UnknownDistrict
        );
        let mut record = Voters::<T>::get(election, voter).unwrap_or(VoterRecord {
            district: *district,
            recorded_by: 0,
            participating: false,
            issued_by: 0,
            issued: false,
            changed: 0,
        });
        ensure!(
            record.recorded_by & recorder.bit() == 0,
            Error::<T>::AlreadyRecorded
        );
        let free = record.recorded_by == 0;
        ensure!(
            free || record.district == *district,
            Error::<T>::OtherDistrict
        );
        record.district = *district;
        record.recorded_by |= recorder.bit();
        Self::settle_participation(recorder, *voter, record)
    }

    /// Stores a record whose supporters have changed, and what follows from that (PSE-REG-1).
    fn settle_participation(
        recorder: &Recorder,
        voter: VoterNumber,
        mut record: VoterRecord,
    ) -> Result<(), Error<T>> {
        let participates = recorder.is_quorum(record.recorded_by);
        if participates != record.participating {
            let now = Elections::<T>::now();
            let due = record.changed.saturating_add(CHANGE_INTERVAL);
            ensure!(
                record.changed == 0 || now >= due,
                Error::<T>::ChangedTooRecently
            );
            record.participating = participates;
            record.changed = now;
            Self::count_participation(recorder.election, voter, &record)?;
        }
        // Nothing is known of a voter whom nobody stands behind and who never took part.
        let forgotten = record.recorded_by == 0 && record.changed == 0;
        Voters::<T>::set(recorder.election, voter, (!forgotten).then_some(record));
        Ok(())
    }

    fn count_participation(
        election: ElectionId,
        voter: VoterNumber,
        record: &VoterRecord,
    ) -> Result<(), Error<T>> {
        let district = record.district;
        DistrictCounts::<T>::try_mutate(election, district, |counts| {
            counts.participating = if record.participating {
                ensure!(
                    counts.participating < MAX_BALLOTS_PER_DISTRICT,
                    Error::<T>::DistrictFull
                );
                counts.participating.saturating_add(1)
            } else {
                counts.participating.saturating_sub(1)
            };
            Ok(())
        })?;
        let event = if record.participating {
            Event::Participating {
                election,
                voter,
                district,
            }
        } else {
            Event::Withdrawn {
                election,
                voter,
                district,
            }
        };
        Self::announce(voter_topic(election, voter), event);
        Ok(())
    }

    fn issue_to(recorder: &Recorder, voter: VoterNumber) -> Result<(), Error<T>> {
        let election = recorder.election;
        let mut record = Voters::<T>::get(election, voter).ok_or(Error::<T>::UnknownVoter)?;
        ensure!(record.participating, Error::<T>::NotParticipating);
        ensure!(
            record.issued_by & recorder.bit() == 0,
            Error::<T>::AlreadyIssued
        );
        record.issued_by |= recorder.bit();
        // Two credentials take twice a quorum, as no registrar signs for a voter twice.
        let two_credentials = u32::from(recorder.terms.quorum).saturating_mul(2);
        ensure!(
            record.issued_by.count_ones() < two_credentials,
            Error::<T>::IssuedByEnough
        );
        if !record.issued && recorder.is_quorum(record.issued_by) {
            record.issued = true;
            let district = record.district;
            DistrictCounts::<T>::mutate(election, district, |counts| {
                // At most as many as take part, which is bounded.
                counts.issued = counts.issued.saturating_add(1);
            });
            Self::announce(
                voter_topic(election, voter),
                Event::Issued {
                    election,
                    voter,
                    district,
                },
            );
        }
        Voters::<T>::insert(election, voter, record);
        Ok(())
    }
}
