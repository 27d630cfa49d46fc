//! The runtime APIs: what a node, a wallet and an observer may ask the runtime.

use alloc::vec::Vec;
use frame_support::genesis_builder_helper::{build_state, get_preset};
use psephos_primitives::{
    api::{DistrictSums, ElectionSummary, IndexedBallot},
    ceremony::Ceremony,
    observer::{
        BallotConfiguration, DecryptionStatistics, EncryptionSettings, InvalidBallots, VotingState,
    },
    register::{DistrictCounts, Support, VoterRecord},
    tally::{ElectionResult, ShareStatus},
    DistrictId, ElectionId, Manifest, Phase, VoterNumber,
};
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
    traits::{Block as BlockT, NumberFor},
    transaction_validity::{TransactionSource, TransactionValidity},
    ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

use super::{
    unsigned, AccountId, Aura, BallotRegister, Block, Elections, Executive, Grandpa, Hash,
    InherentDataExt, KeyCeremony, Nonce, Runtime, RuntimeGenesisConfig, SessionKeys, System,
    VoterRegister, VERSION,
};

impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block);
        }

        fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> <Block as BlockT>::Header {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(
            block: <Block as BlockT>::LazyBlock,
            data: InherentData,
        ) -> CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            transaction: <Block as BlockT>::Extrinsic,
            block_hash: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, transaction, block_hash)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &<Block as BlockT>::Header) {
            Executive::offchain_worker(header)
        }
    }

    impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
        fn slot_duration() -> sp_consensus_aura::SlotDuration {
            sp_consensus_aura::SlotDuration::from_millis(Aura::slot_duration())
        }

        fn authorities() -> Vec<AuraId> {
            pallet_aura::Authorities::<Runtime>::get().into_inner()
        }
    }

    impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
        fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
            Grandpa::grandpa_authorities()
        }

        fn current_set_id() -> sp_consensus_grandpa::SetId {
            Grandpa::current_set_id()
        }

        fn submit_report_equivocation_unsigned_extrinsic(
            proof: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
            _owner: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
        ) -> Option<()> {
            unsigned::report(&proof)
        }

        fn generate_key_ownership_proof(
            set: sp_consensus_grandpa::SetId,
            authority: GrandpaId,
        ) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
            unsigned::ownership(set, &authority)
        }
    }

    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
            SessionKeys::generate(&owner, seed).into()
        }

        fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            SessionKeys::decode_into_raw_public_keys(&encoded)
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
            build_state::<RuntimeGenesisConfig>(config)
        }

        fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
            get_preset::<RuntimeGenesisConfig>(id, super::genesis_presets::get_preset)
        }

        fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
            super::genesis_presets::preset_names()
        }
    }

    impl psephos_primitives::api::ElectionApi<Block> for Runtime {
        fn elections(from: ElectionId) -> Vec<ElectionSummary> {
            Elections::summaries(from)
        }

        fn summary(election: ElectionId) -> Option<ElectionSummary> {
            Elections::summary(election)
        }

        fn manifest(election: ElectionId) -> Option<Manifest> {
            Elections::manifest(election)
        }

        fn phase(election: ElectionId) -> Option<Phase> {
            Elections::phase(election)
        }

        fn counts(election: ElectionId) -> Option<Vec<DistrictCounts>> {
            BallotRegister::counts(election)
        }

        fn voter(election: ElectionId, voter: VoterNumber) -> Option<VoterRecord> {
            VoterRegister::voter(election, voter)
        }

        fn dissents(election: ElectionId, voter: VoterNumber) -> Vec<Support> {
            VoterRegister::dissents(election, voter).into()
        }

        fn ballot_count(election: ElectionId) -> u32 {
            BallotRegister::ballot_count(election)
        }

        fn ballot_by_index(election: ElectionId, index: u32) -> Option<IndexedBallot> {
            BallotRegister::ballot_by_index(election, index)
        }

        fn ballots_by_account(election: ElectionId, account: AccountId) -> Vec<IndexedBallot> {
            BallotRegister::ballots_by_account(election, &account)
        }

        fn ballot_by_tracker(election: ElectionId, tracker: Hash) -> Option<IndexedBallot> {
            BallotRegister::ballot_by_tracker(election, tracker)
        }

        fn ballot_nonce(election: ElectionId, account: AccountId) -> u32 {
            BallotRegister::ballot_nonce(election, &account)
        }

        fn ceremony(election: ElectionId) -> Option<Ceremony> {
            KeyCeremony::ceremony(election)
        }

        fn sums(election: ElectionId, district: DistrictId) -> Option<DistrictSums> {
            BallotRegister::sums(election, district)
        }

        fn shares(election: ElectionId) -> Option<Vec<ShareStatus>> {
            BallotRegister::shares(election)
        }

        fn result(election: ElectionId) -> Option<ElectionResult> {
            BallotRegister::result(election)
        }

        fn encryption_settings(election: ElectionId) -> Option<EncryptionSettings> {
            BallotRegister::encryption_settings(election)
        }

        fn ballot_configuration(election: ElectionId) -> Option<BallotConfiguration> {
            Elections::ballot_configuration(election)
        }

        fn voting_state(election: ElectionId) -> Option<VotingState> {
            BallotRegister::voting_state(election)
        }

        fn registered_voters(election: ElectionId, district: Option<DistrictId>) -> Option<u32> {
            BallotRegister::registered_voters(election, district)
        }

        fn issued_ballots(election: ElectionId, district: Option<DistrictId>) -> Option<u32> {
            BallotRegister::issued_ballots(election, district)
        }

        fn stored_ballots(election: ElectionId, district: Option<DistrictId>) -> Option<u32> {
            BallotRegister::stored_ballots(election, district)
        }

        fn ballots(election: ElectionId, from: u32) -> Vec<IndexedBallot> {
            BallotRegister::ballots(election, from)
        }

        fn decryption_statistics(election: ElectionId) -> Option<DecryptionStatistics> {
            BallotRegister::decryption_statistics(election)
        }

        fn invalid_ballots(election: ElectionId) -> Option<InvalidBallots> {
            BallotRegister::invalid_ballots(election)
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    impl frame_benchmarking::Benchmark<Block> for Runtime {
        fn benchmark_metadata(
            extra: bool,
        ) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
            use crate::benchmarks::*;
            use frame_benchmarking::BenchmarkList;
            use frame_support::traits::StorageInfoTrait;

            let mut list = Vec::<BenchmarkList>::new();
            list_benchmarks!(list, extra);
            (list, crate::AllPalletsWithSystem::storage_info())
        }

        fn dispatch_benchmark(
            config: frame_benchmarking::BenchmarkConfig,
        ) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
            use crate::benchmarks::*;
            use frame_benchmarking::BenchmarkBatch;
            use frame_support::traits::{TrackedStorageKey, WhitelistedStorageKeys};

            let whitelist: Vec<TrackedStorageKey> =
                crate::AllPalletsWithSystem::whitelisted_storage_keys();
            let mut batches = Vec::<BenchmarkBatch>::new();
            let params = (&config, &whitelist);
            add_benchmarks!(params, batches);
            Ok(batches)
        }
    }
}
