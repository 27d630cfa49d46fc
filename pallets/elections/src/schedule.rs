//! The clock: the agenda of opening and closing blocks, phases, and how elections end.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    ensure,
    traits::{Defensive, Get},
    weights::Weight,
};
use psephos_primitives::{
    limits::MAX_ELECTIONS_PER_BLOCK, phase::CancelReason, BlockRange, ElectionId, Hash, Phase,
};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    weights, Closings, Config, Endings, Error, Event, OnCancelled, OnClosing, OpenElections,
    Openings, Pallet, ReadyToOpen, Terms,
};

/// The elections that open, or close, in one block.
pub type Agenda = BoundedVec<ElectionId, ConstU32<MAX_ELECTIONS_PER_BLOCK>>;

/// How an election ended.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Ending {
    /// With a result.
    Published,
    /// Without one.
    Cancelled(CancelReason),
}

impl<T: Config> Pallet<T> {
    /// Where the election stands (PSE-ELE-4); nothing if there is no such election.
    pub fn phase(election: ElectionId) -> Option<Phase> {
        Self::terms(election).map(|terms| Self::phase_of(election, &terms))
    }

    /// Where the election with these terms stands (PSE-ELE-4).
    pub fn phase_of(election: ElectionId, terms: &Terms) -> Phase {
        match Self::ending(election) {
            Some(Ending::Published) => Phase::Published,
            Some(Ending::Cancelled(_)) => Phase::Cancelled,
            None if Self::now() < terms.voting.start => Phase::Registration,
            None if Self::now() < terms.voting.end => Phase::Voting,
            None => Phase::Tallying,
        }
    }

    /// How the election ended; nothing while it has not.
    pub fn ending(election: ElectionId) -> Option<Ending> {
        Endings::<T>::get(election)
    }

    /// Whether the election's result is published, or it was cancelled.
    pub fn is_over(election: ElectionId) -> bool {
        Endings::<T>::contains_key(election)
    }

    /// Whether an election has opened and not ended (PSE-VAL-6).
    pub fn any_is_open() -> bool {
        OpenElections::<T>::get() > 0
    }

    /// Ends the election with a result (PSE-ELE-9). Called by the ballot register alone, which has
    /// stored the result.
    pub fn publish(election: ElectionId) -> Result<(), Error<T>> {
        let terms = Self::terms(election).ok_or(Error::<T>::UnknownElection)?;
        let phase = Self::phase_of(election, &terms);
        ensure!(phase == Phase::Tallying, Error::<T>::NotTallying);
        Self::end(election, &terms, Ending::Published);
        OpenElections::<T>::mutate(|open| *open = open.saturating_sub(1));
        Self::announce(election, Event::Published { election });
        Ok(())
    }

    /// Ends the election without a result (PSE-ELE-9).
    pub fn cancel_because(election: ElectionId, reason: CancelReason) -> Result<(), Error<T>> {
        let terms = Self::terms(election).ok_or(Error::<T>::UnknownElection)?;
        ensure!(!Self::is_over(election), Error::<T>::ElectionOver);
        // What is not over in or after its opening block has opened.
        if Self::now() >= terms.voting.start {
            OpenElections::<T>::mutate(|open| *open = open.saturating_sub(1));
        }
        Self::take_off_agenda(election, terms.voting);
        Self::end_without_result(election, &terms, reason);
        Ok(())
    }

    fn end_without_result(election: ElectionId, terms: &Terms, reason: CancelReason) {
        Self::end(election, terms, Ending::Cancelled(reason.clone()));
        T::OnCancelled::on_cancelled(election);
        Self::announce(election, Event::Cancelled { election, reason });
    }

    fn end(election: ElectionId, terms: &Terms, ending: Ending) {
        Endings::<T>::insert(election, ending);
        Self::leave_office(terms);
    }

    /// Reserves the opening and the closing block (PSE-ELE-5).
    pub(crate) fn put_on_agenda(election: ElectionId, voting: BlockRange) -> Result<(), Error<T>> {
        let mut opening = Openings::<T>::get(voting.start);
        let mut closing = Closings::<T>::get(voting.end);
        opening
            .try_push(election)
            .map_err(|_| Error::<T>::OpeningBlockFull)?;
        closing
            .try_push(election)
            .map_err(|_| Error::<T>::ClosingBlockFull)?;
        Openings::<T>::insert(voting.start, opening);
        Closings::<T>::insert(voting.end, closing);
        Ok(())
    }

    /// Frees what is still to come, so that another election can have it.
    fn take_off_agenda(election: ElectionId, voting: BlockRange) {
        let without = |listed: &mut Option<Agenda>| {
            let mut left = listed.take().unwrap_or_default();
            left.retain(|other| *other != election);
            *listed = (!left.is_empty()).then_some(left);
        };
        Openings::<T>::mutate_exists(voting.start, without);
        Closings::<T>::mutate_exists(voting.end, without);
    }

    /// Does what the agenda has for this block (PSE-ELE-7, PSE-ELE-8).
    pub(crate) fn keep_agenda() -> Weight {
        let closing = Closings::<T>::take(Self::now());
        let opening = Openings::<T>::take(Self::now());
        let weight = weights::keep_agenda::<T>(opening.len() as u32, closing.len() as u32);
        if !opening.is_empty() {
            let code_hash = T::CodeHash::get();
            for election in opening {
                Self::open(election, code_hash);
            }
        }
        closing
            .into_iter()
            .map(Self::close)
            .fold(weight, Weight::saturating_add)
    }

    /// Opens voting, or cancels an election that would run under another code than it promised, or
    /// has no key (PSE-UPG-3, PSE-ELE-7).
    fn open(election: ElectionId, code_hash: Hash) {
        let Some(terms) = Self::terms(election).defensive_proof("what is on the agenda exists")
        else {
            return;
        };
        if terms.code_hash == code_hash && T::CeremonyGate::ready(election) {
            OpenElections::<T>::mutate(|open| *open = open.saturating_add(1));
            Self::announce(election, Event::Opened { election });
            return;
        }
        let reason = if terms.code_hash == code_hash {
            CancelReason::CeremonyIncomplete
        } else {
            CancelReason::CodeChanged
        };
        Self::take_off_agenda(election, terms.voting);
        Self::end_without_result(election, &terms, reason);
    }

    /// Closes voting and lets the ballot register freeze its sums (PSE-ELE-8).
    fn close(election: ElectionId) -> Weight {
        Self::announce(election, Event::Closed { election });
        T::ClosingHook::on_closing(election)
    }
}
