// SPDX-License-Identifier: Apache-2.0
//! A chain of nothing but this pallet: validators, subnets and parameters are set by the test.

use frame_support::{derive_impl, parameter_types};
use sp_runtime::BuildStorage;

use crate::{EmissionParams, RootParams, RootValidator, RootValidators, Subnets};

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

parameter_types! {
	/// `(hotkey, coldkey, stake)` by uid.
	pub static Validators: Vec<(u64, u64, u64)> = vec![];
	/// `(hotkey, coldkey)` of hotkeys that are not on the root network.
	pub static OffRoot: Vec<(u64, u64)> = vec![];
	pub static Netuids: Vec<u16> = vec![];
	pub static Params: EmissionParams = EmissionParams { tempo: 4, kappa: 32_767, rho: 10, version_key: 0 };
	pub static BlockEmission: u64 = 1_000_000_000;
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
}

impl Subnets for Chain {
	fn netuids() -> Vec<u16> {
		Netuids::get()
	}
}

impl RootParams for Chain {
	fn get() -> EmissionParams {
		Params::get()
	}
}

impl crate::Config for Test {
	type RootValidators = Chain;
	type Subnets = Chain;
	type RootParams = Chain;
	type BlockEmission = BlockEmission;
	type MaxValidators = frame_support::traits::ConstU32<64>;
	type MaxSubnets = frame_support::traits::ConstU32<16>;
	type WeightInfo = ();
}

/// Hotkey of the validator with that uid.
pub fn hotkey(uid: u16) -> u64 {
	100 + u64::from(uid)
}

/// Coldkey of the validator with that uid.
pub fn coldkey(uid: u16) -> u64 {
	200 + u64::from(uid)
}

/// Runs `test` on a chain with these validators' stakes and subnets, then checks every invariant.
#[track_caller]
pub fn execute(stakes: &[u64], netuids: impl IntoIterator<Item = u16>, test: impl FnOnce()) {
	Validators::set((0..).zip(stakes).map(|(uid, stake)| (hotkey(uid), coldkey(uid), *stake)).collect());
	Netuids::set(netuids.into_iter().collect());
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("the mock has a genesis");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		RootWeights::do_try_state().expect("every invariant holds after the test");
	});
}

/// Goes on to the next block in which a root epoch runs.
pub fn run_root_epoch() {
	use frame_support::traits::Hooks;
	let block = RootWeights::next_epoch_block().expect("the tempo is not zero");
	System::set_block_number(block);
	RootWeights::on_initialize(block);
}
