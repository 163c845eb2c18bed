// SPDX-License-Identifier: Apache-2.0
//! How each pallet is set up.

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU16, ConstU32, ConstU64, ConstU8, Get, VariantCountOf},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		IdentityFee, Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::{traits::One, Perbill};
use sp_version::RuntimeVersion;

use crate::{
	AccountId, Aura, Balance, Balances, Block, Commitments, Hash, Nonce, OriginCaller, PalletInfo, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask, SubtensorModule,
	System, EXISTENTIAL_DEPOSIT, SLOT_DURATION, VERSION,
};

/// Part of a block that ordinary transactions may fill.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
/// Computation a block may hold, as much as subtensor's; blocks are seconds apart at the usual setting. The largest subnet
/// epoch and the largest root epoch fit in one, which the pallets' integrity tests prove.
const MAXIMUM_BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND.saturating_mul(4), u64::MAX);

parameter_types! {
	/// A mortal era spans up to half of this many blocks; SDKs use up to 128.
	pub const BlockHashCount: u32 = 2_400;
	pub const Version: RuntimeVersion = VERSION;
	pub RuntimeBlockWeights: BlockWeights =
		BlockWeights::with_sensible_defaults(MAXIMUM_BLOCK_WEIGHT, NORMAL_DISPATCH_RATIO);
	pub RuntimeBlockLength: BlockLength =
		BlockLength::builder().max_length(5 * 1024 * 1024).modify_max_length_for_class(
			frame_support::dispatch::DispatchClass::Normal,
			|max| *max = NORMAL_DISPATCH_RATIO.mul_floor(5 * 1024 * 1024),
		).build();
	pub FeeMultiplier: Multiplier = Multiplier::one();
	/// Part of a block that the root epoch may take.
	pub RootEpochBudget: Weight = Perbill::from_percent(5) * MAXIMUM_BLOCK_WEIGHT;
	/// Part of a block that the epochs of subnets may take.
	pub SubnetEpochBudget: Weight = Perbill::from_percent(85) * MAXIMUM_BLOCK_WEIGHT;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type BlockHashCount = BlockHashCount;
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SS58Prefix = ConstU16<42>;
	type MaxConsumers = ConstU32<16>;
}

/// As many as an operator may name at genesis; the set is fixed from then on.
type MaxAuthorities = ConstU32<32>;

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = ();
	type MaxAuthorities = MaxAuthorities;
	type AllowMultipleBlocksPerSlot = IsSealedByOne;
	type SlotDuration = ConstU64<SLOT_DURATION>;
}

/// One authority by itself seals when it likes, several times in a slot or never; several take turns, a block a slot.
pub struct IsSealedByOne;

impl Get<bool> for IsSealedByOne {
	fn get() -> bool {
		Aura::authorities_len() == 1
	}
}

/// Without sessions the set never changes, and nobody can prove who held a key when: equivocations are not reported.
impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

/// Milliseconds of the wall clock; blocks may be as close as the sealing likes.
impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Aura;
	type MinimumPeriod = ConstU64<0>;
	type WeightInfo = ();
}

impl pallet_balances::Config for Runtime {
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ();
	type ReserveIdentifier = [u8; 8];
	type Balance = Balance;
	type RuntimeEvent = RuntimeEvent;
	type DustRemoval = pallet_subnets::BurnFromIssuance<Runtime>;
	type ExistentialDeposit = ConstU64<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type DoneSlashHandler = ();
}

/// A rao for each nanosecond of weight and each byte, burned.
impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, pallet_subnets::BurnFromIssuance<Runtime>>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightToFee = WeightToFee;
	type LengthToFee = IdentityFee<Balance>;
	type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

/// One rao a nanosecond; weight counts picoseconds.
pub struct WeightToFee;

impl frame_support::weights::WeightToFee for WeightToFee {
	type Balance = Balance;

	fn weight_to_fee(weight: &Weight) -> Balance {
		weight.ref_time() / 1_000
	}
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

impl pallet_root_weights::Config for Runtime {
	type RootValidators = SubtensorModule;
	type Subnets = SubtensorModule;
	type RootParams = SubtensorModule;
	type RootRows = pallet_root_weights::RowsInMap<pallet_subnets::Weights<Runtime>>; // Where clients look for them.
	type EpochBudget = RootEpochBudget;
	type BlockEmission = pallet_subnets::BlockEmission<Runtime>;
	type MaxValidators = ConstU32<64>;
	type MaxSubnets = ConstU32<64>;
	type WeightInfo = pallet_root_weights::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = SubtensorModule;
}

/// A root vote is one under its historic name, too.
pub struct RootVotes;

impl pallet_root_weights::FindVote<Runtime> for RootVotes {
	fn find(call: &RuntimeCall) -> Option<pallet_root_weights::Vote<'_, AccountId>> {
		match call {
			RuntimeCall::RootWeights(call) => call.as_vote(),
			RuntimeCall::SubtensorModule(call) => call.as_root_vote(),
			_ => None,
		}
	}
}

impl pallet_subnets::Config for Runtime {
	type Currency = Balances;
	type OnNeuronRemoved = ForgetCommitment;
	type SubnetEpochBudget = SubnetEpochBudget;
	type TakeIncreaseInterval = ConstU64<7_200>;
	type WeightInfo = pallet_subnets::weights::SubstrateWeight<Runtime>;
}

impl pallet_commitments::Config for Runtime {
	type Committers = SubtensorNeurons;
	type MaxFields = ConstU32<3>;
	type RateLimit = ConstU32<10>;
	type WeightInfo = pallet_commitments::weights::SubstrateWeight<Runtime>;
}

/// A hotkey that lost its uid has nothing to publish there.
pub struct ForgetCommitment;

impl pallet_subnets::OnNeuronRemoved<AccountId> for ForgetCommitment {
	fn on_neuron_removed(netuid: u16, hotkey: &AccountId) {
		Commitments::forget(netuid, hotkey);
	}
}

/// Hotkeys publish on the subnets where they hold a uid.
pub struct SubtensorNeurons;

impl pallet_commitments::Committers<AccountId> for SubtensorNeurons {
	fn is_registered(netuid: u16, hotkey: &AccountId) -> bool {
		SubtensorModule::uid_on(netuid, hotkey).is_some()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn register_one() -> (u16, AccountId) {
		let hotkey = AccountId::new([1; 32]);
		pallet_subnets::NetworksAdded::<Runtime>::insert(1, true);
		pallet_subnets::Uids::<Runtime>::insert(1, &hotkey, 0);
		(1, hotkey)
	}
}
