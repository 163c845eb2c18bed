// SPDX-License-Identifier: Apache-2.0

//! Looks for input that a decoder cannot deal with: what makes it panic, hang, or take more memory than it may.
//!
//! `FUZZ_DECODER` names the decoder; without it the names of all are printed. Honest objects to begin with are put into the
//! folder `FUZZ_CORPUS`. Arguments are libFuzzer's. `scripts/fuzz.sh` builds and runs it.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs, process};

use hostile::{measured, tensor_file, Decoder, DECODERS};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

static DECODER: LazyLock<&'static dyn Decoder> = LazyLock::new(|| {
	let wanted = env::var("FUZZ_DECODER").unwrap_or_default();
	let found = DECODERS.into_iter().find(|decoder| decoder.name() == wanted);
	found.unwrap_or_else(|| {
		DECODERS.iter().for_each(|decoder| println!("{}", decoder.name()));
		process::exit(0)
	})
});

fuzz_target!(init: plant(), |bytes: &[u8]| {
	let (_, allocated) = measured(|| DECODER.read(bytes));
	let most = DECODER.most_memory(bytes.len());
	assert!(allocated <= most, "{allocated} bytes allocated for {}: at most {most} are allowed", bytes.len());
});

/// Begins with what honest peers write.
fn plant() {
	let honest = DECODER.honest();
	let Some(folder) = env::var_os("FUZZ_CORPUS").map(PathBuf::from) else { return };
	for (number, object) in honest.iter().enumerate() {
		fs::write(folder.join(format!("honest-{number}")), object).expect("FUZZ_CORPUS is a folder to write to");
	}
}

// What has a header keeps one that is as long as it says: else hardly anything would get past the first check.
fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
	let Some((header, data)) = tensor_file::split(&bytes[..size]) else { return fuzzer_mutate(bytes, size, most) };
	let changed = match seed % 4 {
		0 => return fuzzer_mutate(bytes, size, most),
		1 => tensor_file::join(header, &mutated(data, data.len())),
		_ => tensor_file::join(&mutated(header, most.saturating_sub(8 + data.len())), data),
	};
	let size = changed.len().min(most);
	bytes[..size].copy_from_slice(&changed[..size]);
	size
});

fn mutated(part: &[u8], most: usize) -> Vec<u8> {
	if most == 0 {
		return vec![]; // The mutator cannot take room for nothing.
	}
	let mut changed = part.to_vec();
	changed.resize(most.max(part.len()), 0);
	let size = fuzzer_mutate(&mut changed, part.len(), most);
	changed.truncate(size);
	changed
}
