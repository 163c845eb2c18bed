// SPDX-License-Identifier: Apache-2.0
//! A chain of this pallet, balances and root weights, in the order of the runtime.

use frame_support::{
	derive_impl, parameter_types,
	traits::Hooks,
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::limits::BlockWeights;
use sp_runtime::{traits::ConstU64, BuildStorage, Perbill};

const A_SECOND: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
/// Of a block for epochs of subnets.
pub const LARGE_BUDGET: Weight = Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX);

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		RootWeights: pallet_root_weights,
		Subnets: crate,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type BlockWeights = Blocks;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type ExistentialDeposit = ConstU64<500>;
	type DustRemoval = crate::BurnFromIssuance<Test>;
}

parameter_types! {
	pub const EpochBudget: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, 0);
	/// As in the runtime, of a block of four seconds.
	pub Blocks: BlockWeights =
		BlockWeights::with_sensible_defaults(Weight::from_parts(4 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX), Perbill::from_percent(75));
	/// What a block has for epochs, of which all there are fit unless a test says otherwise.
	pub static SubnetEpochBudget: Weight = LARGE_BUDGET;
	/// What a block leaves to [`Hooks::on_idle`].
	pub static SpareTime: Weight = A_SECOND;
	pub static MaxValidators: u32 = 3;
	pub static MaxSubnets: u32 = 16;
	/// Who lost a uid, and of which subnet, as others hear of it.
	pub static RemovedNeurons: Vec<(u16, u64)> = vec![];
}

impl pallet_root_weights::Config for Test {
	type RootValidators = Subnets;
	type Subnets = Subnets;
	type RootParams = Subnets;
	type RootRows = pallet_root_weights::RowsInMap<crate::Weights<Test>>;
	type EpochBudget = EpochBudget;
	type BlockEmission = crate::BlockEmission<Test>;
	type MaxValidators = MaxValidators;
	type MaxSubnets = MaxSubnets;
	type WeightInfo = pallet_root_weights::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Subnets;
}

/// Notes down in [`RemovedNeurons`] what it hears.
pub struct Listener;

impl crate::OnNeuronRemoved<u64> for Listener {
	fn on_neuron_removed(netuid: u16, hotkey: &u64) {
		RemovedNeurons::mutate(|removed| removed.push((netuid, *hotkey)));
	}
}

impl crate::Config for Test {
	type Currency = Balances;
	type OnNeuronRemoved = Listener;
	type SubnetEpochBudget = SubnetEpochBudget;
	type TakeIncreaseInterval = ConstU64<100>;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// One TAO in rao, the block emission before the first halving.
pub const TAO: u64 = 1_000_000_000;
/// Coldkeys that hold a thousand TAO each.
pub const COLDKEYS: core::ops::RangeInclusive<u64> = 1..=8;
/// Tempo of the root network and of subnets 1 and 2.
pub const TEMPO: u16 = 4;

/// A chain with room for as much as the benchmarks set up, on which there is nothing yet.
pub fn externalities() -> sp_io::TestExternalities {
	MaxValidators::set(64);
	MaxSubnets::set(64);
	SubnetEpochBudget::set(LARGE_BUDGET);
	RuntimeGenesisConfig::default().build_storage().expect("the mock's genesis is sound").into()
}

/// Runs `test` on a fresh chain, then checks every invariant.
#[track_caller]
pub fn execute(test: impl FnOnce()) {
	MaxValidators::set(3);
	MaxSubnets::set(16);
	SubnetEpochBudget::set(LARGE_BUDGET);
	SpareTime::set(A_SECOND);
	RemovedNeurons::set(vec![]);
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: COLDKEYS.map(|coldkey| (coldkey, 1_000 * TAO)).collect(),
			..Default::default()
		},
		subnets: crate::GenesisConfig {
			root_tempo: TEMPO,
			networks: vec![(1, TEMPO), (2, TEMPO)],
			..Default::default()
		},
		..Default::default()
	};
	let storage = genesis.build_storage().expect("the mock's genesis is sound");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		check_invariants();
	});
}

#[track_caller]
pub fn check_invariants() {
	Subnets::do_try_state().expect("every invariant of subnets holds");
	RootWeights::do_try_state().expect("every invariant of root weights holds");
}

/// Goes through `blocks` blocks, checking every invariant after each.
pub fn advance(blocks: u64) {
	for _ in 0..blocks {
		next_block();
		check_invariants();
	}
}

/// Goes through one block.
pub fn next_block() {
	let block = System::block_number() + 1;
	System::set_block_number(block);
	RootWeights::on_initialize(block);
	Subnets::on_initialize(block);
	Subnets::on_idle(block, SpareTime::get());
}
