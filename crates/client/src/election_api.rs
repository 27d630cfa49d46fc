//! The runtime API `ElectionApi`, typed (PSE-API-1).

use codec::{Decode, Encode};
use psephos_primitives::{
    api::{DistrictSums, ElectionSummary, IndexedBallot},
    ceremony::Ceremony,
    observer::{
        BallotConfiguration, DecryptionStatistics, EncryptionSettings, InvalidBallots, VotingState,
    },
    register::{DistrictCounts, Support, VoterRecord},
    tally::{ElectionResult, ShareStatus},
    AccountId, DistrictId, ElectionId, Hash, Manifest, Phase, VoterNumber,
};

use crate::{Node, Result};

/// Elections as they stood after one block. Each method mirrors the runtime API's of the same name.
#[derive(Clone, Copy, Debug)]
pub struct ElectionApi<'a> {
    node: &'a Node,
    at: Hash,
}

impl<'a> ElectionApi<'a> {
    pub(crate) const fn new(node: &'a Node, at: Hash) -> Self {
        Self { node, at }
    }

    /// The block whose state is read.
    pub const fn at(&self) -> Hash {
        self.at
    }

    async fn call<T: Decode>(&self, function: &str, arguments: impl Encode) -> Result<T> {
        let function = format!("ElectionApi_{function}");
        self.node
            .runtime_call(&function, &arguments.encode(), self.at)
            .await
    }

    /// All elections, oldest first, from number `from` on, at most 100.
    pub async fn elections(&self, from: ElectionId) -> Result<Vec<ElectionSummary>> {
        self.call("elections", from).await
    }

    /// All elections that are neither published nor cancelled, oldest first.
    pub async fn running(&self) -> Result<Vec<ElectionSummary>> {
        let mut running = Vec::new();
        let mut from = ElectionId(1);
        loop {
            let page = self.elections(from).await?;
            let Some(last) = page.last() else {
                return Ok(running);
            };
            from = ElectionId(last.election.get().saturating_add(1));
            let over = |phase| matches!(phase, Phase::Published | Phase::Cancelled);
            running.extend(page.into_iter().filter(|summary| !over(summary.phase)));
        }
    }

    /// One election in one line.
    pub async fn summary(&self, election: ElectionId) -> Result<Option<ElectionSummary>> {
        self.call("summary", election).await
    }

    /// All that was fixed before the first vote.
    pub async fn manifest(&self, election: ElectionId) -> Result<Option<Manifest>> {
        self.call("manifest", election).await
    }

    /// Where the election stands.
    pub async fn phase(&self, election: ElectionId) -> Result<Option<Phase>> {
        self.call("phase", election).await
    }

    /// Participating, issued and cast in each district.
    pub async fn counts(&self, election: ElectionId) -> Result<Option<Vec<DistrictCounts>>> {
        self.call("counts", election).await
    }

    /// What the register knows of a voter number.
    pub async fn voter(
        &self,
        election: ElectionId,
        voter: VoterNumber,
    ) -> Result<Option<VoterRecord>> {
        self.call("voter", (election, voter)).await
    }

    /// Which other districts registrars have named for a voter number, and who.
    pub async fn dissents(&self, election: ElectionId, voter: VoterNumber) -> Result<Vec<Support>> {
        self.call("dissents", (election, voter)).await
    }

    /// Ballots accepted, superseded ones included.
    pub async fn ballot_count(&self, election: ElectionId) -> Result<u32> {
        self.call("ballot_count", election).await
    }

    /// The ballot with this place in the order of acceptance.
    pub async fn ballot_by_index(
        &self,
        election: ElectionId,
        index: u32,
    ) -> Result<Option<IndexedBallot>> {
        self.call("ballot_by_index", (election, index)).await
    }

    /// All ballots of an account, newest first, at most 100.
    pub async fn ballots_by_account(
        &self,
        election: ElectionId,
        account: &AccountId,
    ) -> Result<Vec<IndexedBallot>> {
        self.call("ballots_by_account", (election, account)).await
    }

    /// The ballot with this tracker.
    pub async fn ballot_by_tracker(
        &self,
        election: ElectionId,
        tracker: Hash,
    ) -> Result<Option<IndexedBallot>> {
        self.call("ballot_by_tracker", (election, tracker)).await
    }

    /// How many ballots this account has cast: the nonce of its next.
    pub async fn ballot_nonce(&self, election: ElectionId, account: &AccountId) -> Result<u32> {
        self.call("ballot_nonce", (election, account)).await
    }

    /// The state of the key ceremony.
    pub async fn ceremony(&self, election: ElectionId) -> Result<Option<Ceremony>> {
        self.call("ceremony", election).await
    }

    /// The sums of one district.
    pub async fn sums(
        &self,
        election: ElectionId,
        district: DistrictId,
    ) -> Result<Option<DistrictSums>> {
        self.call("sums", (election, district)).await
    }

    /// Every trustee's shares for every district that is to be decrypted.
    pub async fn shares(&self, election: ElectionId) -> Result<Option<Vec<ShareStatus>>> {
        self.call("shares", election).await
    }

    /// What the runtime published.
    pub async fn result(&self, election: ElectionId) -> Result<Option<ElectionResult>> {
        self.call("result", election).await
    }

    /// What ballots are encrypted to, and what their proofs are bound to.
    pub async fn encryption_settings(
        &self,
        election: ElectionId,
    ) -> Result<Option<EncryptionSettings>> {
        self.call("encryption_settings", election).await
    }

    /// What is voted on, and by which rules.
    pub async fn ballot_configuration(
        &self,
        election: ElectionId,
    ) -> Result<Option<BallotConfiguration>> {
        self.call("ballot_configuration", election).await
    }

    /// Where the election stands, and until when.
    pub async fn voting_state(&self, election: ElectionId) -> Result<Option<VotingState>> {
        self.call("voting_state", election).await
    }

    /// Voter numbers that take part, in one district or in all.
    pub async fn registered_voters(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
    ) -> Result<Option<u32>> {
        self.call("registered_voters", (election, district)).await
    }

    /// Voter numbers that a credential was issued to, in one district or in all.
    pub async fn issued_ballots(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
    ) -> Result<Option<u32>> {
        self.call("issued_ballots", (election, district)).await
    }

    /// Ballots that count, one for each account, in one district or in all.
    pub async fn stored_ballots(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
    ) -> Result<Option<u32>> {
        self.call("stored_ballots", (election, district)).await
    }

    /// Ballots from a place in the order of acceptance on, at most 64; none if there are no more.
    pub async fn ballots(&self, election: ElectionId, from: u32) -> Result<Vec<IndexedBallot>> {
        self.call("ballots", (election, from)).await
    }

    /// How far the decryption is, by district and by trustee.
    pub async fn decryption_statistics(
        &self,
        election: ElectionId,
    ) -> Result<Option<DecryptionStatistics>> {
        self.call("decryption_statistics", election).await
    }

    /// Ballots on the chain that are in no published count.
    pub async fn invalid_ballots(&self, election: ElectionId) -> Result<Option<InvalidBallots>> {
        self.call("invalid_ballots", election).await
    }
}
