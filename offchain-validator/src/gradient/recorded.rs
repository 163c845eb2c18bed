// SPDX-License-Identifier: Apache-2.0

//! What recorded results of the reference are in our types, for tests; each file says what it was recorded from.

mod codec;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Compressed, CompressedGradient, Header, Layouts, StatedText};
#[cfg(feature = "torch")]
use crate::model::Params;

/// The numbers of nested lists in their order. The recording writes what JSON lacks as text.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
	match value {
		Value::Array(values) => values.iter().flat_map(numbers).collect(),
		Value::String(text) => vec![text.to_lowercase().parse().unwrap()],
		number => vec![number.as_f64().unwrap()],
	}
}

pub(crate) fn floats(value: &Value) -> Vec<f32> {
	numbers(value).into_iter().map(|number| number as f32).collect()
}

pub(crate) fn sizes(value: &Value) -> Vec<usize> {
	numbers(value).into_iter().map(|number| number as usize).collect()
}

pub(super) fn integer(value: &Value) -> usize {
	value.as_u64().unwrap() as usize
}

/// What is sent of a parameter, index and value. The reference sends those of a chunk in any order, we by index.
fn pairs(indices: &Value, values: &Value, kept: usize) -> Vec<(usize, f32)> {
	let mut pairs: Vec<(usize, f32)> = sizes(indices).into_iter().zip(floats(values)).collect();
	pairs.chunks_mut(kept).for_each(|chunk| chunk.sort_by_key(|(index, _)| *index));
	pairs
}

/// The same in our types, as plain numbers.
pub(super) fn compressed(indices: &Value, values: &Value, kept: usize) -> Compressed {
	let pairs = pairs(indices, values, kept);
	Compressed {
		indices: pairs.iter().map(|(index, _)| *index as u16).collect(),
		values: pairs.iter().map(|(_, value)| *value).collect::<Vec<_>>().into(),
	}
}

pub(super) fn gradient(tensors: BTreeMap<String, Compressed>, layouts: &Layouts) -> CompressedGradient {
	let header = Header { window: 5, uid: 3, text: StatedText::Pages(vec![7, 8]) };
	CompressedGradient::new(header, tensors, layouts).unwrap()
}

/// A gradient of numbers in `[-1, 1)`, drawn by a small generator, at the first places of each chunk.
pub(crate) fn drawn(layouts: &Layouts, mut seed: u32) -> CompressedGradient {
	let mut draw = || {
		seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		(seed >> 8) as f32 / (1 << 23) as f32 - 1.0
	};
	let tensors = layouts.iter().map(|(name, layout)| {
		// Over the whole chunk: one of each of as many equal parts.
		let part = layout.total() / layout.kept();
		let place = |at: usize, draw: f32| (at * part + ((draw + 1.0) / 2.0 * part as f32) as usize % part) as u16;
		let indices = (0..layout.sent()).map(|at| place(at % layout.kept(), draw())).collect();
		let values = layouts.coding().values((0..layout.sent()).map(|_| draw()).collect());
		(name.to_owned(), Compressed { indices, values })
	});
	gradient(tensors.collect(), layouts)
}

/// The model of `tiny_llama_eval`.
#[cfg(feature = "torch")]
pub(crate) fn tiny_llama(file: &Value) -> Params {
	let mut config = file["config"].clone();
	for key in ["rms_norm_eps", "rope_theta", "tie_word_embeddings"] {
		config[key] = file[key].clone();
	}
	config["initializer_range"] = 0.02.into(); // The recording does not say; no parameter is drawn.
	let mut params = Params::init(&serde_json::from_value(config).unwrap(), 1).unwrap();
	let recorded = file["params"].as_array().unwrap();
	assert_eq!(params.named().len(), recorded.len());
	for ((name, tensor), recorded) in params.named_mut().zip(recorded) {
		assert_eq!(name, recorded[0]);
		*tensor = tch::Tensor::from_slice(&floats(&recorded[2])).reshape(tensor.size());
	}
	params
}
