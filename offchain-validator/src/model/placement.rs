// SPDX-License-Identifier: Apache-2.0

//! Which processor parameters lie on, and whether it still works.

use tch::{Device, Kind, Tensor};

use super::compute::Processor;
use super::fault::Fault;
use super::optimizer::Optimizer;
use super::params::Params;

impl From<Processor> for Device {
	fn from(processor: Processor) -> Self {
		match processor {
			Processor::Cpu => Self::Cpu,
			Processor::Cuda(number) => Self::Cuda(number),
		}
	}
}

impl Processor {
	/// Fails where everything else would fail, too: some errors leave a GPU of no more use to the program they happen in.
	pub fn probe(self) -> Result<(), Fault> {
		let two = Tensor::f_ones([2], (Kind::Float, self.into()))?.f_sum(Kind::Float)?;
		match two.f_double_value(&[])? {
			2.0 => Ok(()),
			other => Err(Fault::Refused(format!("one and one are {other}"))),
		}
	}
}

impl Params {
	/// The same on another processor, or as they are if they lie there.
	pub fn on(mut self, processor: Processor) -> Result<Self, Fault> {
		for (_, tensor) in self.named_mut() {
			*tensor = tensor.f_to_device(processor.into())?;
		}
		Ok(self)
	}
}

impl Optimizer {
	/// The same on another processor, where its model has gone.
	pub fn on(mut self, processor: Processor) -> Result<Self, Fault> {
		for tensor in self.memory.iter_mut().flatten() {
			*tensor = tensor.f_to_device(processor.into())?;
		}
		Ok(self)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_cpu_works() {
		assert_eq!(Processor::Cpu.probe(), Ok(()));
	}
}
