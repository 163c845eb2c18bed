// SPDX-License-Identifier: Apache-2.0

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use mechanisms::finetuning::params::Form;
use mechanisms::finetuning::state::Model;
use mechanisms::finetuning::{Observations, Params as Scoring, State, Verdict};
use mechanisms::Uid;
use serde_json::json;
use tempfile::TempDir;

use super::super::contest::tests::of_bytes;
use super::super::samples::{cut, to_lines, Pool, Source};
use super::super::store::{contents, Cache, Fetched, Folder, Limits, Store};
use super::super::{base, hparams, tokens};
use super::*;
use crate::model::Compute;

mod hostile;

pub(super) fn hparams() -> Hparams {
	hparams::tests::read("hparams/localnet-finetuning.json").expect("they hold")
}

/// Text of this package, of which every fourth sample is kept for measuring.
fn pools() -> (Pool, Pool) {
	fn collect(folder: &Path, text: &mut String) {
		let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
		paths.sort();
		for path in paths {
			match path.is_dir() {
				true => collect(&path, text),
				false => text.push_str(&fs::read_to_string(path).unwrap()),
			}
		}
	}
	let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
	let mut text = String::new();
	collect(&Path::new(&package).join("src"), &mut text);
	let mut pools = (Pool::default(), Pool::default());
	for (position, sample) in cut(&text, 40, 80).into_iter().enumerate() {
		match position % 4 {
			0 => pools.1.samples.push(sample),
			_ => pools.0.samples.push(sample),
		}
	}
	pools
}

/// Writes a model into a folder of its own.
fn publish(folder: &TempDir, name: &str, params: &Params) -> PathBuf {
	let path = folder.path().join(name);
	fs::create_dir(&path).unwrap();
	write(params, &path).unwrap();
	path
}

/// The base, three that are finetuned from it on parts of the text, a copy of the second, and noise: as uids see them.
fn cast(hparams: &Arc<Hparams>, contest: &Contest, train: &Pool) -> (TempDir, PathBuf, Vec<(Uid, Model, PathBuf)>) {
	let folder = tempfile::tempdir().unwrap();
	let mut trainer = base::trainer(hparams.clone(), &contest.reader, train, Lane::CPU).unwrap();
	for _ in 0..hparams.training.base_batches {
		trainer.step();
	}
	let base = publish(&folder, "base", trainer.params());
	let mut models: Vec<PathBuf> = Vec::new();
	for uid in 0..hparams.training.parts {
		let part = train.part(uid, hparams.training.parts);
		let examples = contest.reader.examples(part, hparams.evaluation.max_tokens);
		let params = open(&base, contest, &hparams.scoring).unwrap();
		let mut trainer = Trainer::new(hparams.clone(), params, examples).unwrap();
		for _ in 0..hparams.training.batches_per_model {
			trainer.step();
		}
		models.push(publish(&folder, &format!("miner{uid}"), trainer.params()));
	}
	models.push(models[1].clone());
	models.push(publish(&folder, "noise", &Params::init(&hparams.model, 99).unwrap()));
	let entry = |(uid, path): (Uid, PathBuf)| {
		let content = contents(&path).unwrap().0;
		let model = Model { block: 10 * (u32::from(uid) + 1), committed: content.owned_by(&uid.to_string()), content };
		(uid, model, path)
	};
	(folder, base, (0..).zip(models).map(entry).collect())
}

/// Shares after some steps of the whole mechanism but for chain and store.
#[test]
fn every_honest_miner_earns_a_twentieth_and_no_cheat_anything() {
	let (hparams, (train, measured_on)) = (Arc::new(hparams()), pools());
	let contest = of_bytes(&hparams);
	let (_folder, base, miners) = cast(&hparams, &contest, &train);
	let engine = Engine::new(hparams.clone(), Lane::CPU);
	let step = |step: u8| {
		let drawn = measured_on.draw(&[step; 32], "samples", hparams.evaluation.samples_per_step);
		let examples = contest.reader.examples(drawn, hparams.evaluation.max_tokens);
		let losses = |path: &Path| engine.losses(path, &contest, &examples).unwrap();
		let verdict = |(uid, model, path): &(Uid, Model, PathBuf)| (*uid, Verdict::Evaluated(*model, losses(path)));
		let verdicts = miners.iter().map(verdict).collect();
		Observations { step: step.into(), neurons: 5, baseline: losses(&base), verdicts }
	};
	let steps: Vec<Observations> = (0..4).map(step).collect();
	let documented = Scoring { form: Form::Documented, temperature: 20.0, ..hparams.scoring.clone() };
	for scoring in [hparams.scoring.clone(), documented] {
		let mut state = State::default();
		for seen in &steps {
			state.step(&scoring, seen).unwrap();
		}
		let shares = state.shares(&scoring);
		println!("{:?}: {shares:?}", scoring.form);
		assert_eq!(shares.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [0, 1, 2]);
		assert!(shares.iter().all(|(_, share)| *share >= 0.05));
	}
}

