// SPDX-License-Identifier: Apache-2.0
//! The pallets whose calls and hooks the node's `benchmark pallet` measures: our own.

frame_benchmarking::define_benchmarks!(
	[pallet_commitments, crate::Commitments]
	[pallet_root_weights, crate::RootWeights]
	[pallet_subnets, crate::SubtensorModule]
);
