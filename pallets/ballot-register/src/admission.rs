//! What is checked before a ballot enters a block, cheapest first (PSE-EXT-4).
//!
//! Everything that can fail fails here. The one function is [`Pallet::admit`]; each check beneath it
//! is a line of the specification and has one or two refusals.

use codec::{Compact, CompactLen, Encode};
use frame_support::ensure;
use pallet_elections::{DistrictTerms, Terms};
use psephos_crypto::{
    ballot::{verify, BallotError, BallotStatement, ContestRule},
    blind_signature::RsaPublicKey,
    elgamal::ElectionKey,
    transcript::Context,
};
use psephos_primitives::{
    limits::{MAX_BALLOTS_PER_ACCOUNT, MAX_BALLOTS_PER_DISTRICT},
    AccountId, Ballot, Credential, DistrictId, ElectionId, Hash, Phase, Refusal, RevotePolicy,
    WellFormedCredential,
};
use sp_runtime::transaction_validity::{
    TransactionLongevity, TransactionPriority, TransactionValidityError, ValidTransaction,
};

use crate::{
    ballot_box::AccountEntry, BallotCounts, ByAccount, ByTracker, CastCounts, Config, Pallet,
};

/// The pool's priority of an account's first ballot. Later ones come after it, each behind the one
/// before: where blocks are full, those who have not voted yet go first, and nobody can crowd
/// others out by voting again and again (PSE-EXT-6).
pub const BALLOT_PRIORITY: TransactionPriority = 1 << 32;

/// First part of the tag that a ballot provides: no two ballots of one account with one nonce stand
/// in the pool together (PSE-EXT-6).
const TAG: &[u8] = b"ballot";

/// What surrounds credential and ballot in a signed extrinsic of version 4, at its longest: length
/// prefix 4, version 1, address 33, signature 66, era 2, nonce 5, call index 2, election 4,
/// district 4 bytes.
const ENVELOPE_BYTES: usize = 4 + 1 + 33 + 66 + 2 + 5 + 2 + 4 + 4;
/// A ciphertext and its selection proof.
const SELECTION_BYTES: usize = 64 + 224;
/// A branch of a sum proof.
const BRANCH_BYTES: usize = 128;
/// A registrar's index and the random prefix of what it signed.
const SIGNATURE_HEAD_BYTES: usize = 1 + 32;

impl<T: Config> Pallet<T> {
    /// Whether a ballot may enter a block: every check of the protocol, in the protocol's order
    /// (PSE-EXT-4). Reads only. `length` is that of the whole extrinsic in bytes.
    ///
    /// What comes back tells the pool how to order the ballot. It is immortal and needs no other
    /// transaction: its nonce is what the account's next must be.
    pub fn admit(
        who: &AccountId,
        nonce: u32,
        election: ElectionId,
        district: DistrictId,
        credential: &Credential,
        ballot: &Ballot,
        length: usize,
    ) -> Result<ValidTransaction, TransactionValidityError> {
        let terms = Self::check_phase(election)?;
        let station = pallet_elections::Pallet::<T>::district(election, district)
            .ok_or(Refusal::UnknownDistrict)?;
        ensure!(length <= longest_cast(&terms, &station), Refusal::TooLong);
        let entry = ByAccount::<T>::get(election, who);
        Self::check_turn(&terms, election, district, who, entry.as_ref(), nonce)?;
        if entry.is_none() {
            Self::check_issued(election, district)?;
        }
        Self::check_tracker(election, ballot.tracker())?;
        let context = pallet_elections::Pallet::<T>::context(election, &terms);
        WellFormedCredential::new(credential, terms.quorum, &station.keys)?
            .verify(&context, district, who)?;
        Self::check_ballot(&context, &station, election, district, who, ballot)?;
        Ok(ValidTransaction {
            priority: BALLOT_PRIORITY.saturating_sub(u64::from(nonce)),
            requires: Default::default(),
            provides: alloc::vec![(TAG, election, who, nonce).encode()],
            longevity: TransactionLongevity::MAX,
            propagate: true,
        })
    }

    /// Ballots come between the opening and the closing block.
    fn check_phase(election: ElectionId) -> Result<Terms, Refusal> {
        let terms =
            pallet_elections::Pallet::<T>::terms(election).ok_or(Refusal::UnknownElection)?;
        match pallet_elections::Pallet::<T>::phase_of(election, &terms) {
            Phase::Voting => Ok(terms),
            Phase::Registration | Phase::Tallying => Err(Refusal::NotVoting),
            Phase::Published | Phase::Cancelled => Err(Refusal::ElectionOver),
        }
    }

