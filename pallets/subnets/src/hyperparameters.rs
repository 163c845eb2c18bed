// SPDX-License-Identifier: Apache-2.0
//! The parameters of a subnet: who may set them, and to what.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::*};
use frame_system::{ensure_root, ensure_signed, pallet_prelude::OriginFor};
use pallet_root_weights::RootParameter;
use scale_info::TypeInfo;
use yuma_consensus::epoch::BONDS_MOVING_AVERAGE_UNIT;

use crate::{
	ActivityCutoff, AdjustmentAlpha, AdjustmentInterval, AlphaSigmoidSteepness, AlphaValues, BondsMovingAverage,
	BondsPenalty, Burn, CommitRevealWeightsEnabled, Config, Error, Event, ImmunityPeriod, Kappa, LiquidAlphaOn,
	MaxAllowedUids, MaxAllowedValidators, MaxBurn, MaxRegistrationsPerBlock, MaxWeightsLimit, MinAllowedWeights,
	MinBurn, MinValidatorStake, NetworkRegistrationAllowed, NetworksAdded, OwnerPermitOn, Pallet, PermitsNeedStake,
	RevealPeriodEpochs, ServingRateLimit, SubnetOwner, SubnetworkN, TargetRegistrationsPerInterval, Tempo,
	ValidatorPermit, WeightsSetRateLimit, WeightsVersionKey, Yuma3On, ROOT_NETUID,
};

/// A parameter of a subnet and its new value. Each is kept in the storage item of its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Hyperparameter {
	/// 1 to a day of blocks; root's.
	Tempo(u16),
	/// Any; root's, since a majority of all or of nobody would end consensus.
	Kappa(u16),
	/// At most a million, and 975 000 for the owner: beyond that bonds stand still.
	BondsMovingAverage(u64),
	/// Above 0.
	ActivityCutoff(u16),
	/// Any.
	ImmunityPeriod(u16),
	/// At most the number of uids there can be.
	MinAllowedWeights(u16),
	/// Above 0.
	MaxWeightsLimit(u16),
	/// Any.
	WeightsVersionKey(u64),
	/// At most a day of blocks; root's.
	WeightsSetRateLimit(u64),
	/// Any.
	CommitRevealWeightsEnabled(bool),
	/// 1 to 100.
	RevealPeriodEpochs(u64),
	/// 1 to 4096, and no fewer than there are; root's. Times the number of validators it is bounded.
	MaxAllowedUids(u16),
	/// At most the number of uids there can be, and 128; root's. Times the number of uids it is bounded.
	MaxAllowedValidators(u16),
	/// At most the highest price.
	MinBurn(u64),
	/// At least the lowest price.
	MaxBurn(u64),
	/// 1 to a day of blocks; root's.
	AdjustmentInterval(u16),
	/// Any.
	AdjustmentAlpha(u64),
	/// 1 to 1000; root's.
	TargetRegistrationsPerInterval(u16),
	/// 1 to 1000; root's.
	MaxRegistrationsPerBlock(u16),
	/// Any.
	NetworkRegistrationAllowed(bool),
	/// At most a day of blocks.
	ServingRateLimit(u64),
	/// Any.
	BondsPenalty(u16),
	/// Any. Bonds are kept, and from then on read in the other form.
	Yuma3On(bool),
	/// Any.
	LiquidAlphaOn(bool),
	/// [`Self::SLOWEST_ALPHA`] at least, and in this order.
	AlphaValues {
		/// The slowest.
		low: u16,
		/// The fastest.
		high: u16,
	},
	/// Any; not below 0 for the owner, which turns the sigmoid around.
	AlphaSigmoidSteepness(i16),
	/// Any; root's, as are the two below: they decide who has a say.
	MinValidatorStake(u64),
	/// Any; root's.
	PermitsNeedStake(bool),
	/// Any; root's.
	OwnerPermitOn(bool),
}

impl Hyperparameter {
	/// Blocks, a day of twelve-second ones.
	pub const LONGEST_WAIT: u16 = RootParameter::LONGEST_WAIT;
	/// Most uids of a subnet: for so many the weights of calls are measured.
	pub const MOST_UIDS: u16 = 4_096;
	/// Most validators of a subnet.
	pub const MOST_VALIDATORS: u16 = 128;
	/// Most entries of all weight rows that an epoch reads: 64 validators on 4096 uids, or 128 on 2048.
	pub const MOST_ENTRIES: u32 = 64 * 4_096;
	/// Most of its bonds that an owner may have an epoch keep, per million.
	pub const OWNERS_BONDS_MOVING_AVERAGE: u64 = 975_000;
	/// Least part of a bond that liquid alpha may renew, per 65535: a fortieth.
	pub const SLOWEST_ALPHA: u16 = 1_638;
	/// Most epochs between a commitment and its reveal.
	pub const LONGEST_REVEAL_PERIOD: u64 = 100;
	/// Most registrations that may be asked for, a block or an interval.
	pub const MOST_REGISTRATIONS: u16 = 1_000;

