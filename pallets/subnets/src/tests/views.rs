// SPDX-License-Identifier: Apache-2.0
//! What clients read through the runtime APIs.

use codec::{Compact, Encode};
use frame_support::assert_ok;

use super::*;
use crate::{
	BlockAtRegistration, Bonds, Burn, Dividends, Emission, HyperparamValue, Hyperparameter, Incentive, LastUpdate,
	NetworkMinLockCost, PendingEmission, Rank, SelectiveMetagraph, StakeInfo, SubnetEpochIndex, SubnetHyperparamsV2,
	Tempo, TokenSymbol, TotalHotkeyAlpha, TotalHotkeyStake, TotalStake, ValidatorPermit, Weights,
};

/// The subnet that [`with_subnet`] creates.
const NETUID: u16 = 3;
/// Its validators and its miner, uids 1 to 3 after the owner's 0.
const KEYS: [u64; 3] = [501, 601, 701];

/// Runs `test` on a chain with an owned subnet that alone earns, and whose epochs have paid two validators and a miner.
/// Coldkey 8 nominates the first validator, on the subnet and on root.
fn with_subnet(test: impl FnOnce()) {
	execute(|| {
		NetworkMinLockCost::<Test>::put(10 * TAO);
		assert_ok!(Subnets::register_network(signed(4), hotkey(4, 1)));
		Tempo::<Test>::insert(NETUID, TEMPO);
		let joined = [(5, 20 * TAO), (6, 10 * TAO), (7, 0)].map(|(coldkey, stake)| join(NETUID, coldkey, stake));
		assert_eq!(joined, KEYS);
		assert_ok!(Subnets::add_stake(signed(8), KEYS[0], NETUID, 5 * TAO));
		assert_ok!(Subnets::add_stake(signed(8), KEYS[0], 0, 2 * TAO));
		join_root(1, 10 * TAO, &[NETUID]);
		advance(6);
		for validator in [KEYS[0], KEYS[1]] {
			assert_ok!(Subnets::set_weights(signed(validator), NETUID, vec![2, 3], vec![1, 7], 0));
		}
		advance(11);
		test();
	});
}

fn plain<Value: Copy>(column: &[Compact<Value>]) -> Vec<Value> {
	column.iter().map(|value| value.0).collect()
}

#[test]
fn neurons_read_with_their_rows_all_or_one() {
	with_subnet(|| {
		let neurons = Subnets::neurons(NETUID);
		assert_eq!(neurons.iter().map(|neuron| neuron.hotkey).collect::<Vec<_>>(), [401, 501, 601, 701]);
		for (uid, neuron) in (0..).zip(&neurons) {
			assert_eq!(Subnets::neuron(NETUID, uid).as_ref(), Some(neuron));
			let compact = |row: Vec<(u16, u16)>| row.into_iter().map(|(uid, value)| (Compact(uid), Compact(value)));
			assert!(neuron.weights.iter().copied().eq(compact(Weights::<Test>::get(NETUID, uid))));
			assert!(neuron.bonds.iter().copied().eq(compact(Bonds::<Test>::get(NETUID, uid))));
		}
		assert_eq!(neurons[1].weights.len(), 2);
		assert!(!neurons[1].bonds.is_empty());
		assert_eq!(Subnets::neuron_lite(NETUID, 3), Subnets::neurons_lite(NETUID).pop());
		assert_eq!(Subnets::neuron(NETUID, 4), None);
	});
}

