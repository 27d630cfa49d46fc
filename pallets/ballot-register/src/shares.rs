//! Trustees' decryption shares of the frozen sums (PSE-TAL-3, PSE-TAL-4).
//!
//! Invalid shares are put on record and named, and stop nobody: any `t` valid ones decrypt, however
//! many bad ones came before.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, weights::Weight};
use pallet_elections::Terms;
use psephos_crypto::{
    decryption::{verify_shares, ShareError},
    group::EncodedPoint,
};
use psephos_primitives::{
    ceremony::ElectionKeys,
    limits::MAX_INVALID_SHARES,
    tally::{DistrictShares, Outcome, ShareStatus},
    AccountId, BlockNumber, DistrictId, ElectionId, Phase, Refusal, TrusteeIndex,
};
use scale_info::TypeInfo;

use crate::{
    tally::DistrictTally, weights, AcceptedShares, Call, Config, Error, Event, Pallet,
    PendingDistricts, ShareRecords, Tallies,
};

/// What came from one trustee for one district.
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
pub struct ShareRecord {
    /// The block in which valid shares came.
    pub accepted: Option<BlockNumber>,
    /// How often shares came that did not verify.
    pub invalid: u32,
}

/// Shares that may be looked at: who sends them, for what.
pub(crate) struct Submission {
    pub election: ElectionId,
    pub district: DistrictId,
    pub trustee: TrusteeIndex,
    pub verification_share: EncodedPoint,
    pub terms: Terms,
    pub keys: ElectionKeys,
}

impl<T: Config> Pallet<T> {
    /// Whether an official's call to this pallet may enter a block. Cheap: no proof is verified.
    pub fn admits(call: &Call<T>, who: &AccountId) -> Result<(), Refusal> {
        match call {
            Call::submit_shares {
                election, district, ..
            } => Self::admits_shares(who, *election, *district),
            // Ballots have their own way in.
            Call::cast { .. } => Err(Refusal::NotAdmitted),
            Call::__Ignore(_, never) => match *never {},
        }
    }

