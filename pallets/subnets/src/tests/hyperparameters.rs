// SPDX-License-Identifier: Apache-2.0
//! Parameters of a subnet: who sets them, and to what.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;
use Hyperparameter as P;

use super::*;
use crate::{
	ActivityCutoff, AdjustmentAlpha, AdjustmentInterval, AlphaSigmoidSteepness, AlphaValues, BondsMovingAverage,
	BondsPenalty, Burn, CommitRevealWeightsEnabled, Error, Event, ImmunityPeriod, Kappa, LiquidAlphaOn, MaxAllowedUids,
	MaxAllowedValidators, MaxBurn, MaxRegistrationsPerBlock, MaxWeightsLimit, MinAllowedWeights, MinBurn,
	MinValidatorStake, NetworkRegistrationAllowed, OwnerPermitOn, PermitsNeedStake, RevealPeriodEpochs,
	ServingRateLimit, TargetRegistrationsPerInterval, Tempo, WeightsSetRateLimit, WeightsVersionKey, Yuma3On,
};

/// One parameter of each kind, at the highest value that it may have.
pub(super) fn one_of_each() -> Vec<P> {
	let cases = cases();
	let highest = |case: &Case| *case.accepted.last().expect("there is one");
	let kinds: std::collections::BTreeSet<_> =
		cases.iter().map(|case| codec::Encode::encode(&highest(case))[0]).collect();
	assert_eq!((kinds.len(), kinds.last()), (29, Some(&28)), "every variant has a case");
	cases.iter().map(highest).collect()
}

/// What a parameter may be.
struct Case {
	/// The bounds, the higher one last.
	accepted: Vec<P>,
	/// What is one beyond them.
	refused: Vec<P>,
	is_owners: bool,
}

fn within<Value: Copy>(kind: fn(Value) -> P, accepted: &[Value], refused: &[Value], is_owners: bool) -> Case {
	let all = |values: &[Value]| values.iter().map(|value| kind(*value)).collect();
	Case { accepted: all(accepted), refused: all(refused), is_owners }
}

/// Of subnet 1 as it is created, with three neurons.
fn cases() -> Vec<Case> {
	let (root, owner) = (false, true);
	vec![
		within(P::Tempo, &[1, 7_200], &[0, 7_201], root),
		within(P::Kappa, &[0, u16::MAX], &[], root),
		within(P::BondsMovingAverage, &[0, 975_000], &[1_000_001, u64::MAX], owner),
		within(P::ActivityCutoff, &[1, u16::MAX], &[0], owner),
		within(P::ImmunityPeriod, &[0, u16::MAX], &[], owner),
		within(P::MinAllowedWeights, &[0, 256], &[257], owner),
		within(P::MaxWeightsLimit, &[1, u16::MAX], &[0], owner),
		within(P::WeightsVersionKey, &[0, u64::MAX], &[], owner),
		within(P::WeightsSetRateLimit, &[0, 7_200], &[7_201], root),
		within(P::CommitRevealWeightsEnabled, &[true, false], &[], owner),
		within(P::RevealPeriodEpochs, &[1, 100], &[0, 101], owner),
		within(P::MaxAllowedValidators, &[0, 128], &[129], root),
		within(P::MinBurn, &[0, 100_000_000_000], &[100_000_000_001], owner),
		within(P::MaxBurn, &[500_000, u64::MAX], &[499_999], owner),
		within(P::AdjustmentInterval, &[1, 7_200], &[0, 7_201], root),
		within(P::AdjustmentAlpha, &[0, u64::MAX], &[], owner),
		within(P::TargetRegistrationsPerInterval, &[1, 1_000], &[0, 1_001], root),
		within(P::MaxRegistrationsPerBlock, &[1, 1_000], &[0, 1_001], root),
		within(P::NetworkRegistrationAllowed, &[false, true], &[], owner),
		within(P::ServingRateLimit, &[0, 7_200], &[7_201], owner),
		within(P::MaxAllowedUids, &[3, 4_096], &[0, 2, 4_097], root),
		within(P::BondsPenalty, &[0, u16::MAX], &[], owner),
		within(P::Yuma3On, &[true, false], &[], owner),
		within(P::LiquidAlphaOn, &[true, false], &[], owner),
		within(alphas, &[(1_638, 1_638), (1_638, u16::MAX)], &[(1_637, u16::MAX), (1_700, 1_699)], owner),
		within(P::AlphaSigmoidSteepness, &[0, i16::MAX], &[], owner),
		within(P::MinValidatorStake, &[0, u64::MAX], &[], root),
		within(P::PermitsNeedStake, &[false, true], &[], root),
		within(P::OwnerPermitOn, &[false, true], &[], root),
	]
}

