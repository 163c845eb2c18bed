// SPDX-License-Identifier: Apache-2.0
//! Where neurons serve.

use std::net::Ipv4Addr;

use frame_support::{assert_noop, assert_ok};

use super::*;
use crate::{AxonInfo, Axons, Error, Event, Prometheus, PrometheusInfo, ServingRateLimit};

/// 10.1.2.3, as clients send it.
fn ip() -> u128 {
	u32::from(Ipv4Addr::new(10, 1, 2, 3)).into()
}

fn serve_axon(hotkey: u64, ip: u128, ip_type: u8) -> DispatchResult {
	Subnets::serve_axon(signed(hotkey), 1, 9, ip, 8_091, ip_type, 4, 1, 2)
}

fn serve_prometheus(hotkey: u64, ip: u128, ip_type: u8) -> DispatchResult {
	Subnets::serve_prometheus(signed(hotkey), 1, 9, ip, 7_091, ip_type)
}

#[test]
fn what_is_announced_is_stored_and_read_with_the_neuron() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		join(1, 2, 0);
		System::set_block_number(7);
		new_events();
		assert_ok!(serve_axon(hotkey, ip(), 4));
		assert_ok!(serve_prometheus(hotkey, u128::MAX, 6));
		let served = [Event::AxonServed { netuid: 1, hotkey }, Event::PrometheusServed { netuid: 1, hotkey }];
		assert_eq!(new_events(), served);
		let neurons = Subnets::neurons_lite(1);
		let axon = AxonInfo {
			block: 7,
			version: 9,
			ip: 0x0a01_0203,
			port: 8_091,
			ip_type: 4,
			protocol: 4,
			placeholder1: 1,
			placeholder2: 2,
		};
		let prometheus = PrometheusInfo { block: 7, version: 9, ip: u128::MAX, port: 7_091, ip_type: 6 };
		assert_eq!((&neurons[0].axon_info, &neurons[0].prometheus_info), (&axon, &prometheus));
		assert_eq!((Axons::<Test>::get(1, hotkey), Prometheus::<Test>::get(1, hotkey)), (Some(axon), Some(prometheus)));
		assert_eq!((&neurons[1].axon_info, &neurons[1].prometheus_info), (&Default::default(), &Default::default()));
	});
}

#[test]
fn what_is_no_address_is_refused() {
	execute(|| {
		let hotkey = join(1, 1, 0);
		for serve in [serve_axon, serve_prometheus] {
			let refused = [(0, 4), (0, 6), (u128::from(u32::MAX) + 1, 4), (ip(), 0), (ip(), 5), (ip(), 255)];
			for (ip, ip_type) in refused {
				assert_noop!(serve(hotkey, ip, ip_type), Error::<Test>::InvalidIpAddress);
			}
			assert_noop!(serve(777, ip(), 4), Error::<Test>::HotKeyNotRegisteredInSubNet);
			assert_ok!(tried(|| serve(hotkey, u128::from(u32::MAX), 4)));
			assert_ok!(tried(|| serve(hotkey, 1, 6)));
		}
		assert_noop!(
			Subnets::serve_axon(signed(hotkey), 2, 9, ip(), 1, 4, 0, 0, 0),
			Error::<Test>::HotKeyNotRegisteredInSubNet
		);
	});
}

#[test]
fn an_address_is_announced_again_after_a_while() {
	execute(|| {
		let (hotkey, other) = (join(1, 1, 0), join(1, 2, 0));
		let too_soon = |blocks_left| Error::<Test>::ServingRateLimitExceeded { blocks_left };
		for serve in [serve_axon, serve_prometheus] {
			System::set_block_number(1);
			assert_ok!(serve(hotkey, ip(), 4));
			assert_noop!(serve(hotkey, ip(), 4), too_soon(10));
			assert_ok!(serve(other, ip(), 4));
			System::set_block_number(10);
			assert_noop!(serve(hotkey, ip(), 4), too_soon(1));
			System::set_block_number(11);
			assert_ok!(serve(hotkey, ip(), 4));
		}
		set(Hyperparameter::ServingRateLimit(0));
		assert_eq!(ServingRateLimit::<Test>::get(1), 0);
		assert_ok!(serve_axon(hotkey, ip(), 4));
		assert_ok!(serve_axon(hotkey, ip(), 4));
	});
}

#[test]
fn root_validators_announce_theirs_too() {
	execute(|| {
		let validator = join_root(1, TAO, &[1]);
		assert_ok!(Subnets::serve_axon(signed(validator), 0, 9, ip(), 1, 4, 0, 0, 0));
		assert_eq!(Subnets::neurons_lite(0)[0].axon_info.ip, ip());
	});
}

#[test]
fn a_hotkey_without_balance_can_announce_its_address() {
	use frame_support::dispatch::{GetDispatchInfo, Pays};
	let (version, ip, port, ip_type) = (1, ip(), 1, 4);
	let prometheus = crate::Call::<Test>::serve_prometheus { netuid: 1, version, ip, port, ip_type };
	assert_eq!(prometheus.get_dispatch_info().pays_fee, Pays::No);
}
