// SPDX-License-Identifier: Apache-2.0

//! Kinds of malice, and a single try.

use hostile::{measured, Decoder, Reading};

/// Kinds of malice.
#[derive(Clone, Copy, Debug)]
pub enum Class {
	WrongShape,
	Missing,
	Extra,
	Duplicate,
	OutOfRange,
	NotANumber,
	Infinite,
	Huge,
	Truncated,
	Oversized,
	WrongWindow,
	WrongKey,
	MalformedSamples,
	HostileCommitment,
	LyingHeader,
}

impl Class {
	pub const ALL: [Self; 15] = [
		Self::WrongShape,
		Self::Missing,
		Self::Extra,
		Self::Duplicate,
		Self::OutOfRange,
		Self::NotANumber,
		Self::Infinite,
		Self::Huge,
		Self::Truncated,
		Self::Oversized,
		Self::WrongWindow,
		Self::WrongKey,
		Self::MalformedSamples,
		Self::HostileCommitment,
		Self::LyingHeader,
	];
}

/// What a decoder is shown of a class.
pub enum Cell {
	/// These.
	Cases(Vec<Case>),
	/// Nothing, because objects of its kind have nothing of this class; says why.
	None(&'static str),
}

/// An object, or what is in the place of one, and what is to be made of it.
pub struct Case {
	/// What is wrong with it.
	what: &'static str,
	read: Box<dyn Fn() -> Reading>,
	most_memory: usize,
	/// How that which is said begins.
	expected: String,
}

impl Case {
	/// An object that `decoder` reads.
	pub fn object(what: &'static str, decoder: &'static dyn Decoder, object: Vec<u8>, expected: &str) -> Self {
		let most_memory = decoder.most_memory(object.len());
		Self::new(what, most_memory, expected, move || decoder.read(&object))
	}

	/// Anything else that is read.
	pub fn new(what: &'static str, most_memory: usize, expected: &str, read: impl Fn() -> Reading + 'static) -> Self {
		Self { what, read: Box::new(read), most_memory, expected: expected.into() }
	}

	/// What was made of it, and a line about it.
	pub fn check(&self) -> (Reading, String) {
		let (reading, allocated) = measured(&self.read);
		let (what, expected, most) = (self.what, &self.expected, self.most_memory);
		assert!(reading.said.starts_with(expected), "{what}: {:?} does not begin with {expected:?}", reading.said);
		assert!(allocated <= most, "{what}: {allocated} bytes allocated, at most {most} are allowed");
		let line = format!("{what}: {} ({allocated} bytes allocated, {most} allowed)", reading.said);
		(reading, line)
	}
}
