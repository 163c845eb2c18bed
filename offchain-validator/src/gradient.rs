// SPDX-License-Identifier: Apache-2.0

//! Compressed gradients: what a miner sends, what everybody makes of it.
//!
//! How a gradient is compressed is the `compression` crate's; here it meets files and tensors. [`Layouts`] says what shape a
//! gradient must have, and in which of two forms ([`Coding`]) it travels. [`decode`] turns a stranger's bytes into a
//! [`CompressedGradient`] or says what is wrong with them, `aggregate` and `outer_step` move every copy of the model alike.
//! What a peer did wrong is a value, [`InvalidGradient`]; an `Err` of the functions on tensors, [`StepError`], is our own
//! fault.
//!
//! The step that all copies take alike is decoded by the processor, wherever the model lives: so no two nodes can come apart
//! by what their devices make of a sum. A gradient that is only measured is decoded where the model is.

#[cfg(feature = "torch")]
mod aggregate;
#[cfg(feature = "torch")]
mod codec;
mod compressed;
mod container;
mod invalid;
mod limits;
#[cfg(all(test, feature = "torch"))]
mod measure;
#[cfg(feature = "torch")]
mod momentum;
#[cfg(test)]
#[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "half of the recordings are about tensors"))]
pub(crate) mod recorded;
#[cfg(feature = "torch")]
mod update;

pub use compression::{Coding, Compressed, Layout, LayoutError, Layouts, Quantised, Quantiser, StepError, Values};

#[cfg(feature = "torch")]
pub use aggregate::{aggregate, alone, evaluation_step, outer_step, Aggregated};
#[cfg(feature = "torch")]
pub use codec::Codec;
pub use compressed::{CompressedGradient, Header, StatedText, MAX_PAGES};
pub use container::{decode, encode, max_bytes};
pub use invalid::InvalidGradient;
pub use limits::Limits;
#[cfg(feature = "torch")]
pub use momentum::Momentum;
#[cfg(feature = "torch")]
pub use update::{Decoder, TryError, Update};
