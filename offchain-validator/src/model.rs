// SPDX-License-Identifier: Apache-2.0

//! The shared model: its shape, its parameters, its loss.
//!
//! With [`crate::gradient`], the only code that names libtorch, and none of it shows: callers hand in tokens and get
//! numbers. Parameters never track gradients, only the copies made for one backward pass do, so nothing here depends on
//! the `no_grad` state of a thread. Everything that libtorch could refuse is checked before it gets there, by
//! [`ModelConfig::check`], `Params::load` and `Batch::new`. What is left, such as no memory, is a `Fault` where a stranger's
//! work is measured, and costs that one measurement; in our own steps it panics, and `Device` turns that into an error.

#[cfg(feature = "torch")]
pub mod checkpoint;
#[cfg(feature = "torch")]
mod compute;
mod config;
#[cfg(feature = "torch")]
mod cuda;
#[cfg(feature = "torch")]
mod descent;
pub mod description;
#[cfg(feature = "torch")]
mod device;
#[cfg(feature = "torch")]
mod devices;
#[cfg(feature = "torch")]
mod fault;
#[cfg(all(test, feature = "torch"))]
mod gpu_tests;
#[cfg(feature = "torch")]
mod llama;
#[cfg(feature = "torch")]
mod losses;
#[cfg(feature = "torch")]
pub mod memory;
mod named;
#[cfg(feature = "torch")]
mod normal;
pub mod optimization;
#[cfg(feature = "torch")]
mod optimizer;
#[cfg(feature = "torch")]
mod params;
#[cfg(feature = "torch")]
mod placement;
#[cfg(feature = "torch")]
pub mod repository;
mod rope;
pub(crate) mod tensor_file;
#[cfg(feature = "torch")]
mod trial;

#[cfg(feature = "torch")]
pub use compute::{Compute, ComputeError, Lane, Precision, Processor};
#[cfg(test)]
pub(crate) use config::tests::tiny as config_of_tests;
pub use config::{ConfigError, ModelConfig};
#[cfg(feature = "torch")]
pub use cuda::CudaError;
#[cfg(feature = "torch")]
pub use device::{Device, DeviceStopped, Probe, StartError};
#[cfg(feature = "torch")]
pub use devices::{Devices, DevicesError};
#[cfg(feature = "torch")]
pub use fault::Fault;
#[cfg(feature = "torch")]
pub use llama::{accumulated, f_gradients, gradients, loss, Batch, BatchError, Example, Gradients};
pub use named::NAMES;
pub use optimization::{InnerOptimization, Rule, Schedule};
#[cfg(feature = "torch")]
pub use optimizer::Optimizer;
#[cfg(feature = "torch")]
pub(crate) use params::elements;
#[cfg(feature = "torch")]
pub use params::{Params, ParamsError};
#[cfg(feature = "torch")]
pub use repository::RepositoryError;
pub use rope::{RopeScaling, RopeType};
pub use tensor_file::TensorFileError;
#[cfg(feature = "torch")]
pub use trial::Trial;
