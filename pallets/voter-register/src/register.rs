//! The voters' records and their counts.
//!
//! A call is checked as a whole before anything of it is written, and by the functions that the pool
//! asks, too: what cannot be carried out is not even admitted (PSE-EXT-2).

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use core::marker::PhantomData;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::ensure;
use pallet_elections::{event_topic, Pallet as Elections, Terms};
use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_BALLOTS_PER_DISTRICT, MAX_REGISTRARS},
    register::{Participation, Support, VoterRecord},
    AccountId, DistrictId, ElectionId, Phase, RegistrarIndex, VoterNumber,
};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    supports::Supports, voter_topic, Call, Config, Dissents, DistrictCounts, Error, Event, Pallet,
    Voters,
};

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
    const fn bit(&self) -> u8 {
        self.registrar.bit()
    }

    /// Whether so many registrars are a quorum.
    fn is_quorum(&self, registrars: u8) -> bool {
        registrars.count_ones() >= u32::from(self.terms.quorum)
    }
}

/// A voter's record as it is, and as a call will leave it.
struct Change {
    voter: VoterNumber,
    before: VoterRecord,
    after: VoterRecord,
    /// The dissents that the call will leave, if it can change them.
    dissents: Option<Vec<Support>>,
}

impl Change {
    /// Whether the voter takes part from now on.
    const fn joins(&self) -> bool {
        self.after.participating && !self.before.participating
    }
}

/// A call that every check has let through: who records, and what it comes to, in the list's order. No
/// voter stands in it twice.
struct Draft {
    recorder: Recorder,
    changes: Vec<Change>,
}

/// What the districts have room for: so many voters take part in one as a tally can count.
struct Room<T> {
    election: ElectionId,
    taking_part: BTreeMap<DistrictId, u32>,
    _chain: PhantomData<T>,
}

impl<T: Config> Room<T> {
    const fn new(election: ElectionId) -> Self {
        Self {
            election,
            taking_part: BTreeMap::new(),
            _chain: PhantomData,
        }
    }

    /// Takes a place for a voter who joins, in the district that this is to be in.
    fn take(&mut self, change: &Change) -> Result<(), Error<T>> {
        if !change.joins() {
            return Ok(());
        }
        let district = change.after.district;
        let taking_part = self
            .taking_part
            .entry(district)
            .or_insert_with(|| Pallet::<T>::counts(self.election, district).participating);
        ensure!(
            *taking_part < MAX_BALLOTS_PER_DISTRICT,
            Error::<T>::DistrictFull
        );
        *taking_part = taking_part.saturating_add(1);
        Ok(())
    }
}

impl<T: Config> Pallet<T> {
    /// What the register knows of a voter number.
    pub fn voter(election: ElectionId, voter: VoterNumber) -> Option<VoterRecord> {
        Voters::<T>::get(election, voter)
    }

    /// Which other districts registrars have named for a voter number, and who (PSE-REG-7).
    pub fn dissents(
        election: ElectionId,
        voter: VoterNumber,
    ) -> BoundedVec<Support, ConstU32<MAX_REGISTRARS>> {
        Dissents::<T>::get(election, voter)
    }

    /// How many voters of the district take part, and to how many a credential was issued.
    pub fn counts(election: ElectionId, district: DistrictId) -> Counts {
        DistrictCounts::<T>::get(election, district)
    }

    /// To how many voters of the district a credential was issued: so many accounts may vote there.
    pub fn issued(election: ElectionId, district: DistrictId) -> u32 {
        Self::counts(election, district).issued
    }

    /// Whether the call could be carried out on the state as it stands. Nothing is written (PSE-EXT-2).
    pub(crate) fn check(call: &Call<T>, who: &AccountId) -> Result<(), Error<T>> {
        match call {
            Call::participate { election, voters } => {
                Self::draft_participation(who, *election, voters)?;
            }
            Call::withdraw { election, voter } => {
                Self::draft_withdrawal(who, *election, *voter)?;
            }
            Call::issue { election, voters } => {
                Self::draft_issue(who, *election, voters)?;
            }
            Call::__Ignore(_, never) => match *never {},
        }
        Ok(())
    }

