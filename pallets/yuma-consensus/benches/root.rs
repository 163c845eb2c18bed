// SPDX-License-Identifier: Apache-2.0
//! Root consensus on full rows, against the plain algorithm on the same votes.

#[path = "baseline/root.rs"]
mod baseline;
#[path = "report/memory.rs"]
mod memory;
mod report;

use baseline::{root_epoch, RootInput};
use report::{measure, print_cases, print_ladder, scale_of_this_machine, Case, Random};
use yuma_consensus::{root::emission_shares, split, RootParams, RootVote};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Validators, subnets, milliseconds recorded of the reference, and the ratio to reach.
const CASES: [(usize, u16, f64, f64); 3] = [(64, 32, 0.155, 5.0), (64, 256, 2.1, 15.0), (256, 1_024, 63.0, 50.0)];
const PARAMS: RootParams = RootParams { kappa: 32_767, rho: 30 };
const BLOCK_EMISSION: u64 = 1_000_000_000;
/// Netuid and weight of an entry.
const BYTES_AN_ENTRY: f64 = 4.0;

/// Votes of `n` validators; each names the first `named` of `k` subnets.
fn votes(n: usize, k: u16, named: u16) -> RootInput {
	let mut random = Random(u64::from(k));
	let mut row = || Vec::from_iter((1..=named).map(|netuid| (netuid, random.weight())));
	let rows = Vec::from_iter((0u16..).take(n).map(|uid| (uid, row())));
	RootInput {
		total_networks: k.into(),
		netuids: Vec::from_iter(1..=k),
		stake: Vec::from_iter((0..n).map(|_| random.stake())),
		rows,
		block_emission: BLOCK_EMISSION,
		kappa: PARAMS.kappa,
		rho: PARAMS.rho,
		renormalize: true,
	}
}

/// The emission of each subnet, in rao.
fn ours(input: &RootInput) -> Vec<u64> {
	let votes = input.stake.iter().zip(&input.rows).map(|(stake, (_, row))| RootVote { stake: *stake, row });
	let shares = emission_shares(&input.netuids, &Vec::from_iter(votes), PARAMS);
	split(input.block_emission, &shares)
}

/// Both on the same votes: to the rao the same, but for the rao that the plain algorithm loses.
fn assert_same(input: &RootInput) {
	let plain = root_epoch(input).unwrap_or_else(|error| panic!("{error}"));
	let steps = [&plain.ranks, &plain.trust, &plain.consensus, &plain.weighted_emission];
	assert!(steps.into_iter().all(|step| step.len() == input.netuids.len()));
	for (ours, plain) in ours(input).into_iter().zip(plain.emission) {
		assert!(ours.abs_diff(plain) <= 1, "{ours} is not {plain}");
	}
}

fn main() {
	let mut criterion = report::criterion();
	let mut cases = Vec::new();
	for (n, k, recorded, goal) in CASES {
		let input = votes(n, k, k);
		assert_same(&input);
		let name = format!("root epoch, {n} x {k}");
		let ours = measure(&mut criterion, &name, "ours", || ours(&input));
		let baseline = measure(&mut criterion, &name, "baseline", || root_epoch(&input));
		if let (Some(ours), Some(baseline)) = (ours, baseline) {
			cases.push(Case { name, ours, baseline, recorded: Some(recorded / 1e3), goal: Some(goal) });
		}
	}
	let mut rungs = Vec::new();
	for (n, named) in [(64, 1_024), (128, 1_024), (256, 1_024), (512, 1_024), (1_024, 1_024), (4_096, 64)] {
		let input = votes(n, 1_024, named);
		let name = format!("{n} rows of {named}, 1024 subnets");
		let seconds = measure(&mut criterion, "root ladder", &name, || ours(&input));
		rungs.extend(seconds.map(|seconds| (name, n * usize::from(named), seconds)));
	}
	print_cases("Root epoch, full rows", &cases, scale_of_this_machine());
	print_ladder("Root epoch by entries", &rungs, BYTES_AN_ENTRY);
	let input = votes(256, 1_024, 1_024);
	let (peak, plain) = (memory::peak_of(|| ours(&input)), memory::peak_of(|| root_epoch(&input)));
	println!("\nPeak memory at 256 x 1024: {:.3} MB, baseline {:.1} MB", peak as f64 / 1e6, plain as f64 / 1e6);
	criterion.final_summary();
}
