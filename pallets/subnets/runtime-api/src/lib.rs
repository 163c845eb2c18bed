// SPDX-License-Identifier: Apache-2.0
//! Runtime APIs of the subnets pallet, under the names of traits, methods and arguments that clients call.
//!
//! Amounts are rao. A netuid without a network reads as `None`, as an empty list or as 0.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(test)]
mod tests;

use alloc::{collections::BTreeMap, vec::Vec};
use codec::Codec;
use pallet_subnets::{
	DynamicInfo, Metagraph, NeuronInfo, NeuronInfoLite, SelectiveMetagraph, SimSwapResult, StakeAvailability,
	StakeInfo, SubnetHyperparams, SubnetHyperparamsV2, SubnetHyperparamsV3, SubnetInfo, SubnetInfov2, SubnetPrice,
	SubnetState,
};

sp_api::decl_runtime_apis! {
	/// The neurons of a subnet, one record each.
	pub trait NeuronInfoRuntimeApi<AccountId: Codec> {
		/// All neurons of `netuid` by uid, with their weights and bonds.
		fn get_neurons(netuid: u16) -> Vec<NeuronInfo<AccountId>>;
		/// One neuron, with its weights and bonds.
		fn get_neuron(netuid: u16, uid: u16) -> Option<NeuronInfo<AccountId>>;
		/// All neurons of `netuid` by uid, without their rows.
		fn get_neurons_lite(netuid: u16) -> Vec<NeuronInfoLite<AccountId>>;
		/// One neuron, without its rows.
		fn get_neuron_lite(netuid: u16, uid: u16) -> Option<NeuronInfoLite<AccountId>>;
	}

	/// Subnets: what they are, their parameters, and their neurons by column. Lists of all have the root network first.
	pub trait SubnetInfoRuntimeApi<AccountId: Codec> {
		/// A subnet in short.
		fn get_subnet_info(netuid: u16) -> Option<SubnetInfo<AccountId>>;
		/// All subnets in short.
		fn get_subnets_info() -> Vec<Option<SubnetInfo<AccountId>>>;
		/// A subnet in short, with its name.
		fn get_subnet_info_v2(netuid: u16) -> Option<SubnetInfov2<AccountId>>;
		/// All subnets in short, with their names.
		fn get_subnets_info_v2() -> Vec<Option<SubnetInfov2<AccountId>>>;
		/// A subnet's parameters.
		fn get_subnet_hyperparams(netuid: u16) -> Option<SubnetHyperparams>;
		/// A subnet's parameters, with those that upstream added later.
		fn get_subnet_hyperparams_v2(netuid: u16) -> Option<SubnetHyperparamsV2>;
		/// A subnet's parameters by name.
		fn get_subnet_hyperparams_v3(netuid: u16) -> Option<SubnetHyperparamsV3>;
		/// What every subnet is and earns.
		fn get_all_dynamic_info() -> Vec<Option<DynamicInfo<AccountId>>>;
		/// Every subnet with its neurons.
		fn get_all_metagraphs() -> Vec<Option<Metagraph<AccountId>>>;
		/// A subnet with its neurons.
		fn get_metagraph(netuid: u16) -> Option<Metagraph<AccountId>>;
		/// Every mechanism of every subnet; each has one.
		fn get_all_mechagraphs() -> Vec<Option<Metagraph<AccountId>>>;
		/// A subnet with its neurons, as its mechanism `mecid` sees them; it has but number 0.
		fn get_mechagraph(netuid: u16, mecid: u8) -> Option<Metagraph<AccountId>>;
		/// What a subnet is and earns.
		fn get_dynamic_info(netuid: u16) -> Option<DynamicInfo<AccountId>>;
		/// A subnet's neurons by column.
		fn get_subnet_state(netuid: u16) -> Option<SubnetState<AccountId>>;
		/// The fields of a metagraph that `metagraph_indexes` numbers.
		fn get_selective_metagraph(
			netuid: u16,
			metagraph_indexes: Vec<u16>,
		) -> Option<SelectiveMetagraph<AccountId>>;
		/// The fields of a mechanism's metagraph that `metagraph_indexes` numbers.
		fn get_selective_mechagraph(
			netuid: u16,
			subid: u8,
			metagraph_indexes: Vec<u16>,
		) -> Option<SelectiveMetagraph<AccountId>>;
		/// The block of a subnet's next epoch; none if its tempo is 0.
		fn get_next_epoch_start_block(netuid: u16) -> Option<u64>;
		/// What the next block mints if there is a valid root vote.
		fn get_block_emission() -> u64;
	}

	/// The stakes of coldkeys.
	pub trait StakeInfoRuntimeApi<AccountId> where AccountId: Codec + Ord {
		/// All stakes of a coldkey.
		fn get_stake_info_for_coldkey(coldkey_account: AccountId) -> Vec<StakeInfo<AccountId>>;
		/// All stakes of several coldkeys.
		fn get_stake_info_for_coldkeys(
			coldkey_accounts: Vec<AccountId>,
		) -> Vec<(AccountId, Vec<StakeInfo<AccountId>>)>;
		/// One stake, which may be 0; never `None`.
		fn get_stake_info_for_hotkey_coldkey_netuid(
			hotkey_account: AccountId,
			coldkey_account: AccountId,
			netuid: u16,
		) -> Option<StakeInfo<AccountId>>;
		/// What coldkeys may take back, by subnet: of `netuids`, or of all on which they have stake.
		fn get_stake_availability_for_coldkeys(
			coldkey_accounts: Vec<AccountId>,
			netuids: Option<Vec<u16>>,
		) -> BTreeMap<AccountId, BTreeMap<u16, StakeAvailability>>;
		/// What moving `amount` rao of stake costs, besides the transaction's own fee: 0.
		fn get_stake_fee(
			origin: Option<(AccountId, u16)>,
			origin_coldkey_account: AccountId,
			destination: Option<(AccountId, u16)>,
			destination_coldkey_account: AccountId,
			amount: u64,
		) -> u64;
	}

	/// Creating subnets.
	pub trait SubnetRegistrationRuntimeApi {
		/// What it costs.
		fn get_network_registration_cost() -> u64;
	}

	/// The price of stake, in balance: fixed at one for one.
	pub trait SwapRuntimeApi {
		/// On one subnet, per 10⁹.
		fn current_alpha_price(netuid: u16) -> u64;
		/// On each network, root first, per 10⁹.
		fn current_alpha_price_all() -> Vec<SubnetPrice>;
		/// What staking `tao` rao would give.
		fn sim_swap_tao_for_alpha(netuid: u16, tao: u64) -> SimSwapResult;
		/// What taking `alpha` rao of stake back would give.
		fn sim_swap_alpha_for_tao(netuid: u16, alpha: u64) -> SimSwapResult;
	}
}
