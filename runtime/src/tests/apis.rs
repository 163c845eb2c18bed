// SPDX-License-Identifier: Apache-2.0
//! The runtime APIs as clients find them: methods by name, arguments by name and place, and what comes back.

use super::*;

/// A type as [`describe`] has it, with what an option is of.
fn describe_output(id: u32, types: &BTreeMap<u32, Type<PortableForm>>) -> String {
	use scale_info::TypeDef;
	let ty = &types[&id];
	let inner = ty.type_params.first().and_then(|parameter| parameter.ty);
	match (&ty.type_def, ty.path.segments.last().map(String::as_str), inner) {
		(TypeDef::Sequence(sequence), ..) => format!("Vec<{}>", describe_output(sequence.type_param.id, types)),
		(_, Some("Option"), Some(inner)) => format!("Option<{}>", describe_output(inner.id, types)),
		_ => describe(id, types),
	}
}

/// The methods of an API with their signatures.
fn methods_of(api: &str) -> Vec<String> {
	let opaque = metadata::at_version(15).expect("V15 is served");
	let decoded = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata decodes");
	let RuntimeMetadata::V15(v15) = decoded.1 else { panic!("another version than asked for") };
	let types = types_at(15);
	let found = v15.apis.into_iter().find(|found| found.name == api).expect("the runtime has the API");
	let methods = found.methods.into_iter().map(|method| {
		let inputs: Vec<_> = method
			.inputs
			.iter()
			.map(|input| format!("{}: {}", input.name, describe_output(input.ty.id, &types)))
			.collect();
		format!("{}({}) -> {}", method.name, inputs.join(", "), describe_output(method.output.id, &types))
	});
	methods.collect()
}

#[test]
fn clients_find_upstreams_methods_of_neurons_and_swaps() {
	let neurons = [
		"get_neurons(netuid: u16) -> Vec<NeuronInfo>",
		"get_neuron(netuid: u16, uid: u16) -> Option<NeuronInfo>",
		"get_neurons_lite(netuid: u16) -> Vec<NeuronInfoLite>",
		"get_neuron_lite(netuid: u16, uid: u16) -> Option<NeuronInfoLite>",
	];
	assert_eq!(methods_of("NeuronInfoRuntimeApi"), neurons);
	let swaps = [
		"current_alpha_price(netuid: u16) -> u64",
		"current_alpha_price_all() -> Vec<SubnetPrice>",
		"sim_swap_tao_for_alpha(netuid: u16, tao: u64) -> SimSwapResult",
		"sim_swap_alpha_for_tao(netuid: u16, alpha: u64) -> SimSwapResult",
	];
	assert_eq!(methods_of("SwapRuntimeApi"), swaps);
	assert_eq!(methods_of("SubnetRegistrationRuntimeApi"), ["get_network_registration_cost() -> u64"]);
}

#[test]
fn clients_find_upstreams_methods_of_subnets() {
	let subnets = [
		"get_subnet_info(netuid: u16) -> Option<SubnetInfo>",
		"get_subnets_info() -> Vec<Option<SubnetInfo>>",
		"get_subnet_info_v2(netuid: u16) -> Option<SubnetInfov2>",
		"get_subnets_info_v2() -> Vec<Option<SubnetInfov2>>",
		"get_subnet_hyperparams(netuid: u16) -> Option<SubnetHyperparams>",
		"get_subnet_hyperparams_v2(netuid: u16) -> Option<SubnetHyperparamsV2>",
		"get_subnet_hyperparams_v3(netuid: u16) -> Option<Vec<HyperparamEntry>>",
		"get_all_dynamic_info() -> Vec<Option<DynamicInfo>>",
		"get_all_metagraphs() -> Vec<Option<Metagraph>>",
		"get_metagraph(netuid: u16) -> Option<Metagraph>",
		"get_all_mechagraphs() -> Vec<Option<Metagraph>>",
		"get_mechagraph(netuid: u16, mecid: u8) -> Option<Metagraph>",
		"get_dynamic_info(netuid: u16) -> Option<DynamicInfo>",
		"get_subnet_state(netuid: u16) -> Option<SubnetState>",
		"get_selective_metagraph(netuid: u16, metagraph_indexes: Vec<u16>) -> Option<SelectiveMetagraph>",
		"get_selective_mechagraph(netuid: u16, subid: u8, metagraph_indexes: Vec<u16>) -> Option<SelectiveMetagraph>",
		"get_next_epoch_start_block(netuid: u16) -> Option<u64>",
		"get_block_emission() -> u64",
	];
	assert_eq!(methods_of("SubnetInfoRuntimeApi"), subnets);
}

#[test]
fn clients_find_upstreams_methods_of_stakes() {
	let stakes = [
		"get_stake_info_for_coldkey(coldkey_account: AccountId32) -> Vec<StakeInfo>",
		"get_stake_info_for_coldkeys(coldkey_accounts: Vec<AccountId32>) -> Vec<(AccountId32, Vec<StakeInfo>)>",
		"get_stake_info_for_hotkey_coldkey_netuid(hotkey_account: AccountId32, coldkey_account: AccountId32, \
			netuid: u16) -> Option<StakeInfo>",
		"get_stake_availability_for_coldkeys(coldkey_accounts: Vec<AccountId32>, netuids: Option<Vec<u16>>) \
			-> BTreeMap",
		"get_stake_fee(origin: Option<(AccountId32, u16)>, origin_coldkey_account: AccountId32, \
			destination: Option<(AccountId32, u16)>, destination_coldkey_account: AccountId32, amount: u64) -> u64",
	];
	assert_eq!(methods_of("StakeInfoRuntimeApi"), stakes);
}

#[test]
fn commitments_come_with_a_metagraph_as_they_are_stored() {
	use pallet_subnets_runtime_api::runtime_decl_for_subnet_info_runtime_api::SubnetInfoRuntimeApi;
	execute(|| {
		let miner = hotkey("miner");
		register(&Alice.pair(), 0, &miner);
		let info = pallet_commitments::CommitmentInfo::raw(b"bucket".to_vec()).expect("short enough");
		let commit = pallet_commitments::Call::set_commitment { netuid: 1, info: alloc::boxed::Box::new(info) };
		assert_ok!(apply(&miner, 0, commit.into()).expect("the pool lets it in"));
		let graph = Runtime::get_selective_mechagraph(1, 0, vec![73]).expect("the subnet exists");
		let commitments = graph.commitments.expect("it was asked for");
		let bytes: Vec<u8> = commitments[0].1.iter().map(|byte| byte.0).collect();
		assert_eq!(commitments[0].0, account(&miner));
		// Deposit, block, number of fields and kind come before the text; clients skip as much.
		assert_eq!(&bytes[14..], b"bucket");
	});
}
