// SPDX-License-Identifier: Apache-2.0

//! Little runs in one process: models, buckets and scores, without a chain.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use mechanisms::boltzmann::{InvalidSlice, Observations, State, Verdict};
use mechanisms::templar::freshness::OpenSpan;
use mechanisms::Uid;

use super::acceptance::{accepted, gathered, Agreement, Finding};
use super::engine::Engine;
use super::gather::{gather, Submission, Wanted};
use super::hparams::tests::localnet;
use super::miner::noise;
use super::slice::{encode, Origin, Part, Selection, Values};
use super::validator::{drawn, of_slices, sample};
use super::Hparams;
use crate::bucket::{BucketAddress, BucketName};
use crate::data::{assigned, cut, CutOptions, Dataset, Seed};
use crate::model::{Device, Lane};
use crate::participant::{Objects, ObjectsSettings};

const HONEST: [Uid; 3] = [1, 2, 3];
const COPIER: Uid = 4;
const NOISE: Uid = 5;

/// A run of the local network's parameters on text of this package.
struct Run {
	folder: tempfile::TempDir,
	hparams: Arc<Hparams>,
	dataset: Arc<Dataset>,
	/// Every element of the model.
	whole: Selection,
}

/// What a node found in a window.
struct Found {
	findings: BTreeMap<Uid, Finding>,
	verdicts: BTreeMap<Uid, Verdict>,
}

impl Run {
	fn new() -> Self {
		let (folder, hparams) = (tempfile::tempdir().unwrap(), localnet());
		let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
		let page_tokens = hparams.data.page_tokens.try_into().unwrap();
		let options = CutOptions { page_tokens, heldout_every: 10, ..CutOptions::default() };
		let corpus = folder.path().join("corpus");
		cut(&[Path::new(&package).join("src")], &corpus, &options, |_, _| {}).unwrap();
		let dataset = Arc::new(Dataset::open(&corpus).unwrap());
		let whole = Selection::of_block(&[0; 32], NonZeroUsize::MIN, &hparams.model.parameter_shapes());
		Self { folder, hparams: Arc::new(hparams), dataset, whole }
	}

	fn engine(&self) -> Engine {
		Engine::open(self.hparams.clone(), self.dataset.clone(), None, Lane::CPU).unwrap()
	}

	fn selection(&self, window: u32) -> Selection {
		let hparams = &self.hparams;
		Selection::of_block(&hash(window, 0), hparams.scoring.compression, &hparams.model.parameter_shapes())
	}

	fn pages(&self, uid: Uid, window: u32) -> Vec<u64> {
		assigned(Seed::of_uid(uid), window, self.hparams.data.pages_per_window, self.dataset.n_train_pages())
	}

	/// What an honest miner uploads.
	fn trained(&self, engine: &mut Engine, uid: Uid, window: u32) -> Values {
		for batch in engine.batches(&self.pages(uid, window)).unwrap() {
			engine.train(&batch).unwrap();
		}
		engine.delta(&self.selection(window)).unwrap()
	}

	async fn upload(&self, uid: Uid, part: Part, window: u32, bytes: Vec<u8>) {
		let settings = ObjectsSettings::local(name(uid), self.folder.path());
		let objects = Objects::open(settings, uid, self.hparams.windows.retention_windows).unwrap();
		objects.upload(part.object(), window, bytes.into()).await;
	}

	async fn upload_both(&self, uid: Uid, window: u32, state: &Values, delta: &Values) {
		for (part, values) in [(Part::State, state), (Part::Delta, delta)] {
			let bytes = encode(values, &Origin { part, window, uid }, &self.selection(window));
			self.upload(uid, part, window, bytes).await;
		}
	}

	/// All miners' uploads of one window.
	async fn mine(&self, engine: &mut Engine, window: u32) {
		let state = engine.state(&self.selection(window));
		let mut deltas: BTreeMap<Uid, Values> = HONEST.map(|uid| (uid, self.trained(engine, uid, window))).into();
		deltas.insert(COPIER, deltas[&HONEST[0]].clone());
		deltas.insert(NOISE, noise(&self.hparams, NOISE, window, &state));
		for (uid, delta) in &deltas {
			self.upload_both(*uid, window, &state, delta).await;
		}
	}

