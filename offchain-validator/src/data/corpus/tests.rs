// SPDX-License-Identifier: Apache-2.0

use std::os::unix::fs::{symlink, PermissionsExt as _};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::data::{Dataset, DatasetError};

/// Pages of 16 tokens, every fourth held out, four to a file.
fn small() -> CutOptions {
	CutOptions {
		page_tokens: 16,
		heldout_every: 4,
		shard_bytes: 64,
		min_train_pages: 0,
		min_heldout_pages: 0,
		..CutOptions::default()
	}
}

/// A folder with files in it.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
	let folder = tempfile::tempdir().unwrap();
	for (name, content) in files {
		let path = folder.path().join("text").join(name);
		fs::create_dir_all(path.parent().unwrap()).unwrap();
		fs::write(path, content).unwrap();
	}
	folder
}

fn cut_in(folder: &TempDir, options: &CutOptions) -> Result<Cut, CorpusError> {
	cut(&[folder.path().join("text")], &folder.path().join("corpus"), options, |_, _| {})
}

/// Text of which no two pages are equal.
fn lines(count: usize) -> Vec<u8> {
	(0..count).map(|line| format!("line {line:09}\n\n")).collect::<String>().into_bytes()
}

#[track_caller]
fn written(cut: Result<Cut, CorpusError>) -> Manifest {
	match cut.unwrap() {
		Cut::Written(manifest) => manifest,
		Cut::Unchanged(_) => panic!("nothing was cut"),
	}
}

fn all_text(folder: &TempDir) -> Vec<u8> {
	let dataset = Dataset::open(&folder.path().join("corpus")).unwrap();
	let mut heldout = 0..dataset.n_heldout_pages();
	let mut text = Vec::new();
	for page in 0..dataset.n_train_pages() {
		text.extend(dataset.train_page(page).unwrap());
		if page % 3 == 2 {
			text.extend(heldout.next().map(|page| dataset.heldout_page(page).unwrap()).unwrap_or_default());
		}
	}
	text
}

#[test]
fn documents_are_joined_in_order_of_their_paths() {
	let folder = folder(&[("b.md", b"second, longer"), ("a.rs", b"first"), ("c/a.toml", &lines(8)), ("d.exe", b"not")]);
	let manifest = written(cut_in(&folder, &small()));
	let expected = [b"first\0second, longer\0".as_slice(), &lines(8)].concat();
	assert_eq!(all_text(&folder), expected[..expected.len() / 16 * 16]);
	assert_eq!((manifest.origin.documents, manifest.heldout.pages), (3, 2));
	assert_eq!(manifest.train.iter().map(|shard| shard.pages).collect::<Vec<_>>(), [4, 3]);
}

#[test]
fn what_is_not_text_is_left_out() {
	let folder = folder(&[("a.rs", b"\xff\xfe"), ("b.rs", b"nul\0nul"), ("c.rs", &lines(8)), ("d.rs", &lines(80))]);
	let manifest = written(cut_in(&folder, &CutOptions { max_file_bytes: 200, ..small() }));
	assert_eq!((manifest.origin.documents, manifest.origin.not_text, manifest.origin.too_large), (1, 2, 1));
	assert_eq!(all_text(&folder), lines(8));
}

#[test]
fn links_are_not_followed() {
	let folder = folder(&[("a.rs", &lines(8)), ("../secret.rs", &lines(9))]);
	symlink(folder.path().join("secret.rs"), folder.path().join("text/b.rs")).unwrap();
	symlink(folder.path().join("text"), folder.path().join("text/circle")).unwrap();
	written(cut_in(&folder, &small()));
	assert_eq!(all_text(&folder), lines(8));
}

