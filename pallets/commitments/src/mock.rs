// SPDX-License-Identifier: Apache-2.0
//! A chain of nothing but this pallet, where hotkey 1 is registered on subnet 1.

use frame_support::{derive_impl, traits::ConstU32};
use sp_runtime::{traits::ConstU64, BuildStorage};

use crate::Committers;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Commitments: crate,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

pub struct OnlyOne;

impl Committers<u64> for OnlyOne {
	fn is_registered(netuid: u16, hotkey: &u64) -> bool {
		netuid == 1 && *hotkey == 1
	}

	fn register_one() -> (u16, u64) {
		(1, 1)
	}
}

impl crate::Config for Test {
	type Committers = OnlyOne;
	type MaxFields = ConstU32<3>;
	type RateLimit = ConstU64<10>;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

pub fn externalities() -> sp_io::TestExternalities {
	frame_system::GenesisConfig::<Test>::default().build_storage().expect("the mock has a genesis").into()
}

/// Runs `test` in block 1, then checks every invariant.
pub fn execute(test: impl FnOnce()) {
	externalities().execute_with(|| {
		System::set_block_number(1);
		test();
		Commitments::do_try_state().expect("every invariant holds");
	});
}