	async fn fetch(&self, part: Part, window: u32) -> BTreeMap<Uid, Submission> {
		let settings = ObjectsSettings::local(name(0), self.folder.path());
		let objects = Objects::open(settings, 0, self.hparams.windows.retention_windows).unwrap();
		let open = OpenSpan { opens_ms: 0, closes_ms: u64::MAX };
		let wanted = Wanted { part, window, open, selection: &Arc::new(self.selection(window)) };
		gather(&objects, (HONEST[0]..=NOISE).map(|uid| (uid, address(uid))), &wanted).await.unwrap()
	}

	/// What a node makes of a window: it agrees with the others, measures, and takes the step.
	async fn follow(&self, engine: &mut Engine, window: u32, scores: &State) -> Found {
		let selection = self.selection(window);
		let (states, deltas) = (self.fetch(Part::State, window).await, self.fetch(Part::Delta, window).await);
		engine.agree(&selection, &states).unwrap();
		let findings = engine.findings(&selection, &deltas).unwrap();
		let mut verdicts = of_slices(&deltas, &findings, scores);
		let after = hash(window, 1);
		for uid in drawn(&after, &accepted(&findings), self.hparams.evaluation.uids_per_window) {
			let batches = engine.batches(&self.pages(uid, window)).unwrap();
			let batches = sample(batches, self.hparams.evaluation.validator_sample_rate, &after, uid);
			let judgement = engine.judge(&selection, deltas[&uid].content().unwrap(), &batches).unwrap();
			verdicts.insert(uid, judgement.into());
		}
		let gathered = gathered(&findings, self.hparams.peers.minimum_peers);
		engine.step(&selection, &gathered.iter().filter_map(|uid| deltas[uid].content()).collect::<Vec<_>>()).unwrap();
		Found { findings, verdicts }
	}
}

/// Runs a test on a model thread of its own, which uses one core: tests run side by side.
#[track_caller]
fn alone(test: impl Future<Output = ()> + Send + 'static) {
	let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
	let run = async {
		let device = Device::start(1, || Ok::<_, Infallible>(())).await.unwrap();
		device.run(move |()| runtime().block_on(test)).await
	};
	runtime().block_on(run).unwrap();
}

fn hash(window: u32, block: u8) -> [u8; 32] {
	let mut hash = [block; 32];
	hash[..4].copy_from_slice(&window.to_le_bytes());
	hash
}

fn name(uid: Uid) -> BucketName {
	BucketName::new(&format!("miner-{uid}")).unwrap()
}

fn address(uid: Uid) -> BucketAddress {
	BucketAddress::Local(name(uid))
}

fn cosine(found: &Found, uid: Uid) -> f64 {
	match found.verdicts[&uid] {
		Verdict::Scored(score) => score,
		other => panic!("{uid}: {other:?}"),
	}
}

/// With the local network's parameters, whose numbers are chosen by what this prints.
#[test]
fn honest_miners_earn_and_cheats_do_not() {
	alone(async {
		const WINDOWS: u32 = 6;
		let run = Run::new();
		let (mut miner, mut validator, mut scores) = (run.engine(), run.engine(), State::default());
		let loss_before = validator.heldout_loss().unwrap();
		for window in 1..=WINDOWS {
			run.mine(&mut miner, window).await;
			let found = run.follow(&mut validator, window, &scores).await;
			run.follow(&mut miner, window, &State::default()).await;
			assert_eq!(
				miner.state(&run.whole),
				validator.state(&run.whole),
				"window {window}: the nodes are not in step"
			);

			let honest = HONEST.map(|uid| cosine(&found, uid));
			let (noise, loss) = (cosine(&found, NOISE), validator.heldout_loss().unwrap());
			println!("window {window}: honest {honest:.3?}, noise {noise:.4}, loss {loss:.3}");
			assert!(honest.into_iter().all(|cosine| cosine > 0.2) && noise.abs() < 0.05);
			assert_eq!(found.verdicts[&COPIER], Verdict::Copied);
			scores.window(&run.hparams.scoring, &Observations { window, verdicts: found.verdicts }).unwrap();
		}
		let shares: BTreeMap<Uid, f32> = scores.shares().into_iter().collect();
		assert_eq!(shares.keys().copied().collect::<Vec<_>>(), HONEST);
		assert!(shares.values().all(|share| *share > 0.2), "{shares:?}");
		assert!(validator.heldout_loss().unwrap() < loss_before - 0.2);
	});
}

