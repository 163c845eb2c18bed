// SPDX-License-Identifier: Apache-2.0
//! Whole blocks, off the lines that the weights were fitted to: is what a hook charges what it takes?
//!
//! `scripts/benchmark.sh --check` measures them in wasm and hands the times to the test below, which runs the same
//! blocks natively for what they charge. In the mock storage is free, so that the charge is that for computing alone, as
//! the times are.

use frame_support::{traits::Hooks, weights::Weight};

use super::*;

/// A block in which the root epoch is due.
pub(crate) struct RootBlock {
	validators: u32,
	subnets: u32,
	/// Of all rows together.
	entries: u32,
}

/// A block with epochs of the first subnets, or with none.
pub(crate) struct SubnetsBlock {
	/// Subnets that earn.
	subnets: u32,
	/// How many have an epoch that is due; those that do not fit wait.
	due: u16,
	epoch: Subnet,
}

const fn root(validators: u32, subnets: u32, entries: u32) -> RootBlock {
	RootBlock { validators, subnets, entries }
}

const fn epoch(neurons: u32, validators: u32, weights: u32, bonds: u32) -> Subnet {
	let pending = 1_000 * STAKE;
	Subnet { neurons, validators, weights, bonds, staked: neurons, pools: 0, pending, is_liquid: false }
}

const fn liquid(epoch: Subnet) -> Subnet {
	Subnet { is_liquid: true, ..epoch }
}

/// Nobody but the validators has stake, so that the miners get their first.
const fn of_newcomers(epoch: Subnet) -> Subnet {
	Subnet { staked: epoch.validators, ..epoch }
}

/// The validators have stake on `pools` other subnets.
const fn shared(epoch: Subnet, pools: u32) -> Subnet {
	Subnet { pools, ..epoch }
}

pub(crate) static ROOT: [RootBlock; 8] = [
	root(64, 64, 64 * 64),
	root(64, 64, 64 * 10),
	root(64, 10, 64 * 10),
	root(32, 48, 32 * 24),
	root(20, 30, 20 * 30),
	root(10, 64, 10 * 64),
	root(64, 5, 64 * 2),
	root(5, 5, 5 * 5),
];

pub(crate) static SUBNETS: [SubnetsBlock; 16] = [
	SubnetsBlock { subnets: 64, due: 0, epoch: Subnet::SILENT },
	SubnetsBlock { subnets: 20, due: 0, epoch: Subnet::SILENT },
	SubnetsBlock { subnets: 64, due: 1, epoch: epoch(256, 64, 64 * 256, 64 * 256) },
	SubnetsBlock { subnets: 32, due: 1, epoch: epoch(256, 64, 64 * 192, 0) },
	SubnetsBlock { subnets: 32, due: 1, epoch: epoch(256, 64, 64 * 50, 64 * 50) },
	SubnetsBlock { subnets: 16, due: 1, epoch: epoch(256, 16, 16 * 240, 16 * 240) },
	SubnetsBlock { subnets: 16, due: 1, epoch: liquid(epoch(128, 32, 32 * 100, 32 * 100)) },
	SubnetsBlock { subnets: 1, due: 1, epoch: epoch(40, 20, 20 * 40, 20 * 40) },
	SubnetsBlock { subnets: 32, due: 4, epoch: epoch(256, 64, 64 * 192, 64 * 192) },
	SubnetsBlock { subnets: 64, due: 20, epoch: epoch(40, 20, 20 * 20, 20 * 20) },
	SubnetsBlock { subnets: 16, due: 1, epoch: liquid(epoch(1_024, 64, 64 * 1_024, 64 * 1_024)) },
	SubnetsBlock { subnets: 16, due: 1, epoch: epoch(4_096, 64, 64 * 4_032, 64 * 4_032) },
	// What bounds an epoch: all paid for their stake, the most validators, nobody paid before, stake on all subnets.
	SubnetsBlock { subnets: 64, due: 1, epoch: epoch(4_096, 64, 0, 0) },
	SubnetsBlock { subnets: 16, due: 1, epoch: epoch(2_048, 128, 128 * 1_920, 128 * 1_920) },
	SubnetsBlock { subnets: 16, due: 1, epoch: of_newcomers(epoch(4_096, 64, 64 * 4_032, 64 * 4_032)) },
	SubnetsBlock { subnets: 64, due: 1, epoch: shared(epoch(256, 64, 64 * 192, 64 * 192), 63) },
];

