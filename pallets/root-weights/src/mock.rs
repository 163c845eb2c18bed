// SPDX-License-Identifier: Apache-2.0
//! A chain of nothing but this pallet: validators, subnets and parameters are set by the test.

use frame_support::{
	derive_impl,
	pallet_prelude::ValueQuery,
	parameter_types, storage_alias,
	traits::{ConstU32, Hooks},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::BuildStorage;

use crate::{
	BenchmarkHelper, Call, OwnRows, RootParameter, RootParameters, RootParams, RootValidator, RootValidators, Subnets,
	WeightInfo,
};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		RootWeights: crate,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

/// Most subnets of the mock.
pub const MAX_SUBNETS: u32 = 64;
/// What the parameters are at the start of a test.
pub const INITIAL: RootParameters = RootParameters {
	tempo: 4,
	kappa: 32_767,
	rho: 10,
	min_allowed_weights: 0,
	max_weight_limit: u16::MAX,
	rate_limit: 0,
	version_key: 0,
	min_stake: 0,
	commit_reveal: false,
};
/// Room for any epoch.
pub const ROOMY: Weight = Weight::from_parts(1_000_000_000, 0);

/// `(hotkey, coldkey, stake)` by uid.
#[storage_alias]
pub type Validators = StorageValue<Chain, Vec<(u64, u64, u64)>, ValueQuery>;
/// `(hotkey, coldkey)` of hotkeys that are not on the root network.
#[storage_alias]
pub type OffRoot = StorageValue<Chain, Vec<(u64, u64)>, ValueQuery>;
/// Subnets.
#[storage_alias]
pub type Netuids = StorageValue<Chain, Vec<u16>, ValueQuery>;

parameter_types! {
	pub static Params: RootParameters = INITIAL;
	pub static BlockEmission: u64 = 1_000_000_000;
	pub static EpochBudget: Weight = ROOMY;
}

pub struct Chain;

impl RootValidators<u64> for Chain {
	fn all() -> Vec<RootValidator<u64>> {
		let validators = Validators::get().into_iter().zip(0..);
		validators.map(|((hotkey, _, stake), uid)| RootValidator { uid, hotkey, stake }).collect()
	}

	fn uid_of(hotkey: &u64) -> Option<u16> {
		Self::all().into_iter().find(|validator| validator.hotkey == *hotkey).map(|validator| validator.uid)
	}

	fn owner_of(hotkey: &u64) -> Option<u64> {
		let on_root = Validators::get().into_iter().map(|(hotkey, coldkey, _)| (hotkey, coldkey));
		on_root.chain(OffRoot::get()).find(|(own, _)| own == hotkey).map(|(_, coldkey)| coldkey)
	}

	fn stake_of(hotkey: &u64) -> u64 {
		Self::all().into_iter().find(|validator| validator.hotkey == *hotkey).map_or(0, |validator| validator.stake)
	}
}

impl Subnets for Chain {
	fn netuids() -> Vec<u16> {
		Netuids::get()
	}
}

impl RootParams for Chain {
	fn get() -> RootParameters {
		Params::get()
	}

	fn set(parameter: RootParameter) {
		Params::mutate(|params| match parameter {
			RootParameter::Tempo(tempo) => params.tempo = tempo,
			RootParameter::Kappa(kappa) => params.kappa = kappa,
			RootParameter::Rho(rho) => params.rho = rho,
			RootParameter::MinAllowedWeights(entries) => params.min_allowed_weights = entries,
			RootParameter::MaxWeightLimit(limit) => params.max_weight_limit = limit,
			RootParameter::RateLimit(blocks) => params.rate_limit = blocks,
			RootParameter::VersionKey(key) => params.version_key = key,
			RootParameter::MinStake(stake) => params.min_stake = stake,
			RootParameter::CommitReveal(on) => params.commit_reveal = on,
		});
	}
}

impl BenchmarkHelper<u64> for Chain {
	fn add_validator(stake: u64) -> (u64, u64) {
		let uid = Validators::get().len() as u16;
		Validators::mutate(|validators| validators.push((hotkey(uid), coldkey(uid), stake)));
		(hotkey(uid), coldkey(uid))
	}

	fn add_subnets(count: u32) -> Vec<u16> {
		Netuids::set((1..=count as u16).collect());
		Netuids::get()
	}
}

/// Weights that tell in their digits what was charged for.
pub struct Counted;

impl WeightInfo for Counted {
	fn set_root_weights(e: u32) -> Weight {
		Weight::from_parts(100 + u64::from(e), 0)
	}
	fn commit_root_weights() -> Weight {
		Weight::from_parts(100, 0)
	}
	fn reveal_root_weights(e: u32) -> Weight {
		Weight::from_parts(200 + u64::from(e), 0)
	}
	fn set_parameter() -> Weight {
		Weight::from_parts(10, 0)
	}
	fn check_vote(e: u32) -> Weight {
		Weight::from_parts(50 + u64::from(e), 0)
	}
	fn idle() -> Weight {
		Weight::from_parts(1, 0)
	}
	fn epoch_validators(v: u32) -> Weight {
		Weight::from_parts(20 + 100_000 * u64::from(v), 0)
	}
	fn epoch_subnets(s: u32) -> Weight {
		Weight::from_parts(20 + 1_000_000 * u64::from(s), 0)
	}
	fn epoch_entries(e: u32) -> Weight {
		Weight::from_parts(20 + 10 * u64::from(e), 0)
	}
}

impl crate::Config for Test {
	type RootValidators = Chain;
	type Subnets = Chain;
	type RootParams = Chain;
	type RootRows = OwnRows<Test>;
	type BlockEmission = BlockEmission;
	type EpochBudget = EpochBudget;
	type MaxValidators = ConstU32<64>;
	type MaxSubnets = ConstU32<MAX_SUBNETS>;
	type WeightInfo = Counted;
	type BenchmarkHelper = Chain;
}

/// Hotkey of the validator with that uid.
pub fn hotkey(uid: u16) -> u64 {
	100 + u64::from(uid)
}

/// Coldkey of the validator with that uid.
pub fn coldkey(uid: u16) -> u64 {
	200 + u64::from(uid)
}

/// The call by which validator `uid` sets its row.
pub fn vote(uid: u16, dests: &[u16], weights: &[u16]) -> Call<Test> {
	Call::set_root_weights {
		netuid: 0,
		hotkey: hotkey(uid),
		dests: dests.to_vec(),
		weights: weights.to_vec(),
		version_key: 0,
	}
}

/// The call by which validator `uid` reveals a row; its salt is `[7]`.
pub fn reveal(uid: u16, dests: &[u16], weights: &[u16]) -> Call<Test> {
	Call::reveal_root_weights {
		hotkey: hotkey(uid),
		dests: dests.to_vec(),
		weights: weights.to_vec(),
		salt: vec![7],
		version_key: 0,
	}
}

/// The call by which validator `uid` promises the row that [`reveal`] sets.
pub fn promise(uid: u16, dests: &[u16], weights: &[u16]) -> Call<Test> {
	let ballot = crate::Ballot { netuid: 0, dests, weights, version_key: 0 };
	let commit_hash: H256 = RootWeights::commitment(&hotkey(uid), ballot, &[7]);
	Call::commit_root_weights { hotkey: hotkey(uid), commit_hash }
}

/// A fresh state.
pub fn externalities() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("the mock has a genesis");
	storage.into()
}

/// Runs `test` in block 1 of a chain with these validators' stakes and subnets, then checks every invariant.
#[track_caller]
pub fn execute(stakes: &[u64], netuids: impl IntoIterator<Item = u16>, test: impl FnOnce()) {
	Params::set(INITIAL);
	BlockEmission::set(1_000_000_000);
	EpochBudget::set(ROOMY);
	externalities().execute_with(|| {
		System::set_block_number(1);
		Validators::set((0..).zip(stakes).map(|(uid, stake)| (hotkey(uid), coldkey(uid), *stake)).collect());
		Netuids::set(netuids.into_iter().collect());
		test();
		RootWeights::do_try_state().expect("every invariant holds after the test");
	});
}

/// Goes on to `block` and does what it does.
pub fn run_block(block: u64) -> Weight {
	System::set_block_number(block);
	RootWeights::on_initialize(block)
}

/// Goes on to the next block in which a root epoch runs.
pub fn run_root_epoch() {
	run_block(RootWeights::next_epoch_block().expect("the tempo is not zero"));
}