fn alphas((low, high): (u16, u16)) -> P {
	P::AlphaValues { low, high }
}

/// The parameter of this kind, as it is stored for subnet 1.
fn stored(kind: P) -> P {
	match kind {
		P::Tempo(_) => P::Tempo(Tempo::<Test>::get(1)),
		P::Kappa(_) => P::Kappa(Kappa::<Test>::get(1)),
		P::BondsMovingAverage(_) => P::BondsMovingAverage(BondsMovingAverage::<Test>::get(1)),
		P::ActivityCutoff(_) => P::ActivityCutoff(ActivityCutoff::<Test>::get(1)),
		P::ImmunityPeriod(_) => P::ImmunityPeriod(ImmunityPeriod::<Test>::get(1)),
		P::MinAllowedWeights(_) => P::MinAllowedWeights(MinAllowedWeights::<Test>::get(1)),
		P::MaxWeightsLimit(_) => P::MaxWeightsLimit(MaxWeightsLimit::<Test>::get(1)),
		P::WeightsVersionKey(_) => P::WeightsVersionKey(WeightsVersionKey::<Test>::get(1)),
		P::WeightsSetRateLimit(_) => P::WeightsSetRateLimit(WeightsSetRateLimit::<Test>::get(1)),
		P::CommitRevealWeightsEnabled(_) => P::CommitRevealWeightsEnabled(CommitRevealWeightsEnabled::<Test>::get(1)),
		P::RevealPeriodEpochs(_) => P::RevealPeriodEpochs(RevealPeriodEpochs::<Test>::get(1)),
		P::MaxAllowedUids(_) => P::MaxAllowedUids(MaxAllowedUids::<Test>::get(1)),
		P::MaxAllowedValidators(_) => P::MaxAllowedValidators(MaxAllowedValidators::<Test>::get(1)),
		P::MinBurn(_) => P::MinBurn(MinBurn::<Test>::get(1)),
		P::MaxBurn(_) => P::MaxBurn(MaxBurn::<Test>::get(1)),
		P::AdjustmentInterval(_) => P::AdjustmentInterval(AdjustmentInterval::<Test>::get(1)),
		P::AdjustmentAlpha(_) => P::AdjustmentAlpha(AdjustmentAlpha::<Test>::get(1)),
		P::TargetRegistrationsPerInterval(_) => {
			P::TargetRegistrationsPerInterval(TargetRegistrationsPerInterval::<Test>::get(1))
		},
		P::MaxRegistrationsPerBlock(_) => P::MaxRegistrationsPerBlock(MaxRegistrationsPerBlock::<Test>::get(1)),
		P::NetworkRegistrationAllowed(_) => P::NetworkRegistrationAllowed(NetworkRegistrationAllowed::<Test>::get(1)),
		P::ServingRateLimit(_) => P::ServingRateLimit(ServingRateLimit::<Test>::get(1)),
		P::BondsPenalty(_) => P::BondsPenalty(BondsPenalty::<Test>::get(1)),
		P::Yuma3On(_) => P::Yuma3On(Yuma3On::<Test>::get(1)),
		P::LiquidAlphaOn(_) => P::LiquidAlphaOn(LiquidAlphaOn::<Test>::get(1)),
		P::AlphaValues { .. } => alphas(AlphaValues::<Test>::get(1)),
		P::AlphaSigmoidSteepness(_) => P::AlphaSigmoidSteepness(AlphaSigmoidSteepness::<Test>::get(1)),
		P::MinValidatorStake(_) => P::MinValidatorStake(MinValidatorStake::<Test>::get(1)),
		P::PermitsNeedStake(_) => P::PermitsNeedStake(PermitsNeedStake::<Test>::get(1)),
		P::OwnerPermitOn(_) => P::OwnerPermitOn(OwnerPermitOn::<Test>::get(1)),
	}
}

