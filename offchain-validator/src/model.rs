// SPDX-License-Identifier: Apache-2.0

//! The shared model: its shape, its parameters, its loss.
//!
//! With [`crate::gradient`], the only code that names libtorch, and none of it shows: callers hand in tokens and get
//! numbers. Parameters never track gradients, only the copies made for one backward pass do, so nothing here depends on
//! the `no_grad` state of a thread. Everything that libtorch could refuse is checked before it gets there, by
//! [`ModelConfig::check`], `Params::load` and `Batch::new`; what is left, such as no memory, panics, and
//! `Device` turns that into an error.

#[cfg(feature = "torch")]
pub mod checkpoint;
mod config;
#[cfg(feature = "torch")]
mod descent;
pub mod description;
#[cfg(feature = "torch")]
mod device;
#[cfg(feature = "torch")]
mod llama;
mod named;
#[cfg(feature = "torch")]
mod normal;
pub mod optimization;
#[cfg(feature = "torch")]
mod optimizer;
#[cfg(feature = "torch")]
mod params;
#[cfg(feature = "torch")]
pub mod repository;
mod rope;
pub(crate) mod tensor_file;

#[cfg(test)]
pub(crate) use config::tests::tiny as config_of_tests;
pub use config::{ConfigError, ModelConfig};
#[cfg(feature = "torch")]
pub use device::{Device, DeviceStopped, StartError};
#[cfg(feature = "torch")]
pub use llama::{accumulated, gradients, loss, Batch, BatchError, Example, Gradients};
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
