// SPDX-License-Identifier: Apache-2.0

//! The decoders, each with an honest object of its kind.

pub mod address;
pub mod debug;
pub mod gradient;
pub mod model_config;
pub mod model_files;
pub mod model_id;
pub mod object_key;
pub mod peer_list;
pub mod samples;
pub mod slice;

use crate::Decoder;

/// All of them.
pub const DECODERS: [&dyn Decoder; 12] = [
	&gradient::Gradient::Plain,
	&gradient::Gradient::Quantised,
	&debug::DebugSamples,
	&peer_list::List,
	&address::Address,
	&object_key::Key,
	&slice::Slice,
	&model_id::Id,
	&model_config::Config,
	&model_files::ModelFile::Weights,
	&model_files::ModelFile::Index,
	&samples::Samples,
];

/// Most memory for an object of `size` bytes that is JSON, or a part of which is: what is made of JSON takes up to 64 times
/// as much, while it grows.
fn of_json(size: usize) -> usize {
	64 * size + 4096
}

/// Most memory for a text of `size` bytes. No more of it is looked at than fits on the chain.
fn of_text(size: usize) -> usize {
	size + 8192
}
