// SPDX-License-Identifier: Apache-2.0

//! What a miner has in mind between two windows, put aside: what it has not sent yet of each parameter, and what the optimizer
//! of its inner steps remembers. One safetensors file, written whole or not at all; no larger than so many times the
//! parameters as there are such numbers for each.

use std::collections::BTreeMap;
use std::path::Path;

use super::checkpoint::{other, read, write};
use super::config::ModelConfig;
use super::optimization::Rule;
use super::optimizer::Optimizer;
use super::params::{elements, ParamsError};
use super::tensor_file::metadata::{expect, number};

/// What is left of each parameter, in a file.
const LEFT: &str = "left";
/// Keys of the file's metadata.
const RUN: &str = "run";
const WINDOW: &str = "window";
const WINDOWS: &str = "windows";

/// Of which moment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
	/// The first window of the run.
	pub run: u32,
	/// The window in which the miner trained last.
	pub window: u32,
}

/// What a miner has in mind.
#[derive(Debug)]
pub struct Memory {
	/// Windows whose gradients it has sent something of.
	pub windows: u32,
	/// What is left of each parameter.
	pub left: BTreeMap<String, Vec<f32>>,
	/// Of the inner steps, if the miner takes any.
	pub optimizer: Option<Optimizer>,
}

/// Writes the file at `path` anew. Parameters of which nothing is `left` have zeros.
pub fn save<'a>(
	path: &Path,
	config: &ModelConfig,
	moment: Moment,
	windows: u32,
	left: impl Fn(&str) -> Option<&'a [f32]>,
	optimizer: Option<&Optimizer>,
) -> Result<(), ParamsError> {
	let shapes = config.parameter_shapes();
	let remembered: Vec<_> = optimizer.iter().flat_map(|optimizer| optimizer.memory.iter().flatten()).collect();
	let numbers = |place: usize| match shapes.get(place) {
		Some((name, shape)) => left(name).map_or_else(|| vec![0.0; shape.iter().product()], <[f32]>::to_vec),
		None => {
			let tensor = remembered[place - shapes.len()];
			elements(tensor, 0..tensor.numel())
		},
	};
	let mut metadata = optimizer.map(Optimizer::said).unwrap_or_default();
	let said = [(RUN, moment.run), (WINDOW, moment.window), (WINDOWS, windows)];
	metadata.extend(said.map(|(key, number)| (key.to_owned(), number.to_string())));
	let groups = [&[LEFT][..], optimizer.map(Optimizer::groups).unwrap_or_default()].concat();
	write(path, config, &metadata, &groups, numbers)
}

/// Reads what a miner of this model, whose inner steps are by this rule, had in mind at this moment.
pub fn load(path: &Path, config: &ModelConfig, moment: Moment, rule: Option<Rule>) -> Result<Memory, ParamsError> {
	let (metadata, mut tensors) = read(path, config, LEFT, rule.as_ref().map(Rule::memories).unwrap_or_default())?;
	for (key, expected) in [(RUN, moment.run), (WINDOW, moment.window)] {
		expect(&metadata, key, &expected.to_string()).map_err(other(path))?;
	}
	let windows = number(&metadata, WINDOWS, "a number of windows").map_err(other(path))?;
	let names = config.parameter_shapes().into_iter().map(|(name, _)| name);
	let left =
		names.zip(tensors.remove(0)).map(|(name, tensor)| (name, elements(&tensor, 0..tensor.numel()))).collect();
	let optimizer = rule.map(|rule| Optimizer::told(path, &metadata, rule, tensors)).transpose()?;
	Ok(Memory { windows, left, optimizer })
}

#[cfg(test)]
mod tests {
	use super::super::config::tests::tiny;
	use super::super::tensor_file::TensorFileError;
	use super::super::{gradients, Batch, Params};
	use super::*;

	const MOMENT: Moment = Moment { run: 3, window: 7 };
	const ADAM_W: Rule = Rule::AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1 };
	const NAME: &str = "model.norm.weight";

	fn remembering() -> Optimizer {
		let mut params = Params::init(&tiny(), 1).unwrap();
		let gradients = gradients(&params, &[Batch::new(&[vec![1, 2, 3, 4]], &tiny(), None).unwrap()]);
		let mut optimizer = Optimizer::new(ADAM_W);
		optimizer.step(&mut params, &gradients, 0.01);
		optimizer
	}

	#[test]
	fn what_was_put_aside_is_read_of_its_moment_alone() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("miner-7.safetensors");
		let length = Params::init(&tiny(), 1).unwrap().named().find(|(name, _)| *name == NAME).unwrap().1.numel();
		let kept: Vec<f32> = (0..length).map(|place| place as f32 / 3.0).collect();
		let left = |name: &str| (name == NAME).then_some(kept.as_slice());
		let optimizer = remembering();
		save(&path, &tiny(), MOMENT, 5, left, Some(&optimizer)).unwrap();
		let memory = load(&path, &tiny(), MOMENT, Some(ADAM_W)).unwrap();
		assert_eq!((memory.windows, &memory.left[NAME]), (5, &kept));
		assert!(memory.left.iter().all(|(name, left)| name == NAME || left.iter().all(|number| *number == 0.0)));
		let read = memory.optimizer.unwrap();
		assert_eq!(read.steps(), 1);
		let pairs = read.memory.iter().flatten().zip(optimizer.memory.iter().flatten());
		assert_eq!(pairs.filter(|(read, saved)| read.equal(saved)).count(), 2 * memory.left.len());

		let refused = |moment, rule| load(&path, &tiny(), moment, rule).unwrap_err();
		for (moment, other) in [(Moment { run: 4, ..MOMENT }, "run"), (Moment { window: 8, ..MOMENT }, "window")] {
			let ParamsError::Contents { source: TensorFileError::Metadata { key, .. }, .. } =
				refused(moment, Some(ADAM_W))
			else {
				panic!("another {other}")
			};
			assert_eq!(key, other);
		}
		refused(MOMENT, Some(Rule::adam()));
		refused(MOMENT, None);
		let whole = std::fs::read(&path).unwrap();
		for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
			std::fs::write(&path, &whole[..length]).unwrap();
			refused(MOMENT, Some(ADAM_W));
		}
	}

	/// So it is where a window's gradient was not finite, or where the miner takes no steps of its own.
	#[test]
	fn an_optimizer_that_remembers_nothing_and_none_are_put_aside_too() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("miner-7.safetensors");
		save(&path, &tiny(), MOMENT, 1, |_| None, Some(&Optimizer::new(ADAM_W))).unwrap();
		assert_eq!(load(&path, &tiny(), MOMENT, Some(ADAM_W)).unwrap().optimizer.unwrap().steps(), 0);
		save(&path, &tiny(), MOMENT, 1, |_| None, None).unwrap();
		assert!(load(&path, &tiny(), MOMENT, None).unwrap().optimizer.is_none());
		assert!(load(&path, &tiny(), MOMENT, Some(ADAM_W)).is_err());
	}
}
