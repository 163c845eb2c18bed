// SPDX-License-Identifier: Apache-2.0
//! What is not recorded: large choices as numpy 2.4.6 makes them, and what holds for any.

use proptest::prelude::*;

use super::*;

fn integers(generator: &mut Generator, bound: u64, count: usize) -> Vec<u64> {
	(0..count).map(|_| generator.integers(NonZeroU64::new(bound).unwrap())).collect()
}

/// The first numbers of a choice, all of them folded into one (`x · 31 + number`, modulo 2⁶⁴), and the stream's next output.
#[track_caller]
fn check_choice(seed: u32, (n, k): (usize, usize), first: &[usize], folded: u64, next: u64) {
	let mut generator = Generator::new(seed);
	let chosen = generator.choice(n, k).unwrap();
	assert_eq!((chosen.len(), &chosen[..first.len()]), (k, first));
	let fold = |folded: u64, number: &usize| folded.wrapping_mul(31).wrapping_add(*number as u64);
	assert_eq!(chosen.iter().fold(0, fold), folded);
	assert_eq!(generator.next_u64(), next);
}

#[test]
fn few_of_many_are_chosen_as_in_numpy() {
	check_choice(7, (20_000, 400), &[16_691, 2_259, 12_673], 7_498_828_200_480_913_353, 6_076_986_769_296_106_455);
	check_choice(7, (50_000, 1_000), &[31_256, 1_467, 19_051], 10_391_103_928_456_738_923, 16_031_138_457_787_209_104);
	check_choice(7, (10_000, 10_000), &[8_431, 1_065, 6_225], 16_338_275_744_253_329_360, 13_531_726_512_659_808_178);
	check_choice(9, (5, 5), &[4, 1, 3, 2], 3_726_820, 13_209_245_429_973_330_565);
}

#[test]
fn many_of_many_are_chosen_as_in_numpy() {
	check_choice(7, (20_000, 1_000), &[3_762, 1_432, 9_397], 16_534_114_880_559_101_819, 7_752_108_110_294_883_012);
	check_choice(7, (50_000, 1_001), &[48_722, 9_703, 3_695], 6_403_622_106_902_692_398, 15_274_806_457_886_145_119);
	check_choice(7, (10_001, 10_001), &[778, 2_883, 8_813], 1_729_595_068_371_544_278, 10_080_491_664_234_054_215);
}

#[test]
#[cfg(target_pointer_width = "64")]
fn numbers_of_more_than_32_bits_are_chosen_as_in_numpy() {
	let wide = [103_495_536_649, 476_228_107_093, 94_172_255_183];
	check_choice(3, (1 << 40, 6), &wide, 3_405_879_662_562_573_978, 2_096_878_659_831_742_719);
	let around = [3_441_447_623, 367_860_370, 770_692_085, 3_485_385_462]; // Some draws are below 2³², some above.
	check_choice(3, ((1 << 32) + 1, 4), &around, 102_905_056_792_460, 1_736_366_973_414_412_046);
	check_choice(3, (1 << 32, 4), &[1_017_093_381, 367_860_370], 30_681_119_569_006, 1_736_366_973_414_412_046);
}

#[test]
fn no_more_can_be_chosen_than_there_are() {
	let mut generator = Generator::new(7);
	assert_eq!(generator.choice(3, 4), None);
	assert_eq!(generator.choice(0, 0), Some(vec![]));
	assert_eq!(generator.choice(1, 1), Some(vec![0]));
	assert_eq!(generator.next_u64(), Generator::new(7).next_u64());
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

proptest! {
	#[test]
	fn numbers_stay_below_their_bound(seed: u32, bound in 1..=u64::MAX) {
		for number in integers(&mut Generator::new(seed), bound, 8) {
			prop_assert!(number < bound);
		}
	}

	#[test]
	fn nothing_is_chosen_twice(seed: u32, n in 0usize..30_000, part in 0.0..=1.0) {
		let k = (n as f64 * part) as usize;
		let mut chosen = Generator::new(seed).choice(n, k).unwrap();
		prop_assert_eq!(chosen.len(), k);
		chosen.sort_unstable();
		prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]) && chosen.last().is_none_or(|last| *last < n));
	}
}