#[test]
fn no_folder_takes_more_than_its_share() {
	let folder = folder(&[
		("only/child/one/a.rs", &lines(8)),
		("only/child/one/deep/b.rs", &lines(8)),
		("only/child/two/a.rs", &lines(8)),
	]);
	let manifest = written(cut_in(&folder, &CutOptions { max_folder_bytes: 200, ..small() }));
	assert_eq!((manifest.origin.documents, manifest.origin.too_large), (2, 1));
	let manifest = written(cut_in(&folder, &CutOptions { max_total_bytes: 200, ..small() }));
	assert_eq!((manifest.origin.documents, manifest.origin.too_large), (1, 2));
}

#[test]
fn overlapping_sources_give_each_file_once() {
	let folder = folder(&[("one/a.rs", &lines(8))]);
	let sources = ["text", "text/one", "text/one/a.rs"].map(|name| folder.path().join(name));
	let manifest = written(cut(&sources, &folder.path().join("corpus"), &small(), |_, _| {}));
	assert_eq!(manifest.origin.documents, 1);
}

#[test]
fn the_same_is_cut_once() {
	let folder = folder(&[("a.rs", &lines(8))]);
	let manifest = written(cut_in(&folder, &small()));
	assert_eq!(cut_in(&folder, &small()).unwrap(), Cut::Unchanged(manifest));

	fs::write(folder.path().join("text/b.rs"), b"new").unwrap();
	written(cut_in(&folder, &small()));
	written(cut_in(&folder, &CutOptions { heldout_every: 5, ..small() }));

	fs::remove_file(folder.path().join("corpus/heldout.bin")).unwrap();
	written(cut_in(&folder, &CutOptions { heldout_every: 5, ..small() }));
}

#[test]
fn what_another_process_cut_meanwhile_is_left_alone() {
	let folder = folder(&[("a.rs", &lines(8))]);
	let mut faster = None;
	let slower = cut(&[folder.path().join("text")], &folder.path().join("corpus"), &small(), |_, _| {
		faster = Some(written(cut_in(&folder, &small())));
	});
	assert_eq!(slower.unwrap(), Cut::Unchanged(faster.unwrap()));
}

#[test]
fn held_out_text_is_never_trained_on() {
	let repeated = lines(1).repeat(8);
	let folder = folder(&[("a.rs", &repeated), ("b.rs", &lines(40))]);
	let manifest = written(cut_in(&folder, &small()));
	assert_eq!(manifest.origin.repeated_pages, 2);
	Dataset::open(&folder.path().join("corpus")).unwrap();
}

#[test]
fn progress_ends_at_the_total() {
	let folder = folder(&[("a.rs", &lines(8)), ("b.rs", b"\xff")]);
	let mut told = Vec::new();
	cut(&[folder.path().join("text")], &folder.path().join("corpus"), &small(), |done, all| told.push((done, all)))
		.unwrap();
	assert_eq!(told, [(128, 129), (129, 129)]);
}

#[test]
fn no_text_is_told() {
	let folder = folder(&[("a.exe", b"binary")]);
	assert!(matches!(cut_in(&folder, &small()), Err(CorpusError::NoText { .. })));
	let missing = [folder.path().join("nowhere")];
	assert!(matches!(cut(&missing, folder.path(), &small(), |_, _| {}), Err(CorpusError::Read { .. })));
}

#[test]
fn what_is_missing_is_enough() {
	let folder = folder(&[("a.rs", &lines(8))]);
	let options = CutOptions { min_train_pages: 20, min_heldout_pages: 3, ..small() };
	let Err(CorpusError::TooLittleText { train: 6, heldout: 2, missing_bytes, .. }) = cut_in(&folder, &options) else {
		panic!("there is too little text");
	};
	fs::write(folder.path().join("text/a.rs"), lines(8 + missing_bytes as usize / 16)).unwrap();
	written(cut_in(&folder, &options));
}

#[test]
fn a_failed_cut_leaves_the_older_corpus_alone() {
	let folder = folder(&[("a.rs", &lines(8))]);
	let before = written(cut_in(&folder, &small()));
	cut_in(&folder, &CutOptions { min_train_pages: 1_000, ..small() }).unwrap_err();
	assert_eq!(Dataset::open(&folder.path().join("corpus")).unwrap().manifest(), &before);
	let entries = fs::read_dir(folder.path()).unwrap().count();
	assert_eq!(entries, 2, "the text and the corpus, nothing half done");
}

