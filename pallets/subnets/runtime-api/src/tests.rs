// SPDX-License-Identifier: Apache-2.0
//! What clients know by name: the APIs, and the fields of records in the order of their encoding.

use pallet_subnets::*;
use scale_info::{TypeDef, TypeInfo};
use sp_crypto_hashing::blake2_64;

use crate::*;

/// The fields of a record or the variants of an enum.
fn names<Record: TypeInfo>() -> Vec<&'static str> {
	match Record::type_info().type_def {
		TypeDef::Composite(record) => {
			record.fields.iter().map(|field| field.name.expect("a field has a name")).collect()
		},
		TypeDef::Variant(variants) => variants.variants.iter().map(|variant| variant.name).collect(),
		_ => panic!("neither a record nor an enum"),
	}
}

fn words(text: &'static str) -> Vec<&'static str> {
	text.split_whitespace().collect()
}

#[test]
fn clients_find_the_apis_by_the_hashes_of_their_names() {
	use {
		runtime_decl_for_neuron_info_runtime_api as neuron_info, runtime_decl_for_stake_info_runtime_api as stake_info,
		runtime_decl_for_subnet_info_runtime_api as subnet_info,
		runtime_decl_for_subnet_registration_runtime_api as registration, runtime_decl_for_swap_runtime_api as swap,
	};
	let apis = [
		(neuron_info::ID, neuron_info::VERSION, "NeuronInfoRuntimeApi"),
		(subnet_info::ID, subnet_info::VERSION, "SubnetInfoRuntimeApi"),
		(stake_info::ID, stake_info::VERSION, "StakeInfoRuntimeApi"),
		(registration::ID, registration::VERSION, "SubnetRegistrationRuntimeApi"),
		(swap::ID, swap::VERSION, "SwapRuntimeApi"),
	];
	for (id, version, name) in apis {
		assert_eq!((id, version), (blake2_64(name.as_bytes()), 1), "{name}");
	}
}

#[test]
fn neurons_have_upstreams_fields() {
	let before =
		"hotkey coldkey uid netuid active axon_info prometheus_info stake rank emission incentive consensus trust \
		validator_trust dividends last_update validator_permit";
	let lite = [words(before), words("pruning_score")].concat();
	assert_eq!(names::<NeuronInfoLite<u64>>(), lite);
	assert_eq!(names::<NeuronInfo<u64>>(), [words(before), words("weights bonds pruning_score")].concat());
}

#[test]
fn stakes_and_swaps_have_upstreams_fields() {
	let stake = "hotkey coldkey netuid stake locked emission tao_emission drain is_registered";
	assert_eq!(names::<StakeInfo<u64>>(), words(stake));
	assert_eq!(names::<StakeAvailability>(), words("total locked available"));
	let swap = "tao_amount alpha_amount tao_fee alpha_fee tao_slippage alpha_slippage";
	assert_eq!(names::<SimSwapResult>(), words(swap));
	assert_eq!(names::<SubnetPrice>(), words("netuid price"));
}

#[test]
fn subnets_have_upstreams_fields() {
	let short =
		"netuid rho kappa difficulty immunity_period max_allowed_validators min_allowed_weights max_weights_limit \
		scaling_law_power subnetwork_n max_allowed_uids blocks_since_last_step tempo network_modality \
		network_connect";
	assert_eq!(names::<SubnetInfo<u64>>(), [words(short), words("emission_values burn owner")].concat());
	assert_eq!(names::<SubnetInfov2<u64>>(), [words(short), words("emission_value burn owner identity")].concat());
	let state =
		"netuid hotkeys coldkeys active validator_permit pruning_score last_update emission dividends incentives \
		consensus trust rank block_at_registration alpha_stake tao_stake total_stake emission_history";
	assert_eq!(names::<SubnetState<u64>>(), words(state));
	let dynamic = "netuid owner_hotkey owner_coldkey subnet_name token_symbol tempo last_step blocks_since_last_step \
		emission alpha_in alpha_out tao_in alpha_out_emission alpha_in_emission tao_in_emission \
		pending_alpha_emission pending_root_emission subnet_volume network_registered_at subnet_identity \
		moving_price";
	assert_eq!(names::<DynamicInfo<u64>>(), words(dynamic));
	let identity = "subnet_name github_repo subnet_contact subnet_url discord description logo_url additional";
	assert_eq!(names::<SubnetIdentityV3>(), words(identity));
	assert_eq!(names::<ChainIdentityV2>(), words("name url github_repo image discord description additional"));
}

#[test]
fn hyperparameters_have_upstreams_fields() {
	let v1 = "rho kappa immunity_period min_allowed_weights max_weights_limit tempo min_difficulty max_difficulty \
		weights_version weights_rate_limit adjustment_interval activity_cutoff registration_allowed \
		target_regs_per_interval min_burn max_burn bonds_moving_avg max_regs_per_block serving_rate_limit \
		max_validators adjustment_alpha difficulty commit_reveal_period commit_reveal_weights_enabled alpha_high \
		alpha_low liquid_alpha_enabled";
	let later = "alpha_sigmoid_steepness yuma_version subnet_is_active transfers_enabled bonds_reset_enabled \
		user_liquidity_enabled";
	assert_eq!(names::<SubnetHyperparams>(), words(v1));
	assert_eq!(names::<SubnetHyperparamsV2>(), [words(v1), words(later)].concat());
	assert_eq!(names::<HyperparamEntry>(), words("name value"));
	assert_eq!(names::<HyperparamValue>(), words("Bool U16 U32 U64 U128 TaoBalance I32F32 U64F64"));
}

#[test]
fn metagraphs_have_upstreams_fields() {
	let whole = "netuid name symbol identity network_registered_at owner_hotkey owner_coldkey block tempo last_step \
		blocks_since_last_step subnet_emission alpha_in alpha_out tao_in alpha_out_emission alpha_in_emission \
		tao_in_emission pending_alpha_emission pending_root_emission subnet_volume moving_price rho kappa \
		min_allowed_weights max_weights_limit weights_version weights_rate_limit activity_cutoff max_validators \
		num_uids max_uids burn difficulty registration_allowed pow_registration_allowed immunity_period \
		min_difficulty max_difficulty min_burn max_burn adjustment_alpha adjustment_interval \
		target_regs_per_interval max_regs_per_block serving_rate_limit commit_reveal_weights_enabled \
		commit_reveal_period liquid_alpha_enabled alpha_high alpha_low bonds_moving_avg hotkeys coldkeys \
		identities axons active validator_permit pruning_score last_update emission dividends incentives \
		consensus trust rank block_at_registration alpha_stake tao_stake total_stake tao_dividends_per_hotkey \
		alpha_dividends_per_hotkey";
	assert_eq!(names::<Metagraph<u64>>(), words(whole));
	assert_eq!(names::<SelectiveMetagraph<u64>>(), [words(whole), words("validators commitments")].concat());
	assert_eq!((names::<Metagraph<u64>>().len(), names::<SelectiveMetagraph<u64>>().len()), (72, 74));
}
