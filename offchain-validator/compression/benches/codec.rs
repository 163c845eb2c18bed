// SPDX-License-Identifier: Apache-2.0

//! Compressing and decoding the gradient of a model of 125 million parameters, against the procedure as published on PyTorch:
//! the same numbers and threads, in turns in the same run, after which both have decoded the same.
//!
//! `REFERENCE_PYTHON` names a Python with torch. Figures are also written as JSON to the file `CODEC_FIGURES`, if that is set.

mod reference;

use std::time::Instant;

use compression::{Codec, Coding, Compressed, Layouts, Quantiser};
use serde_json::{json, Value};

use reference::{Given, Reference, Turn};

const TARGET_CHUNK: usize = 64;
/// How often each has its turn, after one that warms up.
const TURNS: usize = 7;
/// How many times as fast as the reference this is to be.
const GOAL: f64 = 1.5;

/// One form, and how far both may come apart: in f32 other elements are among the largest, or fall into another bin, where
/// two are almost equal.
struct Form {
	name: &'static str,
	topk: usize,
	bins: Option<usize>,
	tolerance: f64,
}

const FORMS: [Form; 2] = [
	Form { name: "DCT, 32 of 4096", topk: 32, bins: None, tolerance: 1e-3 },
	Form { name: "quantised, 64 of 4096", topk: 64, bins: Some(4), tolerance: 1e-2 },
];

impl Form {
	fn coding(&self) -> Coding {
		self.bins.map_or(Coding::Dct, |bins| Coding::Quantised(Quantiser { bins, range: 6.0 }))
	}
}

/// A Llama with 12 layers of 768 and a tied head: its parameters' names and shapes.
fn shapes() -> Vec<(String, Vec<usize>)> {
	const HIDDEN: usize = 768;
	const INTERMEDIATE: usize = 2624;
	let layer = |layer: usize| {
		let projections = ["q", "k", "v", "o"].map(|name| (name, vec![HIDDEN, HIDDEN]));
		let norms = ["input_norm", "post_norm"].map(|name| (name, vec![HIDDEN]));
		let wide = ["gate", "up"].map(|name| (name, vec![INTERMEDIATE, HIDDEN]));
		let all = projections.into_iter().chain(norms).chain(wide).chain([("down", vec![HIDDEN, INTERMEDIATE])]);
		all.map(move |(name, shape)| (format!("layers.{layer:02}.{name}"), shape)).collect::<Vec<_>>()
	};
	let mut shapes = vec![("embed_tokens".to_owned(), vec![32_000, HIDDEN]), ("norm".to_owned(), vec![HIDDEN])];
	shapes.extend((0..12).flat_map(layer));
	shapes.sort();
	shapes
}

/// Numbers around zero, most of them small: sums of four draws of the generator SplitMix64.
fn values(count: usize) -> Vec<f32> {
	let mut state = 0_u64;
	let mut draw = || {
		state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		mixed ^ (mixed >> 31)
	};
	let part = |bits: u64, part: u32| (bits >> (16 * part) & 0xffff) as f32 / 65_536.0 - 0.5;
	let number = |bits: u64| (0..4).map(|at| part(bits, at)).sum::<f32>();
	(0..count).map(|_| 1e-3 * number(draw())).collect()
}

/// Ours: the parameters one after the other, into `decoded`.
fn turn(codec: &Codec, values: &[f32], decoded: &mut [f32]) -> Turn {
	let start = Instant::now();
	let mut rest = values;
	let sent: Vec<Compressed> = codec
		.layouts()
		.iter()
		.map(|(name, layout)| {
			let (parameter, after) = rest.split_at(layout.elements());
			rest = after;
			codec.compress(name, parameter).expect("it is of this model")
		})
		.collect();
	let encode = start.elapsed().as_secs_f64();
	let start = Instant::now();
	let mut rest = decoded;
	for ((name, layout), sent) in codec.layouts().iter().zip(&sent) {
		let (parameter, after) = rest.split_at_mut(layout.elements());
		rest = after;
		codec.decode(name, sent, None, parameter).expect("it is of this model");
	}
	Turn { encode, decode: start.elapsed().as_secs_f64() }
}

fn median(mut seconds: Vec<f64>) -> f64 {
	seconds.sort_by(f64::total_cmp);
	seconds[seconds.len() / 2]
}

/// Length of the difference, as a part of the other's length.
fn difference(ours: &[f32], theirs: &[f32]) -> f64 {
	let square = |pairs: &mut dyn Iterator<Item = f32>| pairs.map(|value| f64::from(value).powi(2)).sum::<f64>();
	let apart = square(&mut ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs));
	(apart / square(&mut theirs.iter().copied())).sqrt()
}

/// Prints and gives back what each of both takes, in seconds.
fn compare(form: &Form, shapes: &[(String, Vec<usize>)], values: &[f32], threads: usize) -> Vec<Value> {
	let layouts = Layouts::with_coding(shapes, TARGET_CHUNK, form.topk, form.coding()).expect("they can be cut");
	let codec = Codec::new(layouts, threads);
	let shapes = shapes.iter().map(|(_, shape)| &shape[..]).collect();
	let mut reference = Reference::start(Given::new(shapes, TARGET_CHUNK, form.topk, form.bins, threads), values);
	let mut decoded = vec![0.0; values.len()];
	let mut round = || (turn(&codec, values, &mut decoded), reference.turn());
	round();
	let (ours, theirs): (Vec<Turn>, Vec<Turn>) = (0..TURNS).map(|_| round()).unzip();
	let difference = difference(&decoded, &reference.finish());
	assert!(difference <= form.tolerance, "{}: both decode to what is {difference:.1e} apart", form.name);
	let steps: [(&str, fn(&Turn) -> f64); 3] =
		[("encode", |turn| turn.encode), ("decode", |turn| turn.decode), ("both", |turn| turn.encode + turn.decode)];
	let mut figures = Vec::new();
	for (step, seconds) in steps {
		let [ours, theirs] = [&ours, &theirs].map(|turns| median(turns.iter().map(seconds).collect()));
		let verdict = if step == "both" && theirs / ours < GOAL { "  NOT reached" } else { "" };
		println!("{:<24} {step:<8} {ours:>9.3} {theirs:>9.3} {:>7.2}{verdict}", form.name, theirs / ours);
		figures.push(json!({
			"form": form.name, "step": step, "seconds": ours, "reference_seconds": theirs, "ratio": theirs / ours,
		}));
	}
	println!("{:<24} decoded alike but for {difference:.1e}", form.name);
	figures
}

fn main() {
	let shapes = shapes();
	let count = shapes.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
	let threads = std::thread::available_parallelism().map_or(1, usize::from);
	println!("{count} parameters, {threads} threads, medians of {TURNS} turns; goal {GOAL} times as fast");
	println!("{:<24} {:<8} {:>9} {:>9} {:>7}", "form", "", "ours, s", "torch, s", "ratio");
	let values = values(count);
	let figures: Vec<Value> = FORMS.iter().flat_map(|form| compare(form, &shapes, &values, threads)).collect();
	if let Some(file) = std::env::var_os("CODEC_FIGURES") {
		let figures = json!({ "parameters": count, "threads": threads, "turns": TURNS, "figures": figures });
		std::fs::write(&file, figures.to_string()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
	}
}