/// From the operator's files to losses: a base model is made and published with its tokenizer, fetched again as every node
/// does, finetuned and measured. What a miner lays beside its model changes nothing.
#[tokio::test]
async fn a_competition_has_the_tokenizer_of_its_base_model() {
	let (mut hparams, (train, measured_on)) = (hparams(), pools());
	hparams.model.vocab_size = 416; // A few more than there are tokens, as padding would have it.
	hparams.training.base_batches = 60;
	let competition = &mut hparams.scoring.competitions[0];
	competition.tokenizer = competition.base_model.clone();
	let folder = tempfile::tempdir().unwrap();
	fs::write(folder.path().join("train.jsonl"), to_lines(&train.samples).unwrap()).unwrap();
	let source = Source::Folder(folder.path().join("train.jsonl"));
	let store = Store::Folder(Folder::open(&folder.path().join("models")).unwrap());
	let (files, compute) = (tokens::tests::files(&tokens::tests::chat()), Compute::cpu(NonZeroUsize::MIN));
	let without = base::publish(hparams.clone(), None, &source, &store, &compute).await.unwrap_err();
	assert!(crate::one_line(&without).contains("--tokenizer"), "{without}");
	let published = base::publish(hparams.clone(), Some(files.path()), &source, &store, &compute).await.unwrap();
	let (cache, scoring) = (Cache::open(&folder.path().join("cache")).unwrap(), hparams.scoring.clone());
	let limits = Limits { scoring: &scoring, competition: None, deadline: Duration::from_secs(60), only: None };
	let fetched = store.fetch(published.first().unwrap(), limits, &cache, |_| true).await.unwrap();
	let Fetched::Repository(base) = fetched else { panic!("{fetched:?}") };

	let contest = Contest::open(scoring.competitions[0].clone(), Some(&base.folder), &base.folder).unwrap();
	assert!(contest.reader.has_chat());
	assert_eq!(contest.vocabulary, contest.reader.vocabulary()..=416);
	let hparams = Arc::new(hparams);
	let examples = contest.reader.examples(train.part(0, 1), hparams.evaluation.max_tokens);
	let params = open(&base.folder, &contest, &hparams.scoring).unwrap();
	let mut trainer = Trainer::new(hparams.clone(), params, examples).unwrap();
	for _ in 0..hparams.training.batches_per_model {
		trainer.step();
	}
	let miner = publish(&folder, "miner", trainer.params());
	let drawn = measured_on.draw(&[7; 32], "samples", 64);
	let examples = contest.reader.examples(drawn, hparams.evaluation.max_tokens);
	let engine = Engine::new(hparams, Lane::CPU);
	let mean = |path: &Path| {
		let losses = engine.losses(path, &contest, &examples).unwrap();
		losses.iter().sum::<f64>() / losses.len() as f64
	};
	let (before, after) = (mean(&base.folder), mean(&miner));
	let others = tokens::tests::files(&json!({"eos_token": "<|user|>"}));
	for name in tokens::FILES {
		fs::copy(others.path().join(name), miner.join(name)).unwrap();
	}
	assert_eq!(mean(&miner), after);
	// Of tokens that all were equally likely the loss would be the logarithm of their number, 6.
	assert!(after < 0.99 * before && before < 5.8, "{before} {after}");
}

#[test]
fn a_sample_that_a_model_cannot_read_is_lost_and_the_others_are_not() {
	let (hparams, folder) = (Arc::new(hparams()), tempfile::tempdir().unwrap());
	let path = publish(&folder, "model", &Params::init(&hparams.model, 1).unwrap());
	let fits = Example { tokens: vec![1; 8], prompt: 4 };
	let too_long = Example { tokens: vec![1; 4_096], prompt: 4 };
	let losses = Engine::new(hparams.clone(), Lane::CPU).losses(&path, &of_bytes(&hparams), &[fits, too_long]);
	let losses = losses.unwrap();
	assert!(losses[0].is_finite() && losses[1] == f64::INFINITY);
}

#[test]
fn what_comes_too_late_is_lost() {
	let mut hparams = hparams();
	hparams.evaluation.model_seconds = 0;
	let folder = tempfile::tempdir().unwrap();
	let path = publish(&folder, "model", &Params::init(&hparams.model, 1).unwrap());
	let example = Example { tokens: vec![1; 8], prompt: 4 };
	let contest = of_bytes(&hparams);
	assert_eq!(Engine::new(hparams.into(), Lane::CPU).losses(&path, &contest, &[example]).unwrap(), [f64::INFINITY]);
}
