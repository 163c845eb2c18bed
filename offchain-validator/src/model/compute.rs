// SPDX-License-Identifier: Apache-2.0

//! Where and how models are computed, in the user's words. Knows no tensor.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Tokens of a forward pass that a processor's caches like, where the user names none.
const CPU_PASS_TOKENS: usize = 2_048;
/// As many as keep a large GPU busy, and still a small part of its memory.
const CUDA_PASS_TOKENS: usize = 16_384;

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Processor {
	/// The machine's own cores.
	Cpu,
	/// A GPU, by its number.
	Cuda(usize),
}

/// The numbers that a forward pass computes with. Parameters are kept in `f32` whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
	/// Single precision.
	F32,
	/// Matrices are rounded to 16 bits, 8 of them for the exponent; sums along the layers, norms and losses stay in `f32`.
	Bf16,
}

/// How all models of a program are computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Compute {
	/// Each has a thread of its own; the first has the model that is saved. The CPU may come several times.
	pub processors: Vec<Processor>,
	/// Cores that libtorch may use for each CPU.
	pub threads: NonZeroUsize,
	/// For measuring; training is in `f32`.
	pub precision: Precision,
	/// Most tokens of a forward pass; none for what suits the processor. A sequence is never cut.
	pub pass_tokens: Option<NonZeroUsize>,
	/// Folder of libtorch's CUDA library; none for that of the library the program was built with.
	pub cuda_library: Option<PathBuf>,
}

/// How the models of one thread are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
	/// Where.
	pub processor: Processor,
	/// For measuring.
	pub precision: Precision,
	/// Most tokens of a forward pass.
	pub pass_tokens: usize,
}

/// The text names no processor, or no precision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
	/// Neither the CPU nor a GPU.
	#[error("{0:?}: use cpu, cuda, or cuda:N")]
	Processor(String),
	/// No precision that we know.
	#[error("{0:?}: use f32 or bf16")]
	Precision(String),
}

impl Compute {
	/// On so many of the machine's own cores.
	pub fn cpu(threads: NonZeroUsize) -> Self {
		let processors = vec![Processor::Cpu];
		Self { processors, threads, precision: Precision::F32, pass_tokens: None, cuda_library: None }
	}

	/// The same on the first processor alone.
	#[must_use]
	pub fn first(mut self) -> Self {
		self.processors.truncate(1);
		self
	}

	/// How each thread computes, the first one first.
	pub fn lanes(&self) -> impl Iterator<Item = Lane> + '_ {
		self.processors.iter().map(|processor| Lane {
			processor: *processor,
			precision: self.precision,
			pass_tokens: self.pass_tokens.map_or(processor.pass_tokens(), NonZeroUsize::get),
		})
	}
}

impl Lane {
	/// On the CPU, in `f32`.
	pub const CPU: Self = Self { processor: Processor::Cpu, precision: Precision::F32, pass_tokens: CPU_PASS_TOKENS };
}

impl Processor {
	fn pass_tokens(self) -> usize {
		match self {
			Self::Cpu => CPU_PASS_TOKENS,
			Self::Cuda(_) => CUDA_PASS_TOKENS,
		}
	}
}

impl FromStr for Processor {
	type Err = ComputeError;

	fn from_str(text: &str) -> Result<Self, ComputeError> {
		let unknown = || ComputeError::Processor(text.into());
		match text.split_once(':') {
			None if text == "cpu" => Ok(Self::Cpu),
			None if text == "cuda" => Ok(Self::Cuda(0)),
			Some(("cuda", number)) => number.parse().map(Self::Cuda).map_err(|_| unknown()),
			_ => Err(unknown()),
		}
	}
}

impl fmt::Display for Processor {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Cpu => write!(f, "cpu"),
			Self::Cuda(number) => write!(f, "cuda:{number}"),
		}
	}
}

impl FromStr for Precision {
	type Err = ComputeError;

	fn from_str(text: &str) -> Result<Self, ComputeError> {
		match text {
			"f32" => Ok(Self::F32),
			"bf16" => Ok(Self::Bf16),
			_ => Err(ComputeError::Precision(text.into())),
		}
	}
}

impl fmt::Display for Precision {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::F32 => "f32",
			Self::Bf16 => "bf16",
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn processors_are_named_as_torch_names_them() {
		for (text, processor) in
			[("cpu", Processor::Cpu), ("cuda:0", Processor::Cuda(0)), ("cuda:7", Processor::Cuda(7))]
		{
			assert_eq!((text.parse(), processor.to_string().as_str()), (Ok(processor), text));
		}
		assert_eq!("cuda".parse(), Ok(Processor::Cuda(0)));
		for text in ["", "gpu", "cpu:0", "cuda:", "cuda:-1", "cuda:x"] {
			assert_eq!(text.parse::<Processor>(), Err(ComputeError::Processor(text.into())));
		}
	}

	#[test]
	fn a_pass_is_as_long_as_suits_the_processor_unless_the_user_says() {
		let mut compute = Compute::cpu(NonZeroUsize::MIN);
		compute.processors.push(Processor::Cuda(1));
		let tokens = |compute: &Compute| compute.lanes().map(|lane| lane.pass_tokens).collect::<Vec<_>>();
		assert_eq!(tokens(&compute), [CPU_PASS_TOKENS, CUDA_PASS_TOKENS]);
		compute.pass_tokens = NonZeroUsize::new(7);
		assert_eq!(tokens(&compute), [7, 7]);
	}
}