	/// Whether the owner of the subnet may set it to this, too.
	pub fn is_owners(&self) -> bool {
		match self {
			Self::Tempo(_)
			| Self::Kappa(_)
			| Self::WeightsSetRateLimit(_)
			| Self::MaxAllowedUids(_)
			| Self::MaxAllowedValidators(_)
			| Self::AdjustmentInterval(_)
			| Self::TargetRegistrationsPerInterval(_)
			| Self::MaxRegistrationsPerBlock(_)
			| Self::MinValidatorStake(_)
			| Self::PermitsNeedStake(_)
			| Self::OwnerPermitOn(_) => false,
			Self::AlphaSigmoidSteepness(steepness) => *steepness >= 0,
			Self::BondsMovingAverage(average) => *average <= Self::OWNERS_BONDS_MOVING_AVERAGE,
			_ => true,
		}
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn ensure_may_set(origin: OriginFor<T>, netuid: u16, parameter: &Hyperparameter) -> DispatchResult {
		if ensure_root(origin.clone()).is_ok() {
			return Ok(());
		}
		let coldkey = ensure_signed(origin)?;
		ensure!(SubnetOwner::<T>::get(netuid) == Some(coldkey), Error::<T>::NotSubnetOwner);
		ensure!(parameter.is_owners(), Error::<T>::NotForOwners);
		Ok(())
	}

	pub(crate) fn do_set_hyperparameter(netuid: u16, parameter: Hyperparameter) -> DispatchResult {
		// The root network's are those of `pallet-root-weights`.
		ensure!(netuid != ROOT_NETUID, Error::<T>::IsRoot);
		ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
		ensure!(Self::is_within_bounds(netuid, &parameter), Error::<T>::ParameterOutOfBounds);
		Self::ensure_epoch_stays_bounded(netuid, &parameter)?;
		Self::put_hyperparameter(netuid, parameter);
		Self::deposit_event(Event::HyperparameterSet { netuid, parameter });
		Ok(())
	}

	fn is_within_bounds(netuid: u16, parameter: &Hyperparameter) -> bool {
		use Hyperparameter as P;
		let days = 1..=P::LONGEST_WAIT;
		let is_at_most_a_day = |blocks: &u64| *blocks <= u64::from(P::LONGEST_WAIT);
		match parameter {
			P::Tempo(blocks) | P::AdjustmentInterval(blocks) => days.contains(blocks),
			P::WeightsSetRateLimit(blocks) | P::ServingRateLimit(blocks) => is_at_most_a_day(blocks),
			P::BondsMovingAverage(average) => *average <= BONDS_MOVING_AVERAGE_UNIT,
			P::ActivityCutoff(above_zero) | P::MaxWeightsLimit(above_zero) => *above_zero > 0,
			P::MinAllowedWeights(uids) => *uids <= MaxAllowedUids::<T>::get(netuid),
			P::MaxAllowedValidators(uids) => *uids <= MaxAllowedUids::<T>::get(netuid).min(P::MOST_VALIDATORS),
			P::RevealPeriodEpochs(epochs) => (1..=P::LONGEST_REVEAL_PERIOD).contains(epochs),
			P::MaxAllowedUids(uids) => (SubnetworkN::<T>::get(netuid).max(1)..=P::MOST_UIDS).contains(uids),
			P::MinBurn(burn) => *burn <= MaxBurn::<T>::get(netuid),
			P::MaxBurn(burn) => *burn >= MinBurn::<T>::get(netuid),
			P::TargetRegistrationsPerInterval(count) | P::MaxRegistrationsPerBlock(count) => {
				(1..=P::MOST_REGISTRATIONS).contains(count)
			},
			P::AlphaValues { low, high } => P::SLOWEST_ALPHA <= *low && low <= high,
			P::Kappa(_)
			| P::ImmunityPeriod(_)
			| P::WeightsVersionKey(_)
			| P::CommitRevealWeightsEnabled(_)
			| P::AdjustmentAlpha(_)
			| P::NetworkRegistrationAllowed(_)
			| P::BondsPenalty(_)
			| P::Yuma3On(_)
			| P::LiquidAlphaOn(_)
			| P::AlphaSigmoidSteepness(_)
			| P::MinValidatorStake(_)
			| P::PermitsNeedStake(_)
			| P::OwnerPermitOn(_) => true,
		}
	}

	/// Checks that no epoch will have to go through more than [`Hyperparameter::MOST_ENTRIES`].
	fn ensure_epoch_stays_bounded(netuid: u16, parameter: &Hyperparameter) -> DispatchResult {
		let (uids, validators) = match parameter {
			Hyperparameter::MaxAllowedUids(uids) => {
				// Those who have a permit keep it up to the next epoch, even if fewer may have one by then.
				let permits = ValidatorPermit::<T>::get(netuid).into_iter().filter(|permit| *permit).count() as u32;
				(*uids, permits.max(MaxAllowedValidators::<T>::get(netuid).into()))
			},
			Hyperparameter::MaxAllowedValidators(validators) => {
				(MaxAllowedUids::<T>::get(netuid), u32::from(*validators))
			},
			_ => return Ok(()),
		};
		let entries = u32::from(uids).saturating_mul(validators);
		ensure!(entries <= Hyperparameter::MOST_ENTRIES, Error::<T>::EpochTooLarge);
		Ok(())
	}

	fn put_hyperparameter(netuid: u16, parameter: Hyperparameter) {
		use Hyperparameter as P;
		match parameter {
			P::Tempo(blocks) => Tempo::<T>::insert(netuid, blocks),
			P::Kappa(majority) => Kappa::<T>::insert(netuid, majority),
			P::BondsMovingAverage(average) => BondsMovingAverage::<T>::insert(netuid, average),
			P::ActivityCutoff(blocks) => ActivityCutoff::<T>::insert(netuid, blocks),
			P::ImmunityPeriod(blocks) => ImmunityPeriod::<T>::insert(netuid, blocks),
			P::MinAllowedWeights(entries) => MinAllowedWeights::<T>::insert(netuid, entries),
			P::MaxWeightsLimit(limit) => MaxWeightsLimit::<T>::insert(netuid, limit),
			P::WeightsVersionKey(key) => WeightsVersionKey::<T>::insert(netuid, key),
			P::WeightsSetRateLimit(blocks) => WeightsSetRateLimit::<T>::insert(netuid, blocks),
			P::CommitRevealWeightsEnabled(on) => CommitRevealWeightsEnabled::<T>::insert(netuid, on),
			P::RevealPeriodEpochs(epochs) => RevealPeriodEpochs::<T>::insert(netuid, epochs),
			P::MaxAllowedUids(uids) => MaxAllowedUids::<T>::insert(netuid, uids),
			P::MaxAllowedValidators(uids) => MaxAllowedValidators::<T>::insert(netuid, uids),
			P::MinBurn(burn) => {
				MinBurn::<T>::insert(netuid, burn);
				Burn::<T>::mutate(netuid, |price| *price = (*price).max(burn));
			},
			P::MaxBurn(burn) => {
				MaxBurn::<T>::insert(netuid, burn);
				Burn::<T>::mutate(netuid, |price| *price = (*price).min(burn));
			},
			P::AdjustmentInterval(blocks) => AdjustmentInterval::<T>::insert(netuid, blocks),
			P::AdjustmentAlpha(alpha) => AdjustmentAlpha::<T>::insert(netuid, alpha),
			P::TargetRegistrationsPerInterval(count) => TargetRegistrationsPerInterval::<T>::insert(netuid, count),
			P::MaxRegistrationsPerBlock(count) => MaxRegistrationsPerBlock::<T>::insert(netuid, count),
			P::NetworkRegistrationAllowed(open) => NetworkRegistrationAllowed::<T>::insert(netuid, open),
			P::ServingRateLimit(blocks) => ServingRateLimit::<T>::insert(netuid, blocks),
			P::BondsPenalty(penalty) => BondsPenalty::<T>::insert(netuid, penalty),
			P::Yuma3On(on) => Yuma3On::<T>::insert(netuid, on),
			P::LiquidAlphaOn(on) => LiquidAlphaOn::<T>::insert(netuid, on),
			P::AlphaValues { low, high } => AlphaValues::<T>::insert(netuid, (low, high)),
			P::AlphaSigmoidSteepness(steepness) => AlphaSigmoidSteepness::<T>::insert(netuid, steepness),
			P::MinValidatorStake(stake) => MinValidatorStake::<T>::insert(netuid, stake),
			P::PermitsNeedStake(on) => PermitsNeedStake::<T>::insert(netuid, on),
			P::OwnerPermitOn(on) => OwnerPermitOn::<T>::insert(netuid, on),
		}
	}
}
