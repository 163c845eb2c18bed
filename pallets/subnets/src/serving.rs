// SPDX-License-Identifier: Apache-2.0
//! Where neurons serve: addresses that they announce for others to find.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::*};
use scale_info::TypeInfo;

use crate::{Axons, Config, Error, Event, Pallet, Prometheus, ServingRateLimit};

/// Where a neuron serves its axon; all zero if it has not said so. Upstream's record, field for field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct AxonInfo {
	pub block: u64,
	pub version: u32,
	pub ip: u128,
	pub port: u16,
	pub ip_type: u8,
	pub protocol: u8,
	pub placeholder1: u8,
	pub placeholder2: u8,
}

/// Where a neuron serves its metrics; all zero if it has not said so. Upstream's record, field for field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[allow(missing_docs, reason = "the names are those of upstream's record, which clients know")]
pub struct PrometheusInfo {
	pub block: u64,
	pub version: u32,
	pub ip: u128,
	pub port: u16,
	pub ip_type: u8,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_serve_axon(hotkey: &T::AccountId, netuid: u16, axon: AxonInfo) -> DispatchResult {
		Self::ensure_may_serve_axon(hotkey, netuid, &axon)?;
		Axons::<T>::insert(netuid, hotkey, axon);
		Self::deposit_event(Event::AxonServed { netuid, hotkey: hotkey.clone() });
		Ok(())
	}

	pub(crate) fn do_serve_prometheus(
		hotkey: &T::AccountId,
		netuid: u16,
		prometheus: PrometheusInfo,
	) -> DispatchResult {
		Self::ensure_may_serve_prometheus(hotkey, netuid, &prometheus)?;
		Prometheus::<T>::insert(netuid, hotkey, prometheus);
		Self::deposit_event(Event::PrometheusServed { netuid, hotkey: hotkey.clone() });
		Ok(())
	}

	pub(crate) fn ensure_may_serve_axon(hotkey: &T::AccountId, netuid: u16, axon: &AxonInfo) -> Result<(), Error<T>> {
		let last = Axons::<T>::get(netuid, hotkey).map(|axon| axon.block);
		Self::ensure_may_serve(hotkey, netuid, last, axon.ip, axon.ip_type)
	}

	pub(crate) fn ensure_may_serve_prometheus(
		hotkey: &T::AccountId,
		netuid: u16,
		prometheus: &PrometheusInfo,
	) -> Result<(), Error<T>> {
		let last = Prometheus::<T>::get(netuid, hotkey).map(|prometheus| prometheus.block);
		Self::ensure_may_serve(hotkey, netuid, last, prometheus.ip, prometheus.ip_type)
	}

	fn ensure_may_serve(
		hotkey: &T::AccountId,
		netuid: u16,
		last: Option<u64>,
		ip: u128,
		ip_type: u8,
	) -> Result<(), Error<T>> {
		ensure!(Self::uid_on(netuid, hotkey).is_some(), Error::<T>::HotKeyNotRegisteredInSubNet);
		let is_address = match ip_type {
			4 => ip != 0 && u32::try_from(ip).is_ok(),
			6 => ip != 0,
			_ => false,
		};
		ensure!(is_address, Error::<T>::InvalidIpAddress);
		let blocks_left = last.map_or(0, |last| Self::blocks_left(last, ServingRateLimit::<T>::get(netuid)));
		ensure!(blocks_left == 0, Error::<T>::ServingRateLimitExceeded { blocks_left });
		Ok(())
	}
}