impl RootBlock {
	/// Sets it up, and returns what runs it.
	pub fn create<T: Config>(&self) -> impl FnOnce() -> Weight {
		let netuids = add_subnets::<T>(self.subnets);
		for length in spread(self.entries, self.validators) {
			let (hotkey, _) = add_validator::<T>(STAKE);
			let uid = Uids::<T>::get(ROOT_NETUID, hotkey).expect("it has just been given one");
			let vote = netuids.iter().zip(row(uid, length)).map(|(netuid, (_, weight))| (*netuid, weight)).collect();
			<T::RootRows as pallet_root_weights::RootRows>::put(uid, vote);
		}
		Pallet::<T>::set(RootParameter::Tempo(9));
		frame_system::Pallet::<T>::set_block_number(8u32.into());
		|| pallet_root_weights::Pallet::<T>::on_initialize(8u32.into())
	}
}

impl SubnetsBlock {
	/// Sets it up, and returns what runs it.
	pub fn create<T: Config>(&self) -> impl FnOnce() -> Weight {
		let netuids = add_subnets::<T>(self.subnets);
		for netuid in 1..=self.due {
			self.epoch.create_as::<T>(netuid);
			Tempo::<T>::insert(netuid, BLOCK as u16 + netuid + 1); // A period that ends in this block.
		}
		share_emission::<T>(&netuids, self.subnets);
		add_other_items::<T>();
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());
		|| Pallet::<T>::on_initialize(BLOCK.into())
	}
}

#[cfg(test)]
mod tests {
	use frame_benchmarking::BenchmarkBatchSplitResults;

	use super::*;
	use crate::mock::{check_invariants, externalities, Test};

	/// What the hook charges for computing, in picoseconds.
	fn charged<Run: FnOnce() -> Weight>(create: impl FnOnce() -> Run) -> u64 {
		externalities().execute_with(|| {
			let run = create();
			check_invariants();
			let charged = run();
			check_invariants();
			charged.ref_time()
		})
	}

	fn charges() -> [(&'static str, Vec<u64>); 2] {
		let root = ROOT.iter().map(|block| charged(|| block.create::<Test>())).collect();
		let subnets = SUBNETS.iter().map(|block| charged(|| block.create::<Test>())).collect();
		[("root_block", root), ("subnets_block", subnets)]
	}

	#[test]
	fn what_is_measured_keeps_every_invariant() {
		assert!(charges().into_iter().flat_map(|(_, charges)| charges).all(|charged| charged > 0));
	}

	#[test]
	fn no_epoch_costs_more_than_was_said_before_it_ran() {
		for block in SUBNETS.iter().filter(|block| block.due > 0) {
			externalities().execute_with(|| {
				let _ = block.create::<Test>();
				let subnets = block.subnets;
				let most = Pallet::<Test>::epoch_limits(NETUID, subnets).weight::<<Test as Config>::WeightInfo>();
				let cost = Pallet::<Test>::run_epoch(NETUID, BLOCK.into());
				assert!(cost.all_lte(most), "{cost} is more than {most}");
			});
		}
	}

	/// The median of what block `point` of benchmark `name` took, in picoseconds.
	fn measured(results: &[BenchmarkBatchSplitResults], name: &str, point: usize) -> u64 {
		let batch = results.iter().find(|batch| batch.benchmark == name.as_bytes()).expect("it was measured");
		let of_point = batch.time_results.iter().filter(|result| result.components[0].1 as usize == point);
		let mut times: Vec<u128> = of_point.map(|result| result.extrinsic_time).collect();
		times.sort_unstable();
		times[times.len() / 2] as u64 * 1_000
	}

	#[test]
	#[ignore = "reads what `scripts/benchmark.sh --check` has measured"]
	fn hooks_charge_what_they_take() {
		let path = std::env::var_os("HOOK_TIMES").expect("scripts/benchmark.sh names the file");
		let times = std::fs::read(path).expect("scripts/benchmark.sh has written the file");
		let times: Vec<BenchmarkBatchSplitResults> =
			serde_json::from_slice(&times).expect("it is of the node's format");
		let mut is_true = true;
		println!("{:<16} {:>5} {:>14} {:>14} {:>6}", "block", "point", "measured, us", "charged, us", "ratio");
		for (name, charges) in charges() {
			for (point, charged) in charges.into_iter().enumerate() {
				let measured = measured(&times, name, point);
				let ratio = charged as f64 / measured as f64;
				is_true &= (0.8..=1.2).contains(&ratio);
				println!("{name:<16} {point:>5} {:>14} {:>14} {ratio:>6.2}", measured / 1_000_000, charged / 1_000_000);
			}
		}
		assert!(is_true, "a hook charges what is more than 20 % off what it takes");
	}
}