#[test]
fn what_a_hostile_miner_uploads_moves_nobody_else() {
	alone(async {
		let run = Run::new();
		let mut engine = run.engine();
		let selection = run.selection(1);
		let state = engine.state(&selection);
		for uid in HONEST {
			let delta = run.trained(&mut engine, uid, 1);
			run.upload_both(uid, 1, &state, &delta).await;
		}
		let alone = run.follow(&mut engine, 1, &State::default()).await;
		let stepped = engine.state(&run.whole);
		let far: Values = state.iter().map(|values| values.iter().map(|value| value + 1e6).collect()).collect();
		let nan: Values = state.iter().map(|values| vec![f32::NAN; values.len()]).collect();
		let origin = |window| Origin { part: Part::Delta, window, uid: NOISE };
		let too_far = Some(Finding::Invalid(InvalidSlice::TooFar { parameter: 0 }));
		let not_finite = Some(Finding::Invalid(InvalidSlice::NotFinite { parameter: 0 }));
		for (delta, finding) in [
			(encode(&far, &origin(1), &selection), too_far),
			(encode(&nan, &origin(1), &selection), not_finite),
			(encode(&state, &origin(2), &selection), None),
			(encode(&state, &origin(1), &run.selection(2))[..100].into(), None),
			(vec![b' '; selection.max_bytes() + 1], None),
		] {
			run.upload(NOISE, Part::State, 1, encode(&far, &Origin { part: Part::State, ..origin(1) }, &selection))
				.await;
			run.upload(NOISE, Part::Delta, 1, delta).await;
			let mut engine = run.engine();
			let found = run.follow(&mut engine, 1, &State::default()).await;
			assert_eq!(found.findings.get(&NOISE), finding.as_ref());
			assert_eq!(found.verdicts[&NOISE], Verdict::Invalid);
			assert_eq!(engine.state(&run.whole), stepped);
			assert_eq!(HONEST.map(|uid| cosine(&found, uid)), HONEST.map(|uid| cosine(&alone, uid)));
		}
	});
}

#[test]
fn a_node_that_drifted_comes_back_where_slices_are_compared() {
	alone(async {
		let run = Run::new();
		let (mut miner, mut drifted) = (run.engine(), run.engine());
		let selection = run.selection(1);
		run.mine(&mut miner, 1).await;
		let other: Values = run.trained(&mut run.engine(), 9, 1);
		drifted.step(&selection, &[&other]).unwrap();
		assert_ne!(drifted.state(&selection), miner.state(&selection));
		let states = run.fetch(Part::State, 1).await;
		assert_eq!(drifted.agree(&selection, &states).unwrap(), Agreement::Repaired);
		assert_eq!(drifted.state(&selection), miner.state(&selection));
		assert_eq!(miner.agree(&selection, &states).unwrap(), Agreement::InStep);
		for engine in [&mut miner, &mut drifted] {
			run.follow(engine, 1, &State::default()).await;
		}
		assert_eq!(drifted.state(&run.whole), miner.state(&run.whole));
	});
}

#[test]
fn a_node_that_starts_again_replays_the_windows_it_missed() {
	alone(async {
		let run = Run::new();
		let (mut miner, file) = (run.engine(), run.folder.path().join("params-1.safetensors"));
		for window in 1..=3 {
			run.mine(&mut miner, window).await;
			run.follow(&mut miner, window, &State::default()).await;
			if window == 1 {
				miner.save(&file).unwrap();
			}
		}
		let mut again = Engine::open(run.hparams.clone(), run.dataset.clone(), Some(file), Lane::CPU).unwrap();
		for window in 2..=3 {
			run.follow(&mut again, window, &State::default()).await;
		}
		assert_eq!(again.state(&run.whole), miner.state(&run.whole));
	});
}

#[test]
fn data_of_another_run_is_refused() {
	let run = Run::new();
	let mut hparams = localnet();
	hparams.data.page_tokens /= 2;
	let error = Engine::open(Arc::new(hparams), run.dataset.clone(), None, Lane::CPU).err().expect("other pages");
	assert_eq!(error.to_string(), "the data has pages of 2048 tokens, the parameters say 1024: cut it again");
}
