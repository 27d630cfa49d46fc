//! The read interface: a runtime API, which a light client can call; the node mirrors it as
//! `election_*` RPC (PSE-API-1).

use alloc::vec::Vec;
use codec::{Decode, Encode};
use psephos_crypto::elgamal::Ciphertext;
use scale_info::TypeInfo;
use serde::Serialize;

use crate::{
    ballot::BallotRecord,
    ceremony::Ceremony,
    identifiers::{AccountId, BlockNumber, DistrictId, ElectionId, Hash, VoterNumber},
    manifest::Manifest,
    observer::{
        BallotConfiguration, DecryptionStatistics, EncryptionSettings, InvalidBallots, VotingState,
    },
    phase::{CancelReason, Phase},
    register::{DistrictCounts, Support, VoterRecord},
    tally::{ElectionResult, ShareStatus},
};

/// An election in one line.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct ElectionSummary {
    /// Its number.
    pub election: ElectionId,
    /// The hash of its manifest.
    pub manifest_hash: Hash,
    /// The block it was created in.
    pub created: BlockNumber,
    /// Where it stands.
    pub phase: Phase,
    /// Why it was cancelled, if it was.
    pub cancelled: Option<CancelReason>,
}

/// A ballot's record and its place in the order of acceptance.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize)]
pub struct IndexedBallot {
    /// Counted from 0 within the election.
    pub index: u32,
    /// The record.
    pub record: BallotRecord,
}

/// The frozen, or running, sums of one district: one list for each contest, in the manifest's order.
pub type DistrictSums = Vec<Vec<Ciphertext>>;

sp_api::decl_runtime_apis! {
    /// Everything about elections that anybody may want to read.
    pub trait ElectionApi {
        /// All elections, oldest first, from number `from` on, at most 100.
        fn elections(from: ElectionId) -> Vec<ElectionSummary>;
        /// One election in one line.
        fn summary(election: ElectionId) -> Option<ElectionSummary>;
        /// All that was fixed before the first vote.
        fn manifest(election: ElectionId) -> Option<Manifest>;
        /// Where the election stands.
        fn phase(election: ElectionId) -> Option<Phase>;
        /// Participating, issued and cast in each district, in the manifest's order.
        fn counts(election: ElectionId) -> Option<Vec<DistrictCounts>>;
        /// What the register knows of a voter number.
        fn voter(election: ElectionId, voter: VoterNumber) -> Option<VoterRecord>;
        /// Which other districts registrars have named for a voter number, and who.
        fn dissents(election: ElectionId, voter: VoterNumber) -> Vec<Support>;
        /// Ballots accepted, superseded ones included.
        fn ballot_count(election: ElectionId) -> u32;
        /// The ballot with this place in the order of acceptance.
        fn ballot_by_index(election: ElectionId, index: u32) -> Option<IndexedBallot>;
        /// All ballots of an account, newest first, at most 100.
        fn ballots_by_account(election: ElectionId, account: AccountId) -> Vec<IndexedBallot>;
        /// The ballot with this tracker.
        fn ballot_by_tracker(election: ElectionId, tracker: Hash) -> Option<IndexedBallot>;
        /// How many ballots this account has cast: the nonce of its next.
        fn ballot_nonce(election: ElectionId, account: AccountId) -> u32;
        /// The state of the key ceremony.
        fn ceremony(election: ElectionId) -> Option<Ceremony>;
        /// The sums of one district.
        fn sums(election: ElectionId, district: DistrictId) -> Option<DistrictSums>;
        /// Every trustee's shares for every district that is to be decrypted.
        fn shares(election: ElectionId) -> Option<Vec<ShareStatus>>;
        /// What the runtime published.
        fn result(election: ElectionId) -> Option<ElectionResult>;
        /// What ballots are encrypted to, and what their proofs are bound to.
        fn encryption_settings(election: ElectionId) -> Option<EncryptionSettings>;
        /// What is voted on, and by which rules.
        fn ballot_configuration(election: ElectionId) -> Option<BallotConfiguration>;
        /// Where the election stands, and until when.
        fn voting_state(election: ElectionId) -> Option<VotingState>;
        /// Voter numbers that take part, in one district or in all.
        fn registered_voters(election: ElectionId, district: Option<DistrictId>) -> Option<u32>;
        /// Voter numbers that a credential was issued to, in one district or in all.
        fn issued_ballots(election: ElectionId, district: Option<DistrictId>) -> Option<u32>;
        /// Ballots that count, one for each account, in one district or in all.
        fn stored_ballots(election: ElectionId, district: Option<DistrictId>) -> Option<u32>;
        /// Ballots from a place in the order of acceptance on, at most 64: fewer do not mean that
        /// there are no more, none does.
        fn ballots(election: ElectionId, from: u32) -> Vec<IndexedBallot>;
        /// How far the decryption is, by district and by trustee.
        fn decryption_statistics(election: ElectionId) -> Option<DecryptionStatistics>;
        /// Ballots on the chain that are in no published count.
        fn invalid_ballots(election: ElectionId) -> Option<InvalidBallots>;
    }
}
