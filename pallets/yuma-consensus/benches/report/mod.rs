// SPDX-License-Identifier: Apache-2.0
//! What the benches share: pseudo-random inputs, one way to measure, a scale between machines, and the tables.

mod clock;

use std::{hint::black_box, time::Duration};

use criterion::Criterion;

/// Clock of the machine that the reference's times were recorded on ("Intel Xeon Processor", 2.1 GHz).
const RECORDED_HZ: f64 = 2.1e9;
/// Cycles of one step of [`calibration_loop`] there: multiply 4, exclusive or 1.
const CYCLES_A_STEP: f64 = 5.0;
const STEPS: u32 = 100_000;

/// The generator SplitMix64: the same inputs on every machine.
pub struct Random(pub u64);

impl Random {
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		mixed ^ (mixed >> 31)
	}

	/// A weight of `1..=65535`.
	pub fn weight(&mut self) -> u16 {
		(self.next() % 65_535) as u16 + 1
	}

	/// A stake of some thousand TAO, in rao.
	pub fn stake(&mut self) -> u64 {
		1_000_000_000_000 + self.next() % 9_000_000_000_000
	}
}

/// Criterion, configured by the command line.
///
/// Freed memory stays with the process first: else every run maps its large vectors anew, and what is measured is the
/// kernel's page faults, which a sandbox makes many times dearer than the reference's machine did.
pub fn criterion() -> Criterion {
	#[cfg(all(target_os = "linux", target_env = "gnu"))]
	keep_freed_memory();
	let short = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(200));
	short.measurement_time(Duration::from_secs(1)).configure_from_args()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_freed_memory() {
	use std::ffi::c_int;
	extern "C" {
		/// Of malloc.h; its options are below.
		fn mallopt(option: c_int, value: c_int) -> c_int;
	}
	const M_TRIM_THRESHOLD: c_int = -1;
	const M_MMAP_THRESHOLD: c_int = -3;
	const GIB: c_int = 1 << 30;
	// SAFETY: it only sets options, and no other thread runs yet.
	let is_set = unsafe { mallopt(M_TRIM_THRESHOLD, GIB) == 1 && mallopt(M_MMAP_THRESHOLD, GIB) == 1 };
	assert!(is_set, "malloc refuses its options");
}

/// Measures one routine under `group/name`: the fastest of criterion's samples in seconds, as whoever shares the processor
/// only ever adds to one. `None` when the command line filters it out.
pub fn measure<Output>(
	criterion: &mut Criterion,
	group: &str,
	name: &str,
	mut routine: impl FnMut() -> Output,
) -> Option<f64> {
	let mut samples = Vec::new();
	criterion.benchmark_group(group).bench_function(name, |bencher| {
		bencher.iter_custom(|iterations| {
			let start = clock::now();
			for _ in 0..iterations {
				black_box(routine());
			}
			let elapsed = clock::now() - start;
			samples.push(elapsed.as_secs_f64() / iterations as f64);
			elapsed
		})
	});
	samples.into_iter().min_by(f64::total_cmp)
}

/// How much longer this machine takes for what takes the recording one a second.
///
/// No calibration was recorded with the reference's times, so what the loop would have taken there is *assumed*. It runs
/// three chains of 64 by 64 bit multiplications whose halves are folded together, the work of fixed-point numbers. On the
/// recording machine's kind of core (Intel, Skylake and its successors) the upper half is ready after 4 cycles and folded
/// in after one more, which is time enough for the other chains: so a step is [`CYCLES_A_STEP`], at the nominal
/// [`RECORDED_HZ`]. A neighbour on the same core slows the loop as it slows the baseline. Not accounted for are the recording
/// machine's turbo, caches and load, and what else a newer core does better: a scaled time is an estimate, good to some
/// tens of percent.
pub fn scale_of_this_machine() -> f64 {
	let recorded = f64::from(STEPS) * CYCLES_A_STEP / RECORDED_HZ;
	let times = Vec::from_iter((0..101).map(|_| {
		let start = clock::now();
		black_box(calibration_loop(black_box([1, 2, 3])));
		(clock::now() - start).as_secs_f64()
	}));
	times.into_iter().fold(f64::MAX, f64::min) / recorded
}

fn calibration_loop(seeds: [u64; 3]) -> [u64; 3] {
	(0..STEPS).fold(seeds, |chains, _| {
		chains.map(|x| {
			let product = u128::from(x) * 0x9E37_79B9_7F4A_7C15;
			(product >> 64) as u64 ^ product as u64
		})
	})
}

/// Bytes a second that one core reads in sequence from a buffer far beyond its caches.
pub fn read_bandwidth() -> f64 {
	let buffer = vec![1u64; 16 << 20];
	let times = Vec::from_iter((0..7).map(|_| {
		let start = clock::now();
		black_box(black_box(&buffer).iter().fold(0u64, |sum, value| sum.wrapping_add(*value)));
		(clock::now() - start).as_secs_f64()
	}));
	(buffer.len() * 8) as f64 / times.into_iter().fold(f64::MAX, f64::min)
}

/// One case that both were run on.
pub struct Case {
	pub name: String,
	/// Seconds of the crate and of the baseline.
	pub ours: f64,
	pub baseline: f64,
	/// Seconds recorded of the reference on its machine, and the goal for the ratio; where there are any.
	pub recorded: Option<f64>,
	pub goal: Option<f64>,
}

/// Prints the cases. The baseline counts only where it is not slower than 1.3 times the recorded time, scaled.
pub fn print_cases(title: &str, cases: &[Case], scale: f64) {
	println!("\n{title}; one second of the recording machine is taken as {scale:.3} s here");
	println!(
		"{:<34} {:>11} {:>13} {:>8} {:>7}   baseline / recorded, scaled",
		"case", "ours, µs", "baseline, µs", "ratio", "goal"
	);
	for Case { name, ours, baseline, recorded, goal } in cases {
		let ratio = baseline / ours;
		let goal = goal.map_or(String::new(), |goal| format!("{}{goal}", if ratio >= goal { "≥ " } else { "NOT " }));
		let against = recorded.map_or(String::new(), |recorded| {
			let against = baseline / (recorded * scale);
			format!("{against:.2}{}", if against <= 1.3 { "" } else { ": TOO SLOW, the ratio does not count" })
		});
		println!("{name:<34} {:>11.1} {:>13.1} {ratio:>7.1}x {goal:>7}   {against}", ours * 1e6, baseline * 1e6);
	}
}

/// Prints what an entry costs along a ladder of sizes, and how far that is from only reading `bytes_an_entry` of it.
pub fn print_ladder(title: &str, rungs: &[(String, usize, f64)], bytes_an_entry: f64) {
	let bandwidth = read_bandwidth();
	println!(
		"\n{title}; reading takes {:.2} ns an entry ({bytes_an_entry} bytes at {:.1} GB/s)",
		bytes_an_entry / bandwidth * 1e9,
		bandwidth / 1e9
	);
	for (name, entries, seconds) in rungs {
		let each = seconds / *entries as f64;
		let limit = each * bandwidth / bytes_an_entry;
		println!("{name:<34} {entries:>9} entries {:>8.2} ns an entry, {limit:>5.1}x reading", each * 1e9);
	}
}
