// SPDX-License-Identifier: Apache-2.0

use tempfile::TempDir;

use super::*;
use crate::data::{cut, CutOptions, Dataset};
use crate::hparams::tests::file;
use crate::hparams::Hparams as _;

fn batches(n: i64) -> Vec<Batch> {
	(0..n).map(|token| Batch { tokens: vec![token], rows: 1, columns: 1 }).collect()
}

fn drawn(n: i64, rate: f64, seed: u32) -> Vec<i64> {
	let sampled = sample(batches(n), rate, &mut Generator::new(seed));
	sampled.iter().flat_map(|batch| batch.tokens.clone()).collect()
}

#[test]
fn a_part_of_the_batches_is_drawn_in_their_order_and_the_same_for_everybody() {
	assert_eq!(drawn(40, 0.1, 7).len(), 4);
	assert_eq!(drawn(40, 0.1, 7), drawn(40, 0.1, 7));
	assert!(drawn(40, 0.5, 3).is_sorted());
	assert_ne!(drawn(40, 0.1, 7), drawn(40, 0.1, 8));
}

#[test]
fn there_is_always_a_batch_unless_there_is_none_at_all() {
	assert_eq!(drawn(3, 0.1, 1).len(), 1);
	assert_eq!(drawn(3, 1.0, 1), [0, 1, 2]);
	assert!(drawn(0, 0.5, 1).is_empty());
}

/// A corpus of numbers, none of which comes twice.
fn corpus() -> (TempDir, Arc<Dataset>) {
	let folder = tempfile::tempdir().unwrap();
	let (text, corpus) = (folder.path().join("numbers.txt"), folder.path().join("corpus"));
	std::fs::write(&text, (0..8_000).map(|number| format!("{number} ")).collect::<String>()).unwrap();
	let options = CutOptions { page_tokens: 512, heldout_every: 10, ..CutOptions::default() };
	cut(&[text], &corpus, &options, |_, _| {}).unwrap();
	let dataset = Dataset::open(&corpus).unwrap();
	(folder, Arc::new(dataset))
}

fn with_pool(sequences: usize) -> Hparams {
	let mut hparams = Hparams::read(&file("hparams/short-head.json")).unwrap();
	hparams.data.assignment = Assignment::Pool { sequences, measured: 8 };
	hparams
}

fn sampler(dataset: &Arc<Dataset>, hash: u8) -> Sampler {
	let hparams = with_pool(64);
	let text = Text::new(dataset.clone(), hparams.data.clone(), hparams.model.clone()).unwrap();
	Sampler { n_pages: dataset.n_train_pages(), hparams: Arc::new(hparams), text, window: 5, hash: [hash; 32] }
}

#[test]
fn of_a_pool_some_sequences_are_measured_and_as_many_that_nobody_could_foresee() {
	let (_folder, dataset) = corpus();
	let (one, other) = (sampler(&dataset, 1), sampler(&dataset, 2));
	let miner = Header { window: 5, uid: 3, ..Header::default() };
	let Assigned::Sequences(numbers) = one.text.assigned(3, 5) else { panic!("it has a pool") };
	let pool: Vec<_> = numbers.iter().map(|number| one.text.sequences(&[*number]).unwrap()).collect();
	let pool = one.text.all_readable(&pool).unwrap();
	let own = one.own(&miner).unwrap();
	assert_eq!((own.len(), pool.len(), one.sequences()), (8, 64, 8));
	assert!(own.iter().all(|sequence| pool.contains(sequence)));
	assert_eq!(own, one.own(&miner).unwrap());
	assert_ne!(own, other.own(&miner).unwrap(), "the block decides");

	let random = one.random(None, 0..8).unwrap();
	assert_eq!(random.len(), 8);
	assert_eq!(one.random(None, 3..100).unwrap(), random[3..]);
	assert_ne!(random, one.random(Some(3), 0..8).unwrap());
	assert_ne!(random, other.random(None, 0..8).unwrap());
}

#[test]
fn a_corpus_that_is_shorter_than_a_pool_is_refused() {
	let (_folder, dataset) = corpus();
	let found = dataset.n_train_sequences(32);
	let Hparams { data, model, .. } = with_pool(found as usize + 1);
	let refused = Text::new(dataset, data, model).err().unwrap().to_string();
	assert!(refused.contains(&format!("the data has {found} sequences")), "{refused}");
}

#[test]
fn a_batch_falls_into_its_sequences() {
	let batch = Batch { tokens: (0..6).collect(), rows: 2, columns: 3 };
	let rows: Vec<Vec<i64>> = rows(&batch).map(|row| row.tokens).collect();
	assert_eq!(rows, [vec![0, 1, 2], vec![3, 4, 5]]);
}
