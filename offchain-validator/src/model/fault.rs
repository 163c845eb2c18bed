// SPDX-License-Identifier: Apache-2.0

//! What libtorch could not do, in a word.

use tch::TchError;

/// Longest part of libtorch's message that is told; what follows is where in its sources it happened.
const TOLD: usize = 200;
/// What its messages have in common where memory is short, on the CPU and on a GPU.
const MEMORY: [&str; 4] =
	["out of memory", "can't allocate memory", "Cannot allocate memory", "CUBLAS_STATUS_ALLOC_FAILED"];

/// Why a computation gave no result. What it was to change is not to be used, what it only read is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
	/// There is not as much memory as it takes.
	#[error("the memory of the device does not suffice: {0}")]
	Memory(String),
	/// Anything else, such as shapes that do not fit.
	#[error("libtorch fails: {0}")]
	Refused(String),
}

impl From<TchError> for Fault {
	fn from(error: TchError) -> Self {
		let text = error.to_string();
		let is_memory = MEMORY.iter().any(|words| text.contains(words));
		let told = text.lines().next().unwrap_or_default().chars().take(TOLD).collect();
		if is_memory {
			Self::Memory(told)
		} else {
			Self::Refused(told)
		}
	}
}

#[cfg(test)]
mod tests {
	use tch::{Device, Kind, Tensor};

	use super::*;

	/// libtorch itself refuses.
	#[test]
	fn memory_and_shapes_are_told_apart() {
		let huge = Tensor::f_zeros([1_i64 << 46], (Kind::Float, Device::Cpu)).map_err(Fault::from);
		assert!(matches!(huge, Err(Fault::Memory(_))), "{huge:?}");
		let (two, three) = (Tensor::from_slice(&[1.0_f32, 2.0]), Tensor::from_slice(&[1.0_f32, 2.0, 3.0]));
		let misfit = two.f_add(&three).map_err(Fault::from).unwrap_err();
		assert!(matches!(&misfit, Fault::Refused(text) if text.contains("must match")), "{misfit}");
		assert!(misfit.to_string().len() < 2 * TOLD);
	}
}