    /// Records that voters take part (PSE-REG-2).
    pub(crate) fn record_participation(
        who: &AccountId,
        election: ElectionId,
        voters: &[Participation],
    ) -> Result<(), Error<T>> {
        let Draft { recorder, changes } = Self::draft_participation(who, election, voters)?;
        for change in &changes {
            Self::store(election, change);
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
        let Draft { recorder, changes } = Self::draft_withdrawal(who, election, voter)?;
        let registrar = recorder.registrar;
        Self::announce(
            voter_topic(election, voter),
            Event::WithdrawalRecorded {
                election,
                registrar,
                voter,
            },
        );
        for change in &changes {
            Self::store(election, change);
        }
        Ok(())
    }

    /// Records that a registrar is about to sign credentials (PSE-REG-4).
    pub(crate) fn record_issue(
        who: &AccountId,
        election: ElectionId,
        voters: &[VoterNumber],
    ) -> Result<(), Error<T>> {
        let Draft { recorder, changes } = Self::draft_issue(who, election, voters)?;
        for change in &changes {
            Self::store(election, change);
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

    fn draft_participation(
        who: &AccountId,
        election: ElectionId,
        voters: &[Participation],
    ) -> Result<Draft, Error<T>> {
        let recorder = Self::registering(who, election)?;
        ensure!(!voters.is_empty(), Error::<T>::NoVoters);
        let mut named = BTreeSet::new();
        let mut room = Room::<T>::new(election);
        let mut changes = Vec::with_capacity(voters.len());
        for Participation { voter, district } in voters {
            ensure!(
                Elections::<T>::has_district(election, *district),
                Error::<T>::UnknownDistrict
            );
            // By the end of the list it would be recorded.
            ensure!(named.insert(*voter), Error::<T>::AlreadyRecorded);
            let change = Self::stand_behind(&recorder, *voter, *district)?;
            room.take(&change)?;
            changes.push(change);
        }
        Ok(Draft { recorder, changes })
    }

    fn draft_withdrawal(
        who: &AccountId,
        election: ElectionId,
        voter: VoterNumber,
    ) -> Result<Draft, Error<T>> {
        let recorder = Self::registering(who, election)?;
        let before = Voters::<T>::get(election, voter).ok_or(Error::<T>::UnknownVoter)?;
        let mut supports = Supports::new(&before, Self::dissents(election, voter).into());
        let own = supports.of(recorder.bit()).ok_or(Error::<T>::NotRecorded)?;
        own.registrars &= !recorder.bit();
        let change = Self::settle(&recorder, voter, before, supports)?;
        // Where one quorum has taken the voter out, what another says counts from the next call on.
        Room::<T>::new(election).take(&change)?;
        Ok(Draft {
            recorder,
            changes: Vec::from([change]),
        })
    }

    fn draft_issue(
        who: &AccountId,
        election: ElectionId,
        voters: &[VoterNumber],
    ) -> Result<Draft, Error<T>> {
        let recorder = Self::recorder(who, election)?;
        let phase = Elections::<T>::phase_of(election, &recorder.terms);
        ensure!(phase == Phase::Voting, Error::<T>::NotVoting);
        ensure!(!voters.is_empty(), Error::<T>::NoVoters);
        let mut named = BTreeSet::new();
        let mut changes = Vec::with_capacity(voters.len());
        for voter in voters {
            let change = Self::issue_to(&recorder, *voter)?;
            // By the end of the list it would be issued to.
            ensure!(named.insert(*voter), Error::<T>::AlreadyIssued);
            changes.push(change);
        }
        Ok(Draft { recorder, changes })
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
        voter: VoterNumber,
        district: DistrictId,
    ) -> Result<Change, Error<T>> {
        let before = Voters::<T>::get(recorder.election, voter).unwrap_or(VoterRecord {
            district,
            recorded_by: 0,
            participating: false,
            issued_by: 0,
            issued: false,
            changed: 0,
        });
        let dissents = Self::dissents(recorder.election, voter);
        let mut supports = Supports::new(&before, dissents.into());
        ensure!(
            supports.of(recorder.bit()).is_none(),
            Error::<T>::AlreadyRecorded
        );
        supports.add(recorder.bit(), district);
        Self::settle(recorder, voter, before, supports)
    }

    /// What follows for a voter whose supporters have changed (PSE-REG-1, PSE-REG-7).
    fn settle(
        recorder: &Recorder,
        voter: VoterNumber,
        before: VoterRecord,
        mut supports: Supports,
    ) -> Result<Change, Error<T>> {
        // A voter's district does not change while they take part.
        if !before.participating {
            supports.reorder(|registrars| recorder.is_quorum(registrars));
        }
        supports.drop_abandoned();
        let Supports { first, dissents } = supports;
        let participates = recorder.is_quorum(first.registrars);
        let mut after = VoterRecord {
            district: first.district,
            recorded_by: first.registrars,
            participating: participates,
            ..before
        };
        if participates != before.participating {
            let now = Elections::<T>::now();
            let due = before.changed.saturating_add(CHANGE_INTERVAL);
            ensure!(
                before.changed == 0 || now >= due,
                Error::<T>::ChangedTooRecently
            );
            after.changed = now;
        }
        Ok(Change {
            voter,
            before,
            after,
            dissents: Some(dissents),
        })
    }

    fn issue_to(recorder: &Recorder, voter: VoterNumber) -> Result<Change, Error<T>> {
        let before = Voters::<T>::get(recorder.election, voter).ok_or(Error::<T>::UnknownVoter)?;
        ensure!(before.participating, Error::<T>::NotParticipating);
        ensure!(
            before.issued_by & recorder.bit() == 0,
            Error::<T>::AlreadyIssued
        );
        // A quorum and no more: nothing binds what a voter has different registrars sign, so two voters
        // could make a third credential of what is signed beyond it.
        ensure!(!before.issued, Error::<T>::IssuedByEnough);
        let mut after = before;
        after.issued_by |= recorder.bit();
        after.issued = recorder.is_quorum(after.issued_by);
        Ok(Change {
            voter,
            before,
            after,
            dissents: None,
        })
    }

    /// Stores a record, and what follows from its change.
    fn store(election: ElectionId, change: &Change) {
        let Change {
            voter,
            before,
            after,
            dissents,
        } = change;
        if after.participating != before.participating {
            Self::count_participation(election, *voter, after);
        }
        if after.issued && !before.issued {
            Self::count_issue(election, *voter, after.district);
        }
        // Nothing is known of a voter whom nobody stands behind and who never took part.
        let forgotten = after.recorded_by == 0 && after.changed == 0;
        Voters::<T>::set(election, *voter, (!forgotten).then_some(*after));
        match dissents.as_deref() {
            None => {}
            Some([]) => Dissents::<T>::remove(election, voter),
            // There are no more than registrars, each of whom stands in one.
            Some(dissents) => {
                let dissents = BoundedVec::truncate_from(dissents.to_vec());
                Dissents::<T>::insert(election, voter, dissents);
            }
        }
    }

    fn count_participation(election: ElectionId, voter: VoterNumber, record: &VoterRecord) {
        let district = record.district;
        DistrictCounts::<T>::mutate(election, district, |counts| {
            // That there is room was checked with the list.
            counts.participating = if record.participating {
                counts.participating.saturating_add(1)
            } else {
                counts.participating.saturating_sub(1)
            };
        });
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
    }

    fn count_issue(election: ElectionId, voter: VoterNumber, district: DistrictId) {
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
}
