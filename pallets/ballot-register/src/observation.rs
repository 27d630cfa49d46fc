//! What an observer asks first, each in one answer (PSE-API-2). Reads only.

use alloc::vec::Vec;
use psephos_primitives::{
    api::IndexedBallot,
    limits::BALLOTS_PER_PAGE,
    observer::{
        Decryption, DecryptionStatistics, DistrictDecryption, EncryptionSettings, InvalidBallots,
        TrusteeDecryption, VotingState,
    },
    register::DistrictCounts,
    tally::{Outcome, ShareStatus},
    DistrictId, ElectionId, Phase,
};

use crate::{tally::DistrictTally, BallotCounts, BallotPages, Config, Pallet, Tallies};

impl<T: Config> Pallet<T> {
    /// What ballots are encrypted to, and what their proofs are bound to.
    pub fn encryption_settings(election: ElectionId) -> Option<EncryptionSettings> {
        let terms = pallet_elections::Pallet::<T>::terms(election)?;
        Some(EncryptionSettings {
            genesis_hash: pallet_elections::Pallet::<T>::genesis_hash(),
            manifest_hash: terms.manifest_hash,
            trustees: terms.trustees.len() as u8,
            threshold: terms.threshold,
            keys: pallet_key_ceremony::Pallet::<T>::keys(election),
        })
    }

    /// Where the election stands, and until when.
    pub fn voting_state(election: ElectionId) -> Option<VotingState> {
        let terms = pallet_elections::Pallet::<T>::terms(election)?;
        let summary = pallet_elections::Pallet::<T>::summary(election)?;
        let next_phase = match summary.phase {
            Phase::Registration => Some(terms.voting.start),
            Phase::Voting => Some(terms.voting.end),
            Phase::Tallying | Phase::Published | Phase::Cancelled => None,
        };
        Some(VotingState {
            block: pallet_elections::Pallet::<T>::now(),
            phase: summary.phase,
            cancelled: summary.cancelled,
            registration: terms.registration,
            voting: terms.voting,
            next_phase,
        })
    }

    /// Voter numbers that take part, in one district or in all.
    pub fn registered_voters(election: ElectionId, district: Option<DistrictId>) -> Option<u32> {
        Self::total(election, district, |counts| counts.participating)
    }

    /// Voter numbers that a credential was issued to, in one district or in all.
    pub fn issued_ballots(election: ElectionId, district: Option<DistrictId>) -> Option<u32> {
        Self::total(election, district, |counts| counts.issued)
    }

    /// Ballots that count, one for each account, in one district or in all.
    pub fn stored_ballots(election: ElectionId, district: Option<DistrictId>) -> Option<u32> {
        Self::total(election, district, |counts| counts.cast)
    }

    fn total(
        election: ElectionId,
        district: Option<DistrictId>,
        figure: impl Fn(&DistrictCounts) -> u32,
    ) -> Option<u32> {
        let counts = Self::counts(election)?;
        let Some(district) = district else {
            return Some(counts.iter().map(figure).fold(0, u32::saturating_add));
        };
        counts
            .iter()
            .find(|counts| counts.district == district)
            .map(figure)
    }

    /// Ballots from a place in the order of acceptance on, at most [`BALLOTS_PER_PAGE`]: fewer do not
    /// mean that there are no more, none does.
    pub fn ballots(election: ElectionId, from: u32) -> Vec<IndexedBallot> {
        let page = BallotPages::<T>::get(election, from / BALLOTS_PER_PAGE);
        page.into_iter()
            .skip((from % BALLOTS_PER_PAGE) as usize)
            .zip(from..)
            .map(|(record, index)| IndexedBallot { index, record })
            .collect()
    }

    /// How far the decryption is.
    pub fn decryption_statistics(election: ElectionId) -> Option<DecryptionStatistics> {
        let terms = pallet_elections::Pallet::<T>::terms(election)?;
        let shares = Self::shares(election).unwrap_or_default();
        let districts = Self::counts(election)?.into_iter();
        let districts = districts.map(|counts| DistrictDecryption {
            district: counts.district,
            ballots: counts.cast,
            decryption: decryption(Tallies::<T>::get(election, counts.district)),
            shares: accepted(shares.iter().filter(|one| one.district == counts.district)),
        });
        let districts = districts.collect();
        let trustees = pallet_key_ceremony::Pallet::<T>::keys(election)
            .filter(|_| !shares.is_empty())
            .map(|keys| keys.verification_shares)
            .unwrap_or_default();
        let trustees = trustees.iter().map(|holder| {
            let own = shares.iter().filter(|one| one.trustee == holder.trustee);
            TrusteeDecryption {
                trustee: holder.trustee,
                accepted: accepted(own.clone()),
                invalid: own.map(|one| one.invalid).fold(0, u32::saturating_add),
            }
        });
        Some(DecryptionStatistics {
            threshold: terms.threshold,
            districts,
            trustees: trustees.collect(),
        })
    }

    /// Ballots on the chain that are in no published count.
    pub fn invalid_ballots(election: ElectionId) -> Option<InvalidBallots> {
        let counts = Self::counts(election)?;
        let stored = counts
            .iter()
            .map(|counts| counts.cast)
            .fold(0, u32::saturating_add);
        let withheld = counts.iter().filter(|counts| {
            let tally = Tallies::<T>::get(election, counts.district);
            decryption(tally) == Decryption::Withheld
        });
        Some(InvalidBallots {
            superseded: BallotCounts::<T>::get(election).saturating_sub(stored),
            withheld: withheld
                .map(|counts| counts.cast)
                .fold(0, u32::saturating_add),
        })
    }
}

fn accepted<'a>(shares: impl Iterator<Item = &'a ShareStatus>) -> u32 {
    shares.filter(|one| one.accepted.is_some()).count() as u32
}

fn decryption(tally: Option<DistrictTally>) -> Decryption {
    match tally {
        None => Decryption::Voting,
        Some(DistrictTally::Pending) => Decryption::Awaiting,
        Some(DistrictTally::Failed(_)) => Decryption::Failed,
        Some(DistrictTally::Settled(result)) => match result.outcome {
            Outcome::Counted(_) => Decryption::Counted,
            Outcome::Withheld => Decryption::Withheld,
        },
    }
}
