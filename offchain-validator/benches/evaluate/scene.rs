// SPDX-License-Identifier: Apache-2.0

//! What both sides read: weights, tokens and updates, drawn by seeds.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use mechanisms::numpy::Generator;
use offchain_validator::gradient::{encode, Compressed, CompressedGradient, Header, Layouts, Limits, Update};
use offchain_validator::model::{Batch, ModelConfig, Params};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

use super::Args;

/// Longest side of a chunk, and coefficients sent of each, as published.
const TARGET_CHUNK: usize = 64;
const TOPK: usize = 32;
/// Learning rate times its factor for evaluation, as published.
pub const STEP: f64 = 4e-4 * 0.2;

/// A model with the updates of its miners.
pub struct Scene {
	pub shape: String,
	pub config: ModelConfig,
	pub folder: PathBuf,
	pub layouts: Layouts,
	gradients: Vec<CompressedGradient>,
}

/// Batches that losses are measured on.
pub struct Set {
	pub name: String,
	/// Of each batch.
	pub tokens: usize,
	/// Of each miner.
	pub own: Vec<Vec<Batch>>,
	pub random: Vec<Batch>,
}

impl Scene {
	/// Draws everything but the tokens and writes it.
	pub fn make(args: &Args, shape: &str) -> Self {
		let folder = args.work.join(shape);
		fs::create_dir_all(&folder).expect("the folder can be made");
		let config = ModelConfig::named(shape).unwrap_or_else(|| panic!("no model is named {shape}"));
		let layouts = Layouts::new(&config.parameter_shapes(), TARGET_CHUNK, TOPK).expect("it can be cut");
		let params = Params::init(&config, 1).expect("a model");
		params.save(&folder.join("model.safetensors")).expect("it can be written");
		let gradients: Vec<_> = (0..args.miners).map(|miner| gradient(miner, &layouts)).collect();
		for (miner, gradient) in gradients.iter().enumerate() {
			let file = folder.join(format!("update-{miner}.safetensors"));
			fs::write(file, encode(gradient, &layouts)).expect("it can be written");
		}
		let run = json!({
			"model": config,
			"device": args.device.to_string(),
			"precision": args.precision.to_string(),
			"threads": args.threads,
			"miners": args.miners,
			"target_chunk": TARGET_CHUNK,
			"step": STEP,
		});
		fs::write(folder.join("run.json"), run.to_string()).expect("it can be written");
		Self { shape: shape.into(), config, folder, layouts, gradients }
	}

	/// What a miner sent, ready for the device, and the seconds that took.
	pub fn update(&self, miner: usize) -> (Update, f64) {
		let start = Instant::now();
		let update = Update::new(&self.gradients[miner], &self.layouts, &Limits::default()).expect("it fits");
		(update, start.elapsed().as_secs_f64())
	}

	/// Draws batches of so many tokens and writes them.
	pub fn set(&self, args: &Args, tokens: usize) -> Set {
		let config = &self.config;
		let length = args.sequence.min(tokens);
		let rows = tokens / length;
		let mut random = Generator::new(7);
		let mut tensors = BTreeMap::new();
		let mut batches = |name: String| {
			let mut token = || (random.next_u64() % config.vocab_size as u64) as u32;
			let mut row = || (0..length).map(|_| token()).collect::<Vec<_>>();
			let drawn: Vec<Vec<Vec<u32>>> = (0..args.batches).map(|_| (0..rows).map(|_| row()).collect()).collect();
			let bytes: Vec<u8> =
				drawn.iter().flatten().flatten().flat_map(|token| i64::from(*token).to_le_bytes()).collect();
			tensors.insert(name, bytes);
			let batch = |rows: &Vec<Vec<u32>>| Batch::new(rows, config, None).expect("the model can read it");
			drawn.iter().map(batch).collect::<Vec<_>>()
		};
		let own = (0..args.miners).map(|miner| batches(format!("own-{miner}"))).collect();
		let random = batches("random".into());
		let name = format!("tokens-{tokens}");
		let shape = vec![args.batches, rows, length];
		let views = tensors
			.iter()
			.map(|(name, bytes)| (name.as_str(), TensorView::new(Dtype::I64, shape.clone(), bytes).expect("they fit")));
		let file = safetensors::serialize(views, None).expect("they can be written");
		fs::write(self.folder.join(format!("{name}.safetensors")), file).expect("they can be written");
		Set { name, tokens, own, random }
	}
}

impl Set {
	/// The batches of some miners, one miner's after the other's.
	pub fn own_of(&self, miners: &[usize]) -> Vec<Batch> {
		miners.iter().flat_map(|miner| self.own[*miner].clone()).collect()
	}
}

/// Random values at random places, as many as an honest gradient has.
fn gradient(miner: usize, layouts: &Layouts) -> CompressedGradient {
	let uid = u16::try_from(miner).expect("there are few");
	let mut random = Generator::new(u32::from(uid) + 100);
	let tensors = layouts.iter().map(|(name, layout)| {
		let mut indices = Vec::with_capacity(layout.sent());
		for _ in 0..layout.chunks() {
			// One of each of as many equal parts of the chunk: ascending, and nowhere twice.
			let part = layout.total() / layout.kept();
			let place = |at: usize| (at * part) as u64 + random.next_u64() % part as u64;
			indices.extend((0..layout.kept()).map(place).map(|index| index as u16));
		}
		let values: Vec<f32> =
			(0..layout.sent()).map(|_| (random.next_u64() as i64 as f64 / i64::MAX as f64) as f32).collect();
		(name.to_owned(), Compressed { indices, values: values.into() })
	});
	let tensors = tensors.collect();
	CompressedGradient::new(Header { window: 1, uid, ..Header::default() }, tensors, layouts).expect("it fits")
}
