// SPDX-License-Identifier: Apache-2.0

//! Gradient compression: what a miner sends of a gradient, and what everybody makes of it, on plain numbers.
//!
//! A parameter is cut into chunks ([`Layout`]), and of each chunk the largest elements are kept, in one of two forms
//! ([`Coding`]): coefficients of the chunk's cosine transform, or its own elements, quantised. [`Codec`] goes both ways,
//! [`Feedback`] keeps what could not be sent yet. Knows no tensor library, file, chain or clock.
//!
//! Every node takes the same step from the same files, and the copies of the model must agree afterwards. So all sums are
//! made in one order, that of the peers and of the elements, in f64, with operations that IEEE 754 rounds exactly: results
//! are the same bits for any number of threads, on any machine, whatever vector instructions it has.

#![warn(missing_docs)]

mod aggregate;
mod chunk;
mod codec;
mod compressed;
mod cosine;
mod dct;
mod feedback;
mod largest;
mod layout;
mod pack;
mod quantise;

pub use aggregate::{clip_factor, median, norm};
pub use codec::{Codec, StepError};
pub use compressed::{Compressed, Values};
pub use dct::basis;
pub use feedback::Feedback;
pub use layout::{Coding, Layout, LayoutError, Layouts};
pub use pack::{pack12, pack_signs, unpack12, unpack_signs, PackError};
pub use quantise::{Quantised, Quantiser};
