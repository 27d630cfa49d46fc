//! `election_*` for observers: what they ask first, and what they are told as it happens (PSE-API-2,
//! PSE-API-3).

use std::sync::Arc;

use jsonrpsee::{
    core::{async_trait, RpcResult},
    proc_macros::rpc,
    PendingSubscriptionSink,
};
use psephos_primitives::{
    api::{ElectionApi, IndexedBallot},
    observer::{
        BallotConfiguration, DecryptionStatistics, EncryptionSettings, InvalidBallots, VotingState,
    },
    BlockNumber, DistrictId, ElectionId, Hash,
};
use sc_rpc::{utils::spawn_subscription_task, SubscriptionTaskExecutor};
use serde_json::{json, Value};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

use crate::{
    components::Client,
    election_rpc::{answer, hex, keys_view},
    finalised::{follow_ballots, follow_phase},
    transaction_search::{search, FoundTransaction},
};

/// What observers ask first.
#[rpc(server, namespace = "election")]
pub trait ObserverRpc {
    /// What ballots are encrypted to, and what their proofs are bound to.
    #[method(name = "encryptionSettings")]
    fn encryption_settings(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Value>>;
    /// What is voted on, and by which rules.
    #[method(name = "ballotConfiguration")]
    fn ballot_configuration(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<BallotConfiguration>>;
    /// Where the election stands, and until when.
    #[method(name = "votingState")]
    fn voting_state(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<VotingState>>;
    /// Voter numbers that take part, in one district or in all.
    #[method(name = "registeredVoters")]
    fn registered_voters(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
        at: Option<Hash>,
    ) -> RpcResult<Option<u32>>;
    /// Voter numbers that a credential was issued to, in one district or in all.
    #[method(name = "issuedBallots")]
    fn issued_ballots(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
        at: Option<Hash>,
    ) -> RpcResult<Option<u32>>;
    /// Ballots that count, one for each account, in one district or in all.
    #[method(name = "storedBallots")]
    fn stored_ballots(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
        at: Option<Hash>,
    ) -> RpcResult<Option<u32>>;
    /// Ballots from a place in the order of acceptance on, at most 64; none if there are no more.
    #[method(name = "ballots")]
    fn ballots(
        &self,
        election: ElectionId,
        from: Option<u32>,
        at: Option<Hash>,
    ) -> RpcResult<Vec<IndexedBallot>>;
    /// The ballot of the transaction with this hash, looked for in the bodies of the best chain's
    /// blocks, newest first, from below `before` on: at most 3,000 blocks or 32 MiB of bodies in one
    /// call, which says where the next has to go on.
    #[method(name = "ballotByTransaction", blocking)]
    fn ballot_by_transaction(
        &self,
        election: ElectionId,
        transaction: Hash,
        before: Option<BlockNumber>,
    ) -> RpcResult<Option<FoundTransaction>>;
    /// How far the decryption is, by district and by trustee.
    #[method(name = "decryptionStatistics")]
    fn decryption_statistics(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<DecryptionStatistics>>;
    /// Ballots on the chain that are in no published count.
    #[method(name = "invalidBallots")]
    fn invalid_ballots(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<InvalidBallots>>;
    /// Ballots as their blocks become final, from a place in the order of acceptance on, or those to
    /// come: at most 64 in one notification.
    #[subscription(
        name = "subscribeBallots" => "ballotsFinal",
        unsubscribe = "unsubscribeBallots",
        item = crate::finalised::FinalBallots
    )]
    fn subscribe_ballots(&self, election: ElectionId, from: Option<u32>);
    /// The voting state now, and again whenever a final block has another phase.
    #[subscription(
        name = "subscribePhase" => "phaseFinal",
        unsubscribe = "unsubscribePhase",
        item = crate::finalised::FinalState
    )]
    fn subscribe_phase(&self, election: ElectionId);
}

/// Answers from the runtime, and from the bodies of blocks.
pub struct ObserverRpc {
    client: Arc<Client>,
    executor: SubscriptionTaskExecutor,
}

impl ObserverRpc {
    /// Answers from this client's blocks; subscriptions run on `executor`.
    pub fn new(client: Arc<Client>, executor: SubscriptionTaskExecutor) -> Self {
        Self { client, executor }
    }

    fn at(&self, at: Option<Hash>) -> Hash {
        at.unwrap_or_else(|| self.client.info().best_hash)
    }
}

#[async_trait]
impl ObserverRpcServer for ObserverRpc {
    fn encryption_settings(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<Value>> {
        let api = self.client.runtime_api();
        let settings = answer(api.encryption_settings(self.at(at), election))?;
        Ok(settings.map(|settings| settings_view(&settings)))
    }

    fn ballot_configuration(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<BallotConfiguration>> {
        let api = self.client.runtime_api();
        answer(api.ballot_configuration(self.at(at), election))
    }

    fn voting_state(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<VotingState>> {
        answer(
            self.client
                .runtime_api()
                .voting_state(self.at(at), election),
        )
    }

    fn registered_voters(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
        at: Option<Hash>,
    ) -> RpcResult<Option<u32>> {
        let api = self.client.runtime_api();
        answer(api.registered_voters(self.at(at), election, district))
    }

    fn issued_ballots(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
        at: Option<Hash>,
    ) -> RpcResult<Option<u32>> {
        let api = self.client.runtime_api();
        answer(api.issued_ballots(self.at(at), election, district))
    }

    fn stored_ballots(
        &self,
        election: ElectionId,
        district: Option<DistrictId>,
        at: Option<Hash>,
    ) -> RpcResult<Option<u32>> {
        let api = self.client.runtime_api();
        answer(api.stored_ballots(self.at(at), election, district))
    }

    fn ballots(
        &self,
        election: ElectionId,
        from: Option<u32>,
        at: Option<Hash>,
    ) -> RpcResult<Vec<IndexedBallot>> {
        let api = self.client.runtime_api();
        answer(api.ballots(self.at(at), election, from.unwrap_or_default()))
    }

    fn ballot_by_transaction(
        &self,
        election: ElectionId,
        transaction: Hash,
        before: Option<BlockNumber>,
    ) -> RpcResult<Option<FoundTransaction>> {
        search(&self.client, election, transaction, before)
    }

    fn decryption_statistics(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<DecryptionStatistics>> {
        let api = self.client.runtime_api();
        answer(api.decryption_statistics(self.at(at), election))
    }

    fn invalid_ballots(
        &self,
        election: ElectionId,
        at: Option<Hash>,
    ) -> RpcResult<Option<InvalidBallots>> {
        let api = self.client.runtime_api();
        answer(api.invalid_ballots(self.at(at), election))
    }

    fn subscribe_ballots(
        &self,
        pending: PendingSubscriptionSink,
        election: ElectionId,
        from: Option<u32>,
    ) {
        let task = follow_ballots(self.client.clone(), pending, election, from);
        spawn_subscription_task(&self.executor, task);
    }

    fn subscribe_phase(&self, pending: PendingSubscriptionSink, election: ElectionId) {
        let task = follow_phase(self.client.clone(), pending, election);
        spawn_subscription_task(&self.executor, task);
    }
}

fn settings_view(settings: &EncryptionSettings) -> Value {
    json!({
        "group": "ristretto255",
        "encryption": "exponential ElGamal",
        "genesis_hash": settings.genesis_hash,
        "manifest_hash": settings.manifest_hash,
        "trustees": settings.trustees,
        "threshold": settings.threshold,
        "keys": settings.keys.as_ref().map(keys_view),
        "encoded": hex(codec::Encode::encode(settings)),
    })
}
