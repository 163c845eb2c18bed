// SPDX-License-Identifier: Apache-2.0

//! Measuring miners: ours against the published procedure (`evaluate.py`), with the same libtorch, weights, tokens and
//! updates, on the same machine, in turn miner by miner. Both give the same losses, or it fails.
//!
//! `scripts/bench-evaluate.sh` prepares what it needs and runs it.

mod memory;
mod ours;
mod reference;
mod scene;

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;
use offchain_validator::model::{Compute, Devices, Precision, Processor};
use serde_json::{json, Value};

use ours::Ours;
use reference::Reference;
use scene::{Scene, Set};

/// Losses of both sides, in nats; what is between them is rounding. In `bf16` each layer rounds anew.
const TOLERANCES: [(Precision, f64); 2] = [(Precision::F32, 1e-4), (Precision::Bf16, 5e-2)];

/// Measures evaluation against the published procedure.
#[derive(Parser)]
struct Args {
	/// Sizes of model, by their names.
	#[arg(long, value_delimiter = ',', default_values = ["10m", "125m"])]
	shapes: Vec<String>,
	/// Tokens of each batch.
	#[arg(long, value_delimiter = ',', default_values_t = [512, 2_048, 8_192])]
	tokens: Vec<usize>,
	/// Tokens of each sequence.
	#[arg(long, default_value_t = 512)]
	sequence: usize,
	/// Batches of a miner's own set and of the random set.
	#[arg(long, default_value_t = 1)]
	batches: usize,
	/// Miners of a window.
	#[arg(long, default_value_t = 16)]
	miners: usize,
	/// Tokens of all that is measured of one case; decides how many of the miners are.
	#[arg(long, default_value_t = 400_000)]
	budget: usize,
	#[arg(long, default_value = "cpu")]
	device: Processor,
	#[arg(long, default_value_t = Precision::F32)]
	precision: Precision,
	#[arg(long)]
	pass_tokens: Option<NonZeroUsize>,
	/// Threads of both sides.
	#[arg(long)]
	threads: NonZeroUsize,
	/// Folder of libtorch's CUDA library.
	#[arg(long)]
	libtorch_cuda: Option<PathBuf>,
	/// A Python that has torch and transformers; without it our side alone is measured.
	#[arg(long)]
	python: Option<PathBuf>,
	/// Where weights, tokens and updates are written for both sides.
	#[arg(long)]
	work: PathBuf,
	/// Where the figures go.
	#[arg(long)]
	out: PathBuf,
	/// What cargo adds.
	#[arg(long, hide = true)]
	bench: bool,
}

fn main() {
	let args = Args::parse();
	let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
	let mut cases = Vec::new();
	for shape in &args.shapes {
		cases.extend(runtime.block_on(measure(&args, shape)));
		fs::write(&args.out, json!({ "cases": cases }).to_string()).expect("the figures can be written");
	}
}

/// All cases of one size of model.
async fn measure(args: &Args, shape: &str) -> Vec<Value> {
	let scene = Scene::make(args, shape);
	let compute = Compute {
		processors: vec![args.device],
		precision: args.precision,
		pass_tokens: args.pass_tokens,
		cuda_library: args.libtorch_cuda.clone(),
		..Compute::cpu(args.threads)
	};
	// The other side first: what it takes to load must not count as ours.
	let mut reference = args.python.as_ref().map(|python| Reference::start(python, &scene.folder));
	let (config, folder) = (scene.config.clone(), scene.folder.clone());
	let layouts = scene.layouts.clone();
	let open = move |lane| Ours::open(&folder, &config, layouts.clone(), lane);
	let ours = Devices::start(&compute, open).await.expect("the model can be opened");
	let mut cases = Vec::new();
	for tokens in &args.tokens {
		let set = scene.set(args, *tokens);
		let resident = memory::reset();
		let mut case = case(args, &scene, &set, &ours, reference.as_mut()).await;
		case["ours"]["memory"] = memory::figures(resident, scene.config.parameters());
		eprintln!("{case}");
		cases.push(case);
	}
	cases
}

