// SPDX-License-Identifier: Apache-2.0

//! Honest objects, and all that differ from one by the end or by a byte.

use hostile::{measured, Decoder, Finding};

/// Whether honest objects are read, and damaged ones within bounds.
pub fn check(decoder: &dyn Decoder) {
	for object in decoder.honest() {
		assert_eq!(decoder.read(&object).finding, Finding::Sound, "{}", decoder.name());
		for end in 0..object.len() {
			is_bounded(decoder, &object[..end]);
		}
		for at in 0..object.len() {
			for byte in [0, b'"', b'9', b'{', 0x7f, 0xff, object[at].wrapping_add(1), object[at] ^ 0x80] {
				let mut damaged = object.clone();
				damaged[at] = byte;
				is_bounded(decoder, &damaged);
			}
		}
	}
}

fn is_bounded(decoder: &dyn Decoder, object: &[u8]) {
	let (_, allocated) = measured(|| decoder.read(object));
	assert!(allocated <= decoder.most_memory(object.len()), "{}: {allocated} for {object:?}", decoder.name());
}
