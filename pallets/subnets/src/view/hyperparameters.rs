// SPDX-License-Identifier: Apache-2.0
//! A subnet's parameters, in the three forms in which clients have asked for them over time.

use alloc::{vec, vec::Vec};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;
use substrate_fixed::types::{I32F32, U64F64};

use crate::{
	ActivityCutoff, AdjustmentAlpha, AdjustmentInterval, AlphaSigmoidSteepness, AlphaValues, BondsMovingAverage,
	CommitRevealWeightsEnabled, Config, ImmunityPeriod, Kappa, LiquidAlphaOn, MaxAllowedValidators, MaxBurn,
	MaxRegistrationsPerBlock, MaxWeightsLimit, MinAllowedWeights, MinBurn, NetworkRegistrationAllowed, NetworksAdded,
	Pallet, RevealPeriodEpochs, Rho, ServingRateLimit, SubnetOwner, TargetRegistrationsPerInterval, Tempo,
	WeightsSetRateLimit, WeightsVersionKey, Yuma3On,
};

/// A parameter's value; upstream's variants in upstream's order, which their encoding depends on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of the types they hold")]
pub enum HyperparamValue {
	Bool(bool),
	U16(Compact<u16>),
	U32(Compact<u32>),
	U64(Compact<u64>),
	U128(Compact<u128>),
	TaoBalance(Compact<u64>),
	I32F32(I32F32),
	U64F64(U64F64),
}

/// A parameter by name; upstream's record, field for field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct HyperparamEntry {
	pub name: Vec<u8>,
	pub value: HyperparamValue,
}

impl HyperparamEntry {
	fn new(name: &str, value: HyperparamValue) -> Self {
		Self { name: name.as_bytes().to_vec(), value }
	}
}

/// All parameters by name.
pub type SubnetHyperparamsV3 = Vec<HyperparamEntry>;

/// Lists each parameter once: its name, its type in the records, its variant in the list, and where its value comes
/// from.
macro_rules! hyperparameters {
	(
		netuid: $netuid:ident,
		v1: { $($name:ident: $type:ty, $variant:ident, $value:expr;)* }
		v2: { $($new_name:ident: $new_type:ty, $new_variant:ident, $new_value:expr;)* }
	) => {
		/// A subnet's parameters; upstream's record, field for field.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
		#[allow(missing_docs, reason = "the names are those of upstream's record, documented at the storage items")]
		pub struct SubnetHyperparams {
			$(pub $name: $type,)*
		}

		/// A subnet's parameters, with those that upstream added later; upstream's record, field for field.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
		#[allow(missing_docs, reason = "the names are those of upstream's record, documented at the storage items")]
		pub struct SubnetHyperparamsV2 {
			$(pub $name: $type,)*
			$(pub $new_name: $new_type,)*
		}

		impl SubnetHyperparamsV2 {
			pub(super) fn read<T: Config>($netuid: u16) -> Self {
				Self { $($name: $value,)* $($new_name: $new_value,)* }
			}

			fn entries(self) -> SubnetHyperparamsV3 {
				vec![
					$(HyperparamEntry::new(stringify!($name), HyperparamValue::$variant(self.$name)),)*
					$(HyperparamEntry::new(stringify!($new_name), HyperparamValue::$new_variant(self.$new_name)),)*
				]
			}
		}

		impl From<SubnetHyperparamsV2> for SubnetHyperparams {
			fn from(v2: SubnetHyperparamsV2) -> Self {
				Self { $($name: v2.$name,)* }
			}
		}
	};
}

