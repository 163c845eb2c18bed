// SPDX-License-Identifier: Apache-2.0
//! Parameters: root alone changes them, within bounds.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

use crate::{mock::*, Error, Event, RootParameter, RootParameters};

#[track_caller]
fn check_refused(parameter: RootParameter, error: Error<Test>) {
	execute(&[1], [1], || {
		assert_noop!(RootWeights::set_parameter(RuntimeOrigin::root(), parameter), error);
	});
}

#[test]
fn each_parameter_is_kept_where_the_chain_keeps_it() {
	execute(&[1], [1], || {
		let parameters = [
			RootParameter::Tempo(9),
			RootParameter::Kappa(u16::MAX),
			RootParameter::Rho(1_000),
			RootParameter::MinAllowedWeights(64),
			RootParameter::MaxWeightLimit(1),
			RootParameter::RateLimit(7_200),
			RootParameter::VersionKey(u64::MAX),
			RootParameter::MinStake(5),
			RootParameter::CommitReveal(true),
		];
		for parameter in parameters {
			assert_ok!(RootWeights::set_parameter(RuntimeOrigin::root(), parameter));
			System::assert_last_event(Event::ParameterSet { parameter }.into());
		}
		let expected = RootParameters {
			tempo: 9,
			kappa: u16::MAX,
			rho: 1_000,
			min_allowed_weights: 64,
			max_weight_limit: 1,
			rate_limit: 7_200,
			version_key: u64::MAX,
			min_stake: 5,
			commit_reveal: true,
		};
		assert_eq!(Params::get(), expected);
	});
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
	check_refused(RootParameter::Tempo(0), Error::TempoOutOfBounds);
	check_refused(RootParameter::Tempo(7_201), Error::TempoOutOfBounds);
	check_refused(RootParameter::Rho(0), Error::RhoOutOfBounds);
	check_refused(RootParameter::Rho(1_001), Error::RhoOutOfBounds);
	check_refused(RootParameter::MinAllowedWeights(65), Error::MinAllowedWeightsTooHigh);
	check_refused(RootParameter::MaxWeightLimit(0), Error::MaxWeightLimitTooLow);
	check_refused(RootParameter::RateLimit(7_201), Error::RateLimitTooLong);
}

#[test]
fn only_root_changes_a_parameter() {
	execute(&[1], [1], || {
		let call = RootWeights::set_parameter(RuntimeOrigin::signed(coldkey(0)), RootParameter::Tempo(9));
		assert_noop!(call, DispatchError::BadOrigin);
	});
}
