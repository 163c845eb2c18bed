// SPDX-License-Identifier: Apache-2.0
//! The number stream of numpy's `default_rng(seed)`, so that what we draw is what a Python peer draws.
//!
//! Written from the definitions: `SeedSequence` in numpy's `bit_generator.pyx` (after M. E. O'Neill, "Developing a
//! seed_seq alternative", 2015) spreads the seed over the state; the generator is PCG64 (XSL-RR 128/64; O'Neill, "PCG: A
//! family of simple fast space-efficient statistically good algorithms", 2014), which is `rand_pcg`'s; bounded numbers
//! are D. Lemire's ("Fast random integer generation in an interval", 2019); a choice is R. W. Floyd's (J. Bentley,
//! "Programming pearls: a sample of brilliance", 1987) or the end of a Fisher–Yates shuffle. Knows not what is drawn.

use std::{collections::HashSet, num::NonZeroU64};

use rand_pcg::{rand_core::Rng as _, Pcg64};

/// The stream of `numpy.random.default_rng(seed)`.
#[derive(Clone, Debug)]
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
			..=0x1_0000_0000 => self.bounded_32(bound),
			_ => self.bounded_64(bound),
		}
	}

	/// `choice(n, k, replace=False)`: `k` different numbers below `n`, in the order drawn; `None` if there are not so many.
	///
	/// Memory grows with `k`, but with `n` where numpy shuffles: when `n` is above 10,000 and `k` above a fiftieth of it.
	pub fn choice(&mut self, n: usize, k: usize) -> Option<Vec<usize>> {
		// Below, numpy does not lay all numbers out.
		const MANY: usize = 10_000;
		const PART: usize = 50;
		let undrawn = n.checked_sub(k)?;
		if n > MANY && k > n / PART {
			let mut numbers: Vec<usize> = (0..n).collect();
			self.shuffle_down_to(undrawn.max(1), &mut numbers);
			return Some(numbers.split_off(undrawn));
		}
		let mut drawn = Vec::with_capacity(k);
		let mut seen = HashSet::with_capacity(k); // Asked and never walked through, so its order shows nowhere.
		for last in undrawn..n {
			let mut number = self.up_to(last);
			if !seen.insert(number) {
				number = last; // Larger than all that could be drawn before.
				seen.insert(number);
			}
			drawn.push(number);
		}
		self.shuffle_down_to(1, &mut drawn);
		Some(drawn)
	}

	/// Skips `outputs` whole outputs, and forgets a buffered half.
	pub fn advance(&mut self, outputs: u128) {
		self.pcg.advance(outputs);
		self.buffered = None;
	}

	/// Gives the places from `first` on, the last one first, a number from those up to it.
	fn shuffle_down_to(&mut self, first: usize, numbers: &mut [usize]) {
		for place in (first..numbers.len()).rev() {
			numbers.swap(place, self.up_to(place));
		}
	}

	/// Uniform in `0..=largest`.
	fn up_to(&mut self, largest: usize) -> usize {
		// `largest` is below a length, so it is not the largest `u64`; and what is drawn is no larger.
		self.integers(NonZeroU64::MIN.saturating_add(largest as u64)) as usize
	}

	fn next_u32(&mut self) -> u32 {
		self.buffered.take().unwrap_or_else(|| {
			let output = self.next_u64();
			self.buffered = Some((output >> 32) as u32);
			output as u32
		})
	}

	fn bounded_32(&mut self, bound: NonZeroU64) -> u64 {
		// So many of the 2³² draws would favour some numbers.
		let unfair = (1u64 << 32).wrapping_sub(bound.get()) % bound;
		loop {
			// At most (2³² − 1) · 2³²: nothing wraps.
			let product = u64::from(self.next_u32()).wrapping_mul(bound.get());
			if u64::from(product as u32) >= unfair {
				return product >> 32;
			}
		}
	}

	fn bounded_64(&mut self, bound: NonZeroU64) -> u64 {
		let unfair = bound.get().wrapping_neg() % bound;
		loop {
			// A product of two 64-bit numbers fits.
			let product = u128::from(self.next_u64()).wrapping_mul(u128::from(bound.get()));
			if product as u64 >= unfair {
				return (product >> 64) as u64;
			}
		}
	}
}

const POOL: usize = 4;
const SHIFT: u32 = 16;

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_words(seed: u32) -> [u64; POOL] {
	const INIT: u32 = 0x8b51_f9dd;
	const MULTIPLIER: u32 = 0x58f3_8ded;
	let mut hash = Hash { constant: INIT, multiplier: MULTIPLIER };
	let mut halves = mixed_pool(seed).into_iter().cycle().map(|word| u64::from(hash.of(word)));
	std::array::from_fn(|_| {
		let (low, high) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
		high << 32 | low
	})
}

/// The pool after the seed has been stirred into every word of it.
#[allow(clippy::indexing_slicing, reason = "both places are below `POOL`")]
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
mod tests;
