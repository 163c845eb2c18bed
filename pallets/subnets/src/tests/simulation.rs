// SPDX-License-Identifier: Apache-2.0
//! Not one rao is lost, whatever people do: random calls on a small chain, whose money is counted after every block, and of
//! every free call that the pool lets in just what the call then does.
//!
//! A case is a chain of a thousand blocks. `PROPTEST_CASES` sets thirteen times the number of cases: 20 by default, and in
//! `scripts/nightly.sh` a thousand, which are a million blocks.

use codec::Compact;
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{fungible::Inspect, UnfilteredDispatchable},
	weights::Weight,
};
use proptest::{collection::vec, prelude::*};
use sp_core::H256;
use sp_runtime::{traits::DispatchTransaction, transaction_validity::TransactionSource::External};

use super::*;
use crate::{Call, CheckFreeCalls, Hyperparameter, WeightInfo};

/// Blocks between two looks at all the invariants, which take ten times as long as a block.
const CHECKED: usize = 25;

#[derive(Clone, Debug)]
enum Step {
	/// Somebody calls.
	Call(u64, Box<Call<Test>>),
	/// Root calls.
	Root(Box<Call<Test>>),
	/// A balance goes to another, all but what is left.
	Transfer { from: u64, to: u64, left: u64 },
}

fn coldkeys() -> impl Strategy<Value = u64> {
	COLDKEYS
}

/// One of the hotkeys that coldkeys bring, mostly the signer's own.
fn hotkeys() -> impl Strategy<Value = u64> {
	(COLDKEYS, 1u64..4).prop_map(|(coldkey, n)| hotkey(coldkey, n))
}

fn netuids() -> impl Strategy<Value = u16> {
	prop_oneof![1 => Just(0u16), 6 => 1u16..4, 1 => Just(9u16)]
}

fn amounts() -> impl Strategy<Value = u64> {
	prop_oneof![Just(0), 1u64..1_000, 1u64..300 * TAO, Just(u64::MAX)]
}

fn rows() -> impl Strategy<Value = (Vec<u16>, Vec<u16>)> {
	// Few distinct rows, so that some promises are kept.
	let entries =
		prop_oneof![Just(vec![(0u16, 1u16)]), Just(vec![(1, 1), (0, 3)]), vec((0u16..6, any::<u16>()), 0..5),];
	entries.prop_map(|entries| entries.into_iter().unzip())
}

fn own(call: impl Fn(u64, u64) -> Call<Test> + Clone) -> impl Strategy<Value = Step> {
	(COLDKEYS, 1u64..4).prop_map(move |(coldkey, n)| Step::Call(coldkey, Box::new(call(coldkey, hotkey(coldkey, n)))))
}

fn stakes() -> impl Strategy<Value = Step> {
	let holding = || (hotkeys(), netuids());
	(coldkeys(), holding(), holding(), coldkeys(), amounts(), 0u8..8).prop_map(
		|(coldkey, (hotkey, netuid), (other, elsewhere), heir, amount, kind)| {
			let call = match kind {
				0..=2 => Call::add_stake { hotkey, netuid, amount_staked: amount },
				3 => Call::remove_stake { hotkey, netuid, amount_unstaked: amount },
				4 => Call::unstake_all { hotkey },
				5 => Call::move_stake {
					origin_hotkey: hotkey,
					destination_hotkey: other,
					origin_netuid: netuid,
					destination_netuid: elsewhere,
					alpha_amount: amount,
				},
				6 => Call::transfer_stake {
					destination_coldkey: heir,
					hotkey,
					origin_netuid: netuid,
					destination_netuid: elsewhere,
					alpha_amount: amount,
				},
				_ => Call::swap_stake {
					hotkey,
					origin_netuid: netuid,
					destination_netuid: elsewhere,
					alpha_amount: amount,
				},
			};
			Step::Call(coldkey, Box::new(call))
		},
	)
}

fn weights() -> impl Strategy<Value = Step> {
	(hotkeys(), netuids(), rows(), 0u64..2, 0u8..8).prop_map(|(hotkey, netuid, (uids, values), key, kind)| {
		let row = || uids.iter().copied().map(Compact).zip(values.iter().copied().map(Compact)).collect::<Vec<_>>();
		let hash = || Subnets::commitment(&hotkey, netuid, &uids, &values, &[7], key);
		let call = match kind {
			0..=1 => Call::set_weights { netuid, dests: uids, weights: values, version_key: key },
			2 => Call::batch_set_weights {
				netuids: vec![Compact(netuid), Compact(2)],
				weights: vec![row(), row()],
				version_keys: vec![Compact(key); 2],
			},
			3 => Call::commit_weights { netuid, commit_hash: hash() },
			4 => Call::batch_commit_weights {
				netuids: vec![Compact(netuid), Compact(3)],
				commit_hashes: vec![hash(), H256::zero()],
			},
			5..=6 => Call::reveal_weights { netuid, uids, values, salt: vec![7], version_key: key },
			_ => Call::batch_reveal_weights {
				netuid,
				uids_list: vec![uids],
				values_list: vec![values],
				salts_list: vec![vec![7]],
				version_keys: vec![key],
			},
		};
		Step::Call(hotkey, Box::new(call))
	})
}

