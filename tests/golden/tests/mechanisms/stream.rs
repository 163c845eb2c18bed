// SPDX-License-Identifier: Apache-2.0
//! The number stream that validators and miners share.

use std::num::NonZeroU64;

use golden::{plain, recording, Decimal};
use mechanisms::numpy::Generator;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
	rng_primitives: Vec<Primitives>,
}

#[derive(Deserialize)]
struct Primitives {
	seed: u32,
	pcg64_raw_u64: Vec<Decimal<u64>>,
	after_advance_17: Vec<Decimal<u64>>,
	integers_0_5: Vec<u64>,
	integers_0_6e9: Vec<u64>,
}

#[track_caller]
fn check_outputs(mut generator: Generator, recorded: &[Decimal<u64>]) {
	let outputs: Vec<u64> = recorded.iter().map(|_| generator.next_u64()).collect();
	assert_eq!(outputs, plain(recorded));
}

#[track_caller]
fn check_integers(generator: &mut Generator, bound: u64, recorded: &[u64]) {
	let bound = NonZeroU64::new(bound).expect("a bound");
	let drawn: Vec<u64> = recorded.iter().map(|_| generator.integers(bound)).collect();
	assert_eq!(drawn, recorded);
}

#[test]
fn the_stream_is_numpys() {
	let Some(Recorded { rng_primitives }) = recording("mechanisms/pages.json") else { return };
	assert!(!rng_primitives.is_empty());
	for case in rng_primitives {
		check_outputs(Generator::new(case.seed), &case.pcg64_raw_u64);
		let mut later = Generator::new(case.seed);
		later.advance(17);
		check_outputs(later, &case.after_advance_17);
		let mut one = Generator::new(case.seed); // Recorded one after the other.
		check_integers(&mut one, 5, &case.integers_0_5);
		check_integers(&mut one, 6_000_000_000, &case.integers_0_6e9);
	}
}
