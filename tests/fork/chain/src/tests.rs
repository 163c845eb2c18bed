// SPDX-License-Identifier: Apache-2.0
//! A fork's runtime, and what its validators and subnets rely on.

use frame_support::{
	assert_ok, derive_impl,
	dispatch::GetDispatchInfo,
	traits::{ConstU32, ConstU64, Hooks},
};
use pallet_root_weights::{
	refusal, weights::SubstrateWeight, CheckRootVote, Error, RootParameter, RootParams, Rows, ROOT_NETUID,
};
use sp_runtime::{
	traits::DispatchTransaction,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	BuildStorage,
};

use super::*;

type Block = frame_system::mocking::MockBlock<Runtime>;

frame_support::construct_runtime!(
	pub enum Runtime {
		System: frame_system,
		SubtensorModule: crate,
		RootWeights: pallet_root_weights,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
}

impl crate::Config for Runtime {}

impl pallet_root_weights::Config for Runtime {
	type RootValidators = Subtensor<Runtime>;
	type Subnets = Subtensor<Runtime>;
	type RootParams = Subtensor<Runtime>;
	type RootRows = SubtensorRows<Runtime>;
	type BlockEmission = ConstU64<1_000>;
	type EpochBudget = RootEpochBudget<Runtime>;
	type MaxValidators = ConstU32<8>;
	type MaxSubnets = ConstU32<16>;
	type WeightInfo = SubstrateWeight<Runtime>;
}

const ROOT: NetUidStorageIndex = NetUidStorageIndex(ROOT_NETUID);
const COLDKEY: u64 = 20;
const HOTKEYS: [u64; 2] = [10, 11];

/// Runs `test` on a chain of two root validators of equal stake and of subnets 1 and 2.
#[track_caller]
fn execute(test: impl FnOnce()) {
	let storage = frame_system::GenesisConfig::<Runtime>::default().build_storage().expect("the mock has a genesis");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		Tempo::<Runtime>::insert(NetUid::ROOT, 4);
		Kappa::<Runtime>::insert(NetUid::ROOT, 32_767);
		Rho::<Runtime>::insert(NetUid::ROOT, 10);
		MaxWeightsLimit::<Runtime>::insert(NetUid::ROOT, u16::MAX);
		for netuid in 0..3 {
			NetworksAdded::<Runtime>::insert(NetUid(netuid), true);
		}
		for (uid, hotkey) in (0..).zip(HOTKEYS) {
			Keys::<Runtime>::insert(NetUid::ROOT, uid, hotkey);
			Uids::<Runtime>::insert(NetUid::ROOT, hotkey, uid);
			Owner::<Runtime>::insert(hotkey, COLDKEY);
			Stake::<Runtime>::insert(hotkey, 1_000);
		}
		test();
		RootWeights::do_try_state().expect("every invariant holds after the test");
	});
}

fn vote(dests: &[u16], weights: &[u16]) -> RuntimeCall {
	RuntimeCall::RootWeights(pallet_root_weights::Call::set_root_weights {
		netuid: 0,
		hotkey: HOTKEYS[1],
		dests: dests.to_vec(),
		weights: weights.to_vec(),
		version_key: 0,
	})
}

/// Sends `call` as a transaction that nothing but the pallet's own extension checks.
fn send(call: RuntimeCall) -> Result<(), TransactionValidityError> {
	let info = call.get_dispatch_info();
	let origin = RuntimeOrigin::signed(COLDKEY);
	let extension = CheckRootVote::<Runtime>::new();
	extension.clone().validate_only(origin.clone(), &call, &info, 0, TransactionSource::External, 0)?;
	assert_ok!(extension.dispatch_transaction(origin, call, &info, 0, 0)?);
	Ok(())
}

fn run_root_epoch() {
	let block = RootWeights::next_epoch_block().expect("the tempo is not zero");
	System::set_block_number(block);
	RootWeights::on_initialize(block);
}

#[test]
fn rows_from_before_the_pallet_count() {
	execute(|| {
		Weights::<Runtime>::insert(ROOT, 0, vec![(2, 7), (1, 7)]);
		run_root_epoch();
		assert_eq!(RootWeights::split_emission(1_000), [(1, 500), (2, 500)]);
	});
}

#[test]
fn a_vote_is_kept_where_the_chain_has_its_rows() {
	execute(|| {
		Weights::<Runtime>::insert(NetUidStorageIndex(1), 1, vec![(0, 9)]);
		assert_ok!(send(vote(&[2], &[3])));
		assert_eq!(Weights::<Runtime>::get(ROOT, 1), [(2, 65_535)]);
		assert_eq!(Weights::<Runtime>::get(NetUidStorageIndex(1), 1), [(0, 9)]);
		assert_eq!(Rows::<Runtime>::iter().count(), 0);
		run_root_epoch();
		assert_eq!(RootWeights::split_emission(1_000), [(1, 0), (2, 1_000)]);
	});
}

#[test]
fn a_replaced_validator_leaves_no_row() {
	execute(|| {
		assert_ok!(send(vote(&[2], &[3])));
		RootWeights::clear_validator(1);
		assert!(!Weights::<Runtime>::contains_key(ROOT, 1));
	});
}

#[test]
fn a_vote_that_would_fail_stays_out_of_the_pool() {
	execute(|| {
		let unknown: InvalidTransaction = refusal(Error::<Runtime>::UnknownNetuid { netuid: 9 });
		assert_eq!(send(vote(&[9], &[1])), Err(unknown.into()));
		assert!(!Weights::<Runtime>::contains_key(ROOT, 1));
	});
}

#[test]
fn a_hotkey_without_an_owner_has_none() {
	execute(|| {
		Owner::<Runtime>::remove(HOTKEYS[1]);
		let refused: InvalidTransaction = refusal(Error::<Runtime>::NotHotkeyOwner);
		assert_eq!(send(vote(&[1], &[1])), Err(refused.into()));
	});
}

#[test]
fn each_parameter_is_kept_where_the_chain_has_it() {
	execute(|| {
		let parameters = [
			RootParameter::Tempo(1),
			RootParameter::Kappa(2),
			RootParameter::Rho(3),
			RootParameter::MinAllowedWeights(4),
			RootParameter::MaxWeightLimit(5),
			RootParameter::RateLimit(6),
			RootParameter::VersionKey(7),
			RootParameter::MinStake(8),
			RootParameter::CommitReveal(true),
		];
		for parameter in parameters {
			assert_ok!(RootWeights::set_parameter(RuntimeOrigin::root(), parameter));
		}
		let read = <Subtensor<Runtime> as RootParams>::get();
		assert_eq!((read.tempo, read.kappa, read.rho), (1, 2, 3));
		assert_eq!((read.min_allowed_weights, read.max_weight_limit, read.rate_limit), (4, 5, 6));
		assert_eq!((read.version_key, read.min_stake, read.commit_reveal), (7, 8, true));
		assert_eq!((Tempo::<Runtime>::get(NetUid::ROOT), StakeThreshold::<Runtime>::get()), (1, 8));
	});
}