/// One size of model and of batches.
async fn case(
	args: &Args,
	scene: &Scene,
	set: &Set,
	ours: &Devices<Ours>,
	mut reference: Option<&mut Reference>,
) -> Value {
	let tokens = set.tokens * args.batches;
	let measured = (args.budget / (4 * tokens)).clamp(3, args.miners);
	let together = ours.run(|ours| ours.lane.pass_tokens).await.expect("it runs") / tokens;
	let together = together.clamp(1, measured);
	let mut figures = Figures::default();
	for group in (0..measured).collect::<Vec<_>>().chunks(together) {
		let (random, own) = (set.random.clone(), set.own_of(group));
		let before = ours.run(move |ours| (ours.before(&random), ours.before(&own))).await.expect("it runs");
		let ((baseline, random_before), (seconds, own_before)) = before;
		figures.baseline.push(baseline);
		for (place, miner) in group.iter().enumerate() {
			let theirs = reference.as_mut().map(|reference| reference.miner(*miner, &set.name));
			let (update, ready) = scene.update(*miner);
			let batches = [set.own[*miner].clone(), set.random.clone()].concat();
			let after = ours.run(move |ours| ours.after(&update, &batches)).await.expect("it runs");
			let (own_after, random_after) = after.losses.split_at(args.batches);
			let own_before = &own_before[place * args.batches..(place + 1) * args.batches];
			let losses =
				[own_before, own_after, &random_before, random_after].map(offchain_validator::shared_model::mean);
			figures.add(ready, seconds / group.len() as f64, after.step, after.passes, losses, theirs);
		}
	}
	let (_, tolerance) = TOLERANCES.iter().find(|(precision, _)| *precision == args.precision).expect("all are listed");
	assert!(figures.difference < *tolerance, "losses differ by {}", figures.difference);
	figures.case(args, scene, set, measured, together)
}

/// Seconds of each part, of each miner measured.
#[derive(Default)]
struct Figures {
	baseline: Vec<f64>,
	ready: Vec<f64>,
	before: Vec<f64>,
	step: Vec<f64>,
	after: Vec<f64>,
	theirs: Vec<f64>,
	copies: Vec<f64>,
	their_steps: Vec<f64>,
	their_losses: Vec<f64>,
	/// Largest between losses of both sides.
	difference: f64,
}

impl Figures {
	fn add(
		&mut self,
		ready: f64,
		before: f64,
		step: f64,
		after: f64,
		losses: [f64; 4],
		theirs: Option<reference::Measured>,
	) {
		self.ready.push(ready);
		self.before.push(before);
		self.step.push(step);
		self.after.push(after);
		let Some(theirs) = theirs else { return };
		let [own_before, own_after, random_before, random_after] = losses;
		for (ours, theirs) in [own_before, own_after, random_before, random_after].into_iter().zip(theirs.losses) {
			self.difference = self.difference.max((ours - theirs).abs());
		}
		self.theirs.push(theirs.copies + theirs.steps + theirs.passes);
		self.copies.push(theirs.copies);
		self.their_steps.push(theirs.steps);
		self.their_losses.push(theirs.passes);
	}

	fn case(&self, args: &Args, scene: &Scene, set: &Set, measured: usize, together: usize) -> Value {
		let (baseline, before, step, after) =
			(median(&self.baseline), median(&self.before), median(&self.step), median(&self.after));
		let passes = before + after;
		let miners = args.miners as f64;
		let window = baseline + miners * (passes + step);
		let theirs = median(&self.theirs);
		json!({
			"shape": scene.shape,
			"parameters": scene.config.parameters(),
			"device": args.device.to_string(),
			"precision": args.precision.to_string(),
			"threads": args.threads,
			"tokens_per_batch": set.tokens,
			"batches_per_set": args.batches,
			"sequence_tokens": args.sequence,
			"miners": args.miners,
			"miners_measured": measured,
			"ours": {
				"seconds_baseline_once_a_window": baseline,
				"seconds_own_before": before,
				"miners_before_at_once": together,
				"seconds_step": step,
				"seconds_after": after,
				"seconds_made_ready_on_another_thread": median(&self.ready),
				"step_part_of_three_passes": step / passes,
				"forward_part_of_all": (baseline + miners * passes) / window,
				"seconds_window": window,
				"tokens_per_second": (3.0 * miners + 1.0) * (set.tokens * args.batches) as f64 / window,
			},
			"reference": args.python.as_ref().map(|_| json!({
				"seconds_miner": theirs,
				"seconds_copies": median(&self.copies),
				"seconds_steps": median(&self.their_steps),
				"seconds_four_losses": median(&self.their_losses),
				"seconds_window": miners * theirs,
			})),
			"largest_difference_of_losses": args.python.as_ref().map(|_| self.difference),
			"ratio": args.python.as_ref().map(|_| miners * theirs / window),
		})
	}
}

fn median(values: &[f64]) -> f64 {
	let mut ordered = values.to_vec();
	ordered.sort_by(f64::total_cmp);
	let (low, high) = (ordered.len().saturating_sub(1) / 2, ordered.len() / 2);
	match (ordered.get(low), ordered.get(high)) {
		(Some(low), Some(high)) => (low + high) / 2.0,
		_ => f64::NAN,
	}
}