#[test]
fn a_metagraph_has_a_column_entry_a_uid_as_stored() {
	with_subnet(|| {
		let graph = Subnets::metagraph(NETUID).expect("the subnet exists");
		assert_eq!((graph.hotkeys.clone(), graph.coldkeys.clone()), (vec![401, 501, 601, 701], vec![4, 5, 6, 7]));
		assert_eq!(plain(&graph.last_update), LastUpdate::<Test>::get(NETUID));
		assert_eq!(plain(&graph.emission), Emission::<Test>::get(NETUID));
		assert_eq!(plain(&graph.incentives), Incentive::<Test>::get(NETUID));
		assert_eq!(plain(&graph.dividends), Dividends::<Test>::get(NETUID));
		assert_eq!(plain(&graph.rank), Rank::<Test>::get(NETUID));
		assert_eq!(graph.validator_permit, ValidatorPermit::<Test>::get(NETUID));
		let registered = (0..4).map(|uid| BlockAtRegistration::<Test>::get(NETUID, uid)).collect::<Vec<_>>();
		assert_eq!(plain(&graph.block_at_registration), registered);
		let total = graph.hotkeys.iter().map(TotalHotkeyStake::<Test>::get).collect::<Vec<_>>();
		assert_eq!(plain(&graph.total_stake), total);
		assert_eq!(graph.tao_stake[1].0, TotalHotkeyAlpha::<Test>::get(KEYS[0], 0));
		assert_eq!(graph.alpha_stake[1].0 + graph.tao_stake[1].0, graph.total_stake[1].0);
		assert!(graph.tao_stake[1].0 > 2 * TAO, "what is kept on root earns, too");

		let n = graph.hotkeys.len();
		let lengths = [graph.identities.len(), graph.axons.len(), graph.active.len(), graph.pruning_score.len()];
		assert_eq!(lengths, [n; 4]);
		assert_eq!([graph.consensus.len(), graph.trust.len(), graph.tao_dividends_per_hotkey.len()], [n; 3]);
		assert_eq!(
			(graph.netuid, graph.num_uids, graph.block.0),
			(Compact(NETUID), Compact(4), System::block_number())
		);
		assert_eq!((graph.burn.0, plain(&graph.symbol)), (Burn::<Test>::get(NETUID), TokenSymbol::<Test>::get(NETUID)));
	});
}

#[test]
fn what_a_hotkey_earned_as_a_validator_is_told_apart() {
	with_subnet(|| {
		let graph = Subnets::metagraph(NETUID).expect("the subnet exists");
		let earned = plain(&graph.emission);
		let dividends: Vec<u64> = graph.alpha_dividends_per_hotkey.iter().map(|(_, amount)| amount.0).collect();
		assert_eq!((dividends[0], dividends[1], dividends[3]), (0, earned[1], 0));
		assert!(0 < dividends[2] && dividends[2] < earned[2], "the second validator is a server, too");
		assert!(graph.tao_dividends_per_hotkey.iter().all(|(_, amount)| amount.0 == 0));
	});
}

#[test]
fn a_state_has_the_columns_of_the_metagraph() {
	with_subnet(|| {
		let graph = Subnets::metagraph(NETUID).expect("the subnet exists");
		let state = Subnets::subnet_state(NETUID).expect("the subnet exists");
		assert_eq!((&state.hotkeys, &state.coldkeys), (&graph.hotkeys, &graph.coldkeys));
		assert_eq!((&state.emission, &state.total_stake), (&graph.emission, &graph.total_stake));
		assert_eq!((&state.incentives, &state.pruning_score), (&graph.incentives, &graph.pruning_score));
		let history: Vec<u64> = state.emission_history.iter().map(|network| plain(network).iter().sum()).collect();
		assert_eq!(history, [0, 0, 0, plain(&graph.emission).iter().sum::<u64>()], "root and three subnets");
	});
}