hyperparameters! {
	netuid: netuid,
	v1: {
		rho: Compact<u16>, U16, Compact(Rho::<T>::get(netuid));
		kappa: Compact<u16>, U16, Compact(Kappa::<T>::get(netuid));
		immunity_period: Compact<u16>, U16, Compact(ImmunityPeriod::<T>::get(netuid));
		min_allowed_weights: Compact<u16>, U16, Compact(MinAllowedWeights::<T>::get(netuid));
		max_weights_limit: Compact<u16>, U16, Compact(MaxWeightsLimit::<T>::get(netuid));
		tempo: Compact<u16>, U16, Compact(Tempo::<T>::get(netuid));
		min_difficulty: Compact<u64>, U64, Compact(0); // Nobody registers by proof of work.
		max_difficulty: Compact<u64>, U64, Compact(0);
		weights_version: Compact<u64>, U64, Compact(WeightsVersionKey::<T>::get(netuid));
		weights_rate_limit: Compact<u64>, U64, Compact(WeightsSetRateLimit::<T>::get(netuid));
		adjustment_interval: Compact<u16>, U16, Compact(AdjustmentInterval::<T>::get(netuid));
		activity_cutoff: Compact<u64>, U64, Compact(ActivityCutoff::<T>::get(netuid).into());
		registration_allowed: bool, Bool, NetworkRegistrationAllowed::<T>::get(netuid);
		target_regs_per_interval: Compact<u16>, U16, Compact(TargetRegistrationsPerInterval::<T>::get(netuid));
		min_burn: Compact<u64>, TaoBalance, Compact(MinBurn::<T>::get(netuid));
		max_burn: Compact<u64>, TaoBalance, Compact(MaxBurn::<T>::get(netuid));
		bonds_moving_avg: Compact<u64>, U64, Compact(BondsMovingAverage::<T>::get(netuid));
		max_regs_per_block: Compact<u16>, U16, Compact(MaxRegistrationsPerBlock::<T>::get(netuid));
		serving_rate_limit: Compact<u64>, U64, Compact(ServingRateLimit::<T>::get(netuid));
		max_validators: Compact<u16>, U16, Compact(MaxAllowedValidators::<T>::get(netuid));
		adjustment_alpha: Compact<u64>, U64, Compact(AdjustmentAlpha::<T>::get(netuid));
		difficulty: Compact<u64>, U64, Compact(0);
		commit_reveal_period: Compact<u64>, U64, Compact(RevealPeriodEpochs::<T>::get(netuid));
		commit_reveal_weights_enabled: bool, Bool, CommitRevealWeightsEnabled::<T>::get(netuid);
		alpha_high: Compact<u16>, U16, Compact(AlphaValues::<T>::get(netuid).1);
		alpha_low: Compact<u16>, U16, Compact(AlphaValues::<T>::get(netuid).0);
		liquid_alpha_enabled: bool, Bool, LiquidAlphaOn::<T>::get(netuid);
	}
	v2: {
		alpha_sigmoid_steepness: I32F32, I32F32, AlphaSigmoidSteepness::<T>::get(netuid).into();
		yuma_version: Compact<u16>, U16, Compact(if Yuma3On::<T>::get(netuid) { 3 } else { 2 });
		subnet_is_active: bool, Bool, NetworksAdded::<T>::get(netuid); // From the start.
		transfers_enabled: bool, Bool, true;
		bonds_reset_enabled: bool, Bool, false;
		user_liquidity_enabled: bool, Bool, false;
	}
}

impl<T: Config> Pallet<T> {
	/// A network's parameters; `None` if there is no such network.
	pub fn subnet_hyperparams(netuid: u16) -> Option<SubnetHyperparams> {
		Self::subnet_hyperparams_v2(netuid).map(Into::into)
	}

	/// A network's parameters and those that upstream added later; `None` if there is no such network.
	pub fn subnet_hyperparams_v2(netuid: u16) -> Option<SubnetHyperparamsV2> {
		NetworksAdded::<T>::get(netuid).then(|| SubnetHyperparamsV2::read::<T>(netuid))
	}

	/// A network's parameters by name, and whether its owner gets a cut; `None` if there is no such network.
	pub fn subnet_hyperparams_v3(netuid: u16) -> Option<SubnetHyperparamsV3> {
		let mut entries = Self::subnet_hyperparams_v2(netuid)?.entries();
		let owner_cut = HyperparamValue::Bool(SubnetOwner::<T>::contains_key(netuid));
		entries.push(HyperparamEntry::new("owner_cut_enabled", owner_cut));
		Some(entries)
	}
}
