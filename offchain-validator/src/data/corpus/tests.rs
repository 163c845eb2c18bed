// SPDX-License-Identifier: Apache-2.0

use std::os::unix::fs::{symlink, PermissionsExt as _};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::data::tokenizer::tests::tokenizer as words;
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
	let mut text = Vec::<u32>::new();
	for page in 0..dataset.n_train_pages() {
		text.extend(dataset.train_page(page).unwrap());
		if page % 3 == 2 {
			text.extend(heldout.next().map(|page| dataset.heldout_page(page).unwrap()).unwrap_or_default());
		}
	}
	text.into_iter().map(|token| token as u8).collect()
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
		faster.get_or_insert_with(|| written(cut_in(&folder, &small())));
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
	let Err(CorpusError::TooLittleText { train: 6, heldout: 2, missing_tokens, .. }) = cut_in(&folder, &options) else {
		panic!("there is too little text");
	};
	fs::write(folder.path().join("text/a.rs"), lines(8 + missing_tokens as usize / 16)).unwrap();
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

/// Ends a cut when it is told to have done `bytes`, as a stop of the machine would, and leaves what there is then.
fn break_off(folder: &TempDir, options: &CutOptions, bytes: u64) {
	let cut = || {
		cut(&[folder.path().join("text")], &folder.path().join("corpus"), options, |done, _| {
			assert!(done < bytes, "broken off");
		})
	};
	let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(cut));
	assert!(broken.is_err(), "it came to the end");
}

#[test]
fn a_cut_that_was_broken_off_is_gone_on_with() {
	let documents: Vec<_> = (0..9).map(|document| lines(document * 3 + 1)).collect();
	let names: Vec<_> = (0..9).map(|document| format!("{document}.md")).collect();
	let files: Vec<_> = names.iter().map(String::as_str).zip(documents.iter().map(Vec::as_slice)).collect();
	let folder = folder(&files);
	let text: String = (0..40).map(|row| format!("{{\"text\": \"row {row:09}\"}}\n")).collect();
	fs::write(folder.path().join("text/rows.jsonl"), text).unwrap();
	let options = CutOptions { text_field: Some("text".into()), ..small() };
	let expected = written(cut_in(&folder, &options));
	fs::remove_dir_all(folder.path().join("corpus")).unwrap();

	let mut last = 150;
	for bytes in [300, 900, 2_500] {
		break_off(&folder, &options, bytes);
		assert!(!folder.path().join("corpus").exists());
		let mut told = Vec::new();
		let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
			cut(&[folder.path().join("text")], &folder.path().join("corpus"), &options, |done, _| {
				told.push(done);
				panic!("broken off at once");
			})
		}));
		assert!(broken.is_err() && told[0] > last, "it begins where it ended: {told:?}, {last}");
		last = told[0];
	}
	let resumed = written(cut_in(&folder, &options));
	assert_eq!(resumed, expected);
	Dataset::open(&folder.path().join("corpus")).unwrap();
	assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the text and the corpus, nothing half done");
}

#[test]
fn what_another_cut_left_or_damage_is_no_harm() {
	let folder = folder(&[("a.rs", &lines(20)), ("b.rs", &lines(30)), ("c.rs", &lines(40))]);
	let expected = written(cut_in(&folder, &small()));
	fs::remove_dir_all(folder.path().join("corpus")).unwrap();
	break_off(&folder, &CutOptions { page_tokens: 8, ..small() }, 700);
	assert_eq!(written(cut_in(&folder, &small())), expected);
	for file in ["progress", "new/train-00000.bin", "candidates.bin"] {
		fs::remove_dir_all(folder.path().join("corpus")).unwrap();
		break_off(&folder, &small(), 700);
		fs::write(folder.path().join(".corpus.partial").join(file), b"damaged").unwrap();
		assert_eq!(written(cut_in(&folder, &small())), expected, "{file}");
	}
}

#[test]
fn files_with_many_documents_are_cut_where_their_field_is_named() {
	let rows = |text: &str| format!("{{\"text\": \"{text}\"}}\n");
	let all = [rows("first"), rows("much too long for us to take"), rows("third"), "{}\n".into()].concat();
	let folder = folder(&[("a.md", &lines(8)), ("b.jsonl", all.as_bytes())]);
	assert_eq!(written(cut_in(&folder, &small())).origin.documents, 1);
	let options = CutOptions { text_field: Some("text".into()), ..small() };
	let options = CutOptions { max_file_bytes: 200, max_total_bytes: 138, ..options };
	let origin = written(cut_in(&folder, &options)).origin;
	assert_eq!((origin.documents, origin.too_large, origin.not_text), (3, 1, 1));
	let options = CutOptions { text_field: Some("content".into()), min_train_pages: 9, ..small() };
	let refused = cut_in(&folder, &options).unwrap_err().to_string();
	assert!(
		refused.ends_with("4 files or rows hold no text: of rows, check the name of the field or column"),
		"{refused}"
	);
	let tables = CutOptions { text_field: Some("text".into()), ..small() };
	fs::write(folder.path().join("text/c.parquet"), b"no table").unwrap();
	let refused = cut_in(&folder, &tables);
	assert!(matches!(refused, Err(CorpusError::Read { path, .. }) if path.ends_with("c.parquet")));
}

#[test]
fn pages_of_a_tokenizer_are_its_tokens() {
	for (vocab_size, bytes) in [(7, 1), (300, 2), (70_000, 4)] {
		let tokenizer = words(vocab_size);
		let folder = folder(&[("a.md", b"the cat sat"), ("b.md", b"the mat w9 cat the cat sat sat sat")]);
		let options = CutOptions { tokenizer: tokenizer.clone(), page_tokens: 4, heldout_every: 3, ..small() };
		let manifest = written(cut_in(&folder, &options));
		assert_eq!((manifest.bytes_per_token, manifest.tokenizer), (bytes, tokenizer.id().clone()));
		let dataset = Dataset::open(&folder.path().join("corpus")).unwrap();
		let nine = if vocab_size > 9 { 9 } else { 2 };
		assert_eq!(dataset.train_page(0).unwrap(), [0, 3, 4, 5]);
		assert_eq!(dataset.train_page(1).unwrap(), [1, 0, 3, 6]);
		assert_eq!(dataset.heldout_page(0).unwrap(), [nine, 4, 3, 4]);
		assert_eq!(dataset.train_batches(&[1], 1, 4).unwrap()[0].tokens, [1, 0, 3, 6]);
		assert_eq!(dataset.tokenizer(), tokenizer.id());
	}
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
