// SPDX-License-Identifier: Apache-2.0
//! What each call and each part of a block costs, at its worst. `cargo test` runs them natively.
//!
//! The cost of an epoch is a sum of lines, each of them measured where everything but one number stands still; see
//! [`crate::epoch::EpochSize`]. Whether the sum is true of whole blocks is for [`blocks`] to say.

use alloc::{collections::VecDeque, vec, vec::Vec};

use frame_benchmarking::{account, v2::*};
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::RawOrigin;
use pallet_root_weights::{EmissionShares, PlainVec, RootParameter, RootParams};
use sp_core::H256;
use yuma_consensus::EpochOutput;

use crate::{
	check_free_calls::FreeRequest, payout::Paid, stake::Holding, Alpha, AxonInfo, Axons, BlocksSinceLastStep, Bonds,
	BondsPenalty, Burn, Call, CommitRevealWeightsEnabled, Config, Delegates, DueEpochs, Hyperparameter, ImmunityPeriod,
	Keys, LastTakeChange, LastUpdate, LiquidAlphaOn, MaxAllowedUids, MaxAllowedValidators, NetworkMinLockCost,
	NetworkRegisteredAt, NetworksAdded, Owner, Pallet, PendingEmission, PendingOwnerCut, Prometheus, PrometheusInfo,
	RegistrationsThisBlock, RegistrationsThisInterval, RemovedNetworks, SubnetEpochIndex, SubnetOwner, SubnetOwnerCut,
	SubnetOwnerHotkey, SubnetworkN, Tempo, TotalIssuance, Uids, ValidatorPermit, WeightCommits, WeightInfo, Weights,
	Yuma3On, MAX_BATCH, MAX_DELEGATE_TAKE, MAX_SALT, ROOT_NETUID,
};

pub(crate) mod blocks;
mod setup;

use setup::*;

#[cfg(feature = "runtime-benchmarks")]
impl<T: Config> pallet_root_weights::BenchmarkHelper<T::AccountId> for Pallet<T> {
	fn add_validator(stake: u64) -> (T::AccountId, T::AccountId) {
		add_validator::<T>(stake)
	}

	fn add_subnets(count: u32) -> Vec<u16> {
		add_subnets::<T>(count)
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// By a validator that has set weights before, in the order that is longest to sort.
	#[benchmark]
	fn set_weights(e: Linear<1, MOST_UIDS>) {
		Subnet::LARGEST.create::<T>();
		let uid = MOST_UIDS as u16 - 1;
		let hotkey = Keys::<T>::get(NETUID, uid).expect("the subnet is full");
		let dests: Vec<u16> = (0..MOST_UIDS as u16).rev().take(e as usize).collect();
		let weights = row(uid, e).into_iter().map(|(_, weight)| weight).collect();

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey), NETUID, dests, weights, u64::MAX);

