// SPDX-License-Identifier: Apache-2.0

//! Finds the GPU.
//!
//! Nothing here names a symbol of libtorch's CUDA library, so the linker leaves it out, and libtorch, which looks for it
//! only once, says that there is no GPU. So it is opened when a GPU is asked for, before libtorch is asked anything.

use std::path::{Path, PathBuf};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use super::compute::Processor;

/// Name of the library.
const LIBRARY: &str = "libtorch_cuda.so";

/// Why a GPU cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CudaError {
	/// The library is not there, or lacks what it needs.
	#[error(
		"{} cannot be opened: install libtorch with CUDA (scripts/setup.sh does where there is a GPU), or name the folder of \
		 that library with --libtorch-cuda",
		.path.display()
	)]
	Library {
		/// What was looked for.
		path: PathBuf,
		#[source]
		source: libloading::Error,
	},
	/// There are fewer GPUs.
	#[error("there is no {processor}: libtorch finds {found} GPUs")]
	Absent {
		/// What was asked for.
		processor: Processor,
		/// How many there are.
		found: i64,
	},
}

/// Checks that all of `processors` are there. With a GPU among them, must come before anything else is asked of libtorch.
pub(super) fn check(processors: &[Processor], folder: Option<&Path>) -> Result<(), CudaError> {
	let gpus =
		|| processors.iter().filter_map(|processor| if let Processor::Cuda(n) = processor { Some(*n) } else { None });
	let Some(last) = gpus().max() else { return Ok(()) };
	open(folder)?;
	match tch::Cuda::device_count() {
		found if i64::try_from(last).is_ok_and(|last| last < found) => Ok(()),
		found => Err(CudaError::Absent { processor: Processor::Cuda(last), found }),
	}
}

/// Opens the library for the rest of the program's life.
fn open(folder: Option<&Path>) -> Result<(), CudaError> {
	// By its name alone it is looked for where the program's other libraries are.
	let path = folder.map_or_else(|| LIBRARY.into(), |folder| folder.join(LIBRARY));
	// SAFETY: what runs when it is opened is libtorch's own registration, made to run then, on a thread of ours.
	match unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_GLOBAL) } {
		Ok(library) => {
			std::mem::forget(library); // Closed, it would leave libtorch with addresses of nothing.
			Ok(())
		},
		Err(source) => Err(CudaError::Library { path, source }),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn without_a_gpu_in_it_nothing_is_opened() {
		assert!(check(&[Processor::Cpu, Processor::Cpu], Some(Path::new("/nowhere"))).is_ok());
	}

	#[test]
	fn a_library_that_is_not_there_is_told_with_its_path() {
		let error = check(&[Processor::Cpu, Processor::Cuda(0)], Some(Path::new("/nowhere"))).unwrap_err();
		let text = crate::one_line(&error);
		assert!(text.starts_with("/nowhere/libtorch_cuda.so cannot be opened"), "{text}");
		assert!(text.contains("--libtorch-cuda"), "{text}");
	}
}
