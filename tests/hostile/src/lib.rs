// SPDX-License-Identifier: Apache-2.0

//! Hostile input: everything that reads what strangers write, side by side.
//!
//! The test `hostile` shows to each decoder every kind of malice we know; the program `fuzz`, which `scripts/fuzz.sh`
//! builds and runs, looks for kinds we do not. Both hold a decoder to the same: it returns, it says what is wrong, and it
//! takes no more memory than [`Decoder::most_memory`]. Buckets and repositories are folders: only the test knows them, the
//! fuzzer knows what is read from them.

pub mod decoders;
mod memory;
pub mod tensor_file;

use mechanisms::templar::sync::SyncVerdict;
use mechanisms::{boltzmann, finetuning, templar, Uid, Window};

pub use decoders::DECODERS;
pub use memory::measured;

/// The window that is scored.
pub const WINDOW: Window = 7;
/// Whose objects are read.
pub const OFFENDER: Uid = 4;

/// What reads objects of one kind that anybody may have written.
pub trait Decoder: Sync {
	/// Its name.
	fn name(&self) -> &'static str;

	/// Objects as honest peers write them.
	fn honest(&self) -> Vec<Vec<u8>>;

	/// What it makes of `bytes`. Panics if it contradicts itself about them.
	fn read(&self, bytes: &[u8]) -> Reading;

	/// Most bytes that may be allocated at a time while an object of `size` bytes is read.
	fn most_memory(&self, size: usize) -> usize;
}

/// What was made of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
	/// In words.
	pub said: String,
	/// What it means for its writer.
	pub finding: Finding,
}

/// What a validator holds of a miner whose object it has read.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
	/// The object is what it should be.
	Sound,
	/// Templar: of its submission.
	Gradient(templar::Verdict),
	/// Templar: of its model.
	Sync(SyncVerdict),
	/// Boltzmann: of its slice.
	Slice(boltzmann::Verdict),
	/// That it is no miner.
	NoMiner,
	/// Finetuning: of its model.
	Model(finetuning::Verdict),
	/// Nothing: the object is passed over, and nobody's score is made of it.
	Ignored,
}