/// Subnet 1 with three neurons and coldkey 1 as its owner.
fn execute_with_owner(test: impl FnOnce()) {
	execute(|| {
		let hotkey = join(1, 1, 0);
		join(1, 2, 0);
		join(1, 3, 0);
		assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 1, hotkey));
		test();
	});
}

#[test]
fn root_sets_every_parameter_up_to_its_bounds() {
	execute_with_owner(|| {
		for parameter in cases().into_iter().flat_map(|case| case.accepted) {
			new_events();
			tried(|| {
				set(parameter);
				assert_eq!(stored(parameter), parameter);
				assert_eq!(new_events(), [Event::HyperparameterSet { netuid: 1, parameter }]);
				check_invariants();
			});
		}
	});
}

#[test]
fn nobody_sets_a_parameter_beyond_its_bounds() {
	execute_with_owner(|| {
		for Case { refused, is_owners, .. } in cases() {
			for parameter in refused {
				let call = |origin| Subnets::set_hyperparameter(origin, 1, parameter);
				assert_noop!(call(RuntimeOrigin::root()), Error::<Test>::ParameterOutOfBounds);
				assert!(call(signed(1)).is_err(), "{is_owners}");
			}
		}
	});
}

#[test]
fn the_owner_sets_what_is_the_owners_and_strangers_nothing() {
	execute_with_owner(|| {
		for case in cases() {
			for parameter in case.accepted {
				let call = |origin| Subnets::set_hyperparameter(origin, 1, parameter);
				assert_noop!(call(signed(2)), Error::<Test>::NotSubnetOwner);
				assert_noop!(call(RuntimeOrigin::none()), BadOrigin);
				assert_eq!(parameter.is_owners(), case.is_owners, "{parameter:?}");
				if case.is_owners {
					tried(|| {
						assert_ok!(call(signed(1)));
						assert_eq!(stored(parameter), parameter);
					});
				} else {
					assert_noop!(call(signed(1)), Error::<Test>::NotForOwners);
				}
			}
		}
	});
}

#[test]
fn only_root_makes_bonds_stand_still() {
	execute_with_owner(|| {
		for average in [975_001, 1_000_000] {
			let parameter = P::BondsMovingAverage(average);
			assert_noop!(Subnets::set_hyperparameter(signed(1), 1, parameter), Error::<Test>::NotForOwners);
			set(parameter);
			assert_eq!(BondsMovingAverage::<Test>::get(1), average);
		}
	});
}

#[test]
fn root_and_missing_subnets_have_no_such_parameters() {
	execute_with_owner(|| {
		for parameter in one_of_each() {
			let call = |origin, netuid| Subnets::set_hyperparameter(origin, netuid, parameter);
			assert_noop!(call(RuntimeOrigin::root(), 0), Error::<Test>::IsRoot);
			assert_noop!(call(RuntimeOrigin::root(), 9), Error::<Test>::SubnetNotExists);
			assert_noop!(call(signed(1), 0), Error::<Test>::NotSubnetOwner);
			assert_noop!(call(signed(1), 9), Error::<Test>::NotSubnetOwner);
			assert_noop!(call(signed(1), 2), Error::<Test>::NotSubnetOwner);
		}
	});
}

#[test]
fn the_price_stays_within_new_bounds() {
	execute_with_owner(|| {
		set(P::MinBurn(2 * TAO));
		assert_eq!(Burn::<Test>::get(1), 2 * TAO);
		set(P::MinBurn(TAO));
		set(P::MaxBurn(TAO));
		assert_eq!(Burn::<Test>::get(1), TAO);
		let beyond = |parameter| {
			assert_noop!(Subnets::set_hyperparameter(signed(1), 1, parameter), Error::<Test>::ParameterOutOfBounds);
		};
		beyond(P::MinBurn(TAO + 1));
		beyond(P::MaxBurn(TAO - 1));
	});
}
