// SPDX-License-Identifier: Apache-2.0

//! Takes safetensors files apart and puts them together again, whatever their parts hold.

/// The header's JSON and the data; none if the file is shorter than it says its header is.
pub fn split(file: &[u8]) -> Option<(&[u8], &[u8])> {
	let (length, rest) = file.split_first_chunk()?;
	rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

/// The file of a header and data.
pub fn join(header: &[u8], data: &[u8]) -> Vec<u8> {
	[&(header.len() as u64).to_le_bytes()[..], header, data].concat()
}