#[test]
fn a_folder_with_other_things_is_never_replaced() {
	let folder = folder(&[("a.rs", &lines(8)), ("../corpus/thesis.txt", b"years of work")]);
	let refused = cut_in(&folder, &small());
	assert!(matches!(refused, Err(CorpusError::Occupied { entry, .. }) if entry == "thesis.txt"));
	assert!(folder.path().join("corpus/thesis.txt").exists());
}

#[test]
fn an_unwritable_place_is_told() {
	let folder = folder(&[("a.rs", &lines(8)), ("../file", b"no folder")]);
	let refused = cut(&[folder.path().join("text")], &folder.path().join("file/corpus"), &small(), |_, _| {});
	assert!(matches!(refused, Err(CorpusError::Write { .. })), "{refused:?}");
}

#[test]
fn others_may_read_a_corpus() {
	let folder = folder(&[("a.rs", &lines(8))]);
	written(cut_in(&folder, &small()));
	let plain = fs::create_dir(folder.path().join("plain")).and_then(|()| fs::metadata(folder.path().join("plain")));
	let corpus = fs::metadata(folder.path().join("corpus"));
	assert_eq!(corpus.unwrap().permissions().mode(), plain.unwrap().permissions().mode());
}

#[test]
fn options_that_cut_nothing_are_refused() {
	let folder = folder(&[("a.rs", &lines(8))]);
	for options in [CutOptions { page_tokens: 0, ..small() }, CutOptions { heldout_every: 1, ..small() }] {
		assert!(matches!(cut_in(&folder, &options), Err(CorpusError::Options)));
	}
}

#[test]
fn damage_is_noticed() {
	let folder = folder(&[("a.rs", &lines(8))]);
	let corpus = folder.path().join("corpus");
	assert!(matches!(Dataset::open(&corpus), Err(DatasetError::NoManifest { .. })));
	written(cut_in(&folder, &small()));
	let shard = corpus.join("train-00000.bin");
	let mut text = fs::read(&shard).unwrap();
	text[5] ^= 1;
	fs::write(&shard, &text).unwrap();
	assert!(matches!(Dataset::open(&corpus), Err(DatasetError::Damaged { .. })));
	text.pop();
	fs::write(&shard, &text).unwrap();
	assert!(matches!(Dataset::open(&corpus), Err(DatasetError::Damaged { .. })));
	fs::remove_file(&shard).unwrap();
	assert!(matches!(Dataset::open(&corpus), Err(DatasetError::Read { .. })));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn no_page_is_both_held_out_and_trained_on(
		documents in prop::collection::vec("[ab]{0,40}", 1..8), page_tokens in 1..9_u32, heldout_every in 2..5_u32,
	) {
		let names: Vec<String> = (0..documents.len()).map(|index| format!("{index}.txt")).collect();
		let files: Vec<_> = names.iter().map(String::as_str).zip(documents.iter().map(String::as_bytes)).collect();
		let folder = folder(&files);
		let manifest = written(cut_in(&folder, &CutOptions { page_tokens, heldout_every, ..small() }));
		let dataset = Dataset::open(&folder.path().join("corpus")).unwrap();
		let train: Vec<_> = (0..dataset.n_train_pages()).map(|page| dataset.train_page(page).unwrap()).collect();
		for page in 0..dataset.n_heldout_pages() {
			prop_assert!(!train.contains(&dataset.heldout_page(page).unwrap()));
		}
		let tokens: usize = documents.iter().map(|document| document.len() + 1).sum();
		let pages = dataset.n_train_pages() + dataset.n_heldout_pages() + manifest.origin.repeated_pages;
		prop_assert_eq!(pages, tokens as u64 / u64::from(page_tokens));
	}
}
