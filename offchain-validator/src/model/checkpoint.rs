// SPDX-License-Identifier: Apache-2.0

//! Training put aside: parameters, what the optimizer remembers of them and how many steps it has taken, in one safetensors
//! file, so that none of them can be of another moment than the others. Training that goes on from there takes the steps that it
//! would have taken.

use std::collections::BTreeMap;
use std::path::Path;

use super::config::ModelConfig;
use super::optimization::Rule;
use super::optimizer::Optimizer;
use super::params::{elements, finite, specs, Params, ParamsError};
use super::tensor_file::{self, Kind, TensorFileError, TensorSpec};

/// Keys of the file's metadata.
const STEPS: &str = "steps";
const RULE: &str = "rule";
/// Room for them.
const METADATA_BYTES: usize = 1 << 12;

/// Writes the file at `path` anew. It holds either what it held before or all of this, even after a crash.
pub fn save(path: &Path, params: &Params, optimizer: &Optimizer) -> Result<(), ParamsError> {
	let metadata = BTreeMap::from([
		(STEPS.to_owned(), optimizer.steps.to_string()),
		(RULE.to_owned(), rule_text(&optimizer.rule)),
	]);
	let tensors: Vec<_> = params.named().map(|(_, tensor)| tensor).chain(optimizer.memory.iter().flatten()).collect();
	let specs = all_specs(params.config(), if optimizer.memory.is_empty() { &[] } else { optimizer.rule.memories() });
	let bytes = |index: usize| tensor_file::f32_bytes(&elements(tensors[index], 0..tensors[index].numel()));
	let failed = |source| ParamsError::File { action: "writing", path: path.into(), source };
	tensor_file::save(path, &metadata, &specs, bytes).map_err(failed)
}

/// Reads training that was put aside, of this model by this rule.
pub fn load(path: &Path, config: &ModelConfig, rule: Rule) -> Result<(Params, Optimizer), ParamsError> {
	config.check()?;
	let opened = |memories: &[&str]| {
		let specs = all_specs(config, memories);
		tensor_file::TensorFile::open(path, &specs, METADATA_BYTES).map(|file| (file, specs))
	};
	// Before the first step there is no memory yet.
	let opened = opened(rule.memories()).or_else(|error| opened(&[]).map_err(|_| error));
	let (file, specs) = opened.map_err(|error| ParamsError::opening(path, error))?;
	let other = |key| ParamsError::Contents { path: path.into(), source: TensorFileError::Metadata { key } };
	let metadata = file.metadata();
	let steps = metadata.get(STEPS).and_then(|steps| steps.parse().ok()).ok_or_else(|| other(STEPS))?;
	if metadata.get(RULE) != Some(&rule_text(&rule)) {
		return Err(other(RULE));
	}
	let failed = |source| ParamsError::File { action: "reading", path: path.into(), source };
	let mut tensors = Vec::with_capacity(specs.len());
	for (index, spec) in specs.iter().enumerate() {
		tensors.push(finite(&file.tensor(index).map_err(failed)?, spec, path)?);
	}
	let parameters = config.parameter_shapes().len();
	let mut memory = tensors.split_off(parameters);
	let mut memories = Vec::new();
	while !memory.is_empty() {
		let later = memory.split_off(parameters);
		memories.push(std::mem::replace(&mut memory, later));
	}
	Ok((Params::of(config, tensors), Optimizer { rule, steps, memory: memories }))
}

/// Parameters under their names, then what is remembered of each.
fn all_specs(config: &ModelConfig, memories: &[&str]) -> Vec<TensorSpec> {
	let own = specs(config, Kind::F32);
	let named = |memory: &&str| {
		let named = |spec: &TensorSpec| TensorSpec { name: format!("{memory}.{}", spec.name), ..spec.clone() };
		own.iter().map(named).collect::<Vec<_>>()
	};
	let remembered: Vec<_> = memories.iter().flat_map(named).collect();
	[own.clone(), remembered].concat()
}

fn rule_text(rule: &Rule) -> String {
	serde_json::to_string(rule).expect("numbers under names are JSON; qed")
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::super::{gradients, Batch};
	use super::*;

	const RULES: [Rule; 3] = [
		Rule::AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1 },
		Rule::Sgd { momentum: 0.9, weight_decay: 0.0 },
		Rule::Sgd { momentum: 0.0, weight_decay: 0.0 },
	];

	fn train(params: &mut Params, optimizer: &mut Optimizer, steps: std::ops::Range<u32>) {
		for step in steps {
			let batch = [Batch::new(&[vec![step % 7, 2, 3, 4]], &tiny(), None).unwrap()];
			let gradients = gradients(params, &batch);
			optimizer.step(params, &gradients, 0.01);
		}
	}

	#[test]
	fn training_goes_on_as_if_it_had_never_been_put_aside() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("training.safetensors");
		for rule in RULES {
			for before in [0, 5] {
				let (mut whole, mut optimizer) = (Params::init(&tiny(), 1).unwrap(), Optimizer::new(rule));
				train(&mut whole, &mut optimizer, 0..before);
				save(&path, &whole, &optimizer).unwrap();
				train(&mut whole, &mut optimizer, before..10);
				let (mut resumed, mut optimizer) = load(&path, &tiny(), rule).unwrap();
				assert_eq!(optimizer.steps(), u64::from(before));
				train(&mut resumed, &mut optimizer, before..10);
				assert_eq!(resumed, whole, "{rule:?} after {before}");
			}
		}
		assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
	}

	#[test]
	fn training_of_another_kind_is_refused() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("training.safetensors");
		let (mut params, mut optimizer) = (Params::init(&tiny(), 1).unwrap(), Optimizer::new(RULES[0]));
		train(&mut params, &mut optimizer, 0..2);
		save(&path, &params, &optimizer).unwrap();
		assert!(load(&path, &tiny(), RULES[1]).is_err());
		assert!(matches!(load(&path, &tiny(), Rule::adam()), Err(ParamsError::Contents { .. })));
		let wider = ModelConfig { vocab_size: 50, ..tiny() };
		assert!(matches!(load(&path, &wider, RULES[0]), Err(ParamsError::Contents { .. })));
		params.save(&path).unwrap();
		assert!(matches!(load(&path, &tiny(), RULES[0]), Err(ParamsError::Contents { .. })));
	}
}
