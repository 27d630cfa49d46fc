//! One election, put together from what the blocks say.

use psephos_crypto::{elgamal::ElectionKey, transcript::Context};
use psephos_primitives::{
    phase::CancelReason, tally::ElectionResult, AccountId, BlockNumber, ElectionId, Hash, Manifest,
    Phase,
};

use crate::{
    arrivals::Arrivals,
    ballots::{BallotBox, Judged},
    ceremony::Ceremony,
    register::Register,
    tally::{Material, Tally},
    threads::Threads,
};

/// An election's whole state.
#[derive(Clone)]
pub(crate) struct Election {
    pub id: ElectionId,
    pub manifest: Manifest,
    pub manifest_hash: Hash,
    pub context: Context,
    pub cancelled: Option<CancelReason>,
    pub register: Register,
    pub ceremony: Ceremony,
    pub ballots: BallotBox,
    pub arrivals: Arrivals,
    pub tally: Option<Tally>,
    pub result: Option<ElectionResult>,
    /// The extrinsic whose shares completed the result; none if the closing block itself did.
    pub completed_by: Option<u32>,
    /// The election key, decoded once when voting opens.
    key: Option<ElectionKey>,
}

impl Election {
    pub fn new(id: ElectionId, manifest: Manifest, genesis: Hash, now: BlockNumber) -> Self {
        Self {
            id,
            manifest_hash: manifest.hash(),
            context: manifest.context(genesis, id),
            cancelled: None,
            register: Register::new(&manifest),
            ceremony: Ceremony::new(&manifest, now),
            ballots: BallotBox::new(&manifest),
            arrivals: Arrivals::default(),
            tally: None,
            result: None,
            completed_by: None,
            key: None,
            manifest,
        }
    }

    /// Where the election stands in block `now`.
    pub fn phase(&self, now: BlockNumber) -> Phase {
        if self.cancelled.is_some() {
            Phase::Cancelled
        } else if self.result.is_some() {
            Phase::Published
        } else if now < self.manifest.voting.start {
            Phase::Registration
        } else if now < self.manifest.voting.end {
            Phase::Voting
        } else {
            Phase::Tallying
        }
    }

    /// Ends the election without a result, unless it is over.
    pub fn cancel(&mut self, reason: CancelReason) {
        if self.cancelled.is_none() && self.result.is_none() {
            self.cancelled = Some(reason);
        }
    }

    /// Whether the election has opened and not ended: nothing that it depends on changes (PSE-VAL-6).
    pub fn is_open(&self) -> bool {
        self.key.is_some() && self.cancelled.is_none() && self.result.is_none()
    }

    /// Whether the account is one of its officials', and the election has not ended.
    pub fn has_in_office(&self, account: &AccountId) -> bool {
        self.cancelled.is_none() && self.result.is_none() && has_official(&self.manifest, account)
    }

    /// What happens by itself when a block begins: opening or cancelling, and closing. The chain runs
    /// the code with this hash.
    pub fn begin_block(&mut self, now: BlockNumber, code_hash: Hash) {
        if self.cancelled.is_some() {
            return;
        }
        if now == self.manifest.voting.start {
            if self.manifest.code_hash != code_hash {
                return self.cancel(CancelReason::CodeChanged);
            }
            self.key = self
                .ceremony
                .keys()
                .and_then(|keys| ElectionKey::decode(&keys.election_key).ok());
            if self.key.is_none() {
                self.cancel(CancelReason::CeremonyIncomplete);
            }
        }
        if now == self.manifest.voting.end {
            self.tally = Some(Tally::close(&self.manifest, &self.ballots));
            self.publish(now, None);
        }
    }

    /// Publishes the result once every district is settled, by the shares in `extrinsic` or by the
    /// closing block itself.
    pub fn publish(&mut self, now: BlockNumber, extrinsic: Option<u32>) {
        if self.result.is_some() {
            return;
        }
        self.result = self
            .tally
            .as_ref()
            .and_then(|tally| tally.result(&self.manifest, now));
        if self.result.is_some() {
            self.completed_by = extrinsic;
        }
    }

    /// The tally, and what it needs beside itself; once voting has closed.
    pub fn tallying(&mut self) -> Option<(&mut Tally, Material<'_>)> {
        let Self {
            manifest,
            context,
            ballots,
            ceremony,
            tally,
            ..
        } = self;
        let keys = ceremony.keys()?;
        Some((
            tally.as_mut()?,
            Material {
                manifest,
                context,
                keys,
                ballots,
            },
        ))
    }

    /// Verifies the proofs of waiting ballots together, and says of each what came of it.
    pub fn verify_ballots(&mut self, threads: Threads) -> Vec<Judged> {
        match &self.key {
            Some(key) => {
                self.ballots
                    .verify_waiting(self.manifest.revote, &self.context, key, threads)
            }
            None => Vec::new(),
        }
    }
}

/// Whether the account is a trustee's or a registrar's.
pub(crate) fn has_official(manifest: &Manifest, account: &AccountId) -> bool {
    manifest.trustee_index(account).is_some() || manifest.registrar_index(account).is_some()
}