fn governance() -> impl Strategy<Value = Step> {
	let parameter = prop_oneof![
		(1u16..9).prop_map(Hyperparameter::Tempo),
		any::<u16>().prop_map(Hyperparameter::Kappa),
		(0u64..1_100_000).prop_map(Hyperparameter::BondsMovingAverage),
		(1u16..50).prop_map(Hyperparameter::ActivityCutoff),
		(0u16..50).prop_map(Hyperparameter::ImmunityPeriod),
		any::<bool>().prop_map(Hyperparameter::CommitRevealWeightsEnabled),
		(1u64..3).prop_map(Hyperparameter::RevealPeriodEpochs),
		(1u16..6).prop_map(Hyperparameter::MaxAllowedUids),
		(0u64..3).prop_map(Hyperparameter::WeightsSetRateLimit),
		(1u16..50).prop_map(Hyperparameter::AdjustmentInterval),
		any::<u64>().prop_map(Hyperparameter::AdjustmentAlpha),
		(0u64..4 * TAO).prop_map(Hyperparameter::MinBurn),
		(0u64..4 * TAO).prop_map(Hyperparameter::MaxBurn),
	];
	let root = |call| Step::Root(Box::new(call));
	prop_oneof![
		8 => (netuids(), parameter).prop_map(move |(netuid, parameter)| root(Call::set_hyperparameter { netuid, parameter })),
		1 => (netuids(), coldkeys()).prop_map(move |(netuid, coldkey)| root(Call::dissolve_network { coldkey, netuid })),
		2 => (netuids(), 0u16..9).prop_map(move |(netuid, tempo)| root(Call::create_network { netuid, tempo })),
		1 => any::<u16>().prop_map(move |cut| root(Call::set_subnet_owner_cut { cut })),
		1 => (netuids(), coldkeys()).prop_map(move |(netuid, coldkey)| {
			root(Call::set_subnet_owner { netuid, coldkey, hotkey: hotkey(coldkey, 1) })
		}),
		1 => own(|_, hotkey| Call::register_network { hotkey }),
	]
}

fn step() -> impl Strategy<Value = Step> {
	let vote = (coldkeys(), vec(1u16..4, 1..3)).prop_map(|(coldkey, dests)| {
		let weights = (1..=dests.len() as u16).collect();
		let call = Call::set_root_weights { netuid: 0, hotkey: hotkey(coldkey, 2), dests, weights, version_key: 0 };
		Step::Call(coldkey, Box::new(call))
	});
	let join = (netuids(), coldkeys(), 1u64..4).prop_map(|(netuid, coldkey, n)| {
		Step::Call(coldkey, Box::new(Call::burned_register { netuid, hotkey: hotkey(coldkey, n) }))
	});
	let transfer = (coldkeys(), coldkeys(), prop_oneof![Just(0u64), 0u64..1_000, 0..TAO])
		.prop_map(|(from, to, left)| Step::Transfer { from, to, left });
	prop_oneof![
		6 => stakes(),
		6 => weights(),
		3 => join,
		2 => vote,
		1 => own(|_, hotkey| Call::root_register { hotkey }),
		1 => own(|take, hotkey| Call::decrease_take { hotkey, take: take as u16 * 1_000 }),
		1 => own(|take, hotkey| Call::increase_take { hotkey, take: take as u16 * 2_000 }),
		2 => governance(),
		1 => transfer,
	]
}

fn run(step: Step) {
	match step {
		Step::Call(who, call) => {
			let (info, outer) = (call.get_dispatch_info(), RuntimeCall::from((*call).clone()));
			let origin = || RuntimeOrigin::signed(who);
			let pool = CheckFreeCalls::<Test>::new().validate_only(origin(), &outer, &info, 0, External, 0);
			let executed = call.dispatch_bypass_filter(origin());
			if matches!(info.pays_fee, frame_support::dispatch::Pays::No) && !is_root_vote(&outer) {
				assert_eq!(pool.is_ok(), executed.is_ok(), "pool {pool:?}, call {executed:?}");
			}
		},
		Step::Root(call) => drop(call.dispatch_bypass_filter(RuntimeOrigin::root())),
		Step::Transfer { from, to, left } => {
			let amount = Balances::balance(&from).saturating_sub(left);
			let _ = Balances::transfer_allow_death(signed(from), to, amount);
		},
	}
}

/// Those are checked by another extension.
fn is_root_vote(call: &RuntimeCall) -> bool {
	matches!(call, RuntimeCall::Subnets(Call::set_root_weights { .. }))
}

/// Subnets that are small, busy and cheap, so that everything happens within a thousand blocks.
fn prepare() {
	crate::NetworkMinLockCost::<Test>::put(TAO);
	for netuid in [1, 2] {
		crate::ImmunityPeriod::<Test>::insert(netuid, 5);
		crate::MaxAllowedUids::<Test>::insert(netuid, 4);
		crate::AdjustmentInterval::<Test>::insert(netuid, 20);
	}
	join_root(1, 10 * TAO, &[1, 2]);
	join(1, 1, 10 * TAO);
	join(2, 2, 10 * TAO);
}

/// Blocks with room for a single epoch, in whose spare time a removed subnet is cleared step by step.
fn have_little_time() {
	type W = <Test as crate::Config>::WeightInfo;
	SubnetEpochBudget::set(Weight::zero());
	SpareTime::set(W::clear_nothing() + W::clear_neurons(2).max(W::clear_records()).max(W::return_stake(3)));
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: ProptestConfig::default().cases.div_ceil(13),
		max_shrink_iters: 200,
		..Default::default()
	})]

	#[test]
	fn not_one_rao_is_lost_in_a_thousand_blocks(blocks in vec(vec(step(), 0..3), 1_000), is_tight: bool) {
		execute(|| {
			prepare();
			if is_tight {
				have_little_time();
			}
			for (block, steps) in blocks.into_iter().enumerate() {
				steps.into_iter().for_each(run);
				next_block();
				System::reset_events(); // Or they would be most of the state.
				Subnets::check_issuance().expect("not one rao is lost");
				if block % CHECKED == 0 {
					check_invariants();
				}
			}
		});
	}
}