		assert_eq!(Weights::<T>::get(NETUID, uid).len(), e as usize);
	}

	#[benchmark]
	fn add_stake() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);
		fund::<T>(&coldkey, STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone(), NETUID, STAKE);

		assert_eq!(Pallet::<T>::stake_of(&hotkey, &coldkey, NETUID), 2 * STAKE);
	}

	#[benchmark]
	fn remove_stake() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone(), NETUID, STAKE);

		assert_eq!(Pallet::<T>::stake_of(&hotkey, &coldkey, NETUID), 0);
	}

	/// In place of another in a full subnet of `n`, in which nobody has ever set weights.
	#[benchmark]
	fn burned_register(n: Linear<1, MOST_UIDS>) {
		Subnet { neurons: n, validators: 0, staked: 0, ..Subnet::SILENT }.create::<T>();
		MaxAllowedUids::<T>::insert(NETUID, n as u16);
		ImmunityPeriod::<T>::insert(NETUID, 1);
		let (coldkey, hotkey) = newcomer::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), NETUID, hotkey.clone());

		assert_eq!(Uids::<T>::get(NETUID, hotkey), Some(0));
	}

	/// Looking for a uid in `r` rows as long as there can be, all of which name it.
	#[benchmark]
	fn forget_weights(r: Linear<0, VALIDATORS>) {
		(0..r as u16).for_each(|uid| Weights::<T>::insert(NETUID, uid, row(uid, MOST_UIDS)));
		let looked_at;

		#[block]
		{
			looked_at = Pallet::<T>::forget_weights_on(NETUID, 7);
		}

		assert_eq!(looked_at, r);
		assert!(Weights::<T>::iter_prefix_values(NETUID).all(|row| row.len() as u32 == MOST_UIDS - 1));
	}

	/// In place of another, who has voted.
	#[benchmark]
	fn root_register() {
		let netuids = add_subnets::<T>(T::MaxSubnets::get());
		for _ in 0..T::MaxValidators::get() {
			add_validator::<T>(STAKE);
		}
		let vote = netuids.into_iter().map(|netuid| (netuid, u16::MAX)).collect();
		<T::RootRows as pallet_root_weights::RootRows>::put(0, vote);
		let (coldkey, hotkey) = newcomer::<T>();
		Owner::<T>::insert(&hotkey, &coldkey);
		Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), ROOT_NETUID, 2 * STAKE).expect("it can pay");

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone());

		assert_eq!(Uids::<T>::get(ROOT_NETUID, hotkey), Some(0));
	}

	/// By a hotkey that moves.
	#[benchmark]
	fn serve_axon() {
		add_subnets::<T>(1);
		let (hotkey, _) = add_neuron::<T>(NETUID, 0);
		Axons::<T>::insert(NETUID, &hotkey, AxonInfo::default());
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, 1, 1, 1, 4, 0, 0, 0);

		assert_eq!(Axons::<T>::get(NETUID, hotkey).map(|axon| axon.block), Some(BLOCK.into()));
	}

	/// By a hotkey that moves.
	#[benchmark]
	fn serve_prometheus() {
		add_subnets::<T>(1);
		let (hotkey, _) = add_neuron::<T>(NETUID, 0);
		Prometheus::<T>::insert(NETUID, &hotkey, PrometheusInfo::default());
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, 1, 1, 1, 4);

		assert_eq!(Prometheus::<T>::get(NETUID, hotkey).map(|served| served.block), Some(BLOCK.into()));
	}

	/// From as many subnets as there can be, and root.
	#[benchmark]
	fn unstake_all() {
		let netuids = add_subnets::<T>(T::MaxSubnets::get());
		let (hotkey, coldkey) = add_validator::<T>(STAKE);
		for netuid in netuids {
			fund::<T>(&coldkey, STAKE);
			Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), netuid, STAKE).expect("it can pay");
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone());

		assert_eq!(Alpha::<T>::iter_prefix((hotkey, coldkey)).count(), 0);
	}

	/// To where there is none yet, and nothing stays.
	#[benchmark]
	fn move_stake() {
		add_subnets::<T>(2);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, STAKE);
		let to = Holding { hotkey: add_neuron::<T>(2, 0).0, coldkey: coldkey.clone(), netuid: 2 };

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey, to.hotkey.clone(), NETUID, 2, STAKE);

		assert_eq!(Pallet::<T>::stake_of(&to.hotkey, &to.coldkey, to.netuid), STAKE);
	}

	#[benchmark]
	fn decrease_take() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone(), 1);

		assert_eq!(Delegates::<T>::get(hotkey), 1);
	}

	/// A second time.
	#[benchmark]
	fn increase_take() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, 0);
		Delegates::<T>::insert(&hotkey, 1);
		LastTakeChange::<T>::insert(&hotkey, 0);
		let block = T::TakeIncreaseInterval::get() as u32 + 1;
		frame_system::Pallet::<T>::set_block_number(block.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone(), MAX_DELEGATE_TAKE);

		assert_eq!(Delegates::<T>::get(hotkey), MAX_DELEGATE_TAKE);
	}

	/// By who has promised all but one row that it may.
	#[benchmark]
	fn commit_weights() {
		let hotkey = promise_rows::<T>(0);
		WeightCommits::<T>::mutate(NETUID, &hotkey, |waiting| waiting.as_mut().expect("it has promised").pop_back());

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, Default::default());

		assert_eq!(WeightCommits::<T>::get(NETUID, hotkey).expect("it has promised").len(), MAX_BATCH as usize);
	}

	/// By who has promised as many rows as it may, of which this is the last.
	#[benchmark]
	fn reveal_weights(e: Linear<1, MOST_UIDS>) {
		let hotkey = promise_rows::<T>(e);
		let uid = Uids::<T>::get(NETUID, &hotkey).expect("the subnet is full");
		let (dests, weights, salt) = promised_row(e);

		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey), NETUID, dests, weights, salt, 0);

		assert_eq!(Weights::<T>::get(NETUID, uid).len(), e as usize);
	}

	/// What the transaction extension does for weights in the open.
	#[benchmark]
	fn check_weights(e: Linear<1, MOST_UIDS>) {
		Subnet::LARGEST.create::<T>();
		let hotkey = Keys::<T>::get(NETUID, MOST_UIDS as u16 - 1).expect("the subnet is full");
		let (dests, weights, _) = promised_row(e);
		let request = Pallet::<T>::request_to_set(0, NETUID, &dests, &weights, 0);
		let request = request.expect("there is mechanism 0");
		let checked;

		#[block]
		{
			checked = Pallet::<T>::check_free(&hotkey, &request);
		}

		assert!(checked.is_ok());
	}

	/// What the transaction extension does for weights that were promised.
	#[benchmark]
	fn check_reveal(e: Linear<1, MOST_UIDS>) {
		let hotkey = promise_rows::<T>(e);
		let (dests, weights, salt) = promised_row(e);
		let request = Pallet::<T>::request_to_reveal(0, NETUID, &dests, &weights, &salt, 0);
		let request = request.expect("there is mechanism 0");
		let checked;

		#[block]
		{
			checked = Pallet::<T>::check_free(&hotkey, &request);
		}

		assert!(checked.is_ok() && matches!(request, FreeRequest::Reveal(..)));
	}

	/// The last subnet that there is room for.
	#[benchmark]
	fn register_network() {
		add_subnets::<T>(T::MaxSubnets::get() - 1);
		NetworkMinLockCost::<T>::put(STAKE);
		let (coldkey, hotkey) = newcomer::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone());

		assert_eq!(SubnetOwnerHotkey::<T>::get(T::MaxSubnets::get() as u16), Some(hotkey));
	}

	/// One that changes another value, too.
	#[benchmark]
	fn set_hyperparameter() {
		add_subnets::<T>(1);
		let owner = SubnetOwner::<T>::get(NETUID).expect("it has one");
		Burn::<T>::insert(NETUID, 7 * STAKE);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), NETUID, Hyperparameter::MaxBurn(STAKE));

		assert_eq!(Burn::<T>::get(NETUID), STAKE);
	}

	#[benchmark]
	fn set_subnet_owner() {
		add_subnets::<T>(1);
		let (hotkey, coldkey) = add_neuron::<T>(NETUID, 0);

		#[extrinsic_call]
		_(RawOrigin::Root, NETUID, coldkey, hotkey.clone());

		assert_eq!(SubnetOwnerHotkey::<T>::get(NETUID), Some(hotkey));
	}

	#[benchmark]
	fn set_subnet_owner_cut() {
		#[extrinsic_call]
		_(RawOrigin::Root, 1);

		assert_eq!(SubnetOwnerCut::<T>::get(), 1);
	}

	/// Of one subnet, at the end of its interval.
	#[benchmark]
	fn adjust_burn() {
		add_subnets::<T>(1);
		RegistrationsThisInterval::<T>::insert(NETUID, 64);
		let before = Burn::<T>::get(NETUID);
		let adjusted;
		add_other_items::<T>();

		#[block]
		{
			adjusted = Pallet::<T>::adjust_burn(NETUID, u64::from(u32::MAX));
		}

		assert!(adjusted && Burn::<T>::get(NETUID) > before);
	}

	/// After a block in which there were registrations on `r` subnets.
	#[benchmark]
	fn count_registrations(r: Linear<0, { T::MaxSubnets::get() }>) {
		(0..r as u16).for_each(|netuid| RegistrationsThisBlock::<T>::insert(netuid, 1));
		let counted;
		add_other_items::<T>();

		#[block]
		{
			counted = Pallet::<T>::count_registrations_anew();
		}

		assert_eq!(counted, r);
	}

	#[benchmark]
	fn create_network() {
		let last = add_subnets::<T>(T::MaxSubnets::get() - 1).len() as u16 + 1;

		#[extrinsic_call]
		_(RawOrigin::Root, last, 99);

		assert!(NetworksAdded::<T>::get(last));
	}

	/// With as many others leaving as can be, and as many epochs due.
	#[benchmark]
	fn dissolve_network() {
		let netuids = add_subnets::<T>(T::MaxSubnets::get());
		let owner = SubnetOwner::<T>::get(NETUID).expect("it has one");
		PendingEmission::<T>::insert(NETUID, STAKE);
		PendingOwnerCut::<T>::insert(NETUID, STAKE);
		TotalIssuance::<T>::mutate(|issuance| *issuance += 2 * STAKE);
		DueEpochs::<T>::put(queue_of::<T>(netuids));
		let others = (1..T::MaxSubnets::get() as u16).map(|other| 1_000 + other).collect();
		RemovedNetworks::<T>::put(queue_of::<T>(others));

		#[extrinsic_call]
		_(RawOrigin::Root, owner, NETUID);

		assert!(!NetworksAdded::<T>::get(NETUID));
	}

	/// Finding a removed subnet, for which there is no time.
	#[benchmark]
	fn clear_nothing() {
		add_neurons_of_everything::<T>(1);
		remove_subnet::<T>();
		let none = <T as Config>::WeightInfo::clear_nothing();

		#[block]
		{
			Pallet::<T>::clear_removed_networks(none);
		}

		assert_eq!(SubnetworkN::<T>::get(NETUID), 1);
	}

	/// Removing `k` neurons, who have everything that they may have.
	#[benchmark]
	fn clear_neurons(k: Linear<0, UIDS>) {
		add_neurons_of_everything::<T>(k);
		remove_subnet::<T>();
		let removed;

		#[block]
		{
			removed = Pallet::<T>::remove_neurons(NETUID, k);
		}

		assert_eq!((removed, Keys::<T>::iter_prefix(NETUID).count()), (k, 0));
	}

	/// Of a subnet that was full.
	#[benchmark]
	fn clear_records() {
		Subnet { neurons: MOST_UIDS, validators: 0, staked: 0, ..Subnet::SILENT }.create::<T>();
		remove_subnet::<T>();

		#[block]
		{
			Pallet::<T>::remove_all_records(NETUID);
		}

		assert!(!NetworkRegisteredAt::<T>::contains_key(NETUID));
	}

	/// Looking at `k` stakes, all of which go back.
	#[benchmark]
	fn return_stake(k: Linear<0, 1_000>) {
		add_subnets::<T>(1);
		let (hotkey, _) = add_neuron::<T>(NETUID, 0);
		for nominator in 0..k {
			let coldkey: T::AccountId = account("nominator", nominator, 0);
			fund::<T>(&coldkey, STAKE);
			Pallet::<T>::do_add_stake(coldkey, hotkey.clone(), NETUID, STAKE).expect("it can pay");
		}
		remove_subnet::<T>();
		Pallet::<T>::remove_neurons(NETUID, 1);
		Pallet::<T>::remove_all_records(NETUID);
		let seen;

		#[block]
		{
			seen = Pallet::<T>::return_stake(NETUID, k + 1);
		}

		assert_eq!((seen, Alpha::<T>::iter_keys().count()), (k, 0));
		assert!(RemovedNetworks::<T>::get().is_empty());
	}

	/// Minting for `s` subnets, all of which earn.
	#[benchmark]
	fn mint_block_emission(s: Linear<0, { T::MaxSubnets::get() }>) {
		let netuids = add_subnets::<T>(s);
		share_emission::<T>(&netuids, s);
		let minted;
		add_other_items::<T>();

		#[block]
		{
			minted = Pallet::<T>::mint_block_emission();
		}

		assert_eq!(minted.0.len(), s as usize);
	}

	/// Looking for epochs that are due among `s` subnets, and there are none.
	#[benchmark]
	fn idle(s: Linear<0, { T::MaxSubnets::get() }>) {
		let netuids = add_subnets::<T>(s);
		netuids.iter().for_each(|netuid| Tempo::<T>::insert(netuid, u16::MAX));
		add_other_items::<T>();

		#[block]
		{
			Pallet::<T>::go_through_subnets(netuids, 1u32.into());
		}

		assert_eq!(BlocksSinceLastStep::<T>::iter_values().sum::<u64>(), u64::from(s));
	}

	/// Looking at the first of `d` epochs, and leaving all of them for later.
	#[benchmark]
	fn defer_epochs(d: Linear<0, { T::MaxSubnets::get() }>) {
		let netuids = add_subnets::<T>(d);
		Subnet { neurons: MOST_UIDS, validators: VALIDATORS, staked: 0, ..Subnet::SILENT }.create::<T>();
		add_other_items::<T>();

		#[block]
		{
			Pallet::<T>::epoch_limits(NETUID, d);
			Pallet::<T>::defer_epochs(queue_of::<T>(netuids), 0, 0);
		}

		assert_eq!(DueEpochs::<T>::get().len(), d as usize);
	}

	/// An epoch, found to be due, of `n` neurons without permits, weights, bonds and pay.
	#[benchmark]
	fn epoch_neurons(n: Linear<0, MOST_UIDS>) {
		Subnet { neurons: n, validators: 0, ..Subnet::SILENT }.create::<T>();
		add_other_items::<T>();

		#[block]
		{
			Pallet::<T>::run_due_epochs(queue_of::<T>(vec![NETUID]), 0, 1, BLOCK.into());
		}

		assert_eq!(crate::Rank::<T>::get(NETUID).len(), n as usize);
	}

	/// An epoch that stores the bonds of `v` validators, which are empty.
	#[benchmark]
	fn epoch_validators(v: Linear<0, VALIDATORS>) {
		Subnet { validators: v, ..Subnet::SILENT }.create::<T>();
		add_other_items::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert_eq!(ValidatorPermit::<T>::get(NETUID).iter().filter(|permit| **permit).count(), v as usize);
	}

	/// Paying `m` miners, all stake on whom is their owners'.
	#[benchmark]
	fn pay_miners(m: Linear<0, MOST_UIDS>) {
		let payees = payees::<T>(m, true);
		let output = EpochOutput { server_emission: vec![STAKE / 2; m as usize], ..Default::default() };
		let paid;
		add_other_items::<T>();

		#[block]
		{
			paid = read_and_pay::<T>(&output);
		}

		assert_eq!(paid, Paid { miners: m, ..Paid::default() });
		assert_stakes::<T>(&payees[..m as usize], STAKE * 3 / 2);
	}

	/// Paying `m` miners, who have no stake yet.
	#[benchmark]
	fn pay_newcomers(m: Linear<0, MOST_UIDS>) {
		let payees = payees::<T>(m, false);
		let output = EpochOutput { server_emission: vec![STAKE; m as usize], ..Default::default() };
		let paid;
		add_other_items::<T>();

		#[block]
		{
			paid = read_and_pay::<T>(&output);
		}

		assert_eq!(paid, Paid { miners: m, newcomers: m, ..Paid::default() });
		assert_stakes::<T>(&payees[..m as usize], STAKE);
	}

	/// Paying `v` validators, who have stake on this subnet alone, so much that their owners' shares are counted anew.
	#[benchmark]
	fn pay_validators(v: Linear<0, MOST_UIDS>) {
		let payees = payees::<T>(v, true);
		let permits = vec![true; v as usize];
		let output = EpochOutput { validator_emission: vec![STAKE; v as usize], permits, ..Default::default() };
		let paid;
		add_other_items::<T>();

		#[block]
		{
			paid = read_and_pay::<T>(&output);
		}

		assert_eq!(paid, Paid { validators: v, ..Paid::default() });
		assert_stakes::<T>(&payees[..v as usize], 2 * STAKE);
	}

	/// Paying `b` neurons as validators, as above, and then as miners.
	#[benchmark]
	fn pay_both(b: Linear<0, MOST_UIDS>) {
		let payees = payees::<T>(b, true);
		let output = EpochOutput {
			permits: vec![true; b as usize],
			validator_emission: vec![STAKE; b as usize],
			server_emission: vec![STAKE / 2; b as usize],
			..Default::default()
		};
		let paid;
		add_other_items::<T>();

		#[block]
		{
			paid = read_and_pay::<T>(&output);
		}

		assert_eq!(paid, Paid { both: b, ..Paid::default() });
		assert_stakes::<T>(&payees[..b as usize], STAKE * 5 / 2);
	}

	/// An epoch that pays one validator, who has stake on `p` other subnets.
	#[benchmark]
	fn epoch_pools(p: Linear<0, { T::MaxSubnets::get() - 1 }>) {
		let pending = 1_000 * STAKE;
		Subnet { neurons: 1, validators: 1, staked: 1, pools: p, pending, ..Subnet::SILENT }.create::<T>();
		let hotkey = Keys::<T>::get(NETUID, 0).expect("there is one");
		let coldkey = Owner::<T>::get(&hotkey).expect("it has an owner");
		add_other_items::<T>();

		#[block]
		{
			Pallet::<T>::run_epoch(NETUID, BLOCK.into());
		}

		assert!(p == 0 || Pallet::<T>::stake_of(&hotkey, &coldkey, NETUID + p as u16) > STAKE);
	}

	/// An epoch's part on `e` weights, which become as many bonds.
	#[benchmark]
	fn epoch_weights(e: Linear<0, ENTRIES>) {
		let input = Subnet { weights: e, ..Subnet::SILENT }.create_input::<T>();

		#[block]
		{
			run_on_rows::<T>(input);
		}

		assert!((e.saturating_sub(VALIDATORS)..=e).contains(&count_bonds::<T>()));
	}

	/// An epoch's part on `e` bonds from earlier epochs, with weights on all.
	#[benchmark]
	fn epoch_bonds(e: Linear<0, ENTRIES>) {
		let input = Subnet { bonds: e, ..Subnet::FULL }.create_input::<T>();

		#[block]
		{
			run_on_rows::<T>(input);
		}

		assert!((ENTRIES - VALIDATORS..=ENTRIES).contains(&count_bonds::<T>()));
	}

	/// An epoch's part on `e` weights and as many bonds, each of which moves at its own pace.
	#[benchmark]
	fn epoch_liquid(e: Linear<0, ENTRIES>) {
		let input = Subnet { weights: e, bonds: e, is_liquid: true, ..Subnet::FULL }.create_input::<T>();

		#[block]
		{
			run_on_rows::<T>(input);
		}

		assert!((e.saturating_sub(VALIDATORS)..=e).contains(&count_bonds::<T>()));
	}

	/// A block in which a root epoch is due; see [`blocks`].
	#[benchmark(extra)]
	fn root_block(p: Linear<0, { blocks::ROOT.len() as u32 - 1 }>) {
		let run = blocks::ROOT[p as usize].create::<T>();
		let charged;

		#[block]
		{
			charged = run();
		}

		assert!(charged.ref_time() > 0);
	}

	/// A block of this pallet; see [`blocks`].
	#[benchmark(extra)]
	fn subnets_block(p: Linear<0, { blocks::SUBNETS.len() as u32 - 1 }>) {
		let run = blocks::SUBNETS[p as usize].create::<T>();
		let charged;

		#[block]
		{
			charged = run();
		}

		assert!(charged.ref_time() > 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