    /// The nonce is the number of ballots that the account has cast, and another is allowed.
    fn check_turn(
        terms: &Terms,
        election: ElectionId,
        district: DistrictId,
        who: &AccountId,
        entry: Option<&AccountEntry>,
        nonce: u32,
    ) -> Result<(), Refusal> {
        let Some(entry) = entry else {
            ensure!(nonce == 0, Refusal::NonceAhead);
            return Ok(());
        };
        let latest = Self::record(election, entry.latest).ok_or(Refusal::AlreadyVoted)?;
        // Another account with the same hash has voted: see `ByAccount`.
        ensure!(&latest.account == who, Refusal::AlreadyVoted);
        match terms.revote {
            RevotePolicy::Forbidden => return Err(Refusal::AlreadyVoted),
            RevotePolicy::LastCounts => {}
        }
        ensure!(nonce >= entry.casts, Refusal::OldBallot);
        ensure!(nonce == entry.casts, Refusal::NonceAhead);
        ensure!(
            entry.casts < MAX_BALLOTS_PER_ACCOUNT,
            Refusal::TooManyBallots
        );
        ensure!(latest.district == district, Refusal::OtherDistrict);
        Ok(())
    }

    /// No more accounts vote in a district than credentials were issued there.
    fn check_issued(election: ElectionId, district: DistrictId) -> Result<(), Refusal> {
        let issued = pallet_voter_register::Pallet::<T>::issued(election, district)
            .min(MAX_BALLOTS_PER_DISTRICT);
        ensure!(
            CastCounts::<T>::get(election, district) < issued,
            Refusal::NoIssueLeft
        );
        // Indices are 32 bits wide.
        ensure!(
            BallotCounts::<T>::get(election) < u32::MAX,
            Refusal::NoIssueLeft
        );
        Ok(())
    }

    fn check_tracker(election: ElectionId, tracker: Hash) -> Result<(), Refusal> {
        ensure!(
            !ByTracker::<T>::contains_key(election, tracker),
            Refusal::DuplicateTracker
        );
        Ok(())
    }

    /// Shape, encodings and proofs.
    fn check_ballot(
        context: &Context,
        station: &DistrictTerms,
        election: ElectionId,
        district: DistrictId,
        who: &AccountId,
        ballot: &Ballot,
    ) -> Result<(), Refusal> {
        let keys = pallet_key_ceremony::Pallet::<T>::keys(election).ok_or(Refusal::NotReady)?;
        let key = ElectionKey::decode(&keys.election_key).map_err(|_| Refusal::NotReady)?;
        let statement = BallotStatement {
            context,
            key: &key,
            district: district.get(),
            account: who.as_ref(),
            contests: &station.rules,
        };
        verify(&statement, &ballot.contests).map_err(|error| match error {
            BallotError::ContestCount { .. }
            | BallotError::OptionCount { .. }
            | BallotError::SumBranchCount { .. } => Refusal::BallotShape,
            BallotError::Selection { .. } | BallotError::Sum { .. } => Refusal::BallotEncoding,
            BallotError::SumChallenge { .. } | BallotError::InvalidProof => Refusal::BallotProof,
        })
    }
}

/// Bytes of the longest extrinsic that can cast a ballot of this district (PSE-EXT-5).
pub fn longest_cast(terms: &Terms, station: &DistrictTerms) -> usize {
    let modulus = station
        .keys
        .iter()
        .map(|key: &RsaPublicKey| key.modulus.len())
        .max();
    let modulus = modulus.unwrap_or_default();
    let signature = SIGNATURE_HEAD_BYTES + length_prefix(modulus) + modulus;
    let quorum = usize::from(terms.quorum);
    let contests: usize = station.rules.iter().map(contest_bytes).sum();
    ENVELOPE_BYTES
        + length_prefix(quorum)
        + quorum * signature
        + length_prefix(station.rules.len())
        + contests
}

/// Bytes of one encrypted contest: all of them have the same.
fn contest_bytes(rule: &ContestRule) -> usize {
    let options = usize::from(rule.options);
    let branches = rule.sum_branches().len();
    length_prefix(options)
        + options * SELECTION_BYTES
        + length_prefix(branches)
        + branches * BRANCH_BYTES
}

/// Bytes of the length that SCALE puts in front of a list.
fn length_prefix(length: usize) -> usize {
    Compact::<u32>::compact_len(&(length as u32))
}