#[test]
fn a_subnets_money_is_what_is_kept_and_earned_there() {
	with_subnet(|| {
		let info = Subnets::dynamic_info(NETUID).expect("the subnet exists");
		assert_eq!((info.owner_hotkey, info.owner_coldkey), (401, 4));
		assert_eq!((info.emission.0, info.alpha_out_emission.0, info.tao_in_emission.0), (TAO, TAO, 0));
		assert_eq!(info.pending_alpha_emission.0, PendingEmission::<Test>::get(NETUID));
		let kept = TotalHotkeyAlpha::<Test>::iter().filter(|(_, netuid, _)| *netuid == NETUID);
		assert_eq!(info.alpha_out.0, kept.map(|(.., amount)| amount).sum::<u64>());
		assert_eq!((info.alpha_in.0, info.tao_in.0, info.subnet_volume.0), (0, 0, 0));
		assert_eq!(info.moving_price.to_bits(), 1 << 32);
		assert_eq!(info.last_step.0 + info.blocks_since_last_step.0, System::block_number());

		let all: Vec<_> = Subnets::dynamic_infos().into_iter().flatten().collect();
		assert_eq!(all.iter().map(|info| info.netuid.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
		assert_eq!(all.iter().map(|info| info.alpha_out.0).sum::<u64>(), TotalStake::<Test>::get());
		assert_eq!((all[1].owner_hotkey, all[1].owner_coldkey), (0, 0), "nobody owns it");
		let short: Vec<_> = Subnets::subnet_infos_v2().into_iter().flatten().collect();
		assert_eq!((short.len(), short[3].owner, short[3].emission_value.0), (4, 4, TAO));
		assert_eq!(Subnets::metagraphs().len(), 4);
	});
}

#[test]
fn stakes_sum_to_all_stake() {
	with_subnet(|| {
		let infos = Subnets::stake_infos_of_many(COLDKEYS.collect());
		let infos: Vec<StakeInfo<u64>> = infos.into_iter().flat_map(|(_, stakes)| stakes).collect();
		let (sum, total) = (infos.iter().map(|info| info.stake.0).sum::<u64>(), TotalStake::<Test>::get());
		assert!(sum <= total && total - sum < infos.len() as u64, "each reads as less by a part of a rao at most");

		let nominators = Subnets::stake_infos(&8);
		let kept: Vec<_> = nominators.iter().map(|info| (info.netuid.0, info.hotkey, info.is_registered)).collect();
		assert_eq!(kept, [(0, KEYS[0], false), (NETUID, KEYS[0], true)]);
		assert!(nominators[0].stake.0 > 2 * TAO && nominators[1].stake.0 > 5 * TAO, "both have earned");
		assert_eq!(nominators[1].emission.0, Emission::<Test>::get(NETUID)[1]);
		assert_eq!(Subnets::stake_info(KEYS[0], 8, NETUID).as_ref(), Some(&nominators[1]));
		let nothing = Subnets::stake_info(KEYS[1], 8, NETUID).expect("clients rely on a record");
		assert_eq!((nothing.stake.0, nothing.is_registered), (0, true));

		let available = Subnets::stake_availability(vec![8], Some(vec![NETUID, 9]));
		assert_eq!(
			available[&8].iter().map(|(netuid, of)| (*netuid, of.available)).collect::<Vec<_>>(),
			[(NETUID, nominators[1].stake)]
		);
		assert_eq!(Subnets::stake_availability(vec![8], None)[&8].len(), 2);
	});
}

#[test]
fn parameters_read_the_same_in_every_form() {
	with_subnet(|| {
		let set = |parameter| Subnets::set_hyperparameter(RuntimeOrigin::root(), NETUID, parameter);
		assert_ok!(set(Hyperparameter::ImmunityPeriod(77)));
		assert_ok!(set(Hyperparameter::MaxBurn(55 * TAO)));
		assert_ok!(set(Hyperparameter::CommitRevealWeightsEnabled(true)));
		let v1 = Subnets::subnet_hyperparams(NETUID).expect("the subnet exists");
		assert_eq!((v1.immunity_period.0, v1.max_burn.0, v1.commit_reveal_weights_enabled), (77, 55 * TAO, true));
		let v2: SubnetHyperparamsV2 = Subnets::subnet_hyperparams_v2(NETUID).expect("the subnet exists");
		assert_eq!((v2.tempo.0, v2.immunity_period.0, v2.subnet_is_active), (TEMPO, 77, true));
		let v3 = Subnets::subnet_hyperparams_v3(NETUID).expect("the subnet exists");
		let value_of = |name: &str| &v3.iter().find(|entry| entry.name == name.as_bytes()).expect("it is listed").value;
		assert_eq!(value_of("immunity_period"), &HyperparamValue::U16(Compact(77)));
		assert_eq!(value_of("max_burn"), &HyperparamValue::TaoBalance(Compact(55 * TAO)));
		assert_eq!(value_of("owner_cut_enabled"), &HyperparamValue::Bool(true));
		let graph = Subnets::metagraph(NETUID).expect("the subnet exists");
		assert_eq!((graph.immunity_period, graph.max_burn), (v2.immunity_period, v2.max_burn));
	});
}

#[test]
fn a_selective_metagraph_has_what_was_asked_and_nothing_else() {
	with_subnet(|| {
		let select = |asked: &[u16]| -> SelectiveMetagraph<u64> {
			Subnets::selective_metagraph(NETUID, asked, |_| vec![(KEYS[2], vec![1, 2])]).expect("the subnet exists")
		};
		let (graph, nothing) = (Subnets::metagraph(NETUID).expect("the subnet exists"), select(&[]));
		assert_eq!(nothing.netuid, Compact(NETUID));
		let expected = SelectiveMetagraph {
			tempo: Some(graph.tempo),
			hotkeys: Some(graph.hotkeys),
			alpha_dividends_per_hotkey: Some(graph.alpha_dividends_per_hotkey),
			validators: Some([0, 3, 2, 1].map(Compact).to_vec()), // All have stake by now.
			commitments: Some(vec![(KEYS[2], vec![Compact(1), Compact(2)])]),
			..nothing.clone()
		};
		assert_eq!(select(&[73, 8, 52, 71, 72, 0, 8]), expected);
		for number in 1..=73 {
			assert_ne!(select(&[number]), nothing, "{number} is a field");
		}
		assert_eq!(select(&[0, 74, u16::MAX]), nothing);
		let mechanism = |mecid| Subnets::selective_mechagraph(NETUID, mecid, &[8], |_| Vec::new());
		assert_eq!((mechanism(0), mechanism(1)), (Some(select(&[8])), None));
		assert_eq!(
			(Subnets::mechagraph(NETUID, 0), Subnets::mechagraph(NETUID, 1)),
			(Subnets::metagraph(NETUID), None)
		);
	});
}

/// What is not asked for is not read, so it must not be missing from what is.
#[test]
fn a_field_that_is_asked_for_alone_is_the_same_as_among_all() {
	with_subnet(|| {
		let select = |asked: &[u16]| {
			let commitments = |_| vec![(KEYS[2], vec![1, 2])];
			Subnets::selective_metagraph(NETUID, asked, commitments).expect("the subnet exists").encode()
		};
		let nothing = select(&[]);
		let fields: Vec<u16> = (1..=73).collect();
		// Fields are encoded one after the other, each nothing but a zero if it is not asked for.
		let alone: Vec<u8> = fields.iter().flat_map(|number| difference(&nothing, &select(&[*number]))).collect();
		assert_eq!(select(&fields)[1..], alone);
	});
}

/// What `longer` has in place of one of the zeros of `nothing`.
fn difference(nothing: &[u8], longer: &[u8]) -> Vec<u8> {
	let before = nothing.iter().zip(longer).take_while(|(nothing, longer)| nothing == longer).count();
	longer[before..longer.len() - (nothing.len() - before - 1)].to_vec()
}

#[test]
fn the_price_of_stake_is_one_without_a_fee() {
	execute(|| {
		assert_eq!((Subnets::alpha_price(1), Subnets::alpha_price(9)), (1_000_000_000, 0));
		let prices: Vec<_> = Subnets::alpha_prices().iter().map(|of| (of.netuid, of.price)).collect();
		assert_eq!(prices, [(0, TAO), (1, TAO), (2, TAO)]);
		let swap = Subnets::simulate_swap(1, 7);
		assert_eq!((swap.tao_amount, swap.alpha_amount, swap.tao_fee, swap.alpha_fee), (7, 7, 0, 0));
	});
}

#[test]
fn the_next_epoch_starts_in_the_block_announced() {
	with_subnet(|| {
		for _ in 0..3 {
			let start = Subnets::next_epoch_start_block(NETUID).expect("its tempo is not zero");
			let before = SubnetEpochIndex::<Test>::get(NETUID);
			advance(start - 1 - System::block_number());
			assert_eq!(SubnetEpochIndex::<Test>::get(NETUID), before);
			advance(1);
			assert_eq!(SubnetEpochIndex::<Test>::get(NETUID), before + 1);
		}
		assert_eq!(Subnets::next_epoch_start_block(0), RootWeights::next_epoch_block());
		Tempo::<Test>::insert(NETUID, 0);
		assert_eq!(Subnets::next_epoch_start_block(NETUID), None);
	});
}

#[test]
fn of_a_subnet_that_is_not_there_nothing_reads() {
	with_subnet(|| {
		assert!(Subnets::neurons(9).is_empty() && Subnets::neuron_lite(9, 0).is_none());
		assert!(Subnets::subnet_info(9).is_none() && Subnets::subnet_info_v2(9).is_none());
		assert!(Subnets::dynamic_info(9).is_none() && Subnets::subnet_state(9).is_none());
		assert!(Subnets::subnet_hyperparams(9).is_none() && Subnets::subnet_hyperparams_v3(9).is_none());
		assert!(Subnets::metagraph(9).is_none() && Subnets::mechagraph(9, 0).is_none());
		assert!(Subnets::selective_metagraph(9, &[0], |_| Vec::new()).is_none());
		assert!(Subnets::next_epoch_start_block(9).is_none());
		assert_eq!(Subnets::simulate_swap(9, 7).alpha_amount, 0);
		assert_eq!(Subnets::stake_info(KEYS[0], 8, 9).map(|info| info.stake.0), Some(0));
	});
}