    /// Whether shares of this account for this district may enter a block (PSE-TAL-3).
    pub fn admits_shares(
        who: &AccountId,
        election: ElectionId,
        district: DistrictId,
    ) -> Result<(), Refusal> {
        match Self::check_submission(who, election, district) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.refusal()),
        }
    }

    /// Everything about a submission but its proofs, cheapest first.
    pub(crate) fn check_submission(
        who: &AccountId,
        election: ElectionId,
        district: DistrictId,
    ) -> Result<Submission, Error<T>> {
        let terms = pallet_elections::Pallet::<T>::terms(election).ok_or(Error::UnknownElection)?;
        let trustee = terms.trustee_index(who).ok_or(Error::NotATrustee)?;
        match pallet_elections::Pallet::<T>::phase_of(election, &terms) {
            Phase::Tallying => {}
            Phase::Registration | Phase::Voting => return Err(Error::NotTallying),
            Phase::Published | Phase::Cancelled => return Err(Error::ElectionOver),
        }
        // The pool may look at the closing block's state before the block itself has done its part.
        ensure!(
            PendingDistricts::<T>::contains_key(election),
            Error::NotTallying
        );
        let tally = Tallies::<T>::get(election, district).ok_or(Error::UnknownDistrict)?;
        let record = ShareRecords::<T>::get((election, district, trustee));
        ensure!(record.accepted.is_none(), Error::SharesAlreadyAccepted);
        ensure!(tally == DistrictTally::Pending, Error::NotTallying);
        ensure!(
            record.invalid < MAX_INVALID_SHARES,
            Error::TooManyInvalidShares
        );
        let keys = pallet_key_ceremony::Pallet::<T>::keys(election).ok_or(Error::NotReady)?;
        // A trustee whom the ceremony excluded holds no share of this key.
        let verification_share = keys
            .verification_shares
            .iter()
            .find(|share| share.trustee == trustee)
            .map(|share| share.share)
            .ok_or(Error::NotATrustee)?;
        Ok(Submission {
            election,
            district,
            trustee,
            verification_share,
            terms,
            keys,
        })
    }

    /// Verifies shares and takes them or puts the attempt on record. Comes back with the weight that
    /// it took (PSE-TAL-4).
    pub(crate) fn receive_shares(
        submission: Submission,
        shares: DistrictShares,
    ) -> Result<Weight, Error<T>> {
        let Submission {
            election,
            district,
            trustee,
            ..
        } = submission;
        let sums = Self::flat_sums(election, district)?;
        let verification = verify_shares(
            &pallet_elections::Pallet::<T>::context(election, &submission.terms),
            submission.keys.epoch,
            district.get(),
            u32::from(trustee.get()),
            &submission.verification_share,
            &sums,
            &shares,
        );
        let positions = shares.len() as u32;
        let verified_only = weights::verify_shares::<T>(positions);
        match verification {
            Ok(()) => {}
            Err(ShareError::Count { expected, found }) => {
                Self::reject_shares(election, district, trustee, expected.min(found));
                return Ok(verified_only);
            }
            Err(ShareError::Encoding { position, .. } | ShareError::InvalidProof { position }) => {
                Self::reject_shares(election, district, trustee, position);
                return Ok(verified_only);
            }
            // The chain computed it: this is nobody's fault who can send anything.
            Err(ShareError::VerificationShare(_)) => return Err(Error::InconsistentState),
        }
        Self::accept_shares(election, district, trustee, shares);
        let needed = usize::from(submission.terms.threshold);
        let accepted = Self::accepted_shares(election, district, &submission.keys, needed);
        if accepted.len() < needed {
            return Ok(verified_only);
        }
        let weight = weights::submit_shares::<T>(election, district, positions);
        Self::decrypt(&submission, &sums, &accepted)?;
        Ok(weight)
    }

    fn accept_shares(
        election: ElectionId,
        district: DistrictId,
        trustee: TrusteeIndex,
        shares: DistrictShares,
    ) {
        ShareRecords::<T>::mutate((election, district, trustee), |record| {
            record.accepted = Some(pallet_elections::Pallet::<T>::now());
        });
        AcceptedShares::<T>::insert((election, district, trustee), shares);
        Self::deposit_indexed(
            election,
            &[],
            Event::SharesAccepted {
                election,
                district,
                trustee,
            },
        );
    }

    fn reject_shares(
        election: ElectionId,
        district: DistrictId,
        trustee: TrusteeIndex,
        position: u32,
    ) {
        ShareRecords::<T>::mutate((election, district, trustee), |record| {
            record.invalid = record.invalid.saturating_add(1);
        });
        Self::deposit_indexed(
            election,
            &[],
            Event::SharesRejected {
                election,
                district,
                trustee,
                position,
            },
        );
    }

    /// The valid shares of a district, of `needed` trustees at most.
    fn accepted_shares(
        election: ElectionId,
        district: DistrictId,
        keys: &ElectionKeys,
        needed: usize,
    ) -> Vec<(TrusteeIndex, DistrictShares)> {
        keys.verification_shares
            .iter()
            .filter_map(|share| {
                let shares = AcceptedShares::<T>::get((election, district, share.trustee))?;
                Some((share.trustee, shares))
            })
            .take(needed)
            .collect()
    }

    /// Forgets the shares of a settled district: the bodies of the blocks have them.
    pub(crate) fn forget_shares(election: ElectionId, district: DistrictId, keys: &ElectionKeys) {
        for share in &keys.verification_shares {
            AcceptedShares::<T>::remove((election, district, share.trustee));
        }
    }

    /// Where the shares of every trustee stand, for every district that is, or was, to be decrypted;
    /// none before the closing block.
    pub fn shares(election: ElectionId) -> Option<Vec<ShareStatus>> {
        PendingDistricts::<T>::get(election)?;
        let keys = pallet_key_ceremony::Pallet::<T>::keys(election)?;
        let mut statuses = Vec::new();
        for district in pallet_elections::Pallet::<T>::district_ids(election) {
            if !Tallies::<T>::get(election, district).is_some_and(|tally| needs_shares(&tally)) {
                continue;
            }
            for share in &keys.verification_shares {
                let trustee = share.trustee;
                let record = ShareRecords::<T>::get((election, district, trustee));
                let ShareRecord { accepted, invalid } = record;
                statuses.push(ShareStatus {
                    trustee,
                    district,
                    accepted,
                    invalid,
                });
            }
        }
        Some(statuses)
    }
}

/// Whether a district's outcome depends, or depended, on shares.
pub(crate) fn needs_shares(tally: &DistrictTally) -> bool {
    match tally {
        DistrictTally::Pending | DistrictTally::Failed(_) => true,
        DistrictTally::Settled(result) => match &result.outcome {
            Outcome::Counted(_) => result.ballots > 0,
            Outcome::Withheld => false,
        },
    }
}
