// SPDX-License-Identifier: Apache-2.0
//! What an epoch allocates at its peak, the result included. The wasm heap of a runtime is small, and a trap in it stops
//! the chain.

#[path = "../benches/report/memory.rs"]
mod memory;

use memory::{peak_of, Counting};
use yuma_consensus::{epoch::run_epoch, root::emission_shares, EpochInput, Neuron, RootParams, RootVote};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MEGABYTE: usize = 1_000_000;

/// One test, as another thread's allocations would count too.
#[test]
fn an_epoch_stays_within_ten_megabytes() {
	let netuids = Vec::from_iter(1..=1_024u16);
	let row = Vec::from_iter(netuids.iter().map(|netuid| (*netuid, netuid.wrapping_mul(40_503) | 1)));
	// Upside down, so that reading it takes a copy.
	let turned = Vec::from_iter(row.iter().rev().copied());
	for row in [&row, &turned] {
		let votes = Vec::from_iter((1..=256).map(|stake| RootVote { stake, row }));
		let peak = peak_of(|| emission_shares(&netuids, &votes, RootParams { kappa: 32_767, rho: 30 }));
		assert!(peak <= 10 * MEGABYTE, "root epoch, 256 x 1024: {peak} bytes");
	}

	let neuron = |uid| Neuron {
		stake: u64::from(uid < 64),
		last_update: 2,
		registered_at: 1,
		permit: uid < 64,
		committed_at: None,
	};
	let rows = Vec::from_iter((0..1_024).map(|uid| if uid < 64 { row.clone() } else { Vec::new() }));
	let input = EpochInput {
		block: 10,
		activity_cutoff: 5_000,
		kappa: 32_767,
		bonds_moving_average: 900_000,
		max_validators: 64,
		neurons: Vec::from_iter((0..1_024).map(neuron)),
		weights: rows.clone(),
		bonds: rows,
		emission: 1_000_000_000,
		..EpochInput::default()
	};
	let peak = peak_of(|| run_epoch(&input));
	assert!(peak <= 10 * MEGABYTE, "subnet epoch, 64 x 1024: {peak} bytes");
}
