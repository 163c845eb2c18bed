// SPDX-License-Identifier: Apache-2.0

//! Training put aside: parameters, what the optimizer remembers of them and how many steps it has taken, in one safetensors
//! file, so that none of them can be of another moment than the others. Training that goes on from there takes the steps that it
//! would have taken.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::config::ModelConfig;
use super::optimization::Rule;
use super::optimizer::Optimizer;
use super::params::{elements, finite, specs, Params, ParamsError};
use super::tensor_file::{self, metadata, Kind, TensorFile, TensorFileError, TensorSpec};

/// Keys of the file's metadata.
const STEPS: &str = "steps";
const RULE: &str = "rule";
/// Room for them, and for what else is said of a file.
const METADATA_BYTES: usize = 1 << 12;
/// The parameters themselves, among [groups](specs_of).
const PARAMETERS: &str = "";

/// What a file says of itself.
pub(super) type Metadata = BTreeMap<String, String>;

/// Writes the file at `path` anew. It holds either what it held before or all of this, even after a crash.
pub fn save(path: &Path, params: &Params, optimizer: &Optimizer) -> Result<(), ParamsError> {
	let tensors: Vec<_> = params.named().map(|(_, tensor)| tensor).chain(optimizer.memory.iter().flatten()).collect();
	let groups = [&[PARAMETERS][..], optimizer.groups()].concat();
	let numbers = |index: usize| elements(tensors[index], 0..tensors[index].numel());
	write(path, params.config(), &optimizer.said(), &groups, numbers)
}

/// Reads training that was put aside, of this model by this rule.
pub fn load(path: &Path, config: &ModelConfig, rule: Rule) -> Result<(Params, Optimizer), ParamsError> {
	let (metadata, mut tensors) = read(path, config, PARAMETERS, rule.memories())?;
	let params = Params::of(config, tensors.remove(0));
	Ok((params, Optimizer::told(path, &metadata, rule, tensors)?))
}

/// Writes groups of numbers for each parameter of a model, group after group as `numbers` gives them by their place.
pub(super) fn write(
	path: &Path,
	config: &ModelConfig,
	metadata: &Metadata,
	groups: &[&str],
	numbers: impl Fn(usize) -> Vec<f32>,
) -> Result<(), ParamsError> {
	let failed = |source| ParamsError::File { action: "writing", path: path.into(), source };
	let bytes = |place| tensor_file::f32_bytes(&numbers(place));
	tensor_file::save(path, metadata, &specs_of(config, groups), bytes).map_err(failed)
}

/// Reads such a file, group after group: `first`, and all of `more` or none of them, as before the first step there is no memory
/// yet.
pub(super) fn read(
	path: &Path,
	config: &ModelConfig,
	first: &str,
	more: &[&str],
) -> Result<(Metadata, Vec<Vec<Tensor>>), ParamsError> {
	config.check()?;
	let opened = |groups: &[&str]| {
		let specs = specs_of(config, groups);
		TensorFile::open(path, &specs, METADATA_BYTES).map(|file| (file, specs))
	};
	let opened = opened(&[&[first][..], more].concat()).or_else(|error| opened(&[first]).map_err(|_| error));
	let (file, specs) = opened.map_err(|error| ParamsError::opening(path, error))?;
	let failed = |source| ParamsError::File { action: "reading", path: path.into(), source };
	let (of_a_group, mut groups) = (config.parameter_shapes().len(), Vec::new());
	for (index, spec) in specs.iter().enumerate() {
		if index % of_a_group == 0 {
			groups.push(Vec::new());
		}
		let tensor = finite(&file.tensor(index).map_err(failed)?, spec, path)?;
		groups.last_mut().expect("one begins with the first tensor; qed").push(tensor);
	}
	Ok((file.metadata().clone(), groups))
}

/// What is wrong with a file at `path`.
pub(super) fn other(path: &Path) -> impl Fn(TensorFileError) -> ParamsError + '_ {
	move |source| ParamsError::Contents { path: path.into(), source }
}

impl Optimizer {
	/// The groups that it remembers.
	pub(super) fn groups(&self) -> &'static [&'static str] {
		if self.memory.is_empty() {
			&[]
		} else {
			self.rule.memories()
		}
	}

	/// What a file says of it besides.
	pub(super) fn said(&self) -> Metadata {
		Metadata::from([(STEPS.to_owned(), self.steps.to_string()), (RULE.to_owned(), rule_text(&self.rule))])
	}

	/// One by this rule, as a file at `path` tells.
	pub(super) fn told(
		path: &Path,
		said: &Metadata,
		rule: Rule,
		memory: Vec<Vec<Tensor>>,
	) -> Result<Self, ParamsError> {
		metadata::expect(said, RULE, &rule_text(&rule)).map_err(other(path))?;
		let steps = metadata::number(said, STEPS, "a number of steps").map_err(other(path))?;
		Ok(Self { rule, steps, memory })
	}
}

/// The tensors of some groups: those of a group have its name before the parameters', with a dot between them.
fn specs_of(config: &ModelConfig, groups: &[&str]) -> Vec<TensorSpec> {
	let own = specs(config, Kind::F32);
	let name = |group: &str, parameter: &str| match group {
		PARAMETERS => parameter.to_owned(),
		group => format!("{group}.{parameter}"),
	};
	let of_group = |group: &&str| {
		let of_group = |spec: &TensorSpec| TensorSpec { name: name(group, &spec.name), ..spec.clone() };
		own.iter().map(of_group).collect::<Vec<_>>()
	};
	groups.iter().flat_map(of_group).collect()
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
