//! `election_*`: the runtime API as JSON, for those who have a socket and nothing else (PSE-API-1).
//!
//! Bytes are hexadecimal with `0x`; `at` is a block's hash, and the best block where it is left out.

use std::sync::Arc;

use codec::Encode;
use jsonrpsee::{
    core::{async_trait, RpcResult},
    proc_macros::rpc,
    types::ErrorObjectOwned,
};
use psephos_primitives::{
    api::{DistrictSums, ElectionApi, ElectionSummary, IndexedBallot},
    ceremony::{Ceremony, Contribution, ElectionKeys},
    register::{DistrictCounts, Support, VoterRecord},
    tally::{ElectionResult, ShareStatus},
    AccountId, DistrictId, ElectionId, Hash, Manifest, Phase, Refusal, VoterNumber,
};
use serde_json::{json, Value};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;

use crate::components::Client;

/// The runtime did not answer: the block is unknown, or its state is pruned.
const RUNTIME_ERROR: i32 = 9_001;

/// Everything about elections that anybody may want to read.
#[rpc(server, namespace = "election")]
pub trait ElectionRpc {
    /// All elections from a number on, oldest first, at most 100.
    #[method(name = "elections")]
    fn elections(
        &self,
        from: Option<ElectionId>,
        at: Option<Hash>,
    ) -> RpcResult<Vec<ElectionSummary>>;
    /// One election in one line.
    #[method(name = "summary")]
    fn summary(&self, election: ElectionId, at: Option<Hash>)
        -> RpcResult<Option<ElectionSummary>>;
    /// All that was fixed before the first vote, with its hash and its SCALE encoding.
    #[method(name = "manifest")]
    fn manifest(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<Value>>;
    /// Where the election stands.
    #[method(name = "phase")]
    fn phase(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<Phase>>;
    /// Participating, issued and cast in each district.
    #[method(name = "counts")]
    fn counts(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Vec<DistrictCounts>>>;
    /// What the register knows of a voter number.
    #[method(name = "voter")]
    fn voter(
        &self,
        election: ElectionId,
        voter: VoterNumber,
        at: Option<Hash>,
    ) -> RpcResult<Option<VoterRecord>>;
    /// Which other districts registrars have named for a voter number, and who.
    #[method(name = "dissents")]
    fn dissents(
        &self,
        election: ElectionId,
        voter: VoterNumber,
        at: Option<Hash>,
    ) -> RpcResult<Vec<Support>>;
    /// Ballots accepted, superseded ones included.
    #[method(name = "ballotCount")]
    fn ballot_count(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<u32>;
    /// The ballot with this place in the order of acceptance.
    #[method(name = "ballotByIndex")]
    fn ballot_by_index(
        &self,
        election: ElectionId,
        index: u32,
        at: Option<Hash>,
    ) -> RpcResult<Option<IndexedBallot>>;
    /// All ballots of an account, newest first, at most 100.
    #[method(name = "ballotsByAccount")]
    fn ballots_by_account(
        &self,
        election: ElectionId,
        account: AccountId,
        at: Option<Hash>,
    ) -> RpcResult<Vec<IndexedBallot>>;
    /// The ballot with this tracker.
    #[method(name = "ballotByTracker")]
    fn ballot_by_tracker(
        &self,
        election: ElectionId,
        tracker: Hash,
        at: Option<Hash>,
    ) -> RpcResult<Option<IndexedBallot>>;
    /// The nonce of an account's next ballot.
    #[method(name = "ballotNonce")]
    fn ballot_nonce(
        &self,
        election: ElectionId,
        account: AccountId,
        at: Option<Hash>,
    ) -> RpcResult<u32>;
    /// The state of the key ceremony.
    #[method(name = "ceremony")]
    fn ceremony(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<Value>>;
    /// The sums of one district: contest by contest, option by option, `R` and `C`.
    #[method(name = "sums")]
    fn sums(
        &self,
        election: ElectionId,
        district: DistrictId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Value>>;
    /// Every trustee's shares for every district that is to be decrypted.
    #[method(name = "shares")]
    fn shares(&self, election: ElectionId, at: Option<Hash>)
        -> RpcResult<Option<Vec<ShareStatus>>>;
    /// What the runtime published.
    #[method(name = "result")]
    fn result(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<ElectionResult>>;
    /// The pool's codes for refused transactions and what they mean.
    #[method(name = "refusals")]
    fn refusals(&self) -> RpcResult<Vec<Value>>;
}

/// Answers from the runtime.
pub struct ElectionRpc {
    client: Arc<Client>,
}

impl ElectionRpc {
    /// Answers from this client's blocks.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    fn at(&self, at: Option<Hash>) -> Hash {
        at.unwrap_or_else(|| self.client.info().best_hash)
    }
}

/// The runtime's answer, or why there is none.
pub(crate) fn answer<T>(result: Result<T, ApiError>) -> RpcResult<T> {
    result.map_err(|error| runtime_error(&error))
}

/// Why the runtime did not answer.
pub(crate) fn runtime_error(error: &ApiError) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(
        RUNTIME_ERROR,
        "the runtime did not answer at this block",
        Some(error.to_string()),
    )
}

#[async_trait]
impl ElectionRpcServer for ElectionRpc {
    fn elections(
        &self,
        from: Option<ElectionId>,
        at: Option<Hash>,
    ) -> RpcResult<Vec<ElectionSummary>> {
        answer(
            self.client
                .runtime_api()
                .elections(self.at(at), from.unwrap_or_default()),
        )
    }

    fn summary(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<ElectionSummary>> {
        answer(self.client.runtime_api().summary(self.at(at), election))
    }

    fn manifest(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<Value>> {
        let manifest = answer(self.client.runtime_api().manifest(self.at(at), election))?;
        Ok(manifest.map(|manifest| manifest_view(&manifest)))
    }

    fn phase(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<Phase>> {
        answer(self.client.runtime_api().phase(self.at(at), election))
    }

    fn counts(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Vec<DistrictCounts>>> {
        answer(self.client.runtime_api().counts(self.at(at), election))
    }

    fn voter(
        &self,
        election: ElectionId,
        voter: VoterNumber,
        at: Option<Hash>,
    ) -> RpcResult<Option<VoterRecord>> {
        answer(
            self.client
                .runtime_api()
                .voter(self.at(at), election, voter),
        )
    }

    fn dissents(
        &self,
        election: ElectionId,
        voter: VoterNumber,
        at: Option<Hash>,
    ) -> RpcResult<Vec<Support>> {
        let api = self.client.runtime_api();
        answer(api.dissents(self.at(at), election, voter))
    }

    fn ballot_count(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<u32> {
        answer(
            self.client
                .runtime_api()
                .ballot_count(self.at(at), election),
        )
    }

    fn ballot_by_index(
        &self,
        election: ElectionId,
        index: u32,
        at: Option<Hash>,
    ) -> RpcResult<Option<IndexedBallot>> {
        answer(
            self.client
                .runtime_api()
                .ballot_by_index(self.at(at), election, index),
        )
    }

    fn ballots_by_account(
        &self,
        election: ElectionId,
        account: AccountId,
        at: Option<Hash>,
    ) -> RpcResult<Vec<IndexedBallot>> {
        answer(
            self.client
                .runtime_api()
                .ballots_by_account(self.at(at), election, account),
        )
    }

    fn ballot_by_tracker(
        &self,
        election: ElectionId,
        tracker: Hash,
        at: Option<Hash>,
    ) -> RpcResult<Option<IndexedBallot>> {
        answer(
            self.client
                .runtime_api()
                .ballot_by_tracker(self.at(at), election, tracker),
        )
    }

    fn ballot_nonce(
        &self,
        election: ElectionId,
        account: AccountId,
        at: Option<Hash>,
    ) -> RpcResult<u32> {
        answer(
            self.client
                .runtime_api()
                .ballot_nonce(self.at(at), election, account),
        )
    }

    fn ceremony(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<Value>> {
        let ceremony = answer(self.client.runtime_api().ceremony(self.at(at), election))?;
        Ok(ceremony.map(|ceremony| ceremony_view(&ceremony)))
    }

    fn sums(
        &self,
        election: ElectionId,
        district: DistrictId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Value>> {
        let sums = answer(
            self.client
                .runtime_api()
                .sums(self.at(at), election, district),
        )?;
        Ok(sums.map(|sums| sums_view(&sums)))
    }

    fn shares(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Vec<ShareStatus>>> {
        answer(self.client.runtime_api().shares(self.at(at), election))
    }

    fn result(&self, election: ElectionId, at: Option<Hash>) -> RpcResult<Option<ElectionResult>> {
        answer(self.client.runtime_api().result(self.at(at), election))
    }

    fn refusals(&self) -> RpcResult<Vec<Value>> {
        Ok(Refusal::ALL
            .iter()
            .map(|refusal| {
                json!({
                    "code": refusal.code(),
                    "name": refusal,
                    "description": refusal.description(),
                })
            })
            .collect())
    }
}

/// Bytes as JSON-RPC writes them.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn manifest_view(manifest: &Manifest) -> Value {
    let registrars = manifest
        .registrars
        .iter()
        .map(|registrar| {
            let keys = registrar
                .keys
                .iter()
                .map(|key| hex(&key.modulus))
                .collect::<Vec<_>>();
            json!({ "name": registrar.name, "account": registrar.account, "keys": keys })
        })
        .collect::<Vec<_>>();
    json!({
        "title": manifest.title,
        "districts": manifest.districts,
        "trustees": manifest.trustees,
        "threshold": manifest.threshold,
        "registrars": registrars,
        "quorum": manifest.quorum,
        "registration": manifest.registration,
        "voting": manifest.voting,
        "ceremony_stage": manifest.ceremony_stage,
        "revote": manifest.revote,
        "minimum_ballots": manifest.minimum_ballots,
        "relay_delay": manifest.relay_delay,
        "code_hash": manifest.code_hash,
        "hash": manifest.hash(),
        "encoded": hex(manifest.encode()),
    })
}

fn contribution_view(contribution: &Contribution) -> Value {
    json!({
        "encryption_key": contribution.encryption_key.map(hex),
        "commitment": contribution.commitment,
        "package": contribution.package.as_ref().map(|package| hex(package.encode())),
        "deal": contribution.deal.as_ref().map(|deal| hex(deal.encode())),
        "confirmed": contribution.confirmed,
    })
}

/// The keys of a completed ceremony.
pub(crate) fn keys_view(keys: &ElectionKeys) -> Value {
    let shares = keys
        .verification_shares
        .iter()
        .map(|share| json!({ "trustee": share.trustee, "share": hex(share.share.0) }))
        .collect::<Vec<_>>();
    json!({
        "epoch": keys.epoch,
        "election_key": hex(keys.election_key.0),
        "verification_shares": shares,
    })
}

fn ceremony_view(ceremony: &Ceremony) -> Value {
    let status = &ceremony.status;
    let contributions = ceremony
        .contributions
        .iter()
        .map(|(trustee, contribution)| {
            json!({ "trustee": trustee, "contribution": contribution_view(contribution) })
        })
        .collect::<Vec<_>>();
    json!({
        "epoch": status.epoch,
        "stage": status.stage,
        "deadline": status.deadline,
        "participants": status.participants,
        "excluded": status.excluded,
        "contributions": contributions,
        "keys": ceremony.keys.as_ref().map(keys_view),
    })
}

fn sums_view(sums: &DistrictSums) -> Value {
    let contests = sums
        .iter()
        .map(|contest| {
            contest
                .iter()
                .map(|sum| json!({ "r": hex(sum.r.0), "c": hex(sum.c.0) }))
                .collect::<Vec<_>>()
        })
        .collect::<Vec<_>>();
    json!(contests)
}
