// SPDX-License-Identifier: Apache-2.0

//! The number stream of numpy's `default_rng(seed)`, so that our pages are those a Python peer draws.
//!
//! Written from the definitions: `SeedSequence` in numpy's `bit_generator.pyx` (after M. E. O'Neill, "Developing a
//! seed_seq alternative", 2015) spreads the seed over the state; the generator is PCG64 (XSL-RR 128/64; O'Neill, "PCG: A
//! family of simple fast space-efficient statistically good algorithms", 2014), which is `rand_pcg`'s; bounded numbers
//! are D. Lemire's ("Fast random integer generation in an interval", 2019). Knows nothing of pages.

use std::num::NonZeroU64;

use rand_pcg::rand_core::Rng as _;
use rand_pcg::Pcg64;

/// The stream of `numpy.random.default_rng(seed)`.
pub struct Generator {
	pcg: Pcg64,
	/// The high half of an output whose low half has been used.
	buffered: Option<u32>,
}

impl Generator {
	/// Starts the stream of `seed`.
	pub fn new(seed: u32) -> Self {
		let [state_high, state_low, stream_high, stream_low] = seed_words(seed);
		let wide = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
		Self { pcg: Pcg64::new(wide(state_high, state_low), wide(stream_high, stream_low)), buffered: None }
	}

	/// The next whole output. A buffered half stays where it is.
	pub fn next_u64(&mut self) -> u64 {
		self.pcg.next_u64()
	}

	/// `integers(0, bound)`: uniform and below `bound`. Takes half an output up to 2³², a whole one above, and more of
	/// the same when a draw has to be rejected; a bound of one takes nothing.
	pub fn integers(&mut self, bound: NonZeroU64) -> u64 {
		match bound.get() {
			1 => 0,
			bound if bound <= 1 << 32 => self.bounded_32(bound),
			bound => self.bounded_64(bound),
		}
	}

	/// Skips `outputs` whole outputs, and forgets a buffered half.
	pub fn advance(&mut self, outputs: u128) {
		self.pcg.advance(outputs);
		self.buffered = None;
	}

	fn next_u32(&mut self) -> u32 {
		self.buffered.take().unwrap_or_else(|| {
			let output = self.next_u64();
			self.buffered = Some((output >> 32) as u32);
			output as u32
		})
	}

	fn bounded_32(&mut self, bound: u64) -> u64 {
		let unfair = ((1 << 32) - bound) % bound; // So many of the 2³² draws would favour some numbers.
		loop {
			let product = u64::from(self.next_u32()) * bound; // At most (2³² - 1) · 2³².
			if u64::from(product as u32) >= unfair {
				return product >> 32;
			}
		}
	}

	fn bounded_64(&mut self, bound: u64) -> u64 {
		let unfair = bound.wrapping_neg() % bound;
		loop {
			let product = u128::from(self.next_u64()) * u128::from(bound);
			if product as u64 >= unfair {
				return (product >> 64) as u64;
			}
		}
	}
}

const POOL: usize = 4;
const SHIFT: u32 = 16;

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_words(seed: u32) -> [u64; 4] {
	const INIT: u32 = 0x8b51_f9dd;
	const MULTIPLIER: u32 = 0x58f3_8ded;
	let pool = mixed_pool(seed);
	let mut hash = Hash { constant: INIT, multiplier: MULTIPLIER };
	let mut halves = (0..2 * POOL).map(|i| u64::from(hash.of(pool[i % POOL]))).collect::<Vec<_>>().into_iter();
	std::array::from_fn(|_| {
		let (low, high) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
		high << 32 | low
	})
}

/// The pool after the seed has been stirred into every word of it.
fn mixed_pool(seed: u32) -> [u32; POOL] {
	const INIT: u32 = 0x43b0_d7e5;
	const MULTIPLIER: u32 = 0x931e_8875;
	let mut hash = Hash { constant: INIT, multiplier: MULTIPLIER };
	let mut pool = [seed, 0, 0, 0].map(|word| hash.of(word));
	for from in 0..POOL {
		for to in (0..POOL).filter(|&to| to != from) {
			pool[to] = mix(pool[to], hash.of(pool[from]));
		}
	}
	pool
}

fn mix(x: u32, y: u32) -> u32 {
	let mixed = x.wrapping_mul(0xca01_f9dd).wrapping_sub(y.wrapping_mul(0x4973_f715));
	mixed ^ mixed >> SHIFT
}

/// A hash whose constant changes with each use.
struct Hash {
	constant: u32,
	multiplier: u32,
}

impl Hash {
	fn of(&mut self, word: u32) -> u32 {
		let word = word ^ self.constant;
		self.constant = self.constant.wrapping_mul(self.multiplier);
		let word = word.wrapping_mul(self.constant);
		word ^ word >> SHIFT
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[derive(serde::Deserialize)]
	struct Recorded {
		rng_primitives: Vec<Primitives>,
	}

	#[derive(serde::Deserialize)]
	struct Primitives {
		seed: u32,
		pcg64_raw_u64: Vec<String>,
		after_advance_17: Vec<String>,
		integers_0_5: Vec<u64>,
		integers_0_6e9: Vec<u64>,
	}

	fn outputs(mut generator: Generator, count: usize) -> Vec<String> {
		(0..count).map(|_| generator.next_u64().to_string()).collect()
	}

	fn integers(generator: &mut Generator, bound: u64, count: usize) -> Vec<u64> {
		(0..count).map(|_| generator.integers(NonZeroU64::new(bound).unwrap())).collect()
	}

	#[test]
	fn the_stream_is_numpys() {
		let Some(recorded) = golden::recording::<Recorded>("mechanisms/pages.json") else { return };
		assert!(!recorded.rng_primitives.is_empty());
		for case in recorded.rng_primitives {
			assert_eq!(outputs(Generator::new(case.seed), case.pcg64_raw_u64.len()), case.pcg64_raw_u64);
			let mut later = Generator::new(case.seed);
			later.advance(17);
			assert_eq!(outputs(later, case.after_advance_17.len()), case.after_advance_17);
			let mut one = Generator::new(case.seed); // Recorded one after the other.
			assert_eq!(integers(&mut one, 5, case.integers_0_5.len()), case.integers_0_5);
			assert_eq!(integers(&mut one, 6_000_000_000, case.integers_0_6e9.len()), case.integers_0_6e9);
		}
	}

	#[test]
	fn an_output_is_used_low_half_first() {
		let output = Generator::new(7).next_u64();
		assert_eq!(integers(&mut Generator::new(7), 1 << 32, 2), [output & 0xffff_ffff, output >> 32]);
	}

	#[test]
	fn advancing_forgets_the_buffered_half() {
		let bound = NonZeroU64::new(1 << 32).unwrap();
		let (mut advanced, mut plain) = (Generator::new(7), Generator::new(7));
		advanced.integers(bound);
		advanced.advance(0);
		plain.next_u64();
		assert_eq!(advanced.integers(bound), plain.integers(bound));
	}

	#[test]
	fn a_bound_of_one_takes_nothing() {
		let mut generator = Generator::new(7);
		assert_eq!(generator.integers(NonZeroU64::MIN), 0);
		assert_eq!(generator.next_u64(), Generator::new(7).next_u64());
	}

	proptest::proptest! {
		#[test]
		fn numbers_stay_below_their_bound(seed: u32, bound in 1..=u64::MAX) {
			for number in integers(&mut Generator::new(seed), bound, 8) {
				proptest::prop_assert!(number < bound);
			}
		}
	}
}
