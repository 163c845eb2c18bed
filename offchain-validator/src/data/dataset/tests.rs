// SPDX-License-Identifier: Apache-2.0

use std::fs;

use super::*;
use crate::data::{cut, Cut, CutOptions};

#[derive(serde::Deserialize)]
struct Case {
	sequence_length: usize,
	batch_size: usize,
	buffer: Vec<i64>,
	batches: Vec<Vec<Vec<i64>>>,
}

/// A corpus of letters, in 4 tokens a page, every fifth page held out.
pub(super) fn letters() -> (tempfile::TempDir, Dataset) {
	let folder = tempfile::tempdir().unwrap();
	let text = folder.path().join("letters.txt");
	fs::write(&text, ('!'..='~').collect::<String>()).unwrap();
	let options = CutOptions { page_tokens: 4, heldout_every: 5, ..CutOptions::default() };
	let corpus = folder.path().join("corpus");
	assert!(matches!(cut(&[text], &corpus, &options, |_, _| {}), Ok(Cut::Written(_))));
	let dataset = Dataset::open(&corpus).unwrap();
	(folder, dataset)
}

fn edit_manifest(folder: &Path, from: &str, to: &str) -> Result<Dataset, DatasetError> {
	let manifest = folder.join("corpus/manifest.json");
	let text = fs::read_to_string(&manifest).unwrap();
	assert!(text.contains(from), "{text}");
	fs::write(&manifest, text.replace(from, to)).unwrap();
	Dataset::open(&folder.join("corpus"))
}

#[test]
fn batches_are_those_recorded() {
	for case in golden::cases::<Case>("mechanisms/token_packing_seed.json") {
		let (rows, columns) = (case.batch_size, case.sequence_length);
		let expected: Vec<_> =
			case.batches.into_iter().map(|batch| Batch { tokens: batch.concat(), rows, columns }).collect();
		assert_eq!(batches(&case.buffer, rows, columns), expected);
	}
}

#[test]
fn batches_of_nothing_are_none() {
	for (rows, columns) in [(0, 4), (4, 0), (usize::MAX, 2)] {
		assert_eq!(batches(&[1, 2, 3], rows, columns), []);
	}
}

#[test]
fn pages_are_numbered_apart() {
	let (_folder, dataset) = letters();
	assert_eq!((dataset.page_tokens(), dataset.n_train_pages(), dataset.n_heldout_pages()), (4, 19, 4));
	assert_eq!(dataset.train_page(0).unwrap(), b"!\"#$".map(u32::from));
	assert_eq!(dataset.train_page(4).unwrap(), b"5678".map(u32::from));
	assert_eq!(dataset.heldout_page(0).unwrap(), b"1234".map(u32::from));
	assert!(matches!(dataset.train_page(19), Err(DatasetError::NoSuchPage { page: 19, n_pages: 19 })));
	assert!(matches!(dataset.heldout_page(u64::MAX), Err(DatasetError::NoSuchPage { n_pages: 4, .. })));
}

#[test]
fn sequences_run_over_the_ends_of_pages() {
	let (_folder, dataset) = letters();
	let batches = dataset.train_batches(&[4, 0, 0], 1, 5).unwrap();
	let tokens: Vec<_> = batches.into_iter().map(|batch| batch.tokens).collect();
	assert_eq!(tokens, [b"5678!".map(i64::from), b"\"#$!\"".map(i64::from)]);
}

#[test]
fn the_entropy_is_that_of_training_tokens() {
	let (_folder, dataset) = letters();
	assert!((dataset.unigram_entropy() - 76_f64.ln()).abs() < 1e-12, "76 tokens, no two alike");
}

#[test]
fn equal_content_has_an_equal_id() {
	let ((_one, one), (_other, other)) = (letters(), letters());
	assert_eq!(one.content_id(), other.content_id());
	assert_ne!(one.manifest().origin.fingerprint, other.manifest().origin.fingerprint);
}

#[test]
fn a_manifest_of_another_program_is_refused() {
	for (from, to) in [
		("\"format\": 2", "\"format\": 1"),
		("\"bytes_per_token\": 1", "\"bytes_per_token\": 2"),
		("\"page_tokens\": 4", "\"page_tokens\": 0"),
		("\"vocab_size\": 256", "\"vocab_size\": 257"),
		("heldout.bin", "../letters.txt"),
		("\"pages\": 4", "\"pages\": 18446744073709551615"),
	] {
		let (folder, _) = letters();
		let refused = edit_manifest(folder.path(), from, to);
		assert!(matches!(refused, Err(DatasetError::Unsupported { .. })), "{to}: {refused:?}");
	}
	let (folder, _) = letters();
	assert!(matches!(edit_manifest(folder.path(), "{", "["), Err(DatasetError::NoManifest { .. })));
}

#[test]
fn a_held_out_page_that_is_trained_on_is_refused() {
	let (folder, dataset) = letters();
	let corpus = folder.path().join("corpus");
	let page = |page| dataset.train_page(page).unwrap().into_iter().map(|token| token as u8);
	let copy: Vec<u8> = (0..4).flat_map(page).collect();
	fs::write(corpus.join("heldout.bin"), &copy).unwrap();
	let digest = ShardReader::open(&corpus.join("heldout.bin"), 4, 4).unwrap().digest().unwrap();
	let refused = edit_manifest(folder.path(), &dataset.manifest().heldout.sha256, &digest);
	assert!(matches!(refused, Err(DatasetError::HeldoutSeen { .. })));
}

#[test]
fn a_file_cut_short_while_in_use_is_an_error() {
	let (folder, dataset) = letters();
	fs::File::options().write(true).open(folder.path().join("corpus/train-00000.bin")).unwrap().set_len(6).unwrap();
	assert!(dataset.train_page(0).is_ok());
	assert!(matches!(dataset.train_page(1), Err(DatasetError::Read { .. })));
}
