// SPDX-License-Identifier: Apache-2.0

//! Compressed gradients: what a miner sends, what everybody makes of it.
//!
//! A gradient travels as the largest coefficients of its discrete cosine transform, chunk by chunk. [`Layouts`] says
//! what shape that must have, [`decode`] turns a stranger's bytes into a [`CompressedGradient`] or says what is wrong with
//! them, `aggregate` and `outer_step` move every copy of the model alike. What a peer did wrong is a value,
//! [`InvalidGradient`]; an `Err` of the functions on tensors, `StepError`, is our own fault.

#[cfg(feature = "torch")]
mod aggregate;
#[cfg(feature = "torch")]
mod codec;
mod compressed;
mod container;
mod layout;
#[cfg(feature = "torch")]
mod momentum;
#[cfg(feature = "torch")]
mod update;
#[cfg(test)]
#[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "half of the recordings are about tensors"))]
pub(crate) mod recorded;

#[cfg(feature = "torch")]
pub use aggregate::{aggregate, evaluation_step, outer_step, Aggregated, StepError};
#[cfg(feature = "torch")]
pub use codec::Codec;
pub use compressed::{Compressed, CompressedGradient, Header, InvalidGradient, MAX_PAGES};
pub use container::{decode, encode, max_bytes};
pub use layout::{Layout, LayoutError, Layouts};
#[cfg(feature = "torch")]
pub use momentum::Momentum;
#[cfg(feature = "torch")]
pub use update::{Decoder, TryError, Update};
