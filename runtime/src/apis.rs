// SPDX-License-Identifier: Apache-2.0
//! What the node and its clients may ask the runtime.

use alloc::{collections::BTreeMap, vec::Vec};

use codec::Encode;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	weights::Weight,
};
use pallet_root_weights::{ReadVote, RowReading, StoredVote, VoteDistortion};
use pallet_subnets::{
	DynamicInfo, Metagraph, NeuronInfo, NeuronInfoLite, SelectiveMetagraph, SimSwapResult, StakeAvailability,
	StakeInfo, SubnetHyperparams, SubnetHyperparamsV2, SubnetHyperparamsV3, SubnetInfo, SubnetInfov2, SubnetPrice,
	SubnetState,
};
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::{
	AuthorityId as GrandpaId, AuthorityList, EquivocationProof, OpaqueKeyOwnershipProof, SetId,
};
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_runtime::{
	traits::{Block as BlockT, Get},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

use crate::{
	genesis_config_presets, metadata, AccountId, Aura, Balance, Block, BlockNumber, Executive, Grandpa,
	InherentDataExt, Nonce, RootWeights, Runtime, RuntimeGenesisConfig, SessionKeys, SubtensorModule, System,
	TransactionPayment, VERSION,
};

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> sp_runtime::ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			metadata::at_version(version)
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

		fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
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
		fn grandpa_authorities() -> AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> SetId {
			Grandpa::current_set_id()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			_: EquivocationProof<<Block as BlockT>::Hash, BlockNumber>,
			_: OpaqueKeyOwnershipProof,
		) -> Option<()> {
			None
		}

		fn generate_key_ownership_proof(_: SetId, _: GrandpaId) -> Option<OpaqueKeyOwnershipProof> {
			None
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

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(uxt, len)
		}

		fn query_fee_details(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_fee_details(uxt, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_root_weights_runtime_api::RootWeightsApi<Block, AccountId> for Runtime {
		fn rows_as_stored() -> Vec<StoredVote<AccountId>> {
			RootWeights::stored_votes()
		}

		fn rows_as_read() -> Vec<ReadVote<AccountId>> {
			RootWeights::read_votes()
		}

		fn block_emission() -> u64 {
			<Runtime as pallet_root_weights::Config>::BlockEmission::get()
		}

		fn emission() -> Vec<(u16, u64)> {
			RootWeights::split_emission(<Runtime as pallet_root_weights::Config>::BlockEmission::get())
		}

		fn emission_preview(renormalize: bool) -> Vec<(u16, u64)> {
			let reading = if renormalize { RowReading::Normalized } else { RowReading::AsStored };
			RootWeights::preview_emission(reading)
		}

		fn vote_distortions() -> Vec<VoteDistortion<AccountId>> {
			RootWeights::vote_distortions()
		}

		fn next_epoch_block() -> Option<BlockNumber> {
			RootWeights::next_epoch_block().and_then(|block| block.try_into().ok())
		}
	}

	impl pallet_subnets_runtime_api::NeuronInfoRuntimeApi<Block, AccountId> for Runtime {
		fn get_neurons(netuid: u16) -> Vec<NeuronInfo<AccountId>> {
			SubtensorModule::neurons(netuid)
		}

		fn get_neuron(netuid: u16, uid: u16) -> Option<NeuronInfo<AccountId>> {
			SubtensorModule::neuron(netuid, uid)
		}

		fn get_neurons_lite(netuid: u16) -> Vec<NeuronInfoLite<AccountId>> {
			SubtensorModule::neurons_lite(netuid)
		}

		fn get_neuron_lite(netuid: u16, uid: u16) -> Option<NeuronInfoLite<AccountId>> {
			SubtensorModule::neuron_lite(netuid, uid)
		}
	}

	impl pallet_subnets_runtime_api::SubnetInfoRuntimeApi<Block, AccountId> for Runtime {
		fn get_subnet_info(netuid: u16) -> Option<SubnetInfo<AccountId>> {
			SubtensorModule::subnet_info(netuid)
		}

		fn get_subnets_info() -> Vec<Option<SubnetInfo<AccountId>>> {
			SubtensorModule::subnet_infos()
		}

		fn get_subnet_info_v2(netuid: u16) -> Option<SubnetInfov2<AccountId>> {
			SubtensorModule::subnet_info_v2(netuid)
		}

		fn get_subnets_info_v2() -> Vec<Option<SubnetInfov2<AccountId>>> {
			SubtensorModule::subnet_infos_v2()
		}

		fn get_subnet_hyperparams(netuid: u16) -> Option<SubnetHyperparams> {
			SubtensorModule::subnet_hyperparams(netuid)
		}

		fn get_subnet_hyperparams_v2(netuid: u16) -> Option<SubnetHyperparamsV2> {
			SubtensorModule::subnet_hyperparams_v2(netuid)
		}

		fn get_subnet_hyperparams_v3(netuid: u16) -> Option<SubnetHyperparamsV3> {
			SubtensorModule::subnet_hyperparams_v3(netuid)
		}

		fn get_all_dynamic_info() -> Vec<Option<DynamicInfo<AccountId>>> {
			SubtensorModule::dynamic_infos()
		}

		fn get_all_metagraphs() -> Vec<Option<Metagraph<AccountId>>> {
			SubtensorModule::metagraphs()
		}

		fn get_metagraph(netuid: u16) -> Option<Metagraph<AccountId>> {
			SubtensorModule::metagraph(netuid)
		}

		fn get_all_mechagraphs() -> Vec<Option<Metagraph<AccountId>>> {
			SubtensorModule::metagraphs() // One mechanism each.
		}

		fn get_mechagraph(netuid: u16, mecid: u8) -> Option<Metagraph<AccountId>> {
			SubtensorModule::mechagraph(netuid, mecid)
		}

		fn get_dynamic_info(netuid: u16) -> Option<DynamicInfo<AccountId>> {
			SubtensorModule::dynamic_info(netuid)
		}

		fn get_subnet_state(netuid: u16) -> Option<SubnetState<AccountId>> {
			SubtensorModule::subnet_state(netuid)
		}

		fn get_selective_metagraph(
			netuid: u16,
			metagraph_indexes: Vec<u16>,
		) -> Option<SelectiveMetagraph<AccountId>> {
			SubtensorModule::selective_metagraph(netuid, &metagraph_indexes, published)
		}

		fn get_selective_mechagraph(
			netuid: u16,
			subid: u8,
			metagraph_indexes: Vec<u16>,
		) -> Option<SelectiveMetagraph<AccountId>> {
			SubtensorModule::selective_mechagraph(netuid, subid, &metagraph_indexes, published)
		}

		fn get_next_epoch_start_block(netuid: u16) -> Option<u64> {
			SubtensorModule::next_epoch_start_block(netuid)
		}

		fn get_block_emission() -> u64 {
			<Runtime as pallet_root_weights::Config>::BlockEmission::get()
		}
	}

	impl pallet_subnets_runtime_api::StakeInfoRuntimeApi<Block, AccountId> for Runtime {
		fn get_stake_info_for_coldkey(coldkey_account: AccountId) -> Vec<StakeInfo<AccountId>> {
			SubtensorModule::stake_infos(&coldkey_account)
		}

		fn get_stake_info_for_coldkeys(
			coldkey_accounts: Vec<AccountId>,
		) -> Vec<(AccountId, Vec<StakeInfo<AccountId>>)> {
			SubtensorModule::stake_infos_of_many(coldkey_accounts)
		}

		fn get_stake_info_for_hotkey_coldkey_netuid(
			hotkey_account: AccountId,
			coldkey_account: AccountId,
			netuid: u16,
		) -> Option<StakeInfo<AccountId>> {
			SubtensorModule::stake_info(hotkey_account, coldkey_account, netuid)
		}

		fn get_stake_availability_for_coldkeys(
			coldkey_accounts: Vec<AccountId>,
			netuids: Option<Vec<u16>>,
		) -> BTreeMap<AccountId, BTreeMap<u16, StakeAvailability>> {
			SubtensorModule::stake_availability(coldkey_accounts, netuids)
		}

		fn get_stake_fee(
			_: Option<(AccountId, u16)>,
			_: AccountId,
			_: Option<(AccountId, u16)>,
			_: AccountId,
			_: u64,
		) -> u64 {
			0 // The price of stake is fixed, and nobody is between.
		}
	}

	impl pallet_subnets_runtime_api::SubnetRegistrationRuntimeApi<Block> for Runtime {
		fn get_network_registration_cost() -> u64 {
			pallet_subnets::NetworkMinLockCost::<Runtime>::get()
		}
	}

	impl pallet_subnets_runtime_api::SwapRuntimeApi<Block> for Runtime {
		fn current_alpha_price(netuid: u16) -> u64 {
			SubtensorModule::alpha_price(netuid)
		}

		fn current_alpha_price_all() -> Vec<SubnetPrice> {
			SubtensorModule::alpha_prices()
		}

		fn sim_swap_tao_for_alpha(netuid: u16, tao: u64) -> SimSwapResult {
			SubtensorModule::simulate_swap(netuid, tao)
		}

		fn sim_swap_alpha_for_tao(netuid: u16, alpha: u64) -> SimSwapResult {
			SubtensorModule::simulate_swap(netuid, alpha)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get_preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_config_presets::preset_names()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use frame_support::traits::StorageInfoTrait;

			let mut list = Vec::new();
			list_benchmarks!(list, extra);
			(list, crate::AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use frame_support::traits::WhitelistedStorageKeys;

			let whitelist = crate::AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks).expect("the upgrade must hold on this state");
			(weight, crate::configs::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("the block must hold on this state")
		}
	}
}

/// What hotkeys have published on a subnet, as it is stored.
fn published(netuid: u16) -> Vec<(AccountId, Vec<u8>)> {
	let commitments = pallet_commitments::CommitmentOf::<Runtime>::iter_prefix(netuid);
	commitments.map(|(hotkey, commitment)| (hotkey, commitment.encode())).collect()
}
