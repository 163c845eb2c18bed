// SPDX-License-Identifier: Apache-2.0
//! Changing a parameter of the root network: the bounds beyond which no value makes sense.

use frame_support::{ensure, pallet_prelude::*};

use crate::{Config, Error, Event, Pallet, RootParameter, RootParams};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_parameter(parameter: RootParameter) -> DispatchResult {
		Self::check_bounds(parameter)?;
		T::RootParams::set(parameter);
		Self::deposit_event(Event::ParameterSet { parameter });
		Ok(())
	}

	fn check_bounds(parameter: RootParameter) -> Result<(), Error<T>> {
		let longest = RootParameter::LONGEST_WAIT;
		match parameter {
			RootParameter::Tempo(tempo) => ensure!((1..=longest).contains(&tempo), Error::<T>::TempoOutOfBounds),
			RootParameter::Rho(rho) => {
				ensure!((1..=RootParameter::STEEPEST_RHO).contains(&rho), Error::<T>::RhoOutOfBounds)
			},
			RootParameter::MinAllowedWeights(entries) => {
				ensure!(u32::from(entries) <= T::MaxSubnets::get(), Error::<T>::MinAllowedWeightsTooHigh)
			},
			RootParameter::MaxWeightLimit(limit) => ensure!(limit > 0, Error::<T>::MaxWeightLimitTooLow),
			RootParameter::RateLimit(blocks) => ensure!(blocks <= u64::from(longest), Error::<T>::RateLimitTooLong),
			// Every kappa, version and stake has a meaning, and a mistake can be taken back.
			RootParameter::Kappa(_)
			| RootParameter::VersionKey(_)
			| RootParameter::MinStake(_)
			| RootParameter::CommitReveal(_) => (),
		}
		Ok(())
	}
}
